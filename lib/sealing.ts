/**
 * Values that leave the process and come back, such as tokens of uploads: read and made only by who has a secret, and bound to what they belong to. AES-256-GCM, under a key
 * that HKDF-SHA256 (RFC 5869) derives from the secret for one purpose.
 *
 * @module
 */
import { fromBase64Url, toBase64Url } from "./base64.ts";
import { concat } from "./bytes.ts";
import { UnsupportedError } from "./errors.ts";

/** Bytes of AES-GCM's nonce. */
const NONCE = 12;

/** What a sealed value belongs to: it is opened by no other. */
export type SealedFor = readonly (string | number)[];

/** Seals values, and opens those that it has sealed. The key is shown by nothing. */
export class Seal {
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  /**
   * The seal of a secret, for one purpose: what is sealed for another is none of its.
   *
   * @throws {UnsupportedError} where there is no WebCrypto.
   */
  static async of(secret: Uint8Array<ArrayBuffer>, purpose: string): Promise<Seal> {
    const { subtle } = globalThis.crypto;
    if (!subtle) {
      throw new UnsupportedError(
        "what is to be resumed is sealed with WebCrypto, which a page has only when it was loaded over https or from localhost",
        { committed: "no" },
      );
    }
    const material = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const info = new TextEncoder().encode(purpose);
    const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
    const aes = { name: "AES-GCM", length: 256 };
    return new Seal(await subtle.deriveKey(hkdf, material, aes, false, ["encrypt", "decrypt"]));
  }

  /** Seals what JSON can hold, in base64url. */
  async seal(value: unknown, belongsTo: SealedFor): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    const sealed = await crypto.subtle.encrypt(gcm(iv, belongsTo), this.#key, plain);
    return toBase64Url(concat(iv, new Uint8Array(sealed)));
  }

  /** What was sealed; `undefined` when it was sealed with another secret, for something else, or has been changed. */
  async open(sealed: string, belongsTo: SealedFor): Promise<unknown> {
    const bytes = fromBase64Url(sealed);
    if (!bytes || bytes.byteLength < NONCE) return undefined;
    try {
      const how = gcm(bytes.slice(0, NONCE), belongsTo);
      const plain = await crypto.subtle.decrypt(how, this.#key, bytes.slice(NONCE));
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      // WebCrypto says no more than that it doesn't fit.
      return undefined;
    }
  }
}

function gcm(iv: Uint8Array<ArrayBuffer>, belongsTo: SealedFor): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(JSON.stringify(belongsTo)) };
}
