// Arrays from each format to each: bit by bit, in parts, refused where the target can't hold them.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import type { Backend } from "../../backends/backend.ts";
import {
  arrayFromBytes,
  descrOf,
  type NDArray,
  ndarray,
  parseDescr,
  parseDType,
} from "../../lib/array/mod.ts";
import { chunksFrom, Grid } from "../../lib/array/chunks/mod.ts";
import {
  AlreadyExistsError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { type ArrayFormat, convertArray } from "../../lib/stored_arrays/convert/mod.ts";
import { identify, openArray } from "../../lib/stored_arrays/identify/mod.ts";
import { writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import { planChunks } from "../../lib/stored_arrays/chunk_plan.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { ByteBudget } from "../../lib/streams/mod.ts";
import { delegate } from "../backends/delegate.ts";
import { forEachStore, withStore } from "./stores.ts";

const FORMATS: readonly ArrayFormat[] = ["raw", "npy", "chunked", "zarr"];

/** Bytes that no two items share: payloads of NaN, text that is none, what is not normalised. */
function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1103515245) + 12345 >>> 0;
    return state >>> 16;
  });
}

function arrayOf(dtype: string, shape: number[], bytes?: Uint8Array<ArrayBuffer>): NDArray {
  const parsed = parseDType(dtype);
  const count = shape.reduce((a, b) => a * b, 1);
  return arrayFromBytes(bytes ?? noise(count * itemsizeOf(dtype)), { dtype: parsed, shape });
}

function itemsizeOf(dtype: string): number {
  const [, kind, size] = /^.([a-zA-Z])(\d+)/.exec(dtype) ?? [];
  return Number(size) * (kind === "U" ? 4 : 1);
}

function assertSame(actual: NDArray, expected: NDArray, message: string): void {
  assertEquals(
    [actual.dtype, actual.shape, descrOf(actual), actual.toBytes().toHex()],
    [expected.dtype, expected.shape, descrOf(expected), expected.toBytes().toHex()],
    message,
  );
}

async function write(backend: Backend, format: ArrayFormat, array: NDArray): Promise<void> {
  const chunks = array.shape.map((length) => Math.max(1, Math.ceil(length / 2)));
  switch (format) {
    case "raw":
      return void await writeRaw(backend, "from", array, { compression: "Zstd" });
    case "npy":
      return void await writeNpy(backend, "from", array);
    case "chunked":
      return void await writeChunked(backend, "from", array, { chunks, compression: "gzip" });
    case "zarr":
      return void await writeZarr(backend, "from", array, { chunks });
  }
}

const structured = (() => {
  const { dtype, fields } = parseDescr([["x", "<f4"], ["name", "<U3"], ["n", "|i1"]]);
  return arrayFromBytes(noise(5 * 17), { dtype, fields, shape: [5] });
})();

const ARRAYS: Readonly<Record<string, NDArray>> = {
  "float32 with payloads of NaN": arrayOf("<f4", [5, 7]),
  "big-endian": arrayOf(">f8", [3, 2, 4]),
  "half precision": arrayOf("<f2", [7]),
  "complex": arrayOf("<c16", [2, 3]),
  "64-bit": arrayOf(">u8", [4]),
  "times": arrayOf("<M8[ns]", [5]),
  "differences of times": arrayOf(">m8[10us]", [2, 2]),
  "text": arrayOf("<U5", [2], new Uint8Array(noise(40).map((byte, i) => i % 4 === 0 ? byte : 0))),
  "bytes": arrayOf("|S3", [6]),
  "void": arrayOf("|V5", [3]),
  "truth values": ndarray(Uint8Array.of(0, 1, 1), [3], { dtype: "|b1" }),
  "no axes": arrayOf("<i4", []),
  "no items": arrayOf("<i4", [0, 3], new Uint8Array()),
  "in Fortran order": arrayOf("<i2", [4, 6, 3]).transpose(),
  "structured": structured,
};

// Each array leaves each format once and comes into each once; between each pair of formats go three or four.
for (const [i, from] of FORMATS.entries()) {
  Deno.test(`convert: from ${from} to each format, bit by bit`, async () => {
    for (const [j, [what, array]] of Object.entries(ARRAYS).entries()) {
      const to = FORMATS[(i + j) % FORMATS.length];
      const [source, target] = [new MemoryBackend(), new MemoryBackend()];
      await write(source, from, array);
      const message = `${what} from ${from} to ${to}`;
      const result = await convertArray(source, "from", target, "sub/to", { to });
      assertEquals(result.to, to);
      const found = await identify(target, "sub/to");
      assertEquals(found.kind, to, message);
      assertSame(await (await openArray(target, "sub/to")).toArray(), array, message);
    }
  });
}

