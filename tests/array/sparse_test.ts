import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { arrayFromBytes, type DType, type NDArray, ndarray } from "../../lib/array/mod.ts";
import {
  asSparseArray,
  describeSparse,
  parseSparse,
  SparseArray,
  type SparseFormat,
  type SparseInput,
  type SparseParts,
} from "../../lib/array/sparse/mod.ts";
import { valueMover, valueRoom } from "../../lib/array/sparse/values.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";

interface Items {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: string;
}

interface Case {
  readonly name: string;
  readonly format: SparseFormat;
  readonly shape: readonly number[];
  readonly nnz: number;
  readonly parts: Record<string, Items>;
  readonly dense: Items;
  readonly csr: Record<string, Items>;
  readonly csc: Record<string, Items>;
  readonly coo: Record<string, Items>;
}

const cases: readonly Case[] = JSON.parse(
  await Deno.readTextFile(new URL("../vectors/sparse/arrays.json", import.meta.url)),
);

function arrayOf({ dtype, shape, data }: Items): NDArray {
  return arrayFromBytes(Uint8Array.fromBase64(data), { dtype, shape });
}

function sparseOf({ format, shape, parts }: Pick<Case, "format" | "shape" | "parts">): SparseArray {
  const part = (name: string) => arrayOf(parts[name]);
  switch (format) {
    case "coo":
      return new SparseArray("coo", shape, { row: part("row"), col: part("col"), data: part("data") });
    case "dia":
      return new SparseArray("dia", shape, { data: part("data"), offsets: part("offsets") });
    default:
      return new SparseArray(format, shape, {
        data: part("data"),
        indices: part("indices"),
        indptr: part("indptr"),
      });
  }
}

function assertSame(actual: NDArray, { dtype, shape, data }: Items): void {
  assertEquals([actual.dtype, [...actual.shape], actual.toBytes().toBase64()], [dtype, shape, data]);
}

function assertParts(actual: SparseParts[SparseFormat], expected: Record<string, Items>): void {
  const parts = Object.entries<NDArray>({ ...actual });
  assertEquals(parts.map(([name]) => name).sort(), Object.keys(expected).sort());
  for (const [name, part] of parts) assertSame(part, expected[name]);
}

/** Of a `dia` array, row by row: scipy 1.17 goes so, and 1.14, as we do, diagonal by diagonal. */
function coordinates(sparse: SparseArray): SparseParts["coo"] {
  return sparse.is("dia") ? sparse.toCsr().toCoo().parts : sparse.toCoo().parts;
}

for (const given of cases) {
  Deno.test(`a sparse array and its conversions are scipy's: ${given.name}`, () => {
    const sparse = sparseOf(given);
    assertEquals([sparse.format, sparse.nnz, [...sparse.shape]], [given.format, given.nnz, given.shape]);
    assertParts(sparse.parts, given.parts);
    assertSame(sparse.toDense(), given.dense);
    assertParts(sparse.toCsr().parts, given.csr);
    assertParts(sparse.toCsc().parts, given.csc);
    assertParts(coordinates(sparse), given.coo);
    // Whichever way it goes, it stays the same array.
    for (const other of [sparse.toCsr().toCoo().toCsc(), sparse.toCoo().toCsr(), sparse.toCsc().toCsr()]) {
      if (!/^<[fc]/.test(given.dense.dtype)) assertSame(other.toDense(), given.dense);
    }
  });

  Deno.test(`indices of 64 bits make the same array: ${given.name}`, () => {
    const wide = (items: Items): Items => {
      const data = new Uint8Array(
        BigInt64Array.from(arrayOf(items), (index) => BigInt(Number(index))).buffer,
      );
      return { dtype: "<i8", shape: items.shape, data: data.toBase64() };
    };
    const parts = Object.fromEntries(
      Object.entries(given.parts).map(([name, items]) => [name, name === "data" ? items : wide(items)]),
    );
    const sparse = sparseOf({ ...given, parts });
    assertParts(sparse.parts, parts);
    assertSame(sparse.toDense(), given.dense);
    if (given.format !== "csr") assertParts(sparse.toCsr().parts, given.csr);
    if (given.format !== "csc") assertParts(sparse.toCsc().parts, given.csc);
    if (given.format !== "coo") assertParts(coordinates(sparse), given.coo);
  });
}

