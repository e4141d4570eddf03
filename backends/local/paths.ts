/**
 * Where an object's two files stand. An object `a/b` is the file `a/b` and its metadata `a/b.meta.json`, as in Python's cottoncandy. Keys that a
 * file system can't hold so go to an area of our own, where the key is written in hexadecimal: every key has one name there,
 * and the names sort as the keys' bytes do. All files of that area end in `.meta.json`, which Python's listings leave out.
 *
 * @module
 */
import { fromHex, toHex } from "../../lib/base64.ts";
import { AccessDeniedError, NotFoundError } from "../../lib/errors.ts";
import { type FileAccess, hasCode, isWindowsName, unlessMissing } from "../../lib/file_access.ts";
import type { ObjectPlace } from "../conditions.ts";

/** The directory that holds everything of ours that is no plain object. */
export const OWN_DIRECTORY = ".cottoncandy";
/** The part of it for keys that can't be plain files. */
export const ESCAPED = "escaped";
/** Ends the name of an object's metadata file. */
export const SIDECAR = ".meta.json";
/** Ends the name of an escaped object's data file. */
export const ESCAPED_DATA = ".object.meta.json";
/** Hexadecimal digits in an escaped directory's name: 100 bytes of key. */
export const ESCAPED_DIGITS = 200;
/** Begins the name of a file that is being written. */
export const TEMPORARY = "tmp-";

/** Bytes in a file's name that common file systems take. */
const NAME_BYTES = 255;
const encoder = new TextEncoder();

/** An object's files, as path segments below the root. */
export interface FilePair {
  /** The directory of both. */
  readonly directory: readonly string[];
  /** The data file's name. */
  readonly data: string;
  /** The metadata file's name. */
  readonly sidecar: string;
}

/** Where a key stands as plain files, or `undefined` when it can't. */
export function plainPlace(key: string, windows: boolean): FilePair | undefined {
  const directory = key.split("/");
  const data = directory.pop() ?? "";
  if (!isPlainDirectory(directory, windows) || !isPlainFile(data, windows)) return undefined;
  if (directory.length === 0 && data === OWN_DIRECTORY) return undefined;
  return { directory, data, sidecar: data + SIDECAR };
}

/** Whether segments can be directories that hold plain objects. */
export function isPlainDirectory(segments: readonly string[], windows: boolean): boolean {
  return segments[0] !== OWN_DIRECTORY &&
    segments.every((segment) => isPlainName(segment, NAME_BYTES, windows));
}

/** Whether a plain object's file can have this name: there must be room for its metadata file's name too. */
export function isPlainFile(name: string, windows: boolean): boolean {
  return isPlainName(name, NAME_BYTES - SIDECAR.length, windows);
}

function isPlainName(name: string, bytes: number, windows: boolean): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("\0") && !name.endsWith(SIDECAR) &&
    (name.length * 3 <= bytes || encoder.encode(name).byteLength <= bytes) &&
    !(windows && !isWindowsName(name));
}

/** Where any key stands in the escape area. */
export function escapedPlace(key: string): FilePair {
  const digits = hexOfKey(key);
  const directory = [OWN_DIRECTORY, ESCAPED];
  let i = 0;
  // The last part may fill its name whole, so that no name is empty.
  for (; digits.length - i > ESCAPED_DIGITS; i += ESCAPED_DIGITS) {
    directory.push(digits.slice(i, i + ESCAPED_DIGITS));
  }
  const name = digits.slice(i);
  return { directory, data: name + ESCAPED_DATA, sidecar: name + SIDECAR };
}

/** A key's UTF-8 bytes in hexadecimal. */
export function hexOfKey(key: string): string {
  return toHex(encoder.encode(key));
}