forEachStore((store, open) => {
  Deno.test(`convert on ${store}: into another store and back`, () =>
    withStore(open, async ({ backend, other }) => {
      const array = ARRAYS["float32 with payloads of NaN"];
      await writeNpy(backend, "a.npy", array);
      await convertArray(backend, "a.npy", other, "z", {
        to: "zarr",
        chunks: [2, null],
        compression: "gzip",
        level: 9,
      });
      await convertArray(other, "z", backend, "c", {
        to: "chunked",
        chunks: [[1, 4], 3],
        compression: "Zstd",
      });
      await convertArray(backend, "c", backend, "r", {
        to: "raw",
        compression: "LZ4",
        metadata: { subject: "S01" },
      });
      await convertArray(backend, "r", other, "b.npy", { to: "npy" });
      assertSame(await (await openArray(other, "b.npy")).toArray(), array, store);
      const { metadata } = await backend.head("r") ?? {};
      assertEquals([metadata?.compression, metadata?.subject], ["LZ4", "S01"]);
      const chunked = await identify(backend, "c");
      assert(chunked.kind === "chunked");
      assertEquals([chunked.codec, chunked.chunks], ["Zstd", [[1, 4], [3, 3, 1]]]);
    }));
});

Deno.test("convert: a .npy file keeps Fortran order, read in one pass", async () => {
  const backend = new MemoryBackend();
  const array = ARRAYS["in Fortran order"];
  await writeNpy(backend, "f.npy", array);
  await convertArray(backend, "f.npy", backend, "g.npy", { to: "npy" });
  const [a, b] = await Promise.all(
    ["f.npy", "g.npy"].map(async (key) => await (await backend.open(key)).read()),
  );
  assertEquals(a, b);
});

Deno.test("convert: what the target can't hold, or makes no sense, is refused before anything is written", async () => {
  const memory = new MemoryBackend();
  const written: string[] = [];
  const backend = delegate(memory, {
    put(key, body, options) {
      written.push(key);
      return memory.put(key, body, options);
    },
  });
  const { dtype, fields } = parseDescr([["x", "<f4"], ["y", ">f8", [2]]]);
  await writeNpy(memory, "nested.npy", arrayFromBytes(noise(40), { dtype, fields, shape: [2] }));
  const many = parseDescr(Array.from({ length: 400 }, (_, i) => [`field${i}`, "<f4"]));
  await writeNpy(memory, "many.npy", arrayFromBytes(noise(1600), { ...many, shape: [1] }));
  await writeNpy(memory, "a.npy", [1, 2]);
  await memory.put("notes", new TextEncoder().encode("text"));
  const whole = await (await memory.open("a.npy")).read();
  await memory.put("cut.npy", whole.subarray(0, -3));
  const header = new TextEncoder().encode("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n");
  await memory.put(
    "objects.npy",
    Uint8Array.of(0x93, 78, 85, 77, 80, 89, 1, 0, header.length, 0, ...header, 0),
  );
  const refuse = async (
    name: string,
    options: Parameters<typeof convertArray>[4],
    error: new (message: string) => Error,
    words: string,
    to = "to",
  ) => {
    await assertRejects(() => convertArray(backend, name, backend, to, options), error, words);
  };
  await refuse("nested.npy", { to: "zarr" }, UnsupportedError, "Zarr 3 can't hold");
  await refuse("a.npy", { to: "zarr", compression: "LZ4" }, UnsupportedError, "Zstd or gzip");
  await refuse("a.npy", { to: "zarr", chunks: [[1, 1]] }, InvalidArgumentError, "one length");
  await refuse("a.npy", { to: "raw", compression: "Zstd", level: 99 }, InvalidArgumentError, "level");
  await refuse("a.npy", { to: "npy", compression: "Zstd" }, InvalidArgumentError, "isn't compressed");
  await refuse("a.npy", { to: "raw", chunks: 2 }, InvalidArgumentError, "one piece");
  await refuse("a.npy", { to: "chunked", chunks: [1, 2] }, InvalidArgumentError, "axes");
  await refuse("a.npy", { to: "npy" }, InvalidArgumentError, "another name", "a.npy");
  await refuse("notes", { to: "npy" }, InvalidArgumentError, "is no array but text");
  await refuse("cut.npy", { to: "raw" }, IntegrityError, "cut off");
  await refuse("objects.npy", { to: "raw" }, UnsupportedError, "object");
  await refuse("none", { to: "npy" }, NotFoundError, "none");
  // @ts-expect-error: no such format
  await refuse("a.npy", { to: "hdf5" }, InvalidArgumentError, "raw, npy, chunked, zarr");
  assertEquals(written, []);
  const narrow: Backend = delegate(memory, {});
  Object.defineProperty(narrow, "capabilities", { value: { ...memory.capabilities, metadataLimit: 2048 } });
  await assertRejects(
    () => convertArray(memory, "many.npy", narrow, "to", { to: "raw" }),
    UnsupportedError,
    "npy",
  );
  await convertArray(memory, "a.npy", memory, "z", { to: "zarr" });
  await assertRejects(
    () => convertArray(memory, "a.npy", memory, "z", { to: "zarr", overwrite: false }),
    AlreadyExistsError,
  );
  await assertRejects(
    () => convertArray(memory, "a.npy", memory, "notes", { to: "raw", overwrite: false }),
    AlreadyExistsError,
  );
});

