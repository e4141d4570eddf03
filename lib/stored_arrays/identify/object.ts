/**
 * What an object is, by its metadata, its name and its first bytes.
 *
 * @module
 */
import type { Backend, ObjectHead, ObjectReader, RequestOptions } from "../../../backends/backend.ts";
import { NPY_MAGIC, type NpyHeader, parseNpyHeader, parseRawMetadata } from "../../array/formats/mod.ts";
import { decodeLatin1 } from "../../bytes.ts";
import { messageOf } from "../../error_context.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import { schemeOf } from "../../objects/reading/mod.ts";
import type { ContentIdentity, IdentifiedObject, NpyIdentity, NpzIdentity, RawIdentity } from "./identity.ts";

/** How much of an object is read to see what it is. */
export const LOOKED_AT = 4096;

/** What one object turned out to be. */
export type ObjectFound = RawIdentity | NpyIdentity | NpzIdentity | ContentIdentity;

/**
 * What an object is that has been opened.
 *
 * @param reader Opened for the first {@linkcode LOOKED_AT} bytes.
 */
export async function identifyObject(
  backend: Backend,
  reader: ObjectReader,
  { signal, onWarning }: RequestOptions,
): Promise<ObjectFound> {
  const { info } = reader;
  const { metadata } = info;
  let problem: string | undefined;
  if ("dtype" in metadata && "shape" in metadata) {
    try {
      return rawIdentity(info);
    } catch (error) {
      problem = problemOf(error);
    }
  }
  const object = { ...identified(info), ...(problem !== undefined && { problem }) };
  // Its bytes are noise.
  if (object.encryption !== undefined) return { ...object, kind: "bytes" };
  const first = await reader.read(undefined, { signal });
  if (first.byteLength >= NPY_MAGIC.byteLength && NPY_MAGIC.every((byte, i) => first[i] === byte)) {
    try {
      return npyIdentity(object, await wholeHeader(reader, first, signal));
    } catch (error) {
      return { ...object, kind: "bytes", problem: problemOf(error) };
    }
  }
  if (begins(first, "PK\x03\x04") || begins(first, "PK\x05\x06")) {
    try {
      const { openNpz } = await import("../npz/mod.ts");
      const archive = await openNpz(backend, info.key, { signal, onWarning });
      const members = archive.members;
      // Any other zip archive is one of the many formats that are zip archives.
      if (
        info.key.endsWith(".npz") || members.length > 0 && members.every(({ name }) => name.endsWith(".npy"))
      ) {
        return { ...object, kind: "npz", names: archive.names };
      }
    } catch (error) {
      if (info.key.endsWith(".npz")) return { ...object, kind: "bytes", problem: problemOf(error) };
    }
    return { ...object, kind: "bytes" };
  }
  return { ...object, ...contentOf(info, first) };
}

/** What is told of every object. */
export function identified(
  { key, size, lastModified, etag, contentType, metadata }: ObjectHead,
): IdentifiedObject {
  const encryption = schemeOf(metadata);
  return {
    key,
    size,
    lastModified,
    ...(etag !== undefined && { etag }),
    ...(contentType !== undefined && { contentType }),
    metadata,
    ...(encryption !== undefined && { encryption }),
  };
}

/** A raw array, by its metadata. */
export function rawIdentity(info: ObjectHead): RawIdentity {
  const { dtype, fields, shape, order, compression, byteLength } = parseRawMetadata(info.metadata);
  const object = identified(info);
  const short = compression === false && object.encryption === undefined && info.size < byteLength;
  return {
    ...object,
    kind: "raw",
    dtype,
    ...(fields && { fields }),
    shape,
    order,
    codec: compression,
    byteLength,
    sliceable: compression === false,
    ...(short && { problem: `it has ${info.size} of the ${byteLength} bytes that its metadata promise` }),
  };
}

function npyIdentity(
  object: IdentifiedObject,
  { dtype, fields, shape, fortranOrder, byteLength }: NpyHeader,
): NpyIdentity {
  return {
    ...object,
    kind: "npy",
    dtype,
    ...(fields && { fields }),
    shape,
    order: fortranOrder ? "F" : "C",
    codec: false,
    byteLength,
    sliceable: true,
  };
}

async function wholeHeader(
  reader: ObjectReader,
  first: Uint8Array<ArrayBuffer>,
  signal: AbortSignal | undefined,
): Promise<NpyHeader> {
  let parsed = parseNpyHeader(first, reader.info);
  while (parsed.kind === "more") {
    const bytes = await reader.read({ offset: 0, length: parsed.byteLength }, { signal });
    parsed = parseNpyHeader(bytes, reader.info);
  }
  return parsed.header;
}

/** What an error says of an object, where it is the object's fault. */
export function problemOf(error: unknown): string {
  if (error instanceof IntegrityError || error instanceof UnsupportedError) return messageOf(error);
  throw error;
}

/** What images begin with. */
const IMAGES: readonly (readonly [begin: string, mediaType: string])[] = [
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF8", "image/gif"],
  ["BM", "image/bmp"],
  ["II*\0", "image/tiff"],
  ["MM\0*", "image/tiff"],
];

function contentOf(
  { key, size, contentType = "" }: ObjectHead,
  first: Uint8Array,
): Pick<ContentIdentity, "kind" | "mediaType"> {
  const image = IMAGES.find(([begin]) => begins(first, begin))?.[1] ??
    (begins(first, "RIFF") && begins(first.subarray(8), "WEBP") ? "image/webp" : undefined);
  // Two letters begin many things.
  if (image !== undefined && (image !== "image/bmp" || /\.bmp$/i.test(key))) {
    return { kind: "image", mediaType: image };
  }
  // From protocol 2 on, pickles begin with it, and end with a full stop.
  if (first[0] === 0x80 && first[1] >= 2 && first[1] <= 5) return { kind: "pickle" };
  const text = decodedText(first, first.byteLength === size);
  if (/\.(?:pkl|pickle)$/i.test(key) && first.byteLength > 0) return { kind: "pickle" };
  if (text === undefined) return { kind: "bytes" };
  const isJson = /\.json$/i.test(key) || /^application\/(?:[\w.-]+\+)?json\b/.test(contentType) ||
    looksLikeJson(text, first.byteLength === size);
  return { kind: isJson ? "json" : size === 0 ? "bytes" : "text" };
}

/** The text that bytes are, or `undefined` where they are none: not UTF-8, or with characters that no text has. */
function decodedText(bytes: Uint8Array, whole: boolean): string | undefined {
  try {
    // A character may be cut at the end.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole });
    // deno-lint-ignore no-control-regex -- those are what is looked for
    return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function looksLikeJson(text: string, whole: boolean): boolean {
  if (!/^\s*(?:\{\s*["}]|\[\s*(?:[\]["{\d-]|true\b|false\b|null\b))/.test(text)) return false;
  if (!whole) return true;
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

function begins(bytes: Uint8Array, text: string): boolean {
  return bytes.byteLength >= text.length && decodeLatin1(bytes.subarray(0, text.length)) === text;
}
