/** Arrays of every kind in a directory, and the code that the explorer gives for a slice of each: run in TypeScript by tests/examples, in Python by tests/interop. */
import { toFileUrl } from "@std/path";
import { sliceCode } from "../../examples/explorer/draw/code.ts";
import type { ArrayPlace } from "../../examples/explorer/view.ts";
import { getInterface, type NDArray, ndarray, npyEncode, type Selection } from "../../mod.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { readAll } from "../../lib/streams/mod.ts";
import { SparseArray } from "../../lib/array/sparse/mod.ts";

/** What is read of each: an index, and two ranges of which one has a step. */
export const SELECTION: readonly Selection[] = [2, [1, 5, 1], [0, 7, 3]];
const PLANE: readonly Selection[] = [[1, 5, 1], [0, 7, 3]];

/** An array, the code that reads a slice of it, and that slice. */
export interface CodeCase {
  readonly kind: ArrayPlace["kind"];
  readonly typescript: string;
  readonly python: string;
  readonly part: NDArray;
}

/** Stores one array of each kind that Python's cottoncandy reads in a directory. */
export async function storeCases(directory: string): Promise<CodeCase[]> {
  const target = toFileUrl(`${directory}/`).href.replace(/\/$/, "");
  const cci = await getInterface(target);
  const volume = ndarray(Int32Array.from({ length: 4 * 6 * 8 }, (_, i) => i), [4, 6, 8]);
  const plane = volume.slice(2);
  await cci.uploadRawArray("sub01/raw", volume);
  await cci.uploadNpyArray("sub01/volume.npy", volume);
  await cci.uploadDaskArray("sub01/chunked", volume, { chunks: [2, 3, 8] });
  await cci.uploadObject("sub01/all.npz", storedZip("bold.npy", await readAll(npyEncode(volume))));
  const entries = Array.from(
    plane,
    (value, i) => ({ value: Number(value), row: Math.floor(i / 8), col: i % 8 }),
  );
  await cci.uploadSparseArray(
    "sub01/sparse",
    new SparseArray("coo", [6, 8], {
      data: Int32Array.from(entries, ({ value }) => value),
      row: Int32Array.from(entries, ({ row }) => row),
      col: Int32Array.from(entries, ({ col }) => col),
    }),
  );
  await writeZarr(cci.backend, "sub01/map.zarr", volume, { chunks: [2, 3, 8] });
  const places: readonly (readonly [ArrayPlace, NDArray, readonly Selection[], axes?: readonly number[]])[] =
    [
      [{ target, key: "sub01/raw", kind: "raw" }, volume, SELECTION],
      [{ target, key: "sub01/volume.npy", kind: "npy" }, volume, SELECTION],
      [{ target, key: "sub01/all.npz", kind: "npz", member: "bold" }, volume, SELECTION],
      [{ target, key: "sub01/chunked", kind: "chunked" }, volume, SELECTION],
      [{ target, key: "sub01/sparse", kind: "sparse" }, plane, PLANE],
      [{ target, key: "sub01/map.zarr", kind: "zarr" }, volume, SELECTION],
      [{ target: `${target}/sub01`, key: "raw", kind: "raw" }, volume, SELECTION, [1, 0]],
      [{ target, key: "sub01/chunked", kind: "chunked" }, volume, SELECTION, [1, 0]],
    ];
  return places.map(([place, array, selection, axes = [0, 1]]) => ({
    kind: place.kind,
    ...sliceCode(place, selection, axes),
    part: array.slice(...selection).transpose(...axes),
  }));
}

/** A ZIP archive of one file that is not compressed: what numpy.savez writes. */
function storedZip(name: string, file: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(name);
  const crc = crc32(file);
  const fields = (signature: number, ...parts: [size: 2 | 4, value: number][]) => {
    const bytes = new Uint8Array(4 + parts.reduce((sum, [size]) => sum + size, 0));
    const view = new DataView(bytes.buffer);
    view.setUint32(0, signature, true);
    let at = 4;
    for (const [size, value] of parts) {
      if (size === 2) view.setUint16(at, value, true);
      else view.setUint32(at, value, true);
      at += size;
    }
    return bytes;
  };
  const common: [2 | 4, number][] = [
    [2, 20],
    [2, 0],
    [2, 0],
    [2, 0],
    [2, 0x5ce1],
    [4, crc],
    [4, file.length],
    [4, file.length],
    [2, text.length],
    [2, 0],
  ];
  const local = fields(0x04034b50, ...common);
  const central = fields(0x02014b50, [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, 0]);
  const start = local.length + text.length + file.length;
  const size = central.length + text.length;
  const end = fields(0x06054b50, [2, 0], [2, 0], [2, 1], [2, 1], [4, size], [4, start], [2, 0]);
  return Uint8Array.of(...local, ...text, ...file, ...central, ...text, ...end);
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
