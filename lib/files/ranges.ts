/**
 * In which ranges large objects are fetched.
 *
 * @module
 */
import type { Checksum } from "../../backends/backend.ts";
import type { CrcAlgorithm } from "../checksums.ts";
import { IntegrityError } from "../errors.ts";

/** Bytes a range. */
export const RANGE = 8 * 1024 * 1024;
/** Requests at once where nothing else is said. */
export const REQUESTS = 6;

/** Where the ranges of an object begin. */
export function* rangeOffsets(size: number): Generator<number> {
  for (let offset = 0; offset < size; offset += RANGE) yield offset;
}

/** Which CRC a checksum is, that those of ranges add up to; `undefined` for others, which can only be taken from beginning to end. */
export function crcKind({ algorithm }: Checksum): CrcAlgorithm | undefined {
  return algorithm === "CRC32" || algorithm === "CRC32C" || algorithm === "CRC64NVME" ? algorithm : undefined;
}

/** The error for bytes that are not those of the store's checksum. */
export function otherChecksumError(key: string, { algorithm }: Checksum): IntegrityError {
  return new IntegrityError(`"${key}" is not what its ${algorithm} checksum says: its bytes were damaged`, {
    key,
  });
}
