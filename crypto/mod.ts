/**
 * Encryption in formats that others read: keys, an encrypting store around any other, and the stages that it is made of.
 *
 * Objects of AES and RSA keys are Tink's streaming AEAD with a data key that is bound to the object's name and metadata; those of age keys are age files. See
 * `docs/encryption.md` for what is protected and what is not.
 *
 * @module
 */

export { aesKeys, generateAesKey, TINK_LAYOUT } from "./tink/mod.ts";
export {
  type AgeIdentity,
  type AgeIdentityOptions,
  type AgeKeyOptions,
  ageKeys,
  ageRecipients,
  generateAgeIdentity,
} from "./age/mod.ts";
export { EncryptingBackend, type EncryptingBackendOptions, type RekeyOptions } from "./backend/mod.ts";
export { readKeyFile } from "./key_file.ts";
export { legacyScheme } from "./legacy.ts";
export { generateRsaKeys, type RsaKeyOptions, rsaKeys } from "./rsa/mod.ts";
export type {
  EncryptionScheme,
  HeaderReader,
  Keys,
  ObjectIdentity,
  SealedObject,
  SegmentCipher,
  SegmentedPayload,
  SegmentLayout,
  UnsealedObject,
  WholePayload,
} from "./scheme.ts";
export { type Measure, measure, storedSize } from "./segments.ts";
export { decrypt, DecryptStream, encrypt, type EncryptedObject, EncryptStream } from "./stages.ts";
