import type { NDArray } from "../ndarray.ts";
import { SparseArray } from "../sparse.ts";
import type { SparseFormat, SparsePartsInput } from "./format.ts";

const PARTS: {
  readonly [F in SparseFormat]: (part: (name: string) => NDArray) => SparsePartsInput[F];
} = {
  csr: compressed,
  csc: compressed,
  bsr: compressed,
  coo: (part) => ({ row: part("row"), col: part("col"), data: part("data") }),
  dia: (part) => ({ data: part("data"), offsets: part("offsets") }),
};

function compressed(part: (name: string) => NDArray): SparsePartsInput["csr"] {
  return { data: part("data"), indices: part("indices"), indptr: part("indptr") };
}

/**
 * Makes a sparse array of parts that are known by their names.
 *
 * @throws {InvalidArgumentError} and {@linkcode UnsupportedError} as `SparseArray`.
 */
export function assembleSparse<F extends SparseFormat>(
  format: F,
  shape: readonly number[],
  part: (name: string) => NDArray,
): SparseArray<F> {
  return new SparseArray(format, shape, PARTS[format](part));
}
