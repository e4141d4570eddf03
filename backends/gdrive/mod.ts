/**
 * Objects in Google Drive: in My Drive, a shared drive, or below one folder of either.
 *
 * An object `a/b/c` is the file `c` in the folder `b` in the folder `a`. It keeps its file when it is written anew, with its sharing and its links. This module needs `fetch` and nothing of Google's.
 *
 * Drive is no object store, and what it can't do is said by `capabilities`: whether a name is new (`ifAbsent`) or a version the one that is named (`ifMatch`) is looked up
 * before a write and, of new objects, after it. Within this process that is exact: all backends with the same credentials and root are one in this, for the 64 roots that were opened last. Another process can get past it while
 * Drive's index is behind.
 *
 * @module
 */
import type {
  Backend,
  Body,
  Capabilities,
  CopyOptions,
  DeleteItem,
  DeleteOptions,
  DeleteResult,
  HeadOptions,
  ListOptions,
  MoveOptions,
  ObjectHead,
  ObjectInfo,
  ObjectReader,
  OpenOptions,
  Owner,
  Prefix,
  PutOptions,
  PutResult,
  RequestOptions,
  ResumeUploadOptions,
  StartUploadOptions,
  UploadToken,
} from "../backend.ts";
import { SingleFlight } from "../../lib/async.ts";
import { deleteFiles } from "./delete.ts";
import { DRIVE_METADATA_LIMIT } from "./file.ts";
import { listFiles } from "./list.ts";
import type { GDriveOptions } from "./options.ts";
import { headFile, openDriveFile, ownerOfFile } from "./read.ts";
import { rootPathOf } from "./root_path.ts";
import { DriveStore } from "./store.ts";

export { type DriveCredentials, type DriveKey, parseDriveCredentials } from "./auth/mod.ts";
export type { AuthorizedUserKey, ServiceAccountKey } from "./auth/mod.ts";
export type { DriveChecksums, DriveOpenOptions, GDriveOptions } from "./options.ts";
export type { RetryOptions } from "../options.ts";

const CAPABILITIES: Capabilities = Object.freeze({
  ranges: true,
  atomicCreate: false,
  atomicReplace: false,
  serverSideCopy: true,
  metadataLimit: DRIVE_METADATA_LIMIT,
  buckets: false,
  trash: true,
  acl: false,
  remote: true,
});

/**
 * A drive, or a folder of one, as a store.
 *
 * Drive allows several files of one name in a folder. Of those the oldest is the object: it is read and written anew, and a warning tells of the others. Several folders
 * of one name are one directory. Documents of Google's and shortcuts have no bytes, and are no objects.
 *
 * Drive's listings are behind by seconds. What this process has written and deleted it shows at once; other processes may see it a little later, and
 * this one sees what they did a little later, folders that they moved or deleted within half a minute.
 *
 * @example
 * ```ts
 * import { GDriveBackend } from "@cottoncandy/cottoncandy/backends/gdrive";
 *
 * const backend = new GDriveBackend({ credentials: async () => await Promise.resolve("an access token") });
 * console.assert(backend.name === "gdrive://" && backend.capabilities.trash);
 * ```
 */
export class GDriveBackend implements Backend {
  /** What Drive can do. */
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly #store: DriveStore;
  readonly #askingRootPath = new SingleFlight((signal) => rootPathOf(this.#store, signal));
  #rootPath: string | undefined;

  /**
   * Opens a drive; nothing is sent yet.
   *
   * @param options Who asks, where, and how.
   * @throws {InvalidArgumentError} when an option can't work.
   */
  constructor(options: GDriveOptions) {
    this.#store = new DriveStore(options);
  }

  /** For messages: `"gdrive://"`, with the id of the shared drive or the folder where one is the root. */
  get name(): string {
    return this.#store.name;
  }

  /**
   * The names of the folders from the top of My Drive, or of the shared drive, to the root, as far as they are to be seen: of a folder that somebody else has shared, its own. Asked for once.
   */
  async rootPath(options: RequestOptions = {}): Promise<string> {
    return this.#rootPath ??= await this.#askingRootPath.run(options.signal);
  }

