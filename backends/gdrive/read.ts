import { toBase64 } from "../../lib/base64.ts";
import { type Digest, type DigestAlgorithm, newDigest } from "../../lib/checksums.ts";
import {
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { checkKey, resolveRange } from "../arguments.ts";
import type { Checksum, ObjectHead, ObjectReader, OpenOptions, RequestOptions } from "../backend.ts";
import {
  PART,
  type PartsVerifier,
  type RemoteBody,
  type RemoteObject,
  RemoteReader,
  type RetryPolicy,
  sleep,
  type Verifier,
} from "../transport/mod.ts";
import { driveStatusOf } from "./errors.ts";
import { type DriveFile, fileChecksum, fileEtag, fileHead } from "./file.ts";
import { ALL_DRIVES } from "./files.ts";
import type { DriveStore } from "./store.ts";

/** One version of a file, of which bytes are asked for. */
export interface MediaVersion {
  /** The object. */
  readonly key: string;
  /** The file. */
  readonly id: string;
  /** Its bytes. */
  readonly size: number;
}

/**
 * Asks for bytes of a file, from `start` to `end`, exclusive.
 *
 * @throws {IntegrityError} when the answer contradicts the question.
 * @throws {PreconditionFailedError} when the file is gone, or has other bytes by now.
 */
export async function fetchMedia(
  store: DriveStore,
  { key, id, size }: MediaVersion,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<RemoteBody> {
  try {
    const { statusCode, headers, body } = await store.client.call({ operation: "files.get", key }, {
      method: "GET",
      path: `/drive/v3/files/${id}`,
      query: { ...ALL_DRIVES, alt: "media" },
      // Also of a whole file: the answer to it tells the size, and browsers ask for ranges without compression.
      headers: { range: `bytes=${start}-${end - 1}` },
    }, { signal, streaming: true });
    const stream = body instanceof ReadableStream ? body : new Blob([body]).stream();
    try {
      return { ...extentOf(statusCode, headers), body: stream };
    } catch (error) {
      await stream.cancel().catch(() => {});
      throw error;
    }
  } catch (error) {
    if (error instanceof NotFoundError || driveStatusOf(error) === 416) {
      throw versionChangedError(store, key, error);
    }
    throw error;
  }

  function extentOf(
    status: number,
    headers: Readonly<Record<string, string>>,
  ): { start: number; end: number } {
    const range = headers["content-range"];
    const announced = headers["content-length"];
    const contradiction = (what: string) =>
      new IntegrityError(
        `Drive's answer for "${key}" contradicts the question: bytes ${start} to ${
          end - 1
        } were asked for, and ${what} came`,
        { key, bucket: store.name },
      );
    if (status !== 206) {
      if (announced !== undefined && Number(announced) !== size) throw versionChangedError(store, key);
      return { start: 0, end: size };
    }
    // A browser may hide the range, but not the length.
    if (range === undefined) {
      if (announced !== undefined && Number(announced) !== end - start) {
        throw contradiction(`${announced} bytes`);
      }
      return { start, end };
    }
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range) ?? [];
    if (total !== undefined && Number(total) !== size) throw versionChangedError(store, key);
    if (Number(first) !== start || Number(last) !== end - 1) throw contradiction(`"${range}"`);
    return { start, end };
  }
}

/** The error when a file is written anew, or deleted, while it is being read. */
export function versionChangedError(
  store: DriveStore,
  key: string,
  cause?: unknown,
): PreconditionFailedError {
  return new PreconditionFailedError(
    `"${key}" in ${store.name} is not, or no longer, the version that was opened. Open it again.`,
    { key, bucket: store.name, cause },
  );
}

/** Bytes that are digested before others get their turn. */
const TURN = 8 * 1024 * 1024;

/** What a file's bytes are held against. */
interface Expected {
  readonly algorithm: DigestAlgorithm;
  readonly value: string;
}

/** Holds what is read of a file against the digest that Drive tells, and against the version that it is of. */
export class FileCheck {
  readonly #store: DriveStore;
  readonly #info: ObjectHead;
  readonly #file: DriveFile;
  readonly #expected: Expected | undefined;

  /** A check of one version. */
  constructor(store: DriveStore, info: ObjectHead, file: DriveFile) {
    this.#store = store;
    this.#info = info;
    this.#file = file;
    this.#expected = expectedOf(store, file);
  }

  /** Whether there is a digest that the bytes can be held against. */
  get isPossible(): boolean {
    return this.#expected !== undefined;
  }

  /** What sees all bytes pass, in order. */
  verifier(signal?: AbortSignal): Verifier | undefined {
    const expected = this.#expected;
    if (!expected) return undefined;
    // A digest may have to be loaded first: what comes until then is kept.
    let digest: Digest | undefined;
    const waiting: Uint8Array[] = [];
    const loading = newDigest(expected.algorithm).then((loaded) => {
      for (const bytes of waiting.splice(0)) loaded.update(bytes);
      digest = loaded;
      return loaded;
    });
    loading.catch(() => {});
    return {
      update: (bytes) => {
        if (digest) digest.update(bytes);
        else waiting.push(bytes.slice());
      },
      finish: async () => await this.#compare(expected, (await loading).digest(), signal),
    };
  }

  /** What sees all bytes when they are there, whose parts came at once. */
  partsVerifier(signal?: AbortSignal): PartsVerifier | undefined {
    const expected = this.#expected;
    if (!expected) return undefined;
    return {
      part: () => undefined,
      finish: async (_, bytes) => {
        const digest = await newDigest(expected.algorithm);
        for (let offset = 0; offset < bytes.length; offset += TURN) {
          digest.update(bytes.subarray(offset, offset + TURN));
          await new Promise((resolve) => setTimeout(resolve));
          signal?.throwIfAborted();
        }
        await this.#compare(expected, digest.digest(), signal);
      },
    };
  }

  /** Throws `PreconditionFailedError` unless the file still has the content that was opened. */
  async confirm(signal?: AbortSignal): Promise<void> {
    const { key } = this.#info;
    const file = await this.#store.files.get(this.#file.id, { operation: "files.get", key }, signal);
    if (!file || fileEtag(file) !== fileEtag(this.#file)) throw versionChangedError(this.#store, key);
  }

  async #compare(
    { algorithm, value }: Expected,
    digest: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const found = toBase64(digest);
    if (found === value) return;
    // Other bytes than those that were opened are no damage.
    await this.confirm(signal);
    throw new IntegrityError(
      `the bytes of "${this.#info.key}" are damaged: their ${algorithm} is ${found}, and should be ${value}. Read again; if that fails too, the stored object is damaged.`,
      { key: this.#info.key, bucket: this.#store.name },
    );
  }
}

/** The digest that whole reads are held against. */
function expectedOf(store: DriveStore, file: DriveFile): Expected | undefined {
  const { checksums } = store.options;
  if (checksums === false) return undefined;
  const checksum = fileChecksum(
    checksums === "MD5" && file.md5 !== undefined ? { ...file, sha256: undefined } : file,
  );
  return isDigest(checksum) ? checksum : undefined;
}

function isDigest(checksum: Checksum | undefined): checksum is Checksum & Expected {
  return checksum?.algorithm === "MD5" || checksum?.algorithm === "SHA256";
}

/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 4;
/** Bytes of an object that is read whole when it is opened. */
const SMALL = 1024 * 1024;

/** What is told of an object; `undefined` when there is none. */
export async function headFile(
  store: DriveStore,
  key: string,
  { signal, onWarning }: RequestOptions = {},
): Promise<ObjectHead | undefined> {
  signal?.throwIfAborted();
  checkKey(key);
  const { files: [file] } = await store.find(key, signal, onWarning);
  return file && fileHead(key, file);
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
  const { range, ifMatch, signal, onWarning } = options;
  signal?.throwIfAborted();
  checkKey(key);
  // Checks the numbers; how much there is, only Drive can tell.
  resolveRange(range, 0);
  const pause = store.client.policy.backoff();
  for (let attempt = 1;; attempt++) {
    const { files: [listed], isDocument } = await store.find(key, signal, onWarning);
    if (!listed) throw missingError(store, key, isDocument);
    const isOther = (file: DriveFile) => ifMatch !== undefined && fileEtag(file) !== ifMatch;
    // Listings are behind: Drive itself may have that version.
    const file = isOther(listed) ? await store.reload(listed, key, signal) : listed;
    if (!file || isOther(file)) throw versionChangedError(store, key);
    const version = new OpenVersion(store, fileHead(key, file), file);
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

function missingError(store: DriveStore, key: string, isDocument: boolean): Error {
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
