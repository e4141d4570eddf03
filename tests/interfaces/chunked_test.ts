import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { compress } from "../../codecs/mod.ts";
import { arrayFromBytes, type NDArray, ndarray, type Selection } from "../../lib/array/mod.ts";
import {
  AlreadyExistsError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { DefaultInterface } from "../../lib/interface/array.ts";
import { type ChunkedWriteOptions, openChunked, writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { readRaw, writeRaw } from "../../lib/stored_arrays/raw.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { delegate } from "../backends/delegate.ts";
import { forEachStore, withStore } from "./stores.ts";

const MiB = 1024 * 1024;

function ramp(...shape: number[]): NDArray<"<f8"> {
  const count = shape.reduce((a, b) => a * b, 1);
  return ndarray(Float64Array.from({ length: count }, (_, i) => i), shape);
}

function assertSame(actual: NDArray, expected: NDArray, message?: string): void {
  assertEquals([actual.dtype, actual.shape, actual.toBytes()], [
    expected.dtype,
    expected.shape,
    expected.toBytes(),
  ], message);
}

async function keysOf(backend: Backend, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list({ prefix })) if ("key" in entry) keys.push(entry.key);
  return keys;
}

async function textOf(backend: Backend, key: string): Promise<string> {
  const reader = await backend.open(key);
  return new TextDecoder().decode(await reader.read());
}

/** Python's text for an array of `[2, 3, 4]`, and parts under the names that it gives. */
const written =
  '{"shape": [2, 3, 4], "dtype": "<f8", "dask": [[[0, 0, 0], "t1/pt0000"], [[0, 0, 1], "t1/pt0001"]], "chunk_sizes": [[2, 3, 4], [2, 3, 0]], "chunks": [[2], [3], [4, 0]]}';

/** The metadata of a raw array. */
function rawOf(shape: number[], more: Record<string, string> = {}): Record<string, string> {
  return { dtype: "<f8", shape: shape.join(), compression: "False", order: "C", ...more };
}

const SELECTIONS: readonly (readonly Selection[])[] = [
  [],
  [1],
  [-1, -1, -1],
  [null, 2],
  [[null, null, -1], [1, 5, 2], [4, null, -3]],
  [[3, 1]],
  [null, null, [2, 3]],
  [2, [0, 6], 4],
];

forEachStore((store, open) => {
  Deno.test(`chunked arrays on ${store}: whatever the chunks and codecs, slices are those of the array in memory`, async () => {
    await withStore(open, async ({ backend }) => {
      const array = ramp(4, 6, 5);
      const layouts: ChunkedWriteOptions[] = [
        {},
        { axis: null },
        { chunks: 3 },
        { chunks: [[1, 3], [2, 2, 2], null] },
        { chunks: [null, null, 2] },
      ];
      for (const compression of [false, "gzip", "Zstd", "LZ4"] as const) {
        for (const [i, layout] of layouts.entries()) {
          const name = `${compression}/${i}`;
          await writeChunked(backend, name, array, { ...layout, compression });
          const stored = await openChunked(backend, name);
          assertEquals([stored.shape, stored.dtype], [[4, 6, 5], "<f8"]);
          for (const selection of SELECTIONS) {
            assertSame(
              await stored.slice(...selection),
              array.slice(...selection),
              `${name} ${JSON.stringify(selection)}`,
            );
          }
          assertSame(await stored.toArray(), array);
        }
      }
    });
  });

  Deno.test(`chunked arrays on ${store}: every kind of array comes back bit for bit`, async () => {
    await withStore(open, async ({ backend }) => {
      const fields = [{ name: "x", dtype: "<f4", offset: 0 }, {
        name: "y",
        dtype: "<i4",
        offset: 4,
      }] as const;
      const arrays: NDArray[] = [
        ramp(6, 5).transpose(),
        ramp(6, 6).slice([null, null, -2], [1, 5, 2]),
        ndarray(new Float64Array([7]), []),
        ramp(0),
        ramp(3, 0, 2),
        ndarray(new Uint8Array([0, 1, 1]), [3], { dtype: "|b1" }),
        ndarray(new BigInt64Array([-5n, 2n ** 62n]), [2], { dtype: "<M8[ns]" }),
        ndarray(new Uint8Array([0x3f, 0xf0, 0, 0, 0, 0, 0, 0]), [1], { dtype: ">f8" }),
        ndarray(new Uint32Array([97, 0x1f366, 98, 0]), [2], { dtype: "<U2" }),
        ndarray(Float32Array.of(1, 2, 3, 4), [2], { dtype: "<c8" }),
        ndarray(new Uint8Array(24).map((_, i) => i), [3], { dtype: "|V8", fields }),
      ];
      for (const array of arrays) {
        for (const options of [{}, { axis: null }, { chunks: 2 }, { chunks: 1, compression: false }]) {
          await writeChunked(backend, "any/array", array, options);
          const stored = await openChunked(backend, "any/array");
          const back = await stored.toArray();
          assertSame(back, array, `${array.dtype} ${JSON.stringify(options)}`);
          assertEquals(back.fields, array.fields);
          assertEquals(stored.fields, array.fields);
        }
      }
    });
  });

  Deno.test(`chunked arrays on ${store}: a folder as Python writes it, with the user's metadata on metadata.json`, async () => {
    await withStore(open, async ({ backend }) => {
      const result = await writeChunked(backend, "//t1/", ramp(2, 3, 4), {
        metadata: { Run: "7" },
        compression: "gzip",
      });
      assertEquals(await keysOf(backend), ["t1/metadata.json", "t1/pt0000"]);
      assertEquals(
        await textOf(backend, "t1/metadata.json"),
        '{"shape": [2, 3, 4], "dtype": "<f8", "dask": [[[0, 0, 0], "t1/pt0000"]], "chunk_sizes": [[2, 3, 4]], "chunks": [[2], [3], [4]]}',
      );
      assertEquals([result.key, result.chunks, result.metadata.run], [
        "t1/metadata.json",
        [[2], [3], [4]],
        "7",
      ]);
      assertEquals((await backend.head("t1/metadata.json"))?.metadata.run, "7");
      const part = await backend.head("t1/pt0000");
      assertEquals([part?.metadata.run, part?.metadata.shape, part?.metadata.compression], [
        undefined,
        "2,3,4",
        "gzip",
      ]);
      const metadata = await backend.head("t1/metadata.json");
      assertEquals(result.size, (part?.size ?? 0) + (metadata?.size ?? 0));
      assertEquals(result.etag, metadata?.etag);
      assertSame(await readRaw(backend, "t1/pt0000"), ramp(2, 3, 4));
    });
  });

  Deno.test(`chunked arrays on ${store}: slabs, cut anywhere, make the same parts as the array in memory`, async () => {
    await withStore(open, async ({ backend }) => {
      const array = ramp(3, 50);
      const slabs = async function* (lengths: number[]) {
        let start = 0;
        for (const length of lengths) {
          yield await Promise.resolve(array.slice(null, [start, start += length]));
        }
      };
      const options = { chunks: [null, 7], compression: false } as const;
      await writeChunked(backend, "whole", array, options);
      await writeChunked(
        backend,
        "slabs",
        { shape: [3, 50], dtype: "<f8", slabs: slabs([1, 20, 0, 3, 26]) },
        options,
      );
      for (const key of await keysOf(backend, "whole/pt")) {
        assertSame(await readRaw(backend, key.replace("whole", "slabs")), await readRaw(backend, key));
      }
      assertEquals((await keysOf(backend, "slabs/")).length, 9);
      assertSame(await (await openChunked(backend, "slabs")).toArray(), array);
      // Along another axis than the one that is cut.
      const rows = [0, 1, 2].map((i) => array.slice([i, i + 1]));
      await writeChunked(backend, "rows", { shape: [3, 50], dtype: "<f8", slabs: rows, axis: 0 }, options);
      assertSame(await (await openChunked(backend, "rows")).toArray(), array);
      // One slab is the whole of an array without axes, however that is cut.
      for (const axis of [-1, null]) {
        await writeChunked(backend, "0-d", { shape: [], dtype: "float64" as "<f8", slabs: [7] }, { axis });
        assertEquals((await (await openChunked(backend, "0-d")).toArray()).toNested(), 7);
      }
    });
  });

  Deno.test(`chunked arrays on ${store}: replacing one leaves no old part, and who has the old one open gets no mixture`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeChunked(backend, "a", ramp(10), { chunks: 1, compression: false });
      await backend.put("a/pt-notes", new Uint8Array(1));
      const old = await openChunked(backend, "a");
      assertEquals((await old.slice(3)).get(), 3);
      for (const count of [3, 12, 12, 2]) {
        const array = ndarray(new Float64Array(count).fill(count), [count]);
        await writeChunked(backend, "a", array, { chunks: 1, compression: false });
        assertSame(await (await openChunked(backend, "a")).toArray(), array);
        assertEquals((await keysOf(backend, "a/")).length, count + 2);
        // Whether the part's number has been used again or not.
        const error = await assertRejects(() => old.slice(3));
        assert(error instanceof NotFoundError || error instanceof IntegrityError, `${error}`);
        assert(/open (it|the array) again/i.test(error.message), error.message);
      }
      assert((await keysOf(backend, "a/")).includes("a/pt-notes"), "what is no part stays");
    });
  });

  Deno.test(`chunked arrays on ${store}: overwrite: false keeps what is there`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeChunked(backend, "a", ramp(4), { overwrite: false });
      await assertRejects(
        () => writeChunked(backend, "a", ramp(5), { overwrite: false }),
        AlreadyExistsError,
        "a/metadata.json",
      );
      await assertRejects(
        () => writeChunked(backend, "b/", [[1], [2]], { chunks: [1], overwrite: false }),
        InvalidArgumentError,
      );
      assertSame(await (await openChunked(backend, "a")).toArray(), ramp(4));
      assertEquals(await keysOf(backend), ["a/metadata.json", "a/pt0000"]);
    });
  });

  Deno.test(`chunked arrays on ${store}: what Python wrote, with its empty part, also after the folder was moved or copied`, async () => {
    await withStore(open, async ({ backend }) => {
      const put = (key: string, array: NDArray, shape = array.shape) =>
        backend.put(key, array.toBytes(), { metadata: rawOf([...shape]) });
      const json = new TextEncoder().encode(written);
      await backend.put("t1/metadata.json", json);
      await put("t1/pt0000", ramp(2, 3, 4));
      await put("t1/pt0001", ramp(2, 3, 0));
      assertSame(await (await openChunked(backend, "t1")).toArray(), ramp(2, 3, 4));
      assertEquals((await openChunked(backend, "t1")).chunks, [[2], [3], [4, 0]]);
      // A copy has data of its own by now, and they are meant.
      const other = ndarray(new Float64Array(24).fill(5), [2, 3, 4]);
      await backend.put("deep/copy/metadata.json", json);
      await put("deep/copy/pt0000", other);
      assertSame(await (await openChunked(backend, "deep/copy")).toArray(), other);
      // Only the metadata were copied: the parts are where they were.
      await backend.put("lone/metadata.json", json);
      assertSame(await (await openChunked(backend, "lone")).toArray(), ramp(2, 3, 4));
      await backend.put("t1/metadata.json", json.map((byte) => byte));
      for await (const { error } of backend.delete(["t1/pt0000"])) assertEquals(error, undefined);
      await assertRejects(
        () => openChunked(backend, "lone").then((array) => array.toArray()),
        NotFoundError,
        "lone/pt0000",
      );
      await assertRejects(
        () => openChunked(backend, "t1").then((array) => array.toArray()),
        NotFoundError,
        "t1/pt0000",
      );
    });
  });

  Deno.test(`chunked arrays on ${store}: parts that are not what the metadata say are refused by name`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeChunked(backend, "a", ramp(4), { chunks: 2, compression: false });
      const generation = (await backend.head("a/pt0001"))?.metadata["cc-generation"] ?? "";
      const cases: [NDArray, Record<string, string>, string][] = [
        [ramp(3), {}, "shape [3]"],
        [ndarray(new Float32Array(2)), {}, "<f4"],
        [ramp(2), { "cc-generation": "another" }, "another upload"],
        [ramp(2), { shape: "two" }, "shape"],
        [ramp(1), { shape: "2", "cc-generation": generation }, "truncated"],
      ];
      for (const [array, more, message] of cases) {
        await backend.put("a/pt0001", array.toBytes(), {
          metadata: {
            dtype: array.dtype,
            shape: array.shape.join(),
            compression: "False",
            order: "C",
            ...more,
          },
        });
        const stored = await openChunked(backend, "a");
        assertSame(await stored.slice([0, 2]), ramp(2), "the other part is as it was");
        for (const read of [() => stored.toArray(), () => stored.slice(3)]) {
          const error = await assertRejects(read, IntegrityError, message);
          assertEquals(error.key, "a/pt0001");
          assert(error.message.includes("a/pt0001"), error.message);
        }
      }
    });
  });
});

