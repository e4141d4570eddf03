/**
 * Private keys under a passphrase: PKCS#8 with PBES2 (RFC 8018, PBKDF2 and AES-CBC), as `openssl pkcs8` and `openssl genpkey` write them.
 *
 * @module
 */
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { randomBytes } from "../primitives.ts";
import { der, DerElement, derIdentifier, INTEGER, NULL, OCTET_STRING, SEQUENCE } from "./der.ts";

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
  bytes: Uint8Array<ArrayBuffer>,
  passphrase: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (passphrase === undefined) {
    throw new InvalidArgumentError("the private key is encrypted: give its passphrase");
  }
  const [key] = DerElement.all(bytes);
  const [algorithm, data] = key?.items ?? [];
  const parameters = parametersOf(algorithm);
  if (!data?.bytes) throw damagedError();
  const cipher = { name: "AES-CBC", iv: parameters.iv };
  const secret = await cipherKey(parameters, passphrase, "decrypt");
  try {
    return new Uint8Array(await crypto.subtle.decrypt(cipher, secret, data.bytes));
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

function parametersOf(algorithm: DerElement | undefined): Parameters {
  const [scheme, both] = algorithm?.items ?? [];
  const [derivation, cipher] = both?.items ?? [];
  const [kdf, details] = derivation?.items ?? [];
  // The key's length may stand before the name of HMAC's hash, and is told by the cipher as well. Without a name it is HMAC-SHA1.
  const [salt, count, ...rest] = details?.items ?? [];
  const [cipherName, iv] = cipher?.items ?? [];
  if (!scheme || (scheme.identifier === PBES2 && !kdf)) throw damagedError();
  if (scheme.identifier !== PBES2 || kdf.identifier !== PBKDF2) throw unsupportedError();
  const prf = rest.find(({ tag }) => tag === SEQUENCE);
  const hash = prf ? HASHES[prf.items[0]?.identifier ?? ""] : "SHA-1";
  const bits = CIPHERS[cipherName?.identifier ?? ""];
  if (!hash || !bits) throw unsupportedError();
  const iterations = count?.integer ?? 0;
  if (!salt?.bytes || iterations < 1 || iterations > MOST_ITERATIONS || iv?.bytes?.byteLength !== 16) {
    throw damagedError();
  }
  return { hash, salt: salt.bytes, iterations, bits, iv: iv.bytes };
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
