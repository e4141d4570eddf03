/** Arrays in several objects, and what describes them. */
import { assertEquals } from "@std/assert";
import { MemoryBackend } from "../../../backends/memory/mod.ts";
import { type NDArray, ndarray } from "../../../lib/array/mod.ts";
import { asSparseArray, type SparseArray } from "../../../lib/array/sparse/mod.ts";
import { IntegrityError, InvalidArgumentError } from "../../../lib/errors.ts";
import { parseJson } from "../../../lib/json.ts";
import { openChunked } from "../../../lib/stored_arrays/chunked/mod.ts";
import type { StoredArray } from "../../../lib/stored_arrays/mod.ts";
import { readSparse } from "../../../lib/stored_arrays/sparse.ts";
import { openZarr, writeZarr } from "../../../lib/stored_arrays/zarr/mod.ts";
import { type Input, type Target, target, textOf } from "../engine/target.ts";
import { bodiesOf, DTYPES, stored } from "./stored.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const onWarning = () => {};
const MIB = 1024 * 1024;

/** All that a small array holds, or one item of a large one. */
async function sampleOf(array: StoredArray): Promise<NDArray> {
  const size = array.shape.reduce((product, length) => product * length, 1);
  return size <= 10_000 ? await array.toArray() : await array.slice(...array.shape.map(() => 0));
}

const dask = target<NDArray>({
  name: "dask",
  count: 2500,
  seeds: () => bodiesOf(/^dk.*metadata\.json$/),
  dictionary: [
    ...DTYPES,
    '"shape":',
    '"chunks":',
    '"dask":',
    '"chunk_sizes":',
    "[[2],[3],[4,0]]",
    '"pt0000"',
    "[]",
  ]
    .concat('["../../secret",0,0]'),
  refusals: ["Integrity", "Unsupported", "NotFound"],
  async run(input) {
    const backend = new MemoryBackend();
    for (const { key, metadata, body } of stored) {
      if (/^dk.pt/.test(key)) await backend.put(key, body, { metadata });
    }
    await backend.put("dk/metadata.json", input);
    return await sampleOf(await openChunked(backend, "dk", { onWarning }));
  },
});

const sparseFolder = target<SparseArray>({
  name: "sparse-folder",
  count: 2500,
  seeds: () => bodiesOf(/^sp.*metadata\.json$/),
  dictionary: [
    '"type":',
    '"attrs":',
    '"shape":',
    '["data","indices","indptr"]',
    '["row","col","data"]',
    '"csr"',
  ]
    .concat('"dia"', "[4,6]"),
  refusals: ["Integrity", "Unsupported", "NotFound"],
  async run(input) {
    const backend = new MemoryBackend();
    for (const { key, metadata, body } of stored) {
      if (/^sp.csr/.test(key)) await backend.put(key, body, { metadata });
    }
    await backend.put("sp/csr/metadata.json", input);
    return await readSparse(backend, "sp/csr", { onWarning });
  },
});

const SPARSE_PARTS = [
  '{"format":"csr","shape":[2,3],"parts":{"data":[1,2,3],"indices":[0,2,1],"indptr":[0,2,3]}}',
  '{"format":"csc","shape":[3,2],"parts":{"data":[1,2,3],"indices":[0,2,1],"indptr":[0,2,3]}}',
  '{"format":"coo","shape":[3,2],"parts":{"row":[0,2],"col":[1,1],"data":[1.5,2]}}',
  '{"format":"dia","shape":[3,3],"parts":{"data":[[1,2,3],[4,5,6]],"offsets":[0,-1]}}',
  '{"format":"bsr","shape":[2,4],"parts":{"data":[[[1,2],[3,4]]],"indices":[1],"indptr":[0,1]}}',
];

const sparseParts = target<readonly number[]>({
  name: "sparse-parts",
  count: 5000,
  seeds: () => SPARSE_PARTS,
  dictionary: [
    '"csr"',
    '"csc"',
    '"coo"',
    '"dia"',
    '"bsr"',
    '"data":',
    "[0,1]",
    "[[1]]",
    "[[[1,2],[3,4]]]",
    "-1",
  ]
    .concat("4294967296"),
  refusals: ["Integrity", "Unsupported", "InvalidArgument"],
  run(input) {
    const sparse = sparseOf(textOf(input));
    const [rows, columns] = sparse.shape;
    // Other formats have a number for each row or column, however few entries there are.
    if (rows * columns > 10_000) return [sparse.nnz];
    const csr = sparse.toCsr();
    // However it is kept, it is the same array.
    const dense = sparse.toDense().toBytes();
    assertEquals(csr.toDense().toBytes(), dense);
    assertEquals(sparse.toCsc().toDense().toBytes(), dense);
    assertEquals(sparse.toCoo().toDense().toBytes(), dense);
    return [csr.nnz, rows, columns];
  },
});

/** What an object has, by name; nothing of what is none. */
function membersOf(value: unknown): Map<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function sparseOf(text: string): SparseArray {
  const json = membersOf(parseJson(text));
  const [format, shape, parts] = [json.get("format"), json.get("shape"), membersOf(json.get("parts"))];
  if (!Array.isArray(shape)) throw new IntegrityError("no shape");
  const part = (name: string) => nested(parts.get(name));
  const lengths = shape.map(Number);
  switch (format) {
    case "coo":
      return asSparseArray({
        format,
        shape: lengths,
        parts: { row: part("row"), col: part("col"), data: part("data") },
      });
    case "dia":
      return asSparseArray({
        format,
        shape: lengths,
        parts: { data: part("data"), offsets: part("offsets") },
      });
    case "csr":
      return asSparseArray({ format, shape: lengths, parts: compressed(part) });
    case "csc":
      return asSparseArray({ format, shape: lengths, parts: compressed(part) });
    case "bsr":
      return asSparseArray({ format, shape: lengths, parts: compressed(part) });
    default:
      throw new InvalidArgumentError("no format");
  }
}

