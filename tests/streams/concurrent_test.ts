import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import { mapConcurrent } from "../../lib/concurrent.ts";
import { caught, randomNumbers, silent, turns } from "./helpers.ts";

/** Waits until the signal aborts, as a well-behaved call does. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Gives two items, the second once `gate` opens. */
async function* twoItems(gate?: Promise<void>): AsyncIterable<number> {
  yield 1;
  await gate;
  yield 2;
}

Deno.test("forEachConcurrent works on every item once, with its index, and never on more at once than allowed", async () => {
  const below = randomNumbers(5);
  for (const concurrency of [1, 2, 7, 100]) {
    let running = 0;
    let most = 0;
    const seen: [string, number][] = [];
    const items = Array.from({ length: 50 }, (_, i) => `item ${i}`);
    await forEachConcurrent(items, async (item, index) => {
      most = Math.max(most, ++running);
      seen.push([item, index]);
      await new Promise((resolve) => setTimeout(resolve, below(3)));
      running--;
    }, { concurrency });
    assertEquals(seen, items.map((item, i) => [item, i]));
    assertEquals(most, Math.min(concurrency, 50));
    assertEquals(running, 0);
  }
});

Deno.test("forEachConcurrent reads items only as they are needed", async () => {
  let read = 0;
  const gates: (() => void)[] = [];
  const all = forEachConcurrent(
    (function* () {
      for (; read < 5; read++) yield read;
    })(),
    () => new Promise<void>((resolve) => void gates.push(resolve)),
    { concurrency: 2 },
  );
  await turns();
  assertEquals(gates.length, 2);
  assertEquals(read, 1);
  while (gates.length > 0) {
    gates.shift()?.();
    await turns();
  }
  await all;
  assertEquals(read, 5);
});

Deno.test("forEachConcurrent takes nothing, strings and async iterables", async () => {
  const got: unknown[] = [];
  const work = async (item: unknown) => void await got.push(item);
  await forEachConcurrent([], work, { concurrency: 3 });
  await forEachConcurrent("ab", work, { concurrency: 1 });
  await forEachConcurrent(ReadableStream.from([1, 2]), work, { concurrency: 1 });
  assertEquals(got, ["a", "b", 1, 2]);
});

Deno.test("forEachConcurrent: the first failure stops the start of others, tells running ones, and waits for them", async () => {
  const failure = new Error("part 2 failed");
  const started: number[] = [];
  const told: unknown[] = [];
  let ended = false;
  async function* items() {
    try {
      for (let i = 0;; i++) yield i;
    } finally {
      await turns();
      ended = true;
    }
  }
  const error = await caught(forEachConcurrent(items(), async (item, _, signal) => {
    started.push(item);
    if (item === 2) {
      await turns();
      throw failure;
    }
    try {
      await untilAborted(signal);
    } catch (error) {
      await turns();
      told.push(error);
      throw new Error("a consequence, not the cause");
    }
  }, { concurrency: 3 }));
  assertStrictEquals(error, failure);
  assertEquals(started, [0, 1, 2]);
  assertEquals(told, [failure, failure]);
  assertEquals(ended, true);
});

Deno.test("forEachConcurrent: work that throws at once fails like any other", async () => {
  const failure = new Error("at once");
  const error = await caught(forEachConcurrent([1, 2], () => {
    throw failure;
  }, { concurrency: 2 }));
  assertStrictEquals(error, failure);
});

Deno.test("forEachConcurrent: a failure does not wait for an item that never comes", async () => {
  const failure = new Error("part failed");
  let returned = 0;
  let first = true;
  const stalled: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        if (!first) return new Promise(() => {});
        first = false;
        return Promise.resolve({ done: false, value: 1 });
      },
      return() {
        returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const error = await caught(forEachConcurrent(stalled, async () => {
    await turns();
    throw failure;
  }, { concurrency: 4 }));
  assertStrictEquals(error, failure);
  assertEquals(returned, 1);
});

Deno.test("forEachConcurrent: an abort while items, room or calls are waited for rejects with its reason", async () => {
  const reason = new Error("user left");
  for (const concurrency of [1, 2]) {
    for (const stalls of [true, false]) {
      const abort = new AbortController();
      let settled = 0;
      const gate = Promise.withResolvers<void>();
      const all = caught(
        forEachConcurrent(twoItems(stalls ? gate.promise : undefined), async (_, __, signal) => {
          await untilAborted(signal).finally(() => settled++);
        }, { concurrency, signal: abort.signal }),
      );
      await turns();
      abort.abort(reason);
      assertStrictEquals(await all, reason);
      assertEquals(settled, concurrency === 2 && !stalls ? 2 : 1);
      gate.resolve();
    }
  }
});

