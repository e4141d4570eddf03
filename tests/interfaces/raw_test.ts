import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { compress, listCodecs } from "../../codecs/mod.ts";
import { arrayFromBytes, type NDArray, ndarray, parseDescr } from "../../lib/array/mod.ts";
import {
  AlreadyExistsError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { openRaw, readRaw, writeRaw } from "../../lib/stored_arrays/raw.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import type { CottonCandyWarning, OnWarning } from "../../lib/warnings.ts";
import { openChunked, writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeDict } from "../../lib/stored_arrays/dict.ts";
import { forEachStore, withStore } from "./stores.ts";
import { delegate } from "../backends/delegate.ts";

const CODECS = [true, false, ...listCodecs().written.map(({ name }) => name)];

function ramp(...shape: number[]): NDArray {
  const count = shape.reduce((a, b) => a * b, 1);
  return ndarray(Float64Array.from({ length: count }, (_, i) => i), shape);
}

function assertSame(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape, actual.toBytes()], [
    expected.dtype,
    expected.shape,
    expected.toBytes(),
  ]);
}

async function zipped(bytes: Uint8Array): Promise<Uint8Array> {
  return await readAll(streamOf(bytes).pipeThrough(compress("gzip")));
}

const bytesOfRamp = (count: number) => ramp(count).toBytes();

for (const compression of CODECS) {
  Deno.test(`raw arrays of any layout come back bit for bit with compression ${compression}`, async () => {
    const backend = new MemoryBackend();
    const arrays: NDArray[] = [
      ramp(3, 4, 5),
      ramp(3, 4, 5).transpose(),
      ramp(6, 6).slice([null, null, -2], [1, 5, 2]),
      ndarray(new Float64Array([7]), []),
      ramp(0),
      ramp(3, 0, 2),
      ndarray(new Uint8Array([0, 1, 1]), [3], { dtype: "|b1" }),
      ndarray(new BigInt64Array([-5n, 2n ** 62n]), [2], { dtype: "<M8[ns]" }),
      ndarray(new Uint8Array([0x3f, 0xf0, 0, 0, 0, 0, 0, 0]), [1], { dtype: ">f8" }),
    ];
    for (const array of arrays) {
      const result = await writeRaw(backend, "a", array, { compression });
      assertEquals(result.metadata.order, "C");
      assertEquals(result.metadata.shape, array.shape.join(","));
      assertSame(await readRaw(backend, "a"), array);
      assertSame(await (await openRaw(backend, "a", { onWarning: () => {} })).toArray(), array);
    }
  });
}

Deno.test("an array of nothing is stored raw, since Python reads no other empty payload", async () => {
  const backend = new MemoryBackend();
  const { metadata, size } = await writeRaw(backend, "a", ramp(0, 3), { compression: "Zstd" });
  assertEquals([metadata.compression, size], ["False", 0]);
  await assertRejects(
    () => writeRaw(backend, "b", ramp(0, 3), { compression: "Zstd", level: 99 }),
    InvalidArgumentError,
  );
  const options = JSON.parse('{ "compression": "zip" }');
  await assertRejects(() => writeRaw(backend, "b", ramp(0, 3), options), UnsupportedError, "zip");
  assertEquals(await backend.head("b"), undefined);
});

Deno.test("by default noise is stored raw and structure is compressed, strided views included", async () => {
  const backend = new MemoryBackend();
  const noise = ndarray(crypto.getRandomValues(new Uint8Array(60_000)), [300, 200]);
  const structure = ndarray(new Int32Array(2_000_000).map((_, i) => i % 100), [2000, 1000]);
  const stored = async (array: NDArray) => (await writeRaw(backend, "a", array)).metadata.compression;
  assertEquals(await stored(noise), "False");
  assertEquals(await stored(noise.transpose()), "False");
  assertEquals(await stored(structure), "gzip");
  assertEquals(await stored(structure.transpose()), "gzip");
});