Deno.test("uploadDaskArray and downloadDaskArray work below a prefix, with names that are absolute in the bucket", async () => {
  const backend = new MemoryBackend();
  const cci = new DefaultInterface(backend, { prefix: "lab/sub01", compression: "Zstd" });
  const { key } = await cci.uploadDaskArray("run1", ramp(3, 4), { chunks: [null, 2] });
  assertEquals(key, "lab/sub01/run1/metadata.json");
  assert((await textOf(backend, key)).includes('"lab/sub01/run1/pt0001"'));
  assertEquals((await backend.head("lab/sub01/run1/pt0000"))?.metadata.compression, "Zstd");
  const run = await cci.downloadDaskArray("run1");
  assertSame(await run.slice(1, [null, null, -1]), ramp(3, 4).slice(1, [null, null, -1]));
  // Another root: Python, say, whose bucket begins at the lab's folder.
  const moved = new DefaultInterface(backend);
  assertSame(await (await moved.downloadDaskArray("/lab/sub01//run1/")).toArray(), ramp(3, 4));
});

Deno.test("by default each part is compressed as its own sample suggests", async () => {
  const backend = new MemoryBackend();
  const mixed = new Uint8Array(400_000);
  crypto.getRandomValues(mixed.subarray(0, 60_000));
  crypto.getRandomValues(mixed.subarray(60_000, 120_000));
  crypto.getRandomValues(mixed.subarray(120_000, 180_000));
  crypto.getRandomValues(mixed.subarray(180_000, 200_000));
  await writeChunked(backend, "a", mixed, { chunks: 200_000 });
  const compression = async (key: string) => (await backend.head(key))?.metadata.compression;
  assertEquals([await compression("a/pt0000"), await compression("a/pt0001")], ["False", "gzip"]);
  assertEquals((await backend.head("a/metadata.json"))?.metadata["cc-parts"], undefined);
  assertSame(
    await (await openChunked(backend, "a")).slice([150_000, 250_000]),
    ndarray(mixed.slice(150_000, 250_000)),
  );
  await writeChunked(backend, "b", mixed.slice(0, 200_000), { chunks: 100_000 });
  assertEquals((await backend.head("b/metadata.json"))?.metadata["cc-parts"], "raw");
});

