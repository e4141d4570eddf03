/**
 * Keys as text: PEM (RFC 7468).
 *
 * @module
 */
import { fromBase64, toBase64 } from "./base64.ts";

/** One block of PEM. */
export interface PemBlock {
  /** What it says it is: `"PUBLIC KEY"`. */
  readonly label: string;
  /** Its content. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** Whether it has headers, as the encrypted keys of OpenSSL's old format have. */
  readonly hasHeaders: boolean;
}

/** The blocks of a text, those that are no base64 left out. What is between them is no matter. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (
    const [, label, content] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)
  ) {
    const headers = /^\s*(?:[A-Za-z0-9-]+:.*\r?\n(?:[ \t]+.*\r?\n)*)+\r?\n/.exec(content);
    const der = fromBase64(headers ? content.slice(headers[0].length) : content);
    if (der && der.length > 0) blocks.push({ label, der, hasHeaders: headers !== null });
  }
  return blocks;
}

/** Bytes as a block of PEM. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