function compressed(part: (name: string) => NDArray) {
  return { data: part("data"), indices: part("indices"), indptr: part("indptr") };
}

/** Nested lists as an array of the axes that the first items have. */
function nested(value: unknown): NDArray {
  const shape: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0]) shape.push(at.length);
  const items = Array.isArray(value) ? value.flat(8).map(Number) : [];
  if (items.length !== shape.reduce((product, length) => product * length, 1)) {
    throw new IntegrityError("ragged");
  }
  const integers = items.every((item) => Number.isInteger(item) && Math.abs(item) < 2 ** 31);
  return integers ? ndarray(Int32Array.from(items), shape) : ndarray(Float64Array.from(items), shape);
}

const ZARR2 = [
  '{"zarr_format":2,"shape":[3,4],"chunks":[2,2],"dtype":"<f4","compressor":null,"fill_value":0,"order":"C","filters":null}',
  '{"zarr_format":2,"shape":[3,4],"chunks":[2,2],"dtype":"<f4","compressor":{"id":"zstd","level":3},"fill_value":"NaN","order":"F","filters":[],"dimension_separator":"/"}',
  '{"zarr_format":2,"shape":[2],"chunks":[2],"dtype":[["a","<i4"],["b","|S3"]],"compressor":{"id":"blosc","cname":"lz4","clevel":5,"shuffle":1,"blocksize":0},"fill_value":"AAAAAAAAAA==","order":"C","filters":null}',
];
const SHARDED =
  '{"zarr_format":3,"node_type":"array","shape":[4,4],"data_type":"uint8","chunk_grid":{"name":"regular","configuration":{"chunk_shape":[4,4]}},"chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[2,2],"codecs":[{"name":"bytes"}],"index_codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}],"index_location":"end"}}],"fill_value":0,"attributes":{}}';

async function zarrSeeds(): Promise<Input[]> {
  const seeds: Input[] = [];
  const array = ndarray(Float32Array.from({ length: 12 }, (_, i) => i), [3, 4]);
  for (const compression of ["Zstd", "gzip", false] as const) {
    const backend = new MemoryBackend();
    await writeZarr(backend, "z", array, { chunks: [2, 2], compression });
    seeds.push(await (await backend.open("z/zarr.json")).read());
  }
  return [...seeds, ...[...ZARR2, SHARDED, SHARDED.replace('"end"', '"start"')].map(encode)];
}

const zarr = target<NDArray>({
  name: "zarr",
  count: 4000,
  longest: 3000,
  seeds: zarrSeeds,
  dictionary: [
    '"shape":',
    '"chunks":',
    '"chunk_shape":',
    '"data_type":"float64"',
    '"fill_value":',
    '"codecs":',
  ]
    .concat('"name":', '"configuration":', '{"name":"transpose","configuration":{"order":[1,0]}}', '"bytes"')
    .concat('"crc32c"', '"sharding_indexed"', '"Infinity"', '"0x7fc00000"', "[2,2]", "[]", "null"),
  refusals: ["Integrity", "Unsupported", "NotFound"],
  async run(input) {
    const backend = new MemoryBackend();
    const chunk = new Uint8Array(16).map((_, i) => i * 16);
    for (const key of ["c/0/0", "c/0/1", "0.0", "0.1", "0", "0/0"]) await backend.put(`z/${key}`, chunk);
    // How long what is compressed will be nobody can tell beforehand: its memory is taken as the description says.
    const lengths = [...textOf(input).matchAll(/"(?:chunks|chunk_shape)":\[([\d,\s]*)\]/g)].map(([, list]) =>
      list.split(",").reduce((all, each) => all * Number(each), 64)
    );
    if (lengths.some((bytes) => bytes > MIB) && /"id"|gzip|zstd|blosc/.test(textOf(input))) {
      throw new IntegrityError("too long to be tried");
    }
    await backend.put(textOf(input).includes('"zarr_format":2') ? "z/.zarray" : "z/zarr.json", input);
    return await sampleOf(await openZarr(backend, "z", { onWarning }));
  },
});

/** A shard's bytes, with its index at the end. */
const shard = target<NDArray>({
  name: "zarr-shard",
  count: 1500,
  longest: 300,
  seeds: () => {
    const bytes = new Uint8Array(16 + 64).map((_, i) => i);
    const view = new DataView(bytes.buffer, 16);
    for (let i = 0; i < 4; i++) {
      view.setBigUint64(16 * i, BigInt(4 * i), true);
      view.setBigUint64(16 * i + 8, 4n, true);
    }
    return [bytes];
  },
  refusals: ["Integrity", "Unsupported", "NotFound"],
  async run(input) {
    const backend = new MemoryBackend();
    // Without the index's checksum, so that its numbers count.
    await backend.put("z/zarr.json", encode(SHARDED.replace(',{"name":"crc32c"}', "")));
    await backend.put("z/c/0/0", input);
    return await (await openZarr(backend, "z")).toArray();
  },
});

/** Arrays in several objects. */
export const targets: readonly Target[] = [dask, sparseFolder, sparseParts, zarr, shard];
