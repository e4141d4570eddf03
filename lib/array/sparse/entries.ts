/**
 * The entries of sparse arrays, one after the other, in the order in which scipy takes them.
 *
 * @module
 */
import type { BlockParts, CompressedParts, SparseFormat, SparseParts, SparseShape } from "./format.ts";
import { numbersOf } from "./index_array.ts";

/** Is given an entry's row and column, and where its value is among the items of `data`. */
export type Visit = (row: number, column: number, place: number) => void;

/** Visits all entries of an array of each format, those that are 0 too. */
export const VISIT: {
  readonly [F in SparseFormat]: (shape: SparseShape, parts: SparseParts[F], visit: Visit) => void;
} = {
  csr: (_shape, parts, visit) => visitCompressed(parts, visit),
  csc: (_shape, parts, visit) => visitCompressed(parts, (column, row, place) => visit(row, column, place)),
  bsr: (_shape, parts, visit) => visitBlocks(parts, visit),
  coo: (_shape, { row, col }, visit) => {
    const [rows, columns] = [numbersOf("row", row), numbersOf("col", col)];
    for (let place = 0; place < rows.length; place++) visit(rows[place], columns[place], place);
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

/** How many entries an array of each format has, those that are 0 too. */
export const COUNT: {
  readonly [F in SparseFormat]: (shape: SparseShape, parts: SparseParts[F]) => number;
} = {
  csr: (_shape, { data }) => data.size,
  csc: (_shape, { data }) => data.size,
  bsr: (_shape, { data }) => data.size,
  coo: (_shape, { data }) => data.size,
  dia: ([rows, columns], { data, offsets }) => {
    let count = 0;
    for (const offset of numbersOf("offsets", offsets)) {
      const [first, end] = columnsOf(offset, rows, Math.min(columns, data.shape[1]));
      count += Math.max(0, end - first);
    }
    return count;
  },
};

/** The columns that a diagonal crosses. */
function columnsOf(offset: number, rows: number, columns: number): [first: number, end: number] {
  return [Math.max(0, offset), Math.min(columns, rows + offset)];
}

function visitCompressed({ indices, indptr }: CompressedParts, visit: Visit): void {
  const [pointers, minors] = [numbersOf("indptr", indptr), numbersOf("indices", indices)];
  for (let major = 0; major + 1 < pointers.length; major++) {
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
