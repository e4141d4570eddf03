/**
 * A bucket as a file system.
 *
 * @module
 */
import type { Owner, RequestOptions } from "../../backends/backend.ts";
import type { Browser } from "../browse/mod.ts";
import type { DownloadDirectoryOptions, DownloadedDirectory } from "../files/mod.ts";
import { cleanPrefix } from "../names.ts";
import { type ListingOptions, objectOwner, print } from "../objects/mod.ts";
import {
  copyObjects,
  type CpOptions,
  type CpResult,
  type GlobNamesOptions,
  globObjects,
  type GlobObjectsOptions,
  listDirectory,
  listNames,
  type LsOptions,
  moveObjects,
  removeObjects,
  type RmOptions,
  type RmResult,
  searchReport,
} from "../tree/mod.ts";
import { BasicInterface } from "./basic.ts";
import { warnDeprecated } from "./buckets.ts";
import { isInstance } from "./mixin.ts";

export { listObjects, type ObjectsOptions, type RootOptions, totalSize } from "../objects/mod.ts";

export { copyObjects, globObjects, listDirectory, listNames, moveObjects, objectOwner, removeObjects };
export type {
  CpOptions,
  CpResult,
  GlobNamesOptions,
  GlobObjectsOptions,
  ListingOptions,
  LsOptions,
  RmOptions,
  RmResult,
};

/**
 * Objects as files: what is in a directory, what matches a pattern, copying, moving and deleting, one by one or as trees.
 *
 * A directory is what names have before a `/`; there are no empty ones. Names that are given and that come back are relative to the interface's prefix, in
 * other buckets too; results of `cp` and `mv`, and errors, have full keys. Listings are complete, however many objects there are, unless a `limit` cuts them.
 *
 * @example
 * ```ts
 * import { FileSystemInterface, MemoryBackend } from "@cottoncandy/cottoncandy";
 *
 * const cci = new FileSystemInterface(new MemoryBackend());
 * for (const name of ["sub01/run1.npy", "sub01/run2.npy", "sub02/run1.npy"]) await cci.uploadObject(name, "…");
 * console.assert((await cci.ls("")).join() === "sub01,sub02");
 * console.assert((await cci.glob("sub*\/run1.npy")).join() === "sub01/run1.npy,sub02/run1.npy");
 * await cci.mv("sub02", "excluded/sub02", { recursive: true });
 * await cci.rm("sub01", { recursive: true });
 * console.assert((await cci.glob("**")).join() === "excluded/sub02/run1.npy");
 * ```
 */
export class FileSystemInterface extends BasicInterface {
  /** Counts instances of classes that took this one's methods, as `DefaultInterface` does. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this);
  }

  /**
   * The names in a directory, or that match a pattern, directories included: keys are cut to as many segments as the pattern has.
   *
   * @param pattern `""`, `"/"` and `"."` are the root; `**` stands for one segment or none.
   * @param options `limit` cuts the names; `verbose` prints them as well, sorted.
   * @returns Each name once, without a `/` at its end, in the order listed.
   * @throws {InvalidArgumentError} when the pattern makes no sense.
   */
  async ls(pattern: string, options: LsOptions = {}): Promise<string[]> {
    return await listNames(this.backend, pattern, { ...this.reading(options), root: this.prefix });
  }

  /**
   * The names in one directory: of its objects and of the directories in it.
   *
   * @param path The directory; default the root.
   * @returns Each name once, without a `/` at its end, in the order listed; none for what is no directory.
   * @throws {InvalidArgumentError} when the path has wildcards, which `ls` takes.
   */
  async lsdir(path: string = "/", options: ListingOptions = {}): Promise<string[]> {
    return await listDirectory(this.backend, path, { ...this.reading(options), root: this.prefix });
  }

  /**
   * The names of the objects that match a pattern, sorted by their UTF-8 bytes. Without wildcards: the object of that name and all below it.
   *
   * @param options `semantics`: `"path"`, as in shells, or `"fnmatch"`, as in Python's cottoncandy; `limit`; `verbose` prints a table as well.
   * @throws {InvalidArgumentError} when the pattern makes no sense.
   */
  async glob(pattern: string, options: GlobNamesOptions = {}): Promise<string[]> {
    const root = this.prefix;
    const found = await Array.fromAsync(
      globObjects(this.backend, pattern, { ...this.reading(options), root }),
    );
    if (options.verbose) print(searchReport(pattern, found));
    return found.map(({ key }) => key);
  }

  /**
   * Another name of `glob`.
   *
   * @deprecated Use `glob`.
   */
  async globS3(pattern: string, options: GlobNamesOptions = {}): Promise<string[]> {
    warnDeprecated("globS3", "glob", this.reading(options).onWarning);
    return await this.glob(pattern, options);
  }

  /**
   * Another name of `glob`.
   *
   * @deprecated Use `glob`.
   */
  async globGoogleDrive(pattern: string, options: GlobNamesOptions = {}): Promise<string[]> {
    warnDeprecated("globGoogleDrive", "glob", this.reading(options).onWarning);
    return await this.glob(pattern, options);
  }

