/**
 * The twin of WebCrypto for pages that have none. About ten times as slow, and as constant in time as JavaScript can be.
 *
 * @module
 */
import { gcm } from "@noble/ciphers/aes.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { own } from "./bytes.ts";
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
