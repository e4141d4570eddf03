/**
 * Google Tink's streaming AEAD with the parameters AES256-GCM-HKDF-1MB.
 *
 * A header: its own length (40) as one byte, 32 bytes of salt, a nonce prefix of 7 bytes. HKDF-SHA256 of the data key with that salt, and the associated
 * data as its info, gives the AES-256 key. Then segments: together with the header the first has 1,048,576 stored bytes, as every further one has, 16 of
 * them a tag; the last has fewer or as many. A segment's nonce is the prefix, its number as 32 bits with the highest first, and 1 for the last segment or 0.
 * Associated data are empty here: what has to be bound is bound to the data key.
 *
 * Source: Tink's specification "AES-GCM-HKDF Streaming AEAD", and its template `AES256_GCM_HKDF_1MB`.
 *
 * @module
 */
import { concat, u32be } from "../../lib/bytes.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { primitives, randomBytes, TAG_LENGTH } from "../primitives.ts";
import { notAuthenticError, type SegmentCipher, type SegmentLayout } from "../scheme.ts";
import { aeadSegments } from "../segments.ts";

const STORED_SEGMENT = 1024 * 1024;
const SALT_LENGTH = 32;
const PREFIX_LENGTH = 7;
const HEADER_LENGTH = 1 + SALT_LENGTH + PREFIX_LENGTH;
const NO_ASSOCIATED_DATA = new Uint8Array();

/** Bytes of a data key. */
export const DATA_KEY_LENGTH = 32;

/** How Tink's AES256-GCM-HKDF-1MB cuts a body. */
export const TINK_LAYOUT: SegmentLayout = Object.freeze({
  headerLength: HEADER_LENGTH,
  firstLength: STORED_SEGMENT - HEADER_LENGTH - TAG_LENGTH,
  segmentLength: STORED_SEGMENT - TAG_LENGTH,
  tagLength: TAG_LENGTH,
});

/** A new body under a data key. The header is random, so one key may serve for several bodies. */
export async function newTinkStream(
  dataKey: Uint8Array<ArrayBuffer>,
): Promise<{ header: Uint8Array<ArrayBuffer>; cipher: SegmentCipher }> {
  const header = concat(Uint8Array.of(HEADER_LENGTH), randomBytes(SALT_LENGTH), randomBytes(PREFIX_LENGTH));
  return { header, cipher: await cipherOf(dataKey, header) };
}

/**
 * The cipher of a body with this header.
 *
 * @param key The object's key, for messages.
 * @throws {IntegrityError} when it is no header of this format.
 */
export async function openTinkStream(
  dataKey: Uint8Array<ArrayBuffer>,
  header: Uint8Array<ArrayBuffer>,
  key?: string,
): Promise<SegmentCipher> {
  if (header.byteLength !== HEADER_LENGTH || header[0] !== HEADER_LENGTH) throw notAuthenticError(key);
  return await cipherOf(dataKey, header, key);
}

async function cipherOf(
  dataKey: Uint8Array<ArrayBuffer>,
  header: Uint8Array<ArrayBuffer>,
  key?: string,
): Promise<SegmentCipher> {
  const { hkdfSha256, aesGcm } = await primitives();
  const salt = header.subarray(1, 1 + SALT_LENGTH);
  const prefix = header.slice(1 + SALT_LENGTH);
  const aead = await aesGcm(await hkdfSha256(dataKey, salt, NO_ASSOCIATED_DATA, DATA_KEY_LENGTH));
  return aeadSegments(aead, TINK_LAYOUT, (index, last) => {
    if (index < 2 ** 32) return concat(prefix, u32be(index), Uint8Array.of(last ? 1 : 0));
    throw new UnsupportedError("an encrypted object has at most 2^32 segments of 1 MiB: split the data", {
      key,
    });
  }, key);
}
