/**
 * The ciphers and hashes that the formats are made of: WebCrypto's where there is one, which is everywhere but on pages without https; else portable ones.
 *
 * @module
 */
import { concat } from "../lib/bytes.ts";
import { UnsupportedError } from "../lib/errors.ts";

/** Authenticated encryption with one key: 12-byte nonces, 16-byte tags at the ciphertext's end. */
export interface Aead {
  /** Ciphertext and tag. */
  seal(
    nonce: Uint8Array<ArrayBuffer>,
    plain: Uint8Array<ArrayBuffer>,
    associated?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** The plaintext in memory of its own; `undefined` when it is not authentic. */
  open(
    nonce: Uint8Array<ArrayBuffer>,
    sealed: Uint8Array<ArrayBuffer>,
    associated?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** AES in CBC mode (NIST SP 800-38A), without padding: decrypts whole blocks; `iv` is the block before them. */
export type CbcDecrypt = (
  iv: Uint8Array<ArrayBuffer>,
  blocks: Uint8Array<ArrayBuffer>,
) => Promise<Uint8Array<ArrayBuffer>>;

/** What the formats are made of. */
export interface Primitives {
  /** AES-GCM (NIST SP 800-38D) under a key of 16 or 32 bytes. */
  aesGcm(key: Uint8Array<ArrayBuffer>): Promise<Aead>;
  /** ChaCha20-Poly1305 (RFC 8439) under a key of 32 bytes. */
  chaCha20Poly1305(key: Uint8Array<ArrayBuffer>): Promise<Aead>;
  /** Decryption under a key of 16, 24 or 32 bytes. */
  aesCbc(key: Uint8Array<ArrayBuffer>): Promise<CbcDecrypt>;
  /** HKDF with SHA-256 (RFC 5869). */
  hkdfSha256(
    secret: Uint8Array<ArrayBuffer>,
    salt: Uint8Array<ArrayBuffer>,
    info: Uint8Array<ArrayBuffer>,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/** Bytes of an AEAD's nonce. */
export const NONCE_LENGTH = 12;
/** Bytes of an AEAD's tag. */
export const TAG_LENGTH = 16;
/** Bytes of a block of AES, and of CBC's initialization vector. */
export const BLOCK_LENGTH = 16;

/** The primitives of this runtime: WebCrypto's one by one, as far as it has them. */
export async function primitives(): Promise<Primitives> {
  const { subtle } = globalThis.crypto;
  if (!subtle) return await portable();
  const web = webPrimitives(subtle);
  return {
    ...web,
    // A runtime may know neither the algorithm nor the way to import its key, and says so in several ways; the keys themselves have the right lengths.
    // Most browsers have no ChaCha20, and Chromium no AES-192.
    chaCha20Poly1305: async (key) =>
      await web.chaCha20Poly1305(key).catch(() => undefined) ?? (await portable()).chaCha20Poly1305(key),
    aesCbc: async (key) => await web.aesCbc(key).catch(() => undefined) ?? (await portable()).aesCbc(key),
  };
}

/** WebCrypto's; those fail that it has not. */
export function webPrimitives(subtle: SubtleCrypto): Primitives {
  return {
    aesGcm: (key) => webAead(subtle, "raw", key, "AES-GCM"),
    chaCha20Poly1305: (key) => webAead(subtle, "raw-secret", key, "ChaCha20-Poly1305"),
    async aesCbc(raw) {
      const key = await subtle.importKey("raw", raw, "AES-CBC", false, ["encrypt", "decrypt"]);
      return async (iv, blocks) => {
        // WebCrypto insists on padding, which is not there. So a block is appended that decrypts to nothing but padding: what encrypting nothing gives after the last block.
        const before = blocks.byteLength === 0 ? iv : blocks.slice(-BLOCK_LENGTH);
        const padding = await subtle.encrypt({ name: "AES-CBC", iv: before }, key, new Uint8Array());
        const padded = concat(blocks, new Uint8Array(padding));
        return new Uint8Array(await subtle.decrypt({ name: "AES-CBC", iv }, key, padded));
      };
    },
    async hkdfSha256(secret, salt, info, length) {
      const key = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
      return new Uint8Array(
        await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, 8 * length),
      );
    },
  };
}

/** WebCrypto as this module uses it for keys whose format the types of pages (`lib.dom.d.ts`) don't know yet. */
interface AeadCrypto extends Pick<SubtleCrypto, "encrypt" | "decrypt"> {
  importKey(
    format: string,
    key: Uint8Array<ArrayBuffer>,
    algorithm: string,
    extractable: boolean,
    uses: KeyUsage[],
  ): Promise<CryptoKey>;
}

async function webAead(
  subtle: AeadCrypto,
  format: "raw" | "raw-secret",
  raw: Uint8Array<ArrayBuffer>,
  name: string,
): Promise<Aead> {
  const key = await subtle.importKey(format, raw, name, false, ["encrypt", "decrypt"]);
  const parameters = (iv: BufferSource, associated: BufferSource | undefined): AesGcmParams => ({
    name,
    iv,
    ...(associated === undefined ? {} : { additionalData: associated }),
  });
  return {
    async seal(nonce, plain, associated) {
      return new Uint8Array(await subtle.encrypt(parameters(nonce, associated), key, plain));
    },
    async open(nonce, sealed, associated) {
      if (sealed.byteLength < TAG_LENGTH) return undefined;
      return await decrypted(() => subtle.decrypt(parameters(nonce, associated), key, sealed));
    },
  };
}

/** What WebCrypto decrypts; `undefined` when it says that key and ciphertext don't fit. */
export async function decrypted(
  decrypt: () => Promise<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await decrypt());
  } catch (error) {
    if (error instanceof DOMException && error.name === "OperationError") return undefined;
    throw error;
  }
}

/** Throws `UnsupportedError` where there is no WebCrypto for what nothing portable does. */
export function requireWebCrypto(what: string): void {
  if (globalThis.crypto.subtle) return;
  throw new UnsupportedError(
    `${what} WebCrypto, which a page has only when it was loaded over https or from localhost`,
  );
}

/** Bytes that nobody can guess. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

async function portable(): Promise<Primitives> {
  return (await import("./portable.ts")).portablePrimitives;
}
