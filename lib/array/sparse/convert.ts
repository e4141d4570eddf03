/**
 * Sparse arrays in another format.
 *
 * @module
 */
import type { NDArray } from "../ndarray.ts";
import type { Visit } from "./entries.ts";
import type { CompressedParts, CoordinateParts, SparseShape } from "./format.ts";
import { indexArrayOf, type IndexNumbers, indexRoom } from "./index_array.ts";
import { valueMover, valueRoom } from "./values.ts";

/** The entries of an array: where each is, and where its value is in `values`. */
export interface Entries {
  readonly row: IndexNumbers;
  readonly col: IndexNumbers;
  readonly place: IndexNumbers;
  /** In native byte order. */
  readonly values: NDArray;
}

/**
 * Lists entries.
 *
 * @param count How many there are at most.
 * @param visitAll Visits all.
 * @param options `zeros`: whether to list those that are 0.
 */
export function listEntries(
  shape: SparseShape,
  count: number,
  values: NDArray,
  visitAll: (visit: Visit) => void,
  { zeros }: { readonly zeros: boolean },
): Entries {
  const row = indexRoom(count, limitOf(shape, count));
  const col = indexRoom(count, limitOf(shape, count));
  const place = indexRoom(count, values.size);
  const { isZero } = valueMover(values, values);
  let next = 0;
  visitAll((i, j, from) => {
    if (!zeros && isZero(from)) return;
    row[next] = i;
    col[next] = j;
    place[next++] = from;
  });
  return { row: row.subarray(0, next), col: col.subarray(0, next), place: place.subarray(0, next), values };
}

/** Entries as the parts of a `coo` array. */
export function coordinateParts({ row, col, place, values }: Entries): CoordinateParts {
  const data = valueRoom(values.dtype, [place.length]);
  const { copy } = valueMover(data, values);
  place.forEach((from, to) => copy(to, from));
  return { row: indexArrayOf(row), col: indexArrayOf(col), data };
}

/**
 * Entries as the parts of a `csr` or `csc` array. Within a row (column) they keep their order; with `summed` they are put in order of their columns
 * (rows), and those of one place are summed.
 *
 * @param along What is compressed: axis 0 for `csr`, 1 for `csc`.
 */
export function compressedParts(
  shape: SparseShape,
  { row, col, place, values }: Entries,
  along: 0 | 1,
  { summed }: { readonly summed: boolean },
): CompressedParts {
  const [majors, minors] = along === 0 ? [row, col] : [col, row];
  const count = place.length;
  const limit = limitOf(shape, count);
  const indptr = indexRoom(shape[along] + 1, limit);
  const order = sortedBy(majors, indptr, limit);
  const indices = indexRoom(count, limit);
  const data = valueRoom(values.dtype, [count]);
  const { copy, add } = valueMover(data, values);
  let next = 0;
  let begin = 0;
  for (let major = 0; major < shape[along]; major++) {
    const end = indptr[major + 1];
    if (summed) sortBy(minors, order.subarray(begin, end));
    const first = next;
    for (let i = begin; i < end; i++) {
      const minor = minors[order[i]];
      if (summed && next > first && indices[next - 1] === minor) add(next - 1, place[order[i]]);
      else {
        copy(next, place[order[i]]);
        indices[next++] = minor;
      }
    }
    begin = end;
    indptr[major + 1] = next;
  }
  return {
    data: next < count ? data.slice([0, next]) : data,
    indices: indexArrayOf(indices.subarray(0, next)),
    indptr: indexArrayOf(indptr),
  };
}

/** The entries' numbers in order of their row or column; fills `indptr`. Entries of one row keep their order. */
function sortedBy(majors: IndexNumbers, indptr: IndexNumbers, limit: number): IndexNumbers {
  for (let k = 0; k < majors.length; k++) indptr[majors[k] + 1]++;
  for (let major = 1; major < indptr.length; major++) indptr[major] += indptr[major - 1];
  const next = indptr.slice();
  const order = indexRoom(majors.length, limit);
  for (let k = 0; k < majors.length; k++) order[next[majors[k]]++] = k;
  return order;
}

/** Sorts entries' numbers in place by what they stand for. */
function sortBy(minors: IndexNumbers, order: IndexNumbers): void {
  for (let i = 1; i < order.length; i++) {
    if (minors[order[i]] >= minors[order[i - 1]]) continue;
    order.sort((a, b) => minors[a] - minors[b] || a - b);
    return;
  }
}

/** The largest number among the indices of an array. */
function limitOf([rows, columns]: SparseShape, count: number): number {
  return Math.max(rows, columns, count);
}
