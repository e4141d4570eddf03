/**
 * Reading objects: what is told of them, and their bytes, of one version.
 *
 * @module
 */
import {
  type Committed,
  type CottonCandyError,
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { checkKey, refuseVersion, resolveRange } from "../arguments.ts";
import type {
  Checksum,
  HeadOptions,
  ObjectHead,
  ObjectReader,
  OpenOptions,
  Owner,
  RequestOptions,
} from "../backend.ts";
import {
  type ExpectedBytes,
  parseContentRange,
  PART,
  type RemoteBody,
  type RemoteObject,
  RemoteReader,
  type RetryPolicy,
  sleep,
} from "../transport/mod.ts";
import { driveReasonOf, driveStatusOf } from "./errors.ts";
import { type DriveFile, fileChecksum, fileEtag, fileHead } from "./file.ts";
import { ALL_DRIVES } from "./files.ts";
import type { DriveStore, FoundKey } from "./store.ts";

/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 4;
/** Bytes of an object that is read whole when it is opened. */
const SMALL = 1024 * 1024;

/** What is told of an object; `undefined` when there is none. */
export async function headFile(
  store: DriveStore,
  key: string,
  { versionId, signal, onWarning }: HeadOptions = {},
): Promise<ObjectHead | undefined> {
  signal?.throwIfAborted();
  checkKey(key);
  refuseVersion(versionId, { key, bucket: store.name });
  const { files: [file] } = await store.find(key, signal, onWarning);
  return file && fileHead(key, file);
}

/** Who owns an object: in a shared drive nobody does. */
export async function ownerOfFile(
  store: DriveStore,
  key: string,
  { signal, onWarning }: RequestOptions = {},
): Promise<Owner> {
  signal?.throwIfAborted();
  checkKey(key);
  const found = await store.find(key, signal, onWarning);
  const [file] = found.files;
  if (!file) throw missingError(store, { ...found, isDocument: false });
  const { owner } = await store.files.rights(file.id, key, signal);
  if (owner) return owner;
  throw new UnsupportedError(
    `"${key}" has no owner: what is in a shared drive belongs to the drive`,
    { key, bucket: store.name },
  );
}

/**
 * Opens the content that an object has now. Drive tells of a file in one answer and gives its bytes in another, between which it may be written anew: what is given is of one version, or it
 * is asked for again.
 */
export async function openDriveFile(
  store: DriveStore,
  key: string,
  options: OpenOptions = {},
): Promise<ObjectReader> {
  const { range, ifMatch, versionId, signal, onWarning } = options;
  signal?.throwIfAborted();
  checkKey(key);
  refuseVersion(versionId, { key, bucket: store.name });
  // Checks the numbers; how much there is, only Drive can tell.
  resolveRange(range, 0);
  const pause = store.client.policy.backoff();
  for (let attempt = 1;; attempt++) {
    const found = await store.find(key, signal, onWarning);
    const [listed] = found.files;
    if (!listed) throw missingError(store, found);
    const isOther = (file: DriveFile) => ifMatch !== undefined && fileEtag(file) !== ifMatch;
    // Listings are behind: Drive itself may have that version.
    const file = isOther(listed) ? await store.reload(listed, key, signal) : listed;
    if (!file || isOther(file)) throw versionChangedError(store, key);
    try {
      return await new OpenVersion(store, key, file).open(options);
    } catch (error) {
      const isChanged = error instanceof PreconditionFailedError;
      const isPassing = isChanged || error instanceof IntegrityError;
      if (!isPassing || attempt >= store.client.policy.attempts) throw error;
      // Else a listing that is behind would give the same again.
      if (isChanged) await store.reload(file, key, signal);
    }
    // Whoever writes it all the time gets done with it.
    await sleep(pause.next(), signal);
  }
}

/** The error where there is no object to read or copy. */
export function missingError(
  store: DriveStore,
  { key, isDocument }: FoundKey,
  committed?: Committed,
): CottonCandyError {
  const details = { key, bucket: store.name, committed };
  return isDocument
    ? new UnsupportedError(
      `"${key}" in ${store.name} is a document of Google's, or a shortcut: it has no bytes. Export it in Drive to a file`,
      details,
    )
    : new NotFoundError(`there is no "${key}" in ${store.name}.`, details);
}

/** The error when a file is written anew, or deleted, while it is being read. */
function versionChangedError(store: DriveStore, key: string, cause?: unknown): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${key}" in ${store.name} is not, or no longer, the version that was opened. Open it again.`,
    { key, bucket: store.name, cause },
  );
}

/** One version of an object, that is being opened and read. */
class OpenVersion implements RemoteObject {
  readonly info: ObjectHead;
  readonly bucket: string;
  readonly policy: RetryPolicy;
  readonly idle: number;
  readonly concurrency: number;
  // What is put together of several bodies is held against a digest, or the version, when it is complete.
  readonly resumable = true;
  readonly #store: DriveStore;
  readonly #file: DriveFile;
  /** What whole reads are held against. */
  readonly #checksum: Checksum | undefined;
  /** Bytes were asked for that may be of another version than those that opening brought. */
  #asked = false;
  /** Drive takes the file for malware, and is told that this is known. */
  #isAcknowledged = false;

