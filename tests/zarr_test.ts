import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import * as zarr from "zarrita";
import { MemoryBackend } from "../backends/memory/mod.ts";
import { asNDArray, type NDArray, ndarray, type TypedArray } from "../lib/array/mod.ts";
import { crc32c } from "../lib/checksums.ts";
import { AccessDeniedError, IntegrityError, InvalidArgumentError, NotFoundError } from "../lib/errors.ts";
import { type ZarrStore, zarrStore } from "../lib/stored_arrays/zarr/mod.ts";
import { forEachStore, type OpenStore, withStore } from "./interfaces/stores.ts";

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
const little = { name: "bytes", configuration: { endian: "little" } };
const zstd = { name: "zstd", configuration: { level: 3, checksum: false } };
const crc = { name: "crc32c", configuration: {} };

function ramp(...shape: number[]): NDArray<"<f8"> {
  const count = shape.reduce((a, b) => a * b, 1);
  return ndarray(Float64Array.from({ length: count }, (_, i) => i), shape);
}

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

function arrayOf({ data, shape, stride }: { data: TypedArray; shape: number[]; stride: number[] }): NDArray {
  return ndarray(data, shape, { stride });
}

function assertSame(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape, actual.toBytes()], [
    expected.dtype,
    expected.shape,
    expected.toBytes(),
  ]);
}

async function keysOf({ backend }: OpenStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list()) if ("key" in entry) keys.push(entry.key);
  return keys;
}

/** A shard of doubles whose inner chunks are stored as they are; `undefined` for one that is all fill values. Its index is at its end. */
function shardOf(chunks: readonly (Float64Array<ArrayBuffer> | undefined)[]): Uint8Array<ArrayBuffer> {
  const index = new DataView(new ArrayBuffer(16 * chunks.length + 4));
  const body: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const [i, chunk] of chunks.entries()) {
    index.setBigUint64(16 * i, chunk ? BigInt(offset) : 2n ** 64n - 1n, true);
    index.setBigUint64(16 * i + 8, chunk ? BigInt(chunk.byteLength) : 2n ** 64n - 1n, true);
    if (!chunk) continue;
    body.push(new Uint8Array(chunk.buffer));
    offset += chunk.byteLength;
  }
  const sum = crc32c(new Uint8Array(index.buffer, 0, 16 * chunks.length), 0);
  index.setUint32(16 * chunks.length, sum, true);
  const shard = new Uint8Array(offset + index.byteLength);
  let at = 0;
  for (const piece of [...body, new Uint8Array(index.buffer)]) {
    shard.set(piece, at);
    at += piece.length;
  }
  return shard;
}

