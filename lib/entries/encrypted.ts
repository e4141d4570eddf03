/**
 * Stores that encrypt: opening one, the keys that options name, and giving stored objects other keys. What is protected and what is not is in `docs/encryption.md`.
 *
 * ```ts
 * import { getEncryptedInterface, rotateKeys } from "@cottoncandy/cottoncandy/encrypted";
 * import { aesKeys, generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const key = generateAesKey(); // keep it
 * const cci = await getEncryptedInterface("memory://lab-rotated", { key });
 * await cci.uploadJson("subjects", ["S01", "S02"]);
 * const { changed } = await rotateKeys(cci.backend, aesKeys(generateAesKey()));
 * console.assert(changed.join() === "subjects");
 * ```
 *
 * @module
 */
export { getEncryptedInterface } from "../open/mod.ts";
export { EncryptedInterface, type EncryptedSettings } from "../interface/mod.ts";
export {
  type AesEncryption,
  type AgeEncryption,
  encryptionKeys,
  type EncryptionOptions,
  rebindObjects,
  type RebindOptions,
  type RekeyResult,
  rotateKeys,
  type RotateOptions,
  type RsaEncryption,
} from "../encryption/mod.ts";
