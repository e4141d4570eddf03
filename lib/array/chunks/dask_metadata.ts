/**
 * What `metadata.json` says of a chunked array: which object holds which chunk.
 *
 * Source: what `upload_dask_array` of cottoncandy 0.4 writes, by running it.
 *
 * @module
 */
import { parseStored } from "../../error_context.ts";
import { IntegrityError } from "../../errors.ts";
import { type DType, type Field, parseDescr, partsOf } from "../dtype/mod.ts";
import { itemCount } from "../layout/mod.ts";
import { type Chunks, Grid } from "./grid.ts";

/** A chunked array, as its metadata describe it. */
export interface DaskMetadata {
  /** What the items are. */
  readonly dtype: DType;
  /** The fields of a structured dtype, where they are told. */
  readonly fields?: readonly Field[];
  /** The chunks. */
  readonly grid: Grid;
  /** The name of the object that holds each chunk, by the chunk's number; empty chunks may lack one. */
  readonly parts: ReadonlyMap<number, string>;
}

/** {@linkcode DaskMetadata} as they are stored: the order of the keys is Python's. */
export interface StoredDaskMetadata {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly dask: readonly (readonly [index: readonly number[], name: string])[];
  readonly chunk_sizes: readonly (readonly number[])[];
  readonly chunks: Chunks;
}

/**
 * The metadata of an array, ready to be written as JSON.
 *
 * @param nameOf The full key of the object that holds the chunk of a number.
 */
export function daskMetadata(
  dtype: DType,
  grid: Grid,
  nameOf: (number: number) => string,
): StoredDaskMetadata {
  const cells = [...grid.cells()];
  return {
    shape: grid.shape,
    dtype,
    dask: cells.map(({ index, number }) => [index, nameOf(number)]),
    chunk_sizes: cells.map(({ shape }) => shape),
    chunks: grid.chunks,
  };
}

/**
 * Reads the metadata of an array, and makes sure that they agree with themselves.
 *
 * @param json What the JSON holds.
 * @throws {IntegrityError} when it doesn't describe a chunked array, or contradicts itself.
 * @throws {UnsupportedError} when the dtype can't be used here.
 */
export function parseDaskMetadata(json: unknown): DaskMetadata {
  const entries = jsonEntriesOf(json);
  const shape = parseLengths(entries.get("shape"), "shape");
  const { dtype, fields } = parseStoredDType(entries.get("dtype"));
  const bytes = parseStored("shape", () => itemCount(shape)) * partsOf(dtype).itemsize;
  if (!Number.isSafeInteger(bytes)) {
    throw notChunkedError(`an array of shape [${shape}] and dtype ${dtype} can't be`);
  }
  const chunks = parseChunks(entries.get("chunks"), shape);
  const grid = new Grid(chunks);
  const parts = parseParts(entries.get("dask"), entries.get("chunk_sizes"), grid);
  return { dtype, ...(fields && { fields }), grid, parts };
}

function jsonEntriesOf(json: unknown): Map<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw notChunkedError("it is no object");
  }
  return new Map(Object.entries(json));
}

function parseStoredDType(value: unknown): { dtype: DType; fields?: readonly Field[] } {
  if (typeof value !== "string" && !Array.isArray(value)) throw notChunkedError("there is no dtype");
  const { dtype, fields, shape } = parseStored("dtype", () => parseDescr(value));
  if (shape.length > 0) throw notChunkedError("the dtype has a shape of its own");
  return { dtype, fields };
}

function parseLengths(value: unknown, what: string): number[] {
  const numbers: number[] = [];
  for (const length of Array.isArray(value) ? value : [undefined]) {
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
      throw notChunkedError(`${what} is ${brief(value)}, and not a list of lengths`);
    }
    numbers.push(length);
  }
  return numbers;
}

function parseChunks(value: unknown, shape: readonly number[]): Chunks {
  if (!Array.isArray(value) || value.length !== shape.length) {
    throw notChunkedError(`chunks are no lists for each of the ${shape.length} axes`);
  }
  return shape.map((length, axis) => {
    const along = parseLengths(value[axis], `chunks along axis ${axis}`);
    const sum = along.reduce((sum, each) => sum + each, 0);
    if (sum !== length) {
      throw notChunkedError(
        `the chunks along axis ${axis} have ${sum} items together, but the array has ${length}`,
      );
    }
    return along;
  });
}

function parseParts(dask: unknown, sizes: unknown, grid: Grid): Map<number, string> {
  if (!Array.isArray(dask)) throw notChunkedError("there is no list of parts (dask)");
  if (sizes !== undefined && !(Array.isArray(sizes) && sizes.length === dask.length)) {
    throw notChunkedError("chunk_sizes don't list the shape of each part");
  }
  const parts = new Map<number, string>();
  let filled = 0;
  for (const [i, entry] of dask.entries()) {
    const { index, name } = parsePart(entry, grid);
    const shape = index.map((place, axis) => grid.chunks[axis][place]);
    if (sizes && parseLengths(sizes[i], "chunk_sizes").join() !== shape.join()) {
      throw notChunkedError(
        `the part "${name}" has shape [${sizes[i]}] by chunk_sizes, and [${shape}] by chunks`,
      );
    }
    const number = grid.number(index);
    if (parts.has(number)) throw notChunkedError(`two parts hold the chunk [${index}]`);
    parts.set(number, name);
    if (!shape.includes(0)) filled++;
  }
  const needed = grid.chunks.reduce((count, along) => count * along.filter((n) => n > 0).length, 1);
  if (filled !== needed) throw notChunkedError(`there are ${filled} parts for ${needed} chunks`);
  return parts;
}

function parsePart(entry: unknown, { chunks }: Grid): { index: number[]; name: string } {
  if (Array.isArray(entry) && entry.length === 2) {
    const [place, name]: unknown[] = entry;
    if (Array.isArray(place) && place.length === chunks.length && typeof name === "string") {
      const index = parseLengths(place, "a part's index");
      if (index.every((i, axis) => i < chunks[axis].length)) return { index, name };
    }
  }
  throw notChunkedError(
    `${brief(entry)} is no part of a grid of [${chunks.map((along) => along.length)}] chunks`,
  );
}

function brief(value: unknown): string {
  return String(JSON.stringify(value, (_key, part) => typeof part === "bigint" ? String(part) : part))
    .slice(0, 80);
}

function notChunkedError(what: string): IntegrityError {
  return new IntegrityError(`the metadata describe no chunked array: ${what}`);
}
