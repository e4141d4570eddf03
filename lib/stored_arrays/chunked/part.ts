/**
 * Reads what a slice wants of one part of a chunked array, with one request.
 *
 * @module
 */
import type { Backend, ObjectReader, OnProgress } from "../../../backends/backend.ts";
import { type AxisRange, planBlocks } from "../../array/chunks/mod.ts";
import { copyItems, cStride, isCContiguous, itemCount } from "../../array/layout/mod.ts";
import { type NDArray, partsOf, type RawHeader } from "../../array/mod.ts";
import { allocate } from "../../bytes.ts";
import { withErrorKey } from "../../error_context.ts";
import { AccessDeniedError, IntegrityError, NotFoundError } from "../../errors.ts";
import { ByteCursor } from "./byte_cursor.ts";
import { type OnWarning, warnOncePerKind } from "../../warnings.ts";
import { checkLength, decodedItems, ignoresExcess, rawHeader } from "../raw.ts";
import { GENERATION_KEY } from "./metadata.ts";

/** Memory that reading a part takes beside its result, at most. */
export const BLOCK = 4 * 1024 * 1024;

/** A part, and what is known of it. */
export interface Part {
  /** Where it may be, the likeliest place first. */
  readonly places: readonly string[];
  /** Items along each axis. */
  readonly shape: readonly number[];
  /** Whether it is stored raw and in C order, as far as is known: then only the bytes that are wanted are asked for. */
  readonly raw: boolean;
}

/** The array that a part is of. */
export interface PartOf {
  readonly backend: Backend;
  /** The array's folder, for messages. */
  readonly folder: string;
  readonly dtype: NDArray["dtype"];
  /** Which upload its parts must be of, where that is known. */
  readonly generation?: string;
  /** Overrules the order that parts claim. */
  readonly order?: "stored" | "C" | "F";
}

/** Where the wanted items go. */
export interface Target {
  /** The memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Items from one to the next along each axis. */
  readonly stride: readonly number[];
  /** The first item, counted from the beginning of `bytes`. */
  readonly offset: number;
}

/** Options of {@linkcode readPart}. */
export interface PartOptions {
  readonly signal?: AbortSignal;
  readonly onWarning?: OnWarning;
  readonly onProgress?: OnProgress;
}

/**
 * Reads what is wanted of a part into its place.
 *
 * @param inside What is wanted, along each axis; at least one item.
 * @returns Whether the part is stored raw and in C order.
 * @throws {NotFoundError} when it is in none of its places.
 * @throws {IntegrityError} when it isn't what the array's metadata say, or corrupt.
 */
export async function readPart(
  array: PartOf,
  part: Part,
  inside: readonly AxisRange[],
  target: Target,
  options: PartOptions = {},
): Promise<boolean> {
  const { signal } = options;
  const span = part.raw ? spanOf(array, part, inside) : undefined;
  if (span) {
    const reader = await openPart(array, part, options, span);
    const plain = await withErrorKey(reader.info.key, async () => {
      const header = checkedHeader(array, part, reader, options);
      if (!isPlain(header)) return false;
      checkLength(header, reader.info.size);
      const stream = reader.stream(undefined, { signal });
      await copyBlocks(stream, span.offset, span.length, header, inside, target);
      return true;
    }).finally(() => reader.close());
    if (plain) return true;
    // It has been replaced by a compressed one since.
  }
  const reader = await openPart(array, part, options);
  return await withErrorKey(reader.info.key, async () => {
    const header = checkedHeader(array, part, reader, options);
    const { compression, byteLength } = header;
    if (compression !== false) {
      const items = decodedItems(reader, { ...header, compression }, signal);
      await copyBlocks(items, 0, byteLength, header, inside, target);
      return false;
    }
    checkLength(header, reader.info.size);
    const range = reader.info.size === byteLength ? undefined : { offset: 0, length: byteLength };
    if (isPlain(header) && isWhole(part, inside) && isCContiguous(part.shape, target.stride)) {
      const first = target.offset * partsOf(array.dtype).itemsize;
      await reader.read(range, { into: target.bytes.subarray(first, first + byteLength), signal });
    } else {
      await copyBlocks(reader.stream(range, { signal }), 0, byteLength, header, inside, target);
    }
    return isPlain(header);
  }).finally(() => reader.close());
}

/** The bytes from the first wanted item to the last; `undefined` when that is all of them. */
function spanOf(
  { dtype }: PartOf,
  { shape }: Part,
  inside: readonly AxisRange[],
): { offset: number; length: number } | undefined {
  const { itemsize } = partsOf(dtype);
  const stride = cStride(shape);
  const first = inside.reduce((sum, { start }, axis) => sum + start * stride[axis], 0);
  const reach = inside.reduce((sum, { step, count }, axis) => sum + step * (count - 1) * stride[axis], 1);
  return reach === itemCount(shape) ? undefined : { offset: first * itemsize, length: reach * itemsize };
}

