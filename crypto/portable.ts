/**
 * The twin of WebCrypto for pages that have none. About ten times as slow, and as constant in time as JavaScript can be.
 *
 * @module
 */
import { cbc, gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { own } from "../lib/bytes.ts";
import { type ChaCha, CHACHA_TAG_LENGTH } from "./age/mod.ts";
import type { CbcDecrypt } from "./legacy.ts";
import { type Primitives, TAG_LENGTH } from "./primitives.ts";

/** The same as WebCrypto's, on the calling thread. */
export const portablePrimitives: Primitives = {
  aesGcm: (raw) => {
    const key = raw.slice();
    return Promise.resolve({
      // deno-lint-ignore require-await -- async, so that a failure is a rejection
      async seal(nonce, plain, associated) {
        return own(gcm(key, nonce, associated).encrypt(plain));
      },
      // deno-lint-ignore require-await -- as above
      async open(nonce, sealed, associated) {
        if (sealed.length < TAG_LENGTH) return undefined;
        const cipher = gcm(key, nonce, associated);
        try {
          return own(cipher.decrypt(sealed));
        } catch {
          // The lengths are right: what is left to fail is the tag.
          return undefined;
        }
      },
    });
  },
  hkdfSha256: (secret, salt, info, length) => Promise.resolve(own(hkdf(sha256, secret, salt, info, length))),
  sha256: (bytes) => Promise.resolve(own(sha256(bytes))),
};

// The twin of WebCrypto's AES-CBC, for runtimes without it or without AES-192.

/** The same as WebCrypto's, on the calling thread. */
export function portableCbcDecrypt(raw: Uint8Array<ArrayBuffer>): CbcDecrypt {
  const key = raw.slice();
  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  return async (iv, blocks) => own(cbc(key, iv, { disablePadding: true }).decrypt(blocks));
}

// The twin of WebCrypto's ChaCha20-Poly1305, for runtimes that have none. About five times as slow.

/** The same as WebCrypto's, on the calling thread. */
export function portableChacha(raw: Uint8Array<ArrayBuffer>): ChaCha {
  const key = raw.slice();
  return {
    // deno-lint-ignore require-await -- async, so that a failure is a rejection
    async seal(nonce, plain) {
      return own(chacha20poly1305(key, nonce).encrypt(plain));
    },
    // deno-lint-ignore require-await -- as above
    async open(nonce, sealed) {
      if (sealed.length < CHACHA_TAG_LENGTH) return undefined;
      const cipher = chacha20poly1305(key, nonce);
      try {
        return own(cipher.decrypt(sealed));
      } catch {
        // The lengths are right: what is left to fail is the tag.
        return undefined;
      }
    },
  };
}
