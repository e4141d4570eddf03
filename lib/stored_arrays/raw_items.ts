/**
 * The items of a raw array object on their way out of it: the header that the object's metadata make, and the decoded items.
 *
 * @module
 */
import type { ByteRange, ObjectHead, ObjectReader } from "../../backends/backend.ts";
import { parseDType } from "../array/dtype/mod.ts";
import { DESCR_KEY, parseRawMetadata, type RawHeader } from "../array/formats/mod.ts";
import { itemCount } from "../array/layout/mod.ts";
import { IntegrityError } from "../errors.ts";
import { refuseEncrypted } from "../objects/reading/mod.ts";
import type { CodecStages } from "./codec_stages.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";
import type { RawDescription } from "./raw_options.ts";

/**
 * What an object's metadata say of the array that it holds, or who reads it; warns where their order looks wrong.
 *
 * @throws {InvalidArgumentError} when what the reader says is no dtype or shape.
 * @throws {IntegrityError} when it is no raw array, or stored raw and shorter than its items.
 */
export function rawHeader(
  info: ObjectHead,
  order: "stored" | "C" | "F" | undefined,
  onWarning: OnWarning = warnOncePerKind,
  described: RawDescription = {},
): RawHeader {
  const { key, size } = info;
  refuseEncrypted(info);
  const header = parseHeader(info, order, described);
  const { shape, dtype, byteLength } = header;
  if (header.compression === false && size < byteLength) {
    throw new IntegrityError(
      `the object has ${size} bytes, but an array of shape (${
        shape.join(", ")
      }) and dtype ${dtype} needs ${byteLength}: it is truncated, or its metadata are wrong`,
    );
  }
  if (header.suspectOrder && (order ?? "stored") === "stored") {
    onWarning({
      kind: "suspect-order",
      key,
      message:
        `"${key}" (${
          header.compression === false ? "not compressed" : header.compression
        }) says Fortran order, ` +
        "and is read so; but Python's cottoncandy writes C order and mislabels read-only arrays: if it looks scrambled, " +
        'read it with { order: "C" }',
    });
  }
  return header;
}

function parseHeader(
  { metadata, metadataNote }: ObjectHead,
  order: "stored" | "C" | "F" | undefined,
  described: RawDescription,
): RawHeader {
  const all = describedMetadata(metadata, described);
  try {
    return parseRawMetadata(all, { order });
  } catch (error) {
    const missing = Object.keys(metadata).length === 0;
    if (!missing || metadataNote === undefined || !(error instanceof IntegrityError)) throw error;
    throw new IntegrityError(`${error.message}. ${metadataNote}`, { cause: error });
  }
}

/** Metadata with what the reader says in place of what they do. */
function describedMetadata(
  metadata: Readonly<Record<string, string>>,
  { dtype, shape, compression }: RawDescription,
): Readonly<Record<string, string>> {
  if (dtype === undefined && shape === undefined && compression === undefined) return metadata;
  const all = { ...metadata };
  if (dtype !== undefined) {
    all.dtype = parseDType(dtype);
    // The fields of another dtype.
    delete all[DESCR_KEY];
  }
  if (shape !== undefined) {
    itemCount(shape);
    all.shape = shape.join(",");
  }
  if (compression !== undefined) {
    all.compression = compression === false ? "False" : compression;
    delete all.gzip;
  } else if (!("gzip" in all)) all.compression ??= "False";
  return all;
}

/** Whether bytes after the items are ignored, as Python ignores them in raw and gzip objects: such objects may exist. */
export function ignoresExcess({ compression }: RawHeader): boolean {
  return compression === false || compression === "gzip";
}

/** Which bytes of an object that is stored raw are the items; `undefined` for all. */
export function itemRange({ info }: ObjectReader, { byteLength }: RawHeader): ByteRange | undefined {
  return info.size === byteLength ? undefined : { offset: 0, length: byteLength };
}

/** The items of an object, decoded. */
export function itemStream(
  reader: ObjectReader,
  header: RawHeader,
  signal: AbortSignal | undefined,
  codecs: CodecStages,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (header.compression === false) return reader.stream(itemRange(reader, header), { signal });
  const decoder = codecs.decompress(
    header.compression,
    ignoresExcess(header) ? {} : { size: header.byteLength },
  );
  return reader.stream(undefined, { signal }).pipeThrough(decoder);
}
