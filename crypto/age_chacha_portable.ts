/**
 * The twin of WebCrypto's ChaCha20-Poly1305, for runtimes that have none. About five times as slow.
 *
 * @module
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { type ChaCha, TAG_LENGTH } from "./age_chacha.ts";
import { own } from "./bytes.ts";

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
      if (sealed.length < TAG_LENGTH) return undefined;
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