Deno.test("small arrays are sent as bytes of known length, larger ones as streams; what is stored and said is the same", async () => {
  for (const count of [8 * 1024, 8 * 1024 + 1]) {
    const bodies: [bytes: boolean, size?: number][] = [];
    const memory = new MemoryBackend();
    const backend = delegate(memory, {
      put: (key, body, options) => {
        bodies.push([body instanceof Uint8Array, options?.size]);
        return memory.put(key, body, options);
      },
    });
    const array = ramp(count);
    const { metadata, size } = await writeRaw(backend, "a", array);
    assertEquals(metadata.compression, "gzip");
    assertEquals(bodies, [count > 8 * 1024 ? [false, undefined] : [true, size]]);
    assertEquals(await readAll((await memory.open("a")).stream()), await zipped(array.toBytes()));
    const strided = ramp(count, 2).slice([null, null], 0);
    await writeRaw(backend, "b", strided);
    assertEquals((await readRaw(memory, "b")).toBytes(), strided.toBytes());
  }
});

Deno.test("levels reach the codec", async () => {
  const backend = new MemoryBackend();
  const array = ndarray(new Int32Array(200_000).map((_, i) => (i * i) % 977), [200_000]);
  const size = async (level: number) =>
    (await writeRaw(backend, "a", array, { compression: "gzip", level })).size;
  assert(await size(1) > await size(9));
  await assertRejects(() => size(99), InvalidArgumentError, "level");
});

Deno.test("overwrite: false keeps what is there", async () => {
  const backend = new MemoryBackend();
  await writeRaw(backend, "a", ramp(2));
  await assertRejects(() => writeRaw(backend, "a", ramp(3), { overwrite: false }), AlreadyExistsError);
  assertEquals((await readRaw(backend, "a")).shape, [2]);
});

Deno.test("data are filled in place: into memory that is given, or once into new memory", async () => {
  const backend = new MemoryBackend();
  for (const compression of [false, "gzip", "Zstd"] as const) {
    await writeRaw(backend, "a", ramp(2, 3), { compression });
    const buffer = new ArrayBuffer(64);
    const into = new Float64Array(buffer, 8, 6);
    const array = await readRaw(backend, "a", { into });
    assertStrictEquals(array.data.buffer, buffer);
    assertEquals([...into], [0, 1, 2, 3, 4, 5]);
    const same = ramp(2, 3);
    assertStrictEquals((await readRaw(backend, "a", { into: same })).data.buffer, same.data.buffer);
    await assertRejects(
      () => readRaw(backend, "a", { into: new Float64Array(5) }),
      InvalidArgumentError,
      "into",
    );
    await assertRejects(() => readRaw(backend, "a", { into: ramp(3, 2) }), InvalidArgumentError, "into");
    await assertRejects(
      () => readRaw(backend, "a", { into: ramp(3, 2).transpose() }),
      InvalidArgumentError,
      "contiguous",
    );
  }
});

Deno.test("the order of old objects is honoured, and what looks mislabelled draws a warning", async () => {
  const backend = new MemoryBackend();
  const warnings: CottonCandyWarning[] = [];
  const onWarning = (warning: CottonCandyWarning) => void warnings.push(warning);
  const metadata = { dtype: "<f8", shape: "2,3", order: "F", compression: "False" };
  await backend.put("new", bytesOfRamp(6), { metadata });
  assertEquals((await readRaw(backend, "new", { onWarning })).toNested(), [[0, 2, 4], [1, 3, 5]]);
  assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["suspect-order", "new"]]);
  assert(
    warnings[0].message.startsWith('"new" (not compressed)') && warnings[0].message.includes('order: "C"'),
  );
  assertEquals((await readRaw(backend, "new", { onWarning, order: "C" })).toNested(), [[0, 1, 2], [3, 4, 5]]);
  await backend.put("old", await zipped(bytesOfRamp(6)), {
    metadata: { dtype: "<f8", shape: "2,3", order: "F", gzip: "True" },
  });
  assertEquals((await readRaw(backend, "old", { onWarning })).toNested(), [[0, 2, 4], [1, 3, 5]]);
  assertEquals(warnings.length, 1, "an old object's order is genuine");
  const lazy = await openRaw(backend, "new", { onWarning });
  assertEquals((await lazy.slice(1)).toNested(), [1, 3, 5]);
  assertEquals((await lazy.slice([null, null, -1], 0)).toNested(), [1, 0]);
});

