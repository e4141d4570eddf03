/**
 * Opening a store that encrypts.
 *
 * @module
 */
import type { Backend } from "../../backends/backend.ts";
import type { EncryptionScheme, Keys } from "../../crypto/scheme.ts";
import { encryptionKeys, type EncryptionOptions } from "../encryption/mod.ts";
import { InvalidArgumentError } from "../errors.ts";
import { EncryptedInterface } from "../interface/mod.ts";
import { type InterfaceOptions, openTarget } from "./get_interface.ts";

export { EncryptedInterface, type EncryptedSettings } from "../interface/mod.ts";

/**
 * Opens a bucket, a directory or a store in memory, and encrypts everything on its way there.
 *
 * @param target As for `getInterface`.
 * @param options Those of `getInterface`, and the keys: `{ encryption: "AES", key }`, `{ encryption: "RSA", publicKey, privateKey }` or
 * `{ encryption: "age", recipients, identities }`.
 * @throws {InvalidArgumentError} when the target, an option or a key makes no sense. No message shows a key.
 * @throws {NotFoundError} when a key's file, a bucket or a directory is missing.
 *
 * @example
 * ```ts
 * import { getEncryptedInterface } from "@cottoncandy/cottoncandy";
 * import { generateAesKey } from "@cottoncandy/cottoncandy/crypto";
 *
 * const key = generateAesKey(); // keep it
 * const cci = await getEncryptedInterface("memory://lab-encrypted", { key });
 * await cci.uploadJson("subjects", ["S01", "S02"]);
 * console.assert(JSON.stringify(await cci.downloadJson("subjects")) === '["S01","S02"]');
 * ```
 */
export async function getEncryptedInterface(
  target: string | Backend | undefined,
  options: InterfaceOptions & EncryptionOptions,
): Promise<EncryptedInterface> {
  const keys = await encryptionKeys(options);
  const legacy = await legacyOf(keys, options);
  const { backend, settings } = await openTarget(target, options);
  return new EncryptedInterface(backend, { ...settings, keys, legacy });
}

async function legacyOf(keys: Keys, { legacy }: EncryptionOptions): Promise<EncryptionScheme | undefined> {
  if (legacy === undefined) return undefined;
  if (legacy !== "read") {
    throw new InvalidArgumentError('`legacy` is "read" or left away: older objects are never written');
  }
  const { legacyScheme } = await import("../../crypto/legacy.ts");
  return legacyScheme(keys);
}
