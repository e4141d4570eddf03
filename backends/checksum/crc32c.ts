import { crc32WithTable, table32 } from "./table.ts";

/** Castagnoli's polynomial (RFC 3720), reflected. */
export const CRC32C_POLYNOMIAL = 0x82f63b78;

let table: Uint32Array | undefined;

/**
 * CRC-32C, Castagnoli's.
 *
 * @param bytes What to add.
 * @param previous The value of what came before; 0 for nothing.
 * @returns An unsigned 32-bit integer.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  return crc32WithTable(table ??= table32(CRC32C_POLYNOMIAL), bytes, previous);
}
