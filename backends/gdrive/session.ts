/**
 * Uploads that can be taken up again where they broke.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/manage-uploads, "Perform a resumable upload".
 *
 * @module
 */
import { CottonCandyError, IntegrityError } from "../../lib/errors.ts";
import { Patience, sleep, type Verdict } from "../transport/mod.ts";
import { type DriveCallOptions, SecretUrl } from "./client.ts";
import { type DriveCall, driveVerdict, isEffectUnknown, json } from "./errors.ts";
import { type DriveFile, FIELDS, fileOf } from "./file.ts";
import { ALL_DRIVES, JSON_BODY } from "./files.ts";
import type { DriveStore } from "./store.ts";

/** What is sent has a multiple of so many bytes, but for the last. */
export const GRAIN = 256 * 1024;
/** Answered while bytes are missing. */
const INCOMPLETE = 308;
/** Answered where an upload is cancelled. */
const CANCELLED = 499;
/** Tries at cancelling. */
const CANCEL_TRIES = 5;
/** Milliseconds for all of that: whoever aborts should not wait for what is merely tidy. */
const CANCEL_FOR = 10_000;

/** What is uploaded. */
export interface SessionTarget {
  /** The object. */
  readonly key: string;
  /** The file to write anew; absent for a new one, whose id is in the resource. */
  readonly fileId?: string;
  /** The file's resource: name, type, properties. */
  readonly resource: unknown;
  /** The bytes' type. */
  readonly mimeType: string;
  /** Bytes, where known. */
  readonly size?: number;
}

/** Drive has forgotten an upload, or what came first of it: it has to begin anew. Stays inside the backend. */
export class SessionLost extends Error {
  override readonly name = "SessionLost";
  /** The last byte was sent: it may have been complete. */
  readonly uncertain: boolean;

  /** Makes one. */
  constructor(message: string, uncertain = false) {
    super(message);
    this.uncertain = uncertain;
  }
}

/** How a piece is sent. */
export interface SendOptions {
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
  readonly #about: DriveCall;
  readonly #url: SecretUrl;
  #offset = 0;

  private constructor(store: DriveStore, about: DriveCall, url: SecretUrl) {
    this.#store = store;
    this.#about = about;
    this.#url = url;
  }

  /** Begins an upload. An abort waits for the answer: an upload whose address is not known can't be cancelled. */
  static async start(store: DriveStore, target: SessionTarget, signal?: AbortSignal): Promise<UploadSession> {
    const { key, fileId, resource, mimeType, size } = target;
    const about: DriveCall = { operation: "upload", key, writes: "later" };
    const { headers } = await store.client.call(about, {
      method: fileId === undefined ? "POST" : "PATCH",
      path: `/upload/drive/v3/files${fileId === undefined ? "" : `/${fileId}`}`,
      query: { ...ALL_DRIVES, uploadType: "resumable", fields: FIELDS },
      headers: {
        ...JSON_BODY,
        "x-upload-content-type": mimeType,
        ...(size === undefined ? {} : { "x-upload-content-length": `${size}` }),
      },
      body: JSON.stringify(resource),
    }, { signal, requestSignal: null });
    const location = headers.location;
    if (location === undefined || !URL.canParse(location)) {
      throw new CottonCandyError("Drive gave no address for the upload", {
        key,
        bucket: store.name,
        committed: "no",
      });
    }
    return new UploadSession(store, about, new SecretUrl(new URL(location)));
  }

