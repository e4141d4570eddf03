// Arrays whose codecs run in workers: what is stored, what is read, and what is left when something fails.
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { DefaultInterface } from "../../lib/interface/mod.ts";
import { isNDArray, ndarray } from "../../lib/array/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { identify, openIdentified } from "../../lib/stored_arrays/identify/mod.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { openNpy, writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { openRaw, writeRaw } from "../../lib/stored_arrays/raw.ts";
import { openZarr, writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { CottonCandyError, InvalidArgumentError } from "../../lib/errors.ts";
import { CountedWorker } from "../codecs/counted_worker.ts";

const MiB = 1024 * 1024;
const items = Int16Array.from({ length: 17 * MiB }, (_, i) => (i >> 3) % 1000);
/** 34 MiB. */
const array = ndarray(items, [17, MiB]);
const CHUNKS = { chunks: [4, null], compression: "LZ4" } as const;

async function startedBy(work: () => Promise<unknown>): Promise<number> {
  const before = CountedWorker.started;
  await work();
  assertEquals(CountedWorker.alive.size, 0, "they end with the work");
  return CountedWorker.started - before;
}

async function keysOf({ backend }: DefaultInterface): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list()) if ("key" in entry) keys.push(entry.key);
  return keys;
}

Deno.test("workers: what is stored of arrays is the same with them and without, and so is what is read", async () => {
  const cci = new DefaultInterface(new MemoryBackend(), { workers: 2 });
  assertEquals(await startedBy(() => cci.uploadRawArray("raw/2", array, { compression: "LZ4" })), 1);
  assertEquals(await startedBy(() => cci.uploadDaskArray("parts/2", array, CHUNKS)), 2);
  assertEquals(
    await startedBy(async () => {
      await cci.uploadRawArray("raw/0", array, { compression: "LZ4", workers: false });
      await cci.uploadDaskArray("parts/0", array, { ...CHUNKS, workers: false });
      await cci.uploadRawArray("small", items.subarray(0, 8 * MiB), { compression: "LZ4" });
      await cci.uploadRawArray("stored", array, { compression: false });
      await cci.downloadRawArray("stored");
      await cci.downloadRawArray("raw/2", { workers: false });
      await (await cci.downloadDaskArray("parts/2", { workers: false })).toArray();
    }),
    0,
  );
  const keys = await keysOf(cci);
  assertEquals(keys.filter((key) => key.startsWith("parts/2/pt")).length, 5);
  for (const key of keys.filter((key) => /^(raw\/2|parts\/2\/pt)/.test(key))) {
    const [there, here] = await Promise.all(
      [key, key.replace("/2", "/0")].map((key) => cci.downloadObject(key)),
    );
    assert(there.length === here.length && there.every((byte, i) => byte === here[i]), key);
  }
  assertEquals(
    await startedBy(async () => {
      const back = await cci.downloadRawArray("raw/2");
      assert(back.is("<i2") && back.data.every((item, i) => item === items[i]));
    }),
    1,
  );
  assertEquals(
    await startedBy(async () => {
      const back = await (await cci.downloadDaskArray("parts/2")).toArray();
      assert(back.is("<i2") && back.data.every((item, i) => item === items[i]));
    }),
    2,
  );
});

Deno.test("workers: an interface that was told of them takes every method that reads or stores arrays", async () => {
  for (const workers of [false, 2] as const) {
    const cci = new DefaultInterface(new MemoryBackend(), {
      workers,
      concurrency: 2,
      compression: "gzip",
      onWarning() {},
    });
    const array = ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]);
    const read: unknown[] = [];
    await cci.uploadRawArray("raw", array);
    read.push(await cci.downloadRawArray("raw"), await (await cci.openRawArray("raw")).slice());
    await cci.uploadNpyArray("npy", array);
    read.push(await cci.downloadNpyArray("npy"), await (await cci.openNpyArray("npy")).slice());
    await cci.uploadDaskArray("dask", array);
    read.push(await (await cci.downloadDaskArray("dask")).slice());
    await cci.dict2cloud("tree", { array });
    read.push((await cci.cloud2dict("tree")).array, await (await cci.cloud2dataset("tree")).load("array"));
    for (const one of read) assertEquals(isNDArray(one) && one.toNested(), [[1, 2], [3, 4]]);
    await cci.uploadSparseArray("sparse", {
      format: "coo",
      shape: [2, 2],
      parts: { data: [1], row: [0], col: [1] },
    });
    assertEquals((await cci.downloadSparseArray("sparse")).toDense().toNested(), [[0, 1], [0, 0]]);
  }
});

Deno.test("workers: a part that is damaged is told as without them", async () => {
  const cci = new DefaultInterface(new MemoryBackend());
  await cci.uploadDaskArray("a", array, CHUNKS);
  const { content, metadata } = await cci.downloadStream("a/pt0002");
  const stored = new Uint8Array(await new Response(content).arrayBuffer());
  await cci.backend.put("a/pt0002", stored.subarray(0, stored.length >> 1), { metadata });
  const errors = [];
  for (const workers of [false, 2] as const) {
    const open = await cci.downloadDaskArray("a", { workers });
    const { name, message, key } = await assertRejects(() => open.toArray(), CottonCandyError);
    errors.push({ name, message, key });
  }
  assertEquals(errors[1], errors[0]);
  assertEquals(errors[0].key, "a/pt0002");
  assertEquals(CountedWorker.alive.size, 0);
});

