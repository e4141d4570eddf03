/**
 * What every store checks of what it is asked: keys, metadata, options of writes, ranges.
 *
 * @module
 */
import { type ErrorDetails, IntegrityError, InvalidArgumentError, UnsupportedError } from "../lib/errors.ts";
import type {
  Backend,
  Body,
  ByteRange,
  Capabilities,
  CopyOptions,
  PutOptions,
  StorageOptions,
} from "./backend.ts";
import { checkReadable, checkSize } from "./body.ts";

/** The longest key, in UTF-8 bytes: S3's limit, kept by every backend so that objects can move between them. */
export const MAX_KEY_BYTES = 1024;

const encoder = new TextEncoder();

/**
 * Throws unless `key` can name an object in every store: 1 to 1024 bytes of UTF-8. Nothing is decoded or normalised.
 *
 * @param details What the error tells beside its message.
 * @throws {InvalidArgumentError} when it is empty, too long, or holds half a surrogate pair.
 *
 * @example
 * ```ts
 * import { checkKey } from "@cottoncandy/cottoncandy/backends";
 *
 * checkKey("sub01/run 1/%41.npy");
 * ```
 */
export function checkKey(key: string, details: ErrorDetails = { key }): void {
  if (typeof key !== "string" || key === "") {
    throw new InvalidArgumentError("an object needs a name of at least one character", details);
  }
  if (!key.isWellFormed()) {
    throw new InvalidArgumentError(
      "the name is no well-formed Unicode: it holds half of a surrogate pair; give whole characters",
      details,
    );
  }
  // A UTF-16 unit takes at most three bytes, so most keys need no encoding to be known as short enough.
  if (key.length * 3 > MAX_KEY_BYTES && encoder.encode(key).byteLength > MAX_KEY_BYTES) {
    throw new InvalidArgumentError(
      `the name has more than ${MAX_KEY_BYTES} bytes of UTF-8; give a shorter one`,
      details,
    );
  }
}

/**
 * Orders keys by their UTF-8 bytes, as stores list them: negative, zero or positive, for `Array.prototype.sort`. JavaScript's own order
 * is of UTF-16 units, and puts what lies beyond U+FFFF before U+E000.
 *
 * @example
 * ```ts
 * import { compareKeys } from "@cottoncandy/cottoncandy/backends";
 *
 * const keys = ["\u{1F36C}", "\uFF5E"];
 * console.assert([...keys].sort()[0] === "\u{1F36C}");
 * console.assert(keys.sort(compareKeys)[0] === "\uFF5E");
 * ```
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** A UTF-16 unit's place among UTF-8 lead bytes: surrogates, which stand for U+10000 and up, after all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** What an HTTP header's name may consist of, after lower-casing. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Printable ASCII that a header carries unchanged: no space at either end. */
const VALUE = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;

/**
 * User metadata as every store can keep it: keys in lower case, values of printable ASCII.
 *
 * @param metadata What the caller gives; `undefined` is none.
 * @param limit How many bytes names and values may have together.
 * @param details What errors tell beside their message.
 * @throws {InvalidArgumentError} when a key or a value can't be stored, when two keys differ only in case, or when there is too much.
 *
 * @example
 * ```ts
 * import { checkMetadata } from "@cottoncandy/cottoncandy/backends";
 *
 * console.assert(checkMetadata({ Subject: "S01" }, 2048).subject === "S01");
 * ```
 */
