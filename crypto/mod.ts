/**
 * Encryption in formats that others read: keys, an encrypting store around any other, and the stages that it is made of.
 *
 * Objects of AES and RSA keys are Tink's streaming AEAD with a data key that is bound to the object's name and metadata; those of age keys are age files. See
 * `docs/encryption.md` for what is protected and what is not.
 *
 * How the parts fit: a scheme (`scheme.ts`) seals and unseals objects with its keys. There are those of `tink/` (with an AES key, or with one of `rsa/`), of
 * `age/`, and `legacy.ts`, which reads only. Bodies are in segments (`segments.ts`), made of an AEAD (`primitives.ts`, by WebCrypto or `portable.ts`). What uses
 * a scheme are stages of a stream (`stages.ts`) and the encrypting store (`backend/`).
 *
 * @module
 */

export { aesKeys, generateAesKey, TINK_LAYOUT } from "./tink/mod.ts";
export { generateRsaKeys, type RsaKeyOptions, rsaKeys } from "./rsa/mod.ts";
export {
  type AgeIdentity,
  type AgeIdentityOptions,
  type AgeKeyOptions,
  ageKeys,
  ageRecipients,
  generateAgeIdentity,
} from "./age/mod.ts";
export { readKeyFile } from "./key_file.ts";
export { legacyScheme } from "./legacy.ts";
export { EncryptingBackend, type EncryptingBackendOptions, type RekeyOptions } from "./backend/mod.ts";
export { decrypt, DecryptStream, encrypt, type EncryptedObject, EncryptStream } from "./stages.ts";
export type { Seal, SealedFor } from "../lib/sealing.ts";
export { type Measure, measure, storedSize } from "./segments.ts";
export type {
  BoundName,
  EncryptionScheme,
  HeaderReader,
  Keys,
  ObjectIdentity,
  RekeyTarget,
  SealedObject,
  SegmentCipher,
  SegmentedPayload,
  SegmentLayout,
  UnsealedObject,
  WholePayload,
} from "./scheme.ts";
