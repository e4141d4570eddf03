import type {
  Backend,
  Checksum,
  ChecksumAlgorithm,
  ObjectHead,
  ObjectInfo,
  RequestOptions,
} from "../../backends/backend.ts";
import { drain } from "../../backends/body.ts";
import { toBase64, toHex } from "../base64.ts";
import { newDigest } from "../checksums.ts";
import { contentTimeOf, isSameTime } from "../content_time.ts";
import { NotFoundError } from "../errors.ts";
import { isFresh } from "../file_access.ts";
import type { Pair, Side } from "./pairs.ts";

/** By what objects of one name are taken to be the same. */
export type SyncCompare = "auto" | "size" | "time" | "checksum" | "etag" | "always" | "missing";

/** Why an object is copied. */
export type CopyReason =
  /** There is none of its name. */
  | "missing"
  /** They differ in it. */
  | "size"
  | "time"
  | "checksum"
  | "etag"
  /** Nothing says that they are the same. */
  | "unknown"
  /** Whatever is there is replaced, as was asked for. */
  | "asked";

/** Why an object is left as it is. */
export type SkipReason =
  /** It is the same in both, as was asked for, or as `"auto"` found. */
  | "size"
  | "time"
  | "checksum"
  | "etag"
  /** The file has not been changed since the object was stored. */
  | "unchanged"
  /** There is one of its name, which is not to be replaced. */
  | "exists"
  /** A placeholder of a directory, which the target can't hold. */
  | "placeholder";

/** What is to be done with an object that is on both sides. */
export type SyncVerdict = { readonly action: "copy"; readonly reason: CopyReason } | {
  readonly action: "skip";
  readonly reason: SkipReason;
};

/** Two objects of one name. */
export type BothSides = Required<Pair>;

/** What decides whether objects are the same. */
export interface Comparison {
  /** From what the listings tell; `undefined` when that isn't enough. */
  byListing(pair: BothSides): SyncVerdict | undefined;
  /** From whatever it takes. */
  byAsking(pair: BothSides, options: RequestOptions): Promise<SyncVerdict>;
}

/** How much longer than by the clocks an object must have been stored after its file was changed, in milliseconds. */
const MARGIN = 1000;
/** An MD5, or what S3 makes of those of an upload's parts: equal ones are of equal bytes, different ones may be too. */
const CONTENT_ETAG = /^[0-9a-f]{32}(-\d+)?$/;
const MD5_ETAG = /^[0-9a-f]{32}$/;

const copy = (reason: CopyReason): SyncVerdict => ({ action: "copy", reason });
const skip = (reason: SkipReason): SyncVerdict => ({ action: "skip", reason });
const verdict = (same: boolean, by: "size" | "time" | "checksum" | "etag"): SyncVerdict =>
  same ? skip(by) : copy(by);

/** How to compare two places. The rules stand in docs/decisions.md, as a table. */
export function comparisonOf(compare: SyncCompare, from: Side, to: Side): Comparison {
  const dated = from.backend.capabilities.contentTimes && to.backend.capabilities.contentTimes;
  const bySize = ({ source, target }: BothSides) => source.size === target.size ? undefined : copy("size");
  const byListing: Record<SyncCompare, (pair: BothSides) => SyncVerdict | undefined> = {
    always: () => copy("asked"),
    missing: () => skip("exists"),
    size: (pair) => bySize(pair) ?? skip("size"),
    etag: ({ source, target }) => verdict(source.etag !== undefined && source.etag === target.etag, "etag"),
    time: (pair) => bySize(pair) ?? (dated ? byListedTime(pair) : undefined),
    checksum: (pair) => bySize(pair) ?? byListedETag(pair),
    auto: (pair) =>
      bySize(pair) ?? byListedETag(pair) ?? (dated ? byListedTime(pair) : bySourceTime(from, to, pair)),
  };
  return {
    byListing: byListing[compare],
    byAsking: async (pair, options) => {
      const [source, target] = await Promise.all([
        headOf(from, pair.source, options),
        headOf(to, pair.target, options),
      ]);
      if (source.size !== target.size) return copy("size");
      if (compare === "checksum") return await byReading(from, source, to, target, options);
      const told = compare === "auto" ? byToldChecksum(source, target) : undefined;
      return told ?? byContentTime(from, pair.source, source, to, target);
    },
  };
}

/** Of files, both times are those of the content. */
function byListedTime({ source, target }: BothSides): SyncVerdict {
  return verdict(isSameTime(source.lastModified.getTime(), target.lastModified.getTime()), "time");
}

/** Equal ETags of S3's kind are of equal bytes, whoever computed them. Different ones say nothing: parts, or encryption, may be others. */
function byListedETag({ source, target }: BothSides): SyncVerdict | undefined {
  const same = source.etag !== undefined && source.etag === target.etag && CONTENT_ETAG.test(source.etag);
  return same ? skip("etag") : undefined;
}

/**
 * A file that nothing has happened to since the object was stored is what was stored then: by when it was last changed, which nobody can set, and the clock of the
 * store. Or, the other way round, a file was given the time at which an object was stored that says no other.
 */
