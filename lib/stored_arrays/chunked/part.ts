/**
 * Reads what a slice wants of one part of a chunked array, with one request.
 *
 * @module
 */
import type {
  Backend,
  ObjectHead,
  ObjectReader,
  OnProgress,
  RequestOptions,
} from "../../../backends/backend.ts";
import { type AxisRange, planBlocks } from "../../array/chunks/mod.ts";
import { copyItems, cStride, isCContiguous, itemCount } from "../../array/layout/mod.ts";
import { partsOf } from "../../array/dtype/mod.ts";
import { parseRawMetadata } from "../../array/formats/mod.ts";
import type { NDArray, RawHeader } from "../../array/mod.ts";
import { allocate, detach } from "../../bytes.ts";
import { withErrorKey } from "../../error_context.ts";
import { AccessDeniedError, IntegrityError, NotFoundError } from "../../errors.ts";
import { ByteCursor } from "../byte_cursor.ts";
import type { OnWarning } from "../../warnings.ts";
import type { CodecStages } from "../codec_stages.ts";
import { checkGeneration, lostPartError } from "../folder.ts";
import { ignoresExcess, itemRange, itemStream, rawHeader } from "../raw_items.ts";

/** Memory that reading a part takes beside its result, at most. */
export const PART_BLOCK = 4 * 1024 * 1024;

