/**
 * ChaCha20-Poly1305 (RFC 8439): WebCrypto's where it has it, else a portable one.
 *
 * @module
 */

/** The cipher with one key: 12-byte nonces, 16-byte tags at the ciphertext's end, no associated data. */
export interface ChaCha {
  /** Ciphertext and tag. */
  seal(nonce: Uint8Array<ArrayBuffer>, plain: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** The plaintext in memory of its own; `undefined` when it is not authentic. */
  open(
    nonce: Uint8Array<ArrayBuffer>,
    sealed: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Bytes of a tag. */
export const TAG_LENGTH = 16;

const NAME = "ChaCha20-Poly1305";

/** The cipher under a key of 32 bytes. */
export async function chacha(raw: Uint8Array<ArrayBuffer>): Promise<ChaCha> {
  const web = await webChacha(raw);
  if (web) return web;
  const { portableChacha } = await import("./age_chacha_portable.ts");
  return portableChacha(raw);
}

/** WebCrypto's; `undefined` where it has none. */
export async function webChacha(raw: Uint8Array<ArrayBuffer>): Promise<ChaCha | undefined> {
  const { subtle } = globalThis.crypto;
  if (!subtle) return undefined;
  let key: CryptoKey;
  try {
    key = await subtle.importKey("raw-secret", raw, NAME, false, ["encrypt", "decrypt"]);
  } catch {
    // A runtime may know neither the algorithm nor the way to import it, and says so in several ways. The key itself has the right length.
    return undefined;
  }
  const parameters = (iv: Uint8Array<ArrayBuffer>): AesGcmParams => ({ name: NAME, iv });
  return {
    async seal(nonce, plain) {
      return new Uint8Array(await subtle.encrypt(parameters(nonce), key, plain));
    },
    async open(nonce, sealed) {
      if (sealed.length < TAG_LENGTH) return undefined;
      try {
        return new Uint8Array(await subtle.decrypt(parameters(nonce), key, sealed));
      } catch (error) {
        if (error instanceof DOMException && error.name === "OperationError") return undefined;
        throw error;
      }
    },
  };
}
