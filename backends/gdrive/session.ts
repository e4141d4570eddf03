/**
 * Resumable uploads: what is sent can be taken up again where it broke.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/manage-uploads, "Perform a resumable upload".
 *
 * @module
 */
import { CottonCandyError, IntegrityError } from "../../lib/errors.ts";
import { isUncertain, Patience, sleep, type Verdict } from "../transport/mod.ts";
import { answeredFile, type DriveCallOptions, SecretUrl } from "./client.ts";
import { type DriveCall, driveVerdict, parseBody } from "./errors.ts";
import { type DriveFile, FILE_FIELDS, type FileDescription } from "./file.ts";
import { ALL_DRIVES, JSON_BODY } from "./files.ts";
import type { DriveStore } from "./store.ts";

/** What is sent has a multiple of so many bytes, but for the last. */
export const GRAIN = 256 * 1024;
/** Answered while bytes are missing. */
const INCOMPLETE = 308;
/** Not in Google's documentation, but in what its servers answer: the MD5 of all bytes that are kept. */
const RANGE_MD5 = "x-range-md5";
/** Answered where an upload is cancelled. */
const CANCELLED = 499;
/** Tries at cancelling. */
const CANCEL_TRIES = 5;
/** Milliseconds for all of that: whoever aborts should not wait for what is merely tidy. */
const CANCEL_FOR = 10_000;

/** What is written, and where. */
export interface UploadTarget {
  /** The file's id, of a new one too. */
  readonly id: string;
  /** The file that is written anew: an object keeps its file. */
  readonly before?: DriveFile;
  /** The folder that it is in. */
  readonly parent: string;
  /** Type and properties. */
  readonly description: FileDescription;
  /** What is told to Drive of the file, beside its bytes. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Drive has forgotten an upload, or what came first of it: it has to begin anew. Stays inside the backend. */
export class SessionLost extends Error {
  override readonly name = "SessionLost";
  /** What Drive has forgotten: all of it, or bytes that it had acknowledged. */
  readonly what: "upload" | "bytes";
  /** The last byte was sent: it may have been complete. */
  readonly uncertain: boolean;

  /** Makes one. */
  constructor(message: string, what: "upload" | "bytes", uncertain = false) {
    super(message);
    this.what = what;
    this.uncertain = uncertain;
  }
}

/** Bytes of an upload, and how they are sent. */
export interface Piece {
  /** Begin at `start`, and are a multiple of {@linkcode GRAIN} unless they are the last. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where they stand in the upload: at or before the bytes that Drive lacks. */
  readonly start: number;
  /** Bytes in all, where known. The upload is complete when they are all there. */
  readonly total: number | undefined;
  /** These are the last bytes. */
  readonly last: boolean;
  /** Ends it with its reason. */
  readonly signal?: AbortSignal;
  /** The last byte, or a question after it, has left: Drive may complete the upload from now on. */
  readonly onSent?: () => void;
  /** Drive has not completed the upload. */
  readonly onIncomplete?: () => void;
}

/** One upload. Its address, which lets whoever knows it write, is shown by nothing. */
export class UploadSession {
  readonly #store: DriveStore;
  readonly #key: string;
  readonly #url: SecretUrl;
  readonly #id: string;
  #offset = 0;
  #md5: string | undefined;

  private constructor(store: DriveStore, key: string, id: string, url: SecretUrl) {
    this.#store = store;
    this.#key = key;
    this.#id = id;
    this.#url = url;
  }