Deno.test("values in other byte orders and memory layouts make the same array", () => {
  const swapped = arrayFromBytes(new Uint8Array([0, 1, 0, 2, 0, 3]), { dtype: ">i2", shape: [3] });
  const sparse = new SparseArray("csr", [2, 3], { data: swapped, indices: [0, 2, 1], indptr: [0, 2, 3] });
  assertEquals(sparse.dtype, ">i2");
  assertEquals([sparse.toDense().dtype, sparse.toCsc().dtype, sparse.toCoo().dtype], ["<i2", "<i2", "<i2"]);
  assertEquals(sparse.toDense().toNested(), [[1, 0, 2], [0, 3, 0]]);

  const every = ndarray(Float32Array.of(9, 1, 9, 2, 9, 3)).slice([1, null, 2]);
  const reversed = ndarray(Int32Array.of(1, 2, 0)).slice([null, null, -1]);
  const strided = new SparseArray("csr", [2, 3], { data: every, indices: reversed, indptr: [0, 2, 3] });
  assertEquals(strided.toDense().toNested(), [[1, 0, 2], [0, 3, 0]]);

  const diagonals = ndarray(Float64Array.of(1, 4, 2, 5, 3, 6), [3, 2]).transpose();
  const dia = new SparseArray("dia", [3, 3], { data: diagonals, offsets: [0, 1] });
  assertEquals(dia.toDense().toNested(), [[1, 5, 0], [0, 2, 6], [0, 0, 3]]);
});

Deno.test("half precision values are summed, whether the runtime has them or not", () => {
  const half = (...bits: number[]) => ndarray(Uint16Array.from(bits), [bits.length], { dtype: "<f2" });
  const [one, two, half1] = [0x3c00, 0x4000, 0x3800];
  const sparse = new SparseArray("coo", [1, 2], {
    row: [0, 0, 0],
    col: [1, 1, 0],
    data: half(one, half1, two),
  });
  assertEquals(sparse.toDense().toNested(), [[2, 1.5]]);
  assertEquals([...sparse.toCsr().parts.data], [2, 1.5]);

  // As it is where there is no Float16Array.
  const bits = Uint16Array.of(one, half1);
  const source = Object.assign(Object.create(half(one)), { data: bits, dtype: "<f2" });
  const target = Object.assign(Object.create(half(0)), { data: Uint16Array.of(two), dtype: "<f2" });
  valueMover(target, source).add(0, 1);
  assertEquals([...target.data], [0x4100]);
});

Deno.test("indices may be lists, bigints and any integers", () => {
  const parts = (indices: SparseParts["csr"]["indices"] | readonly number[] | readonly bigint[] | NDArray) =>
    new SparseArray("csr", [1, 300], { data: [1, 2], indices, indptr: [0, 2] }).parts.indices;
  assertEquals(parts([0, 299]).dtype, "<i4");
  assertEquals(parts([0n, 299n]).dtype, "<i8");
  for (
    const data of [Uint8Array.of(1, 255), Int8Array.of(1, 2), Uint16Array.of(1, 299), Int16Array.of(1, 2)]
  ) {
    const indices = parts(ndarray(data));
    assertEquals([indices.dtype, [...indices]], ["<i4", [...data]]);
  }
  for (const data of [Uint32Array.of(1, 299), BigUint64Array.of(1n, 299n)]) {
    assertEquals([parts(ndarray(data)).dtype, [...parts(ndarray(data))]], ["<i8", Array.from(data, BigInt)]);
  }
  assertEquals(
    parts(arrayFromBytes(new Uint8Array([0, 0, 0, 1, 0, 0, 1, 0]), { dtype: ">i4", shape: [2] })).dtype,
    "<i4",
  );
  const far = new SparseArray("coo", [2 ** 40, 1], { row: [2 ** 39], col: [0], data: [1] });
  assertEquals([far.parts.row.dtype, far.parts.row.get(0)], ["<i8", 2n ** 39n]);
  assertEquals(far.toCsc().parts.indices.dtype, "<i8");
});

Deno.test("room that scipy leaves beyond the last entry is left out", () => {
  const sparse = new SparseArray("csr", [2, 3], {
    data: [1, 2, 7, 8],
    indices: [0, 2, 99, -1],
    indptr: [0, 1, 2],
  });
  assertEquals([sparse.nnz, sparse.parts.data.size, sparse.parts.indices.size], [2, 2, 2]);
  assertEquals(sparse.toDense().toNested(), [[1, 0, 0], [0, 0, 2]]);
});

