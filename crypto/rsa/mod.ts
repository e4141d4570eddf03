/**
 * RSA keys: whoever has the public key writes objects, which only the private one reads. Objects are those of `tink/`, with their data keys wrapped by RSA-OAEP
 * (`scheme.ts`); keys come in the forms that tools write (`pem.ts`, `pbes2.ts`, `der.ts`). What is here loads all of that on first use.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../../lib/options.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { requireWebCrypto } from "../primitives.ts";
import type { Keys } from "../scheme.ts";

/** What {@linkcode rsaKeys} is given. */
export interface RsaKeyOptions {
  /** PEM text, SPKI or PKCS#1; not needed beside a private key. */
  readonly publicKey?: string;
  /** PEM text, PKCS#8 (also under a passphrase) or PKCS#1. Without it objects can be written and not read. */
  readonly privateKey?: string;
  /** Opens an encrypted private key. */
  readonly passphrase?: string;
}

const RSA_KEY_OPTIONS: OptionTable<RsaKeyOptions> = {
  publicKey: true,
  privateKey: true,
  passphrase: true,
};

/**
 * RSA keys for encryption: whoever has the public key can write objects, which only the private key reads. Who can write can also replace: an object says
 * that it is whole and in its place, and not who wrote it.
 *
 * @category Encryption
 * @throws {InvalidArgumentError} when neither key is given, a key is none or too short, the two don't belong together, or the passphrase is missing or wrong.
 * No message shows a key.
 * @throws {UnsupportedError} for keys encrypted in a way that can't be undone here; the message says how to convert them. Also without WebCrypto.
 *
 * @example
 * ```ts
 * import { generateRsaKeys, rsaKeys } from "@cottoncandy/cottoncandy/crypto";
 *
 * const { publicKey, privateKey } = await generateRsaKeys({ bits: 2048 });
 * const writer = await rsaKeys({ publicKey });
 * const reader = await rsaKeys({ privateKey });
 * console.assert(writer.name === "RSA" && reader.name === "RSA");
 * ```
 */
export async function rsaKeys(options: RsaKeyOptions): Promise<Keys> {
  checkOptions(options, RSA_KEY_OPTIONS);
  const { publicKey, privateKey, passphrase } = options;
  requireWebCrypto("RSA needs");
  for (const [name, text] of Object.entries({ publicKey, privateKey, passphrase })) {
    if (text === undefined || typeof text === "string") continue;
    throw new InvalidArgumentError(
      `\`${name}\` is no text: keys are PEM text, so decode the bytes of a file`,
    );
  }
  const { readRsaKeys } = await import("./scheme.ts");
  return await readRsaKeys(publicKey, privateKey, passphrase);
}

/**
 * A new pair of RSA keys as PEM: SPKI and PKCS#8. Keep the private key: without it nothing can be read again.
 *
 * @category Encryption
 * @param options `bits`: of the modulus, default 3072. `passphrase`: encrypts the private key (PBKDF2 and AES-256-CBC, as openssl reads it).
 * @throws {InvalidArgumentError} when `bits` is no multiple of 8 from 2048 to 16384.
 */
export async function generateRsaKeys(
  options: { readonly bits?: number; readonly passphrase?: string } = {},
): Promise<{ publicKey: string; privateKey: string }> {
  checkOptions(options, { bits: true, passphrase: true });
  const { bits = 3072, passphrase } = options;
  requireWebCrypto("RSA needs");
  const { generatePem } = await import("./scheme.ts");
  return await generatePem(bits, passphrase);
}