/** A part, and what is known of it. */
export interface Part {
  /** Where it may be, the likeliest place first. */
  readonly keys: readonly string[];
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
export interface PartTarget {
  /** The memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Items from one to the next along each axis. */
  readonly stride: readonly number[];
  /** The first item, counted from the beginning of `bytes`. */
  readonly offset: number;
}

/** Options of {@linkcode readPart}. */
export interface PartOptions {
  /** What decodes it. */
  readonly codecs: CodecStages;
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
  target: PartTarget,
  options: PartOptions,
): Promise<boolean> {
  const { signal, codecs } = options;
  const span = part.raw ? spanOf(array, part, inside) : undefined;
  const reader = await openPart(array, part, options, span);
  const isPlain = await withErrorKey(reader.info.key, async () => {
    const header = checkedHeader(array, part, reader.info, options);
    const { compression, byteLength } = header;
    const plain = compression === false && isInCOrder(header);
    // It has been replaced by a compressed one since.
    if (span && !plain) return undefined;
    if (plain && !span && isWhole(part, inside) && isCContiguous(part.shape, target.stride)) {
      const first = target.offset * partsOf(array.dtype).itemsize;
      const into = target.bytes.subarray(first, first + byteLength);
      await reader.read(itemRange(reader, header), { into, signal });
    } else {
      const items = span ? reader.stream(undefined, { signal }) : itemStream(reader, header, signal, codecs);
      await copyBlocks(items, span ?? { offset: 0, length: byteLength }, header, inside, target);
    }
    return plain;
  }).finally(() => reader.close());
  return isPlain ?? await readPart(array, { ...part, raw: false }, inside, target, options);
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

/** How a part is compressed, by its metadata. */
export async function partCodec(
  { backend, folder }: Pick<PartOf, "backend" | "folder">,
  keys: readonly string[],
  options: RequestOptions,
): Promise<string | false> {
  const head = await partHead({ backend, folder }, keys, options);
  return await withErrorKey(head.key, () => parseRawMetadata(head.metadata).compression);
}

/**
 * Whether a part says of itself what the array says of it.
 *
 * @throws {NotFoundError} when it is in none of its places.
 * @throws {IntegrityError} when it is another one.
 */
export async function checkPart(array: PartOf, part: Part, options: RequestOptions): Promise<void> {
  const head = await partHead(array, part.keys, options);
  await withErrorKey(head.key, () => void checkedHeader(array, part, head, options));
}

async function partHead(
  { backend, folder }: Pick<PartOf, "backend" | "folder">,
  keys: readonly string[],
  options: RequestOptions,
): Promise<ObjectHead> {
  for (const key of keys) {
    const head = await backend.head(key, options);
    if (head) return head;
  }
  throw lostPartError(folder, keys[0], new NotFoundError("there is no such object", { key: keys[0] }));
}

async function openPart(
  { backend, folder }: PartOf,
  { keys }: Part,
  { signal, onWarning, onProgress }: PartOptions,
  range?: { offset: number; length: number },
): Promise<ObjectReader> {
  for (const [i, key] of keys.entries()) {
    try {
      // Not in parallel: however large the part is, it costs one request, and the store's checksum of the whole comes with it.
      return await backend.open(key, { range, signal, onWarning, onProgress });
    } catch (error) {
      // What is not there may be "access denied", to who may not list.
      const elsewhere = error instanceof NotFoundError || error instanceof AccessDeniedError;
      if (elsewhere && i < keys.length - 1) continue;
      throw error instanceof NotFoundError ? lostPartError(folder, keys[0], error) : error;
    }
  }
  throw new TypeError("a part has at least one key");
}

/** What a part says of itself, once it agrees with what the array says of it. */
function checkedHeader(
  array: PartOf,
  part: Part,
  info: ObjectHead,
  { onWarning }: RequestOptions,
): RawHeader {
  const header = rawHeader(info, array.order, onWarning);
  if (header.dtype !== array.dtype || header.shape.join() !== part.shape.join()) {
    throw new IntegrityError(
      `this part is ${header.dtype} of shape [${header.shape}], and by its metadata "${array.folder}" has ${array.dtype} of shape [${part.shape}] ` +
        "here: it was replaced, or is being replaced. Open the array again; what is in the part, downloadRawArray tells",
    );
  }
  if (array.generation !== undefined) {
    checkGeneration(array.folder, array.generation, info, onWarning);
  }
  return header;
}

function isInCOrder({ order, shape }: RawHeader): boolean {
  return order === "C" || shape.filter((length) => length > 1).length < 2;
}

function isWhole({ shape }: Part, inside: readonly AxisRange[]): boolean {
  return inside.every(({ count }, axis) => count === shape[axis]);
}

/** Copies what is wanted from a stream of items, block by block, to its place. `span`: which of the array's bytes the stream has. */
async function copyBlocks(
  stream: ReadableStream<Uint8Array>,
  span: { readonly offset: number; readonly length: number },
  header: RawHeader,
  inside: readonly AxisRange[],
  target: PartTarget,
): Promise<void> {
  const { itemsize } = partsOf(header.dtype);
  // In Fortran order everything is the mirror image.
  const mirrored = <T>(list: readonly T[]) => header.order === "F" ? list.toReversed() : list;
  const stride = mirrored(target.stride);
  const cursor = new ByteCursor(stream);
  let buffer = new Uint8Array();
  try {
    const options = { longest: PART_BLOCK };
    for (const block of planBlocks(mirrored(header.shape), mirrored(inside), itemsize, stride, options)) {
      const place = block.offset - span.offset;
      const offset = target.offset + block.target;
      if (block.direct) {
        const first = offset * itemsize;
        await cursor.fill(place, target.bytes.subarray(first, first + block.length));
        continue;
      }
      if (buffer.byteLength < block.length) buffer = allocate(block.length);
      const bytes = buffer.subarray(0, block.length);
      await cursor.fill(place, bytes);
      const source = { bytes, itemsize, shape: block.shape, stride: block.stride, offset: 0 };
      copyItems(source, { bytes: target.bytes, stride, offset });
    }
    const excess = await cursor.end(span.length);
    if (excess > 0 && !ignoresExcess(header)) {
      throw new IntegrityError(`there are more than the ${span.length} bytes that the metadata promise`);
    }
  } catch (error) {
    await cursor.cancel(error);
    throw error;
  } finally {
    // Parts follow each other quickly: what is left to be collected adds up.
    detach(buffer.buffer);
  }
}
