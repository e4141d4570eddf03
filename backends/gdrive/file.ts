/**
 * Files as Drive tells of them.
 *
 * Source: https://developers.google.com/workspace/drive/api/reference/rest/v3/files
 *
 * @module
 */
import { CottonCandyError } from "../../lib/errors.ts";
import type { Checksum, ObjectHead, ObjectInfo } from "../backend.ts";
import { encodeBase64 } from "../checksum/base64.ts";
import { decodeHex } from "../checksum/hex.ts";
import { metadataOf } from "./properties.ts";
import { FOLDER, isGoogleType } from "./types.ts";

/** What is asked of every file. */
export const FIELDS =
  "id,name,mimeType,parents,size,md5Checksum,sha256Checksum,version,headRevisionId,createdTime,modifiedTime,trashed,properties,appProperties";

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
}

/** Reads a file from an answer; throws where it is none. */
export function fileOf(value: unknown): DriveFile {
  const text = (name: string): string | undefined => {
    const field = member(value, name);
    return typeof field === "string" ? field : undefined;
  };
  const id = text("id");
  if (id === undefined) throw new CottonCandyError("Drive's answer tells of no file");
  const parents = member(value, "parents");
  const size = text("size");
  return {
    id,
    name: text("name") ?? "",
    mimeType: text("mimeType") ?? "",
    parents: Array.isArray(parents) ? parents.filter((parent) => typeof parent === "string") : [],
    size: size === undefined ? undefined : Number(size),
    md5: text("md5Checksum"),
    sha256: text("sha256Checksum"),
    version: Number(text("version") ?? 0),
    revision: text("headRevisionId"),
    created: Date.parse(text("createdTime") ?? "") || 0,
    modified: new Date(Date.parse(text("modifiedTime") ?? "") || 0),
    trashed: member(value, "trashed") === true,
    properties: strings(member(value, "properties")),
    appProperties: strings(member(value, "appProperties")),
  };
}

/** A member of something that may be an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function strings(value: unknown): Record<string, string> {
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
export function etagOf({ revision, md5, version }: DriveFile): string {
  return revision ?? md5 ?? `${version}`;
}

/** What a listing tells of a file. */
export function infoOf(key: string, file: DriveFile): ObjectInfo {
  return { key, size: file.size ?? 0, lastModified: file.modified, etag: etagOf(file) };
}

/**
 * What is told of a file.
 *
 * @throws {IntegrityError} when its metadata are damaged.
 */
export function headOf(key: string, file: DriveFile): ObjectHead {
  return { ...infoOf(key, file), ...metadataOf(key, file), checksum: checksumOf(file) };
}

/** The digest that a file's bytes are held against. */
export function checksumOf({ sha256, md5 }: DriveFile): Checksum | undefined {
  if (sha256 !== undefined) return { algorithm: "SHA256", value: encodeBase64(decodeHex(sha256)) };
  return md5 === undefined ? undefined : { algorithm: "MD5", value: encodeBase64(decodeHex(md5)) };
}