  /** Bytes that Drive has. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Sends bytes until Drive has them, as often as it keeps only some.
   *
   * @param bytes Begin at `start`, at or before the offset, and are a multiple of {@linkcode GRAIN} unless they are the last.
   * @param total Bytes in all, where known. The upload is complete when they are all there.
   * @param last These are the last bytes.
   * @returns The file, when it is complete.
   * @throws {SessionLost} when Drive has forgotten the upload.
   */
  async send(
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    total: number | undefined,
    last: boolean,
    options: SendOptions = {},
  ): Promise<DriveFile | undefined> {
    const { signal } = options;
    const end = start + bytes.length;
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
        throw new SessionLost(`Drive lost bytes of "${this.#about.key}" that it had acknowledged`);
      }
      const rest = bytes.subarray(before - start);
      const sendable = last ? rest : rest.subarray(0, rest.length - rest.length % GRAIN);
      // Drive kept an odd number of bytes: what is left goes with what follows.
      if (sendable.length === 0 && !last) return undefined;
      let failure: unknown;
      let after = 0;
      try {
        const file = asking
          ? await this.#ask(end, total, last, uncertain, options)
          : await this.#put(sendable, before, total, last, options);
        if (file) return file;
        if (last) options.onIncomplete?.();
        uncertain = false;
        if (this.#offset > furthest) patience.reset();
        // What was not kept is sent again at once: the wait was before it was asked.
        const proceeds = asking || this.#offset > furthest;
        furthest = Math.max(furthest, this.#offset);
        asking = false;
        if (proceeds) continue;
        failure = this.#error(
          `Drive keeps no more bytes of "${this.#about.key}" than ${this.#offset}. Upload again.`,
        );
      } catch (error) {
        signal?.throwIfAborted();
        const verdict = verdictOn(error);
        // Asking has been tried often enough by then.
        if (asking || !verdict.again) throw error;
        if (verdict.again !== "now") after = verdict.after ?? 0;
        failure = error;
        asking = true;
        uncertain = isEffectUnknown(error);
      }
      const wait = patience.next(after);
      if (wait === undefined) throw failure;
      await sleep(wait, signal);
    }
    return undefined;
  }

  #error(message: string): CottonCandyError {
    return new CottonCandyError(message, {
      key: this.#about.key,
      bucket: this.#store.name,
      committed: "no",
    });
  }

  /** Has Drive forget the upload. Nothing more can be done where it doesn't answer: then it forgets it after a week. */
  async cancel(): Promise<void> {
    const pause = this.#store.client.policy.backoff();
    // Also for what comes before the request: a token may be wanted that nobody gives.
    const signal = AbortSignal.timeout(CANCEL_FOR);
    for (let attempt = 1; attempt <= CANCEL_TRIES; attempt++) {
      try {
        await this.#store.client.call(this.#about, { method: "DELETE", path: this.#url }, {
          accept: [CANCELLED, 404, 410],
          once: true,
          signal,
        });
        return;
      } catch (error) {
        if (signal.aborted || !verdictOn(error).again) return;
        await sleep(pause.next());
      }
    }
  }

  /** Sends what is missing; gives the file when it is complete. */
  async #put(
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    total: number | undefined,
    last: boolean,
    options: SendOptions,
  ): Promise<DriveFile | undefined> {
    const end = start + bytes.length;
    const range = bytes.length === 0 ? "*" : `${start}-${end - 1}`;
    return await this.#exchange(`bytes ${range}/${(last ? end : total) ?? "*"}`, bytes, end, last, options, {
      once: true,
    });
  }

  /** Asks how much Drive has; gives the file when it is complete. */
  async #ask(
    end: number,
    total: number | undefined,
    last: boolean,
    uncertain: boolean,
    options: SendOptions,
  ): Promise<DriveFile | undefined> {
    return await this.#exchange(`bytes */${total ?? "*"}`, new Uint8Array(), end, last, options, {
      uncertain,
    });
  }

  async #exchange(
    range: string,
    body: Uint8Array<ArrayBuffer>,
    end: number,
    last: boolean,
    { signal, onSent, onIncomplete }: SendOptions,
    options: DriveCallOptions,
  ): Promise<DriveFile | undefined> {
    const { key } = this.#about;
    const about: DriveCall = { ...this.#about, writes: last ? true : "later" };
    const answer = await this.#store.client.call(about, {
      method: "PUT",
      path: this.#url,
      headers: { "content-range": range },
      body,
    }, {
      ...options,
      signal,
      accept: [INCOMPLETE, 404, 410],
      ...(last ? { onSent, onRefused: onIncomplete } : {}),
    });
    if (answer.statusCode === 404 || answer.statusCode === 410) {
      throw new SessionLost(`the upload of "${key}" is gone (HTTP ${answer.statusCode})`, options.uncertain);
    }
    if (answer.statusCode !== INCOMPLETE) {
      return fileOf(answer.body instanceof Uint8Array ? json(answer.body) : undefined);
    }
    // Without the header nothing was kept.
    const kept = answer.headers.range;
    const [, lastByte] = /^(?:bytes=)?0-(\d+)$/.exec(kept ?? "") ?? [];
    // More than was sent can't be.
    if (kept !== undefined && (lastByte === undefined || Number(lastByte) >= end)) {
      throw new IntegrityError(`Drive says of the upload of "${key}" that it has "${kept}"`, {
        key,
        bucket: this.#store.name,
        committed: "no",
      });
    }
    this.#offset = lastByte === undefined ? 0 : Number(lastByte) + 1;
    return undefined;
  }
}

/** Whether asking how much Drive has may help. */
function verdictOn(error: unknown): Verdict {
  return driveVerdict(error instanceof CottonCandyError ? error.cause : error);
}