Deno.test("what can't be an array is refused before anything is asked of the store", async () => {
  let requests = 0;
  const counted = delegate(new MemoryBackend(), {
    put: () => Promise.reject(new Error("no put is expected")),
    open: () => (requests++, Promise.reject(new Error("no open is expected"))),
  });
  const cases: [Parameters<typeof writeChunked>[2], ChunkedWriteOptions, string][] = [
    [[[1, 2], [3]], {}, "regular"],
    [ramp(4), { axis: 1 }, "axis 1"],
    [ramp(4), { buffersize: 1 }, "buffersize"],
    [ramp(4), { buffersize: 10 * MiB, chunks: 2 }, "either"],
    [ramp(4), { chunks: [2, 2] }, "each of the 1 axes"],
    [ramp(4), { metadata: { dtype: "x" } }, "reserved"],
    [ramp(4), { metadata: { "CC-parts": "x" } }, "reserved"],
    [{ shape: [4], dtype: "<f8", slabs: 7 as unknown as [] }, {}, "slabs"],
    [{ shape: [4], dtype: "<f9" as "<f8", slabs: [] }, {}, "dtype"],
    [{ shape: [4], dtype: "<f8", slabs: [], axis: 1 }, {}, "axis 1"],
    [{ shape: [-4], dtype: "<f8", slabs: [] }, {}, "shape"],
    [{ shape: undefined as unknown as [], dtype: "<f8", slabs: [] }, {}, "shape"],
    [ramp(4), { inFlight: -1 }, "budget"],
  ];
  for (const [source, options, message] of cases) {
    const error = await assertRejects(
      () => writeChunked(counted, "a", source, options),
      InvalidArgumentError,
      message,
    );
    assertEquals(requests, 0, error.message);
  }
  await assertRejects(() => writeChunked(counted, "/", ramp(4)), InvalidArgumentError, "name");
  await assertRejects(
    () =>
      writeChunked(
        delegate(counted, { capabilities: { ...counted.capabilities, metadataLimit: 59 } }),
        "a",
        ramp(4),
      ),
    InvalidArgumentError,
    "metadata",
  );
});

