/** What is left of a chunked array when its upload, or a slice of it, fails in mid-way. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { type NDArray, ndarray } from "../../lib/array/mod.ts";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  PartialFailureError,
} from "../../lib/errors.ts";
import { openChunked, writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { delegate } from "../backends/delegate.ts";
import { denied, refusing } from "./failing.ts";
import { forEachStore, withStore } from "./stores.ts";

function ramp(...shape: number[]): NDArray<"<f8"> {
  const count = shape.reduce((a, b) => a * b, 1);
  return ndarray(Float64Array.from({ length: count }, (_, i) => i), shape);
}

async function keysOf(backend: Backend): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list()) if ("key" in entry) keys.push(entry.key);
  return keys;
}

forEachStore((store, open) => {
  for (const [what, wrong] of [["a part", "a/pt0013"], ["metadata.json", "a/metadata.json"]]) {
    Deno.test(`chunked arrays on ${store}: when ${what} can't be stored nothing is left, and an array that was there is whole`, async () => {
      await withStore(open, async ({ backend }) => {
        const upload = () =>
          writeChunked(refusing(backend, wrong), "a", ramp(20), { chunks: 1, concurrency: 3 });
        const error = await assertRejects(upload, AccessDeniedError, wrong);
        assertEquals(error.key, wrong);
        assertEquals(await keysOf(backend), []);
        const before = ndarray(new Float64Array(4).fill(-1), [4]);
        await writeChunked(backend, "a", before, { chunks: 1 });
        const keys = await keysOf(backend);
        const old = await openChunked(backend, "a");
        await assertRejects(upload, AccessDeniedError);
        assertEquals(await keysOf(backend), keys);
        for (const array of [old, await openChunked(backend, "a")]) {
          assertEquals((await array.toArray()).toNested(), before.toNested());
        }
      });
    });
  }

  Deno.test(`chunked arrays on ${store}: the parts of an upload that was killed go with the next, and nothing else does`, async () => {
    await withStore(open, async ({ backend }) => {
      const array = (value: number, count: number) => ndarray(new Float64Array(count).fill(value), [count]);
      const part = (key: string, marks: Record<string, string>) =>
        backend.put(key, new Uint8Array(8), {
          metadata: { dtype: "<f8", shape: "1", compression: "False", order: "C", ...marks },
        });
      const killed = { "cc-generation": "of an upload that was killed" };
      const others = ["a/other", "a/pt00", "a/pt0900", "a/pt0901/pt0001", "ab/pt0001"];
      for (const key of others) await part(key, key === "a/pt0900" ? {} : killed);
      // Where there is no array yet, in the place of one, and by a smaller one.
      for (const [round, count] of [3, 4, 2].entries()) {
        for (const number of [0, 1, 7, 8, 9]) {
          await part(`a/pt${String(round * 100 + number).padStart(4, "0")}`, killed);
        }
        await writeChunked(backend, "a", array(round, count), { chunks: 1, compression: false });
        const stored = await openChunked(backend, "a");
        assertEquals((await stored.toArray()).toNested(), Array.from({ length: count }, () => round));
        const left = (await keysOf(backend)).filter((key) => !others.includes(key));
        assertEquals(left.length, count + 1, left.join());
      }
      assertEquals((await keysOf(backend)).filter((key) => others.includes(key)), others);
      // Also where nothing may be overwritten.
      await part("b/pt0000", killed);
      await writeChunked(backend, "b", array(1, 2), { chunks: 1, overwrite: false });
      assertEquals((await keysOf(backend)).filter((key) => key.startsWith("b/")).length, 3);
    });
  });

  Deno.test(`chunked arrays on ${store}: an abort rejects with its reason and leaves nothing`, async () => {
    await withStore(open, async ({ backend }) => {
      const reason = new Error("enough");
      for (const moment of [0, 1, 7]) {
        const abort = new AbortController();
        const slabs = async function* () {
          for (let i = 0; i < 10; i++) {
            if (i === moment) abort.abort(reason);
            yield await Promise.resolve(ramp(5, 2));
          }
        };
        const error = await assertRejects(() =>
          writeChunked(backend, "a", { shape: [50, 2], dtype: "<f8", slabs: slabs() }, {
            chunks: [5, null],
            axis: 0,
            signal: abort.signal,
          })
        );
        assertStrictEquals(error, reason);
        assertEquals(await keysOf(backend), []);
      }
      const error = await assertRejects(() =>
        writeChunked(backend, "a", ramp(3), { signal: AbortSignal.abort(reason) })
      );
      assertStrictEquals(error, reason);
      assertEquals(await keysOf(backend), []);
    });
  });

  Deno.test(`chunked arrays on ${store}: slabs that fail or don't fit leave nothing`, async () => {
    await withStore(open, async ({ backend }) => {
      const lost = new Error("the scanner is off");
      const cases: [() => AsyncIterable<NDArray>, (error: unknown) => void][] = [
        [async function* () {
          yield await Promise.resolve(ramp(4, 2));
          throw lost;
        }, (error) => assertStrictEquals(error, lost)],
        [async function* () {
          yield await Promise.resolve(ramp(4, 2));
          yield ramp(4, 3);
        }, (error) => assertInstanceOf(error, InvalidArgumentError)],
        [async function* () {
          yield await Promise.resolve(ramp(9, 2));
        }, (error) => assertInstanceOf(error, InvalidArgumentError)],
        [async function* () {
          yield await Promise.resolve(ramp(10, 2));
          yield ramp(1, 2);
        }, (error) => assertInstanceOf(error, InvalidArgumentError)],
      ];
      for (const [slabs, check] of cases) {
        check(
          await assertRejects(() =>
            writeChunked(backend, "a", { shape: [10, 2], dtype: "<f8", slabs: slabs() }, {
              chunks: [2, null],
              axis: 0,
            })
          ),
        );
        assertEquals(await keysOf(backend), []);
      }
    });
  });
});

Deno.test("parts that can't be removed after a failure are named", async () => {
  const memory = new MemoryBackend();
  const stuck = delegate(refusing(memory, "a/pt0006"), {
    async *delete(items, options) {
      for await (const item of items) {
        const key = typeof item === "string" ? item : item.key;
        if (key === "a/pt0002") yield { key, error: denied(key) };
        else yield* memory.delete([item], options);
      }
    },
  });
  const error = await assertRejects(
    () => writeChunked(stuck, "a", ramp(10), { chunks: 1, concurrency: 1 }),
    PartialFailureError,
    "a/pt0002",
  );
  assertEquals([error.key, error.committed], ["a", "no"]);
  assertEquals(error.failed.map(({ key }) => key), ["a/pt0002"]);
  assertEquals(error.done.length, 5);
  assertInstanceOf(error.cause, AccessDeniedError);
  assert(error.message.includes("a/pt0006"), error.message);
  assertEquals(await keysOf(memory), ["a/pt0002"]);
});

Deno.test("an abort is told by its reason even when parts can't be removed, which a warning tells", async () => {
  const memory = new MemoryBackend();
  const abort = new AbortController();
  const reason = new Error("enough");
  const warnings: CottonCandyWarning[] = [];
  const stuck = delegate(memory, {
    async put(key, body, options) {
      const result = await memory.put(key, body, options);
      if (key === "a/pt0003") abort.abort(reason);
      return result;
    },
    // deno-lint-ignore require-yield -- fails before it gives anything
    async *delete() {
      await Promise.resolve();
      throw new ConnectionError("the network is down");
    },
  });
  const error = await assertRejects(() =>
    writeChunked(stuck, "a", ramp(10), {
      chunks: 1,
      concurrency: 1,
      signal: abort.signal,
      onWarning: (warning) => void warnings.push(warning),
    })
  );
  assertStrictEquals(error, reason);
  assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["leftover", "a"]]);
  assert(/failed for 4: .*a\/pt0000/.test(warnings[0].message), warnings[0].message);
});

Deno.test("an old array that can't be removed is no failure of the new one", async () => {
  const memory = new MemoryBackend();
  await writeChunked(memory, "a", ramp(4), { chunks: 2 });
  const warnings: CottonCandyWarning[] = [];
  const stuck = delegate(memory, {
    async *delete(items) {
      for await (const item of items) yield { key: `${item}`, error: denied(`${item}`) };
    },
  });
  await writeChunked(stuck, "a", ramp(6), { chunks: 2, onWarning: (warning) => void warnings.push(warning) });
  assertEquals((await (await openChunked(memory, "a")).toArray()).toNested(), [0, 1, 2, 3, 4, 5]);
  assertEquals(warnings.map(({ kind }) => kind), ["leftover"]);
  assert(warnings[0].message.includes("a/pt0000"), warnings[0].message);
});

Deno.test("what may have been stored is removed too, but for parts that a committed metadata.json may name", async () => {
  const memory = new MemoryBackend();
  const unknown = (at: string) =>
    delegate(memory, {
      async put(key, body, options) {
        const result = await memory.put(key, body, options);
        if (key === at) throw new ConnectionError(`no answer for "${key}"`, { key, committed: "unknown" });
        return result;
      },
    });
  await assertRejects(() => writeChunked(unknown("a/pt0001"), "a", ramp(4), { chunks: 2 }), ConnectionError);
  assertEquals(await keysOf(memory), []);
  const error = await assertRejects(
    () => writeChunked(unknown("a/metadata.json"), "a", ramp(4), { chunks: 2 }),
    ConnectionError,
  );
  assertEquals(error.committed, "unknown");
  assertEquals((await (await openChunked(memory, "a")).toArray()).toNested(), [0, 1, 2, 3]);
});

Deno.test("who may write but not read can store an array", async () => {
  const memory = new MemoryBackend();
  const blind = delegate(memory, { open: (key) => Promise.reject(new AccessDeniedError("no", { key })) });
  await writeChunked(blind, "a", ramp(4), { chunks: 2 });
  assertEquals((await (await openChunked(memory, "a")).toArray()).toNested(), [0, 1, 2, 3]);
  const broken = delegate(memory, { open: (key) => Promise.reject(new ConnectionError("no", { key })) });
  await assertRejects(() => writeChunked(broken, "a", ramp(4)), ConnectionError);
  assertEquals((await keysOf(memory)).length, 3);
});

Deno.test("metadata.json that can't be read is replaced", async () => {
  const memory = new MemoryBackend();
  await memory.put("a/metadata.json", new TextEncoder().encode("{"));
  await writeChunked(memory, "a", ramp(4), { chunks: 2 });
  assertEquals((await (await openChunked(memory, "a")).toArray()).toNested(), [0, 1, 2, 3]);
});

Deno.test("a slice fails with the first failure, once nothing goes on behind it, and can be tried again", async () => {
  const memory = new MemoryBackend();
  await writeChunked(memory, "a", ramp(40), { chunks: 1, compression: false });
  let running = 0;
  let broken = true;
  const backend = delegate(memory, {
    async open(key, options) {
      running++;
      try {
        await new Promise((resolve) => setTimeout(resolve, 1));
        options?.signal?.throwIfAborted();
        if (broken && key === "a/pt0009") throw new IntegrityError("gone bad", { key });
        return await memory.open(key, options);
      } finally {
        running--;
      }
    },
  });
  const array = await openChunked(backend, "a");
  await assertRejects(() => array.toArray(), IntegrityError, "gone bad");
  assertEquals(running, 0);
  broken = false;
  assertEquals((await array.slice([null, null, 13])).toNested(), [0, 13, 26, 39]);
});

Deno.test("reads end with the reason of whichever signal aborts", async () => {
  const memory = new MemoryBackend();
  await writeChunked(memory, "a", ramp(40), { chunks: 1 });
  const reason = new Error("enough");
  const own = new AbortController();
  const array = await openChunked(memory, "a", { signal: own.signal });
  for (
    const read of [
      (signal: AbortSignal) => array.read([], { signal }),
      (signal: AbortSignal) => array.toArray({ signal }),
      async (signal: AbortSignal) => {
        for await (const _ of array.blocks({ signal }));
      },
    ]
  ) {
    const abort = new AbortController();
    const reading = read(abort.signal);
    abort.abort(reason);
    assertStrictEquals(await assertRejects(() => reading), reason);
  }
  const slicing = array.slice();
  own.abort(reason);
  assertStrictEquals(await assertRejects(() => slicing), reason);
  assertStrictEquals(await assertRejects(() => array.slice(0)), reason);
  assertStrictEquals(await assertRejects(() => openChunked(memory, "a", { signal: own.signal })), reason);
});

Deno.test("callbacks that throw damage no array", async () => {
  const memory = new MemoryBackend();
  const onProgress = ({ done }: { done: boolean }) => {
    if (done) throw new CottonCandyError("a progress bar broke");
  };
  await assertRejects(() => writeChunked(memory, "a", ramp(4), { chunks: 2, onProgress }), CottonCandyError);
  assertEquals((await (await openChunked(memory, "a")).toArray()).toNested(), [0, 1, 2, 3]);
});
