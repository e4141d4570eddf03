/**
 * What Python's cottoncandy 0.4.0 stored (tests/vectors/cottoncandy-0.4.0.json), read through the public interface. Runs in Deno
 * (golden_vectors_test.ts) and in a browser (browser/smoke.ts).
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { DefaultInterface, MemoryBackend, type NDArray, UnsupportedError } from "../mod.ts";

/** An object as Python stored it, and what it was made from. */
export interface GoldenEntry {
  readonly name: string;
  readonly api: string;
  readonly key?: string;
  readonly s3_user_metadata?: Readonly<Record<string, string>>;
  readonly body_hex: string;
  readonly input?: {
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly c_order_hex: string;
  } | null;
  readonly note?: string;
}

/** One thing to check. */
export interface GoldenCase {
  readonly name: string;
  check(): Promise<void>;
}

/** Everything there is to check of the entries: at least one case for each of them. */
export async function goldenCases(entries: readonly GoldenEntry[]): Promise<GoldenCase[]> {
  const backend = new MemoryBackend();
  for (const { key, body_hex, s3_user_metadata } of entries) {
    if (key !== undefined) {
      await backend.put(key, bytesOfHex(body_hex), { metadata: s3_user_metadata });
    }
  }
  return [
    ...entries.map((entry) => ({ name: entry.name, check: () => check(backend, entry) })),
    ...["csr", "csc", "bsr", "coo", "dia", "lil", "dok"].map((format) => ({
      name: `sparse ${format}: its parts make the matrix`,
      check: () => checkSparse(backend, entries, format),
    })),
  ];
}

/** The metadata say Fortran order where Python wrote C order: a warning says so. */
const suspect: readonly string[] = ["BUG_readonly_C_gzip", "BUG_readonly_C_False"];
/** Python 2 wrote Fortran order, which Python ignores when it reads such a codec. */
const ignored: readonly string[] = ["py2_zstd_F_bytes"];

async function check(backend: MemoryBackend, entry: GoldenEntry): Promise<void> {
  const { name, input } = entry;
  switch (kindOf(entry)) {
    case "raw":
      await checkRaw(backend, entry, input!);
      if (suspect.includes(name) || ignored.includes(name)) await checkOtherOrder(backend, entry, input!);
      return;
    case "long double": {
      const error = await assertRejects(
        () => open(backend).cci.downloadRawArray(entry.key!),
        UnsupportedError,
      );
      assertEquals(error.key, entry.key);
      return;
    }
    case "part": {
      // Whether the parts make up the whole is a case of its own; dask's first part holds the whole array.
      const { cci, warnings } = open(backend);
      const array = await cci.downloadRawArray(entry.key!);
      const { dtype, shape } = entry.s3_user_metadata!;
      assertEquals([array.dtype, array.shape.join(",")], [dtype, shape]);
      assertEquals(hex(array), name === "dask_pt0000" ? input!.c_order_hex : await gunzipped(entry.body_hex));
      assertEquals(warnings, []);
      return;
    }
    case "npy": {
      const array = await open(backend).cci.downloadNpyArray(entry.key!);
      assertEquals([array.dtype, array.shape], [input!.dtype, input!.shape]);
      assertEquals(hex(array), input!.c_order_hex);
      return;
    }
    case "bytes":
      // JSON and pickle, read as the bytes they are; and Python's dask and sparse folders name their parts in JSON.
      assertEquals(hexOf(await open(backend).cci.downloadObject(entry.key!)), entry.body_hex);
      if (entry.key!.endsWith("metadata.json")) {
        assertEquals(
          typeof JSON.parse(new TextDecoder().decode(bytesOfHex(entry.body_hex))),
          "object",
        );
      }
      return;
    case "encrypted": {
      // Without a key they are bytes, which come back as they were.
      await backend.put(name, bytesOfHex(entry.body_hex));
      assertEquals(hexOf(await open(backend).cci.downloadObject(name)), entry.body_hex);
    }
  }
}

type Kind = "raw" | "long double" | "part" | "npy" | "bytes" | "encrypted";

function kindOf({ name, api, key }: GoldenEntry): Kind {
  if (name.startsWith("dtype_f16")) return "long double";
  if (name.startsWith("aes_cbc_")) return "encrypted";
  if (api === "upload_raw_array" || api === "(constructed to match old writers)") return "raw";
  if (api === "upload_npy_array") return "npy";
  if (api === "upload_json" || api === "upload_pickle" || key?.endsWith("/metadata.json")) return "bytes";
  if (api === "upload_sparse_array" || api === "dict2cloud" || name.startsWith("dask_pt")) return "part";
  throw new Error(`${name}: nothing here knows what to check of "${api}"`);
}

type Input = NonNullable<GoldenEntry["input"]>;

