import { CottonCandyError, IntegrityError, NotFoundError } from "../../lib/errors.ts";
import type { PutOptions } from "../backend.ts";
import { type Digest, newDigest } from "../checksum/digest.ts";
import type { Gate } from "../http/gate.ts";
import { type About, statusOf } from "./errors.ts";
import { type DriveFile, FIELDS, fileOf } from "./file.ts";
import { ALL_DRIVES } from "./files.ts";
import { multipart } from "./multipart.ts";
import { type Described, replacing } from "./properties.ts";
import { GRAIN, SessionLost, UploadSession } from "./session.ts";
import type { DriveStore } from "./store.ts";

/** Bytes that go in one request with the metadata; Drive takes 5 MB so. */
export const SMALL = 5_000_000;
/** Bytes of a stream that are sent at a time where nothing else is said. */
const PIECE = 4 * 1024 * 1024;
/** Bytes in memory that are sent at a time: fewer pauses, and no memory of their own. */
const LARGE_PIECE = 16 * 1024 * 1024;
/** How often an upload that Drive has forgotten begins anew. */
const RESTARTS = 5;
/** Bytes that are digested before others get their turn. */
const TURN = 8 * 1024 * 1024;

/** What is written, and where. */
export interface UploadTarget {
  /** The object. */
  readonly key: string;
  /** The file to write anew: an object keeps its file. */
  readonly before?: DriveFile;
  /** Where a new file is made. */
  readonly create?: { readonly id: string; readonly name: string; readonly parent: string };
  /** Type and properties. */
  readonly described: Described;
}

/** Writes a file's bytes and properties: all at once, when the last byte is there. */
export class Uploader {
  readonly #store: DriveStore;
  readonly #target: UploadTarget;
  readonly #gate: Gate;
  readonly #options: PutOptions;
  readonly #total: number | undefined;
  readonly #beforeCommit: () => Promise<void>;
  #session: UploadSession | undefined;
  #restarts = 0;
  /** The MD5 of what has been sent: of the bytes before `#seen`. */
  #digest: Digest | undefined;
  #seen = 0;
  #sum: string | undefined;

  /**
   * Prepares an upload; nothing is sent yet.
   *
   * @param total Bytes in all, where known.
   * @param beforeCommit Called before the last bytes are sent, where others went before: throws when nothing must be stored.
   */
  constructor(
    store: DriveStore,
    target: UploadTarget,
    gate: Gate,
    options: PutOptions,
    total: number | undefined,
    beforeCommit: () => Promise<void>,
  ) {
    this.#store = store;
    this.#target = target;
    this.#gate = gate;
    this.#options = options;
    this.#total = total;
    this.#beforeCommit = beforeCommit;
  }

  /** Whether something has been sent already. */
  get started(): boolean {
    return this.#session !== undefined;
  }

  /** Bytes that Drive has. */
  get offset(): number {
    return this.#session?.offset ?? 0;
  }

