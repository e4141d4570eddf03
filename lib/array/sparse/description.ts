/**
 * What `metadata.json` says of a sparse array.
 *
 * Source: what `upload_sparse_array` of cottoncandy 0.4 writes, by running it; and what its oldest versions wrote.
 *
 * @module
 */
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import { isLength, isSparseFormat, PART_NAMES, type SparseFormat, type SparseShape } from "./parts.ts";

/** A sparse array as it is described; the order of the keys is Python's. */
export interface StoredSparse {
  /** Its format. */
  readonly type: SparseFormat;
  /** The names of its parts. */
  readonly attrs: readonly string[];
  /** Rows and columns. */
  readonly shape: SparseShape;
}

/** What is read of a description. */
export interface SparseDescription {
  /** Its format. */
  readonly format: SparseFormat;
  /** Rows and columns; `undefined` when they are a part of their own, as in 2016. */
  readonly shape: SparseShape | undefined;
}

/** Describes an array, ready to be written as JSON. */
export function describeSparse(format: SparseFormat, shape: SparseShape): StoredSparse {
  return { type: format, attrs: PART_NAMES[format], shape };
}

/**
 * Reads a description.
 *
 * @param json What the JSON holds.
 * @throws {IntegrityError} when it describes no sparse array.
 * @throws {UnsupportedError} when the array is of a format that is not known, or has other than two axes.
 */
export function parseSparse(json: unknown): SparseDescription {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw descriptionError("it is no object");
  }
  const entries = new Map<string, unknown>(Object.entries(json));
  const type = entries.get("type");
  if (typeof type !== "string") {
    throw descriptionError(
      entries.has("dask") ? "it is that of a chunked array: use downloadDaskArray" : "it has no type",
    );
  }
  if (!isSparseFormat(type)) {
    throw new UnsupportedError(
      `sparse arrays of type ${JSON.stringify(type.slice(0, 40))} can't be read: only ${
        Object.keys(PART_NAMES).join(", ")
      }`,
    );
  }
  const attrs: unknown = entries.get("attrs");
  if (!Array.isArray(attrs)) throw descriptionError("it lists no parts (attrs)");
  const missing = PART_NAMES[type].filter((name) => !attrs.includes(name));
  if (missing.length > 0) {
    throw descriptionError(
      `an array of type ${type} needs parts that it does not list: ${missing.join(", ")}`,
    );
  }
  if (!entries.has("shape") && attrs.includes("shape")) return { format: type, shape: undefined };
  return { format: type, shape: parseSparseShape(entries.get("shape")) };
}

/**
 * Reads a shape.
 *
 * @throws {IntegrityError} when it is none.
 * @throws {UnsupportedError} when it has other than two axes.
 */
export function parseSparseShape(value: unknown): SparseShape {
  if (!Array.isArray(value) || !value.every(isLength)) {
    throw descriptionError("its shape is no list of lengths");
  }
  if (value.length !== 2) {
    throw new UnsupportedError(`a sparse array of ${value.length} axes can't be read: only those of two`);
  }
  return [value[0], value[1]];
}

function descriptionError(what: string): IntegrityError {
  return new IntegrityError(`the metadata describe no sparse array: ${what}`);
}
