/**
 * The twins of WebCrypto's primitives for runtimes without them, on the calling thread. Five to ten times as slow, and as constant in time as JavaScript can be.
 *
 * @module
 */
import { cbc, gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { unshared } from "../lib/bytes.ts";
import { type Aead, type Primitives, TAG_LENGTH } from "./primitives.ts";

/** The same as WebCrypto's. */
export const portablePrimitives: Primitives = {
  aesGcm: (key) => Promise.resolve(portableAead(gcm, key)),
  chaCha20Poly1305: (key) => Promise.resolve(portableAead(chacha20poly1305, key)),
  aesCbc(raw) {
    const key = raw.slice();
    // deno-lint-ignore require-await -- async, so that a failure is a rejection
    return Promise.resolve(async (iv, blocks) =>
      unshared(cbc(key, iv, { disablePadding: true }).decrypt(blocks))
    );
  },
  hkdfSha256: (secret, salt, info, length) =>
    Promise.resolve(unshared(hkdf(sha256, secret, salt, info, length))),
};

function portableAead(cipher: typeof gcm | typeof chacha20poly1305, raw: Uint8Array): Aead {
  const key = raw.slice();
  return {
    // deno-lint-ignore require-await -- async, so that a failure is a rejection
    async seal(nonce, plain, associated) {
      return unshared(cipher(key, nonce, associated).encrypt(plain));
    },
    // deno-lint-ignore require-await -- as above
    async open(nonce, sealed, associated) {
      if (sealed.byteLength < TAG_LENGTH) return undefined;
      const opener = cipher(key, nonce, associated);
      try {
        return unshared(opener.decrypt(sealed));
      } catch {
        // The lengths are right: what is left to fail is the tag.
        return undefined;
      }
    },
  };
}
