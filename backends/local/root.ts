import { AccessDeniedError, NotFoundError } from "../../lib/errors.ts";
import { type FileAccess, hasCode } from "../../lib/files.ts";
import { escapedPlace, type Place, plainPlace } from "./names.ts";

/** An object's files, as paths. */
export interface Location {
  /** Below the root. */
  readonly place: Place;
  /** The directory of both. */
  readonly directory: string;
  /** The data file. */
  readonly data: string;
  /** The metadata file. */
  readonly sidecar: string;
}

/** The directory that a backend works in, found anew for each operation: it may have been made, moved or removed meanwhile. */
export class Root {
  /** File access. */
  readonly files: FileAccess;
  /** Its path without symbolic links. */
  readonly path: string;

  private constructor(files: FileAccess, path: string) {
    this.files = files;
    this.path = path;
  }

  /**
   * Finds the directory.
   *
   * @returns `undefined` when there is none and `optional` allows for that.
   * @throws {NotFoundError} when there is none.
   */
  static async find(files: FileAccess, directory: string): Promise<Root>;
  static async find(files: FileAccess, directory: string, optional: boolean): Promise<Root | undefined>;
  static async find(files: FileAccess, directory: string, optional = false): Promise<Root | undefined> {
    try {
      const path = await files.realpath(directory);
      if ((await files.stat(path)).kind === "directory") return new Root(files, path);
    } catch (error) {
      if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
      if (optional) return undefined;
    }
    throw new NotFoundError(
      `there is no directory ${directory}: make it, or open it with { create: true } (the interface's createBucket)`,
      { bucket: directory },
    );
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

  #location(place: Place): Location {
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
  async holds({ directory, place }: Pick<Location, "directory" | "place">): Promise<boolean> {
    if (place.directory.length === 0) return true;
    let real: string;
    try {
      real = await this.files.realpath(directory);
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG")) return false;
      throw error;
    }
    if (real === directory) return true;
    throw new AccessDeniedError(
      `${directory} is reached through a symbolic link, which is not followed; open a LocalBackend where it leads`,
      { bucket: this.path, committed: "no" },
    );
  }
}
