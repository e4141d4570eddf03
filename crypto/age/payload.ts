/**
 * The body of an age file: STREAM with ChaCha20-Poly1305 in chunks of 64 KiB.
 *
 * A nonce of 16 bytes follows the header; HKDF-SHA256 of the file key with it, and "payload" as its info, gives the key. A chunk's nonce is its number as
 * 88 bits with the highest first, and 1 for the last chunk or 0. The last chunk may have fewer bytes; none only where it is the first.
 *
 * Source: the age v1 specification, age-encryption.org/v1, "Payload".
 *
 * @module
 */
import { primitives, TAG_LENGTH } from "../primitives.ts";
import { notAuthenticError, type SegmentCipher, type SegmentLayout } from "../scheme.ts";
import { aeadSegments } from "../segments.ts";

/** Bytes of the nonce between header and chunks. */
export const PAYLOAD_NONCE_LENGTH = 16;

const CHUNK_LENGTH = 64 * 1024;
const PAYLOAD_INFO = new TextEncoder().encode("payload");

/** How age cuts a body after a header of this length, nonce included. */
export function ageLayout(headerLength: number): SegmentLayout {
  return {
    headerLength,
    firstLength: CHUNK_LENGTH,
    segmentLength: CHUNK_LENGTH,
    tagLength: TAG_LENGTH,
  };
}

/**
 * The cipher of a body.
 *
 * @param fileKey 16 bytes.
 * @param header The header and the nonce after it.
 * @param key The object's key, for messages.
 */
export async function ageCipher(
  fileKey: Uint8Array<ArrayBuffer>,
  header: Uint8Array<ArrayBuffer>,
  key?: string,
): Promise<SegmentCipher> {
  const { hkdfSha256, chaCha20Poly1305 } = await primitives();
  const nonce = header.slice(header.byteLength - PAYLOAD_NONCE_LENGTH);
  const aead = await chaCha20Poly1305(await hkdfSha256(fileKey, nonce, PAYLOAD_INFO, 32));
  const cipher = aeadSegments(aead, ageLayout(header.byteLength), chunkNonce, key);
  return {
    ...cipher,
    async open(stored, index, last) {
      const plain = await cipher.open(stored, index, last);
      if (plain.byteLength === 0 && index > 0) throw notAuthenticError(key);
      return plain;
    },
  };
}

/** Of the 88 bits of the number, 53 can be counted: more than any store holds. */
function chunkNonce(index: number, last: boolean): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index % 2 ** 32);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
