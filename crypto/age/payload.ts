/**
 * ChaCha20-Poly1305 (RFC 8439): WebCrypto's where it has it, else a portable one.
 *
 * @module
 */
import { primitives } from "../primitives.ts";
import { notAuthentic, type SegmentCipher, type SegmentLayout } from "../scheme.ts";

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
export const CHACHA_TAG_LENGTH = 16;

const NAME = "ChaCha20-Poly1305";

/** The cipher under a key of 32 bytes. */
export async function chacha(raw: Uint8Array<ArrayBuffer>): Promise<ChaCha> {
  const web = await webChacha(raw);
  if (web) return web;
  const { portableChacha } = await import("../portable.ts");
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
      if (sealed.length < CHACHA_TAG_LENGTH) return undefined;
      try {
        return new Uint8Array(await subtle.decrypt(parameters(nonce), key, sealed));
      } catch (error) {
        if (error instanceof DOMException && error.name === "OperationError") return undefined;
        throw error;
      }
    },
  };
}

// The body of an age file: STREAM with ChaCha20-Poly1305 in chunks of 64 KiB.
// A nonce of 16 bytes follows the header; HKDF-SHA256 of the file key with it, and "payload" as its info, gives the key. A chunk's nonce is its number as
// 88 bits with the highest first, and 1 for the last chunk or 0. The last chunk may have fewer bytes; none only where it is the first.
// Source: the age v1 specification, age-encryption.org/v1, "Payload".

/** Bytes of the nonce between header and chunks. */
export const PAYLOAD_NONCE_LENGTH = 16;

const CHUNK_LENGTH = 64 * 1024;
const PAYLOAD_INFO = new TextEncoder().encode("payload");

/** How age cuts a body after a header of this length, nonce included. */
export function ageLayout(headerLength: number): SegmentLayout {
  return {
    headerLength,
    firstLength: CHUNK_LENGTH,
    segmentLength: CHUNK_LENGTH,
    tagLength: CHACHA_TAG_LENGTH,
  };
}

/**
 * The cipher of a body.
 *
 * @param fileKey 16 bytes.
 * @param header The header and the nonce after it.
 * @param key The object's key, for messages.
 */
export async function ageCipher(
  fileKey: Uint8Array<ArrayBuffer>,
  header: Uint8Array<ArrayBuffer>,
  key?: string,
): Promise<SegmentCipher> {
  const { hkdfSha256 } = await primitives();
  const nonce = header.slice(header.length - PAYLOAD_NONCE_LENGTH);
  return new AgeCipher(
    await chacha(await hkdfSha256(fileKey, nonce, PAYLOAD_INFO, 32)),
    ageLayout(header.length),
    key,
  );
}

class AgeCipher implements SegmentCipher {
  readonly layout: SegmentLayout;
  readonly #cipher: ChaCha;
  readonly #key?: string;

  constructor(cipher: ChaCha, layout: SegmentLayout, key: string | undefined) {
    this.layout = layout;
    this.#cipher = cipher;
    this.#key = key;
  }

  seal(plain: Uint8Array<ArrayBuffer>, index: number, last: boolean): Promise<Uint8Array<ArrayBuffer>> {
    return this.#cipher.seal(chunkNonce(index, last), plain);
  }

  async open(
    stored: Uint8Array<ArrayBuffer>,
    index: number,
    last: boolean,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const plain = await this.#cipher.open(chunkNonce(index, last), stored);
    if (!plain || (plain.length === 0 && index > 0)) throw notAuthentic(this.#key);
    return plain;
  }
}

/** Of the 88 bits of the number, 53 can be counted: more than any store holds. */
function chunkNonce(index: number, last: boolean): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index % 2 ** 32);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
