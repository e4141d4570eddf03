import { type CompletedPart, CompleteMultipartUploadCommand } from "@aws-sdk/client-s3";
import { fromHex, toHex } from "../../../lib/base64.ts";
import { concat, detach } from "../../../lib/bytes.ts";
import { Crc, digestOf, isCrc } from "../../../lib/checksums.ts";
import type { CottonCandyError } from "../../../lib/errors.ts";
import type { PutResult } from "../../backend.ts";
import { type CommitGate, isUncertain, withCommitted } from "../../transport/mod.ts";
import { plainETag, writtenETag } from "../answers.ts";
import { isNoUpload } from "../errors.ts";
import { s3FailureOf } from "../failure.ts";
import { abortUpload, isUploadGone } from "../listing/mod.ts";
import type { S3Checksums } from "../options.ts";
import type { S3Store } from "../store.ts";
import { beginUpload, type BegunUpload } from "./begin.ts";
import { checkS3Conditions, type ConditionFields, withConditions } from "./conditions.ts";
import { confirmLostWrite, sameBytes, type UploadEnd } from "./lost_write.ts";
import {
  bodyHeaders,
  type ChecksumFields,
  FIRST_PART,
  type WholeChecksum,
  withChecksum,
  withWholeChecksum,
} from "./parts.ts";
import { conditionsOf, isConditional, type WriteTarget } from "./target.ts";

/** What an upload's parts come from: memory of the caller's, a stream that has to be gathered, or another object. */
export type PartSource = "memory" | "stream" | "copy";

/** Requests at once for one upload where nothing else is said: with a stream there is one more part in memory, being filled. */
const CONCURRENCY: Readonly<Record<PartSource, number>> = { memory: 4, stream: 2, copy: 8 };
/** How much longer than usual a store may take to put the parts together. */
const PATIENCE = 10;

/** A part that the store has. */
export interface SentPart {
  /** What names it. */
  readonly completed: CompletedPart;
  /** Its CRC, where it was sent with one. */
  readonly crc?: Crc;
}

/** What sends one part: by its number, counted from 1. */
export type SendPart = (uploadId: string, number: number, signal: AbortSignal) => Promise<SentPart>;

/**
 * One upload in parts. It begins with the first part, holds a bounded number of them in memory, and ends with `complete` or `abandon`, after
 * which nothing of it is left; but one that was begun to be resumed stays when it is abandoned.
 */
export class MultipartUpload {
  readonly #store: S3Store;
  readonly #target: WriteTarget;
  readonly #gate: CommitGate;
  readonly #source: PartSource;
  readonly #total?: number;
  readonly #concurrency: number;
  readonly #running = new Set<Promise<void>>();
  readonly #parts: SentPart[] = [];
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  /** It was begun before, and is left to be resumed when it fails. */
  readonly #resumed: boolean;
  #begun?: BegunUpload;
  /** What guards the parts: changes where the store refuses it. */
  #setting: S3Checksums = false;
  #count = 0;
  #loaded = 0;

  /**
   * Prepares an upload; nothing is sent yet.
   *
   * @param begun The upload was begun before, and is to be resumed.
   */
  constructor(
    store: S3Store,
    target: WriteTarget,
    gate: CommitGate,
    source: PartSource,
    total?: number,
    begun?: BegunUpload,
  ) {
    this.#source = source;
    this.#begun = begun;
    this.#setting = begun?.setting ?? false;
    this.#resumed = begun !== undefined;
    this.#store = store;
    this.#target = target;
    this.#gate = gate;
    this.#total = total;
    this.#concurrency = Math.max(1, target.concurrency ?? store.options.concurrency ?? CONCURRENCY[source]);
  }

  /** Whether the store knows of the upload. */
  get started(): boolean {
    return this.#begun !== undefined;
  }

  /** Memory for a part: that of an earlier one, where it has been sent. */
  buffer(length: number): Uint8Array<ArrayBuffer> {
    const free = this.#free.pop();
    if (free?.byteLength === length) return free;
    this.#release();
    return new Uint8Array(length);
  }

