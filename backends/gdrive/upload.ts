/**
 * How a file's bytes and properties come to Drive: in one request where they are few, else in a session, and known to be there or not when all is done.
 *
 * @module
 */
import { concat } from "../../lib/bytes.ts";
import { CottonCandyError, IntegrityError, NotFoundError } from "../../lib/errors.ts";
import type { Body, PutOptions } from "../backend.ts";
import { drain } from "../body.ts";
import { type CommitGate, withCommitted } from "../transport/mod.ts";
import { BodyMd5 } from "./body_md5.ts";
import { refuseTrashed } from "./delete.ts";
import { isDoubtful } from "./errors.ts";
import { type DriveFile, FILE_FIELDS } from "./file.ts";
import { ALL_DRIVES, multipart } from "./files.ts";
import { LARGEST_PART } from "./options.ts";
import { GRAIN, SessionLost, UploadSession, type UploadTarget } from "./session.ts";
import type { DriveStore } from "./store.ts";
import { writtenFile } from "./written.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that go in one request with the metadata; Drive takes 5 MB so. */
const ONE_REQUEST = 5_000_000;
/** Bytes of a stream that are sent at a time where nothing else is said. */
const STREAM_PIECE = 4 * 1024 * 1024;
/** Bytes in memory that are sent at a time: fewer pauses, and no memory of their own. */
const MEMORY_PIECE = 16 * 1024 * 1024;
/** How often an upload begins anew that Drive has forgotten, or whose file or folder is gone. */
const RESTARTS = 5;

/** What is to be uploaded. */
export interface Upload {
  /** The object. */
  readonly key: string;
  /** Bytes in all, where known. */
  readonly total: number | undefined;
  /** Finds or makes the place to write to, when there is something to send; `again`: what it gave before turned out to be gone. */
  readonly locate: (again: boolean) => Promise<UploadTarget>;
  /**
   * Called before the last bytes are sent, where others went before: tells whether the place to write to is still there, and throws when nothing must be
   * stored.
   */
  readonly beforeCommit: (target: UploadTarget) => Promise<boolean>;
  /** A session that was begun before, maybe by another process: it stays, whatever happens, to be resumed again. */
  readonly begun?: UploadSession;
}

/** Writes a file's bytes and properties: all at once, when the last byte is there. */
export class Uploader {
  readonly #store: DriveStore;
  readonly #upload: Upload;
  readonly #gate: CommitGate;
  readonly #options: PutOptions;
  #target: UploadTarget | undefined;
  /** The place that was found to write to turned out to be gone. */
  #isGone = false;
  #session: UploadSession | undefined;
  #restarts = 0;
  /** Of what has been sent. */
  #md5 = new BodyMd5();

  /** Prepares an upload; nothing is sent yet. */
  constructor(store: DriveStore, upload: Upload, gate: CommitGate, options: PutOptions) {
    this.#store = store;
    this.#upload = upload;
    this.#gate = gate;
    this.#options = options;
    this.#session = upload.begun;
  }