/** Read with the defaults: what the reference itself reads. */
async function checkRaw(backend: MemoryBackend, entry: GoldenEntry, input: Input): Promise<void> {
  const { cci, warnings } = open(backend);
  const array = await cci.downloadRawArray(entry.key!);
  assertEquals([array.dtype, array.shape], [input.dtype, input.shape]);
  assertEquals(hex(array), readByReference(entry, input));
  assertEquals(warnings, suspect.includes(entry.name) ? ["suspect-order"] : []);
}

/** Read with the order that the bytes really have: what was uploaded, and no warning. */
async function checkOtherOrder(backend: MemoryBackend, entry: GoldenEntry, input: Input): Promise<void> {
  const { cci, warnings } = open(backend);
  const array = await cci.downloadRawArray(entry.key!, { order: entry.name.startsWith("py2") ? "F" : "C" });
  assertEquals([array.dtype, array.shape], [input.dtype, input.shape]);
  assertEquals(hex(array), input.c_order_hex);
  assertEquals(warnings, []);
}

/** What cottoncandy 0.4.0 reads back: what was uploaded, but for the objects whose `order` is wrong. */
function readByReference({ name, note }: GoldenEntry, { c_order_hex, shape, dtype }: Input): string {
  if (name === "BUG_readonly_C_gzip" || name === "BUG_readonly_C_False") {
    return readAsFortran(c_order_hex, shape, Number(dtype.slice(2)));
  }
  return /reads this as c_order_hex=([0-9a-f]*)$/.exec(note ?? "")?.[1] ?? c_order_hex;
}

/** Items in C order, of an array whose items `hex` gives in Fortran order. */
function readAsFortran(hex: string, shape: readonly number[], itemSize: number): string {
  const digits = 2 * itemSize;
  const count = hex.length / digits;
  return Array.from({ length: count }, (_, position) => {
    let index = 0;
    let step = count;
    for (const length of shape.toReversed()) {
      step /= length;
      index += position % length * step;
      position = Math.floor(position / length);
    }
    return hex.slice(index * digits, (index + 1) * digits);
  }).join("");
}

/** The dense matrix from a sparse one's parts, by the definition of its format. */
async function checkSparse(
  backend: MemoryBackend,
  entries: readonly GoldenEntry[],
  format: string,
): Promise<void> {
  const { cci } = open(backend);
  const read = async (name: string) => {
    const array = await cci.downloadRawArray(`sp/${format}/${name}`);
    assertEquals(array.dtype, name === "data" ? "<f8" : "<i4");
    const { buffer } = new Uint8Array(array.toBytes());
    return {
      shape: array.shape,
      values: name === "data" ? new Float64Array(buffer) : new Int32Array(buffer),
    };
  };
  const about = JSON.parse(new TextDecoder().decode(await cci.downloadObject(`sp/${format}/metadata.json`)));
  const [rows, columns]: [number, number] = about.shape;
  const dense = new Float64Array(rows * columns);
  const { shape, values } = await read("data");
  switch (about.type) {
    case "csr":
    case "csc":
    case "bsr": {
      const [indices, indptr] = [(await read("indices")).values, (await read("indptr")).values];
      const [height, width] = about.type === "bsr" ? shape.slice(1) : [1, 1];
      for (let major = 0; major + 1 < indptr.length; major++) {
        for (let block = indptr[major]; block < indptr[major + 1]; block++) {
          const [row, column] = about.type === "csc" ? [indices[block], major] : [major, indices[block]];
          for (let i = 0; i < height; i++) {
            for (let j = 0; j < width; j++) {
              dense[(row * height + i) * columns + column * width + j] =
                values[(block * height + i) * width + j];
            }
          }
        }
      }
      break;
    }
    case "coo": {
      const [row, column] = [(await read("row")).values, (await read("col")).values];
      for (let k = 0; k < values.length; k++) dense[row[k] * columns + column[k]] += values[k];
      break;
    }
    case "dia": {
      const offsets = (await read("offsets")).values;
      for (let k = 0; k < offsets.length; k++) {
        for (let column = 0; column < columns; column++) {
          const row = column - offsets[k];
          if (row >= 0 && row < rows) dense[row * columns + column] = values[k * shape[1] + column];
        }
      }
      break;
    }
    default:
      throw new Error(`unknown sparse type ${about.type}`);
  }
  const input = entries.find(({ name }) => name === `sparse_${format}_data`)!.input!;
  assertEquals(hexOf(new Uint8Array(dense.buffer)), input.c_order_hex);
}

function open(backend: MemoryBackend): { cci: DefaultInterface; warnings: string[] } {
  const warnings: string[] = [];
  return { cci: new DefaultInterface(backend, { onWarning: ({ kind }) => warnings.push(kind) }), warnings };
}

function hex(array: NDArray): string {
  return hexOf(array.toBytes());
}

/** By the platform's own decoder: nothing of what is tested here. */
async function gunzipped(hex: string): Promise<string> {
  const body = new Blob([bytesOfHex(hex)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return hexOf(new Uint8Array(await new Response(body).arrayBuffer()));
}

// Node lacks `fromHex` and `toHex` before 25.
function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
