/**
 * Sparse arrays as scipy has them: the parts of each format under scipy's names, checked, as dense arrays and in other formats.
 *
 * Source: the documentation of `scipy.sparse`, and running it.
 *
 * @module
 */
import { InvalidArgumentError } from "../../errors.ts";
import type { DType } from "../dtype/mod.ts";
import { headerText, type NDArray } from "../ndarray.ts";
import { builtParts, type DokArray, type LilArray } from "./builders.ts";
import {
  collectEntries,
  compressedParts,
  coordinateParts,
  denseOf,
  diagonalSize,
  type SparseEntries,
  VISIT_ENTRIES,
} from "./entries.ts";
import {
  CHECK_PARTS,
  checkShape,
  type CompressedParts,
  isSparseFormat,
  PART_NAMES,
  type SparseFormat,
  type SparseParts,
  type SparsePartsInput,
  type SparseShape,
} from "./parts.ts";

/** A sparse array as a plain record of what {@linkcode SparseArray} is made from. */
export interface SparseRecord<F extends SparseFormat = SparseFormat> {
  /** How it is kept. */
  readonly format: F;
  /** Rows and columns. */
  readonly shape: readonly number[];
  /** Its parts. */
  readonly parts: SparsePartsInput[F];
}

/** Whatever can be taken as a sparse array: one, its format, shape and parts, or one that is built up by rows (`lil`) or by places (`dok`). */
export type SparseInput =
  | SparseArray
  | { [F in SparseFormat]: SparseRecord<F> }[SparseFormat]
  | LilArray
  | DokArray;

/** What `console.log` asks an object for, in Deno, Node and Bun. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/**
 * A sparse array of two axes: a format, a shape, and parts under scipy's names. Its parts fit the shape and each other; they must not be changed
 * so that they don't.
 *
 * As in scipy, entries may be 0, and of entries at the same place the sum counts.
 *
 * @category Arrays
 * @example
 * ```ts
 * import { SparseArray } from "@cottoncandy/cottoncandy/sparse";
 *
 * const links = new SparseArray("csr", [2, 3], { data: [1, 2, 3], indices: [0, 2, 1], indptr: [0, 2, 3] });
 * console.assert(links.dtype === "<f8" && links.nnz === 3);
 * console.assert(links.toDense().toNested().toString() === "1,0,2,0,3,0");
 * console.assert([...links.toCsc().parts.indices].join() === "0,1,0");
 * ```
 */
export class SparseArray<F extends SparseFormat = SparseFormat> {
  /** How it is kept. */
  readonly format: F;
  /** Rows and columns. */
  readonly shape: SparseShape;
  /** Its parts; those of `csr` are `data`, `indices` and `indptr`. Views of what was given, where that is in C order. */
  readonly parts: SparseParts[F];

  /**
   * Makes a sparse array, once its parts have proved to fit.
   *
   * @param parts Values may be numbers or truth values of any dtype; indices of any integer dtype, kept as `<i4` or `<i8`.
   * @throws {InvalidArgumentError} when the parts don't fit the shape or each other: lengths that differ, an `indptr` that goes down, an index outside of the
   * shape or beyond 2⁵³.
   * @throws {UnsupportedError} when the values are no numbers.
   */
  constructor(format: F, shape: readonly number[], parts: SparsePartsInput[F]) {
    if (!isSparseFormat(format)) {
      throw new InvalidArgumentError(
        `${JSON.stringify(format)} is no format of sparse arrays: use ${Object.keys(PART_NAMES).join(", ")}`,
      );
    }
    this.format = format;
    this.shape = checkShape(shape);
    if (typeof parts !== "object" || parts === null) {
      throw new InvalidArgumentError(
        `a ${format} array is made of its parts: ${PART_NAMES[format].join(", ")}`,
      );
    }
    this.parts = CHECK_PARTS[format](this.shape, parts);
  }

  /** What the values are. */
  get dtype(): DType {
    return this.parts.data.dtype;
  }

  /** How many entries are stored: those that are 0 count, and each of those at the same place. */
  get nnz(): number {
    return this.is("dia") ? diagonalSize(this.shape, this.parts) : this.parts.data.size;
  }

  /** Whether it is of this format; narrows the type. */
  is<G extends SparseFormat>(format: G): this is SparseArray<G> {
    const own: SparseFormat = this.format;
    return own === format;
  }

  /**
   * All items, those that are 0 too, in an array of the same dtype in native byte order. Entries at the same place are summed as numpy adds: integers wrap
   * around, `true` and `true` is `true`.
   *
   * @throws {UnsupportedError} when it does not fit into memory.
   */
  toDense(): NDArray {
    const { format, shape, parts } = this;
    return denseOf(shape, parts.data.toNative(), (visit) => VISIT_ENTRIES[format](shape, parts, visit));
  }