  /**
   * What Drive tells of an object, `undefined` when there is none.
   *
   * @throws {IntegrityError} when its metadata were changed by somebody else, and are none any more.
   */
  head(key: string, options: HeadOptions = {}): Promise<ObjectHead | undefined> {
    return headFile(this.#store, key, options);
  }

  /**
   * Opens the content that an object has now. With `parallel` the first request brings the first 8 MiB, and `read` fetches the rest 8 MiB at a time, 4 at once.
   *
   * A whole object is held against the SHA-256 or MD5 that Drive tells. Of a range that can't be done: after it was read, Drive is asked whether the object is still the one that was
   * opened, and a `PreconditionFailedError` says that it is not.
   *
   * @throws {UnsupportedError} for a document of Google's, which has no bytes.
   */
  open(key: string, options: OpenOptions = {}): Promise<ObjectReader> {
    return openDriveFile(this.#store, key, options);
  }

  /**
   * Stores an object: up to 5 MB in one request, else in a resumable upload, which is taken up where it broke. Of a stream two pieces are in memory (4 MiB each, or
   * `partSize`): one is filled while the other is sent. Folders are made where they are missing. Writes to one key follow each other.
   *
   * Drive has no checksum that it would hold the bytes against, so they are compared afterwards: damage on the way is an `IntegrityError`.
   *
   * @throws {InvalidArgumentError} when key or metadata (2048 bytes) can't work; nothing was sent.
   * @throws {IntegrityError} when a stream is shorter or longer than `size`; nothing is stored.
   * @throws {AlreadyExistsError} with `ifAbsent`, when there is such an object.
   * @throws {PreconditionFailedError} with `ifMatch`, when the object is another version, or there is none.
   * @throws {QuotaError} when the drive, or the folder, is full. A service account has no storage outside shared drives.
   * @throws {UnsupportedError} with `acl`: what a folder is shared for is set in Drive.
   */
  async put(key: string, body: Body, options: PutOptions = {}): Promise<PutResult> {
    const { putFile } = await import("./write.ts");
    return await putFile(this.#store, key, body, options);
  }

  /**
   * Lists objects and prefixes, completely and in the order of their UTF-8 bytes, 1000 files and up to 50 folders a request. Empty folders are no
   * prefixes. A folder's files are all fetched before the first is given, since Drive knows another order.
   */
  list(options: ListOptions = {}): AsyncIterable<ObjectInfo | Prefix> {
    return listFiles(this.#store, options);
  }

  /**
   * Deletes objects, or moves them to the trash, 6 at once. All files of a name go. Where only the trash is allowed, as in shared drives for those who don't manage them, they go there, and a warning says so.
   * Folders stay: others may be writing to them.
   */
  delete(
    items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
    options: DeleteOptions = {},
  ): AsyncIterable<DeleteResult> {
    return deleteFiles(this.#store, items, options);
  }

  /** Copies an object within the drive. An object that is replaced goes to the trash when the copy is there. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<PutResult> {
    const { copyFile } = await import("./copy.ts");
    return await copyFile(this.#store, from, to, options);
  }

  /**
   * Moves an object in one request: it keeps its file, with its links, its sharing, its owner and its older versions. An object that is replaced goes to the trash.
   *
   * @returns `undefined`, and nothing has changed, where only a copy can be made: the rights don't allow a move, or there are several files of the name.
   * @throws {AccessDeniedError} when the object may be neither moved nor removed: the message tells whose it is.
   */
  async move(from: string, to: string, options: MoveOptions = {}): Promise<PutResult | undefined> {
    const { moveFile } = await import("./move.ts");
    return await moveFile(this.#store, from, to, options);
  }

  /**
   * Begins a resumable upload, of which nothing is sent yet. Folders are made where they are missing. Drive keeps what arrives for a week, and has no list of what was begun: the token is all there is.
   *
   * The address of the upload is a secret; the token has it sealed under a key that is derived from the service account's key, or the refresh token.
   *
   * @throws {UnsupportedError} where a function gives access tokens: they end, and nothing lasts that could seal the token.
   * @throws {AlreadyExistsError} with `ifAbsent`, when there is such an object.
   * @throws {PreconditionFailedError} with `ifMatch`, when the object is another version, or there is none.
   */
  async startUpload(key: string, options: StartUploadOptions): Promise<UploadToken> {
    const { startDriveUpload } = await import("./resume.ts");
    return await startDriveUpload(this.#store, key, options);
  }

  /**
   * Sends what Drive lacks of an upload, one piece after the other, and completes it. Drive is asked how much it has; the body is read from its beginning all the same, for its MD5: that of what Drive has, where it tells, is compared before more is sent, and
   * that of the whole when all is done. Whatever fails, what has arrived stays.
   *
   * @throws {NotFoundError} when Drive has forgotten the upload and there is no such file, or somebody renamed, moved or deleted the file that it was to write anew: begin anew.
   * @throws {IntegrityError} when the body is not the one that was begun. Where Drive did not tell early, a new file is deleted again, and one that was written anew has the bytes from before as its previous version (`committed: "yes"`).
   * @throws {InvalidArgumentError} when the token is another store's, or was made with other credentials.
   */
  async resumeUpload(
    token: UploadToken,
    body: Body,
    options: ResumeUploadOptions = {},
  ): Promise<PutResult> {
    const { resumeDriveUpload } = await import("./resume.ts");
    return await resumeDriveUpload(this.#store, token, body, options);
  }

  /** Has Drive forget an upload, and what has arrived of it. One that is complete or forgotten is left alone. */
  async abortUpload(token: UploadToken, options: RequestOptions = {}): Promise<void> {
    const { abortDriveUpload } = await import("./resume.ts");
    await abortDriveUpload(this.#store, token, options);
  }

  /**
   * Who owns an object.
   *
   * @throws {UnsupportedError} in a shared drive, where nobody does.
   */
  owner(key: string, options: RequestOptions = {}): Promise<Owner> {
    return ownerOfFile(this.#store, key, options);
  }

  /** Closes connections that are kept for further requests. The backend can still be used. */
  close(): void {
    this.#store.client.close();
  }
}
