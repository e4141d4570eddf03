// Sparse arrays between Python's cottoncandy and here: every format and dtype of scipy's, bit for bit, both ways.
import { assertEquals } from "@std/assert";
import { arrayFromBytes } from "../../lib/array/mod.ts";
import { asSparseArray, SparseArray, type SparseFormat } from "../../lib/array/sparse/mod.ts";
import type { DType, NDArray } from "../../mod.ts";
import { each } from "./each.ts";
import { environments, type PythonArray, type ReadByPython, Reference } from "./reference.ts";
import { storesFor } from "./stores.ts";

interface Items {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: string;
}

/** What scipy made (tests/vectors/sparse/make.py). */
interface Case {
  readonly name: string;
  readonly format: SparseFormat;
  readonly shape: readonly number[];
  readonly parts: Record<string, Items>;
  readonly dense: Items;
}

const vectors: readonly Case[] = JSON.parse(
  await Deno.readTextFile(new URL("../vectors/sparse/arrays.json", import.meta.url)),
);
const cases = vectors.flatMap((given) => [given, wide(given)]);

/** The same with indices of 64 bits. */
function wide(given: Case): Case {
  const parts = Object.entries(given.parts).map(([name, items]) => {
    if (name === "data") return [name, items] as const;
    const indices = BigInt64Array.from(arrayOf(items), (index) => BigInt(Number(index)));
    const data = new Uint8Array(indices.buffer).toBase64();
    return [name, { dtype: "<i8", shape: items.shape, data }] as const;
  });
  return { ...given, name: `${given.name} wide`, parts: Object.fromEntries(parts) };
}

function arrayOf({ dtype, shape, data }: Items): NDArray {
  return arrayFromBytes(Uint8Array.fromBase64(data), { dtype, shape });
}

function ours({ format, shape, parts }: Case): SparseArray {
  const part = (name: string) => arrayOf(parts[name]);
  switch (format) {
    case "coo":
      return new SparseArray(format, shape, { row: part("row"), col: part("col"), data: part("data") });
    case "dia":
      return new SparseArray(format, shape, { data: part("data"), offsets: part("offsets") });
    default: {
      const compressed = { data: part("data"), indices: part("indices"), indptr: part("indptr") };
      return new SparseArray(format, shape, compressed);
    }
  }
}

function theirs({ format, shape, parts }: Case): {
  format: string;
  shape: readonly number[];
  parts: Record<string, PythonArray>;
} {
  const given = Object.entries(parts).map(([name, { dtype, shape, data }]) => {
    return [name, { dtype, shape, bytes: Uint8Array.fromBase64(data) }] as const;
  });
  return { format, shape, parts: Object.fromEntries(given) };
}

