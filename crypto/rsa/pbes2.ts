/**
 * Private keys under a passphrase: PKCS#8 with PBES2 (RFC 8018, PBKDF2 and AES-CBC), as `openssl pkcs8` and `openssl genpkey` write them.
 *
 * @module
 */
import { concat } from "../../lib/bytes.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { randomBytes } from "../primitives.ts";
import { der, derIdentifier, DerReader, INTEGER, NULL, OCTET_STRING, SEQUENCE } from "./der.ts";

const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const HMAC_SHA256 = "2a864886f70d0209";
const AES_256_CBC = "60864801650304012a";

/** The hash of PBKDF2's HMAC, by its name. */
const HASHES: Readonly<Record<string, string>> = {
  "2a864886f70d0207": "SHA-1",
  [HMAC_SHA256]: "SHA-256",
  "2a864886f70d020a": "SHA-384",
  "2a864886f70d020b": "SHA-512",
};

/** Bits of the cipher's key, by its name. */
const CIPHERS: Readonly<Record<string, number>> = {
  "608648016503040102": 128,
  "608648016503040116": 192,
  [AES_256_CBC]: 256,
};

/** What OWASP recommends for PBKDF2 with HMAC-SHA256 (2023). */
const ITERATIONS = 600_000;
/** More would be a way to stop the program rather than to protect a key. */
const MOST_ITERATIONS = 20_000_000;

interface Parameters {
  readonly hash: string;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly bits: number;
  readonly iv: Uint8Array<ArrayBuffer>;
}

/**
 * Decrypts a private key.
 *
 * @returns The PKCS#8 form.
 * @throws {InvalidArgumentError} when the passphrase is missing or wrong, or it is no such key.
 * @throws {UnsupportedError} when it was encrypted in another way.
 */
export async function decryptPkcs8(
  bytes: Uint8Array,
  passphrase: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (passphrase === undefined) {
    throw new InvalidArgumentError("the private key is encrypted: give its passphrase");
  }
  const outer = new DerReader(bytes).sequence();
  const parameters = parametersOf(outer?.sequence());
  const data = outer?.take(OCTET_STRING);
  if (!data) throw damagedError();
  const key = await cipherKey(parameters, passphrase, "decrypt");
  try {
    const { iv } = parameters;
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, data.slice()));
  } catch (cause) {
    throw new InvalidArgumentError("the passphrase does not open the private key", { cause });
  }
}

/** Encrypts a private key in its PKCS#8 form. */
export async function encryptPkcs8(
  pkcs8: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parameters = {
    hash: "SHA-256",
    salt: randomBytes(16),
    iterations: ITERATIONS,
    bits: 256,
    iv: randomBytes(16),
  };
  const key = await cipherKey(parameters, passphrase, "encrypt");
  const data = await crypto.subtle.encrypt({ name: "AES-CBC", iv: parameters.iv }, key, pkcs8);
  const derivation = der(
    SEQUENCE,
    derIdentifier(PBKDF2),
    der(
      SEQUENCE,
      der(OCTET_STRING, parameters.salt),
      // As long as it is to be read as positive: 600,000 is 0x0927c0.
      der(INTEGER, Uint8Array.of(ITERATIONS >> 16, ITERATIONS >> 8 & 0xff, ITERATIONS & 0xff)),
      der(SEQUENCE, derIdentifier(HMAC_SHA256), der(NULL)),
    ),
  );
  const cipher = der(SEQUENCE, derIdentifier(AES_256_CBC), der(OCTET_STRING, parameters.iv));
  const algorithm = der(SEQUENCE, derIdentifier(PBES2), der(SEQUENCE, derivation, cipher));
  return der(SEQUENCE, algorithm, der(OCTET_STRING, new Uint8Array(data)));
}

function parametersOf(algorithm: DerReader | undefined): Parameters {
  if (!algorithm) throw damagedError();
  if (algorithm.identifier() !== PBES2) throw unsupportedError();
  const both = algorithm.sequence();
  const derivation = both?.sequence();
  const cipher = both?.sequence();
  if (!derivation || !cipher) throw damagedError();
  if (derivation.identifier() !== PBKDF2) throw unsupportedError();
  const details = derivation.sequence();
  const salt = details?.take(OCTET_STRING);
  const iterations = details?.smallInteger();
  if (details?.tag === INTEGER) details.smallInteger(); // The key's length, which the cipher tells as well.
  // Without a name it is HMAC-SHA1.
  const hash = details?.ended ? "SHA-1" : HASHES[details?.sequence()?.identifier() ?? ""];
  const bits = CIPHERS[cipher.identifier() ?? ""];
  const iv = cipher.take(OCTET_STRING);
  if (!hash || !bits) throw unsupportedError();
  if (
    !salt || iterations === undefined || iterations < 1 || iterations > MOST_ITERATIONS || iv?.length !== 16
  ) {
    throw damagedError();
  }
  return { hash, salt: concat(salt), iterations, bits, iv: concat(iv) };
}

async function cipherKey(
  { hash, salt, iterations, bits }: Parameters,
  passphrase: string,
  usage: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const { subtle } = crypto;
  const secret = await subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, [
    "deriveKey",
  ]);
  const cipher = { name: "AES-CBC", length: bits };
  try {
    return await subtle.deriveKey({ name: "PBKDF2", hash, salt, iterations }, secret, cipher, false, [usage]);
  } catch (cause) {
    // Chromium has no AES-192.
    throw new UnsupportedError(`this runtime has no AES with ${bits} bits: ${CONVERT}`, { cause });
  }
}

const CONVERT = "convert the key with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in old.pem -out new.pem`";

function unsupportedError(): UnsupportedError {
  return new UnsupportedError(
    `the private key is encrypted otherwise than with PBKDF2 and AES-CBC: ${CONVERT}`,
  );
}

function damagedError(): InvalidArgumentError {
  return new InvalidArgumentError("the private key is damaged: what should say how it is encrypted does not");
}