export function checkMetadata(
  metadata: Readonly<Record<string, string>> | undefined,
  limit: number,
  details: ErrorDetails = {},
): Readonly<Record<string, string>> {
  const entries = new Map<string, string>();
  let bytes = 0;
  for (const [given, value] of Object.entries(metadata ?? {})) {
    const name = given.toLowerCase();
    if (!NAME.test(name)) {
      throw new InvalidArgumentError(
        `metadata key ${JSON.stringify(given)}: use ASCII letters, digits, "-", "_" and "."`,
        details,
      );
    }
    if (typeof value !== "string" || !VALUE.test(value)) {
      throw new InvalidArgumentError(
        `metadata ${
          JSON.stringify(given)
        }: the value must be a string of printable ASCII without space at either end; ` +
          `encode it, or store it as an object of its own`,
        details,
      );
    }
    if (entries.has(name)) {
      throw new InvalidArgumentError(
        `metadata has the key "${name}" twice: case makes no difference`,
        details,
      );
    }
    entries.set(name, value);
    bytes += name.length + value.length;
  }
  if (bytes > limit) {
    throw new InvalidArgumentError(
      `the metadata have ${bytes} bytes, the store takes ${limit}; store the rest as an object of its own`,
      details,
    );
  }
  return Object.freeze(Object.fromEntries(entries));
}

/** What {@linkcode checkPutOptions} has to know of a store. */
export interface PutLimits extends Pick<Capabilities, "storageClasses" | "tags"> {
  /** The store's bucket, where it has one, for the errors' details. */
  readonly bucket?: string;
  /** Bytes that names and values of the metadata may have together. */
  readonly metadataLimit: number;
}

/**
 * Checks what a put asks for, before anything is sent or written: the key, the metadata, the content type, the conditions, the body, and its size where it is
 * in memory. What only some stores know, such as canned ACLs and sizes of parts, is theirs to check.
 *
 * @returns The metadata as they are stored.
 * @throws {InvalidArgumentError} when an option is none that a store could follow, or the body can't be read.
 * @throws {IntegrityError} when bytes in memory are not as many as `size` says.
 *
 * @example
 * ```ts
 * import { checkPutOptions } from "@cottoncandy/cottoncandy/backends";
 *
 * const limits = { bucket: "lab", metadataLimit: 2048 };
 * const metadata = checkPutOptions("sub01/notes", Uint8Array.of(1, 2), { size: 2, metadata: { Run: "1" } }, limits);
 * console.assert(metadata.run === "1");
 * ```
 */
export function checkPutOptions(
  key: string,
  body: Body,
  options: PutOptions,
  limits: PutLimits,
): Readonly<Record<string, string>> {
  const where = { key, bucket: limits.bucket, committed: "no" } as const;
  checkKey(key, where);
  const metadata = checkMetadata(options.metadata, limits.metadataLimit, where);
  checkStorage(options, limits, where);
  const { size, ifAbsent, ifMatch, contentType } = options;
  if (contentType !== undefined && !(typeof contentType === "string" && VALUE.test(contentType))) {
    throw new InvalidArgumentError(
      `${
        JSON.stringify(contentType)
      } is no content type: it must be printable ASCII without space at either end`,
      where,
    );
  }
  if (ifAbsent && ifMatch !== undefined) {
    throw new InvalidArgumentError("`ifAbsent` and `ifMatch` exclude each other", where);
  }
  checkSize(size, where);
  checkReadable(body, where);
  if (body instanceof Uint8Array && size !== undefined && size !== body.byteLength) {
    throw new IntegrityError(`the body of "${key}" has ${body.byteLength} bytes, not ${size}`, where);
  }
  return metadata;
}

/** Refuses what a store does not have: a class or tags that nobody keeps would be lost without a word. */
export function checkStorage(
  { storageClass, tags }: StorageOptions,
  limits: Pick<Capabilities, "storageClasses" | "tags">,
  where: ErrorDetails,
): void {
  if (storageClass !== undefined && !limits.storageClasses) {
    throw new UnsupportedError(
      `there are no storage classes here, so \`storageClass: "${storageClass}"\` means nothing: leave it away. S3 has some.`,
      where,
    );
  }
  if (tags && Object.keys(tags).length > 0 && !limits.tags) {
    throw new UnsupportedError("there are no tags here: use `metadata`. S3 has tags.", where);
  }
}

/**
 * Refuses a version's id in a store that keeps one version of each object.
 *
 * @param where What the error tells beside its message.
 * @throws {UnsupportedError} when one is named.
 */