Deno.test("forEachConcurrent: a signal that has aborted lets nothing start, and ends the items", async () => {
  const reason = new Error("before it began");
  let cancelled = false;
  const items = new ReadableStream<number>({ cancel: () => void (cancelled = true) });
  const error = await caught(
    forEachConcurrent(items, () => Promise.reject(new Error("must not run")), {
      concurrency: 1,
      signal: AbortSignal.abort(reason),
    }),
  );
  assertStrictEquals(error, reason);
  assertEquals(cancelled, true);
});

Deno.test("forEachConcurrent: items that fail tell running calls, wait for them, and are the error", async () => {
  const failure = new Error("listing failed");
  const told: unknown[] = [];
  async function* items() {
    yield 1;
    await turns();
    throw failure;
  }
  const error = await caught(forEachConcurrent(items(), async (_, __, signal) => {
    await untilAborted(signal).catch((error) => told.push(error));
  }, { concurrency: 2 }));
  assertStrictEquals(error, failure);
  assertEquals(told, [failure]);
});

Deno.test("forEachConcurrent: the items' failing clean-up does not hide the failure", async () => {
  const failure = new Error("part failed");
  async function* items() {
    try {
      while (true) yield 1;
    } finally {
      await Promise.reject(new Error("clean-up failed"));
    }
  }
  assertStrictEquals(
    await caught(forEachConcurrent(items(), () => Promise.reject(failure), { concurrency: 1 })),
    failure,
  );
});

Deno.test("forEachConcurrent: an abort after everything is done is too late", async () => {
  const abort = new AbortController();
  await forEachConcurrent([1], () => Promise.resolve(), { concurrency: 1, signal: abort.signal });
  abort.abort();
});

Deno.test("forEachConcurrent refuses a concurrency that would start nothing or everything", async () => {
  for (const concurrency of [0, -1, 1.5, NaN, Infinity]) {
    await assertRejects(
      () => forEachConcurrent([1], () => Promise.resolve(), { concurrency }),
      InvalidArgumentError,
      `${concurrency}`,
    );
  }
});

Deno.test("forEachConcurrent leaves no unhandled rejection, also from an item that fails late", async () => {
  await silent(async () => {
    const gate = Promise.withResolvers<void>();
    async function* items() {
      yield 1;
      await gate.promise;
      throw new Error("late");
    }
    await caught(forEachConcurrent(items(), () => Promise.reject(new Error("first")), { concurrency: 2 }));
    gate.resolve();
    await turns();
    const all = Array.from({ length: 5 }, (_, i) => i);
    await caught(forEachConcurrent(all, (i) => Promise.reject(new Error(`${i}`)), { concurrency: 5 }));
  });
});

async function* numbers(count: number, seen: number[] = []): AsyncGenerator<number, void, void> {
  for (let i = 0; i < count; i++) {
    seen.push(i);
    yield await Promise.resolve(i);
  }
}

Deno.test("what is mapped at once comes in order, and not far ahead", async () => {
  const seen: number[] = [];
  let [running, most] = [0, 0];
  const results: number[] = [];
  const mapped = mapConcurrent(numbers(20, seen), async (item) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, item % 3 * 5));
    running--;
    return item * 2;
  }, { concurrency: 4 });
  for await (const result of mapped) {
    results.push(result);
    assert(seen.length <= results.length + 4, `${seen.length} were read for ${results.length}`);
  }
  assertEquals(results, [...Array(20).keys()].map((item) => item * 2));
  assertEquals(most, 4);
});

Deno.test("the first failure of what is mapped ends it, and so does who takes no more: what runs is told and waited for", async () => {
  const ended: number[] = [];
  const work = async (item: number, signal: AbortSignal) => {
    if (item === 2) throw new Error("two");
    if (item > 2) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      ended.push(item);
    }
    return item;
  };
  const taken: number[] = [];
  await assertRejects(
    async () => {
      for await (const item of mapConcurrent(numbers(9), work, { concurrency: 4 })) taken.push(item);
    },
    Error,
    "two",
  );
  assertEquals([taken, ended], [[0, 1], [3, 4, 5]]);
  ended.length = 0;
  for await (
    const _ of mapConcurrent(numbers(9), (item, signal) => work(item + 3 * +(item > 0), signal), {
      concurrency: 3,
    })
  ) break;
  assertEquals(ended, [4, 5]);
});