Deno.test("bytes after the items of raw and gzip objects are ignored, as Python does, and missing ones never", async () => {
  const backend = new MemoryBackend();
  const metadata = { dtype: "<f8", shape: "2,3", order: "C" };
  for (
    const [compression, body] of [
      ["False", (count: number) => Promise.resolve(bytesOfRamp(count))],
      ["gzip", (count: number) => zipped(bytesOfRamp(count))],
    ] as const
  ) {
    await backend.put("long", await body(7), { metadata: { ...metadata, compression } });
    assertSame(await readRaw(backend, "long"), ramp(2, 3));
    await backend.put("short", await body(5), { metadata: { ...metadata, compression } });
    await assertRejects(() => readRaw(backend, "short"), IntegrityError);
    const lazy = openRaw(backend, "short", { onWarning: () => {} }).then((lazy) => lazy.toArray());
    await assertRejects(() => lazy, IntegrityError);
  }
});

Deno.test("objects that are no raw arrays, corrupt ones and unknown kinds are typed errors that name the object", async () => {
  const backend = new MemoryBackend();
  const good = { dtype: "<f8", shape: "2", order: "C", compression: "False" };
  const cases: [Record<string, string>, new (message: string) => Error][] = [
    [{}, IntegrityError],
    [{ ...good, shape: "two" }, IntegrityError],
    [{ ...good, shape: "-2" }, IntegrityError],
    [{ ...good, shape: "9007199254740993" }, IntegrityError],
    [{ ...good, dtype: "<q8" }, IntegrityError],
    [{ ...good, order: "K" }, IntegrityError],
    [{ ...good, dtype: "|O" }, UnsupportedError],
    [{ ...good, dtype: "<f16" }, UnsupportedError],
    [{ ...good, compression: "snappy" }, UnsupportedError],
    [{ ...good, compression: "gzip" }, IntegrityError],
    [{ ...good, compression: "Zstd" }, IntegrityError],
    [{ ...good, compression: "LZ4" }, IntegrityError],
  ];
  for (const [metadata, kind] of cases) {
    await backend.put("odd/object", bytesOfRamp(2), { metadata });
    const error = await assertRejects(
      () => readRaw(backend, "odd/object"),
      Error,
      "",
      JSON.stringify(metadata),
    );
    assertInstanceOf(error, kind, `${JSON.stringify(metadata)} gave ${error}`);
    assert(error.message.includes("odd/object"), error.message);
  }
  await assertRejects(() => readRaw(backend, "nothing/here"), NotFoundError, "nothing/here");
  await assertRejects(() => openRaw(backend, "nothing/here"), NotFoundError, "nothing/here");
});

Deno.test("arrays that can't be stored are refused, and nothing is stored", async () => {
  const backend = new MemoryBackend();
  await assertRejects(() => writeRaw(backend, "a", [[1, 2], [3]]), InvalidArgumentError);
  await assertRejects(
    () => writeRaw(backend, "a", ramp(2), { metadata: { Shape: "9" } }),
    InvalidArgumentError,
    "reserved",
  );
  assertEquals(await backend.head("a"), undefined);
});

Deno.test("a lazy array reads the bytes it needs and no others", async () => {
  const backend = new MemoryBackend();
  await writeRaw(backend, "a", ramp(1000, 1000), { compression: false });
  let requests = 0;
  let bytes = 0;
  const counting = delegate(backend, {
    open(key, options) {
      requests++;
      if (options?.range && "length" in options.range) bytes += options.range.length ?? NaN;
      return backend.open(key, options);
    },
  });
  const lazy = await openRaw(counting, "a");
  assertEquals([lazy.shape, lazy.dtype, lazy.sliceable, requests], [[1000, 1000], "<f8", true, 0]);
  assertEquals((await lazy.slice(7, [10, 13])).toNested(), [7010, 7011, 7012]);
  assertEquals([requests, bytes], [1, 24]);
  assertEquals((await lazy.slice(-1, -1)).get(), 999_999);
  assertEquals([requests, bytes], [2, 32]);
  assertEquals((await lazy.slice([5, 5])).shape, [0, 1000]);
  assertEquals(requests, 2, "an empty slice asks for nothing");
  const far = await lazy.slice([0, null, 999], 3);
  assertEquals(
    [far.toNested(), requests, bytes],
    [[3, 999_003], 4, 48],
    "what lies far apart is not read together",
  );
  const near = await lazy.slice([0, 4, 3], 3);
  assertEquals([near.toNested(), requests], [[3, 3003], 5], "what lies close is");
  await assertRejects(() => lazy.slice(1000), InvalidArgumentError);
});

