import { base64OfHex, toBase64 } from "../../lib/base64.ts";
import { Crc } from "../../lib/checksums.ts";
import { IntegrityError, NotFoundError } from "../../lib/errors.ts";
import { checkKey, resolveRange } from "../arguments.ts";
import type { ByteRange, Checksum, ObjectHead, ObjectReader, OpenOptions } from "../backend.ts";
import {
  PART,
  type PartsVerifier,
  type RemoteBody,
  type RemoteObject,
  RemoteReader,
  type Verifier,
} from "../transport/mod.ts";
import { isCrc } from "./parts.ts";
import { headS3Object, requestBytes, versionGoneError, type WantedBytes } from "./response.ts";
import type { DigestName, S3Store } from "./store.ts";

const DIGESTS: Partial<Record<Checksum["algorithm"], DigestName>> = {
  SHA1: "sha1",
  SHA256: "sha256",
  MD5: "md5",
};

/** What checks the whole of an object; `undefined` where the store tells nothing that could be checked. */
export function verifierOf(store: S3Store, info: ObjectHead): Verifier | undefined {
  const checksum = checkable(store, info);
  if (!checksum) return undefined;
  if (isCrc(checksum.algorithm)) {
    const crc = new Crc(checksum.algorithm);
    return {
      update: (bytes) => void crc.update(bytes),
      finish: () => Promise.resolve(compare(store, info, checksum, crc.toBase64())),
    };
  }
  const name = DIGESTS[checksum.algorithm];
  if (!name) return undefined;
  const hash = new store.client.config[name]();
  return {
    update: (bytes) => hash.update(bytes),
    finish: async () => compare(store, info, checksum, toBase64(await hash.digest())),
  };
}

/**
 * What checks the whole of an object whose parts are read at once. The checksum of a whole object comes with no part of it: it is asked for beside them.
 */
export function partsVerifierOf(
  store: S3Store,
  info: ObjectHead,
  signal: AbortSignal | undefined,
): PartsVerifier {
  const asking = askChecksum(store, info, signal);
  let checksum: Checksum | undefined;
  asking.then((told) => checksum = told);
  const crcs: (Crc | undefined)[] = [];
  return {
    part(index) {
      // Known by now, as a rule; otherwise it is made up for below.
      if (!checksum || !isCrc(checksum.algorithm)) return undefined;
      const crc = crcs[index] = new Crc(checksum.algorithm);
      return (bytes) => void crc.update(bytes);
    },
    async finish(parts, bytes) {
      const told = await asking;
      if (!told) return;
      if (!isCrc(told.algorithm)) return await checkBytes(store, info, told, bytes);
      const sum = new Crc(told.algorithm);
      let start = 0;
      for (const [index, { length }] of parts.entries()) {
        sum.append(crcs[index] ?? new Crc(told.algorithm).update(bytes.subarray(start, start + length)));
        start += length;
      }
      compare(store, info, told, sum.toBase64());
    },
  };
}

/** The whole object's checksum, where the store tells it. That it does not is no reason to fail. */
async function askChecksum(
  store: S3Store,
  info: ObjectHead,
  signal: AbortSignal | undefined,
): Promise<Checksum | undefined> {
  if (store.options.checksums === false) return undefined;
  try {
    const head = await headS3Object(store, info.key, signal);
    return head && head.etag === info.etag ? checkable(store, head) : undefined;
  } catch {
    return undefined;
  }
}

/** The checksum that a whole read is held against. */
function checkable(store: S3Store, info: ObjectHead): Checksum | undefined {
  const { checksums } = store.options;
  if (checksums === false) return undefined;
  if (info.checksum) return info.checksum;
  // The ETag of an object in parts has a dash; that of an encrypted one is not asked for here: only who set "MD5" knows the store that well.
  if (checksums !== "MD5" || !info.etag || !/^[0-9a-f]{32}$/.test(info.etag)) return undefined;
  return { algorithm: "MD5", value: base64OfHex(info.etag) };
}

/** Throws {@linkcode IntegrityError} unless bytes in memory are those of the object. */
async function checkBytes(
  store: S3Store,
  info: ObjectHead,
  checksum: Checksum,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { algorithm } = checksum;
  // WebCrypto works off this thread.
  const digest = algorithm === "SHA256" || algorithm === "SHA1"
    ? new Uint8Array(await crypto.subtle.digest(algorithm === "SHA256" ? "SHA-256" : "SHA-1", bytes))
    : await store.digestBytes("md5", bytes);
  compare(store, info, checksum, toBase64(digest));
}

function compare(store: S3Store, { key }: ObjectHead, { algorithm, value }: Checksum, found: string): void {
  if (found === value) return;
  throw new IntegrityError(
    `the bytes of "${key}" are damaged: their ${algorithm} is ${found}, and should be ${value}. Read again; if that fails too, the stored object is damaged.`,
    { key, bucket: store.bucket },
  );
}

/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 6;

/** Opens one version of an object: with the request whose bytes are read first. */
export async function openS3Object(
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
    const response = await requestBytes(store, key, { ...wanted, etag }, signal);
    if (response) return new RemoteReader(objectOf(store, response.info), options, response);
  }
  // No byte is wanted, or there is none in that range: then there is no body to learn the rest from.
  const info = await headS3Object(store, key, signal);
  if (!info) {
    throw new NotFoundError(`there is no "${key}" in bucket "${store.bucket}".`, {
      key,
      bucket: store.bucket,
    });
  }
  if (etag !== undefined && info.etag !== etag.replace(/^"(.*)"$/, "$1")) {
    throw versionGoneError(key, store.bucket);
  }
  return new RemoteReader(objectOf(store, info), options);
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
  wanted: WantedBytes,
  signal: AbortSignal | undefined,
): Promise<RemoteBody> {
  try {
    const response = await requestBytes(store, key, wanted, signal);
    if (response) return response;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  // Deleted, or shorter by now.
  throw versionGoneError(key, store.bucket);
}
