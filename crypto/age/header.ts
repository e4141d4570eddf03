/**
 * The header of an age file: text that wraps the file key for each recipient, with a MAC under the file key.
 *
 * @module
 */
import { type Decrypter, Encrypter, type Recipient } from "age-encryption";
import { concat, unshared } from "../../lib/bytes.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { randomBytes, TAG_LENGTH } from "../primitives.ts";
import { type HeaderReader, notAuthenticError } from "../scheme.ts";
import { PAYLOAD_NONCE_LENGTH } from "./payload.ts";

/** What a header is fetched in: enough for two post-quantum recipients, or forty others. */
export const FIRST_READ = 4096;
/** Longer ones are neither written nor read: more than 600 post-quantum recipients. */
const MOST = 1024 * 1024;

/** The first line of an age file. */
export const AGE_INTRO = "age-encryption.org/v1\n";
/** The first line of one in text form. */
export const AGE_ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----";
const FILE_KEY_LENGTH = 16;

/** What opens a body. */
interface OpenedHeader {
  /** The header and the nonce after it. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** 16 bytes. */
  readonly fileKey: Uint8Array<ArrayBuffer>;
}

/**
 * A header for these recipients with a fresh file key.
 *
 * @throws {InvalidArgumentError} when there are too many.
 */
export async function newHeader(recipients: readonly (string | Recipient)[]): Promise<OpenedHeader> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  // One more recipient, who gets the file key and leaves no trace.
  let fileKey = new Uint8Array();
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = unshared(key).slice();
      return [];
    },
  });
  const empty = unshared(await encrypter.encrypt(new Uint8Array()));
  // The nonce is not taken over: under it a chunk has been encrypted already.
  const text = empty.subarray(0, empty.byteLength - PAYLOAD_NONCE_LENGTH - TAG_LENGTH);
  const header = concat(text, randomBytes(PAYLOAD_NONCE_LENGTH));
  if (header.byteLength > MOST) {
    throw new InvalidArgumentError(
      `the header for ${recipients.length} recipients has ${header.byteLength} bytes; ${MOST} is the most`,
    );
  }
  return { header, fileKey };
}

/**
 * Reads a header, finds the file key, and checks the MAC.
 *
 * @param first Gives the file's first bytes.
 * @param key The object's key, for messages.
 * @throws {IntegrityError} when there is no header, it was changed, or no identity fits.
 * @throws {UnsupportedError} when the file is armored.
 */
export async function openHeader(
  decrypter: Decrypter,
  first: HeaderReader,
  key?: string,
): Promise<OpenedHeader> {
  const header = await readHeader(first, key);
  let fileKey: Uint8Array<ArrayBuffer>;
  try {
    fileKey = unshared(
      await decrypter.decryptHeader(header.subarray(0, header.byteLength - PAYLOAD_NONCE_LENGTH)),
    );
  } catch (error) {
    if (error instanceof UnsupportedError) throw error;
    // Whatever the library says: the header can't be parsed, no identity fits, the MAC is wrong. It may quote what it has seen, so it is not passed on.
    throw notAuthenticError(key, error instanceof IntegrityError ? error.message : undefined);
  }
  if (fileKey.byteLength !== FILE_KEY_LENGTH) throw notAuthenticError(key);
  return { header, fileKey };
}

async function readHeader(first: HeaderReader, key: string | undefined): Promise<Uint8Array<ArrayBuffer>> {
  for (let length = FIRST_READ; length <= MOST; length *= 4) {
    const bytes = await first(length);
    checkBeginning(bytes, key);
    const end = endOfHeader(bytes);
    if (end !== undefined && bytes.byteLength >= end + PAYLOAD_NONCE_LENGTH) {
      return bytes.slice(0, end + PAYLOAD_NONCE_LENGTH);
    }
    if (bytes.byteLength < length) break;
  }
  throw notAuthenticError(key);
}

function checkBeginning(bytes: Uint8Array, key: string | undefined): void {
  if (startsWith(bytes, AGE_ARMOR)) {
    throw new UnsupportedError(
      `${
        key === undefined ? "this" : JSON.stringify(key)
      } is an age file in text form, which has no parts that could be read: store it without --armor`,
      key === undefined ? {} : { key },
    );
  }
  if (!startsWith(bytes, AGE_INTRO)) throw notAuthenticError(key, "it is no age file");
}

/** Where the header's last line ends, which is the first that begins with three hyphens; `undefined` where it has not ended yet. */
function endOfHeader(bytes: Uint8Array): number | undefined {
  for (let line = 0;;) {
    const newline = bytes.indexOf(0x0a, line);
    if (newline < 0) return undefined;
    if (startsWith(bytes.subarray(line, newline), "---")) return newline + 1;
    line = newline + 1;
  }
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.byteLength >= text.length &&
    Array.from(text).every((character, i) => bytes[i] === character.charCodeAt(0));
}
