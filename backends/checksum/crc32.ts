import { crc32WithTable, nativeCrc32, table32 } from "./table.ts";

/** CRC-32 of IEEE 802.3, reflected. */
export const CRC32_POLYNOMIAL = 0xedb88320;

let table: Uint32Array | undefined;

/** The CRC-32 of zip, gzip and png in TypeScript: what {@linkcode crc32} is where there is nothing faster. */
export function crc32Portable(bytes: Uint8Array, previous = 0): number {
  return crc32WithTable(table ??= table32(CRC32_POLYNOMIAL), bytes, previous);
}

/**
 * The CRC-32 of zip, gzip and png.
 *
 * @param bytes What to add.
 * @param previous The value of what came before; 0 for nothing.
 * @returns An unsigned 32-bit integer.
 */
export const crc32: (bytes: Uint8Array, previous?: number) => number = nativeCrc32() ?? crc32Portable;