Deno.test("folders that hold no chunked array are typed errors that name the object", async () => {
  const backend = new MemoryBackend();
  const missing = await assertRejects(
    () => openChunked(backend, "no/array"),
    NotFoundError,
    'chunked array "no/array"',
  );
  assertEquals(missing.key, "no/array/metadata.json");
  const cases: [string | Uint8Array, new (message: string) => Error][] = [
    ["", IntegrityError],
    ["{", IntegrityError],
    ['{"type": "csr", "attrs": ["data", "indices", "indptr"], "shape": [2, 2]}', IntegrityError],
    [written.replace("<f8", "|O"), UnsupportedError],
    [written.replace("t1/pt0000", "../../secret"), IntegrityError],
    [new Uint8Array([0x22, 0xff, 0x22]), IntegrityError],
  ];
  for (const [body, kind] of cases) {
    await backend.put("odd/metadata.json", typeof body === "string" ? new TextEncoder().encode(body) : body);
    const error = await assertRejects(
      () => openChunked(backend, "odd").then((array) => array.toArray()),
      Error,
    );
    assertInstanceOf(error, kind, `${body} gave ${error}`);
    assert(error.message.includes("odd"), error.message);
  }
  await backend.put("odd/metadata.json", new TextEncoder().encode(written), {
    metadata: { "cc-descr": "{" },
  });
  await assertRejects(() => openChunked(backend, "odd"), IntegrityError, "cc-descr");
  // A shape that no machine holds is refused where it is asked for, and not before.
  const huge = { shape: [2 ** 45], dtype: "<f8", dask: [[[0], "x"]], chunks: [[2 ** 45]] };
  await backend.put("huge/metadata.json", new TextEncoder().encode(JSON.stringify(huge)));
  await assertRejects(() => openChunked(backend, "huge").then((array) => array.toArray()), UnsupportedError);
  await assertRejects(() => openChunked(backend, "huge").then((array) => array.slice(0)), NotFoundError);
});

