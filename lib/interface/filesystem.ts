/**
 * A bucket as a file system.
 *
 * @module
 */
import { collect } from "../async.ts";
import type { Owner, RequestOptions } from "../../backends/backend.ts";
import type { Browser } from "../browse/mod.ts";
import type { DownloadDirectoryOptions, DownloadedDirectory } from "../files/mod.ts";
import { type ListingOptions, print } from "../objects/mod.ts";
import type {
  CpOptions,
  CpResult,
  GlobNamesOptions,
  GlobObjectsOptions,
  LsOptions,
  RmOptions,
  RmResult,
} from "../tree/mod.ts";
import { BasicInterface } from "./basic.ts";
import { warnDeprecated } from "./buckets.ts";

/**
 * Objects as files: what is in a directory, what matches a pattern, copying, moving and deleting, one by one or as trees.
 *
 * A directory is what names have before a `/`; there are no empty ones. Names that are given and that come back are relative to the interface's prefix, in
 * other buckets too; results of `cp` and `mv`, and errors, have full keys. Listings are complete, however many objects there are, unless a `limit` cuts them.
 *
 * @category Opening a store
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
  /**
   * The names in a directory, or that match a pattern, directories included; see {@linkcode listNames}.
   *
   * @param pattern `""`, `"/"` and `"."` are the root; keys are cut to as many segments as the pattern has.
   * @param options `limit` cuts the names; `verbose` prints them as well, sorted.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * for (const name of ["sub01/run1", "sub02/run1"]) await cci.uploadObject(name, "…");
   * console.assert((await cci.ls("")).join() === "sub01,sub02");
   * console.assert((await cci.ls("*\/run1")).join() === "sub01/run1,sub02/run1");
   * ```
   */
  async ls(pattern: string, options: LsOptions = {}): Promise<string[]> {
    const { backend } = this;
    const { listNames } = await import("../tree/mod.ts");
    return await listNames(backend, pattern, this.rooted(options));
  }

  /**
   * The names in one directory, of its objects and of the directories in it; see {@linkcode listDirectory}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * for (const name of ["sub01/run1", "sub01/rois/v1"]) await cci.uploadObject(name, "…");
   * console.log(await cci.lsdir("sub01")); // rois, run1
   * ```
   */
  async lsdir(path: string = "/", options: ListingOptions = {}): Promise<string[]> {
    const { backend } = this;
    const { listDirectory } = await import("../tree/mod.ts");
    return await listDirectory(backend, path, this.rooted(options));
  }

  /**
   * The names of the objects that match a pattern, sorted; without wildcards the object of that name and all below it; see {@linkcode globObjects}.
   *
   * @param options `semantics`: `"path"`, as in shells, or `"fnmatch"`, as in Python's cottoncandy; `limit`; `verbose` prints a table as well.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * for (const name of ["a.txt", "sub01/b.txt"]) await cci.uploadObject(name, "…");
   * console.assert((await cci.glob("*.txt")).join() === "a.txt");
   * console.assert((await cci.glob("**\/*.txt")).join() === "a.txt,sub01/b.txt");
   * console.assert((await cci.glob("*.txt", { semantics: "fnmatch" })).join() === "a.txt,sub01/b.txt");
   * ```
   */
  async glob(pattern: string, options: GlobNamesOptions = {}): Promise<string[]> {
    const { names, report } = await this.#found(pattern, options);
    if (options.verbose) print(report);
    return names;
  }

  /**
   * Another name of `glob`.
   *
   * @deprecated Use `glob`.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab", { onWarning: () => {} });
   * await cci.uploadObject("a.txt", "…");
   * console.assert((await cci.globS3("*.txt")).join() === "a.txt");
   * ```
   */
  async globS3(pattern: string, options: GlobNamesOptions = {}): Promise<string[]> {
    warnDeprecated("globS3", "glob", this.reading(options).onWarning);
    return await this.glob(pattern, options);
  }

  /**
   * Another name of `glob`.
   *
   * @deprecated Use `glob`.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab", { onWarning: () => {} });
   * await cci.uploadObject("a.txt", "…");
   * console.assert((await cci.globGoogleDrive("*.txt")).join() === "a.txt");
   * ```
   */
  async globGoogleDrive(pattern: string, options: GlobNamesOptions = {}): Promise<string[]> {
    warnDeprecated("globGoogleDrive", "glob", this.reading(options).onWarning);
    return await this.glob(pattern, options);
  }

  /**
   * Prints the objects that `glob` finds, name, local time and size of each, and returns what it prints.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("sub01/run1", "…");
   * const table = await cci.search("sub01/*"); // and prints it
   * console.assert(table.includes("sub01/run1"));
   * ```
   */
  async search(pattern: string, options: GlobObjectsOptions = {}): Promise<string> {
    const { report } = await this.#found(pattern, options);
    print(report);
    return report;
  }

  /** What a pattern matches, and the table of it. */
  async #found(pattern: string, options: GlobObjectsOptions): Promise<{ names: string[]; report: string }> {
    const { backend } = this;
    const { globObjects, searchReport } = await import("../tree/mod.ts");
    const found = await collect(globObjects(backend, pattern, this.rooted(options)));
    return { names: found.map(({ key }) => key), report: searchReport(pattern, found) };
  }

  /**
   * Copies an object with its metadata and content type, or with `recursive` an object and all below it; never replaces what exists unless `overwrite`
   * is set. See {@linkcode copyObjects}.
   *
   * @param from The object or directory to copy; relative to the prefix, whatever bucket it is in.
   * @param to The new name, not the directory to copy into.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("sub01/run1", "…");
   * await cci.cp("sub01", "backup/sub01", { recursive: true });
   * console.assert(await cci.existsObject("backup/sub01/run1"));
   * ```
   */
  async cp(from: string, to: string, options: CpOptions = {}): Promise<CpResult> {
    const { backend } = this;
    const { copyObjects } = await import("../tree/mod.ts");
    return await copyObjects(backend, from, to, this.rooted(this.writing(options)));
  }

  /**
   * Moves an object, or with `recursive` an object and all below it: copies, looks at the copies, and only then deletes what was copied. See
   * {@linkcode moveObjects}.
   *
   * @param from The object or directory to move; relative to the prefix, whatever bucket it is in.
   * @param to The new name, not the directory to move into.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("sub01/run1", "…");
   * await cci.mv("sub01/run1", "sub01/run2");
   * console.assert((await cci.ls("sub01")).join() === "sub01/run2");
   * ```
   */
  async mv(from: string, to: string, options: CpOptions = {}): Promise<CpResult> {
    const { backend } = this;
    const { moveObjects } = await import("../tree/mod.ts");
    return await moveObjects(backend, from, to, this.rooted(this.writing(options)));
  }

  /**
   * Deletes an object, or with `recursive` an object and exactly what is below it: `name/…`, and never `name2`. See {@linkcode removeObjects}.
   *
   * @param name A name, or with `recursive` a pattern: what matches it is deleted with all that is below.
   * @param options `dryRun` deletes nothing, and tells what would be; `delete: false` moves to the trash, where the store has one.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * for (const name of ["sub01/run1", "sub01/run2", "sub012"]) await cci.uploadObject(name, "…");
   * const { deleted } = await cci.rm("sub01", { recursive: true, dryRun: true }); // what would go
   * console.assert(deleted.join() === "sub01/run1,sub01/run2");
   * await cci.rm("sub01", { recursive: true });
   * ```
   */
  async rm(name: string, options: RmOptions = {}): Promise<RmResult> {
    const { backend } = this;
    const { removeObjects } = await import("../tree/mod.ts");
    return await removeObjects(backend, name, this.rooted(options));
  }

  /**
   * Writes all objects of a directory to one on disk, several at once, each all or nothing; see {@linkcode downloadDirectory}.
   *
   * @param prefix The directory in the store; `"/"` is everything, and a `/*` at its end changes nothing.
   * @param path A path, or `file:` URL. Its last directory is made where there is none.
   * @param options `concurrency`: how many files at once, default 8; `skipExisting`, `resume`, `overwrite`; `onProgress` is told of each file and of all.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadObject("scans/sub01/notes.txt", "two runs were lost");
   * const folder = await Deno.makeTempDir();
   * await cci.downloadDirectory("scans", folder);
   * console.assert(await Deno.readTextFile(`${folder}/sub01/notes.txt`) === "two runs were lost");
   * ```
   */
  async downloadDirectory(
    prefix: string,
    path: string | URL,
    options: DownloadDirectoryOptions = {},
  ): Promise<DownloadedDirectory> {
    const { backend } = this;
    const { downloadDirectory } = await import("../files/mod.ts");
    return await downloadDirectory(backend, this.below(prefix), path, this.reading(options));
  }

  /**
   * The store as a tree of properties, for looking around in a REPL; see {@linkcode browse}.
   *
   * @example
   * ```ts
   * import { getInterface } from "@cottoncandy/cottoncandy";
   *
   * const cci = await getInterface("memory://lab");
   * await cci.uploadJson("sub01/notes", ["fine"]);
   * const browser = await cci.getBrowser();
   * console.log(await browser.sub01);
   * ```
   */
  async getBrowser(): Promise<Browser> {
    const { backend } = this;
    const { browse } = await import("../browse/mod.ts");
    return await browse(backend, this.rooted({}));
  }

  /**
   * Who owns an object; an `UnsupportedError` where the store knows of no owners.
   *
   * @example
   * ```ts ignore
   * const cci = await getInterface("s3://my-bucket/my-lab");
   * const { id, displayName } = await cci.getObjectOwner("betas");
   * ```
   */
  async getObjectOwner(name: string, options: RequestOptions = {}): Promise<Owner> {
    const { backend } = this;
    const { objectOwner } = await import("../objects/capabilities/mod.ts");
    return await this.run((key) => objectOwner(backend, key, this.reading(options)), name);
  }
}