function assertSame(actual: NDArray | ReadByPython, { dtype, shape, data }: Items, message: string): void {
  const bytes = "bytes" in actual ? actual.bytes : actual.toBytes();
  assertEquals([actual.dtype, [...actual.shape], bytes.toBase64()], [dtype, shape, data], message);
}

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());
  const stores = await storesFor(environment, "sparse", { onWarning: unexpected });
  for (const { name: store, python: place, cci } of stores) {
    const title = `on ${store}, Python ${environment}`;
    // On S3, which is slower, not every dtype.
    const some = cases.filter(({ name }) => store === "local" || !/[biu][124]\b|<c8/.test(name));

    Deno.test(`sparse arrays ${title}: Python writes, we read`, async () => {
      await each(some, ({ name }) => name, async (given) => {
        const name = `python/${given.name}`;
        await python.uploadSparse(place, name, theirs(given));
        const sparse = await cci.downloadSparseArray(name);
        assertEquals([sparse.format, [...sparse.shape]], [given.format, given.shape]);
        for (const [part, array] of Object.entries<NDArray>({ ...sparse.parts })) {
          assertSame(array, given.parts[part], part);
        }
        assertSame(sparse.toDense(), given.dense, "dense");
      });
    });

    Deno.test(`sparse arrays ${title}: we write, Python reads`, async () => {
      await each(some, ({ name }) => name, async (given) => {
        const name = `ours/${given.name}`;
        await cci.uploadSparseArray(name, ours(given));
        const { format, shape, parts, dense } = await python.downloadSparse(place, name);
        assertEquals([format, shape], [given.format, given.shape]);
        // Scipy's constructors turn indices of 64 bits into 32 where those hold them.
        const narrow = vectors.find(({ name }) => given.name === name || given.name === `${name} wide`);
        for (const [part, array] of Object.entries(parts)) assertSame(array, narrow!.parts[part], part);
        assertSame(dense, given.dense, "dense");
      });
    });

    Deno.test(`sparse arrays ${title}: lil and dok, from either side`, async () => {
      const [given] = vectors.filter(({ name }) => name === "dia <f8");
      for (const format of ["lil", "dok"]) {
        await python.uploadSparse(place, `python/${format}`, theirs(given), format);
        const sparse = await cci.downloadSparseArray(`python/${format}`);
        assertEquals(sparse.format, "csr");
        assertSame(sparse.toDense(), given.dense, format);
      }
      const dense = ours(given).toDense();
      const entries = new Map<[number, number], number>();
      for (const [row, column] of [[0, 1], [4, 0], [0, 0]]) {
        entries.set([row, column], Number(dense.get(row, column)));
      }
      await cci.uploadSparseArray("ours/dok", { format: "dok", shape: [5, 7], entries });
      const read = await python.downloadSparse(place, "ours/dok");
      assertEquals(read.format, "csr");
      assertEquals(
        read.dense.bytes,
        asSparseArray({ format: "dok", shape: [5, 7], entries }).toDense().toBytes(),
      );
    });

    Deno.test(`sparse arrays ${title}: byte-swapped and half precision values`, async () => {
      const bytes = new Uint8Array([0x3f, 0xf0, 0, 0, 0, 0, 0, 0]);
      const swapped = arrayFromBytes(bytes, { dtype: ">f8", shape: [1] });
      await cci.uploadSparseArray(
        "be",
        new SparseArray("csr", [1, 2], { data: swapped, indices: [1], indptr: [0, 1] }),
      );
      assertEquals((await python.downloadSparse(place, "be")).parts.data, {
        dtype: ">f8",
        fields: false,
        shape: [1],
        bytes,
      });
      const parts = { data: { dtype: ">f8", shape: [1], bytes }, row: index(0), col: index(1) };
      await python.uploadSparse(place, "be/python", { format: "coo", shape: [1, 2], parts });
      assertEquals((await cci.downloadSparseArray("be/python")).toDense().toNested(), [[0, 1]]);
      const half = arrayFromBytes(new Uint8Array([0, 0x3c]), { dtype: "<f2", shape: [1] });
      await cci.uploadSparseArray("half", new SparseArray("coo", [1, 1], { row: [0], col: [0], data: half }));
      assertEquals((await cci.downloadSparseArray("half")).toDense().toNested(), [[1]]);
    });

    Deno.test(`sparse arrays ${title}: each replaces what the other wrote`, async () => {
      const [csr, dia] = ["csr <f8", "dia <f4"].map((name) => vectors.find((given) => given.name === name)!);
      await python.uploadSparse(place, "both", theirs(csr));
      await cci.uploadSparseArray("both", ours(dia));
      assertSame((await python.downloadSparse(place, "both")).dense, dia.dense, "we over Python");
      assertEquals((await cci.ls("both")).sort(), ["both/data", "both/metadata.json", "both/offsets"]);
      await python.uploadSparse(place, "both", theirs(csr));
      assertSame((await cci.downloadSparseArray("both")).toDense(), csr.dense, "Python over us");
      await cci.uploadSparseArray("both", ours(csr));
      assertSame((await cci.downloadSparseArray("both")).toDense(), csr.dense, "we again");
      assertSame((await python.downloadSparse(place, "both")).dense, csr.dense, "we again, read by Python");
      await python.copy(place, "both/data", "both/data2");
      assertSame((await cci.downloadSparseArray("both")).toDense(), csr.dense, "with a stranger in it");
    });
  }
}

function index(value: number): PythonArray {
  return { dtype: "<i4", shape: [1], bytes: new Uint8Array(Int32Array.of(value).buffer) };
}

function unexpected({ kind, message }: { kind: string; message: string }): void {
  throw new Error(`a warning that nothing calls for: ${kind}: ${message}`);
}
