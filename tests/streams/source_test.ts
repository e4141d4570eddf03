import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { readAll, streamFrom, streamOf } from "../../lib/streams/mod.ts";
import { caught, silent, turns } from "./helpers.ts";

Deno.test("streamOf gives sub-views of the bytes themselves", async () => {
  const buffer = new ArrayBuffer(12);
  const bytes = new Uint8Array(buffer, 1, 10).map((_, i) => i);
  const views = await Array.fromAsync(streamOf(bytes, 4));
  assertEquals(views.map((view) => [view.byteOffset, view.length]), [[0, 4], [4, 4], [8, 2]]);
  for (const view of views) assertStrictEquals(view.buffer, bytes.buffer);
  assertEquals(await Array.fromAsync(streamOf(new Uint8Array(0))), []);
  assertEquals((await Array.fromAsync(streamOf(new Uint8Array(2 ** 20 + 1)))).map((view) => view.length), [
    2 ** 20,
    1,
  ]);
});

Deno.test("streamOf keeps to its part of a buffer", async () => {
  const bytes = new Uint8Array(new ArrayBuffer(12), 3, 5).fill(1);
  assertEquals(await readAll(streamOf(bytes, 2)), new Uint8Array(5).fill(1));
});

Deno.test("streamOf copies shared memory once, at the start", async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(1);
  const stream = streamOf(shared, 2);
  shared.fill(2);
  assertEquals(await readAll(stream), new Uint8Array(4).fill(1));
});

Deno.test("streamOf refuses pieces of no length, which would never end", () => {
  for (const wrong of [0, -1, 0.5, NaN, Infinity]) {
    assertThrows(() => streamOf(new Uint8Array(3), wrong), InvalidArgumentError, `${wrong}`);
  }
});

Deno.test("streamFrom reads only as it is read", async () => {
  let made = 0;
  const reader = streamFrom(async function* () {
    while (true) yield made++;
  }()).getReader();
  await turns();
  assertEquals(made, 0);
  assertEquals((await reader.read()).value, 0);
  assertEquals((await reader.read()).value, 1);
  await turns();
  assertEquals(made, 2);
  await reader.cancel();
});

Deno.test("streamFrom passes an error on as it is", async () => {
  const failure = new Error("no more");
  const reader = streamFrom(async function* () {
    yield 1;
    throw failure;
  }()).getReader();
  assertEquals((await reader.read()).value, 1);
  assertStrictEquals(await caught(reader.read()), failure);
});

Deno.test("streamFrom: cancel ends the iterable and waits for its clean-up", async () => {
  let clean = false;
  const reader = streamFrom(async function* () {
    try {
      while (true) yield 1;
    } finally {
      await turns();
      clean = true;
    }
  }()).getReader();
  await reader.read();
  await reader.cancel("enough");
  assertEquals(clean, true);
});

Deno.test("streamFrom: cancel tells of a failing clean-up", async () => {
  const reader = streamFrom(async function* () {
    try {
      while (true) yield 1;
    } finally {
      await Promise.reject(new Error("disk full"));
    }
  }()).getReader();
  await reader.read();
  await assertRejects(() => reader.cancel(), Error, "disk full");
});

Deno.test("streamFrom: cancel does not wait for a piece that never comes, and calls return at once", async () => {
  let returned = 0;
  const stalled = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<number>>(() => {}),
      return: () => {
        returned++;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  };
  const reader = streamFrom(stalled).getReader();
  const read = reader.read();
  await turns();
  await reader.cancel();
  assertEquals((await read).done, true);
  assertEquals(returned, 1);
});

Deno.test("streamFrom: what comes after a cancel is dropped, a piece or an error, and the generator ends", async () => {
  await silent(async () => {
    for (const late of ["piece", "error"]) {
      const gate = Promise.withResolvers<void>();
      let ended = false;
      const reader = streamFrom(async function* () {
        try {
          await gate.promise;
          if (late === "error") throw new Error("late");
          yield 1;
        } finally {
          ended = true;
        }
      }()).getReader();
      const read = reader.read();
      await turns();
      await reader.cancel("enough");
      gate.resolve();
      assertEquals((await read).done, true);
      await turns();
      assertEquals(ended, true);
    }
  });
});

Deno.test("streamFrom takes an iterable without return", async () => {
  let n = 0;
  const bare = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: false as const, value: n++ }) }),
  };
  const reader = streamFrom(bare).getReader();
  assertEquals((await reader.read()).value, 0);
  await reader.cancel();
});
