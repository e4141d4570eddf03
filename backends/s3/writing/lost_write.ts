/**
 * The one place that decides what became of a write whose answer was lost.
 *
 * Nothing of ours is stored with an object that would tell it from an equal one. So the object that is there must be equal in all that can be seen, and must have
 * come after the write began: by the clock of the server, or since it was last looked at, or since an upload in parts is gone that nobody else knew. What can't be told is
 * `committed: "unknown"`.
 *
 * @module
 */
import { type Crc, isCrc } from "../../../lib/checksums.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import type { ObjectHead, PutResult } from "../../backend.ts";
import { isUncertain, withCommitted } from "../../transport/mod.ts";
import { isNoUpload } from "../errors.ts";
import { s3FailureOf } from "../failure.ts";
import { headS3Object } from "../read.ts";
import type { S3Store } from "../store.ts";

/** How to recognise what was written. */
export interface Written {
  /** Its size in bytes. */
  readonly size: number;
  /** Its metadata, as they are stored. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Its content type, where one was given. */
  readonly contentType?: string;
  /** Whether its bytes are those of the object that is there; `undefined` when nothing that the store tells can decide it. */
  holds(head: ObjectHead): Promise<boolean | undefined>;
  /** Only one of several writers may succeed: then an object that is merely equal is none of ours. */
  readonly exclusive: boolean;
  /** What was there before, where it is known. */
  readonly before?: ObjectHead;
  /** Of an upload in parts: makes sure that it can't be put together any more, unless it is to be resumed, and tells what is left of it; `undefined` where that can't be told. */
  end?(error: CottonCandyError): Promise<UploadEnd | undefined>;
  /** An upload that is gone proves nothing by that, since others could have ended it: only equal bytes do. */
  readonly proven?: boolean;
  /** When the object came into being at the earliest, by `performance.now()`: of an upload in parts stores tell when it began. Default: now. */
  readonly since?: number;
}

/**
 * What is left of an upload in parts. `"gone"`: nothing, without our doing, as it is once the store has put it together. `"ended"`: it had not been put together, and was
 * aborted. `"open"`: it can still be put together.
 */
export type UploadEnd = "gone" | "ended" | "open";

/**
 * Makes a write whose answer may get lost. When it is unknown whether it took effect (the connection broke, and asking again gave "exists already" or
 * "no such upload"), the object is looked up: if it is what was written, and was not there before, the write succeeded.
 */
export async function confirmLostWrite(
  store: S3Store,
  key: string,
  write: () => Promise<PutResult>,
  written: Written,
): Promise<PutResult> {
  const { since = performance.now() } = written;
  try {
    return await write();
  } catch (error) {
    if (!isLost(error, written)) throw error;
    const ended = await written.end?.(error);
    if (ended === "open") {
      throw withCommitted(error, "unknown", { note: "The upload is still there: resume it to find out." });
    }
    let head: ObjectHead | undefined;
    try {
      head = await headS3Object(store, key);
    } catch {
      throw written.proven ? withCommitted(error, "unknown") : error;
    }
    const stored = head ? await isStored(store, head, written, since, ended) : false;
    if (head && stored) return { key, size: head.size, etag: head.etag, versionId: head.versionId };
    // The first attempt was refused, and what is there is none of ours.
    if (!isUncertain(error) && !(written.proven && stored === undefined)) throw error;
    if (stored === false) throw withCommitted(error, "no");
    throw withCommitted(error, "unknown", {
      note: `Whether "${key}" was stored all the same can't be told: look at the object that is there.`,
    });
  }
}

function isLost(error: unknown, { end }: Written): error is CottonCandyError {
  return isUncertain(error) ||
    (end !== undefined && error instanceof CottonCandyError && isNoUpload(s3FailureOf(error)));
}

/** Whether an object is what was written, and written by us; `undefined` where that can't be told. */
async function isStored(
  { clock }: S3Store,
  head: ObjectHead,
  written: Written,
  since: number,
  ended: UploadEnd | undefined,
): Promise<boolean | undefined> {
  const { before } = written;
  const equal = await isEqual(head, written);
  // Something else is there: whether ours was before it, and was replaced, makes no difference to what is stored.
  if (equal === false) return false;
  const age = ageOf(head, clock.at(since));
  if (age === "older") return false;
  if (equal === undefined && written.proven) return undefined;
  if (ended !== undefined) return ended === "gone" || undefined;
  if (equal === undefined || written.exclusive) return undefined;
  const isNew = before
    ? before.etag !== head.etag || before.lastModified.getTime() !== head.lastModified.getTime() ||
      !sameEntries(before.metadata, head.metadata)
    : age === "newer";
  return isNew || undefined;
}

async function isEqual(head: ObjectHead, written: Written): Promise<boolean | undefined> {
  if (head.size !== written.size || !sameEntries(head.metadata, written.metadata ?? {})) return false;
  const { contentType } = written;
  if (contentType !== undefined && !sameType(head.contentType, contentType)) return false;
  return await written.holds(head);
}

/** Whether metadata are the same; Ceph makes dashes of the underscores in their names. */
function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const listed = (metadata: Readonly<Record<string, string>>) =>
    Object.entries(metadata).map(([name, value]) => `${name.replaceAll("_", "-")}:${value}`).sort().join(
      "\n",
    );
  return listed(a) === listed(b);
}

/** Some stores write a type in their own way, and add a charset. */
function sameType(stored: string | undefined, given: string): boolean {
  const plain = (type: string) => type.toLowerCase().replace(/\s+/g, "");
  return stored !== undefined &&
    (plain(stored) === plain(given) || plain(stored).startsWith(`${plain(given)};charset=`));
}

/** Milliseconds by which the clocks behind one address may differ, beside the seconds that they are cut to. */
const CLOCKS = 1000;

/** Whether an object was written before or after a moment of the server's clock; `undefined` when it is too close, or not known. */
function ageOf({ lastModified }: ObjectHead, began: number | undefined): "older" | "newer" | undefined {
  const written = lastModified.getTime();
  // What stores tell no time of is said to be of 1970.
  if (began === undefined || written === 0) return undefined;
  if (written + 1000 + CLOCKS <= began) return "older";
  return written >= began + 1000 + CLOCKS ? "newer" : undefined;
}

/** Whether an object's bytes are those of a CRC, or else of an ETag; `undefined` when that can't be told. */
export async function sameBytes(
  { checksum, etag }: ObjectHead,
  crcOf: (algorithm: Crc["algorithm"]) => Crc | undefined,
  etagOf: () => Promise<string | undefined>,
): Promise<boolean | undefined> {
  if (checksum && isCrc(checksum.algorithm)) {
    const crc = crcOf(checksum.algorithm);
    if (crc?.algorithm === checksum.algorithm) return crc.toBase64() === checksum.value;
  }
  const expected = await etagOf();
  // Another ETag proves nothing: that of an encrypted object is no digest of its bytes.
  return expected !== undefined && expected === etag ? true : undefined;
}
