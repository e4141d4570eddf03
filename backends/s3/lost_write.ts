/**
 * The one place that decides what became of a write whose answer was lost.
 *
 * @module
 */
import { Crc, isCrc } from "../../lib/checksums.ts";
import { CottonCandyError } from "../../lib/errors.ts";
import type { ObjectHead, PutResult } from "../backend.ts";
import { isUncertain, withCommitted } from "../transport/mod.ts";
import { s3FailureOf } from "./errors.ts";
import { headS3Object } from "./read.ts";
import type { S3Store } from "./store.ts";

/** How to recognise what was written. */
export interface Written {
  /** Its size in bytes. */
  readonly size: number;
  /** The ETag that a plain store gives it; `undefined` when that can't be known. */
  etag(): Promise<string | undefined>;
  /** All of its bytes, where they are at hand. */
  bytes?(): Uint8Array;
  /** Its CRC, where that is at hand. */
  crc?(): Crc | undefined;
}

/**
 * Makes a write whose answer may get lost. When it is unknown whether it took effect (the connection broke, and asking again gave "exists already" or
 * "no such upload"), the object is looked up: if it is what was written, the write succeeded.
 *
 * @param rollback Called when it did not, before the object is looked up for the last time: from then on the write can't take effect any more.
 */
export async function confirmLostWrite(
  store: S3Store,
  key: string,
  write: () => Promise<PutResult>,
  written: Written,
  rollback?: () => Promise<void>,
): Promise<PutResult> {
  try {
    return await write();
  } catch (error) {
    if (!isLost(error)) throw error;
    for (const last of rollback ? [false, true] : [true]) {
      if (last) await rollback?.();
      let head: ObjectHead | undefined;
      try {
        head = await headS3Object(store, key);
      } catch {
        throw error;
      }
      const stored = head ? await isWritten(head, written) : false;
      if (head && stored) return { key, size: head.size, etag: head.etag, versionId: head.versionId };
      if (last && stored === undefined) throw error;
    }
    throw withCommitted(error, "no");
  }
}

function isLost(error: unknown): error is CottonCandyError {
  return isUncertain(error) ||
    (error instanceof CottonCandyError && s3FailureOf(error).code === "NoSuchUpload");
}

/** Whether an object is what was written; `undefined` where nothing that the store tells can decide it. */
async function isWritten(head: ObjectHead, written: Written): Promise<boolean | undefined> {
  if (head.size !== written.size) return false;
  const { checksum } = head;
  if (checksum && isCrc(checksum.algorithm)) {
    const known = written.crc?.();
    if (known?.algorithm === checksum.algorithm) return known.toBase64() === checksum.value;
    const bytes = written.bytes?.();
    if (bytes) return new Crc(checksum.algorithm).update(bytes).toBase64() === checksum.value;
  }
  const etag = await written.etag();
  // Another ETag proves nothing: that of an encrypted object is no digest of its bytes.
  return etag !== undefined && etag === head.etag ? true : undefined;
}
