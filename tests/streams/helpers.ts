import { assertEquals } from "@std/assert";

/** What a promise rejects with; fails when it resolves. */
export async function caught(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`should have been rejected, and gave ${value}`);
}

/** Lets everything that can happen without outside help happen. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A stream that gives pieces as fast as it is asked, and tells of each. */
export function endlessly(tell: () => void, byteLength = 1): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      tell();
      controller.enqueue(new Uint8Array(byteLength));
    },
  }, { highWaterMark: 0 });
}

/** Runs `work` and fails when a rejection was left unhandled by it. */
export async function silent(work: () => Promise<void>): Promise<void> {
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  try {
    await work();
    await turns();
  } finally {
    globalThis.removeEventListener("unhandledrejection", listen);
  }
  assertEquals(unhandled, []);
}

/** Whole numbers below `n`, the same ones for the same seed. */
export function randomNumbers(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * n);
  };
}
