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
    else if (label === "RSA PUBLIC KEY") {
      yield der(SEQUENCE, RSA_ENCRYPTION, der(BIT_STRING, Uint8Array.of(0), bytes));
    }
  }
}

/**
 * What may be private keys in a text, in their PKCS#8 form.
 *
 * @param pem PKCS#8 ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY") or PKCS#1 ("RSA PRIVATE KEY").
 * @param passphrase Opens an encrypted one.
 * @throws {InvalidArgumentError} when there is none; and at the end, when the passphrase for one is missing or wrong.
 * @throws {UnsupportedError} at the end, when one is encrypted in a way that WebCrypto can't undo, or is something else that could be turned into one.
 */
export async function* privateKeysIn(
  pem: string,
  passphrase?: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const failures: unknown[] = [];
  for (const block of blocksOf(pem, "private")) {
    try {
      const key = await pkcs8Of(block, passphrase);
      if (key) yield key;
    } catch (error) {
      // One that follows may do.
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** A block's key; `undefined` where it is of another kind. */
async function pkcs8Of(
  { label, bytes, hasHeaders }: PemBlock,
  passphrase: string | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (hasHeaders) {
    throw new UnsupportedError(
      "the private key is encrypted as OpenSSL did before PKCS#8: convert it with `openssl pkcs8 -topk8 -in old.pem -out new.pem`",
    );
  }
  if (label.startsWith("OPENSSH")) {
    throw new UnsupportedError(
      `the private key is given as "${label}": convert it with \`ssh-keygen -p -m PKCS8 -f key\``,
    );
  }
  if (label === "PRIVATE KEY") return bytes;
  if (label === "ENCRYPTED PRIVATE KEY") return await decryptPkcs8(bytes, passphrase);
  if (label !== "RSA PRIVATE KEY") return undefined;
  return der(SEQUENCE, der(INTEGER, Uint8Array.of(0)), RSA_ENCRYPTION, der(OCTET_STRING, bytes));
}

/** Bytes as a block of PEM. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

type Which = "public" | "private";

/** The blocks that say they are keys of this kind. A file may hold certificates, parameters, or both keys, in any order. */
function blocksOf(pem: string, which: Which): PemBlock[] {
  const all = pemBlocks(pem);
  const of = (word: string) => all.filter(({ label }) => label.includes(word));
  const blocks = of(which.toUpperCase());
  if (blocks.length > 0) return blocks;
  const [certificate] = of("CERT");
  if (certificate && which === "public") {
    throw new UnsupportedError(
      `the public key is given as "${certificate.label}": take the key out with \`openssl x509 -pubkey -noout -in certificate.pem\``,
    );
  }
  const other = which === "public" ? "private" : "public";
  throw new InvalidArgumentError(
    certificate
      ? "what is given as the private key is a certificate, which holds none"
      : of(other.toUpperCase()).length > 0
      ? `what is given as the ${which} key is a ${other} one`
      : `the ${which} key is no PEM text: it begins with a line like "-----BEGIN ${which.toUpperCase()} KEY-----"`,
  );
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
    if (bytes && bytes.byteLength > 0) blocks.push({ label, bytes, hasHeaders: headers !== null });
  }
  return blocks;
}