Deno.test("parts are views of what was given, and conversions to its own format the array itself", () => {
  const data = Float64Array.of(1, 2);
  const sparse = new SparseArray("csr", [1, 2], { data, indices: Int32Array.of(0, 1), indptr: [0, 2] });
  assertStrictEquals(sparse.parts.data.data.buffer, data.buffer);
  assertStrictEquals(sparse.toCsr(), sparse);
  assertStrictEquals(asSparseArray(sparse), sparse);
  const coo = sparse.toCoo();
  assertStrictEquals(coo.toCoo(), coo);
  data[0] = 5;
  assertEquals([sparse.toDense().get(0, 0), coo.toDense().get(0, 0)], [5, 1]);
});

/** What can't be made, with a part of the message. */
const refused: readonly (readonly [string, () => unknown, string])[] = [
  ["unknown format", () => make({ format: "xyz" as "csr" }), "no format"],
  ["one axis", () => make({ shape: [3] }), "two lengths"],
  ["three axes", () => make({ shape: [1, 2, 3] }), "two lengths"],
  ["negative length", () => make({ shape: [-1, 3] }), "two lengths"],
  ["broken length", () => make({ shape: [1.5, 3] }), "two lengths"],
  ["huge length", () => make({ shape: [2, 2 ** 53] }), "two lengths"],
  [
    "no parts",
    () => new SparseArray("csr", [1, 1], undefined as unknown as SparseParts["csr"]),
    "made of its parts",
  ],
  ["indptr too short", () => make({ indptr: [0, 2] }), "must have 3"],
  ["indptr too long", () => make({ indptr: [0, 2, 2, 2] }), "must have 3"],
  ["indptr not from 0", () => make({ indptr: [1, 2, 2] }), "begins with 1"],
  ["indptr goes down", () => make({ indptr: [0, 2, 1] }), "goes down"],
  ["indptr negative", () => make({ indptr: [0, -1, 2] }), "goes down"],
  ["indptr beyond the entries", () => make({ indptr: [0, 1, 3] }), "there are 2 indices"],
  ["indptr of floats", () => make({ indptr: ndarray(Float64Array.of(0, 1, 2)) }), "whole numbers"],
  ["indptr of two axes", () => make({ indptr: ndarray(Int32Array.of(0, 1, 2), [3, 1]) }), "one"],
  ["more values than indices", () => make({ data: [1, 2, 3] }), "as many"],
  ["fewer values than indices", () => make({ data: [1] }), "as many"],
  ["values of two axes", () => make({ data: [[1], [2]] }), "takes 1"],
  ["column beyond the shape", () => make({ indices: [0, 3] }), "there are 3 columns"],
  ["negative column", () => make({ indices: [0, -1] }), "there are 3 columns"],
  ["broken column", () => make({ indices: [0, 0.5] }), "whole numbers"],
  ["NaN as column", () => make({ indices: [0, NaN] }), "whole numbers"],
  ["column beyond 2^53", () => make({ indices: BigInt64Array.of(0n, 2n ** 62n) }), "beyond 2^53"],
  ["column beyond 64 bits", () => make({ indices: BigUint64Array.of(0n, 2n ** 63n) }), "more than 64 bits"],
  [
    "csc: row beyond the shape",
    () => make({ format: "csc", shape: [3, 2], indices: [0, 3] }),
    "there are 3 rows",
  ],
  [
    "bsr: blocks don't fit",
    () => new SparseArray("bsr", [3, 4], { data: [[[1], [2]]], indices: [0], indptr: [0, 1] }),
    "2 × 1",
  ],
  [
    "bsr: blocks of nothing",
    () =>
      new SparseArray("bsr", [0, 0], { data: ndarray(new Int8Array(), [0, 0, 1]), indices: [], indptr: [0] }),
    "0 × 1",
  ],
  [
    "bsr: block column beyond the shape",
    () => new SparseArray("bsr", [2, 4], { data: [[[1], [2]]], indices: [4], indptr: [0, 1] }),
    "4 columns of blocks",
  ],
  [
    "coo: fewer rows",
    () => new SparseArray("coo", [2, 2], { row: [0], col: [0, 1], data: [1, 2] }),
    "as many",
  ],
  [
    "coo: row beyond the shape",
    () => new SparseArray("coo", [2, 2], { row: [0, 2], col: [0, 1], data: [1, 2] }),
    "2 rows",
  ],
  [
    "coo: negative column",
    () => new SparseArray("coo", [2, 2], { row: [0, 1], col: [0, -1], data: [1, 2] }),
    "2 columns",
  ],
  [
    "dia: fewer offsets",
    () => new SparseArray("dia", [2, 2], { data: [[1, 2], [3, 4]], offsets: [0] }),
    "1 offsets",
  ],
  [
    "dia: an offset twice",
    () => new SparseArray("dia", [2, 2], { data: [[1, 2], [3, 4]], offsets: [1, 1] }),
    "the same",
  ],
  [
    "dia: an offset beyond 2^53",
    () => new SparseArray("dia", [2, 2], { data: [[1, 2]], offsets: [2n ** 60n] }),
    "beyond 2^53",
  ],
  ["nothing", () => asSparseArray(undefined as unknown as SparseInput), "{ format, shape, parts }"],
  ["lil: too few rows", () => asSparseArray({ format: "lil", shape: [2, 2], rows: [] }), "0 rows are listed"],
  [
    "lil: lists that differ",
    () => asSparseArray({ format: "lil", shape: [1, 2], rows: [{ indices: [0], data: [] }] }),
    "row 0",
  ],
  [
    "lil: a column twice",
    () => asSparseArray({ format: "lil", shape: [1, 2], rows: [{ indices: [1, 1], data: [1, 2] }] }),
    "same place",
  ],
  [
    "lil: column beyond the shape",
    () => asSparseArray({ format: "lil", shape: [1, 2], rows: [{ indices: [2], data: [1] }] }),
    "2 columns",
  ],
  [
    "lil: mixed values",
    () => asSparseArray({ format: "lil", shape: [1, 2], rows: [{ indices: [0, 1], data: [1, true] }] }),
    "boolean",
  ],
  [
    "dok: a place twice",
    () => asSparseArray({ format: "dok", shape: [1, 2], entries: [[[0, 0], 1], [[0, 0], 2]] }),
    "same place",
  ],
  [
    "dok: place beyond the shape",
    () => asSparseArray({ format: "dok", shape: [1, 2], entries: [[[1, 0], 1]] }),
    "1 rows",
  ],
  [
    "dok: no entries",
    () => asSparseArray({ format: "dok", shape: [1, 2], entries: 5 as unknown as [] }),
    "Map",
  ],
  [
    "dok: complex without a dtype",
    () => asSparseArray({ format: "dok", shape: [1, 2], entries: [[[0, 0], { re: 1, im: 2 }]] }),
    "dtype",
  ],
  [
    "dok: a value that does not fit",
    () => asSparseArray({ format: "dok", shape: [1, 2], entries: [[[0, 0], 300]], dtype: "|u1" }),
    "255",
  ],
];