async function openPart(
  { backend, folder }: PartOf,
  { places }: Part,
  { signal, onWarning, onProgress }: PartOptions,
  range?: { offset: number; length: number },
): Promise<ObjectReader> {
  for (const [i, key] of places.entries()) {
    try {
      // Not in parallel: however large the part is, it costs one request, and the store's checksum of the whole comes with it.
      return await backend.open(key, { range, signal, onWarning, onProgress });
    } catch (error) {
      // What is not there may be "access denied", to who may not list.
      const elsewhere = error instanceof NotFoundError || error instanceof AccessDeniedError;
      if (elsewhere && i < places.length - 1) continue;
      if (!(error instanceof NotFoundError)) throw error;
      throw new NotFoundError(
        `"${folder}" has lost its part "${places[0]}": if it has been replaced, open it again`,
        { key: places[0], bucket: error.bucket, cause: error },
      );
    }
  }
  throw new TypeError("a part has at least one place");
}

/** What a part says of itself, once it agrees with what the array says of it. */
function checkedHeader(
  array: PartOf,
  part: Part,
  reader: ObjectReader,
  { onWarning = warnOncePerKind }: PartOptions,
): RawHeader {
  const { metadata, key } = reader.info;
  const header = rawHeader(reader.info, array.order, onWarning);
  if (header.dtype !== array.dtype || header.shape.join() !== part.shape.join()) {
    throw new IntegrityError(
      `this part is ${header.dtype} of shape [${header.shape}], and by its metadata "${array.folder}" has ${array.dtype} of shape [${part.shape}] ` +
        "here: it was replaced, or is being replaced. Open the array again; what is in the part, downloadRawArray tells",
    );
  }
  const generation = metadata[GENERATION_KEY];
  if (array.generation === undefined || generation === array.generation) return header;
  if (generation !== undefined) {
    throw new IntegrityError(
      `this part is of another upload than the rest of "${array.folder}", which was replaced, or is being replaced. ` +
        "Open the array again; what is in the part, downloadRawArray tells",
    );
  }
  onWarning({
    kind: "metadata",
    key,
    message:
      `this part of "${array.folder}" was written after it by another program: parts may not belong together`,
  });
  return header;
}

function isPlain({ compression, order, shape }: RawHeader): boolean {
  return compression === false && (order === "C" || shape.filter((length) => length > 1).length < 2);
}

function isWhole({ shape }: Part, inside: readonly AxisRange[]): boolean {
  return inside.every(({ count }, axis) => count === shape[axis]);
}

/**
 * Copies what is wanted from a stream of items, block by block, to its place.
 *
 * @param start Which of the array's bytes the stream begins with.
 * @param length How many of them it has.
 */
async function copyBlocks(
  stream: ReadableStream<Uint8Array>,
  start: number,
  length: number,
  header: RawHeader,
  inside: readonly AxisRange[],
  target: Target,
): Promise<void> {
  const { itemsize } = partsOf(header.dtype);
  // In Fortran order everything is the mirror image.
  const mirrored = <T>(list: readonly T[]) => header.order === "F" ? list.toReversed() : list;
  const stride = mirrored(target.stride);
  const cursor = new ByteCursor(stream);
  let buffer = new Uint8Array();
  try {
    for (
      const block of planBlocks(mirrored(header.shape), mirrored(inside), itemsize, stride, {
        longest: BLOCK,
      })
    ) {
      const place = block.offset - start;
      const offset = target.offset + block.target;
      if (block.direct) {
        const first = offset * itemsize;
        await cursor.fill(place, target.bytes.subarray(first, first + block.length));
        continue;
      }
      if (buffer.length < block.length) buffer = allocate(block.length);
      const bytes = buffer.subarray(0, block.length);
      await cursor.fill(place, bytes);
      const { shape, stride: steps } = block;
      copyItems({ bytes, itemsize, shape, stride: steps, offset: 0 }, {
        bytes: target.bytes,
        stride,
        offset,
      });
    }
    const excess = await cursor.end(length);
    if (excess > 0 && !ignoresExcess(header)) {
      throw new IntegrityError(`there are more than the ${length} bytes that the metadata promise`);
    }
  } catch (error) {
    await cursor.cancel(error);
    throw error;
  } finally {
    // Parts follow each other quickly: what is left to be collected adds up.
    buffer.buffer.transfer?.(0);
  }
}