  /** Bytes of a stream to gather before they are sent. */
  get pieceLength(): number {
    const { partSize = this.#store.options.partSize ?? PIECE } = this.#options;
    return Math.ceil(partSize / GRAIN) * GRAIN;
  }

  /** Stores bytes in memory. */
  async putBytes(bytes: Uint8Array<ArrayBuffer>): Promise<DriveFile> {
    if (bytes.length <= SMALL) return await this.#putSmall(bytes);
    for (let start = 0;;) {
      const end = Math.min(start + LARGE_PIECE, bytes.length);
      try {
        const file = await this.piece(bytes.subarray(start, end), start, end === bytes.length);
        if (file) return file;
        start = this.#session?.offset ?? end;
      } catch (error) {
        // All of it is still here.
        if (!this.#restart(error)) throw error;
        start = 0;
      }
    }
  }

  /**
   * Sends a piece of what is too large for one request.
   *
   * @param start Where it stands; it may begin with bytes that Drive has already.
   * @returns The file, with the last piece.
   * @throws {SessionLost} when Drive has forgotten what came before the piece.
   */
  async piece(bytes: Uint8Array<ArrayBuffer>, start: number, last: boolean): Promise<DriveFile | undefined> {
    while (true) {
      try {
        return await this.#send(bytes, start, last);
      } catch (error) {
        if (start > 0 || !this.#restart(error)) throw error;
      }
    }
  }

  async #send(bytes: Uint8Array<ArrayBuffer>, start: number, last: boolean): Promise<DriveFile | undefined> {
    const { key, before, described } = this.#target;
    const { signal } = this.#gate;
    const { onProgress } = this.#options;
    if (!this.#session) onProgress?.({ key, loaded: 0, total: this.#total, done: false });
    const session = this.#session ??= await UploadSession.start(this.#store, {
      key,
      fileId: before?.id,
      resource: this.#resource(),
      mimeType: described.mimeType,
      size: this.#total,
    }, signal);
    signal.throwIfAborted();
    await this.#see(bytes, start);
    if (!last) {
      await session.send(bytes, start, this.#total, false, { signal });
      onProgress?.({ key, loaded: session.offset, total: this.#total, done: false });
      return undefined;
    }
    await this.#beforeCommit();
    const size = start + bytes.length;
    const complete = () =>
      session.send(bytes, start, size, true, {
        signal,
        onSent: () => this.#gate.close(),
        onIncomplete: () => this.#gate.open(),
      });
    return await this.#commit(complete, size);
  }

  /** Whether what failed is an upload that Drive has forgotten, and that may begin anew. */
  #restart(error: unknown): boolean {
    if (!(error instanceof SessionLost) || ++this.#restarts >= RESTARTS) return false;
    this.#gate.open();
    this.#session = undefined;
    this.#digest = undefined;
    this.#seen = 0;
    return true;
  }

  /** The error to tell, where a lost upload can't begin anew. */
  told(error: unknown): unknown {
    if (!(error instanceof SessionLost)) return error;
    const { key } = this.#target;
    return new CottonCandyError(
      `Drive has forgotten the upload of "${key}", and the beginning of the data is no longer here. Upload again.`,
      { key, bucket: this.#store.name, committed: "no", cause: error },
    );
  }

  /** Gives up: nothing of it is left. */
  async abandon(): Promise<void> {
    await this.#session?.cancel();
    this.#session = undefined;
  }

  /** Stores what fits into one request. */
  async #putSmall(bytes: Uint8Array<ArrayBuffer>): Promise<DriveFile> {
    const { key, before, described } = this.#target;
    const { signal } = this.#gate;
    const about: About = { operation: "upload", key, writes: true };
    await this.#see(bytes, 0);
    const { type, body } = multipart(this.#resource(), described.mimeType, bytes);
    this.#options.onProgress?.({ key, loaded: 0, total: bytes.length, done: false });
    return await this.#commit(async () =>
      fileOf(
        await this.#store.client.json(about, {
          method: before ? "PATCH" : "POST",
          path: `/upload/drive/v3/files${before ? `/${before.id}` : ""}`,
          query: { ...ALL_DRIVES, uploadType: "multipart", fields: FIELDS },
          headers: { "content-type": type },
          body,
        }, {
          signal,
          onSent: () => this.#gate.close(),
          onRefused: () => this.#gate.open(),
        }),
      ), bytes.length);
  }

  /** Does what completes the upload; where its answer gets lost, the file is looked at. */
  async #commit(complete: () => Promise<DriveFile | undefined>, size: number): Promise<DriveFile> {
    const { key } = this.#target;
    let file: DriveFile | undefined;
    try {
      file = await complete();
    } catch (error) {
      if (error instanceof SessionLost || !(error instanceof CottonCandyError)) throw error;
      file = await this.#committed(error, size);
    }
    if (!file) {
      throw new CottonCandyError(`Drive did not say what became of "${key}"`, { key, committed: "unknown" });
    }
    this.#session = undefined;
    await this.#check(file, size);
    return file;
  }

  /** The file, where it was written although that seemed to have failed; throws the failure where it was not. */
  async #committed(error: CottonCandyError, size: number): Promise<DriveFile | undefined> {
    const { key, before, create } = this.#target;
    const id = before?.id ?? create?.id;
    const taken = statusOf(error) === 409;
    if ((error.committed !== "unknown" && !taken) || id === undefined) throw error;
    const file = await this.#store.files.get(id, { operation: "files.get", key }).catch(() => {
      throw error;
    });
    if (file && file.revision !== before?.revision && file.size === size && file.md5 === this.#md5()) {
      return file;
    }
    throw new CottonCandyError(`${error.message} Nothing was stored.`, {
      key,
      bucket: this.#store.name,
      committed: "no",
      cause: error,
    });
  }

  /** Throws unless Drive has the bytes that were sent. */
  async #check(file: DriveFile, size: number): Promise<void> {
    const { key, before } = this.#target;
    if (file.size === size && (file.md5 === undefined || file.md5 === this.#md5())) return;
    const what =
      `the bytes of "${key}" arrived damaged: Drive has ${file.size} bytes with MD5 ${file.md5}, ` +
      `and ${size} with ${this.#md5()} were sent.`;
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

  /** Adds bytes to the digest of all; those before were added already. */
  async #see(bytes: Uint8Array<ArrayBuffer>, start: number): Promise<void> {
    const digest = this.#digest ??= await newDigest("MD5");
    const first = this.#seen - start;
    for (let offset = first; offset < bytes.length; offset += TURN) {
      if (offset > first) await new Promise((resolve) => setTimeout(resolve));
      digest.update(bytes.subarray(offset, offset + TURN));
    }
    this.#seen = start + bytes.length;
  }

  /** The MD5 of all bytes, in hexadecimal. */
  #md5(): string {
    return this.#sum ??= Array.from(
      this.#digest?.digest() ?? [],
      (byte) => byte.toString(16).padStart(2, "0"),
    ).join("");
  }

  #resource(): Record<string, unknown> {
    const { before, create, described } = this.#target;
    const { mimeType } = described;
    if (before) return { mimeType, ...replacing(described, before) };
    if (!create) throw new NotFoundError("there is no file to write to");
    const { id, name, parent } = create;
    return { id, name, parents: [parent], mimeType, properties: described.properties };
  }
}
