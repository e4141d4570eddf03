import { AccessDeniedError, IntegrityError, NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import { checkKey, resolveRange } from "../arguments.ts";
import type { ByteRange, ObjectHead, ObjectReader, OpenOptions } from "../backend.ts";
import { objectNotFoundError, versionGoneError } from "../conditions.ts";
import {
  type ExpectedBytes,
  PART,
  type RemoteBody,
  type RemoteObject,
  RemoteReader,
} from "../transport/mod.ts";
import { checkedExtent, plainETag, quotedETag, rangeHeader, s3HeadOf, type WantedBytes } from "./answers.ts";
import { refusesChecksum, refusesSomeHeader } from "./errors.ts";
import { s3FailureOf } from "./failure.ts";
import type { S3Store } from "./store.ts";

/** Makes a request that asks for an object's checksum, without having the SDK check it; again without when the store refuses that, which is learned when it helps. */
async function askingChecksum<T>(
  { dialect }: S3Store,
  key: string,
  send: (headers: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (!dialect.checksumMode) return await send({});
  try {
    return await send({ "x-amz-checksum-mode": "ENABLED" });
  } catch (error) {
    const refusal = s3FailureOf(error);
    if (!refusesChecksum(refusal) && !refusesSomeHeader(refusal)) throw error;
    const learn = () => dialect.tellsNoChecksums(key, refusal.message);
    try {
      const result = await send({});
      learn();
      return result;
    } catch (again) {
      if (s3FailureOf(again).status !== refusal.status) learn();
      throw again;
    }
  }
}

/** What the store tells of an object; `undefined` when there is none. */
export async function headS3Object(
  store: S3Store,
  key: string,
  signal?: AbortSignal,
  versionId?: string,
): Promise<ObjectHead | undefined> {
  const ask = async () => {
    const output = await askingChecksum(
      store,
      key,
      (headers) =>
        store.request({ operation: "HeadObject", key }, { Key: key, VersionId: versionId }, signal, {
          headers,
        }),
    );
    store.seen = true;
    // Proxies leave the length away; a range's answer has it in another header.
    const size = output.ContentLength ??
      (await headByReading(store, key, { start: 0, etag: plainETag(output.ETag), versionId }, signal))
        ?.size ??
      0;
    return s3HeadOf(store.placeOf(key), output, size, true, trustsETags(store));
  };
  try {
    try {
      return await ask();
    } catch (error) {
      if (!isWordless(error)) throw error;
      // What an answer with words says is learned, or thrown.
      const head = await headByReading(store, key, { versionId }, signal);
      return await ask().catch((again) => {
        if (head) return head;
        throw again;
      });
    }
  } catch (error) {
    if (isDeleteMarker(error, versionId)) return undefined;
    if (!(error instanceof NotFoundError)) throw error;
    // S3 answers HEAD without a body: a bucket that is missing looks like an object that is.
    if (!store.seen && !await bucketExists(store, signal)) {
      throw new NotFoundError(
        `there is no bucket "${store.bucket}" at ${store.endpoint}. Check its name and the endpoint, or create it.`,
        { bucket: store.bucket, cause: error },
      );
    }
    store.seen = true;
    return undefined;
  }
}

/**
 * Whether there is the store's bucket. One that may not be looked into exists, and so does one in another region.
 *
 * @throws {IntegrityError} where what answers is no S3.
 */
export async function bucketExists(store: S3Store, signal?: AbortSignal): Promise<boolean> {
  try {
    const { RequestId, BucketRegion } = await store.request({ operation: "HeadBucket" }, {}, signal);
    // A web server or a portal says yes to any HEAD. Not every store sends these, and pages see neither: a listing, which is nothing else, tells.
    if (RequestId === undefined && BucketRegion === undefined) {
      await (await import("./list.ts")).askForPage(store, { MaxKeys: 1 }, signal);
    }
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    if (error instanceof AccessDeniedError) return true;
    // A redirection without a region is a proxy's, who knows of no bucket.
    const { status, region } = s3FailureOf(error);
    if (status === 301 && region !== undefined) return true;
    throw error;
  }
}

/** Whether a store refused without a word of why: that is how answers to HEAD are. */
function isWordless(error: unknown): boolean {
  const { status } = s3FailureOf(error);
  return status === 400 || status === 501;
}

/** What an answer that has a body tells of an object; `undefined` when it has no bytes in that range. The body is not read. */
async function headByReading(
  store: S3Store,
  key: string,
  wanted: WantedBytes,
  signal: AbortSignal | undefined,
): Promise<ObjectHead | undefined> {
  const response = await requestBytes(store, key, wanted, signal);
  await response?.body.cancel().catch(() => {});
  return response?.info;
}

/** Whether ETags are taken for MD5s. */
function trustsETags({ options }: S3Store): boolean {
  return options.checksums === "MD5";
}

/** Whether a version that was asked for stands for a deletion: S3 says that it can't be read. */
function isDeleteMarker(error: unknown, versionId: string | undefined): boolean {
  return versionId !== undefined && s3FailureOf(error).status === 405;
}

/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 6;

/** Opens one version of an object: with the request whose bytes are read first. */
export async function openS3Object(
  store: S3Store,
  key: string,
  options: OpenOptions = {},
): Promise<ObjectReader> {
  const { range, parallel = false, ifMatch: etag, versionId, signal } = options;
  checkKey(key);
  // Checks the numbers; how much there is, only the store can tell.
  resolveRange(range, 0);
  const wanted = firstRequest(range, parallel);
  if (wanted) {
    const response = await requestBytes(store, key, { ...wanted, etag, versionId }, signal);
    if (response) return new RemoteReader(remoteObject(store, response.info, versionId), options, response);
  }
  // No byte is wanted, or there is none in that range: then there is no body to learn the rest from.
  const info = await headS3Object(store, key, signal, versionId);
  if (!info) throw objectNotFoundError(store.placeOf(key));
  if (etag !== undefined && info.etag !== plainETag(etag)) throw versionGoneError(store.placeOf(key));
  return new RemoteReader(remoteObject(store, info, versionId), options);
}

/** What the first request fetches; `undefined` when the range holds nothing. */
function firstRequest(range: ByteRange | undefined, parallel: boolean): WantedBytes | undefined {
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

/** A body that has begun to arrive. */
interface S3Body extends RemoteBody {
  /** What its headers tell of the object. */
  readonly info: ObjectHead;
}

/**
 * Asks for bytes of an object; `undefined` when there are none in that range.
 *
 * @throws {IntegrityError} when the answer's headers contradict what was asked for, or each other.
 * @throws {PreconditionFailedError} when the object is of another version than `etag`.
 */
async function requestBytes(
  store: S3Store,
  key: string,
  wanted: WantedBytes,
  signal: AbortSignal | undefined,
): Promise<S3Body | undefined> {
  const range = rangeHeader(wanted);
  try {
    const response = await askingChecksum(store, key, (headers) =>
      store.call(
        { operation: "GetObject", key, ifMatch: wanted.etag !== undefined },
        signal,
        async (route, options) => {
          const input = {
            Key: key,
            Range: range,
            IfMatch: quotedETag(wanted.etag),
            VersionId: wanted.versionId,
          };
          const output = await store.requestBy(route, "GetObject", input, headers, options);
          const { body = new Blob([]).stream() } = output;
          try {
            if (range === undefined && output.ContentLength === undefined) {
              await body.cancel();
              return "of unknown length";
            }
            const { start, end, size } = checkedExtent(store.placeOf(key), wanted, output);
            const info = s3HeadOf(
              store.placeOf(key),
              output,
              size,
              start === 0 && end === size,
              trustsETags(store),
            );
            if (
              wanted.etag !== undefined && info.etag !== undefined && info.etag !== plainETag(wanted.etag)
            ) {
              throw versionGoneError(store.placeOf(key));
            }
            if (store.decodes && info.contentEncoding !== undefined) {
              throw new UnsupportedError(
                `"${key}" is stored with Content-Encoding ${info.contentEncoding}, which \`fetch\` undoes here by itself: the stored bytes can't be had`,
                { key, bucket: store.bucket },
              );
            }
            store.seen = true;
            return { info, start, end, body };
          } catch (error) {
            await body.cancel().catch(() => {});
            throw error;
          }
        },
        { streaming: true },
      ));
    if (response !== "of unknown length") return response;
  } catch (error) {
    const { status, code } = s3FailureOf(error);
    if (status === 416 || code === "InvalidRange") return undefined;
    if (isDeleteMarker(error, wanted.versionId)) throw objectNotFoundError(store.placeOf(key));
    throw error;
  }
  // Proxies leave the length away; the answer for a range has it in another header.
  return await requestBytes(store, key, { ...wanted, start: 0 }, signal);
}

/** One version of one object, as the store names it by its ETag. */
function remoteObject(store: S3Store, info: ObjectHead, versionId: string | undefined): RemoteObject {
  const { etag } = info;
  return {
    info,
    bucket: store.bucket,
    policy: store.policy,
    idle: store.timeouts.idle,
    concurrency: store.options.concurrency ?? CONCURRENCY,
    resumable: etag !== undefined,
    request: (start, end, signal) => bytesOf(store, info, { start, end, etag, versionId }, signal),
    expected: () => expectedOf(store, info),
    askExpected: (signal) => askExpected(store, info, versionId, signal),
  };
}

async function bytesOf(
  store: S3Store,
  { key, size, lastModified, contentEncoding }: ObjectHead,
  wanted: WantedBytes,
  signal: AbortSignal | undefined,
): Promise<RemoteBody> {
  try {
    const response = await requestBytes(store, key, wanted, signal);
    if (response) {
      // Without an ETag to insist on, the time is all that tells versions apart.
      const isOther = wanted.etag === undefined &&
        response.info.lastModified.getTime() !== lastModified.getTime();
      if (response.info.size === size && !isOther) return response;
      await response.body.cancel().catch(() => {});
      if (isOther) throw versionGoneError(store.placeOf(key));
      throw new IntegrityError(
        `the store says that "${key}" has ${response.info.size} bytes, and said ${size} before${
          contentEncoding === undefined
            ? ""
            : `: its ranges are not those of the bytes with Content-Encoding ${contentEncoding}`
        }`,
        { key, bucket: store.bucket },
      );
    }
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  // Deleted, or shorter by now.
  throw versionGoneError(store.placeOf(key));
}

/** What a whole read is held against, as far as the store has told; `undefined` where it tells nothing. */
function expectedOf(
  { bucket, options: { checksums } }: S3Store,
  { key, checksum }: ObjectHead,
): ExpectedBytes | undefined {
  return checksums === false || !checksum ? undefined : { key, bucket, checksum };
}

/** The same, asked for: the checksum of a whole object comes with no part of it. That the store does not tell is no reason to fail. */
async function askExpected(
  store: S3Store,
  info: ObjectHead,
  versionId: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ExpectedBytes | undefined> {
  if (store.options.checksums === false) return undefined;
  try {
    const head = await headS3Object(store, info.key, signal, versionId);
    return head && head.etag === info.etag ? expectedOf(store, head) : undefined;
  } catch {
    return undefined;
  }
}
