/**
 * Files as Drive tells of them, and metadata as their properties.
 *
 * A property has at most 124 bytes, and a file at most 30 that every program sees. So all metadata are one text, `name=value` lines in UTF-8 and base64url, cut up into
 * the properties `cc-0`, `cc-1`, …; the first says how many there are and has a checksum. Beside them stand, as Python's cottoncandy writes
 * them, `dtype`, `shape`, `compression` and `order`, for Python to read and for people to search by; here they are not read. All of them are written by
 * each put, in the one request that brings the bytes: two writers at once never leave a mixture of theirs.
 * They are public properties, not private ones: those are shown only to the program that wrote them, and a dashboard would find arrays without shape.
 *
 * Source: https://developers.google.com/workspace/drive/api/reference/rest/v3/files;
 * https://developers.google.com/workspace/drive/api/guides/properties, "Limits of custom file properties".
 *
 * @module
 */
import { base64OfHex, fromBase64Url, toBase64Url } from "../../lib/base64.ts";
import { Crc } from "../../lib/checksums.ts";
import { CottonCandyError, IntegrityError, InvalidArgumentError } from "../../lib/errors.ts";
import type { Checksum, ObjectHead, ObjectInfo } from "../backend.ts";

/** Begins the types of what has no bytes: folders, documents, sheets, shortcuts. */
const GOOGLE = "application/vnd.google-apps.";

/** Folders are files of this type. */
export const FOLDER: string = `${GOOGLE}folder`;

/** Whether a type says that there are no bytes; Drive would make a document of what is uploaded with it. */
export function isGoogleType(type: string): boolean {
  return type.toLowerCase().startsWith(GOOGLE);
}

/** What My Drive's own folder is called beside its id. */
export const ROOT = "root";

/** What is asked of every file. */
export const FILE_FIELDS =
  "id,name,mimeType,parents,size,md5Checksum,sha256Checksum,version,headRevisionId,createdTime,modifiedTime,trashed,properties,appProperties,resourceKey";

/** A file or folder. */
export interface DriveFile {
  /** Drive's id, which stays when it is renamed, moved or written anew. */
  readonly id: string;
  /** Its name, which others in the same folder may have too. */
  readonly name: string;
  /** MIME type. */
  readonly mimeType: string;
  /** The folders that it is in; most often one. */
  readonly parents: readonly string[];
  /** Bytes; absent where there are none, as for documents. */
  readonly size?: number;
  /** MD5 of the bytes, in hexadecimal. */
  readonly md5?: string;
  /** SHA-256 of the bytes, in hexadecimal; old files lack it. */
  readonly sha256?: string;
  /** Counts changes of any kind. */
  readonly version: number;
  /** Names the content. */
  readonly revision?: string;
  /** When it was made, in milliseconds since 1970. */
  readonly created: number;
  /** When its content last changed. */
  readonly modified: Date;
  /** It, or a folder that it is in, is in the trash. */
  readonly trashed: boolean;
  /** Properties that every program sees. */
  readonly properties: Readonly<Record<string, string>>;
  /** Properties that only this program (its OAuth client) sees. */
  readonly appProperties: Readonly<Record<string, string>>;
  /** What requests for it have to show, where it is shared by an old link. */
  readonly resourceKey?: string;
}

/**
 * Reads a file from an answer.
 *
 * @throws {CottonCandyError} where it is none, or says what can't be: a file without a name would be no object's, and one without a time the oldest of its name.
 */