Deno.test("parts in any order and codec are read, and what follows their items is dealt with as in single arrays", async () => {
  const backend = new MemoryBackend();
  const array = ramp(2, 3, 4);
  await backend.put("t1/metadata.json", new TextEncoder().encode(written));
  const fortran = array.transpose().toContiguous().toBytes();
  const zip = (codec: "gzip" | "Zstd", bytes: Uint8Array) =>
    readAll(streamOf(bytes).pipeThrough(compress(codec, { size: bytes.length })));
  const warnings: CottonCandyWarning[] = [];
  const onWarning = (warning: CottonCandyWarning) => void warnings.push(warning);
  const check = async (expected: NDArray, options = {}) => {
    const stored = await openChunked(backend, "t1", { onWarning, ...options });
    for (const cache of [0, MiB]) {
      const kept = await openChunked(backend, "t1", { onWarning, cache, ...options });
      for (const selection of SELECTIONS.filter((axes) => axes[0] !== 2 && typeof axes[1] !== "object")) {
        assertSame(await kept.slice(...selection), expected.slice(...selection));
      }
    }
    const into = new Float64Array(24);
    await stored.toArray({ into });
    assertSame(ndarray(into, [2, 3, 4]), expected);
  };
  await backend.put("t1/pt0000", fortran, { metadata: rawOf([2, 3, 4], { order: "F" }) });
  await check(array);
  assert(
    warnings.length > 0 && warnings.every(({ kind, key }) => kind === "suspect-order" && key === "t1/pt0000"),
  );
  await check(arrayFromBytes(fortran, { dtype: "<f8", shape: [2, 3, 4] }), { order: "C" });
  await backend.put("t1/pt0000", await zip("gzip", fortran), {
    metadata: { dtype: "<f8", shape: "2,3,4", gzip: "True", order: "F" },
  });
  await check(array);
  const longer = new Uint8Array(200);
  longer.set(array.toBytes());
  await backend.put("t1/pt0000", longer, { metadata: rawOf([2, 3, 4]) });
  await check(array);
  await backend.put("t1/pt0000", await zip("gzip", longer), {
    metadata: rawOf([2, 3, 4], { compression: "gzip" }),
  });
  await check(array);
  await backend.put("t1/pt0000", await zip("Zstd", longer), {
    metadata: rawOf([2, 3, 4], { compression: "Zstd" }),
  });
  await assertRejects(() => check(array), IntegrityError, "t1/pt0000");
  await backend.put("t1/pt0000", (await zip("gzip", array.toBytes())).slice(0, -9), {
    metadata: rawOf([2, 3, 4], { compression: "gzip" }),
  });
  await assertRejects(() => check(array), IntegrityError, "t1/pt0000");
  await backend.put("t1/pt0000", await zip("gzip", array.toBytes().slice(8)), {
    metadata: rawOf([2, 3, 4], { compression: "gzip" }),
  });
  await assertRejects(() => check(array), IntegrityError, "t1/pt0000");
  await backend.put("t1/pt0000", array.toBytes(), { metadata: rawOf([2, 3, 4], { compression: "snappy" }) });
  await assertRejects(() => check(array), UnsupportedError, "t1/pt0000");
});