function make(
  { format = "csr", shape = [2, 3], data = [1, 2], indices = [0, 2], indptr = [0, 1, 2] }: {
    format?: "csr" | "csc";
    shape?: number[];
    data?: number[] | number[][];
    indices?: number[] | BigInt64Array | BigUint64Array;
    indptr?: number[] | NDArray;
  },
): SparseArray {
  return new SparseArray(format, shape, { data, indices, indptr });
}

for (const [name, attempt, message] of refused) {
  Deno.test(`what makes no sparse array is refused: ${name}`, () => {
    assertThrows(attempt, InvalidArgumentError, message);
  });
}

Deno.test("values that are no numbers are refused", () => {
  for (const data of [["a", "b"], ndarray(BigInt64Array.of(1n, 2n), [2], { dtype: "<M8[s]" })]) {
    assertThrows(
      () => new SparseArray("csr", [2, 3], { data, indices: [0, 2], indptr: [0, 1, 2] }),
      UnsupportedError,
      "numbers or truth values",
    );
  }
});

Deno.test("shapes too large for memory are refused where they would be filled, and nowhere else", () => {
  const wide = new SparseArray("csr", [1, 2 ** 52], { data: [1, 2], indices: [5, 2 ** 51], indptr: [0, 2] });
  assertThrows(() => wide.toDense(), UnsupportedError, "work with the parts");
  assertThrows(() => wide.toCsc(), UnsupportedError, "memory");
  assertEquals([...wide.toCoo().parts.col], [5n, 2n ** 51n]);
  assertEquals(wide.toCoo().toCsr().nnz, 2);
  const tall = new SparseArray("dia", [2 ** 50, 2], { data: [[1, 2]], offsets: [-(2 ** 49)] });
  assertEquals([...tall.toCoo().parts.row], [2n ** 49n, 2n ** 49n + 1n]);
  assertThrows(() => tall.toCsr(), UnsupportedError, "memory");
});

