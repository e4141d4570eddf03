/**
 * RSA keys as text (PEM, RFC 7468), in the forms that tools write them, as the two that WebCrypto reads: SPKI and PKCS#8.
 *
 * Sources: RFC 8017 appendix A (PKCS#1), RFC 5958 (PKCS#8), RFC 5280 section 4.1 (SPKI).
 *
 * @module
 */
import { fromBase64, toBase64 } from "../../lib/base64.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { BIT_STRING, der, derIdentifier, INTEGER, NULL, OCTET_STRING, SEQUENCE } from "./der.ts";
import { decryptPkcs8 } from "./pbes2.ts";

/** The algorithm of plain RSA keys: 1.2.840.113549.1.1.1. */
const RSA_ENCRYPTION = der(SEQUENCE, derIdentifier("2a864886f70d010101"), der(NULL));

/**
 * What may be public keys in a text, in their SPKI form.
 *
 * @param pem SPKI ("PUBLIC KEY") or PKCS#1 ("RSA PUBLIC KEY").
 * @throws {InvalidArgumentError} when there is none.
 * @throws {UnsupportedError} when there is something else that could be turned into one.
 */
export function* publicKeysIn(pem: string): Generator<Uint8Array<ArrayBuffer>, void, void> {
  for (const { label, bytes } of blocksOf(pem, "public")) {
    if (label === "PUBLIC KEY") yield bytes;
    else if (label !== "RSA PUBLIC KEY") throwAdvice(label, "public");
    else yield der(SEQUENCE, RSA_ENCRYPTION, der(BIT_STRING, Uint8Array.of(0), bytes));
  }
}

/**
 * What may be private keys in a text, in their PKCS#8 form.
 *
 * @param pem PKCS#8 ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY") or PKCS#1 ("RSA PRIVATE KEY").
 * @param passphrase Opens an encrypted one.
 * @throws {InvalidArgumentError} when there is none, or the passphrase is missing or wrong.
 * @throws {UnsupportedError} when it is encrypted in a way that WebCrypto can't undo, or there is something else that could be turned into one.
 */
export async function* privateKeysIn(
  pem: string,
  passphrase?: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  for (const { label, bytes, hasHeaders } of blocksOf(pem, "private")) {
    if (hasHeaders) {
      throw new UnsupportedError(
        "the private key is encrypted as OpenSSL did before PKCS#8: convert it with `openssl pkcs8 -topk8 -in old.pem -out new.pem`",
      );
    }
    if (label === "PRIVATE KEY") yield bytes;
    else if (label === "ENCRYPTED PRIVATE KEY") yield await decryptPkcs8(bytes, passphrase);
    else if (label !== "RSA PRIVATE KEY") throwAdvice(label, "private");
    else yield der(SEQUENCE, der(INTEGER, Uint8Array.of(0)), RSA_ENCRYPTION, der(OCTET_STRING, bytes));
  }
}

/** Bytes as a block of PEM. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
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

function throwAdvice(label: string, which: Which): void {
  const advice = label.startsWith("OPENSSH")
    ? "convert it with `ssh-keygen -p -m PKCS8 -f key`"
    : label.includes("CERT")
    ? "take the key out with `openssl x509 -pubkey -noout -in certificate.pem`"
    : undefined;
  if (advice) throw new UnsupportedError(`the ${which} key is given as "${label}": ${advice}`);
}

/** One block of PEM. */
interface PemBlock {
  /** What it says it is: `"PUBLIC KEY"`. */
  readonly label: string;
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether it has headers, as the encrypted keys of OpenSSL's old format have. */
  readonly hasHeaders: boolean;
}

/** The blocks of a text, those that are no base64 left out. What is between them is no matter. */
function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (
    const [, label, content] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)
  ) {
    const headers = /^\s*(?:[A-Za-z0-9-]+:.*\r?\n(?:[ \t]+.*\r?\n)*)+\r?\n/.exec(content);
    const bytes = fromBase64(headers ? content.slice(headers[0].length) : content);
    if (bytes && bytes.length > 0) blocks.push({ label, bytes, hasHeaders: headers !== null });
  }
  return blocks;
}
