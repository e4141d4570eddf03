/**
 * The entries of sparse arrays, one after the other, in the order in which scipy takes them; and arrays of other formats that are made of them.
 *
 * @module
 */
import { lengthOf } from "../../bytes.ts";
import { UnsupportedError } from "../../errors.ts";
import type { NDArray } from "../ndarray.ts";
import type {
  BlockParts,
  CompressedParts,
  CoordinateParts,
  DiagonalParts,
  SparseFormat,
  SparseParts,
  SparseShape,
} from "./parts.ts";
import { indexArrayOf, type IndexNumbers, indexRoom, numbersOf, valueMover, valueRoom } from "./values.ts";

/** Is given an entry's row and column, and where its value is among the items of `data`. */
export type Visit = (row: number, column: number, place: number) => void;

/** Visits all entries of an array of each format, those that are 0 too. */
export const VISIT_ENTRIES: {
  readonly [F in SparseFormat]: (shape: SparseShape, parts: SparseParts[F], visit: Visit) => void;
} = {
  csr: (_shape, parts, visit) => visitCompressed(parts, visit),
  csc: (_shape, parts, visit) => visitCompressed(parts, (column, row, place) => visit(row, column, place)),
  bsr: (_shape, parts, visit) => visitBlocks(parts, visit),
  coo: (_shape, { row, col }, visit) => {
    const [rows, columns] = [numbersOf("row", row), numbersOf("col", col)];
    for (let place = 0; place < row.size; place++) visit(rows[place], columns[place], place);
  },
  dia: ([rows, columns], { data, offsets }, visit) => {
    const [, length] = data.shape;
    numbersOf("offsets", offsets).forEach((offset, diagonal) => {
      const [first, end] = columnsOf(offset, rows, Math.min(columns, length));
      for (let column = first; column < end; column++) {
        visit(column - offset, column, diagonal * length + column);
      }
    });
  },
};

/** How many items of the shape lie on diagonals. */
export function diagonalSize([rows, columns]: SparseShape, { data, offsets }: DiagonalParts): number {
  let count = 0;
  for (const offset of numbersOf("offsets", offsets)) {
    const [first, end] = columnsOf(offset, rows, Math.min(columns, data.shape[1]));
    count += Math.max(0, end - first);
  }
  return count;
}

/** The columns that a diagonal crosses. */
function columnsOf(offset: number, rows: number, columns: number): [first: number, end: number] {
  return [Math.max(0, offset), Math.min(columns, rows + offset)];
}

function visitCompressed({ indices, indptr }: CompressedParts, visit: Visit): void {
  const [pointers, minors] = [numbersOf("indptr", indptr), numbersOf("indices", indices)];
  for (let major = 0; major + 1 < indptr.size; major++) {
    for (let place = pointers[major]; place < pointers[major + 1]; place++) {
      visit(major, minors[place], place);
    }
  }
}

function visitBlocks({ data, indices, indptr }: BlockParts, visit: Visit): void {
  const [, height, width] = data.shape;
  visitCompressed({ data, indices, indptr }, (row, column, block) => {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        visit(row * height + i, column * width + j, (block * height + i) * width + j);
      }
    }
  });
}

/** The entries of an array: where each is, and where its value is in `values`. */
export interface SparseEntries {
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
export function collectEntries(
  shape: SparseShape,
  count: number,
  values: NDArray,
  visitAll: (visit: Visit) => void,
  { zeros }: { readonly zeros: boolean },
): SparseEntries {
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

/** SparseEntries as the parts of a `coo` array. */
export function coordinateParts({ row, col, place, values }: SparseEntries): CoordinateParts {
  const data = valueRoom(values.dtype, [lengthOf(place)]);
  const { copy } = valueMover(data, values);
  place.forEach((from, to) => copy(to, from));
  return { row: indexArrayOf(row), col: indexArrayOf(col), data };
}

/**
 * SparseEntries as the parts of a `csr` or `csc` array. Within a row (column) they keep their order; with `summed` they are put in order of their columns
 * (rows), and those of one place are summed.
 *
 * @param along What is compressed: axis 0 for `csr`, 1 for `csc`.
 */
export function compressedParts(
  shape: SparseShape,
  { row, col, place, values }: SparseEntries,
  along: 0 | 1,
  { summed }: { readonly summed: boolean },
): CompressedParts {
  const [majors, minors] = along === 0 ? [row, col] : [col, row];
  const count = lengthOf(place);
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

/** The entries' numbers in order of their row or column; fills `indptr`. SparseEntries of one row keep their order. */
function sortedBy(majors: IndexNumbers, indptr: IndexNumbers, limit: number): IndexNumbers {
  const [count, pointers] = [lengthOf(majors), lengthOf(indptr)];
  for (let k = 0; k < count; k++) indptr[majors[k] + 1]++;
  for (let major = 1; major < pointers; major++) indptr[major] += indptr[major - 1];
  const next = indptr.slice();
  const order = indexRoom(count, limit);
  for (let k = 0; k < count; k++) order[next[majors[k]]++] = k;
  return order;
}

/** Sorts entries' numbers in place by what they stand for. */
function sortBy(minors: IndexNumbers, order: IndexNumbers): void {
  const count = lengthOf(order);
  for (let i = 1; i < count; i++) {
    if (minors[order[i]] >= minors[order[i - 1]]) continue;
    order.sort((a, b) => minors[a] - minors[b] || a - b);
    return;
  }
}

/** The largest number among the indices of an array. */
function limitOf([rows, columns]: SparseShape, count: number): number {
  return Math.max(rows, columns, count);
}

/**
 * A dense array of entries; those of one place are summed.
 *
 * @param values In native byte order.
 * @throws {UnsupportedError} when it does not fit into memory.
 */
export function denseOf(shape: SparseShape, values: NDArray, visitAll: (visit: Visit) => void): NDArray {
  const [rows, columns] = shape;
  let dense: NDArray;
  try {
    dense = valueRoom(values.dtype, shape);
  } catch (cause) {
    throw new UnsupportedError(
      `as a dense array, ${rows} rows and ${columns} columns of ${values.dtype} don't fit into memory: work with the parts`,
      { cause },
    );
  }
  const { add } = valueMover(dense, values);
  visitAll((row, column, place) => add(row * columns + column, place));
  return dense;
}