  /** Begins a session, to which nothing is sent yet. */
  async begin(): Promise<{ readonly session: UploadSession; readonly target: UploadTarget }> {
    while (true) {
      try {
        const target = await this.locate();
        return { target, session: await this.#start(target) };
      } catch (error) {
        await this.#restart(error);
      }
    }
  }

  /** Stores bytes in memory. All of them are here: the upload can begin anew. */
  async putBytes(bytes: Bytes): Promise<DriveFile> {
    for (let start = 0;;) {
      const end = Math.min(start + MEMORY_PIECE, bytes.byteLength);
      try {
        if (bytes.byteLength <= ONE_REQUEST) return await this.#putSmall(bytes);
        const file = await this.#send(bytes.subarray(start, end), start, end === bytes.byteLength);
        if (file) return file;
        start = this.#offset;
      } catch (error) {
        await this.#restart(error);
        start = 0;
      }
    }
  }

  /**
   * Stores a stream: one piece is filled while the one before is sent, and kept until Drive has it, which may take several requests. What fits into one
   * request goes in one.
   */
  async putStream(body: Body): Promise<DriveFile> {
    const gate = this.#gate;
    const { size, partSize = this.#store.options.partSize ?? STREAM_PIECE } = this.#options;
    const pieceLength = Math.ceil(Math.min(partSize, LARGEST_PART) / GRAIN) * GRAIN;
    const length = Math.min(pieceLength, size ?? Infinity);
    const free: Bytes[] = [];
    let buffer: Bytes = new Uint8Array(length);
    let filled = 0;
    /** Where in the stream the buffer begins. */
    let start = 0;
    /** The piece that is being sent; gives what is left of it. */
    let sending: Promise<Bytes> | undefined;

    /** The bytes to send next, and where they begin: what was left goes before. */
    const next = async (): Promise<{ bytes: Bytes; at: number }> => {
      const left = await sending ?? new Uint8Array();
      gate.signal.throwIfAborted();
      const bytes = buffer.subarray(0, filled);
      return left.byteLength === 0
        ? { bytes, at: start }
        : { bytes: concat(left, bytes), at: start - left.byteLength };
    };
    const send = async () => {
      const { bytes, at } = await next();
      const sent = buffer;
      sending = this.#piece(bytes, at, false).then(() => {
        const left = bytes.slice(this.#offset - at);
        free.push(sent);
        return left;
      });
      // Told to the source at once, and to whoever waits for the piece.
      sending.catch((error) => gate.fail(error));
      start += filled;
      buffer = free.pop() ?? new Uint8Array(length);
      filled = 0;
    };
    const take = async (piece: Uint8Array) => {
      for (let offset = 0; offset < piece.byteLength;) {
        // A piece that is full is sent only when more comes: the last one is sent as such.
        if (filled === buffer.byteLength) await send();
        const count = Math.min(piece.byteLength - offset, buffer.byteLength - filled);
        buffer.set(piece.subarray(offset, offset + count), filled);
        offset += count;
        filled += count;
      }
    };
    try {
      await drain(body, take, { size, signal: gate.signal });
      await sending;
    } catch (error) {
      // An upload that is just being begun can be cancelled only when it has an address.
      gate.fail(error);
      await sending?.catch(() => {});
      throw gate.signal.reason;
    }
    const { bytes, at } = await next();
    if (at === 0 && bytes.byteLength <= ONE_REQUEST && !this.#session) return await this.putBytes(bytes);
    const file = await this.#piece(bytes, at, true);
    if (!file) throw new TypeError("the last piece completes an upload");
    return file;
  }

  /** Sends a piece of a stream. The first one is still here: with it the upload can begin anew. */
  async #piece(bytes: Bytes, start: number, last: boolean): Promise<DriveFile | undefined> {
    while (true) {
      try {
        return await this.#send(bytes, start, last);
      } catch (error) {
        if (start > 0) throw error;
        await this.#restart(error);
      }
    }
  }

  /** Bytes that Drive has. */
  get #offset(): number {
    return this.#session?.offset ?? 0;
  }

  /**
   * Sends a piece of what is too large for one request.
   *
   * @param start Where it stands; it may begin with bytes that Drive has already.
   * @returns The file, with the last piece.
   * @throws {SessionLost} when Drive has forgotten what came before the piece.
   */
  async #send(bytes: Bytes, start: number, last: boolean): Promise<DriveFile | undefined> {
    const { key, total } = this.#upload;
    const { signal } = this.#gate;
    const { onProgress } = this.#options;
    if (!this.#session) onProgress?.({ key, loaded: 0, total, done: false });
    const session = this.#session ?? await this.#start(await this.locate());
    signal.throwIfAborted();
    await this.#md5.add(bytes, start);
    if (!last) {
      await session.send({ bytes, start, total, last, signal });
      onProgress?.({ key, loaded: session.offset, total, done: false });
      return undefined;
    }
    if (!await this.#upload.beforeCommit(await this.locate())) {
      throw new NotFoundError(
        `somebody renamed, moved or deleted the file of "${key}" in ${this.#store.name} while it was being written: upload again.`,
        { key, bucket: this.#store.name, committed: "no" },
      );
    }
    const size = start + bytes.byteLength;
    return await this.#commit(size, () =>
      session.send({
        bytes,
        start,
        total: size,
        last,
        signal,
        onSent: () => this.#gate.close(),
        onIncomplete: () => this.#gate.open(),
      }));
  }

