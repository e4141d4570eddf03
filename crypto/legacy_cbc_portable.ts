/**
 * The twin of WebCrypto's AES-CBC, for runtimes without it or without AES-192.
 *
 * @module
 */
import { cbc } from "@noble/ciphers/aes.js";
import { own } from "./bytes.ts";
import type { CbcDecrypt } from "./legacy_cbc.ts";

/** The same as WebCrypto's, on the calling thread. */
export function portableCbcDecrypt(raw: Uint8Array<ArrayBuffer>): CbcDecrypt {
  const key = raw.slice();
  // deno-lint-ignore require-await -- async, so that a failure is a rejection
  return async (iv, blocks) => own(cbc(key, iv, { disablePadding: true }).decrypt(blocks));
}
