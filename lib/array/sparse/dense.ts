/**
 * Sparse arrays as dense ones.
 *
 * @module
 */
import { UnsupportedError } from "../../errors.ts";
import type { NDArray } from "../ndarray.ts";
import type { Visit } from "./entries.ts";
import type { SparseShape } from "./format.ts";
import { valueMover, valueRoom } from "./values.ts";

/**
 * A dense array of entries; those of one place are summed.
 *
 * @param values In native byte order.
 * @throws {UnsupportedError} when it does not fit into memory.
 */
export function denseOf(shape: SparseShape, values: NDArray, visitAll: (visit: Visit) => void): NDArray {
  const dense = room(shape, values);
  const { add } = valueMover(dense, values);
  const [, columns] = shape;
  visitAll((row, column, place) => add(row * columns + column, place));
  return dense;
}

function room(shape: SparseShape, { dtype }: NDArray): NDArray {
  try {
    return valueRoom(dtype, shape);
  } catch (cause) {
    throw new UnsupportedError(
      `as a dense array, ${shape[0]} rows and ${
        shape[1]
      } columns of ${dtype} don't fit into memory: work with the parts`,
      { cause },
    );
  }
}