Deno.test("workers: an upload that is aborted leaves neither parts nor workers", async () => {
  const cci = new DefaultInterface(new MemoryBackend(), { workers: 2 });
  for (const upload of ["uploadRawArray", "uploadDaskArray"] as const) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const options = {
      compression: "gzip",
      signal: controller.signal,
      onProgress: ({ loaded }: { loaded: number }) => void (loaded > 0 && controller.abort(reason)),
    };
    const started = await startedBy(async () => {
      const error = await assertRejects(() => cci[upload]("a", array, options));
      assertStrictEquals(error, reason);
    });
    assert(started > 0);
    assertEquals(await keysOf(cci), []);
  }
});

Deno.test("workers: their number is a positive whole number, or false", async () => {
  const cci = new DefaultInterface(new MemoryBackend());
  await cci.uploadRawArray("a", new Float32Array(100_000), { compression: "gzip" });
  await cci.uploadDaskArray("parts", new Float32Array(100_000), { compression: "gzip" });
  for (const workers of [0, -1, 1.5, NaN, Infinity]) {
    for (
      const work of [
        () => cci.uploadRawArray("b", array, { workers }),
        () => cci.uploadRawArray("b", [1], { workers, compression: false }),
        () => cci.uploadDaskArray("b", array, { workers }),
        () => cci.downloadRawArray("a", { workers }),
        async () => await (await cci.downloadDaskArray("parts", { workers })).toArray(),
      ]
    ) {
      await assertRejects(work, InvalidArgumentError, "workers is a positive whole number");
    }
  }
  assertEquals((await keysOf(cci)).filter((key) => key.startsWith("b")), []);
});

Deno.test("workers: chunks of Zarr are decompressed in them, and damaged ones told as without", async () => {
  const backend = new MemoryBackend();
  await writeZarr(backend, "a.zarr", array, { chunks: [4, MiB], compression: "Zstd", workers: false });
  assertEquals(
    await startedBy(async () => {
      const zarr = await openZarr(backend, "a.zarr", { workers: 2 });
      const back = await zarr.toArray();
      assert(back.is("<i2") && back.data.every((item, i) => item === items[i]));
      const found = await identify(backend, "a.zarr");
      const last = await (await openIdentified(backend, found, { workers: 2 })).slice(16, [-3, null]);
      assertEquals([...last], [...items.subarray(-3)]);
    }),
    2,
  );
  assertEquals(
    await startedBy(async () => {
      await (await openZarr(backend, "a.zarr", { workers: false })).toArray();
      await (await openZarr(backend, "a.zarr", { workers: 2 })).slice(0, [0, 10]);
    }),
    0,
  );
  const part = "a.zarr/c/2/0";
  const reader = await backend.open(part);
  await backend.put(part, (await reader.read()).subarray(0, 100));
  const errors = [];
  for (const workers of [false, 2] as const) {
    const zarr = await openZarr(backend, "a.zarr", { workers });
    const { name, message, key } = await assertRejects(() => zarr.toArray(), CottonCandyError);
    errors.push({ name, message, key });
  }
  assertEquals(errors[1], errors[0]);
  assertEquals(errors[0].key, part);
  const wrong = await openZarr(backend, "a.zarr", { workers: 0 });
  await assertRejects(() => wrong.toArray(), InvalidArgumentError, "workers is a positive whole number");
  assertEquals(CountedWorker.alive.size, 0);
});

Deno.test("workers: whatever array there is, it is opened and read with them", async () => {
  const backend = new MemoryBackend();
  const small = ndarray(Int16Array.from({ length: 600 }, (_, i) => i), [20, 30]);
  await writeRaw(backend, "packed", small, { compression: "gzip" });
  await writeRaw(backend, "plain", small, { sliceable: true });
  await writeNpy(backend, "array.npy", small);
  await writeNpz(backend, "archive.npz", new Map([["array", await openNpy(backend, "array.npy")]]));
  await writeChunked(backend, "chunked", small, { chunks: [10, 10], compression: "LZ4" });
  await writeZarr(backend, "a.zarr", small, { chunks: [10, 10], compression: "Zstd" });
  for (const name of ["packed", "plain", "array.npy", "archive.npz/array", "chunked", "a.zarr"]) {
    const found = await identify(backend, name);
    const stored = await openIdentified(backend, found, { workers: 2, onWarning() {} });
    assertEquals([...await stored.slice(19, [-2, null])], [598, 599], name);
  }
  await writeRaw(backend, "large", array, { compression: "LZ4", workers: false });
  const started = await startedBy(async () => {
    const large = await openRaw(backend, "large", { workers: 2, onWarning() {} });
    assertEquals([...await large.slice(16, [-3, null])], [...items.subarray(-3)]);
  });
  assertEquals(started, 1);
});
