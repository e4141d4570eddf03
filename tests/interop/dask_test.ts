// Chunked arrays between Python's cottoncandy and here: every dtype, axis and grid, bit for bit, both ways.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { memoryResumeStore } from "../../lib/objects/resuming/mod.ts";
import type { ChunkSpec, NDArray, Selection } from "../../mod.ts";
import { type ArrayCase, everyDtype, everyEmpty, everyShape, fieldsOf, ours } from "./arrays.ts";
import { each } from "./each.ts";
import { environments, type ReadByPython, Reference } from "./reference.ts";
import { storesFor } from "./stores.ts";

const AXES = [0, 1, -1, null] as const;

/** Selections of three axes, as numpy and as we spell them. */
const SLICES: readonly (readonly Selection[])[] = [
  [1],
  [-1, -1, -1],
  [[null, null, -1], [1, null, 2], [4, 0, -3]],
  [[0, 2], 3],
  [[2, 2]],
];

/** For dask: it takes no `null`, and at most as many axes as there are. */
function forDask(selection: readonly Selection[]): (number | (number | null)[])[] {
  return selection.map((part) =>
    typeof part === "number" ? part : Array.isArray(part) ? part.map((value) => value ?? null) : [null]
  );
}

interface Case {
  readonly array: ArrayCase;
  readonly axis: number | null;
  /** About how many chunks along the axis. */
  readonly pieces: number;
}

const nameOf = ({ array, axis, pieces }: Case) => `${array.name} axis ${axis} in ${pieces}`;

