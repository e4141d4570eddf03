/** Checksums of files, computed when someone asks. */
import { createHash } from "node:crypto";

const known = new WeakMap<Uint8Array, Map<string, string>>();

/** The checksum in hexadecimal. */
export function checksum(algorithm: "md5" | "sha1" | "sha256", bytes: Uint8Array): string {
  let sums = known.get(bytes);
  if (!sums) known.set(bytes, sums = new Map());
  let sum = sums.get(algorithm);
  if (sum === undefined) sums.set(algorithm, sum = createHash(algorithm).update(bytes).digest("hex"));
  return sum;
}