Deno.test("lazy slices agree with slices in memory", async () => {
  const backend = new MemoryBackend();
  const array = ramp(5, 6, 7);
  await writeRaw(backend, "C", array, { compression: false });
  await backend.put("F", array.transpose().toContiguous().toBytes(), {
    metadata: { dtype: "<f8", shape: "5,6,7", order: "F", compression: "False" },
  });
  await writeRaw(backend, "Z", array, { compression: "Zstd" });
  const selections = [
    [],
    [2],
    [null, [null, null, -1], [1, 6, 2]],
    [[4, null, -2], 3, [null, -1]],
    [-1, -2, -3],
    [[1, 1]],
    [[3, 1], null, 0],
    [null, null, [6, 0, -3]],
  ] as const;
  for (const name of ["C", "F", "Z"]) {
    const lazy = await openRaw(backend, name, { onWarning: () => {} });
    for (const selection of selections) assertSame(await lazy.slice(...selection), array.slice(...selection));
  }
});

Deno.test("a compressed array is read whole and says so", async () => {
  const backend = new MemoryBackend();
  await writeRaw(backend, "a", ramp(10), { compression: "gzip" });
  const kinds: string[] = [];
  const lazy = await openRaw(backend, "a", { onWarning: ({ kind }) => kinds.push(kind) });
  assertEquals(lazy.sliceable, false);
  assertEquals((await lazy.slice([2, 4])).toNested(), [2, 3]);
  assertEquals(kinds, ["read-whole"]);
});

Deno.test("blocks give the whole array, piece by piece", async () => {
  const backend = new MemoryBackend();
  const array = ndarray(new Float64Array(5_000_000).map((_, i) => i), [500, 10_000]);
  await writeRaw(backend, "a", array, { compression: false });
  const lazy = await openRaw(backend, "a");
  assert(lazy.chunks[0].length > 1);
  let rows = 0;
  for await (const { index, origin, array: block } of lazy.blocks()) {
    assertEquals([origin, index[1]], [[rows, 0], 0]);
    assertEquals(block.get(0, 0), rows * 10_000);
    rows += block.shape[0];
  }
  assertEquals(rows, 500);
});

for (const compression of [false, "gzip"] as const) {
  Deno.test(`a lazy array is of one version: once replaced, it says so instead of mixing (${compression})`, async () => {
    const backend = new MemoryBackend();
    // A store without ETags tells versions apart by their time.
    const plain = delegate(backend, {
      async head(key, options) {
        const head = await backend.head(key, options);
        return head && { ...head, etag: undefined };
      },
    });
    await writeRaw(backend, "a", ramp(10), { compression });
    const lazy = await openRaw(backend, "a", { onWarning: () => {} });
    const timed = await openRaw(plain, "a", { onWarning: () => {} });
    assertEquals((await timed.slice(3)).get(), 3);
    const fresh = await openRaw(plain, "a", { onWarning: () => {} });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await writeRaw(backend, "a", ndarray(new Int16Array(20)), { compression });
    await assertRejects(() => lazy.slice(3), PreconditionFailedError);
    await assertRejects(() => lazy.toArray(), PreconditionFailedError);
    await assertRejects(() => fresh.slice(3), PreconditionFailedError);
  });
}

Deno.test("metadata that promise more than there is memory for are typed errors", async () => {
  const backend = new MemoryBackend();
  const metadata = { dtype: "<f8", shape: "100000,1000000", order: "C" };
  await backend.put("raw", new Uint8Array(10), { metadata: { ...metadata, compression: "False" } });
  await backend.put("zipped", await zipped(new Uint8Array(10)), {
    metadata: { ...metadata, compression: "gzip" },
  });
  await assertRejects(() => readRaw(backend, "raw"), IntegrityError, "truncated");
  await assertRejects(() => readRaw(backend, "zipped"), UnsupportedError, "zipped");
  const lazy = await openRaw(backend, "zipped", { onWarning: () => {} });
  await assertRejects(() => lazy.slice(0), UnsupportedError);
});