Deno.test("large parts are decoded block by block into their place", async () => {
  const backend = new MemoryBackend();
  const array = ndarray(new Uint32Array(3_000_000).map((_, i) => Math.imul(i, 2654435761)), [300, 100, 100]);
  for (const [i, chunks] of [[300, 100, 64], [150, null, null], [null, 30, null]].entries()) {
    for (const compression of [false, "Zstd"] as const) {
      await writeChunked(backend, `${i}`, array, { chunks, compression, level: 1 });
      const stored = await openChunked(backend, `${i}`);
      assertSame(await stored.toArray(), array);
      const selection: Selection[] = [[290, 2, -3], [5, 95, 7], [60, 70]];
      assertSame(await stored.slice(...selection), array.slice(...selection));
    }
  }
});

Deno.test("toArray fills memory that is given, and refuses memory that doesn't fit", async () => {
  const backend = new MemoryBackend();
  await writeChunked(backend, "a", ramp(4, 6), { chunks: 4 });
  const stored = await openChunked(backend, "a");
  const buffer = new ArrayBuffer(8 + 4 * 6 * 8);
  const array = await stored.toArray({ into: new Float64Array(buffer, 8) });
  assertStrictEquals(array.data.buffer, buffer);
  assertSame(array, ramp(4, 6));
  const same = ndarray(new Float64Array(24), [4, 6]);
  assertStrictEquals((await stored.toArray({ into: same })).data.buffer, same.data.buffer);
  // Bytes at an odd place, where no Float64Array can be.
  const odd = new Uint8Array(new ArrayBuffer(1 + 192), 1);
  await stored.toArray({ into: odd });
  assertEquals(odd, ramp(4, 6).toBytes());
  await assertRejects(() => stored.toArray({ into: new Float64Array(23) }), InvalidArgumentError, "into");
  await assertRejects(() => stored.toArray({ into: ramp(6, 4) }), InvalidArgumentError, "into");
  await assertRejects(
    () => stored.toArray({ into: ramp(6, 4).transpose() }),
    InvalidArgumentError,
    "contiguous",
  );
  await assertRejects(() => stored.slice(4), InvalidArgumentError, "out of bounds");
  await assertRejects(() => stored.slice(0, 0, 0), InvalidArgumentError, "selections");
});

Deno.test("a part that another program wrote since draws a warning, and is read", async () => {
  const backend = new MemoryBackend();
  await writeChunked(backend, "a", ramp(4), { chunks: 2 });
  await writeRaw(backend, "a/pt0001", [8, 9]);
  const warnings: CottonCandyWarning[] = [];
  const stored = await openChunked(backend, "a", { onWarning: (warning) => void warnings.push(warning) });
  assertEquals((await stored.toArray()).toNested(), [0, 1, 8, 9]);
  assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["metadata", "a/pt0001"]]);
});