/** What the reference can cut and store: no times (by gzip), and `axis` the last of arrays without axes or items. */
function* cases(store: string): Generator<Case> {
  for (const [i, array] of everyDtype.entries()) {
    // On S3, which is slower, not every dtype along every axis.
    const all = store === "local" || ["f4", "be-i2", "nested"].includes(array.name);
    for (const axis of all ? AXES : [-1]) yield { array, axis, pieces: axis === null || i % 2 === 0 ? 2 : 3 };
  }
  for (const array of everyShape) yield { array, axis: -1, pieces: 2 };
  for (const array of everyEmpty) if (array.shape.at(-1) === 0) yield { array, axis: -1, pieces: 1 };
}

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());

  for (
    const { name: store, python: theirs, cci } of await storesFor(environment, "dask", {
      onWarning: unexpected,
    })
  ) {
    const title = `on ${store}, Python ${environment}`;

    Deno.test(`dask arrays ${title}: Python writes, we read`, async () => {
      const writable = [...cases(store)].filter(({ array }) => !/^[<>][Mm]8/.test(array.dtype));
      await each(writable, nameOf, async ({ array, axis, pieces }) => {
        const name = `python/${array.name}/${axis}`;
        const buffersize = Math.max(
          1,
          Math.ceil(array.bytes.length / pieces ** (axis === null ? array.shape.length : 1)),
        );
        const layout = array.shape.length > 1 ? "F" : "C";
        await python.uploadDask(theirs, name, { ...array, dtype: array.descr, layout }, { axis, buffersize });
        const stored = await cci.downloadDaskArray(name);
        const cut = stored.chunks.map((lengths) => lengths.filter((length) => length > 0).length);
        if (array.bytes.length > 0 && pieces > 1 && array.shape.length === 3) {
          assert(
            cut.some((count) => count > 1),
            `there is more than one chunk: ${JSON.stringify(stored.chunks)}`,
          );
        }
        // Python knows no fields; what it reads itself is the measure.
        const expected = await python.downloadDask(theirs, name);
        assertEquals(stored.chunks, expected.chunks);
        const all = await stored.toArray();
        assertSame(all, array);
        assertSame(all, expected);
        if (array.shape.length !== 3) return;
        for (const selection of SLICES) {
          assertSame(await stored.slice(...selection), asItems(ours(array, "C").slice(...selection)));
        }
        for await (const { array: block, origin } of stored.blocks()) {
          const box = origin.map((start, i): Selection => [start, start + block.shape[i]]);
          assertSame(block, asItems(ours(array, "C").slice(...box)));
        }
      });
    });

    Deno.test(`dask arrays ${title}: we write, Python reads and slices`, async () => {
      await each(cases(store), nameOf, async ({ array, axis, pieces }) => {
        const name = `ours/${array.name}/${axis}`;
        const source = ours(array, axis === 0 ? "F" : axis === 1 ? "strided" : "C");
        await cci.uploadDaskArray(name, source, {
          chunks: chunksOf(array.shape, axis, pieces),
          compression: axis === 0 ? false : axis === 1 && array.bytes.length > 0 ? "Zstd" : "gzip",
          metadata: { subject: "sub01" },
        });
        const slices = array.shape.length === 3 && array.bytes.length > 0 ? SLICES : [];
        const read = await python.downloadDask(theirs, name, slices.map(forDask));
        assertSame(source, read);
        const stored = await cci.downloadDaskArray(name);
        assertEquals(stored.chunks, read.chunks);
        for (const [i, selection] of slices.entries()) {
          assertSame(await stored.slice(...selection), read.slices[i]);
        }
        // Python knows no fields; here they come back.
        assertEquals(stored.fields, fieldsOf(array.descr));
        assertEquals((await cci.getObject(`${name}/metadata.json`)).metadata["subject"], "sub01");
      });
    });

    Deno.test(`dask arrays ${title}: grids with chunks of any lengths, and slabs`, async () => {
      const [array] = everyShape.filter(({ name }) => name === "5-d");
      await cci.uploadDaskArray("grid", ours(array, "C"), { chunks: [1, [2, 1], null, [1, 2, 1], 2] });
      assertSame(ours(array, "C"), await python.downloadDask(theirs, "grid"));
      const whole = ours(array, "C");
      const slabs = [[0, 1], [1, 3], [3, 4]].map(([a, b]) => whole.slice(null, null, null, [a, b]));
      const source = { shape: array.shape, dtype: array.dtype, slabs, axis: 3 };
      await cci.uploadDaskArray("slabs", source, { chunks: [null, 2, null, 3, null] });
      assertSame(whole, await python.downloadDask(theirs, "slabs"));
    });

    Deno.test(`dask arrays ${title}: Python reads what a second call has finished`, async () => {
      const [array] = everyShape.filter(({ name }) => name === "5-d");
      const whole = ours(array, "C");
      const resume = memoryResumeStore();
      const upload = (slabs: () => Generator<NDArray>) =>
        cci.uploadDaskArray("resumed", { shape: array.shape, dtype: array.dtype, slabs: slabs(), axis: 3 }, {
          chunks: [null, null, null, 1, null],
          concurrency: 1,
          resume,
        });
      const slab = (row: number) => whole.slice(null, null, null, [row, row + 1]);
      await assertRejects(
        () =>
          upload(function* () {
            yield slab(0);
            yield slab(1);
            throw new RangeError("the source broke off");
          }),
        Error,
        "broke off",
      );
      await upload(function* () {
        for (let row = 0; row < array.shape[3]; row++) yield slab(row);
      });
      assertSame(whole, await python.downloadDask(theirs, "resumed"));
    });

    Deno.test(`dask arrays ${title}: Python's metadata, and arrays that replace each other's`, async () => {
      const [array] = everyShape.filter(({ name }) => name === "vector");
      const other = { ...array, bytes: array.bytes.toReversed(), shape: [10, 100] };
      const read = async () => {
        const stored = await cci.downloadDaskArray("turns");
        const expected = await python.downloadDask(theirs, "turns");
        assertEquals(stored.chunks, expected.chunks);
        assertSame(await stored.toArray(), expected);
        return expected;
      };
      await python.uploadDask(theirs, "turns", { ...array, dtype: array.descr }, {
        axis: 0,
        buffersize: 1000,
        metadata: { subject: "sub01" },
      });
      assertEquals((await cci.getObject("turns/metadata.json")).metadata["subject"], "sub01");
      assertEquals((await read()).bytes, array.bytes);
      await cci.uploadDaskArray("turns", ours(other, "C"), { chunks: [3, 40] });
      assertEquals((await read()).bytes, other.bytes);
      await python.uploadDask(theirs, "turns", { ...array, dtype: array.descr }, {
        axis: 0,
        buffersize: 3000,
      });
      assertEquals((await read()).bytes, array.bytes);
      await cci.uploadDaskArray("turns", ours(other, "C"), { chunks: [10, 10] });
      assertEquals((await read()).bytes, other.bytes);
    });

    Deno.test(`dask arrays ${title}: an array cut by buffersize is cut where Python cuts it`, async () => {
      const shape = [3, 700, 1300];
      const bytes = new Uint8Array(3 * 700 * 1300 * 8);
      for (let i = 0; i < bytes.length; i += 1009) bytes[i] = i % 251;
      const array: ArrayCase = { name: "large", descr: "<f8", dtype: "<f8", itemSize: 8, shape, bytes };
      for (const axis of [1, -1, null]) {
        const buffersize = 6_000_000;
        await python.uploadDask(theirs, `large/python/${axis}`, { dtype: "<f8", shape, bytes }, {
          axis,
          buffersize,
        });
        await cci.uploadDaskArray(`large/ours/${axis}`, ours(array, "C"), { axis, buffersize });
        const python2 = await cci.downloadDaskArray(`large/python/${axis}`);
        const ours2 = await cci.downloadDaskArray(`large/ours/${axis}`);
        assertEquals(ours2.chunks, python2.chunks.map((lengths) => lengths.filter((length) => length > 0)));
        assertSame(
          await python2.slice([1, 3], [100, 650, 50]),
          asItems(await ours2.slice([1, 3], [100, 650, 50])),
        );
        const { bytes: read } = await python.downloadDask(theirs, `large/ours/${axis}`);
        assertSameBytes(read, bytes);
      }
    });
  }
}

/** The chunks of a case: `pieces` along the axis, or along all of them. */
function chunksOf(shape: readonly number[], axis: number | null, pieces: number): ChunkSpec {
  return shape.map((length, i) => {
    if (axis !== null && i !== (axis < 0 ? axis + shape.length : axis)) return null;
    return Math.max(1, Math.ceil(length / pieces));
  });
}

interface Items {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

function asItems(array: NDArray): Items {
  return { dtype: array.dtype, shape: array.shape, bytes: array.toBytes() };
}

function assertSame(array: NDArray, { dtype, shape, bytes }: Items | ReadByPython): void {
  assertEquals([array.dtype, array.shape], [dtype, shape]);
  assertSameBytes(array.toBytes(), bytes);
}

/** assertEquals prints all that differs, which takes minutes for megabytes. */
function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length, "length in bytes");
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  if (at >= 0) throw new Error(`byte ${at} of ${expected.length} is ${actual[at]}, not ${expected[at]}`);
}

function unexpected({ kind, message }: { kind: string; message: string }): void {
  throw new Error(`a warning that nothing calls for: ${kind}: ${message}`);
}
