/**
 * RSA keys in the forms that tools write them, as the two that WebCrypto reads: SPKI and PKCS#8.
 *
 * Sources: RFC 8017 appendix A (PKCS#1), RFC 5958 (PKCS#8), RFC 5280 section 4.1 (SPKI).
 *
 * @module
 */
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import {
  BIT_STRING,
  decryptPkcs8,
  der,
  derIdentifier,
  DerReader,
  INTEGER,
  NULL,
  OCTET_STRING,
  type PemBlock,
  pemBlocks,
  SEQUENCE,
} from "./encodings.ts";

/** The algorithm of plain RSA keys: 1.2.840.113549.1.1.1. */
const RSA_ENCRYPTION = "2a864886f70d010101";

/** What a public key is made of. */
export interface RsaPublicKey {
  /** In WebCrypto's form, the one in which its id is computed. */
  readonly spki: Uint8Array<ArrayBuffer>;
  /** Bits of its modulus. */
  readonly bits: number;
}

/** A private key and the public one that goes with it. */
export interface RsaPrivateKey extends RsaPublicKey {
  /** In WebCrypto's form. */
  readonly pkcs8: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a public key.
 *
 * @param pem SPKI ("PUBLIC KEY") or PKCS#1 ("RSA PUBLIC KEY").
 * @throws {InvalidArgumentError} when there is none.
 */
export function readPublicKey(pem: string): RsaPublicKey {
  for (const { label, der } of blocksOf(pem, "public")) {
    const key = label === "PUBLIC KEY"
      ? fromSpki(der)
      : label === "RSA PUBLIC KEY"
      ? fromNumbers(new DerReader(der).sequence())
      : undefined;
    if (key) return key;
    refuse(label, "public");
  }
  throw new InvalidArgumentError("the public key is damaged, or no RSA key");
}

/**
 * Reads a private key.
 *
 * @param pem PKCS#8 ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY") or PKCS#1 ("RSA PRIVATE KEY").
 * @param passphrase Opens an encrypted one.
 * @throws {InvalidArgumentError} when there is none, or the passphrase is missing or wrong.
 * @throws {UnsupportedError} when it is encrypted in a way that WebCrypto can't undo.
 */
export async function readPrivateKey(pem: string, passphrase?: string): Promise<RsaPrivateKey> {
  for (const { label, der, hasHeaders } of blocksOf(pem, "private")) {
    if (hasHeaders) {
      throw new UnsupportedError(
        "the private key is encrypted as OpenSSL did before PKCS#8: convert it with `openssl pkcs8 -topk8 -in old.pem -out new.pem`",
      );
    }
    const key = label === "PRIVATE KEY"
      ? fromPkcs8(der)
      : label === "RSA PRIVATE KEY"
      ? fromPkcs1(der)
      : label === "ENCRYPTED PRIVATE KEY"
      ? fromPkcs8(await decryptPkcs8(der, passphrase))
      : undefined;
    if (key) return key;
    refuse(label, "private");
  }
  throw new InvalidArgumentError("the private key is damaged, or no RSA key");
}

type Which = "public" | "private";

function blocksOf(pem: string, which: Which): PemBlock[] {
  // A file may hold parameters, or both keys.
  const blocks = pemBlocks(pem).filter(({ label }) =>
    label.includes(which.toUpperCase()) || /CERT/.test(label)
  );
  if (blocks.length > 0) return blocks;
  const other = which === "public" ? "private" : "public";
  throw new InvalidArgumentError(
    pemBlocks(pem).some(({ label }) => label.includes(other.toUpperCase()))
      ? `what is given as the ${which} key is a ${other} one`
      : `the ${which} key is no PEM text: it begins with a line like "-----BEGIN ${which.toUpperCase()} KEY-----"`,
  );
}

function refuse(label: string, which: Which): void {
  const advice = label.startsWith("OPENSSH")
    ? "convert it with `ssh-keygen -p -m PKCS8 -f key`"
    : label.includes("CERT")
    ? "take the key out with `openssl x509 -pubkey -noout -in certificate.pem`"
    : undefined;
  if (advice) throw new UnsupportedError(`the ${which} key is given as "${label}": ${advice}`);
}

function fromSpki(bytes: Uint8Array): RsaPublicKey | undefined {
  const outer = new DerReader(bytes).sequence();
  if (outer?.sequence()?.identifier() !== RSA_ENCRYPTION) return undefined;
  const bits = outer.take(BIT_STRING);
  // The first byte tells how many bits of the last are unused.
  return bits?.[0] === 0 ? fromNumbers(new DerReader(bits.subarray(1)).sequence()) : undefined;
}

function fromPkcs8(bytes: Uint8Array): RsaPrivateKey | undefined {
  const outer = new DerReader(bytes).sequence();
  if (outer?.smallInteger() === undefined) return undefined;
  if (outer.sequence()?.identifier() !== RSA_ENCRYPTION) return undefined;
  const inner = outer.take(OCTET_STRING);
  return inner && fromPkcs1(inner);
}

function fromPkcs1(bytes: Uint8Array): RsaPrivateKey | undefined {
  const numbers = new DerReader(bytes).sequence();
  // Version 0: two primes.
  if (numbers?.smallInteger() !== 0) return undefined;
  const key = fromNumbers(numbers);
  const version = der(INTEGER, Uint8Array.of(0));
  return key && { ...key, pkcs8: der(SEQUENCE, version, algorithm(), der(OCTET_STRING, bytes)) };
}

/** The public key of a modulus and an exponent; in DER, so that one key has one form. */
function fromNumbers(numbers: DerReader | undefined): RsaPublicKey | undefined {
  const modulus = numbers?.take(INTEGER);
  const exponent = numbers?.take(INTEGER);
  if (!modulus || !exponent) return undefined;
  const pkcs1 = der(SEQUENCE, der(INTEGER, modulus), der(INTEGER, exponent));
  const spki = der(SEQUENCE, algorithm(), der(BIT_STRING, Uint8Array.of(0), pkcs1));
  const first = modulus.findIndex((byte) => byte !== 0);
  const bits = first < 0 ? 0 : 8 * (modulus.length - first) - Math.clz32(modulus[first]) + 24;
  return { spki, bits };
}

function algorithm(): Uint8Array<ArrayBuffer> {
  return der(SEQUENCE, derIdentifier(RSA_ENCRYPTION), der(NULL));
}