export function fileOf(value: unknown): DriveFile {
  const text = (name: string): string | undefined => {
    const field = memberOf(value, name);
    return typeof field === "string" ? field : undefined;
  };
  const needed = (name: string): string => {
    const field = text(name);
    if (field !== undefined) return field;
    throw new CottonCandyError(`Drive's answer tells of no file: there is no ${name}`);
  };
  const time = (name: string): number => {
    const milliseconds = Date.parse(needed(name));
    if (!Number.isNaN(milliseconds)) return milliseconds;
    throw new CottonCandyError(`Drive's answer has a ${name} that is no time`);
  };
  const parents = memberOf(value, "parents");
  return {
    id: needed("id"),
    name: needed("name"),
    mimeType: needed("mimeType"),
    parents: Array.isArray(parents) ? parents.filter((parent) => typeof parent === "string") : [],
    size: countOf(value, "size"),
    md5: text("md5Checksum"),
    sha256: text("sha256Checksum"),
    version: countOf(value, "version") ?? 0,
    revision: text("headRevisionId"),
    created: time("createdTime"),
    modified: new Date(time("modifiedTime")),
    trashed: memberOf(value, "trashed") === true,
    properties: strings(memberOf(value, "properties")),
    appProperties: strings(memberOf(value, "appProperties")),
    resourceKey: text("resourceKey"),
  };
}

/** A number of bytes or changes, which Drive writes as a string. */
function countOf(value: unknown, name: string): number | undefined {
  const field = memberOf(value, name);
  if (field === undefined || field === null) return undefined;
  const count = typeof field === "number" || /^\d+$/.test(`${field}`) ? Number(field) : NaN;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new CottonCandyError(
    `Drive's answer has a ${name} of ${JSON.stringify(field)?.slice(0, 40)}, which can't be`,
  );
}

/** A member of something that may be an object. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** The members of something that may be an object, as far as they are text. */
export function strings(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Whether it is a folder. */
export function isFolder(file: DriveFile): boolean {
  return file.mimeType === FOLDER;
}

/** Whether it has bytes. Google's documents, sheets and shortcuts have none. */
export function hasBytes(file: DriveFile): boolean {
  return file.size !== undefined && !isGoogleType(file.mimeType);
}

/** Whether a file has a name and is in one of these folders. Not everybody is told of folders. */
export function isAt(file: DriveFile, name: string, folders: readonly string[]): boolean {
  return file.name === name && (file.parents.length === 0 || file.parents.some((id) => folders.includes(id)));
}

/** The order of files of one name: the oldest first, which is the one that counts. */
export function oldestFirst(a: DriveFile, b: DriveFile): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}

/** What names a file's content. */
export function fileEtag({ revision, md5, version }: DriveFile): string {
  return revision ?? md5 ?? `${version}`;
}

/** What a listing tells of a file. */
export function fileInfo(key: string, file: DriveFile): ObjectInfo {
  return { key, size: file.size ?? 0, lastModified: file.modified, etag: fileEtag(file) };
}

/**
 * What is told of a file.
 *
 * @throws {IntegrityError} when its metadata are damaged.
 */
export function fileHead(key: string, file: DriveFile): ObjectHead {
  return { ...fileInfo(key, file), ...metadataOf(key, file), checksum: fileChecksum(file) };
}

/** The digest that a file's bytes are held against. */
export function fileChecksum({ sha256, md5 }: Pick<DriveFile, "sha256" | "md5">): Checksum | undefined {
  if (sha256 !== undefined) return { algorithm: "SHA256", value: base64OfHex(sha256) };
  return md5 === undefined ? undefined : { algorithm: "MD5", value: base64OfHex(md5) };
}

/** Bytes of metadata, names and values, that there is room for. */
export const DRIVE_METADATA_LIMIT = 2048;

/** Bytes of a property, name and value. */
const PROPERTY = 124;
/** Public properties of a file. */
const PROPERTIES = 30;
/** What Python's cottoncandy looks for. */
const MIRRORED = ["dtype", "shape", "compression", "order"] as const;
/** How the text is written. */
const FORMAT = "1";
/** The type of bytes of which nothing is said. */
const BYTES = "application/octet-stream";
/** Types that Drive keeps as they are: lower case, without parameters. */
const PLAIN_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;

/** What an HTTP header can carry: other stores would not take anything else as a type. */
const PRINTABLE = /^[ -~]+$/;

