import { abortable } from "../../lib/streams/abortable.ts";

interface Flight<T> {
  readonly result: Promise<T>;
  readonly control: AbortController;
  waiting: number;
}

/**
 * Work that all share who ask for it while it is underway. Who aborts leaves the others waiting; when the last has left, the work is aborted too.
 */
export class SingleFlight<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #underway?: Flight<T>;

  /** Shares `work`. */
  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** Whether somebody has asked for it and it is not done. */
  get isUnderway(): boolean {
    return this.#underway !== undefined;
  }

  /** What the work that is underway gives, or work that begins now. */
  async run(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const flight = this.#underway ??= this.#start();
    flight.waiting++;
    try {
      return await (signal ? abortable(flight.result, signal) : flight.result);
    } finally {
      flight.waiting--;
      if (flight.waiting === 0 && this.#underway === flight) {
        this.#land(flight);
        flight.control.abort(signal?.reason);
      }
    }
  }

  #start(): Flight<T> {
    const control = new AbortController();
    const result = this.#work(control.signal);
    const flight = { result, control, waiting: 0 };
    const landed = () => this.#land(flight);
    // Nobody may be left to hear of a failure.
    result.then(landed, landed);
    return flight;
  }

  /** Whoever asks from now on begins anew. */
  #land(flight: Flight<T>): void {
    if (this.#underway === flight) this.#underway = undefined;
  }
}
