/**
 * What an encrypted interface is told of its keys.
 *
 * @module
 */
import { type AgeKeyOptions, ageKeys } from "../../crypto/age/mod.ts";
import { readKeyFile } from "../../crypto/key_file.ts";
import { rsaKeys } from "../../crypto/rsa/mod.ts";
import type { Keys } from "../../crypto/scheme.ts";
import { aesKeyBytes, aesKeys } from "../../crypto/tink/mod.ts";
import { InvalidArgumentError } from "../errors.ts";

/** One secret key for everything. */
export interface AesEncryption {
  /** The default. */
  readonly encryption?: "AES";
  /** 32 bytes, or 16; a string is their base64, of 44 characters or 24. 24 bytes read Python's older objects only. */
  readonly key: Uint8Array | string;
}

/** A public key to write and a private key to read. */
export interface RsaEncryption {
  /** RSA. */
  readonly encryption: "RSA";
  /** PEM text, or the name of a file of it; not needed beside a private key. */
  readonly publicKey?: string;
  /** PEM text, or the name of a file of it. Without it objects can be written and not read. */
  readonly privateKey?: string;
  /** Opens an encrypted private key. */
  readonly passphrase?: string;
}

/** Recipients to write for and identities to read with, or a passphrase; see {@linkcode ageKeys}. */
export interface AgeEncryption extends AgeKeyOptions {
  /** Standard age files. */
  readonly encryption: "age";
}

/** How an interface encrypts. */
export type EncryptionOptions = (AesEncryption | RsaEncryption | AgeEncryption) & {
  /** Also read objects of Python's EncryptedInterface, which nothing protects from being changed. */
  readonly legacy?: "read";
  /**
   * Where what is opened is, from where all who share the objects count their names: `"labs/my-lab"` for whom the folder `labs/my-lab` was opened by its id, or its directory at
   * another place of the disk. Default: what the store tells of itself. AES and RSA bind objects to their names; see `docs/encryption.md`.
   */
  readonly binding?: string;
};

/**
 * The keys that options tell of.
 *
 * @throws {InvalidArgumentError} when they make no sense, or a key is none.
 * @throws {NotFoundError} when a key's file is missing.
 */
export async function encryptionKeys(options: EncryptionOptions): Promise<Keys> {
  // What a program without types gives.
  if (!options) {
    throw new InvalidArgumentError("encryption needs keys: give `key`, or `encryption` and its keys");
  }
  switch (options.encryption) {
    case undefined:
    case "AES":
      return aesKeys(options.legacy === "read" ? bytesOf(options.key) : options.key);
    case "RSA": {
      const { publicKey, privateKey, passphrase } = options;
      return await rsaKeys({
        publicKey: await pemText(publicKey),
        privateKey: await pemText(privateKey),
        passphrase,
      });
    }
    case "age": {
      const { recipients, identities, passphrase, workFactor } = options;
      return await ageKeys({ recipients, identities, passphrase, workFactor });
    }
    default:
      throw new InvalidArgumentError(`there is no encryption "${
        // What a program without types gives.
        String(Object(options).encryption)}": use "AES", "RSA" or "age"`);
  }
}

/** Beside older objects, a text may be a key of 24 bytes: `aesKeys` takes those as bytes only. */
function bytesOf(key: Uint8Array | string): Uint8Array | string {
  const bytes = typeof key === "string" ? aesKeyBytes(key) : undefined;
  return bytes?.byteLength === 24 ? bytes : key;
}

async function pemText(textOrFile: string | undefined): Promise<string | undefined> {
  // What is no string, `rsaKeys` refuses.
  if (typeof textOrFile !== "string" || textOrFile.includes("-----BEGIN ")) return textOrFile;
  // A key without its lines is no file's name either, and must not be told as one.
  if (/[\r\n]|^\s*MI[\w+/=-]{200,}\s*$/.test(textOrFile)) {
    throw new InvalidArgumentError(
      'the RSA key is neither PEM text, which has a line "-----BEGIN …", nor the name of a file',
    );
  }
  return await readKeyFile(textOrFile);
}
