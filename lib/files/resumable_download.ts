/**
 * Downloads that go on where one was broken off.
 *
 * @module
 */
import type {
  Backend,
  Checksum,
  HeadOptions,
  ObjectHead,
  ObjectReader,
  OpenOptions,
} from "../../backends/backend.ts";
import { toBase64 } from "../base64.ts";
import { newDigest } from "../checksums.ts";
import { CottonCandyError, NotFoundError, PreconditionFailedError } from "../errors.ts";
import { errorOf } from "../error_context.ts";
import type { FileAccess } from "../file_access.ts";
import { withFile, WRITTEN } from "../on_disk.ts";
import { forEachConcurrent } from "../streams/mod.ts";
import { warnOncePerKind } from "../warnings.ts";
import { discardPartial, firstMissing, PartialFile } from "./partial_file.ts";
import { crcKind, otherChecksumError, RANGE, REQUESTS } from "./ranges.ts";
import { partPath } from "./temporary.ts";

/** What is said of a download that may go on. */
export interface ResumableDownloadOptions extends Omit<OpenOptions, "range" | "parallel" | "ifMatch"> {
  /** Whether to replace a file that exists. */
  readonly overwrite: boolean;
}

/**
 * Writes an object to a path whose directory exists, with what is there of it already.
 *
 * @returns Its size; `undefined` where nothing could be taken up, and nothing was done: the object is small, the store names no versions or gives no ranges, or the file's name is so long that there is none for what is unfinished.
 */
export async function downloadResumably(
  files: FileAccess,
  backend: Backend,
  key: string,
  path: string,
  options: ResumableDownloadOptions,
): Promise<number | undefined> {
  const { onProgress: _, overwrite: __, ...rest } = options;
  const offset = await withFile(path, WRITTEN, () => firstMissing(files, path));
  if (offset === undefined) return undefined;
  const reader = await backend.open(key, { ...rest, range: { offset, length: RANGE } });
  try {
    const { etag, size } = reader.info;
    if (etag === undefined || size <= RANGE || !backend.capabilities.ranges) {
      await withFile(path, WRITTEN, () => discardPartial(files, path));
      return undefined;
    }
    const checksum = reader.info.checksum ?? await checksumOfWhole(backend, reader.info, rest);
    await new ResumableDownload(files, backend, path, reader, options).run(etag, checksum);
    return size;
  } finally {
    await reader.close();
  }
}

/** What the store has as the checksum of all of a version: it comes with no part of it. That it is not told is no reason to fail. */
async function checksumOfWhole(
  backend: Backend,
  { key, etag }: ObjectHead,
  { signal, onWarning, versionId }: HeadOptions,
): Promise<Checksum | undefined> {
  try {
    const head = await backend.head(key, { signal, onWarning, versionId });
    return head?.etag === etag ? head?.checksum : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

class ResumableDownload {
  readonly #files: FileAccess;
  readonly #backend: Backend;
  readonly #path: string;
  readonly #reader: ObjectReader;
  readonly #info: ObjectHead;
  readonly #options: ResumableDownloadOptions;
  #loaded = 0;

  constructor(
    files: FileAccess,
    backend: Backend,
    path: string,
    reader: ObjectReader,
    options: ResumableDownloadOptions,
  ) {
    this.#files = files;
    this.#backend = backend;
    this.#path = path;
    this.#reader = reader;
    this.#info = reader.info;
    this.#options = options;
  }

  async run(etag: string, checksum: Checksum | undefined): Promise<void> {
    const { key, size } = this.#info;
    const algorithm = checksum && crcKind(checksum) || "CRC32";
    const of = { store: this.#backend.name, key, etag, size, algorithm };
    const partial = await withFile(
      partPath(this.#path),
      WRITTEN,
      () => PartialFile.open(this.#files, this.#path, of, () => this.#warnOfOther()),
    );
    try {
      await this.#fill(partial);
      this.#options.signal?.throwIfAborted();
    } catch (error) {
      // Of a version that is gone nothing more will come.
      if (error instanceof PreconditionFailedError || error instanceof NotFoundError) {
        await partial.discard();
        throw error;
      }
      await partial.close();
      throw this.#kept(error);
    }
    if (checksum && !await this.#isWhole(partial, checksum)) {
      await partial.discard();
      throw otherChecksumError(key, checksum);
    }
    await withFile(this.#path, WRITTEN, () => partial.install(this.#options.overwrite));
  }

  async #fill(partial: PartialFile): Promise<void> {
    const { size } = this.#info;
    const { concurrency = REQUESTS, signal } = this.#options;
    await withFile(
      partPath(this.#path),
      WRITTEN,
      () => partial.verify((length) => this.#report(length), signal),
    );
    await forEachConcurrent(partial.missing(), async (offset, _, signal) => {
      const length = Math.min(RANGE, size - offset);
      await partial.add(await this.#reader.read({ offset, length }, { signal }), offset);
      this.#report(length);
    }, { concurrency, signal });
  }

  /** Holds the whole against the checksum that the store has of it. */
  async #isWhole(partial: PartialFile, checksum: Checksum): Promise<boolean> {
    if (crcKind(checksum)) return partial.crc().toBase64() === checksum.value;
    const digest = await newDigest(checksum.algorithm);
    for await (const bytes of partial.read()) digest.update(bytes);
    return toBase64(digest.digest()) === checksum.value;
  }

  #report(length: number): void {
    this.#loaded += length;
    const { key, size } = this.#info;
    this.#options.onProgress?.({ key, loaded: this.#loaded, total: size, done: false });
  }

  #kept(error: unknown): unknown {
    if (!(error instanceof CottonCandyError) || error.code === "Partial") return error;
    const { code, message, key = this.#info.key, bucket } = error;
    return errorOf(
      code,
      `${message}. What has arrived is kept in ${partPath(this.#path)}: the same call goes on there`,
      { key, bucket, resume: partPath(this.#path), cause: error },
    );
  }

  #warnOfOther(): void {
    const { onWarning = warnOncePerKind } = this.#options;
    const { key } = this.#info;
    onWarning({
      kind: "resume",
      key,
      message: `the download of "${key}" begins anew: what was there of it is of another version or object`,
    });
  }
}