  constructor(store: DriveStore, key: string, file: DriveFile) {
    this.info = fileHead(key, file);
    this.bucket = store.name;
    this.policy = store.client.policy;
    this.idle = store.client.timeouts.idle;
    this.concurrency = store.options.concurrency ?? CONCURRENCY;
    this.#store = store;
    this.#file = file;
    const { checksums } = store.options;
    const preferred = checksums === "MD5" && file.md5 !== undefined ? { md5: file.md5 } : file;
    this.#checksum = checksums === false ? undefined : fileChecksum(preferred);
  }

  /** Makes the request whose bytes are read first, and makes sure that they are of this version. */
  async open(options: OpenOptions): Promise<ObjectReader> {
    const { range, parallel = false, signal } = options;
    const { size } = this.info;
    const { offset, length } = resolveRange(range, size);
    if (length === 0) {
      // There is no body that would tell that the listing was behind.
      await this.#checkVersion(signal);
      return new RemoteReader(this, options);
    }
    const end = offset + length;
    const first = await this.request(offset, parallel ? Math.min(end, offset + PART) : end, signal);
    if (length === size && size <= SMALL && this.#checksum) {
      // Reading it all costs less than another request, and tells as much.
      const bytes = await new RemoteReader(this, { signal }, first).read();
      this.#asked = false;
      return new RemoteReader(this, options, { start: 0, end: size, body: new Blob([bytes]).stream() });
    }
    try {
      // The version before and after the bytes began to come is the bytes'.
      await this.#checkVersion(signal);
      this.#asked = false;
      return new RemoteReader(this, options, first);
    } catch (error) {
      await first.body.cancel().catch(() => {});
      throw error;
    }
  }

  /** Asks for bytes from `start` to `end`, exclusive. */
  async request(start: number, end: number, signal: AbortSignal | undefined): Promise<RemoteBody> {
    this.#asked = true;
    const { key } = this.info;
    try {
      const { statusCode, headers, body } = await this.#store.client.call({ operation: "files.get", key }, {
        method: "GET",
        path: `/drive/v3/files/${this.#file.id}`,
        query: { ...ALL_DRIVES, alt: "media", ...(this.#isAcknowledged ? { acknowledgeAbuse: "true" } : {}) },
        // Also of a whole file: the answer to it tells the size, and browsers ask for ranges without compression.
        headers: { range: `bytes=${start}-${end - 1}` },
      }, { signal, streaming: true });
      const stream = body instanceof ReadableStream ? body : new Blob([body]).stream();
      try {
        return { ...this.#extentOf(start, end, statusCode, headers), body: stream };
      } catch (error) {
        await stream.cancel().catch(() => {});
        throw error;
      }
    } catch (error) {
      // Of other files nobody but their owner may say so.
      const isTold = this.#store.options.acknowledgeAbuse === true && !this.#isAcknowledged;
      if (isTold && driveReasonOf(error) === "cannotDownloadAbusiveFile") {
        this.#isAcknowledged = true;
        return await this.request(start, end, signal);
      }
      const isGone = error instanceof NotFoundError || driveStatusOf(error) === 416;
      throw isGone ? versionChangedError(this.#store, key, error) : error;
    }
  }

  /** What an answer says that it brings. */
  #extentOf(
    start: number,
    end: number,
    status: number,
    headers: Readonly<Record<string, string>>,
  ): { start: number; end: number } {
    const { key, size } = this.info;
    const { "content-range": range, "content-length": announced } = headers;
    const contradiction = (what: string) =>
      new IntegrityError(
        `Drive's answer for "${key}" contradicts the question: bytes ${start} to ${
          end - 1
        } were asked for, and ${what} came`,
        { key, bucket: this.bucket },
      );
    if (status !== 206) {
      if (announced !== undefined && Number(announced) !== size) throw versionChangedError(this.#store, key);
      return { start: 0, end: size };
    }
    // A browser may hide the range, but not the length.
    if (range === undefined) {
      if (announced !== undefined && Number(announced) !== end - start) {
        throw contradiction(`${announced} bytes`);
      }
      return { start, end };
    }
    const answered = parseContentRange(range);
    if (answered && answered.size !== size) throw versionChangedError(this.#store, key);
    if (answered?.start !== start || answered.end !== end) throw contradiction(`"${range}"`);
    return { start, end };
  }

  expected(signal: AbortSignal | undefined): ExpectedBytes | undefined {
    const { info: { key }, bucket } = this;
    const checksum = this.#checksum;
    // Other bytes than those that were opened are no damage.
    return checksum && { key, bucket, checksum, onMismatch: () => this.#checkVersion(signal) };
  }

  async confirm(signal: AbortSignal | undefined): Promise<void> {
    if (this.#asked) await this.#checkVersion(signal);
  }

  /** Throws `PreconditionFailedError` unless the file still has the content that was opened. */
  async #checkVersion(signal: AbortSignal | undefined): Promise<void> {
    const { key } = this.info;
    const file = await this.#store.files.get(this.#file.id, { operation: "files.get", key }, signal);
    if (file && fileEtag(file) === fileEtag(this.#file)) return;
    throw versionChangedError(this.#store, key);
  }
}
