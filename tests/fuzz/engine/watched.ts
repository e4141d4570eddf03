/** Runs targets in a thread of their own, and ends that when one input takes too long. */
import type { CampaignResult } from "./campaign.ts";
import type { FromWorker, Task } from "./messages.ts";
import type { Input, Verdict } from "./target.ts";

/** Milliseconds that an input may take, on a machine that does much else: those that end take less than one. */
const PATIENCE = 30_000;
/** How often it is looked for a new input in that time. */
const LOOKS = 10;
const LONGEST = 256 * 1024;

/** What the thread is told, but for the memory that is shared with it. */
type Work<T = Task> = T extends Task ? Omit<T, "shared"> : never;

/** A thread for targets. */
export class FuzzThread implements Disposable {
  #worker: Worker | undefined;

  /** Runs a target. One that hangs is a fault as others are. */
  async campaign(work: Extract<Work, { kind: "campaign" }>, patience = PATIENCE): Promise<CampaignResult> {
    const answer = await this.#run(work, patience);
    if (answer.kind === "result") return answer.result;
    if (answer.kind === "failed") throw new Error(answer.message);
    if (answer.kind !== "hangs") throw new Error(`an answer of another kind: ${answer.kind}`);
    const { inputs, input } = answer;
    const faults = [{ fault: `takes longer than ${patience / 1000} seconds`, input }];
    return { inputs, accepted: 0, refused: 0, ways: 0, slowest: { input, time: patience }, faults };
  }

  /** Tries one input. */
  async one(module: string, target: string, input: Input, patience = PATIENCE): Promise<Verdict> {
    const answer = await this.#run({ kind: "one", module, target, input }, patience);
    if (answer.kind === "verdict") return answer.verdict;
    if (answer.kind === "failed") throw new Error(answer.message);
    return { kind: "fault", signature: "hangs", fault: `takes longer than ${patience / 1000} seconds` };
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #run(
    work: Work,
    patience: number,
  ): Promise<FromWorker | { kind: "hangs"; inputs: number; input: Input }> {
    const worker = this.#worker ??= await startWorker();
    const shared = new SharedArrayBuffer(8 + LONGEST);
    const state = new Int32Array(shared, 0, 2);
    const answer = nextMessage(worker);
    worker.postMessage({ ...work, shared });
    let seen = -1;
    let quiet = 0;
    let timer: ReturnType<typeof setInterval> | undefined;
    const hangs = new Promise<"hangs">((resolve) => {
      timer = setInterval(() => {
        const begun = Atomics.load(state, 0);
        quiet = begun === seen && begun > 0 ? quiet + 1 : 0;
        seen = begun;
        if (quiet === LOOKS) resolve("hangs");
      }, patience / LOOKS);
    });
    try {
      const first = await Promise.race([answer, hangs]);
      if (first !== "hangs") return first;
      this[Symbol.dispose]();
      const length = Atomics.load(state, 1);
      return { kind: "hangs", inputs: seen, input: new Uint8Array(shared, 8, length).slice() };
    } finally {
      clearInterval(timer);
    }
  }
}

async function startWorker(): Promise<Worker> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  await nextMessage(worker);
  return worker;
}

function nextMessage(worker: Worker): Promise<FromWorker> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`the thread of the targets failed: ${event.message}`));
    };
  });
}
