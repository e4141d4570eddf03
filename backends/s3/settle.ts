import { CottonCandyError } from "../../lib/errors.ts";
import type { ObjectHead, PutResult } from "../backend.ts";
import { Crc } from "../checksum/crc.ts";
import { type About, failureOf, translate } from "./errors.ts";
import { isCrc } from "./guard.ts";
import { headObject } from "./head.ts";
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
 * @param undo Called when it did not, before the object is looked up for the last time.
 */
export async function settle(
  store: S3Store,
  about: About,
  write: () => Promise<PutResult>,
  written: Written,
  undo?: () => Promise<void>,
): Promise<PutResult> {
  try {
    return await write();
  } catch (error) {
    if (!isUncertain(error) || about.key === undefined) throw error;
    for (const last of undo ? [false, true] : [true]) {
      if (last) await undo?.();
      let head: ObjectHead | undefined;
      try {
        head = await headObject(store, about.key);
      } catch {
        throw error;
      }
      const stored = head ? await isWritten(head, written) : false;
      if (head && stored) {
        return { key: about.key, size: head.size, etag: head.etag, versionId: head.versionId };
      }
      if (last && stored === undefined) throw error;
    }
    throw translate(causeOf(error), { bucket: store.bucket, ...about }, store.endpoint, false);
  }
}

function isUncertain(error: unknown): boolean {
  if (!(error instanceof CottonCandyError)) return false;
  return error.committed === "unknown" || failureOf(error).code === "NoSuchUpload";
}

function causeOf(error: unknown): unknown {
  return error instanceof CottonCandyError ? error.cause : error;
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