Deno.test("convert: a damaged source leaves nothing behind", async () => {
  for (const to of FORMATS) {
    const backend = new MemoryBackend();
    const array = arrayOf("<f4", [300, 1000]);
    await writeRaw(backend, "a", array, { compression: "gzip" });
    const stored = await (await backend.open("a")).read();
    const { metadata } = await backend.head("a") ?? {};
    await backend.put("a", stored.subarray(0, stored.length - 100), { metadata });
    await assertRejects(() => convertArray(backend, "a", backend, "to", { to }), IntegrityError);
    const keys: string[] = [];
    for await (const entry of backend.list()) if ("key" in entry) keys.push(entry.key);
    assertEquals(keys, ["a"], to);
  }
});

Deno.test("convert: Zarr that is replaced is replaced whole; other objects of its folder stay", async () => {
  const backend = new MemoryBackend();
  await writeZarr(backend, "z", arrayOf("<f4", [9, 9]), { chunks: 1 });
  await backend.put("z/notes", Uint8Array.of(1));
  const small = arrayOf("<f4", [2, 2]);
  await writeZarr(backend, "z", small, { chunks: 2 });
  const keys: string[] = [];
  for await (const entry of backend.list()) if ("key" in entry) keys.push(entry.key);
  assertEquals(keys, ["z/c/0/0", "z/notes", "z/zarr.json"]);
  assertSame(await (await openArray(backend, "z")).toArray(), small, "replaced");
});

Deno.test("convert: chunks whose band is too much for memory are read one by one, each byte once", async () => {
  const backend = new MemoryBackend();
  const wide = arrayOf("<u2", [8, 1 << 12]);
  await writeRaw(backend, "wide", wide, { sliceable: true });
  await writeRaw(backend, "packed", wide, { compression: "gzip" });
  const grid = (shape: readonly number[]) => new Grid(chunksFrom(shape, [4, 1 << 10]));
  const [chunkBytes, band] = [4 * 1024 * 2, 4 * 4096 * 2];
  const read = async (name: string, maxBand: number) => {
    const source = await openArray(backend, name, { onWarning: () => {} });
    const budget = new ByteBudget(2 * band);
    const boxes: string[] = [];
    const held: number[] = [];
    const whole = source.read.bind(source);
    source.read = (box, options) => {
      boxes.push(JSON.stringify(box));
      return whole(box, options);
    };
    for await (const { cell, array, release } of planChunks(source, grid, 0, maxBand).chunks(budget)) {
      const box = cell.origin.map((at, axis): [number, number] => [at, at + cell.shape[axis]]);
      assertSame(array, wide.slice(...box), `${name} ${box}`);
      held.push(budget.used);
      release();
    }
    assertEquals([held.length, budget.used], [8, 0]);
    return { boxes, most: Math.max(...held) };
  };
  assert((await read("wide", band)).most > chunkBytes);
  const { boxes, most } = await read("wide", band - 1);
  assertEquals([new Set(boxes).size, boxes.length, most], [8, 8, chunkBytes]);
  assertEquals(boxes[5], "[[4,8],[1024,2048]]");
  await read("packed", band);
  await assertRejects(() => read("packed", band - 1), UnsupportedError, `have ${band} bytes`);
});