Deno.test("blocks give every chunk that has items, in C order, each with its place", async () => {
  const backend = new MemoryBackend();
  const array = ramp(5, 7);
  await writeChunked(backend, "a", array, { chunks: [2, 3] });
  const seen: [readonly number[], readonly number[]][] = [];
  for await (const { index, origin, array: block } of (await openChunked(backend, "a")).blocks()) {
    seen.push([index, origin]);
    const [i, j] = origin;
    assertSame(block, array.slice([i, i + 2], [j, j + 3]));
  }
  assertEquals(seen.map(([index]) => index.join("")), ["00", "01", "02", "10", "11", "12", "20", "21", "22"]);
  await writeChunked(backend, "0-d", 7);
  for await (const { origin, array } of (await openChunked(backend, "0-d")).blocks()) {
    assertEquals([origin, array.get()], [[], 7]);
  }
  await writeChunked(backend, "empty", ramp(0, 3));
  for await (const _ of (await openChunked(backend, "empty")).blocks()) throw new Error("there is no block");
});

Deno.test("blocks are fetched ahead within bounds, and no more once nobody wants them", async () => {
  const memory = new MemoryBackend();
  await writeChunked(memory, "a", ramp(100), { chunks: 10, compression: false });
  let opened = 0;
  const backend = delegate(memory, { open: (key, options) => (opened++, memory.open(key, options)) });
  for (
    const [options, most] of [[{ concurrency: 3 }, 4], [{ inFlight: 160 }, 3], [{ inFlight: 1 }, 2]] as const
  ) {
    const stored = await openChunked(backend, "a", options);
    opened = 0;
    for await (const { array } of stored.blocks()) {
      assertEquals(array.get(0), 0);
      break;
    }
    assert(opened >= 1 && opened <= most, `${opened} parts were opened with ${JSON.stringify(options)}`);
    const before = opened;
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals(opened, before);
  }
  // An error comes where its block would come.
  for await (const { error } of memory.delete(["a/pt0004"])) assertEquals(error, undefined);
  const seen: number[] = [];
  await assertRejects(
    async () => {
      for await (const { index } of (await openChunked(backend, "a")).blocks()) seen.push(index[0]);
    },
    NotFoundError,
    "a/pt0004",
  );
  assertEquals(seen, [0, 1, 2, 3]);
});

Deno.test("a cache keeps what was used last, in bytes", async () => {
  const memory = new MemoryBackend();
  await writeChunked(memory, "a", ramp(100), { chunks: 10, compression: false });
  const opened: string[] = [];
  const backend = delegate(memory, { open: (key, options) => (opened.push(key), memory.open(key, options)) });
  const stored = await openChunked(backend, "a", { cache: 160, concurrency: 1 });
  opened.length = 0;
  const read = async (...selection: Selection[]) => {
    const { length } = opened;
    const array = await stored.slice(...selection);
    assertSame(array, ramp(100).slice(...selection));
    return opened.slice(length).map((key) => key.slice(-1)).join("");
  };
  assertEquals(await read(5), "0");
  assertEquals(await read([0, 20, 3]), "1");
  assertEquals(await read([null, 20]), "", "two parts are kept");
  assertEquals(await read(3), "");
  assertEquals(await read(25), "2", "which drops the part that was not used for longest");
  assertEquals(await read([0, 10]), "");
  assertEquals(await read(11), "1");
  assertEquals(await read(21), "2");
  const array = await stored.slice([10, 20]);
  array.set(-1, 0);
  assertEquals((await stored.slice(10)).get(), 10, "what was given is a copy");
  assertEquals(
    await (await openChunked(backend, "a", { cache: 79 })).toArray().then(() => opened.splice(0).length > 10),
    true,
  );
});

Deno.test("progress adds up over the parts", async () => {
  const backend = new MemoryBackend();
  const seen: [string, number, boolean][] = [];
  const onProgress = ({ key, loaded, done }: { key: string; loaded: number; done: boolean }) =>
    void seen.push([key, loaded, done]);
  const { size } = await writeChunked(backend, "a", ramp(100), {
    chunks: 30,
    compression: false,
    onProgress,
  });
  const check = (total: number) => {
    assert(seen.every(([key, loaded], i) => key === "a" && (i === 0 || loaded >= seen[i - 1][1])));
    assertEquals(seen.filter(([, , done]) => done), [["a", total, true]]);
    assertEquals(seen.at(-1), ["a", total, true]);
    seen.length = 0;
  };
  check(size);
  const stored = await openChunked(backend, "a", { onProgress });
  assertEquals(seen, []);
  await stored.toArray();
  check(800);
});