  /**
   * Begins an upload. An abort waits for the answer: an upload whose address is not known can't be cancelled.
   *
   * @param size Bytes in all, where known.
   */
  static async start(
    store: DriveStore,
    key: string,
    { id, before, resource, description }: UploadTarget,
    size: number | undefined,
    signal: AbortSignal,
  ): Promise<UploadSession> {
    const { headers: { location } } = await store.client.call({ operation: "upload", key, writes: "later" }, {
      method: before ? "PATCH" : "POST",
      path: `/upload/drive/v3/files${before ? `/${before.id}` : ""}`,
      query: { ...ALL_DRIVES, uploadType: "resumable", fields: FILE_FIELDS },
      headers: {
        ...JSON_BODY,
        "x-upload-content-type": description.mimeType,
        ...(size === undefined ? {} : { "x-upload-content-length": `${size}` }),
      },
      body: JSON.stringify(resource),
    }, { signal, requestSignal: null });
    if (location === undefined || !URL.canParse(location)) {
      throw new CottonCandyError("Drive gave no address for the upload", {
        key,
        bucket: store.name,
        committed: "no",
      });
    }
    return new UploadSession(store, key, id, new SecretUrl(new URL(location)));
  }

  /** One that was begun before, by its address. */
  static at(store: DriveStore, key: string, id: string, address: SecretUrl): UploadSession {
    return new UploadSession(store, key, id, address);
  }

  /** Its address: a secret. */
  get address(): SecretUrl {
    return this.#url;
  }

  /** Bytes that Drive has. */
  get offset(): number {
    return this.#offset;
  }

  /** The MD5 of the bytes that Drive has, in hexadecimal, where it told when it was asked last. */
  get md5(): string | undefined {
    return this.#md5;
  }

  /**
   * Asks what Drive has of an upload that was begun before.
   *
   * @param size Bytes in all; not 0, of which the question would be the upload.
   * @returns The file, when it is complete.
   * @throws {SessionLost} when Drive has forgotten the upload, which may have been complete.
   */
  async ask(size: number, signal: AbortSignal): Promise<DriveFile | undefined> {
    const all: Piece = { bytes: new Uint8Array(), start: size, total: size, last: true, signal };
    return await this.#exchange(all, `*/${size}`, all.bytes, { uncertain: true });
  }

