/**
 * Objects as Google Tink's streaming AEAD (`stream.ts`) under a fresh data key, which is stored in the metadata, wrapped, and bound to the object's name and
 * metadata (`envelope.ts`). What wraps it is an AES key (`aes.ts`) or an RSA key (the folder `rsa/`).
 *
 * @module
 */
export { aesKeyBytes, aesKeys, generateAesKey } from "./aes.ts";
export { Envelope, type KeyWrap } from "./envelope.ts";
export { TINK_LAYOUT } from "./stream.ts";
