/**
 * Encrypting a store: the keys that options name, and giving stored objects other keys.
 *
 * @module
 */
export {
  type AesEncryption,
  type AgeEncryption,
  encryptionKeys,
  type EncryptionOptions,
  type RsaEncryption,
} from "./options.ts";
export {
  rebindObjects,
  type RebindOptions,
  type RekeyResult,
  rotateKeys,
  type RotateOptions,
} from "./rekey.ts";