export function refuseVersion(versionId: string | undefined, where: ErrorDetails): void {
  if (versionId === undefined) return;
  throw new UnsupportedError(
    `there is one version of each object here, so none is called "${versionId}". S3 keeps several, in buckets with versioning.`,
    where,
  );
}

/** A store whose uploads can be resumed. */
export type ResumableStore =
  & Backend
  & Required<Pick<Backend, "startUpload" | "resumeUpload" | "abortUpload">>;

/** Whether a store's uploads can be resumed; it may still refuse to begin one, as it was opened. */
export function isResumable(store: Backend): store is ResumableStore {
  return store.startUpload !== undefined && store.resumeUpload !== undefined &&
    store.abortUpload !== undefined;
}

/**
 * Checks what a copy asks for, before anything is sent or written.
 *
 * @param same The source is in the same bucket.
 * @returns The metadata as they are stored; `undefined` where they are to be the source's.
 * @throws {InvalidArgumentError} when a key or the metadata can't be stored, or nothing would change.
 */
export function checkCopyOptions(
  from: string,
  to: string,
  options: CopyOptions,
  same: boolean,
  limits: PutLimits & Pick<Capabilities, "versions">,
): Readonly<Record<string, string>> | undefined {
  const { metadata, storageClass, fromVersionId } = options;
  const where = { key: to, bucket: limits.bucket, committed: "no" } as const;
  checkKey(from, { ...where, key: from });
  checkKey(to, where);
  checkStorage(options, limits, where);
  if (!limits.versions) refuseVersion(fromVersionId, { ...where, key: from });
  if (metadata) return checkMetadata(metadata, limits.metadataLimit, where);
  if (!same || from !== to || storageClass !== undefined || fromVersionId !== undefined) return undefined;
  throw new InvalidArgumentError(`"${to}" can be copied onto itself only with new metadata`, where);
}

/**
 * The time before which something must have begun to be older than that.
 *
 * @param olderThan A time, or a number of milliseconds ago; 0 is any time, even by a clock that is ahead.
 * @param ahead By how many milliseconds the clock that says when it began is ahead of this machine's, at least.
 * @returns Milliseconds since 1970.
 * @throws {InvalidArgumentError} when it is neither.
 */
export function checkedAge(olderThan: Date | number, details: ErrorDetails = {}, ahead = 0): number {
  if (olderThan === 0) return Infinity;
  const before = olderThan instanceof Date ? olderThan.getTime() : Date.now() + ahead - olderThan;
  if (!Number.isNaN(before) && !(typeof olderThan === "number" && olderThan < 0)) return before;
  throw new InvalidArgumentError(
    `\`olderThan\` is a Date, or from 0 on a number of milliseconds, not ${String(olderThan)}`,
    details,
  );
}

/** A part of an object whose size is known: it lies wholly within the object. */
export interface Extent {
  /** First byte. */
  readonly offset: number;
  /** Bytes; 0 when the range lies beyond the end. */
  readonly length: number;
}

/**
 * What a range means in an object of `size` bytes. What lies beyond the end is left out; a range that begins there is empty.
 *
 * @param range The range, in bytes; `undefined` is the whole object.
 * @param size The object's size in bytes.
 * @throws {InvalidArgumentError} when a number is no whole number from 0 on.
 *
 * @example
 * ```ts
 * import { resolveRange } from "@cottoncandy/cottoncandy/backends";
 *
 * console.assert(resolveRange({ offset: 2, length: 100 }, 10).length === 8);
 * console.assert(resolveRange({ suffix: 3 }, 10).offset === 7);
 * ```
 */
export function resolveRange(range: ByteRange | undefined, size: number): Extent {
  if (!range) return { offset: 0, length: size };
  if ("suffix" in range) {
    const length = Math.min(count(range.suffix, "suffix"), size);
    return { offset: size - length, length };
  }
  const offset = Math.min(count(range.offset, "offset"), size);
  const length = Math.min(
    range.length === undefined ? Infinity : count(range.length, "length"),
    size - offset,
  );
  return { offset, length };
}

function count(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError(`a range's ${what} is a whole number of bytes from 0 on, not ${value}`);
}