  /**
   * Prints the objects that `glob` finds: name, time in local time and size of each, and how many there are.
   *
   * @returns What it prints.
   * @throws {InvalidArgumentError} when the pattern makes no sense.
   */
  async search(pattern: string, options: GlobObjectsOptions = {}): Promise<string> {
    const root = this.prefix;
    const found = await Array.fromAsync(
      globObjects(this.backend, pattern, { ...this.reading(options), root }),
    );
    const report = searchReport(pattern, found);
    print(report);
    return report;
  }

  /**
   * Copies an object with its metadata and content type, or with `recursive` an object and all below it; never replaces what exists unless `overwrite`
   * is set. See `copyObjects`.
   *
   * @param from The object or directory to copy; relative to the prefix, whatever bucket it is in.
   * @param to The new name, not the directory to copy into.
   * @returns The copy, and in `copied` all copies of a tree.
   * @throws {NotFoundError} when the source is missing.
   * @throws {AlreadyExistsError} when the new name, or one of the new names, exists.
   * @throws {InvalidArgumentError} when the source is a directory and `recursive` isn't set, or a tree would be copied into or over itself.
   * @throws {PartialFailureError} when some of several objects could not be copied.
   */
  async cp(from: string, to: string, options: CpOptions = {}): Promise<CpResult> {
    return await copyObjects(this.backend, from, to, { ...this.writing(options), root: this.prefix });
  }

  /**
   * Moves an object, or with `recursive` an object and all below it: copies, looks at the copies, and only then deletes what was copied. See `moveObjects`.
   *
   * @param from The object or directory to move; relative to the prefix, whatever bucket it is in.
   * @param to The new name, not the directory to move into.
   * @returns The object in its new place, and in `copied` all objects of a tree.
   * @throws {NotFoundError} when the source is missing.
   * @throws {AlreadyExistsError} when the new name, or one of the new names, exists.
   * @throws {InvalidArgumentError} when the source is a directory and `recursive` isn't set, or a tree would be moved into or over itself.
   * @throws {PartialFailureError} when some objects could not be copied, and none was deleted; or some sources could not be deleted.
   */
  async mv(from: string, to: string, options: CpOptions = {}): Promise<CpResult> {
    return await moveObjects(this.backend, from, to, { ...this.writing(options), root: this.prefix });
  }

  /**
   * Deletes an object, or with `recursive` an object and exactly what is below it: `name/…`, and never `name2`. See `removeObjects`.
   *
   * @param name A name, or with `recursive` a pattern: what matches it is deleted with all that is below.
   * @param options `dryRun` deletes nothing, and tells what would be.
   * @throws {InvalidArgumentError} when the name is empty or `/`, is a directory, or has wildcards, and `recursive` isn't set.
   * @throws {NotFoundError} when nothing has the name, or matches it.
   * @throws {UnsupportedError} for `delete: false` where the store has no trash.
   * @throws {PartialFailureError} when some of several objects could not be deleted.
   */
  async rm(name: string, options: RmOptions = {}): Promise<RmResult> {
    return await removeObjects(this.backend, name, { ...this.reading(options), root: this.prefix });
  }

  /**
   * Writes all objects of a directory to one on disk, several at once, each all or nothing. Nothing outside of it is touched, whatever the names say.
   *
   * @param prefix The directory in the store; `"/"` is everything, and a `/*` at its end changes nothing.
   * @param path A path, or `file:` URL. Its last directory is made where there is none.
   * @throws {NotFoundError} when there are no such objects, or no directory to make this one in.
   * @throws {InvalidArgumentError} when a name would leave the directory or can't be a path here, and when files and directories are in each other's way;
   * nothing was written then.
   * @throws {PartialFailureError} when some objects could not be written.
   * @throws {UnsupportedError} in a browser.
   */
  async downloadDirectory(
    prefix: string,
    path: string | URL,
    options: DownloadDirectoryOptions = {},
  ): Promise<DownloadedDirectory> {
    const { downloadDirectory } = await import("../files/mod.ts");
    const below = this.prefix + cleanPrefix(prefix);
    return await downloadDirectory(this.backend, below, path, this.reading(options));
  }

  /**
   * The store as a tree of properties, for looking around in a REPL: what is at the top is listed.
   *
   * @throws {NotFoundError} when there is no such bucket or directory.
   */
  async getBrowser(): Promise<Browser> {
    const { browse } = await import("../browse/mod.ts");
    return await browse(this.backend, { ...this.reading({}), root: this.prefix });
  }

  /**
   * Who owns an object.
   *
   * @throws {NotFoundError} when there is no such object.
   * @throws {UnsupportedError} where the store knows of no owners.
   */
  getObjectOwner(name: string, options: RequestOptions = {}): Promise<Owner> {
    return this.run((key) => objectOwner(this.backend, key, this.reading(options)), name);
  }
}
