import { checkOptions, type OptionTable } from "../../lib/options.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { type FileAccess, type OpenFile, platformFiles } from "../../lib/file_access.ts";
import { warnOncePerKind } from "../../lib/warnings.ts";
import { checkCopyOptions, checkKey, checkPutOptions, type PutLimits, refuseVersion } from "../arguments.ts";
import type {
  AbortUploadsOptions,
  Backend,
  Body,
  Capabilities,
  ClockOffset,
  CopyOptions,
  DeleteItem,
  DeleteOptions,
  DeleteResult,
  HeadOptions,
  ListOptions,
  ObjectHead,
  ObjectInfo,
  ObjectReader,
  OpenOptions,
  PendingUpload,
  Prefix,
  PrefixOptions,
  PutOptions,
  PutResult,
  RequestOptions,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../backend.ts";
import { cancelUnread } from "../body.ts";
import { checkWriteConditions, objectNotFoundError, type ObjectPlace } from "../conditions.ts";
import { deleteEach } from "../deleting.ts";
import { type ListCursor, listed } from "../listing.ts";
import { checkBeforeWriting, commitLocked, installFile } from "./commit.ts";
import { fileSystemError, guarded } from "./failures.ts";
import { LocalRoot, makeRoot, realPathOf } from "./paths.ts";
import { removeObject } from "./removing.ts";
import { LocalReader } from "./reader.ts";
import { notReserved } from "./sidecar.ts";
import { inOwnDirectory, reporter, withTemporary, writeBody } from "./temporary.ts";
import type { LocalStore } from "./uploads.ts";
import { copyVersion, localHead, type LocalVersion, openLocalVersion } from "./version.ts";
import { walkObjects } from "./walk.ts";

/** Options of {@linkcode LocalBackend}. */
export interface LocalOptions {
  /** Make the directory when there is none, at the first put; until then it counts as empty. Default: a missing directory is a `NotFoundError`. */
  readonly create?: boolean;
  /**
   * Wait until an object is on the medium before its put resolves, and until it is gone before its deletion does (`fsync` of both files and their directories). Default false: what
   * has been put survives the end of the process, whatever ends it. When the machine loses power, what was written in the last seconds may be lost, and an object that was being
   * replaced may be neither its old version nor its new one; one that only got other metadata is either.
   */
  readonly durable?: boolean;
  /** What to reach files with; default the runtime's own. */
  readonly files?: FileAccess;
}

const LOCAL_OPTIONS: OptionTable<LocalOptions> = { create: true, durable: true, files: true };

const CAPABILITIES: Capabilities = Object.freeze({
  ranges: true,
  atomicCreate: true,
  atomicReplace: true,
  serverSideCopy: true,
  metadataLimit: 64 * 1024,
  buckets: false,
  trash: false,
  acl: false,
  contentTimes: true,
});

/** What a put fails to do. */
const STORED = "can't be stored";
/**
 * Objects as files of one directory, as Python's local backend keeps them: `a/b` is the file `a/b`, its metadata are in `a/b.meta.json`. Either
 * side reads what the other wrote.
 *
 * - A put writes to a temporary file and renames it. Data and metadata change together, for readers of this library at any moment, though they are
 *   two files.
 * - Nothing outside of the directory is touched, whatever a key says. Symbolic links below it are not followed: they are not listed, and opening,
 *   replacing or deleting one is an `AccessDeniedError`.
 * - Keys that a file system can't hold (`a` beside `a/b`, `..`, `x/`, names over 245 bytes, `x.meta.json`) are kept in `.cottoncandy/escaped`,
 *   where Python doesn't see them. Where the file system takes upper and lower case, or two Unicode forms of a letter, for one, so does this backend.
 * - What a put says in the metadata entry `mtime` (seconds since 1970, as rclone keeps it) becomes the file's time. A put that says nothing else makes a
 *   plain file: its time is kept by the file system, there is no metadata file, and the content type is not kept.
 * - The etag is made of the file's inode number, size and times of change (to the millisecond): a program that changes a file in place within
 *   one millisecond, keeping its size, goes unnoticed.
 * - `ifAbsent` and `ifMatch` are atomic among all of this process; among processes where both run Deno and the file system has advisory locks. An
 *   `ifAbsent` put never replaces another program's file where the file system has hard links.
 * - A metadata file that does not belong to its data (Python's `upload_from_file` replaces data only) is left out, with a warning.
 *
 * @example
 * ```ts
 * import { LocalBackend } from "@cottoncandy/cottoncandy/backends/local";
 *
 * const directory = await Deno.makeTempDir();
 * const backend = new LocalBackend(directory);
 * await backend.put("sub01/notes", new TextEncoder().encode("hello"), { metadata: { run: "1" } });
 * console.assert(await Deno.readTextFile(`${directory}/sub01/notes`) === "hello");
 * console.assert((await backend.head("sub01/notes"))?.metadata.run === "1");
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class LocalBackend implements Backend {
  /** For messages: the directory as a `file:` URL. */
  readonly name: string;
  /** The directory's path, which is what Python calls the bucket's name. */
  readonly bucket: string;
  /** What this store can do. */
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly #files: FileAccess;
  readonly #create: boolean;
  readonly #durable: boolean;

  /**
   * Opens a directory; nothing is touched yet.
   *
   * @param directory A path, absolute or relative to the current directory, or a `file:` URL.
   * @throws {UnsupportedError} where there are no files, as in a browser.
   */
  constructor(directory: string | URL, options: LocalOptions = {}) {
    if (directory === "") {
      throw new InvalidArgumentError('a local store needs a directory; "." is the current one');
    }
    checkOptions(options, LOCAL_OPTIONS);
    this.#files = options.files ?? platformFiles();
    this.#create = options.create ?? false;
    this.#durable = options.durable ?? false;
    this.bucket = this.#files.resolve(directory);
    this.name = `file://${this.bucket}`;
  }

  get #limits(): PutLimits & { readonly bucket: string } {
    return { bucket: this.bucket, metadataLimit: CAPABILITIES.metadataLimit };
  }

  /** Another directory, reached in the same way: what Python's local backend calls another bucket. */
  withBucket(directory: string): LocalBackend {
    return new LocalBackend(directory, { create: this.#create, durable: this.#durable, files: this.#files });
  }

  /** The directory's path without symbolic links, and without the slash that it begins with. */
  async rootPath(): Promise<string> {
    const path = await realPathOf(this.#files, this.bucket).catch((error) => {
      throw fileSystemError(error, `${this.bucket} can't be looked up`, { bucket: this.bucket });
    });
    return path.replaceAll(this.#files.windows ? "\\" : "/", "/").replace(/^\/+|\/+$/g, "");
  }

  /** Whether the other is a directory too. */
  reaches(other: Backend): boolean {
    return #files in other && other.#files === this.#files;
  }

  /** It is this machine's clock. */
  clockOffset(): ClockOffset {
    return { least: 0, most: 0 };
  }

  /** What is told of an object, `undefined` when there is none. */
  async head(key: string, options: HeadOptions = {}): Promise<ObjectHead | undefined> {
    return await guarded(this, key, "can't be looked up", options.signal, async () => {
      const version = await this.#find(key, options);
      await version?.file.close();
      options.signal?.throwIfAborted();
      return version && localHead(key, version);
    });
  }

  /** Opens the version that is current. Its file stays open until the range is read or the reader closed. */
  async open(key: string, options: OpenOptions = {}): Promise<ObjectReader> {
    return await guarded(this, key, "can't be opened", options.signal, async () => {
      const version = await this.#find(key, options);
      if (!version) throw objectNotFoundError(this.#place(key));
      try {
        options.signal?.throwIfAborted();
        checkWriteConditions(version, { ifMatch: options.ifMatch }, this.#place(key));
        return new LocalReader(this.#files, version, localHead(key, version), options);
      } catch (error) {
        await version.file.close();
        throw error;
      }
    });
  }

  /** Writes a temporary file, and puts it into its place. */
  async put(key: string, body: Body, options: PutOptions = {}): Promise<PutResult> {
    const { signal, size, contentType } = options;
    const report = reporter(key, body instanceof Uint8Array ? body.byteLength : size, options.onProgress);
    let failedBody: { reason: unknown } | undefined;
    try {
      const result = await guarded(this, key, STORED, signal, async () => {
        signal?.throwIfAborted();
        const metadata = notReserved(checkPutOptions(key, body, options, this.#limits));
        const entry = { metadata, contentType };
        const root = await this.#rootForWriting();
        await checkBeforeWriting(root, key, options);
        return await withTemporary(root, async (path) => {
          const file = await inOwnDirectory(root, () => this.#files.create(path));
          try {
            await writeBody(this.#typed(key, file), body, { size, signal }, report);
          } catch (reason) {
            failedBody = { reason };
            await file.close();
            throw reason;
          }
          const durable = options.durable || this.#durable;
          return await installFile(root, key, { path, file, entry }, durable, options);
        });
      });
      report(result.size, true);
      return result;
    } catch (error) {
      // What the body's own source failed with is told as it is, whatever it looks like.
      const reason = failedBody ? failedBody.reason : error;
      cancelUnread(body, reason);
      throw reason;
    }
  }

  /** Lists objects, directory by directory; a warning tells of each link, pipe and device, which is left out. */
  async *list(options: ListOptions = {}): AsyncIterable<ObjectInfo | Prefix> {
    options.signal?.throwIfAborted();
    try {
      const root = await LocalRoot.find(this.#files, this.bucket, this.#create);
      if (root) yield* listed(options, (cursor: ListCursor) => walkObjects(root, cursor, options.onWarning));
    } catch (error) {
      if (options.signal?.aborted && error === options.signal.reason) throw error;
      throw fileSystemError(error, `${this.bucket} can't be listed`, { bucket: this.bucket });
    }
  }

  /** Deletes objects, one after the other as the result is iterated, and the directories that they leave empty. */
  delete(
    items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
    { signal }: DeleteOptions = {},
  ): AsyncIterable<DeleteResult> {
    return deleteEach(
      items,
      signal,
      (key, ifMatch) =>
        guarded(this, key, "can't be deleted", signal, async () => {
          const root = await LocalRoot.find(this.#files, this.bucket, this.#create);
          if (root) {
            await commitLocked(this.#files, root.path, signal, () =>
              removeObject(root, key, ifMatch, this.#durable));
          }
        }),
    );
  }

  /** Copies an object by the operating system, which shares the blocks where it can. `fromBucket` is another directory. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<PutResult> {
    const { signal, fromBucket } = options;
    return await guarded(this, to, "can't be copied to", signal, async () => {
      signal?.throwIfAborted();
      const directory = fromBucket === undefined ? this.bucket : this.#files.resolve(fromBucket);
      const same = directory === this.bucket;
      const metadata = notReserved(checkCopyOptions(from, to, options, same, this.#limits));
      const source = await LocalRoot.find(this.#files, directory);
      const root = await this.#rootForWriting();
      // Another path may lead to the same directory.
      if (!same) checkCopyOptions(from, to, options, source.path === root.path, this.#limits);
      await checkBeforeWriting(root, to, { ifAbsent: options.ifAbsent });
      // What only gets other metadata, such as other keys, is no newer than what was safe already.
      const durable = options.durable || this.#durable || (source.path === root.path && from === to);
      const { ifAbsent, onWarning } = options;
      return await withTemporary(root, async (path) => {
        const copied = await copyVersion(source, from, root, path, options.ifSourceMatch);
        const entry = metadata ? { ...copied, metadata } : copied;
        const file = await this.#files.open(path);
        return await installFile(root, to, { path, file, entry }, durable, { ifAbsent, signal, onWarning });
      });
    });
  }

  /** Uploads that were begun to be resumed and are not complete, by their keys. */
  async *listUploads(options: PrefixOptions = {}): AsyncIterable<PendingUpload> {
    yield* (await import("./uploads.ts")).listLocalUploads(this.#uploads, options);
  }

  /** Ends uploads that were begun to be resumed, and removes what has arrived of them. */
  async abortUploads(options: AbortUploadsOptions): Promise<PendingUpload[]> {
    return await (await import("./uploads.ts")).abortLocalUploads(this.#uploads, options);
  }

  /** Begins an upload whose bytes stay in `.cottoncandy/uploads` until it is complete or aborted. */
  async startUpload(key: string, options: StartUploadOptions): Promise<UploadToken> {
    return await (await import("./uploads.ts")).startLocalUpload(this.#uploads, key, options);
  }

  /**
   * Takes what has not arrived of an upload. What has is held against CRCs that were kept beside it, and those against the body; with `bodyFrom` of the same version the
   * rest alone is read. Of two that resume one upload the second waits where the file system has advisory locks and both run Deno.
   */
  async resumeUpload(token: UploadToken, body: Body, options: ResumeUploadOptions = {}): Promise<PutResult> {
    return await (await import("./resuming.ts")).resumeLocalUpload(this.#uploads, token, body, options);
  }

  /** Ends an upload, and removes what has arrived of it. */
  async abortUpload(token: UploadToken, options: RequestOptions = {}): Promise<void> {
    await (await import("./uploads.ts")).abortLocalUpload(this.#uploads, token, options);
  }

  get #uploads(): LocalStore {
    return {
      name: this.name,
      durable: this.#durable,
      ...this.#limits,
      find: () => LocalRoot.find(this.#files, this.bucket, this.#create),
      rootForWriting: () => this.#rootForWriting(),
    };
  }

  async #find(key: string, options: HeadOptions): Promise<LocalVersion | undefined> {
    options.signal?.throwIfAborted();
    checkKey(key);
    refuseVersion(options.versionId, { key, bucket: this.bucket });
    const root = await LocalRoot.find(this.#files, this.bucket, this.#create);
    const version = root && await openLocalVersion(root, key);
    if (version?.stale) {
      const warn = options.onWarning ?? warnOncePerKind;
      warn({
        kind: "metadata",
        message:
          `${version.location.sidecar} does not belong to the data beside it and is left out; put the object again`,
        key,
      });
    }
    return version;
  }

  async #rootForWriting(): Promise<LocalRoot> {
    if (this.#create) await makeRoot(this.#files, this.bucket, this.#durable);
    return await LocalRoot.find(this.#files, this.bucket);
  }

  #place(key: string): ObjectPlace {
    return { key, bucket: this.bucket, place: this.bucket };
  }

  /** A file whose failures to be written are told apart from those of what is written to it. */
  #typed(key: string, file: OpenFile): Pick<OpenFile, "write"> {
    return {
      write: async (view, position) => {
        try {
          return await file.write(view, position);
        } catch (error) {
          throw this.#failure(error, key, STORED);
        }
      },
    };
  }

  #failure(error: unknown, key: string, what: string): unknown {
    return fileSystemError(error, `"${key}" in ${this.bucket} ${what}`, {
      key,
      bucket: this.bucket,
      committed: "no",
    });
  }
}
