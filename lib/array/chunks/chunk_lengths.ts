/**
 * How an array is cut into chunks.
 *
 * @module
 */
import { shown } from "../../error_context.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { Chunks } from "./grid.ts";
import { itemCount } from "../layout/mod.ts";

/**
 * How to cut: one length for all axes, or for each axis a length, the list of all lengths along it (as dask has them), or `null` for an
 * axis that stays whole.
 */
export type ChunkSpec = number | readonly (number | readonly number[] | null)[];

const MiB = 1024 * 1024;
/** The bounds that Python's cottoncandy sets. */
const MIN_BUFFER = 5 * MiB;
const MAX_BYTES = 5 * 1024 * 1024 * MiB;
const MAX_BUFFERS = 10_000;
/** More chunks than that are a mistake: each is an object, and a line of the metadata. */
export const MAX_CHUNKS = 1_000_000;

/**
 * The chunks that Python's cottoncandy cuts an array into, but for the empty one that it appends along each axis: the length along the
 * axis is `ceil(exp(ln buffersize - ln itemsize - Σ ln (other lengths)))`, in floating point, as Python computes it.
 *
 * Source: `upload_dask_array` of cottoncandy 0.4, by running it. Its own lengths vary by one between builds of numpy where the exact value is
 * a whole number, since the last bit of `exp` and `log` does.
 *
 * @param shape Items along each axis.
 * @param itemsize Bytes an item.
 * @param options `axis`: the axis to cut, negative ones counted from the end, default the last; `null` cuts all axes into chunks of equal
 * sides. `buffersize`: about how many bytes a chunk has, default 100 MiB.
 * @throws {InvalidArgumentError} when there is no such axis, or Python's limits are passed: `buffersize` of at least 5 MiB, fewer than 10,000
 * buffers, an array of less than 5 TiB.
 */
export function bufferChunks(
  shape: readonly number[],
  itemsize: number,
  options: { readonly axis?: number | null; readonly buffersize?: number } = {},
): Chunks {
  const { axis = -1, buffersize = 100 * MiB } = options;
  checkLimits(itemCount(shape) * itemsize, buffersize);
  const cut = axis === null ? undefined : normaliseAxis(shape.length, axis);
  let exponent = Math.log(buffersize) - Math.log(itemsize);
  if (axis === null) exponent /= shape.length;
  else {
    let others = 0;
    for (const [i, length] of shape.entries()) if (i !== cut) others += Math.log(length);
    exponent -= others;
  }
  const side = Math.ceil(Math.exp(exponent));
  return checkCount(
    shape.map((length, i) => axis === null || i === cut ? regular(length, side) : [length]),
  );
}

function checkLimits(nbytes: number, buffersize: number): void {
  if (!(buffersize >= MIN_BUFFER && buffersize < Infinity)) {
    throw new InvalidArgumentError(
      `buffersize is ${buffersize}: chunks have at least 5 MiB (${MIN_BUFFER} bytes); for smaller ones give chunks`,
    );
  }
  if (nbytes >= MAX_BYTES) {
    throw new InvalidArgumentError(`${nbytes} bytes: an array cut by buffersize has less than 5 TiB`);
  }
  const buffers = Math.ceil(nbytes / buffersize);
  if (buffers >= MAX_BUFFERS) {
    throw new InvalidArgumentError(
      `an array of ${nbytes} bytes is ${buffers} buffers of ${buffersize}: give a larger buffersize, for fewer than ${MAX_BUFFERS}`,
    );
  }
}

/**
 * Which axis a number names.
 *
 * @returns The axis from 0 on; `undefined` for the last axis of an array that has none.
 * @throws {InvalidArgumentError} when there is no such axis.
 */
export function normaliseAxis(ndim: number, axis: number): number | undefined {
  if (ndim === 0 && axis === -1) return undefined;
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    throw new InvalidArgumentError(`there is no axis ${axis} in an array of ${ndim} axes`);
  }
  return axis < 0 ? axis + ndim : axis;
}

/**
 * The chunks that were asked for.
 *
 * @throws {InvalidArgumentError} when they don't fit the shape.
 */
export function chunksFrom(shape: readonly number[], spec: ChunkSpec): Chunks {
  itemCount(shape);
  if (typeof spec === "number") return checkCount(shape.map((length) => regular(length, positive(spec))));
  if (!Array.isArray(spec) || spec.length !== shape.length) {
    throw new InvalidArgumentError(
      `chunks are one length, or a list with an entry for each of the ${shape.length} axes, not ${
        shown(spec)
      }`,
    );
  }
  return checkCount(shape.map((length, axis) => {
    const asked = spec[axis];
    if (asked === null) return [length];
    return Array.isArray(asked) ? listed(length, axis, asked) : regular(length, positive(asked));
  }));
}

function listed(length: number, axis: number, lengths: readonly number[]): readonly number[] {
  // Without a chunk along it there would be no array at all.
  if (length === 0 && lengths.every((each) => each === 0)) return [0];
  const sum = lengths.reduce((sum, each) => sum + positive(each), 0);
  if (sum !== length) {
    throw new InvalidArgumentError(
      `the chunks along axis ${axis} have ${sum} items together, but the array has ${length}`,
    );
  }
  return [...lengths];
}

function positive(length: number): number {
  if (!Number.isSafeInteger(length) || length < 1) {
    throw new InvalidArgumentError(`a chunk's length is a whole number of at least 1, not ${length}`);
  }
  return length;
}

/** Chunks of one length, the last one shorter. An axis of length 0 has one chunk, which is empty. */
function regular(length: number, side: number): number[] {
  if (length <= side) return [length];
  // Before the list is made, which would take all memory.
  if (length / side > MAX_CHUNKS) throw tooManyChunksError(Math.ceil(length / side));
  const lengths = new Array<number>(Math.floor(length / side)).fill(side);
  if (length % side > 0) lengths.push(length % side);
  return lengths;
}

function checkCount(chunks: Chunks): Chunks {
  const count = chunks.reduce((product, lengths) => product * lengths.length, 1);
  if (count > MAX_CHUNKS) throw tooManyChunksError(count);
  return chunks;
}

function tooManyChunksError(count: number): InvalidArgumentError {
  return new InvalidArgumentError(
    `${count} chunks are more than ${MAX_CHUNKS}, and each is an object of its own: make them larger`,
  );
}
