import { IntegrityError } from "../../lib/errors.ts";
import type { Checksum, ObjectHead } from "../backend.ts";
import { encodeBase64 } from "../checksum/base64.ts";
import { Crc } from "../checksum/crc.ts";
import { decodeHex } from "../checksum/hex.ts";
import type { PartsVerifier, Verifier } from "../http/remote_object.ts";
import { isCrc } from "./guard.ts";
import { headObject } from "./head.ts";
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
    finish: async () => compare(store, info, checksum, encodeBase64(await hash.digest())),
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
    const head = await headObject(store, info.key, signal);
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
  return { algorithm: "MD5", value: encodeBase64(decodeHex(info.etag)) };
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
  compare(store, info, checksum, encodeBase64(digest));
}

function compare(store: S3Store, { key }: ObjectHead, { algorithm, value }: Checksum, found: string): void {
  if (found === value) return;
  throw new IntegrityError(
    `the bytes of "${key}" are damaged: their ${algorithm} is ${found}, and should be ${value}. Read again; if that fails too, the stored object is damaged.`,
    { key, bucket: store.bucket },
  );
}
