/**
 * Which data file a metadata file belongs to. They are two files and can't be changed at once, so the metadata say which version of the data
 * they describe.
 *
 * @module
 */
import type { FileStat, OpenFile } from "../../lib/files.ts";

/** Names one version of a data file. */
export interface Stamp {
  /** Its number in the file system. */
  readonly inode: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last changed, in milliseconds since 1970. */
  readonly modified: number;
  /** A digest of its size and its first and last bytes, by which a copied file is known again. */
  readonly edges?: string;
}

/** How much of each end goes into {@linkcode Stamp.edges}. */
const EDGE = 4096;

/** Whether a file is the very version that was stamped. */
export function isStamped(stamp: Stamp, stat: FileStat): boolean {
  return stamp.inode === stat.inode && stamp.size === stat.size && stamp.modified === stat.modified;
}

/**
 * Whether a file holds what was stamped although it is another file: the store was copied, moved or restored from a backup, or Python copied
 * the object. Decided by size and both ends, which costs two small reads.
 */
export async function holdsStamped(stamp: Stamp, stat: FileStat, file: OpenFile): Promise<boolean> {
  return stamp.edges !== undefined && stamp.size === stat.size &&
    stamp.edges === await edgesOf(file, stat.size);
}

/** The digest of a file's size and ends: the first 16 bytes of their SHA-256, in base64. */
export async function edgesOf(file: OpenFile, size: number): Promise<string> {
  const length = Math.min(size, 2 * EDGE);
  const ends = new Uint8Array(8 + length);
  new DataView(ends.buffer).setBigUint64(0, BigInt(size), true);
  const first = Math.min(length, EDGE);
  await readFully(file, ends.subarray(8, 8 + first), 0);
  await readFully(file, ends.subarray(8 + first), size - (length - first));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", ends));
  return btoa(String.fromCharCode(...digest.subarray(0, 16)));
}

async function readFully(file: OpenFile, view: Uint8Array, position: number): Promise<void> {
  let filled = 0;
  while (filled < view.length) {
    const count = await file.read(view.subarray(filled), position + filled);
    // Shorter than its size says: it is being changed, and its digest is nobody's.
    if (count === 0) return;
    filled += count;
  }
}

/** The etag of a file's version. */
export function etagOf(stat: FileStat): string {
  return `${BigInt(stat.inode).toString(16)}-${stat.size.toString(16)}-${stat.modified.toString(16)}`;
}