  /**
   * The same array by compressed rows; itself if it is kept so. From `coo` and `dia` columns come in order and entries of the same place are summed; from
   * `csc` columns come in order, and from `bsr` in that of its blocks, and nothing is summed. Values come in native byte order, indices as `<i4` where that holds
   * them.
   */
  toCsr(): SparseArray<"csr"> {
    return this.is("csr") ? this : new SparseArray("csr", this.shape, this.#compressed(0));
  }

  /**
   * The same array by compressed columns; itself if it is kept so. Rows come in order. From `coo` and `dia` entries of the same place are summed, from
   * `csr` and `bsr` they are not. Values come in native byte order, indices as `<i4` where that holds them.
   */
  toCsc(): SparseArray<"csc"> {
    if (this.is("bsr")) return this.toCsr().toCsc();
    return this.is("csc") ? this : new SparseArray("csc", this.shape, this.#compressed(1));
  }

  /**
   * The same array by coordinates; itself if it is kept so. Entries come in the order in which they are stored, and are not summed; of a `dia` array those that are
   * 0 are left out. Values come in native byte order, indices as `<i4` where that holds them.
   */
  toCoo(): SparseArray<"coo"> {
    return this.is("coo") ? this : new SparseArray("coo", this.shape, coordinateParts(this.#entries()));
  }

  /** What it is: `SparseArray("csr", shape=(2, 3), dtype=float64, nnz=3)`. What consoles show, too. */
  toString(): string {
    return headerText(["SparseArray", JSON.stringify(this.format)], this, [`nnz=${this.nnz}`]);
  }

  /** What it is, without its items: those are in `toDense()` and `parts`. */
  toJSON(): { readonly format: F; readonly shape: SparseShape; readonly dtype: DType; readonly nnz: number } {
    const { format, shape, dtype, nnz } = this;
    return { format, shape, dtype, nnz };
  }

  /** What consoles show. */
  [INSPECT](): string {
    return this.toString();
  }

  #compressed(along: 0 | 1): CompressedParts {
    const summed = this.is("coo") || this.is("dia");
    return compressedParts(this.shape, this.#entries(), along, { summed });
  }

  #entries(): SparseEntries {
    const { format, shape, parts, nnz } = this;
    const values = parts.data.toNative();
    // A diagonal has zeros only because it has to have something there.
    const zeros = format !== "dia";
    return collectEntries(shape, nnz, values, (visit) => VISIT_ENTRIES[format](shape, parts, visit), {
      zeros,
    });
  }
}

/**
 * Takes whatever can be taken as a sparse array. What is built up by rows or by places becomes `csr`.
 *
 * @throws {InvalidArgumentError} when it is none, or its parts don't fit.
 *
 * @example
 * ```ts
 * import { asSparseArray } from "@cottoncandy/cottoncandy/sparse";
 *
 * const entries = new Map<[number, number], number>([[[0, 2], 0.5], [[0, 0], 1.5]]);
 * const weights = asSparseArray({ format: "dok", shape: [1, 3], entries });
 * console.assert(weights.is("csr") && [...weights.parts.indices].join() === "0,2");
 * const rows = [{ indices: [1], data: [true] }, { indices: [], data: [] }];
 * console.assert(asSparseArray({ format: "lil", shape: [2, 2], rows }).dtype === "|b1");
 * ```
 */
export function asSparseArray(input: SparseInput): SparseArray {
  if (input instanceof SparseArray) return input;
  if (typeof input !== "object" || input === null) {
    throw new InvalidArgumentError("a sparse array is a SparseArray, or { format, shape, parts }");
  }
  if (input.format === "lil" || input.format === "dok") {
    return new SparseArray("csr", input.shape, builtParts(input));
  }
  return fromRecord(input);
}

function fromRecord<F extends SparseFormat>({ format, shape, parts }: SparseRecord<F>): SparseArray<F> {
  return new SparseArray(format, shape, parts);
}

const PARTS: {
  readonly [F in SparseFormat]: (part: (name: string) => NDArray) => SparsePartsInput[F];
} = {
  csr: compressedInput,
  csc: compressedInput,
  bsr: compressedInput,
  coo: (part) => ({ row: part("row"), col: part("col"), data: part("data") }),
  dia: (part) => ({ data: part("data"), offsets: part("offsets") }),
};

function compressedInput(part: (name: string) => NDArray): SparsePartsInput["csr"] {
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