/** `[8]` doubles in shards of 4, chunks of 2: the second chunk of the first shard is missing, and so is the second shard. */
async function storeShards(store: ZarrStore): Promise<void> {
  await store.set(
    "/zarr.json",
    json({
      zarr_format: 3,
      node_type: "array",
      shape: [8],
      data_type: "float64",
      chunk_grid: { name: "regular", configuration: { chunk_shape: [4] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: -1,
      codecs: [{
        name: "sharding_indexed",
        configuration: {
          chunk_shape: [2],
          codecs: [little],
          index_codecs: [little, crc],
          index_location: "end",
        },
      }],
      attributes: {},
    }),
  );
  await store.set("/c/0", shardOf([Float64Array.of(1, 2), undefined]));
}

Deno.test("a store is what zarrita's own types call one", () => {
  const store: ZarrStore = zarrStore(new MemoryBackend());
  const mutable: zarr.AsyncMutable = store;
  const readable: Required<zarr.AsyncReadable> = store;
  assertEquals(mutable === readable, true);
});

forEachStore((name, open) => {
  Deno.test(`bytes and ranges through a Zarr store on ${name}`, () =>
    withStore(open, async ({ backend }) => {
      const store = zarrStore(backend, "/sub01//bold.zarr");
      assertEquals([store.prefix, store.backend === backend], ["sub01/bold.zarr/", true]);
      await store.set("/run1/c/0/0", bytes);
      await store.set("/run1/c/0/1", bytes.slice(0, 3));
      await store.set("/run1/c/0/1", new Uint8Array());
      assertEquals(
        await (await backend.open("sub01/bold.zarr/run1/c/0/0")).read(),
        bytes,
      );
      assertEquals(await store.get("/run1/c/0/0"), bytes);
      assertEquals(await store.get("/run1/c/0/1"), new Uint8Array());
      assertEquals(await store.get("/run1/c/0/2"), undefined);
      assertEquals(await store.get("/run1"), undefined);

      const range = (range: zarr.RangeQuery, key: `/${string}` = "/run1/c/0/0") => store.getRange(key, range);
      assertEquals(await range({ offset: 10, length: 5 }), bytes.slice(10, 15));
      assertEquals(await range({ offset: 0, length: 100 }), bytes);
      assertEquals(await range({ offset: 95, length: 5 }), bytes.slice(95));
      assertEquals(await range({ offset: 10, length: 0 }), new Uint8Array());
      assertEquals(await range({ suffixLength: 4 }), bytes.slice(96));
      assertEquals(await range({ suffixLength: 0 }), new Uint8Array());
      assertEquals(await range({ suffixLength: 1000 }), bytes);
      assertEquals(await range({ suffixLength: 4 }, "/run1/c/0/1"), new Uint8Array());
      assertEquals(await range({ offset: 1, length: 1 }, "/run1/c/9"), undefined);
      assertEquals(await range({ suffixLength: 1 }, "/run1/c/9"), undefined);

      for (
        const wrong of [{ offset: 96, length: 5 }, { offset: 100, length: 1 }, {
          offset: 2 ** 53 - 1,
          length: 9,
        }]
      ) {
        const error = await assertRejects(() => range(wrong), IntegrityError, "cut short");
        assertEquals(error.key, "sub01/bold.zarr/run1/c/0/0");
      }
      await assertRejects(() => range({ offset: 0, length: 1 }, "/run1/c/0/1"), IntegrityError);
      for (const wrong of [{ offset: -1, length: 1 }, { offset: 0.5, length: 1 }, { suffixLength: NaN }]) {
        await assertRejects(() => range(wrong), InvalidArgumentError);
      }
    }));

  Deno.test(`keys stay below the prefix on ${name}`, () =>
    withStore(open, async (opened) => {
      await opened.backend.put("secret", bytes);
      const store = zarrStore(opened.backend, "a/b");
      for (const key of ["/../../secret", "/x/../../../secret", "/", "//"] as const) {
        await assertRejects(() => store.get(key), InvalidArgumentError);
        await assertRejects(() => store.getRange(key, { offset: 0, length: 1 }), InvalidArgumentError);
        await assertRejects(() => store.set(key, bytes), InvalidArgumentError);
      }
      // @ts-expect-error -- zarrita's keys begin with a slash; JavaScript's callers may not know
      await assertRejects(() => store.get("secret"), InvalidArgumentError, 'begins with "/"');
      // zarrita itself goes no higher than the root.
      assertEquals(zarr.root(store).resolve("../../secret").path, "/secret");
      assertEquals(await keysOf(opened), ["secret"]);
      assertThrows(() => zarrStore(opened.backend, "../x"), InvalidArgumentError);
    }));

  Deno.test(`a bucket that is missing is no array of fill values on ${name}`, () =>
    withStore(open, async ({ backend }) => {
      if (!backend.withBucket) return;
      const gone = backend.withBucket(name === "local" ? `${backend.bucket}/missing` : "missing");
      const store = zarrStore(gone);
      await assertRejects(() => store.get("/zarr.json"), NotFoundError, "missing");
      await assertRejects(() => store.getRange("/c/0", { suffixLength: 4 }), NotFoundError, "missing");
      await assertRejects(() => store.getRange("/c/0", { suffixLength: 0 }), NotFoundError, "missing");
      await assertRejects(() => store.set("/zarr.json", bytes), NotFoundError, "missing");
      await assertRejects(() => zarr.open(store), NotFoundError, "missing");
    }));

  Deno.test(`zarrita writes, opens and slices version 3 on ${name}`, () =>
    withStore(open, async (opened) => {
      const store = zarrStore(opened.backend, "x.zarr");
      const root = zarr.root(store);
      await zarr.create(root, { attributes: { study: "7T" } });
      const volume = ramp(5, 7);
      for (const [i, codecs] of [[little], [little, zstd], [little, zstd, crc]].entries()) {
        const created = await zarr.create(root.resolve(`v${i}`), {
          dtype: "float64",
          shape: [5, 7],
          chunkShape: [2, 3],
          codecs: codecs.filter((codec) => codec !== crc),
          fillValue: -1,
          attributes: { i },
        });
        await zarr.set(created, null, volume.toZarrita());
        const array = await zarr.open(root.resolve(`v${i}`), { kind: "array" });
        assert(array.is("float64"));
        assertEquals([array.shape, array.chunks, array.attrs], [[5, 7], [2, 3], { i }]);
        assertSame(arrayOf(await zarr.get(array)), volume);
        const part = arrayOf(await zarr.get(array, [zarr.slice(1, 4), zarr.slice(0, 7, 2)]));
        assertSame(part, volume.slice([1, 4], [null, null, 2]));
        assertEquals(await zarr.get(array, [4, 6]), 34);
        // A part of chunks: they are read, changed and written again.
        await zarr.set(array, [zarr.slice(1, 3), 2], ndarray(Float64Array.of(-5, -6), [2]).toZarrita());
        assertSame(
          arrayOf(await zarr.get(array, [null, 2])),
          ndarray(Float64Array.of(2, -5, -6, 23, 30), [5]),
        );
      }
      const group = await zarr.open(store, { kind: "group" });
      assertEquals(group.attrs, { study: "7T" });
      const keys = await keysOf(opened);
      assert(keys.includes("x.zarr/zarr.json") && keys.includes("x.zarr/v0/c/2/2"));
      assertEquals(keys.length, 1 + 3 * (1 + 9), "nothing else is stored");

      // Of an array of which nothing is stored, all is the fill value.
      const sparse = await zarr.create(root.resolve("sparse"), {
        dtype: "int16",
        shape: [4],
        chunkShape: [2],
        codecs: [little],
        fillValue: 3,
      });
      assertEquals((await zarr.get(sparse)).data, Int16Array.of(3, 3, 3, 3));
    }));

  Deno.test(`zarrita opens, slices and writes version 2 on ${name}`, () =>
    withStore(open, async ({ backend }) => {
      const store = zarrStore(backend);
      await store.set("/.zgroup", json({ zarr_format: 2 }));
      await store.set("/a/.zattrs", json({ tr: 2 }));
      await store.set(
        "/a/.zarray",
        json({
          zarr_format: 2,
          shape: [4, 3],
          chunks: [2, 3],
          dtype: ">f4",
          compressor: { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 },
          fill_value: 0,
          order: "C",
          filters: null,
        }),
      );
      const array = await zarr.open(zarr.root(store).resolve("a"), { kind: "array" });
      assert(array.is("float32"));
      assertEquals(array.attrs, { tr: 2 });
      const volume = ndarray(Float32Array.from({ length: 12 }, (_, i) => i / 3), [4, 3]);
      await zarr.set(array, null, volume.toZarrita());
      assertSame(arrayOf(await zarr.get(array, [zarr.slice(1, 3), null])), volume.slice([1, 3]));
      assert(await backend.head("a/1.0"), "the chunks are where version 2 has them");
      await assertRejects(() => zarr.open(zarr.root(store).resolve("b")), zarr.NotFoundError);
    }));

  Deno.test(`zarrita reads sharded arrays on ${name}`, () =>
    withStore(open, async ({ backend, s3 }) => {
      const store = zarrStore(backend, "s");
      await storeShards(store);
      const array = await zarr.open(store, { kind: "array" });
      assert(array.is("float64"));
      if (s3) s3.requests.length = 0;
      assertEquals((await zarr.get(array)).data, Float64Array.of(1, 2, -1, -1, -1, -1, -1, -1));
      if (s3) {
        const requests = s3.requests.map(({ operation, key, headers, status }) =>
          [operation, key, headers.range, status].join(" ")
        ).sort();
        assertEquals(requests, [
          "GetObject s/c/0 bytes=-36 206",
          "GetObject s/c/0 bytes=0-15 206",
          "GetObject s/c/1 bytes=-36 404",
        ]);
      }

      // A shard that is cut short, and indices that say more than there is. zarrita takes an index's CRC off without a look at it.
      const whole = shardOf([Float64Array.of(1, 2), Float64Array.of(3, 4)]);
      await store.set("/c/0", whole.slice(0, -3));
      const cut = await zarr.open(store, { kind: "array" });
      await assertRejects(() => zarr.get(cut, [zarr.slice(2, 4)]), IntegrityError);
      const index = new DataView(new ArrayBuffer(36));
      for (const [offset, length] of [[800n, 16n], [16n, 800n], [2n ** 63n, 16n], [0n, 2n ** 62n]]) {
        index.setBigUint64(16, offset, true);
        index.setBigUint64(24, length, true);
        await store.set("/c/0", new Uint8Array([...whole.slice(0, 32), ...new Uint8Array(index.buffer)]));
        const lying = await zarr.open(store, { kind: "array" });
        await assertRejects(() => zarr.get(lying, [zarr.slice(2, 4)]), IntegrityError, "cut short");
      }
    }));

  Deno.test(`zarrita's consolidated metadata, cache and joined ranges work on ${name}`, () =>
    withStore(open, async ({ backend, s3 }) => {
      const store = zarrStore(backend, "c.zarr");
      const array = {
        zarr_format: 3,
        node_type: "array",
        shape: [4],
        data_type: "uint8",
        chunk_grid: { name: "regular", configuration: { chunk_shape: [2] } },
        chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
        fill_value: 0,
        codecs: [little],
        attributes: {},
      };
      const group = { zarr_format: 3, node_type: "group", attributes: {} };
      await store.set(
        "/zarr.json",
        json({
          ...group,
          consolidated_metadata: {
            kind: "inline",
            must_understand: false,
            metadata: { "g": group, "g/a": array },
          },
        }),
      );
      await store.set("/g/a/c/0", Uint8Array.of(1, 2));
      if (s3) s3.requests.length = 0;
      const consolidated = await zarr.withConsolidatedMetadata(store, { format: "v3" });
      assertEquals(consolidated.contents(), [
        { path: "/", kind: "group" },
        { path: "/g", kind: "group" },
        { path: "/g/a", kind: "array" },
      ]);
      const opened = await zarr.open.v3(zarr.root(consolidated).resolve("g/a"), { kind: "array" });
      assertEquals((await zarr.get(opened)).data, Uint8Array.of(1, 2, 0, 0));
      if (s3) {
        // One for the metadata of all, one for each chunk.
        assertEquals(s3.requests.map(({ key }) => key).sort(), [
          "c.zarr/g/a/c/0",
          "c.zarr/g/a/c/1",
          "c.zarr/zarr.json",
        ]);
      }

      await store.set("/bytes", bytes);
      const cached = zarr.withByteCaching(zarr.withRangeCoalescing(store));
      const ranges = [{ offset: 0, length: 4 }, { offset: 6, length: 4 }];
      if (s3) s3.requests.length = 0;
      const parts = () => Promise.all(ranges.map((range) => cached.getRange?.("/bytes", range)));
      assertEquals(await parts(), [bytes.slice(0, 4), bytes.slice(6, 10)]);
      assertEquals(await parts(), [bytes.slice(0, 4), bytes.slice(6, 10)]);
      if (s3) assertEquals(s3.requests.map(({ headers }) => headers.range), ["bytes=0-9"]);
    }));

  Deno.test(`an abort rejects with its reason on ${name}`, () =>
    withStore(open, async (opened) => {
      const reason = new Error("the user went elsewhere");
      const aborted = AbortSignal.abort(reason);
      const store = zarrStore(opened.backend);
      await store.set("/a", bytes);
      const stopped = zarrStore(opened.backend, "", { signal: aborted });
      for (
        const work of [
          () => store.get("/a", { signal: aborted }),
          () => store.get("/missing", { signal: aborted }),
          () => store.getRange("/a", { offset: 0, length: 1 }, { signal: aborted }),
          () => store.getRange("/a", { suffixLength: 1 }, { signal: aborted }),
          () => stopped.get("/a"),
          () => stopped.get("/a", { signal: new AbortController().signal }),
          () => stopped.getRange("/a", { offset: 0, length: 1 }),
          () => stopped.set("/b", bytes),
        ]
      ) {
        assertEquals(await assertRejects(work), reason);
      }
      assertEquals(await keysOf(opened), ["a"]);
      // The store serves on.
      assertEquals(await store.get("/a"), bytes);
    }));

  if (name !== "S3") return;

  Deno.test("a get is one request", () =>
    withStore(open, async ({ backend, s3 }) => {
      assert(s3);
      const store = zarrStore(backend);
      const large = new Uint8Array(20 * 2 ** 20);
      crypto.getRandomValues(large.subarray(0, 65536));
      await store.set("/large", large);
      await store.set("/small", bytes);
      s3.requests.length = 0;
      assertEquals(await store.get("/large") !== undefined, true);
      assertEquals((await store.get("/small"))?.length, 100);
      assertEquals((await store.getRange("/large", { offset: 3, length: 2 ** 24 }))?.length, 2 ** 24);
      assertEquals((await store.getRange("/small", { suffixLength: 3 }))?.length, 3);
      assertEquals(await store.get("/missing"), undefined);
      assertEquals(
        s3.requests.map(({ operation, headers }) => [operation, headers.range ?? ""]),
        [
          ["GetObject", ""],
          ["GetObject", ""],
          ["GetObject", `bytes=3-${2 ** 24 + 2}`],
          ["GetObject", "bytes=-3"],
          ["GetObject", ""],
        ],
      );
    }));

  Deno.test("access that is denied is an error, and no missing chunk", () =>
    withStore(open, async ({ backend, s3 }) => {
      assert(s3);
      const store = zarrStore(backend);
      await zarr.create(store, { dtype: "uint8", shape: [2], chunkShape: [1], codecs: [little] });
      const array = await zarr.open(store, { kind: "array" });
      s3.inject({
        operation: "GetObject",
        kind: "status",
        status: 403,
        code: "AccessDenied",
        times: Infinity,
      });
      await assertRejects(() => store.get("/c/0"), AccessDeniedError);
      await assertRejects(() => store.getRange("/c/0", { suffixLength: 1 }), AccessDeniedError);
      await assertRejects(() => zarr.get(array), AccessDeniedError);
      // Not as zarrita's own "not found" either.
      await assertRejects(() => zarr.open(store), AccessDeniedError);
    }));

  Deno.test("a body that is cut or changed on its way arrives whole, or is an error", () =>
    withStore(open, async ({ backend, s3 }) => {
      assert(s3);
      const store = zarrStore(backend);
      await store.set("/a", bytes);
      s3.inject({ operation: "GetObject", kind: "cutResponse", afterBytes: 40 });
      assertEquals(await store.get("/a"), bytes);
      s3.clearFaults();
      s3.inject({ operation: "GetObject", kind: "flipBit", atByte: 50, times: Infinity });
      await assertRejects(() => store.get("/a"), IntegrityError);
    }));

  Deno.test("an abort ends the requests that are underway", () =>
    withStore(open, async ({ backend, s3 }) => {
      assert(s3);
      const reason = new Error("scrolled away");
      const store = zarrStore(backend);
      const array = await zarr.create(store, {
        dtype: "uint8",
        shape: [6],
        chunkShape: [2],
        codecs: [little],
      });
      await zarr.set(array, null, ndarray(Uint8Array.of(1, 2, 3, 4, 5, 6)).toZarrita());
      const owner = new AbortController();
      const own = await zarr.open(zarrStore(backend, "", { signal: owner.signal }), { kind: "array" });
      assert(own.is("uint8"));
      s3.inject({
        operation: "GetObject",
        kind: "delay",
        ms: Infinity,
        at: "body",
        afterBytes: 1,
        times: Infinity,
      });
      s3.requests.length = 0;
      const controller = new AbortController();
      const reading = assertRejects(() => zarr.get(array, null, { signal: controller.signal }));
      while (s3.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort(reason);
      assertEquals(await reading, reason);
      await s3.idle();
      assertEquals(s3.requests.map(({ aborted }) => aborted), [true, true, true]);

      // What zarrita writes has no signal of its own: the store's ends it. A part of a chunk is read before it is written.
      s3.requests.length = 0;
      const writing = assertRejects(() => zarr.set(own, [zarr.slice(1, 6, 2)], 9));
      while (s3.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      owner.abort(reason);
      assertEquals(await writing, reason);
      await s3.idle();
      assertEquals(s3.requests.map(({ operation }) => operation), ["GetObject", "GetObject", "GetObject"]);
      s3.clearFaults();
      assertEquals((await zarr.get(array)).data, Uint8Array.of(1, 2, 3, 4, 5, 6));
    }));

  Deno.test("a canned ACL goes with every write, and only where given", () =>
    withStore(open, async ({ backend, s3 }) => {
      assert(s3);
      await zarrStore(backend, "", { acl: "public-read" }).set("/a", bytes);
      await zarrStore(backend).set("/b", bytes);
      const puts = s3.requests.filter(({ operation }) => operation === "PutObject");
      assertEquals(puts.map(({ headers }) => headers["x-amz-acl"]), ["public-read", undefined]);
    }));
});

Deno.test("a store's warnings go to its own receiver", async () => {
  const asked: unknown[] = [];
  const backend = new MemoryBackend();
  const onWarning = () => {};
  const spy = new Proxy(backend, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...parameters: unknown[]) => {
        asked.push(Reflect.get(Object(parameters.at(-1)), "onWarning"));
        return value.apply(target, parameters);
      };
    },
  });
  const store = zarrStore(spy, "", { onWarning });
  await store.set("/a", bytes);
  await store.get("/a");
  await store.getRange("/a", { suffixLength: 1 });
  assertEquals(asked, [onWarning, onWarning, onWarning]);
});

Deno.test("arrays of every layout go to zarrita and come back", async () => {
  const root = zarr.root(zarrStore(new MemoryBackend()));
  const volume = ramp(4, 5, 6);
  const layouts: Record<string, NDArray<"<f8">> = {
    contiguous: volume,
    transposed: volume.transpose(2, 0, 1),
    reversed: volume.slice([null, null, -1], null, [null, null, -2]),
    part: volume.slice([1, 3], 2),
    swapped: ndarray(Uint8Array.of(0x3f, 0xf0, 0, 0, 0, 0, 0, 0), [1], { dtype: ">f8" }).toNative(),
    single: ndarray(Float64Array.of(7), [1]),
  };
  for (const [name, array] of Object.entries(layouts)) {
    const stored = await zarr.create(root.resolve(name), {
      dtype: "float64",
      shape: [...array.shape],
      chunkShape: array.shape.map(() => 2),
      codecs: [
        { name: "transpose", configuration: { order: array.shape.map((_, i) => i).reverse() } },
        little,
      ],
    });
    await zarr.set(stored, null, array.toZarrita());
    assertSame(arrayOf(await zarr.get(stored)), array);
  }
  const times = ndarray(BigInt64Array.of(1n, -(2n ** 62n)), [2], { dtype: "<M8[ns]" });
  const stored = await zarr.create(root.resolve("times"), {
    dtype: "int64",
    shape: [2],
    chunkShape: [2],
    codecs: [little],
  });
  await zarr.set(stored, null, times.toZarrita());
  const { data } = await zarr.get(stored);
  assertInstanceOf(data, BigInt64Array);
  assertEquals(ndarray(data, [2], { dtype: "<M8[ns]" }).toBytes(), times.toBytes());
});

Deno.test("truth values and text come back from zarrita as arrays", async () => {
  const root = zarr.root(zarrStore(new MemoryBackend(), "a.zarr"));
  const mask = ndarray(Uint8Array.of(1, 0, 1, 1, 0, 0), [2, 3], { dtype: "|b1" });
  const stored = await zarr.create(root.resolve("mask"), {
    shape: [2, 3],
    chunkShape: [1, 3],
    dtype: "bool",
  });
  await zarr.set(stored, null, { ...mask.toZarrita(), data: new zarr.BoolArray(mask) });
  const bools = await zarr.get(stored);
  for (const options of [{ stride: bools.stride }, { stride: bools.stride, dtype: "|b1" as const }]) {
    const back = ndarray(bools.data, bools.shape, options);
    assertSame(back, mask);
    // A view, as of any other typed array.
    assertEquals(back.data.buffer, bools.data.buffer);
  }
  assertEquals(asNDArray(bools.data).toNested(), [true, false, true, true, false, false]);
  const turned = ndarray(bools.data, [3, 2], { stride: [1, 3] });
  assertEquals(turned.toNested(), [[true, true], [false, false], [true, false]]);

  const words = ["a", "bcd", "", "é", "x", "𝄞z"];
  const text = ndarray(words, [2, 3], { stride: [3, 1] });
  assertEquals([text.dtype, text.toNested()], ["<U3", [words.slice(0, 3), words.slice(3)]]);
  assertEquals([ndarray([], [0, 2]).dtype, asNDArray(new zarr.BoolArray(0)).dtype], ["<U1", "|b1"]);
  const unicode = ndarray(new zarr.UnicodeStringArray(3, words.slice(0, 4)), [2, 2]);
  assertEquals([unicode.dtype, unicode.toNested()], ["<U3", [["a", "bcd"], ["", "é"]]]);
  const bytes = ndarray(new zarr.ByteStringArray(2, ["ab", "c"]));
  assertEquals([bytes.dtype, bytes.toNested()], ["|S2", [Uint8Array.of(97, 98), Uint8Array.of(99)]]);
  assertThrows(() => ndarray(bools.data, [2, 2]), InvalidArgumentError, "slots");
  // @ts-expect-error -- callers without types
  const error = assertThrows(() => ndarray({ length: 1e6 }), InvalidArgumentError, "not over an object");
  // Advice must lead on: asNDArray takes no objects either.
  assertEquals(error.message.includes("asNDArray"), false);
});
