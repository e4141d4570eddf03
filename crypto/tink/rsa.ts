/**
 * Objects that anybody with the public key can write, and only the private key's owner can read: their data keys are wrapped by RSA-OAEP.
 *
 * @module
 */
import { toHex } from "../../lib/base64.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import {
  encryptPkcs8,
  readPrivateKey,
  readPublicKey,
  type RsaPrivateKey,
  type RsaPublicKey,
  toPem,
} from "../keys/mod.ts";
import type { Keys } from "../scheme.ts";
import { Envelope } from "./envelope.ts";

/** RSA-OAEP with SHA-256 for both its hash and its mask (RFC 8017). */
const ALGORITHM = { name: "RSA-OAEP", hash: "SHA-256" };
/** What NIST SP 800-131A still allows. */
const LEAST_BITS = 2048;
/** What WebCrypto takes. */
const MOST_BITS = 16384;

/** An RSA key, public or private, that wraps data keys. The label is SHA-256 of what the data key is bound to. */
export class RsaKeys extends Envelope {
  /** `"RSA"`. */
  override readonly name = "RSA";
  /** Bytes of the modulus. */
  protected override readonly wrappedLength: number;
  /** The first eight bytes of SHA-256 of the public key's SPKI form, as hexadecimal digits. */
  protected override readonly keyId: string;
  readonly #publicKey: CryptoKey;
  readonly #privateKey: CryptoKey | undefined;
  readonly #pkcs8: Uint8Array<ArrayBuffer> | undefined;

  private constructor(
    { bits }: RsaPublicKey,
    keyId: string,
    publicKey: CryptoKey,
    privateKey?: CryptoKey,
    pkcs8?: Uint8Array<ArrayBuffer>,
  ) {
    super();
    this.wrappedLength = Math.ceil(bits / 8);
    this.keyId = keyId;
    this.#publicKey = publicKey;
    this.#privateKey = privateKey;
    this.#pkcs8 = pkcs8;
  }

  /** For {@linkcode rsaKeys}. */
  static async of(key: RsaPublicKey | RsaPrivateKey): Promise<RsaKeys> {
    const { spki, bits } = key;
    if (bits < LEAST_BITS || bits > MOST_BITS) {
      throw new InvalidArgumentError(
        `an RSA key has from ${LEAST_BITS} to ${MOST_BITS} bits; this one has ${bits}`,
      );
    }
    const { subtle } = crypto;
    const pkcs8 = "pkcs8" in key ? key.pkcs8 : undefined;
    try {
      const digest = new Uint8Array(await subtle.digest("SHA-256", spki));
      return new RsaKeys(
        key,
        toHex(digest.subarray(0, 8)),
        await subtle.importKey("spki", spki, ALGORITHM, false, ["encrypt"]),
        pkcs8 && await subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["decrypt"]),
        pkcs8,
      );
    } catch {
      // Without its cause, which may tell of what the key holds.
      throw new InvalidArgumentError("the RSA key is damaged: this runtime does not accept it");
    }
  }

  /** The private key in its PKCS#8 form, for those who read older formats with it; `undefined` when there is none. */
  static privateKey(keys: RsaKeys): Uint8Array<ArrayBuffer> | undefined {
    return keys.#pkcs8?.slice();
  }

  /** Encrypts a data key. */
  protected override async wrap(
    dataKey: Uint8Array<ArrayBuffer>,
    bound: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const label = await crypto.subtle.digest("SHA-256", bound);
    return new Uint8Array(await crypto.subtle.encrypt({ ...ALGORITHM, label }, this.#publicKey, dataKey));
  }

  /** Decrypts a data key. */
  protected override async unwrap(
    wrapped: Uint8Array<ArrayBuffer>,
    bound: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.#privateKey) {
      throw new UnsupportedError(
        "only a public key was given: it can write objects, and can't read them, nor their metadata, nor copy them; give the private key",
      );
    }
    const label = await crypto.subtle.digest("SHA-256", bound);
    try {
      return new Uint8Array(await crypto.subtle.decrypt({ ...ALGORITHM, label }, this.#privateKey, wrapped));
    } catch (error) {
      if (error instanceof DOMException && error.name === "OperationError") return undefined;
      throw error;
    }
  }
}

/** What {@linkcode rsaKeys} is given. */
export interface RsaKeyOptions {
  /** PEM text, SPKI or PKCS#1; not needed beside a private key. */
  readonly publicKey?: string;
  /** PEM text, PKCS#8 (also under a passphrase) or PKCS#1. Without it objects can be written and not read. */
  readonly privateKey?: string;
  /** Opens an encrypted private key. */
  readonly passphrase?: string;
}

/**
 * RSA keys for encryption: whoever has the public key can write objects, which only the private key reads. Who can write can also replace: an object says
 * that it is whole and in its place, and not who wrote it.
 *
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
  const { publicKey, privateKey, passphrase } = options;
  checkWebCrypto();
  for (const [name, text] of Object.entries({ publicKey, privateKey, passphrase })) {
    if (text === undefined || typeof text === "string") continue;
    throw new InvalidArgumentError(
      `\`${name}\` is no text: keys are PEM text, so decode the bytes of a file`,
    );
  }
  const given = publicKey === undefined ? undefined : readPublicKey(publicKey);
  if (privateKey === undefined) {
    if (!given) {
      throw new InvalidArgumentError("RSA needs a public key to write, or a private key to read as well");
    }
    return await RsaKeys.of(given);
  }
  const own = await readPrivateKey(privateKey, passphrase);
  if (given && !given.spki.every((byte, i) => byte === own.spki[i])) {
    throw new InvalidArgumentError("the public key and the private key do not belong together");
  }
  return await RsaKeys.of(own);
}

/**
 * A new pair of RSA keys as PEM: SPKI and PKCS#8. Keep the private key: without it nothing can be read again.
 *
 * @param options `bits`: of the modulus, default 3072. `passphrase`: encrypts the private key (PBKDF2 and AES-256-CBC, as openssl reads it).
 * @throws {InvalidArgumentError} when `bits` is no multiple of 8 from 2048 to 16384.
 */
export async function generateRsaKeys(
  options: { readonly bits?: number; readonly passphrase?: string } = {},
): Promise<{ publicKey: string; privateKey: string }> {
  const { bits = 3072, passphrase } = options;
  checkWebCrypto();
  if (!(Number.isInteger(bits) && bits % 8 === 0 && bits >= LEAST_BITS && bits <= MOST_BITS)) {
    throw new InvalidArgumentError(
      `RSA keys have a multiple of 8 bits, from ${LEAST_BITS} to ${MOST_BITS}, not ${bits}`,
    );
  }
  const { subtle } = crypto;
  const pair = await subtle.generateKey(
    { ...ALGORITHM, modulusLength: bits, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ["encrypt", "decrypt"],
  );
  const spki = new Uint8Array(await subtle.exportKey("spki", pair.publicKey));
  const pkcs8 = new Uint8Array(await subtle.exportKey("pkcs8", pair.privateKey));
  return {
    publicKey: toPem("PUBLIC KEY", spki),
    privateKey: passphrase === undefined
      ? toPem("PRIVATE KEY", pkcs8)
      : toPem("ENCRYPTED PRIVATE KEY", await encryptPkcs8(pkcs8, passphrase)),
  };
}

function checkWebCrypto(): void {
  if (globalThis.crypto.subtle) return;
  throw new UnsupportedError(
    "RSA needs WebCrypto, which a page has only when it was loaded over https or from localhost",
  );
}
