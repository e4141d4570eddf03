/**
 * AES-GCM, HKDF and SHA-256: WebCrypto's where there is one, which is everywhere but on pages without https; else portable ones.
 *
 * @module
 */

/** AES in Galois/counter mode with one key: 12-byte nonces, 16-byte tags at the ciphertext's end (NIST SP 800-38D). */
export interface AesGcm {
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

/** What the formats are made of. */
export interface Primitives {
  /** AES-GCM under a key of 16 or 32 bytes. */
  aesGcm(key: Uint8Array<ArrayBuffer>): Promise<AesGcm>;
  /** HKDF with SHA-256 (RFC 5869). */
  hkdfSha256(
    secret: Uint8Array<ArrayBuffer>,
    salt: Uint8Array<ArrayBuffer>,
    info: Uint8Array<ArrayBuffer>,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** SHA-256 (FIPS 180-4). */
  sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Bytes of an AES-GCM nonce. */
export const NONCE_LENGTH = 12;
/** Bytes of an AES-GCM tag. */
export const TAG_LENGTH = 16;

/** The primitives of this runtime. */
export async function primitives(): Promise<Primitives> {
  const { subtle } = globalThis.crypto;
  if (subtle) return webPrimitives(subtle);
  const { portablePrimitives } = await import("./portable.ts");
  return portablePrimitives;
}

/** Bytes that nobody can guess. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function webPrimitives(subtle: SubtleCrypto): Primitives {
  return {
    async aesGcm(raw) {
      const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
      const parameters = (iv: BufferSource, associated: BufferSource | undefined) => ({
        name: "AES-GCM",
        iv,
        ...(associated === undefined ? {} : { additionalData: associated }),
      });
      return {
        async seal(nonce, plain, associated) {
          return new Uint8Array(await subtle.encrypt(parameters(nonce, associated), key, plain));
        },
        async open(nonce, sealed, associated) {
          if (sealed.length < TAG_LENGTH) return undefined;
          try {
            return new Uint8Array(await subtle.decrypt(parameters(nonce, associated), key, sealed));
          } catch (error) {
            if (error instanceof DOMException && error.name === "OperationError") return undefined;
            throw error;
          }
        },
      };
    },
    async hkdfSha256(secret, salt, info, length) {
      const key = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
      return new Uint8Array(
        await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, 8 * length),
      );
    },
    async sha256(bytes) {
      return new Uint8Array(await subtle.digest("SHA-256", bytes));
    },
  };
}
