/**
 * Of a plane as many items as a screen has pixels for. Pure: nothing here knows of a page.
 *
 * @module
 */
import { allocate } from "../../../lib/bytes.ts";
import { arrayFromBytes, type NDArray } from "../../../lib/array/mod.ts";
import { layoutOf } from "../../../lib/array/layout/mod.ts";

/** Pixels that there are for a plane, along its two axes. */
export type Room = readonly [height: number, width: number];

/**
 * The items nearest to the middles of pixels, as a canvas picks them that paints a picture smaller than it is. Colours then are made of those that are seen, and not of up to four times as many. A plane that has
 * room, or other than two axes, is given back itself.
 */
export function thinned(plane: NDArray, [height, width]: Room): NDArray {
  const { dtype, fields, shape } = plane;
  if (shape.length !== 2) return plane;
  const rows = placesOf(shape[0], height);
  const columns = placesOf(shape[1], width);
  if (rows.length * columns.length >= plane.size) return plane;
  const { bytes, itemsize, stride, offset } = layoutOf(plane);
  const taken = allocate(rows.length * columns.length * itemsize);
  const size = wordSize(itemsize | bytes.byteOffset);
  const words = itemsize / size;
  pick(wordsOf(bytes, size), wordsOf(taken, size), {
    starts: rows.map((row) => (offset + row * stride[0]) * words),
    steps: columns.map((column) => column * stride[1] * words),
    words,
  });
  return arrayFromBytes(taken, { dtype, fields, shape: [rows.length, columns.length] });
}

/** The item in the middle of each of `pixels` equal parts of `length` items; each item where there are no more. */
function placesOf(length: number, pixels: number): number[] {
  const count = Math.min(length, Math.max(1, Math.ceil(pixels)));
  return Array.from({ length: count }, (_, i) => Math.floor((i + 0.5) * length / count));
}

type Words = Uint8Array | Uint16Array | Uint32Array;

function wordSize(bits: number): 1 | 2 | 4 {
  return bits & 1 ? 1 : bits & 2 ? 2 : 4;
}

function wordsOf(bytes: Uint8Array, size: 1 | 2 | 4): Words {
  const length = Math.floor(bytes.length / size);
  if (size === 1) return bytes;
  return size === 2
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, length)
    : new Uint32Array(bytes.buffer, bytes.byteOffset, length);
}

function pick(
  from: Words,
  to: Words,
  { starts, steps, words }: {
    readonly starts: readonly number[];
    readonly steps: readonly number[];
    readonly words: number;
  },
): void {
  let place = 0;
  for (const start of starts) {
    for (const step of steps) {
      // Most items are one word: a loop for it takes as long again.
      to[place++] = from[start + step];
      for (let word = 1; word < words; word++) to[place++] = from[start + step + word];
    }
  }
}
