/** What the model needs of a store: two ways to the same objects, faults on one of them, and what may have been left behind. */
import type { Backend } from "../../../backends/backend.ts";
import type { Fault, FaultKind } from "../steps.ts";

/** What goes wrong in one step. */
export interface Disturbance {
  readonly fault?: Fault;
  /** Called before the request of that number. */
  readonly abort?: { readonly skip: number; run(): void };
  /** Somebody else writes before the request of that number. */
  readonly meanwhile?: { readonly skip: number; run(): Promise<void> };
}

/** A step that is disturbed. */
export interface Disturbed {
  /** How many requests the fault has met so far. */
  readonly hits: number;
  /** What those requests asked for. */
  readonly met: ReadonlySet<string>;
  /** Nothing goes wrong any more; waits for the other writer. */
  end(): Promise<void>;
}

/** An empty store. */
export interface ModelStore {
  /** Held to the model: its requests are disturbed. */
  readonly backend: Backend;
  /** The same objects, by another process that nothing disturbs. */
  readonly witness: Backend;
  /** Who writes meanwhile, where that is not the witness. */
  readonly other?: Backend;
  /** A deletion that names a version spares another one. */
  readonly deletesVersions: boolean;
  disturb(disturbance: Disturbance): Disturbed;
  /** Resolves when no request is being served: whoever still sends some has been forgotten. */
  idle(): Promise<void>;
  /** Uploads, sessions and temporary files that are there. */
  leftovers(): Promise<readonly string[]>;
  /** The versions of all objects by key, the newest first, where the bucket keeps them; without an object: a delete marker. */
  history?(): ReadonlyMap<string, readonly { readonly versionId: string; readonly object?: unknown }[]>;
  /** Whether they can be there, since what would have removed them, or told of them, went wrong itself. */
  mayLeave(met: ReadonlySet<string>): boolean;
  /** Removes them. */
  sweep(): Promise<void>;
  dispose(): Promise<void>;
}

/** A kind of store. */
export interface StoreKind {
  readonly faults: readonly FaultKind[];
  /** Bytes of an object that goes in parts. */
  readonly large?: number;
  /** Requests that fail are made again: so often that two failures in a row don't matter. */
  readonly retries?: boolean;
  readonly readOnly?: boolean;
  readonly versions?: boolean;
  readonly tags?: boolean;
  readonly owners?: boolean;
  readonly buckets?: boolean;
  /** URLs are signed for whoever has them, where nothing is encrypted. */
  readonly presigns?: boolean;
  /** Uploads that were begun are listed. */
  readonly uploads?: boolean;
  /** What another process has deleted is listed for some seconds more. */
  readonly lags?: boolean;
  open(): Promise<ModelStore>;
}

/** Counts what a store in this process does, and disturbs it; other writers wait for nobody but a moment, since locks may be held. */
export class Turns {
  #count = 0;
  #hits = 0;
  #disturbance: Disturbance | undefined;
  #other: Promise<void> | undefined;
  readonly #met = new Set<string>();

  /** A step begins. */
  disturb(disturbance: Disturbance): Disturbed {
    this.#count = 0;
    this.#hits = 0;
    this.#other = undefined;
    this.#met.clear();
    this.#disturbance = disturbance;
    const hits = () => this.#hits;
    return {
      get hits() {
        return hits();
      },
      met: this.#met,
      end: async () => {
        this.#disturbance = undefined;
        await this.#other;
      },
    };
  }

  /** Called before each operation; throws what `fail` gives where the operation is to fail. */
  async before(operation: string, fail?: (fault: Fault) => Error): Promise<void> {
    if (!this.#disturbance) return;
    const { fault, abort, meanwhile } = this.#disturbance;
    const turn = this.#count++;
    if (turn === abort?.skip) abort.run();
    if (meanwhile && turn === meanwhile.skip) {
      this.#other = meanwhile.run();
      await Promise.race([this.#other, new Promise((resolve) => setTimeout(resolve, 2))]);
    }
    if (!fault || !fail || turn < fault.skip || turn >= fault.skip + (fault.times ?? Infinity)) return;
    this.#hits++;
    this.#met.add(operation);
    throw fail(fault);
  }
}
