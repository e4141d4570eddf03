import { IntegrityError, PreconditionFailedError } from "../../lib/errors.ts";
import { type FileAccess, hasCode, type OpenFile, readFully } from "../../lib/file_access.ts";
import type { ByteRange, ObjectHead, OpenOptions, RequestOptions } from "../backend.ts";
import { BaseReader, type Reading } from "../base_reader.ts";
import { byteStream } from "../body.ts";
import { fileSystemError } from "./failures.ts";
import { isStamped } from "./sidecar.ts";
import type { LocalVersion } from "./version.ts";

/** What is read at once, so that an abort is heard and progress seen. */
const SLICE = 8 * 1024 * 1024;

/** A file lent for one reading. */
interface Loan {
  readonly file: OpenFile;
  giveBack(): Promise<void>;
}

/**
 * Reads one version of an object. The file stays open until the range that was opened has been read, or the reader is closed; while it is, the
 * version can be read even when the object has been replaced or deleted. Afterwards each reading opens the file anew and makes sure that it is
 * the same version.
 */
export class LocalReader extends BaseReader {
  readonly #files: FileAccess;
  readonly #version: LocalVersion;
  /** How many are reading from the file that was opened. */
  #lent = 0;
  /** Nothing more keeps the file open. */
  #released = false;
  #closed = false;

  /** Takes over a version with its open file. */
  constructor(files: FileAccess, version: LocalVersion, info: ObjectHead, options: OpenOptions) {
    super(info, options);
    this.#files = files;
    this.#version = version;
  }

  /** The bytes of a range as a byte stream. */
  override stream(range?: ByteRange, options?: RequestOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { extent: { offset, length }, signal } = this.reading(range, options);
    let own: Loan | undefined;
    let reading: Promise<void> | undefined;
    const readInto = async (view: Uint8Array<ArrayBuffer>, from: number) => {
      const loan = own ?? await this.#borrow();
      // The opened file is lent for one piece at a time, so that a stream that nobody ends keeps nothing open.
      if (loan.file !== this.#version.file) own = loan;
      try {
        const last = from + view.byteLength === length;
        await this.#readVersion(loan.file, view, offset + from, last);
      } finally {
        if (loan !== own) await loan.giveBack();
      }
      this.report(from + view.byteLength, length);
    };
    return byteStream({
      length,
      readInto: (view, from) => reading = readInto(view, from),
      close: async () => {
        // A file is not closed under a reading that is still going on.
        await reading?.catch(() => {});
        await own?.giveBack();
        if (!range) await this.#release();
      },
    }, signal);
  }

  /** Closes the file. */
  override async close(): Promise<void> {
    await this.#release();
  }

  protected override async fill(
    target: Uint8Array<ArrayBuffer>,
    { range, extent: { offset, length }, signal }: Reading,
  ): Promise<void> {
    const loan = await this.#borrow();
    try {
      for (let filled = 0; filled < length;) {
        const view = target.subarray(filled, filled + SLICE);
        await this.#readVersion(loan.file, view, offset + filled, filled + view.byteLength === length);
        signal?.throwIfAborted();
        filled += view.byteLength;
        if (filled < length) this.report(filled, length);
      }
    } finally {
      await loan.giveBack();
      if (!range) await this.#release();
    }
  }

  async #readVersion(file: OpenFile, view: Uint8Array, position: number, last: boolean): Promise<void> {
    const { key } = this.info;
    try {
      const end = position + await readFully(file, view, position);
      if (end < position + view.byteLength) {
        throw new IntegrityError(
          `"${key}" ends after ${end} of ${this.info.size} bytes: its file was cut short while it was read`,
          { key },
        );
      }
      // We replace files by new ones; whoever writes into this one changes bytes that were read already.
      if (last && !isStamped(this.#version.stat, await file.stat())) throw this.#versionGoneError();
    } catch (error) {
      throw fileSystemError(error, `"${key}" can't be read`, { key });
    }
  }

  /** The file that was opened, or the same version opened again. */
  async #borrow(): Promise<Loan> {
    const { file, location, stat } = this.#version;
    if (!this.#released) {
      this.#lent++;
      return { file, giveBack: () => (this.#lent--, this.#closeIfIdle()) };
    }
    let again: OpenFile;
    try {
      again = await this.#files.open(location.data);
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "EISDIR")) throw this.#versionGoneError(error);
      throw fileSystemError(error, `"${this.info.key}" can't be opened again`, { key: this.info.key });
    }
    if (isStamped(stat, await again.stat())) return { file: again, giveBack: () => again.close() };
    await again.close();
    throw this.#versionGoneError();
  }

  #versionGoneError(cause?: unknown): PreconditionFailedError {
    return new PreconditionFailedError(
      `"${this.info.key}" has been replaced or deleted since it was opened: open it again`,
      { key: this.info.key, cause },
    );
  }

  async #release(): Promise<void> {
    this.#released = true;
    await this.#closeIfIdle();
  }

  async #closeIfIdle(): Promise<void> {
    if (!this.#released || this.#lent > 0 || this.#closed) return;
    this.#closed = true;
    await this.#version.file.close();
  }
}
