/**
 * A fingerprint of a file that costs two small reads, however long it is.
 *
 * @module
 */
import { toBase64 } from "./base64.ts";
import { type OpenFile, readFully } from "./file_access.ts";

/** How much of each end goes into it. */
const EDGE = 4096;

/** The digest of a file's size and of its first and last bytes: the first 16 bytes of their SHA-256, in base64. */
export async function edgesOf(file: OpenFile, size: number): Promise<string> {
  const length = Math.min(size, 2 * EDGE);
  const ends = new Uint8Array(8 + length);
  new DataView(ends.buffer).setBigUint64(0, BigInt(size), true);
  const first = Math.min(length, EDGE);
  await readFully(file, ends.subarray(8, 8 + first), 0);
  await readFully(file, ends.subarray(8 + first), size - (length - first));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", ends));
  return toBase64(digest.subarray(0, 16));
}
