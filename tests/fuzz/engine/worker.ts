/** The thread that targets run in: it can be ended when an input takes it for ever. */
/// <reference lib="deno.worker" />
import { campaign, tried } from "./campaign.ts";
import { countAllocations } from "./allocations.ts";
import { targetsIn } from "../targets/mod.ts";
import type { FromWorker, Task } from "./messages.ts";
import type { Input } from "./target.ts";

let stray: string | undefined;
const note = (reason: unknown) =>
  stray ??= reason instanceof Error ? reason.stack ?? String(reason) : String(reason);
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  note(event.reason);
});
addEventListener("error", (event) => {
  event.preventDefault();
  note(event.error);
});

/** What went wrong outside of any call: events come with the loop's next turns. */
async function takeStray(): Promise<string | undefined> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setTimeout(resolve));
  const taken = stray;
  stray = undefined;
  return taken;
}

function answer(message: FromWorker): void {
  postMessage(message);
}

addEventListener("message", async ({ data }: MessageEvent<Task>) => {
  const { shared } = data;
  const state = new Int32Array(shared, 0, 2);
  const bytes = new Uint8Array(shared, 8);
  const onInput = (input: Input) => {
    bytes.set(input.subarray(0, bytes.length));
    Atomics.store(state, 1, Math.min(input.length, bytes.length));
    Atomics.add(state, 0, 1);
  };
  try {
    const target = (await targetsIn(data.module)).find(({ name }) => name === data.target);
    if (!target) throw new Error(`there is no target ${data.target}`);
    if (data.kind === "one") {
      onInput(data.input);
      const verdict = await tried(target, data.input);
      const wrong = await takeStray();
      answer({
        kind: "verdict",
        verdict: wrong === undefined ? verdict : { kind: "fault", signature: "stray", fault: wrong },
      });
      return;
    }
    const { seed, corpus } = data;
    const count = data.count ?? target.count;
    const until = data.milliseconds === undefined ? undefined : performance.now() + data.milliseconds;
    const result = await campaign(target, { seed, count, until, corpus, onInput, stray: takeStray });
    answer({ kind: "result", result });
  } catch (error) {
    answer({
      kind: "failed",
      message: error instanceof Error ? error.stack ?? error.message : String(error),
    });
  }
});

countAllocations();
answer({ kind: "ready" });