function bySourceTime(from: Side, to: Side, { source, target }: BothSides): SyncVerdict | undefined {
  if (source.changed) {
    const offset = to.backend.clockOffset?.();
    const stored = (target.changed ?? target.lastModified).getTime();
    if (offset && source.changed.getTime() + MARGIN < stored - offset.most) return skip("unchanged");
  }
  const { contentTimes = false } = to.backend.capabilities;
  // Only a download gives a file the time of another store's clock, to the millisecond or second.
  const same = isSameTime(source.lastModified.getTime(), target.lastModified.getTime());
  return contentTimes && !from.backend.capabilities.contentTimes && same ? skip("time") : undefined;
}

async function headOf({ backend }: Side, info: ObjectInfo, options: RequestOptions): Promise<ObjectHead> {
  // Of a file the listing has told all that is asked.
  if (backend.capabilities.contentTimes) return { ...info, metadata: {} };
  const { key } = info;
  const head = await backend.head(key, options);
  if (head) return head;
  throw new NotFoundError(`"${key}" in ${backend.name} was deleted meanwhile: sync again`, {
    key,
    bucket: backend.bucket,
    committed: "no",
  });
}

function byToldChecksum({ checksum: a }: ObjectHead, { checksum: b }: ObjectHead): SyncVerdict | undefined {
  return a && b && a.algorithm === b.algorithm ? verdict(a.value === b.value, "checksum") : undefined;
}

/** By when the contents last changed. A copy of what doesn't say so is given the time at which that was stored. */
function byContentTime(
  from: Side,
  listed: ObjectInfo,
  source: ObjectHead,
  to: Side,
  target: ObjectHead,
): SyncVerdict {
  const a = sourceTime(from, listed, source.metadata);
  const b = to.backend.capabilities.contentTimes
    ? target.lastModified.getTime()
    : contentTimeOf(target.metadata);
  return b === undefined ? copy("unknown") : verdict(isSameTime(a, b), "time");
}

/** When the content of an object last changed, as far as is known: in milliseconds since 1970. */
export function sourceTime(
  { backend }: Side,
  { lastModified }: ObjectInfo,
  metadata: Readonly<Record<string, string>>,
): number {
  const told = backend.capabilities.contentTimes ? undefined : contentTimeOf(metadata);
  return told ?? lastModified.getTime();
}

/**
 * Tells an object's bytes from any others, whoever is asked: an ETag of their digest, or a file's that is at rest. Other stores' mean nothing to another process.
 *
 * @param listed What a listing told of it, if it did.
 */
export async function contentIdentity(
  { backend }: Side,
  listed: ObjectInfo,
  { key, etag }: ObjectInfo,
  request: RequestOptions,
): Promise<string | undefined> {
  if (etag === undefined) return undefined;
  const identity = `${backend.name}/${key} ${etag}`;
  if (!backend.capabilities.contentTimes) return CONTENT_ETAG.test(etag) ? identity : undefined;
  const isListed = listed.etag === etag && listed.changed !== undefined;
  const { changed } = isListed ? listed : await listedNow(backend, key, request) ?? {};
  return changed && !isFresh(changed.getTime()) ? identity : `${identity} ${crypto.randomUUID()}`;
}

async function listedNow(
  backend: Backend,
  key: string,
  request: RequestOptions,
): Promise<ObjectInfo | undefined> {
  for await (const entry of backend.list({ ...request, prefix: key })) {
    return "key" in entry && entry.key === key ? entry : undefined;
  }
}

/** By checksums: those that are known, else those of the bytes, read from the side that costs less. */
async function byReading(
  from: Side,
  source: ObjectHead,
  to: Side,
  target: ObjectHead,
  options: RequestOptions,
): Promise<SyncVerdict> {
  const told = byToldChecksum(source, target);
  if (told) return told;
  const sides = [{ side: from, head: source }, { side: to, head: target }];
  const known = sides.map(({ head: { checksum, etag } }): Checksum | undefined =>
    checksum ?? (etag !== undefined && MD5_ETAG.test(etag) ? { algorithm: "MD5", value: etag } : undefined)
  );
  const cheap = from.backend.capabilities.remote ? 1 : 0;
  // The one whose bytes are read is held against what is known of the other.
  const first = known[1 - cheap] ? cheap : known[cheap] ? 1 - cheap : undefined;
  if (first === undefined) {
    const [a, b] = await Promise.all(
      sides.map((one) => digestOfObject(one.side, one.head, "SHA256", options)),
    );
    return verdict(toHex(a) === toHex(b), "checksum");
  }
  const { algorithm, value } = known[1 - first]!;
  const digest = await digestOfObject(sides[first].side, sides[first].head, algorithm, options);
  return verdict(value === toBase64(digest) || value === toHex(digest), "checksum");
}

async function digestOfObject(
  { backend }: Side,
  { key, etag }: ObjectHead,
  algorithm: ChecksumAlgorithm,
  { signal, onWarning }: RequestOptions,
): Promise<Uint8Array> {
  const reader = await backend.open(key, { ifMatch: etag, signal, onWarning });
  try {
    const digest = await newDigest(algorithm);
    await drain(reader.stream(undefined, { signal }), (piece) => digest.update(piece), {
      size: reader.info.size,
      signal,
    });
    return digest.digest();
  } finally {
    await reader.close();
  }
}