  /** Stores what fits into one request. */
  async #putSmall(bytes: Bytes): Promise<DriveFile> {
    const { key } = this.#upload;
    const { id, before, description, resource } = await this.locate();
    await this.#md5.add(bytes, 0);
    const { type, body } = multipart(resource, description.mimeType, bytes);
    this.#options.onProgress?.({ key, loaded: 0, total: bytes.byteLength, done: false });
    return await this.#commit(
      bytes.byteLength,
      () =>
        this.#store.client.file(id, { operation: "upload", key, writes: true }, {
          method: before ? "PATCH" : "POST",
          path: `/upload/drive/v3/files${before ? `/${before.id}` : ""}`,
          query: { ...ALL_DRIVES, uploadType: "multipart", fields: FILE_FIELDS },
          headers: { "content-type": type },
          body,
        }, {
          signal: this.#gate.signal,
          onSent: () => this.#gate.close(),
          onRefused: () => this.#gate.open(),
        }),
    );
  }

  async #start(target: UploadTarget): Promise<UploadSession> {
    const { key, total } = this.#upload;
    return this.#session = await UploadSession.start(this.#store, key, target, total, this.#gate.signal);
  }

  /** Where the bytes go: looked for once, and again where that turned out to be gone. */
  async locate(): Promise<UploadTarget> {
    return this.#target ??= await this.#upload.locate(this.#isGone);
  }

  /** Begins anew where Drive has forgotten the upload, or the place to write to is gone; else throws what failed. */
  async #restart(error: unknown): Promise<void> {
    this.#gate.signal.throwIfAborted();
    const isGone = error instanceof NotFoundError;
    if (this.#upload.begun || !isGone && !(error instanceof SessionLost)) throw error;
    if (++this.#restarts >= RESTARTS) throw error;
    await this.abandon();
    this.#gate.open();
    if (isGone) this.#target = undefined;
    this.#isGone ||= isGone;
    this.#md5 = new BodyMd5();
  }

  /** Gives up: nothing of it is left, but for what was begun before. */
  async abandon(): Promise<void> {
    if (this.#upload.begun) return;
    await this.#session?.cancel();
    this.#session = undefined;
  }

  /** What the caller is told of a failure: of a lost upload, why it can't begin anew. */
  failureOf(error: unknown): unknown {
    if (!(error instanceof SessionLost)) return error;
    const { key, begun } = this.#upload;
    const details = { key, bucket: this.#store.name, committed: "no", cause: error } as const;
    if (begun && error.what === "upload") {
      return new NotFoundError(
        `${error.message}, and it was never complete: Drive keeps one for a week. Begin anew.`,
        details,
      );
    }
    return new CottonCandyError(
      begun
        ? `${error.message}. Resume it again: Drive is sent then what it lacks.`
        : `${error.message}, and it can't begin anew: what came first is no longer here, or it began too often. Upload again.`,
      details,
    );
  }

  /** Does what completes the upload; where it is not known whether it did, the file is looked at. */
  async #commit(size: number, complete: () => Promise<DriveFile | undefined>): Promise<DriveFile> {
    let file: DriveFile | undefined;
    try {
      file = await complete();
    } catch (error) {
      this.#gate.signal.throwIfAborted();
      const { begun } = this.#upload;
      if (error instanceof SessionLost) {
        // Whoever began it may have sent everything.
        if (!error.uncertain && !(begun && error.what === "upload")) throw error;
      } else if (!isDoubtful(error)) throw error;
      file = await this.#written(error, size);
      if (!file && begun && !(error instanceof SessionLost)) {
        // What is underway may complete it yet.
        throw withCommitted(error, "unknown");
      }
      if (!file && this.#session) {
        // From then on it can't become complete any more.
        await this.abandon();
        file = await this.#written(error, size);
      }
      if (!file) {
        // Nothing is stored, so an abort is in time after all.
        this.#gate.open();
        this.#gate.signal.throwIfAborted();
        throw error instanceof SessionLost ? error : withCommitted(error, "no");
      }
    }
    if (!file) throw new TypeError("the last bytes complete an upload");
    this.#session = undefined;
    await this.#check(file, size);
    const { before } = await this.locate();
    await refuseTrashed(this.#store, file, this.#upload.key, before === undefined);
    return { ...file, size, md5: file.md5 ?? await this.#md5.hex() };
  }

  /** The file, where it was written although that seemed to have failed; throws where that can't be known. */
  async #written(failure: CottonCandyError | SessionLost, size: number): Promise<DriveFile | undefined> {
    const sent = { size, md5: await this.#md5.hex() };
    return await writtenFile(this.#store, this.#upload.key, await this.locate(), failure, sent);
  }

  /** Throws unless Drive has the bytes that were sent. */
  async #check(file: DriveFile, size: number): Promise<void> {
    const { key } = this.#upload;
    const { before } = await this.locate();
    // What Drive doesn't tell proves nothing.
    const sent = await this.#md5.hex();
    const { size: has = size, md5 = sent } = file;
    if (has === size && md5 === sent) return;
    const what = `the bytes of "${key}" arrived damaged: Drive has ${has} bytes with MD5 ${md5}, ` +
      `and ${size} with ${sent} were sent${
        this.#upload.begun ? ", or what was sent before was another body's" : ""
      }.`;
    const where = { key, bucket: this.#store.name };
    if (before) {
      throw new IntegrityError(
        `${what} They have replaced the old ones, which Drive keeps as the file's previous version: upload again.`,
        { ...where, committed: "yes" },
      );
    }
    try {
      await this.#store.files.discard(file.id, { operation: "files.delete", key });
    } catch (cause) {
      throw new IntegrityError(`${what} They could not be deleted: upload again.`, {
        ...where,
        committed: "yes",
        cause,
      });
    }
    throw new IntegrityError(`${what} They were deleted: upload again.`, { ...where, committed: "no" });
  }
}
