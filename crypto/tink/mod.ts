/**
 * TODO: what this folder is for.
 *
 * @module
 */
export { AesKeys, aesKeys, generateAesKey } from "./aes.ts";
export { generateRsaKeys, type RsaKeyOptions, RsaKeys, rsaKeys } from "./rsa.ts";
export { TINK_LAYOUT } from "./stream.ts";
