import { IntegrityError } from "../../lib/errors.ts";
import type { Checksum, ObjectHead } from "../backend.ts";
import { encodeBase64 } from "../checksum/base64.ts";
import { Crc } from "../checksum/crc.ts";
import { isCrc } from "./guard.ts";
import type { DigestName, S3Store } from "./store.ts";

/** Sees all bytes of an object pass, in order, and tells at the end whether they are right. */
export interface Verifier {
  /** Adds the bytes that follow. */
  update(bytes: Uint8Array): void;
  /** Throws {@linkcode IntegrityError} when the bytes are not those of the object. */
  finish(): Promise<void>;
}

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
      finish: () => Promise.resolve(checkCrc(store, info, checksum, crc)),
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

/** The checksum that a whole read is held against. */
export function checkable(store: S3Store, info: ObjectHead): Checksum | undefined {
  const { checksums } = store.options;
  if (checksums === false) return undefined;
  if (info.checksum) return info.checksum;
  // The ETag of an object in parts has a dash; that of an encrypted one is not asked for here: only who set "MD5" knows the store that well.
  if (checksums !== "MD5" || !info.etag || !/^[0-9a-f]{32}$/.test(info.etag)) return undefined;
  const bytes = Uint8Array.from(info.etag.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return { algorithm: "MD5", value: encodeBase64(bytes) };
}

/** Throws {@linkcode IntegrityError} unless a CRC is the one that was told. */
export function checkCrc(store: S3Store, info: ObjectHead, checksum: Checksum, crc: Crc): void {
  compare(store, info, checksum, crc.toBase64());
}

/** Throws {@linkcode IntegrityError} unless bytes in memory are those of the object. */
export async function checkBytes(
  store: S3Store,
  info: ObjectHead,
  checksum: Checksum,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { algorithm } = checksum;
  if (isCrc(algorithm)) return checkCrc(store, info, checksum, new Crc(algorithm).update(bytes));
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
