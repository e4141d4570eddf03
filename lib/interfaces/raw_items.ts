/**
 * What all readers of raw arrays share: the header, and the items as a stream.
 *
 * @module
 */
import type { ObjectHead, ObjectReader } from "../../backends/backend.ts";
import type { CodecName } from "../../codecs/codec.ts";
import { codecNamed, compress } from "../../codecs/mod.ts";
import { bytesOf, contiguousBytes, type NDArray, parseRawMetadata, type RawHeader } from "../array/mod.ts";
import { IntegrityError } from "../errors.ts";
import { checkPlain } from "./plain.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";

/** An array's items as an object's body; `size` is its length where that is known before it is made. */
export function itemsBody(
  array: NDArray,
  codec: CodecName | false,
  level: number | undefined,
): { body: Uint8Array | ReadableStream<Uint8Array>; size?: number } {
  const size = array.nbytes;
  if (codec === false) return { body: contiguousBytes(array) ?? bytesOf(array), size };
  return { body: bytesOf(array).pipeThrough(compress(codec, { level, size })) };
}

/** What an object's metadata say of the array that it holds; warns where their order looks wrong. */
export function rawHeader(
  info: ObjectHead,
  order: "stored" | "C" | "F" | undefined,
  onWarning: OnWarning = warnOncePerKind,
): RawHeader {
  const { key } = info;
  checkPlain(info);
  const header = headerOf(info, order);
  if (header.suspectOrder && (order ?? "stored") === "stored") {
    onWarning({
      kind: "suspect-order",
      key,
      message:
        "this array says Fortran order, but Python's cottoncandy writes C order and mislabels read-only arrays: if it looks scrambled, " +
        'read it with { order: "C" }',
    });
  }
  return header;
}

function headerOf(
  { metadata, metadataNote }: ObjectHead,
  order: "stored" | "C" | "F" | undefined,
): RawHeader {
  try {
    return parseRawMetadata(metadata, { order });
  } catch (error) {
    const missing = Object.keys(metadata).length === 0;
    if (!missing || metadataNote === undefined || !(error instanceof IntegrityError)) throw error;
    throw new IntegrityError(`${error.message}. ${metadataNote}`, { cause: error });
  }
}

/** Whether bytes after the items are ignored, as Python ignores them in raw and gzip objects: such objects may exist. */
export function ignoresExcess({ compression }: RawHeader): boolean {
  return compression === false || compression === "gzip";
}

/** The items of a compressed object. */
export function decodedItems(
  reader: ObjectReader,
  header: RawHeader & { readonly compression: string },
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const decoder = codecNamed(header.compression).decode(
    ignoresExcess(header) ? {} : { size: header.byteLength },
  );
  return reader.stream(undefined, { signal }).pipeThrough(decoder);
}

/**
 * Makes sure that an object that is stored raw has all of its items.
 *
 * @throws {IntegrityError} when it has fewer bytes.
 */
export function checkLength({ shape, dtype, byteLength }: RawHeader, size: number): void {
  if (size >= byteLength) return;
  throw new IntegrityError(
    `the object has ${size} bytes, but an array of shape (${
      shape.join(", ")
    }) and dtype ${dtype} needs ${byteLength}: it is truncated, ` +
      "or its metadata are wrong",
  );
}
