/**
 * Where a sparse array has entries. Pure.
 *
 * @module
 */
import type { AxisRange } from "../../../lib/array/chunks/mod.ts";
import { toNumbers } from "../../../lib/array/plotting/mod.ts";
import type { ImagePixels, Rgba } from "../../../lib/array/plotting/mod.ts";
import type { SparseArray } from "../../../lib/array/sparse/mod.ts";

/** The places of a sparse array's entries that are not zero. */
export interface Entries {
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** The places of all entries that are not zero. */
export function entriesOf(array: SparseArray): Entries {
  const { row, col, data } = array.toCoo().parts;
  const values = toNumbers(data, data.dtype.includes("c") ? { part: "magnitude" } : {});
  const [rows, columns] = [toNumbers(row), toNumbers(col)];
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    rows[count] = rows[i];
    columns[count++] = columns[i];
  }
  return { rows: rows.subarray(0, count), columns: columns.subarray(0, count) };
}

/**
 * How many entries lie in each pixel of a part.
 *
 * @param across Which of the array's two axes is to the right.
 */
export function countEntries(
  { rows, columns }: Entries,
  across: 0 | 1,
  x: AxisRange,
  y: AxisRange,
): Float64Array<ArrayBuffer> {
  const counts = new Float64Array(x.count * y.count);
  const [rightwards, downwards] = across === 1 ? [columns, rows] : [rows, columns];
  for (let i = 0; i < rows.length; i++) {
    const px = Math.floor((rightwards[i] - x.start) / x.step);
    const py = Math.floor((downwards[i] - y.start) / y.step);
    if (px < 0 || px >= x.count || py < 0 || py >= y.count) continue;
    const place = py * x.count + px;
    counts[place]++;
  }
  return counts;
}

/** A dot in each pixel that has entries, the paler the fewer of them; elsewhere nothing. */
export function dotsOf(
  counts: Float64Array,
  width: number,
  height: number,
  [red, green, blue]: Rgba,
): ImagePixels {
  const most = counts.reduce((most, count) => Math.max(most, count), 1);
  const data = new Uint8ClampedArray(counts.length * 4);
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    const opacity = 0.5 + 0.5 * Math.log1p(counts[i]) / Math.log1p(most);
    data.set([red, green, blue, opacity * 255], i * 4);
  }
  return { data, width, height };
}

/** The colour that a page computes: `rgb(31, 111, 235)`. */
export function colourOf(computed: string): Rgba {
  const [red = 0, green = 0, blue = 0] = (computed.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue, 255];
}