  /**
   * Sends bytes as a part.
   *
   * @param recycle The part's memory may be used again once it has been sent.
   */
  async add(part: Uint8Array<ArrayBuffer>, recycle = false): Promise<void> {
    await this.addPart(part.byteLength, async (uploadId, number, signal) => {
      const sent = await this.#send(uploadId, number, part, signal);
      if (recycle) this.#free.push(part);
      return sent;
    });
  }

  /** Has a part sent as soon as fewer others are underway than may be; the promise settles when it is on its way. */
  async addPart(length: number, send: SendPart): Promise<void> {
    const atOnce = this.#atOnce(length);
    const { signal } = this.#gate;
    signal.throwIfAborted();
    const { uploadId } = this.#begun ??= await this.#begin();
    while (this.#running.size >= atOnce) await Promise.race(this.#running);
    signal.throwIfAborted();
    const index = this.#count++;
    const sending: Promise<void> = send(uploadId, index + 1, signal)
      .then((sent) => this.#note(index, length, sent))
      // Told to everything else that is underway: whoever waits gets it from there. A part alone is no object, whatever became of it.
      .catch((error) => this.#gate.fail(isUncertain(error) ? withCommitted(error, "no") : error))
      .finally(() => this.#running.delete(sending));
    this.#running.add(sending);
  }

  /**
   * Counts the next part, which the store has already.
   *
   * @param memory What the part was in, where it may be used again.
   */
  skip(length: number, sent: SentPart, memory?: Uint8Array<ArrayBuffer>): void {
    this.#gate.signal.throwIfAborted();
    if (memory) this.#free.push(memory);
    this.#note(this.#count++, length, sent);
  }

  #note(index: number, length: number, sent: SentPart): void {
    this.#parts[index] = sent;
    this.#loaded += length;
    const { key, onProgress } = this.#target;
    onProgress?.({ key, loaded: this.#loaded, total: this.#total, done: false });
  }

  /** Large parts go one at a time: what is in flight is bounded in bytes, where it is in flight here. */
  #atOnce(length: number): number {
    if (this.#source === "copy") return this.#concurrency;
    return Math.max(1, Math.min(this.#concurrency, Math.floor(this.#concurrency * FIRST_PART / length)));
  }

  /** Waits for the parts and puts them together. From here on an abort is too late. */
  async complete(): Promise<PutResult> {
    const { signal } = this.#gate;
    await Promise.all(this.#running);
    signal.throwIfAborted();
    this.#release();
    // Some stores overlook conditions here: what can be seen beforehand is.
    await checkS3Conditions(this.#store, this.#target, signal);
    this.#gate.close();
    const { key } = this.#target;
    const store = this.#store;
    const about = { operation: "CompleteMultipartUpload", key, writes: true, ...conditionsOf(this.#target) };
    const complete = (conditions: ConditionFields, checksum: WholeChecksum) =>
      store.send(
        about,
        new CompleteMultipartUploadCommand({
          Bucket: store.bucket,
          Key: key,
          UploadId: this.#begun?.uploadId,
          MultipartUpload: { Parts: this.#parts.map(({ completed }) => completed) },
          ...checksum,
          ...conditions,
        }),
        undefined,
        { patience: PATIENCE },
      );
    // Nothing has no bytes to guard; and MinIO takes its CRC, which is zero, for a missing one, and refuses it.
    const crc = this.#loaded > 0 ? this.#wholeCrc() : undefined;
    const send = (conditions: ConditionFields) =>
      withWholeChecksum(
        store,
        key,
        { crc, confirmed: this.#begun?.knowsFullObject ?? false },
        (checksum) => complete(conditions, checksum),
      );
    return await this.confirm(() =>
      withConditions(store, this.#target, undefined, async (conditions) => {
        const output = await send(conditions);
        const etag = writtenETag(store.placeOf(key), "CompleteMultipartUpload", output.ETag);
        return { key, size: this.#loaded, etag, versionId: output.VersionId };
      }, true)
    );
  }

  /** Has the parts put together by `write`, and decides what became of it when the answer is lost, or when the store knows of no such upload any more. */
  async confirm(write: () => Promise<PutResult>): Promise<PutResult> {
    const { key, metadata, contentType, onProgress } = this.#target;
    const size = this.#loaded;
    const result = await confirmLostWrite(this.#store, key, write, {
      size,
      metadata,
      contentType,
      exclusive: isConditional(this.#target),
      since: this.#begun?.began,
      proven: this.#resumed,
      holds: (head) => sameBytes(head, () => this.#wholeCrc(), () => this.#expectedETag()),
      end: (error) => this.#end(error),
    });
    this.#store.seen = true;
    onProgress?.({ key, loaded: size, total: size, done: true });
    return result;
  }

  /** What is left of the upload when it is not known whether it was completed. */
  async #end(error: CottonCandyError): Promise<UploadEnd | undefined> {
    const gone = isNoUpload(s3FailureOf(error)) ||
      await isUploadGone(this.#store, this.#target.key, this.#begun?.uploadId);
    if (gone) return "gone";
    if (this.#resumed) return "open";
    await this.#abort();
    return gone === false ? "ended" : undefined;
  }

  /** Gives up: cancels what is underway, has the store forget the parts unless they are to be resumed, and throws what it failed of. */
  async abandon(error: unknown): Promise<never> {
    this.#gate.fail(error);
    await Promise.all(this.#running);
    this.#release();
    if (!this.#resumed) await this.#abort();
    // What a part failed of comes before what its failure brought about.
    throw this.#gate.signal.reason;
  }

  /** Gives memory back at once: the garbage collector hardly feels what lies outside of its heap. */
  #release(): void {
    for (const { buffer } of this.#free.splice(0)) detach(buffer);
  }

  async #abort(): Promise<void> {
    if (!this.#begun) return;
    await abortUpload(this.#store, this.#target.key, this.#begun.uploadId);
  }

  async #begin(): Promise<BegunUpload> {
    const begun = await beginUpload(this.#store, this.#target, this.#gate.signal, this.#source !== "copy");
    this.#setting = begun.setting;
    return begun;
  }

  async #send(
    uploadId: string,
    number: number,
    part: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<SentPart> {
    const { key } = this.#target;
    const store = this.#store;
    const about = { operation: "UploadPart", key, writes: true } as const;
    return await withChecksum(store, key, part, async (guard) => {
      const input = { Key: key, UploadId: uploadId, PartNumber: number, Body: part, ...guard.fields };
      const output = await store.request(about, input, signal, { headers: bodyHeaders(store, guard) });
      writtenETag(store.placeOf(key), "UploadPart", output.ETag, "no");
      this.#setting = guard.setting;
      const completed = { PartNumber: number, ETag: output.ETag, ...partChecksum(guard.fields, output) };
      return { completed, crc: guard.crc };
    }, this.#setting);
  }

  /** The CRC of the whole object, added up from the parts'. */
  #wholeCrc(): Crc | undefined {
    if (!isCrc(this.#setting)) return undefined;
    const whole = new Crc(this.#setting);
    for (const { crc } of this.#parts) {
      if (crc?.algorithm !== whole.algorithm) return undefined;
      whole.append(crc);
    }
    return whole;
  }

  /** What S3 makes of the parts' ETags: the MD5 of their MD5s, and their number. */
  async #expectedETag(): Promise<string | undefined> {
    const digests: Uint8Array[] = [];
    for (const { completed } of this.#parts) {
      const etag = plainETag(completed.ETag) ?? "";
      const digest = /^[0-9a-f]{32}$/.test(etag) ? fromHex(etag) : undefined;
      if (!digest) return undefined;
      digests.push(digest);
    }
    return `${toHex(await digestOf("MD5", concat(...digests)))}-${this.#parts.length}`;
  }
}

/** What the list of parts repeats of a part's checksum: what the store took note of. Swift overlooks checksums, and refuses a list that has some. */
function partChecksum(
  { ContentMD5: _, ...fields }: ChecksumFields,
  noted: Omit<ChecksumFields, "ContentMD5">,
): Omit<ChecksumFields, "ContentMD5"> {
  const { ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA256 } = noted;
  return ChecksumCRC32 ?? ChecksumCRC32C ?? ChecksumCRC64NVME ?? ChecksumSHA256 ? fields : {};
}