/** The key that hexadecimal digits stand for; `undefined` when they stand for none. */
export function keyOfHex(digits: string): string | undefined {
  const bytes = /^[0-9a-f]+$/.test(digits) ? fromHex(digits) : undefined;
  if (!bytes) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** An object's files, as paths. */
export interface Location {
  /** Below the root. */
  readonly place: FilePair;
  /** The directory of both. */
  readonly directory: string;
  /** The data file. */
  readonly data: string;
  /** The metadata file. */
  readonly sidecar: string;
}

/** The directory that a backend works in, found anew for each operation: it may have been made, moved or removed meanwhile. */
export class LocalRoot {
  /** File access. */
  readonly files: FileAccess;
  /** Its path without symbolic links. */
  readonly path: string;
  /** As it was named. */
  readonly #named: string;

  private constructor(files: FileAccess, path: string, named: string) {
    this.files = files;
    this.path = path;
    this.#named = named;
  }

  /**
   * Finds the directory.
   *
   * @returns `undefined` when there is none and `optional` allows for that.
   * @throws {NotFoundError} when there is none.
   */
  static async find(files: FileAccess, directory: string): Promise<LocalRoot>;
  static async find(files: FileAccess, directory: string, optional: boolean): Promise<LocalRoot | undefined>;
  static async find(files: FileAccess, directory: string, optional = false): Promise<LocalRoot | undefined> {
    try {
      const path = await files.realpath(directory);
      if ((await files.stat(path)).kind === "directory") return new LocalRoot(files, path, directory);
    } catch (error) {
      if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
      if (optional) return undefined;
    }
    throw new NotFoundError(
      `there is no directory ${directory}: make it, or open it with { create: true } (the interface's createBucket)`,
      { bucket: directory },
    );
  }

  /** When the name began to lead here, where it is a symbolic link; else 0. In milliseconds since 1970. */
  async moved(): Promise<number> {
    const stat = await unlessMissing(this.files.stat(this.#named));
    return stat?.kind === "link" ? stat.changed : 0;
  }

  /** An object below the root, for errors. */
  placeOf(key: string): ObjectPlace {
    return { key, bucket: this.path, place: this.path };
  }

  /** A path below the root. */
  below(...segments: string[]): string {
    return this.files.join(this.path, ...segments);
  }

  /** Where a key stands as plain files, if it can. */
  plain(key: string): Location | undefined {
    const place = plainPlace(key, this.files.windows);
    return place && this.#location(place);
  }

  /** Where a key stands in the escape area. */
  escaped(key: string): Location {
    return this.#location(escapedPlace(key));
  }

  #location(place: FilePair): Location {
    const directory = this.below(...place.directory);
    return {
      place,
      directory,
      data: this.files.join(directory, place.data),
      sidecar: this.files.join(directory, place.sidecar),
    };
  }

  /**
   * Whether a directory is there.
   *
   * @throws {AccessDeniedError} when a symbolic link is on the way to it: it could lead out of the root.
   */
  async holds(
    { directory, place }: { readonly directory: string; readonly place: Pick<FilePair, "directory"> },
  ): Promise<boolean> {
    if (place.directory.length === 0) return true;
    const real = await unlessMissing(this.files.realpath(directory), "ENAMETOOLONG");
    if (real === undefined) return false;
    if (real === directory) return true;
    throw new AccessDeniedError(
      `${directory} is reached through a symbolic link, which is not followed; open a LocalBackend where it leads`,
      { bucket: this.path, committed: "no" },
    );
  }
}

/** A path without symbolic links, as it will be once all of it is there. */
export async function realPathOf(files: FileAccess, path: string): Promise<string> {
  try {
    return await files.realpath(path);
  } catch (error) {
    const above = files.join(path, "..");
    if (!hasCode(error, "ENOENT", "ENOTDIR") || above === path) throw error;
    // Not everybody may look at what is above.
    return files.join(await realPathOf(files, above).catch(() => above), path.slice(above.length));
  }
}

/**
 * Makes a root, and directories above it, where there are none.
 *
 * @param durable Wait until their names are on the medium.
 */
export async function makeRoot(files: FileAccess, path: string, durable: boolean): Promise<void> {
  const made: string[] = [];
  if (durable) {
    for (
      let each = path;
      await unlessMissing(files.stat(each)) === undefined;
      each = files.join(each, "..")
    ) {
      made.push(each);
    }
  }
  await files.makeDirectory(path, true);
  for (const each of made) await files.syncDirectory(files.join(each, ".."));
}
