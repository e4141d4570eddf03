import {
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import type { ObjectHead, ObjectReader, OpenOptions, RequestOptions } from "../backend.ts";
import { PART, RemoteReader } from "../http/reader.ts";
import type { PartsVerifier, RemoteBody, RemoteObject, Verifier } from "../http/remote_object.ts";
import { type RetryPolicy, sleep } from "../http/retry.ts";
import { checkKey } from "../keys.ts";
import { resolveRange } from "../range.ts";
import { FileCheck } from "./check.ts";
import { type DriveFile, etagOf, headOf } from "./file.ts";
import { changed, fetchMedia } from "./media.ts";
import type { DriveStore } from "./store.ts";

/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 4;
/** Bytes of an object that is read whole when it is opened. */
const SMALL = 1024 * 1024;

/** What is told of an object; `undefined` when there is none. */
export async function headObject(
  store: DriveStore,
  key: string,
  { signal, onWarning }: RequestOptions = {},
): Promise<ObjectHead | undefined> {
  signal?.throwIfAborted();
  checkKey(key);
  const { files: [file] } = await store.find(key, signal, onWarning);
  return file && headOf(key, file);
}

/**
 * Opens the content that an object has now. Drive tells of a file in one answer and gives its bytes in another, between which it may be written anew: what is given is of one version, or it
 * is asked for again.
 */
export async function openObject(
  store: DriveStore,
  key: string,
  options: OpenOptions = {},
): Promise<ObjectReader> {
  const { range, ifMatch, signal, onWarning } = options;
  signal?.throwIfAborted();
  checkKey(key);
  // Checks the numbers; how much there is, only Drive can tell.
  resolveRange(range, 0);
  const pause = store.client.policy.backoff();
  for (let attempt = 1;; attempt++) {
    const { files: [listed], isDocument } = await store.find(key, signal, onWarning);
    if (!listed) throw missing(store, key, isDocument);
    const isOther = (file: DriveFile) => ifMatch !== undefined && etagOf(file) !== ifMatch;
    // Listings are behind: Drive itself may have that version.
    const file = isOther(listed) ? await store.reload(listed, key, signal) : listed;
    if (!file || isOther(file)) throw changed(store, key);
    const version = new OpenVersion(store, headOf(key, file), file);
    try {
      return await version.open(options);
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

function missing(store: DriveStore, key: string, isDocument: boolean): Error {
  const details = { key, bucket: store.name };
  return isDocument
    ? new UnsupportedError(
      `"${key}" in ${store.name} is a document of Google's, or a shortcut: it has no bytes. Export it in Drive to a file`,
      details,
    )
    : new NotFoundError(`there is no "${key}" in ${store.name}.`, details);
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
  readonly #check: FileCheck;
  /** Bytes were asked for that may be of another version than those that opening brought. */
  #asked = false;

  constructor(store: DriveStore, info: ObjectHead, file: DriveFile) {
    this.info = info;
    this.bucket = store.name;
    this.policy = store.client.policy;
    this.idle = store.client.timeouts.idle;
    this.concurrency = store.options.concurrency ?? CONCURRENCY;
    this.#store = store;
    this.#file = file;
    this.#check = new FileCheck(store, info, file);
  }

  /** Makes the request whose bytes are read first, and makes sure that they are of this version. */
  async open(options: OpenOptions): Promise<ObjectReader> {
    const { range, parallel = false, signal } = options;
    const { size } = this.info;
    const { offset, length } = resolveRange(range, size);
    if (length === 0) {
      // There is no body that would tell that the listing was behind.
      await this.#check.confirm(signal);
      return new RemoteReader(this, options);
    }
    const end = offset + length;
    const first = await this.request(offset, parallel ? Math.min(end, offset + PART) : end, signal);
    if (length === size && size <= SMALL && this.#check.isPossible) {
      // Reading it all costs less than another request, and tells as much.
      const bytes = await new RemoteReader(this, { signal }, first).read();
      this.#asked = false;
      return new RemoteReader(this, options, { start: 0, end: size, body: new Blob([bytes]).stream() });
    }
    try {
      // The version before and after the bytes began to come is the bytes'.
      await this.#check.confirm(signal);
      this.#asked = false;
      return new RemoteReader(this, options, first);
    } catch (error) {
      await first.body.cancel().catch(() => {});
      throw error;
    }
  }

  async request(start: number, end: number, signal: AbortSignal | undefined): Promise<RemoteBody> {
    this.#asked = true;
    const version = { key: this.info.key, id: this.#file.id, size: this.info.size };
    return await fetchMedia(this.#store, version, start, end, signal);
  }

  verifier(signal: AbortSignal | undefined): Verifier | undefined {
    return this.#check.verifier(signal);
  }

  partsVerifier(signal: AbortSignal | undefined): PartsVerifier | undefined {
    return this.#check.partsVerifier(signal);
  }

  async confirm(signal: AbortSignal | undefined): Promise<void> {
    if (this.#asked) await this.#check.confirm(signal);
  }
}