/** What is written beside a file's bytes. */
export interface FileDescription {
  /** The file's type. */
  readonly mimeType: string;
  /** Its public properties. */
  readonly properties: Readonly<Record<string, string>>;
}

/** A request's properties: `null` takes one away. */
export type PropertyChanges = Readonly<Record<string, string | null>>;

/**
 * The properties for metadata and a content type.
 *
 * @param metadata Names in lower case.
 * @throws {InvalidArgumentError} when there are too many entries, or the content type is none.
 */
export function descriptionOf(
  metadata: Readonly<Record<string, string>>,
  contentType: string | undefined,
): FileDescription {
  if (contentType !== undefined && !PRINTABLE.test(contentType)) {
    throw new InvalidArgumentError(
      `${JSON.stringify(contentType)} is no content type: it must be printable ASCII`,
    );
  }
  const plain = contentType === undefined || (PLAIN_TYPE.test(contentType) && !isGoogleType(contentType));
  // Drive takes it for nothing said, and puts what it makes of the name in its place.
  const kept = plain && contentType !== BYTES;
  // An entry without a name is the content type that Drive would not keep.
  const entries = kept || contentType === undefined ? [] : [`=${contentType}\n`];
  for (const name of Object.keys(metadata).sort()) {
    entries.push(`${escaped(name, /[\x7f\n=]/g)}=${escaped(metadata[name], /[\x7f\n]/g)}\n`);
  }
  const mirrored = Object.fromEntries(
    MIRRORED.filter((name) => fits(name, metadata[name])).map((name) => [name, metadata[name]]),
  );
  const text = new TextEncoder().encode(entries.join(""));
  const packed = pack(text, PROPERTIES - Object.keys(mirrored).length);
  const properties = packed ? { ...mirrored, ...packed } : pack(text, PROPERTIES);
  if (!properties) {
    throw new InvalidArgumentError(
      `Drive has no room for ${entries.length} metadata entries of ${text.byteLength} bytes in all; store them as an object of their own`,
      { committed: "no" },
    );
  }
  return { mimeType: plain ? contentType ?? BYTES : BYTES, properties };
}

/** What of them Python reads; an empty value is left out, which Drive might take for none. */
function fits(name: string, value: string | undefined): boolean {
  if (value === undefined || value === "") return false;
  return name.length + new TextEncoder().encode(value).byteLength <= PROPERTY;
}

/** A text in at most so many properties. */
function pack(text: Uint8Array<ArrayBuffer>, most: number): Record<string, string> | undefined {
  const encoded = toBase64Url(text);
  const parts: string[] = [];
  // The number of parts is written with two digits, so that it takes the same room whatever it is.
  const head = `${FORMAT}.00.${checksum(encoded)}.`;
  for (let rest = head + encoded; rest !== "" || parts.length === 0;) {
    const room = PROPERTY - propertyName(parts.length).length;
    parts.push(rest.slice(0, room));
    rest = rest.slice(room);
    if (parts.length > most) return undefined;
  }
  parts[0] = parts[0].replace(".00.", `.${String(parts.length).padStart(2, "0")}.`);
  return Object.fromEntries(parts.map((part, index) => [propertyName(index), part]));
}

function propertyName(index: number): string {
  return `cc-${index}`;
}

function checksum(text: string): string {
  return new Crc("CRC32C").update(new TextEncoder().encode(text)).toBase64().replace(/[+/=]/g, "");
}

/**
 * A file's metadata and content type. Of a file that was written by others all properties count that are shown, in lower case.
 *
 * @throws {IntegrityError} when they were written here, and are not what was written.
 */