Deno.test("lil and dok arrays become csr with their columns in order", () => {
  const lil = asSparseArray({
    format: "lil",
    shape: [3, 4],
    rows: [{ indices: [3, 0], data: [1, 2] }, { indices: [], data: [] }, { indices: [1], data: [0] }],
  });
  assertInstanceOf(lil, SparseArray);
  assertEquals([lil.format, lil.dtype, lil.nnz], ["csr", "<f8", 3]);
  assertEquals(lil.toDense().toNested(), [[2, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]);
  if (!lil.is("csr")) throw new Error("not csr");
  assertEquals([...lil.parts.indices], [0, 3, 1]);

  const entries = new Map<[number, number], bigint>([[[1, 1], 7n], [[0, 2], 8n], [[0, 0], 9n]]);
  const dok = asSparseArray({ format: "dok", shape: [2, 3], entries });
  assertEquals([dok.format, dok.dtype], ["csr", "<i8"]);
  assertEquals(dok.toDense().toNested(), [[9n, 0n, 8n], [0n, 7n, 0n]]);

  const complex = asSparseArray({
    format: "dok",
    shape: [1, 1],
    entries: [[[0, 0], { re: 1, im: -2 }]],
    dtype: "<c8",
  });
  assertEquals(complex.toDense().toNested(), [[{ re: 1, im: -2 }]]);
  const swapped = asSparseArray({ format: "dok", shape: [1, 1], entries: [[[0, 0], 258]], dtype: ">i2" });
  assertEquals(swapped.toDense().toNested(), [[258]]);
  assertEquals(asSparseArray({ format: "dok", shape: [2, 2], entries: [] }).toDense().toNested(), [[0, 0], [
    0,
    0,
  ]]);
});

Deno.test("descriptions are Python's, and read back", () => {
  assertEquals(
    JSON.stringify(describeSparse("coo", [3, 4])),
    '{"type":"coo","attrs":["row","col","data"],"shape":[3,4]}',
  );
  for (const format of ["csr", "csc", "bsr", "coo", "dia"] as const) {
    assertEquals(parseSparse(JSON.parse(JSON.stringify(describeSparse(format, [3, 4])))), {
      format,
      shape: [3, 4],
    });
  }
  const old = { type: "csr", attrs: ["data", "indices", "indptr", "shape"] };
  assertEquals(parseSparse(old), { format: "csr", shape: undefined });
});

Deno.test("descriptions that make no sense are refused", () => {
  const good = { type: "csr", attrs: ["data", "indices", "indptr"], shape: [1, 2] };
  const broken: unknown[] = [
    null,
    [],
    "csr",
    {},
    { ...good, type: 5 },
    { ...good, attrs: undefined },
    { ...good, attrs: "data" },
    { ...good, attrs: ["data", "indices"] },
    { ...good, shape: undefined },
    { ...good, shape: "1,2" },
    { ...good, shape: [1, -2] },
    { ...good, shape: [1, 0.5] },
    { ...good, shape: [1, 2n ** 60n] },
    { ...good, shape: [1, null] },
  ];
  for (const json of broken) assertThrows(() => parseSparse(json), IntegrityError);
  assertThrows(() => parseSparse({ dask: [] }), IntegrityError, "downloadDaskArray");
  assertThrows(() => parseSparse({ ...good, shape: [1] }), UnsupportedError, "1 axes");
  assertThrows(() => parseSparse({ ...good, shape: [1, 2, 3] }), UnsupportedError, "3 axes");
  for (const type of ["dok", "", "toString", "__proto__"]) {
    assertThrows(() => parseSparse({ ...good, type }), UnsupportedError, "csr, csc, bsr, coo, dia");
  }
});

Deno.test("room for values is zeroed", () => {
  assertEquals(valueRoom("<i2", [2, 2]).toNested(), [[0, 0], [0, 0]]);
});