Deno.test("`into` for an array of nothing, and what can't be filled", async () => {
  const backend = new MemoryBackend();
  await writeRaw(backend, "empty", ramp(3, 0));
  assertEquals((await readRaw(backend, "empty", { into: ramp(3, 0) })).shape, [3, 0]);
  await writeRaw(backend, "a", ramp(2));
  const shared: ArrayBufferView = new Float64Array(new SharedArrayBuffer(16));
  for (const into of [shared, [0, 0], {}, null]) {
    // As JavaScript without types would call it.
    const options = JSON.parse("{}");
    options.into = into;
    await assertRejects(() => readRaw(backend, "a", options), InvalidArgumentError, "into");
  }
});

Deno.test("by default each object whose order is suspect is told by its name, once; not those whose codec ignores it", async () => {
  const backend = new MemoryBackend();
  const metadata = { dtype: "<f8", shape: "2,3", order: "F", compression: "False" };
  for (const name of ["first", "second"]) await backend.put(name, bytesOfRamp(6), { metadata });
  for (const codec of ["Zstd", "Zlib", "LZ4", "BZ2"] as const) {
    const stored = await readAll(streamOf(bytesOfRamp(6)).pipeThrough(compress(codec, { size: 48 })));
    await backend.put(codec, stored, { metadata: { ...metadata, compression: codec } });
  }
  const told: string[] = [];
  // deno-lint-ignore no-console -- what is looked at here
  const warn = console.warn;
  // deno-lint-ignore no-console -- as above
  console.warn = (line: string) => void told.push(line);
  try {
    for (const name of ["first", "second", "first", "Zstd", "Zlib", "LZ4", "BZ2"]) {
      await readRaw(backend, name);
    }
  } finally {
    // deno-lint-ignore no-console -- as above
    console.warn = warn;
  }
  assertEquals(told.map((line) => /^cottoncandy: "(.*?)"/.exec(line)?.[1]), ["first", "second"]);
  assertEquals((await readRaw(backend, "Zstd")).toNested(), [[0, 1, 2], [3, 4, 5]]);
  assertEquals((await readRaw(backend, "Zstd", { order: "F" })).toNested(), [[0, 2, 4], [1, 3, 5]]);
});

forEachStore((store, open) => {
  Deno.test(`${store}: a structure's fields that its metadata have no room for are left out, with a warning`, async () => {
    await withStore(open, async ({ backend }) => {
      for (const count of [3, 90, 2000, 20000]) {
        const descr = Array.from(
          { length: count },
          (_, i) => [`measure_${String(i).padStart(5, "0")}`, "<f4"],
        );
        const { dtype, fields } = parseDescr(descr);
        const bytes = Uint8Array.from({ length: 8 * count }, (_, i) => i);
        const array = arrayFromBytes(bytes, { dtype, fields, shape: [2] });
        const fit = JSON.stringify(descr).length + 100 < backend.capabilities.metadataLimit;
        const uploads: Record<string, (onWarning: OnWarning) => Promise<unknown>> = {
          raw: (onWarning) => writeRaw(backend, "raw", array, { onWarning }),
          "dict/a": (onWarning) => writeDict(backend, "dict", { a: array }, { onWarning }),
          chunked: (onWarning) => writeChunked(backend, "chunked", array, { chunks: 1, onWarning }),
        };
        for (const [name, upload] of Object.entries(uploads)) {
          const warnings: CottonCandyWarning[] = [];
          await upload((warning) => void warnings.push(warning));
          assertEquals(warnings.map(({ kind }) => kind), fit ? [] : ["metadata"], `${count} in ${name}`);
          if (!fit) {
            assert(warnings[0].message.includes("uploadNpyArray") && warnings[0].message.length < 500);
          }
          const stored = name === "chunked"
            ? await (await openChunked(backend, name)).toArray()
            : await readRaw(backend, name);
          assertEquals([stored.dtype, stored.shape, stored.fields?.length], [
            dtype,
            [2],
            fit ? count : undefined,
          ]);
          assertEquals(stored.toBytes(), bytes);
        }
      }
      const metadata = { note: "x".repeat(backend.capabilities.metadataLimit) };
      await assertRejects(
        () => writeRaw(backend, "raw", [1], { metadata }),
        InvalidArgumentError,
        "metadata",
      );
    });
  });
});