export function metadataOf(
  key: string,
  file: DriveFile,
): Pick<ObjectHead, "metadata" | "contentType" | "metadataNote"> {
  const { properties, appProperties, mimeType } = file;
  const first = properties[propertyName(0)];
  if (first === undefined) {
    const metadata = Object.fromEntries(
      [...Object.entries(properties), ...Object.entries(appProperties)]
        .map(([name, value]) => [name.toLowerCase(), value]),
    );
    return { metadata: Object.freeze(metadata), contentType: mimeType, metadataNote: HIDDEN };
  }
  const [, count, told, begin] = /^1\.(\d\d)\.([0-9A-Za-z]+)\.(.*)$/.exec(first) ?? [];
  let encoded = begin;
  for (let index = 1; index < Number(count); index++) encoded += properties[propertyName(index)] ?? "";
  if (told === undefined || checksum(encoded) !== told) {
    throw new IntegrityError(
      `the metadata of "${key}" are damaged: somebody changed the properties of its file in Drive. Store it again`,
      { key },
    );
  }
  // A Map, since a name may be "__proto__".
  const metadata = new Map<string, string>();
  let contentType = mimeType;
  for (
    const entry of new TextDecoder().decode(fromBase64Url(encoded) ?? new Uint8Array()).split("\n").slice(
      0,
      -1,
    )
  ) {
    const at = entry.indexOf("=");
    if (at === 0) contentType = entry.slice(1);
    else metadata.set(unescaped(entry.slice(0, at)), unescaped(entry.slice(at + 1)));
  }
  return { metadata: Object.freeze(Object.fromEntries(metadata)), contentType };
}

/** How what would end a name or a value is written: other programs' properties, which a copy takes over, may hold anything. */
const ESCAPES: Readonly<Record<string, string>> = { "\x7f": "\x7f\x7f", "\n": "\x7fn", "=": "\x7fe" };
const UNESCAPES: Readonly<Record<string, string>> = { "\x7f": "\x7f", n: "\n", e: "=" };

function escaped(text: string, what: RegExp): string {
  return text.replace(what, (character) => ESCAPES[character]);
}

function unescaped(text: string): string {
  return text.replace(/\x7f(.)/gs, (_, letter: string) => UNESCAPES[letter] ?? letter);
}

/** Said where metadata are missing of an object that others wrote. */
const HIDDEN =
  "Drive shows private properties, which Python's cottoncandy writes, only to programs with the OAuth client that wrote them: open the store with Python's credentials.txt, or log in with its client_secrets.json (gdrive:login --secrets FILE --token FILE) and open it with that; or have Python read the array, and upload it again from here";

/** What makes a file's properties those that are given: others that it is known to have are taken away. */
export function replacementOf(
  described: FileDescription,
  before: DriveFile,
): { properties: PropertyChanges; appProperties?: PropertyChanges } {
  const gone = (names: readonly string[]) =>
    names.filter((name) => !Object.hasOwn(described.properties, name)).map((name) => [name, null] as const);
  const known = [...Object.keys(before.properties).filter(isOurs), ...MIRRORED];
  const mirrored = Object.keys(before.appProperties).filter((name) => LEGACY.test(name));
  return {
    properties: { ...Object.fromEntries(gone(known)), ...described.properties },
    // Python would read its own old ones beside the new.
    ...(mirrored.length > 0
      ? { appProperties: Object.fromEntries(mirrored.map((name) => [name, null])) }
      : {}),
  };
}

/**
 * Whether a file has what was to be written beside its bytes. Its type proves nothing where Drive has put another in its place; where it is still the one from
 * before, it has not been written.
 */
export function isDescribed(file: DriveFile, described: FileDescription, before?: DriveFile): boolean {
  const { mimeType } = described;
  if (file.mimeType !== mimeType && mimeType !== BYTES && file.mimeType === before?.mimeType) return false;
  return Object.entries(described.properties).every(([name, value]) => file.properties[name] === value);
}

function isOurs(name: string): boolean {
  return /^cc-\d+$/.test(name);
}

/** What Python's cottoncandy writes. */
const LEGACY = /^(dtype|shape|compression|order|gzip)$/i;
