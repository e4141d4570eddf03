/** Node's own CRC-32, where the runtime has Node's modules: an order of magnitude faster than a table in JavaScript. */
type NativeCrc32 = (bytes: Uint8Array, previous?: number) => number;

/** Slices of a table: how many bytes a step takes. */
const SLICES = 16;

/**
 * Continues a reflected 32-bit CRC, 16 bytes a step ("slicing", Kounavis and Berry 2005): the table's slice `n` holds the CRC of a byte that is
 * followed by `n` zeros.
 */
export function crc32WithTable(table: Uint32Array, bytes: Uint8Array, previous: number): number {
  let crc = ~previous;
  let i = 0;
  for (const last = bytes.length - SLICES; i <= last; i += SLICES) {
    crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    crc = table[3840 + (crc & 255)] ^ table[3584 + (crc >>> 8 & 255)] ^
      table[3328 + (crc >>> 16 & 255)] ^ table[3072 + (crc >>> 24)] ^
      table[2816 + bytes[i + 4]] ^ table[2560 + bytes[i + 5]] ^ table[2304 + bytes[i + 6]] ^
      table[2048 + bytes[i + 7]] ^ table[1792 + bytes[i + 8]] ^ table[1536 + bytes[i + 9]] ^
      table[1280 + bytes[i + 10]] ^ table[1024 + bytes[i + 11]] ^ table[768 + bytes[i + 12]] ^
      table[512 + bytes[i + 13]] ^ table[256 + bytes[i + 14]] ^ table[bytes[i + 15]];
  }
  for (; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The table of a reflected 32-bit polynomial for {@linkcode crc32WithTable}. */
export function table32(polynomial: number): Uint32Array {
  const table = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    table[byte] = crc >>> 0;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256];
    table[i] = (before >>> 8) ^ table[before & 255];
  }
  return table;
}

/** Node's CRC-32, or `undefined` in a browser. */
export function nativeCrc32(): NativeCrc32 | undefined {
  const zlib: { crc32?: NativeCrc32 } | undefined = globalThis.process?.getBuiltinModule?.("node:zlib");
  return zlib?.crc32;
}