  /**
   * Sends bytes until Drive has them, as often as it keeps only some.
   *
   * @returns The file, when it is complete.
   * @throws {SessionLost} when Drive has forgotten the upload.
   */
  async send(piece: Piece): Promise<DriveFile | undefined> {
    const { bytes, start, total, last, signal } = piece;
    const end = start + bytes.byteLength;
    const patience = new Patience(this.#store.client.policy);
    /** A request failed: Drive is asked how much it has. */
    let asking = false;
    /** The last byte was sent, and may have arrived. */
    let uncertain = false;
    /** Bytes that Drive has had: it may lose some of them again, but not for ever. */
    let furthest = this.#offset;
    // Also where nothing is missing, when the last byte was kept and the answer got lost.
    while (this.#offset < end || last) {
      const before = this.#offset;
      if (before < start) {
        throw new SessionLost(`Drive lost bytes of "${this.#key}" that it had acknowledged`, "bytes");
      }
      const rest = bytes.subarray(before - start);
      const sendable = last ? rest : rest.subarray(0, rest.byteLength - rest.byteLength % GRAIN);
      // Drive kept an odd number of bytes: what is left goes with what follows.
      if (sendable.byteLength === 0 && !last) return undefined;
      let failure: unknown;
      let after = 0;
      try {
        const file = asking
          ? await this.#exchange(piece, `*/${total ?? "*"}`, new Uint8Array(), { uncertain })
          : await this.#exchange(
            piece,
            `${rangeOf(before, sendable.byteLength)}/${(last ? end : total) ?? "*"}`,
            sendable,
            { once: true },
          );
        if (file) return file;
        if (last) piece.onIncomplete?.();
        uncertain = false;
        const isFurther = this.#offset > furthest;
        if (isFurther) patience.reset();
        furthest = Math.max(furthest, this.#offset);
        // What was not kept is sent again at once: the wait was before it was asked.
        const proceeds = asking || isFurther;
        asking = false;
        if (proceeds) continue;
        failure = new CottonCandyError(
          `Drive keeps no more bytes of "${this.#key}" than ${this.#offset}. Upload again.`,
          { key: this.#key, bucket: this.#store.name, committed: "no" },
        );
      } catch (error) {
        signal?.throwIfAborted();
        const verdict = verdictOn(error);
        // Asking has been tried often enough by then.
        if (asking || !verdict.again) throw error;
        if (verdict.again !== "now") after = verdict.after ?? 0;
        failure = error;
        asking = true;
        uncertain = isUncertain(error);
      }
      const wait = patience.next(after);
      if (wait === undefined) throw failure;
      await sleep(wait, signal);
    }
    return undefined;
  }

  /** Has Drive forget the upload. Nothing more can be done where it doesn't answer: then it forgets it after a week. */
  async cancel(): Promise<void> {
    const pause = this.#store.client.policy.backoff();
    // Also for what comes before the request: a token may be wanted that nobody gives.
    const signal = AbortSignal.timeout(CANCEL_FOR);
    for (let attempt = 1; attempt <= CANCEL_TRIES; attempt++) {
      try {
        return await this.end({ once: true, signal });
      } catch (error) {
        if (signal.aborted || !verdictOn(error).again) return;
        await sleep(pause.next());
      }
    }
  }

  /** Has Drive forget the upload; throws where that is not known to be done. One that is complete stays so. */
  async end(options: DriveCallOptions): Promise<void> {
    await this.#store.client.call(
      { operation: "upload", key: this.#key, writes: "later" },
      { method: "DELETE", path: this.#url },
      { ...options, accept: [CANCELLED, 404, 410] },
    );
  }

  /** Sends a range of bytes, or asks how much Drive has; gives the file when it is complete. */
  async #exchange(
    { bytes, start, last, signal, onSent, onIncomplete }: Piece,
    range: string,
    body: Uint8Array<ArrayBuffer>,
    options: DriveCallOptions,
  ): Promise<DriveFile | undefined> {
    const key = this.#key;
    const call: DriveCall = { operation: "upload", key, writes: last ? true : "later" };
    const answer = await this.#store.client.call(call, {
      method: "PUT",
      path: this.#url,
      headers: { "content-range": `bytes ${range}` },
      body,
    }, {
      ...options,
      signal,
      accept: [INCOMPLETE, 404, 410],
      ...(last ? { onSent, onRefused: onIncomplete } : {}),
    });
    if (answer.statusCode === 404 || answer.statusCode === 410) {
      throw new SessionLost(
        `the upload of "${key}" is gone (HTTP ${answer.statusCode})`,
        "upload",
        options.uncertain,
      );
    }
    if (answer.statusCode !== INCOMPLETE && !last) {
      throw new IntegrityError(
        `Drive took a part of "${key}" for all of it: look what it has, and upload again.`,
        { key, bucket: this.#store.name, committed: "unknown" },
      );
    }
    if (answer.statusCode !== INCOMPLETE) {
      return answeredFile(parseBody(answer.body), this.#id, call, this.#store.name);
    }
    // Without the header nothing was kept.
    const kept = answer.headers.range;
    const [, lastByte] = /^(?:bytes=)?0-(\d+)$/.exec(kept ?? "") ?? [];
    // More than was sent can't be.
    if (kept !== undefined && (lastByte === undefined || Number(lastByte) >= start + bytes.byteLength)) {
      throw new IntegrityError(`Drive says of the upload of "${key}" that it has "${kept}"`, {
        key,
        bucket: this.#store.name,
        committed: "no",
      });
    }
    this.#offset = lastByte === undefined ? 0 : Number(lastByte) + 1;
    const md5 = answer.headers[RANGE_MD5]?.toLowerCase();
    this.#md5 = md5 !== undefined && /^[0-9a-f]{32}$/.test(md5) ? md5 : undefined;
    return undefined;
  }
}

/** Of no bytes, which complete an upload, there is no range. */
function rangeOf(start: number, length: number): string {
  return length === 0 ? "*" : `${start}-${start + length - 1}`;
}

/** Whether asking how much Drive has may help. */
function verdictOn(error: unknown): Verdict {
  return driveVerdict(error instanceof CottonCandyError ? error.cause : error);
}
