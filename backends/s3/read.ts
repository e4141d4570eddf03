import { NotFoundError } from "../../lib/errors.ts";
import type { ByteRange, ObjectHead, ObjectReader, OpenOptions } from "../backend.ts";
import { PART, RemoteReader } from "../http/reader.ts";
import type { RemoteBody, RemoteObject } from "../http/remote_object.ts";
import { checkKey } from "../keys.ts";
import { resolveRange } from "../range.ts";
import { headObject } from "./head.ts";
import { changed, request, type Wanted } from "./response.ts";
import type { S3Store } from "./store.ts";
import { partsVerifierOf, verifierOf } from "./verify.ts";

/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 6;

/** Opens one version of an object: with the request whose bytes are read first. */
export async function openObject(
  store: S3Store,
  key: string,
  options: OpenOptions = {},
): Promise<ObjectReader> {
  const { range, parallel = false, ifMatch: etag, signal } = options;
  checkKey(key);
  // Checks the numbers; how much there is, only the store can tell.
  resolveRange(range, 0);
  const wanted = firstRequest(range, parallel);
  if (wanted) {
    const response = await request(store, key, { ...wanted, etag }, signal);
    if (response) return new RemoteReader(objectOf(store, response.info), options, response);
  }
  // No byte is wanted, or there is none in that range: then there is no body to learn the rest from.
  const info = await headObject(store, key, signal);
  if (!info) {
    throw new NotFoundError(`there is no "${key}" in bucket "${store.bucket}".`, {
      key,
      bucket: store.bucket,
    });
  }
  if (etag !== undefined && info.etag !== etag.replace(/^"(.*)"$/, "$1")) throw changed(key, store.bucket);
  return new RemoteReader(objectOf(store, info), options);
}

/** What the first request fetches; `undefined` when the range holds nothing. */
function firstRequest(range: ByteRange | undefined, parallel: boolean): Wanted | undefined {
  if (!range) return parallel ? { start: 0, end: PART } : {};
  if ("suffix" in range) {
    if (range.suffix === 0) return undefined;
    return { suffix: parallel ? Math.min(PART, range.suffix) : range.suffix };
  }
  const { offset, length } = range;
  if (length === 0) return undefined;
  const end = length === undefined ? undefined : offset + length;
  return { start: offset, end: parallel ? Math.min(end ?? Infinity, offset + PART) : end };
}

/** One version of one object, as the store names it by its ETag. */
function objectOf(store: S3Store, info: ObjectHead): RemoteObject {
  const { key, etag } = info;
  return {
    info,
    bucket: store.bucket,
    policy: store.policy,
    idle: store.timeouts.idle,
    concurrency: store.options.concurrency ?? CONCURRENCY,
    // With a content encoding, the length on the wire may not be that of the ranges.
    resumable: etag !== undefined && info.contentEncoding === undefined,
    request: (start, end, signal) => bytesOf(store, key, { start, end, etag }, signal),
    verifier: () => verifierOf(store, info),
    partsVerifier: (signal) => partsVerifierOf(store, info, signal),
  };
}

async function bytesOf(
  store: S3Store,
  key: string,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): Promise<RemoteBody> {
  try {
    const response = await request(store, key, wanted, signal);
    if (response) return response;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  // Deleted, or shorter by now.
  throw changed(key, store.bucket);
}
