/**
 * Checksums of S3 ("Checking object integrity" in its user guide), written apart from the product's own, so that each checks the
 * other. CRCs are reflected, start with all ones and end inverted.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** The algorithms of `x-amz-checksum-*`. */
export type Algorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";
/** What the checksum of a multipart object covers: the parts' checksums, or the object's bytes. */
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

/** A checksum as S3 stores it. */
export interface StoredChecksum {
  readonly algorithm: Algorithm;
  /** Base64; a composite one ends in `-N`. */
  readonly value: string;
  readonly type: ChecksumType;
}

/** All algorithms. */
export const ALGORITHMS: readonly Algorithm[] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];
/** Bytes of each algorithm's value. */
export const DIGEST_BYTES: Readonly<Record<Algorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

interface Crc {
  readonly width: bigint;
  readonly polynomial: bigint;
}
const CRCS: Readonly<Record<"CRC32" | "CRC32C" | "CRC64NVME", Crc>> = {
  CRC32: { width: 32n, polynomial: 0xedb88320n },
  CRC32C: { width: 32n, polynomial: 0x82f63b78n },
  CRC64NVME: { width: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
};

/** Tables for 8 bytes a step, low and high halves: entry `k * 256 + b` is byte `b` followed by `k` zero bytes. */
function tables({ polynomial }: Crc): { low: Uint32Array; high: Uint32Array } {
  const low = new Uint32Array(2048), high = new Uint32Array(2048);
  const values: bigint[] = [];
  for (let b = 0; b < 256; b++) {
    let r = BigInt(b);
    for (let i = 0; i < 8; i++) r = r & 1n ? (r >> 1n) ^ polynomial : r >> 1n;
    values.push(r);
  }
  for (let k = 1; k < 8; k++) {
    for (let b = 0; b < 256; b++) {
      const r = values[(k - 1) * 256 + b];
      values.push((r >> 8n) ^ values[Number(r & 0xffn)]);
    }
  }
  values.forEach((r, i) => {
    low[i] = Number(r & 0xffffffffn);
    high[i] = Number(r >> 32n);
  });
  return { low, high };
}
const tables32c = tables(CRCS.CRC32C), tables64 = tables(CRCS.CRC64NVME);

function crc32c(chunks: readonly Uint8Array[]): bigint {
  const t = tables32c.low;
  let c = 0xffffffff;
  for (const bytes of chunks) {
    let i = 0;
    for (const end = bytes.length - 7; i < end; i += 8) {
      const x = c ^ (bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24);
      c = t[1792 + (x & 255)] ^ t[1536 + (x >>> 8 & 255)] ^ t[1280 + (x >>> 16 & 255)] ^
        t[1024 + (x >>> 24)] ^
        t[768 + bytes[i + 4]] ^ t[512 + bytes[i + 5]] ^ t[256 + bytes[i + 6]] ^ t[bytes[i + 7]];
    }
    for (; i < bytes.length; i++) c = t[(c ^ bytes[i]) & 255] ^ c >>> 8;
  }
  return BigInt(~c >>> 0);
}

function crc64nvme(chunks: readonly Uint8Array[]): bigint {
  const { low, high } = tables64;
  let l = -1, h = -1;
  for (const bytes of chunks) {
    let i = 0;
    for (const end = bytes.length - 7; i < end; i += 8) {
      const x = l ^ (bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24);
      const y = h ^ (bytes[i + 4] | bytes[i + 5] << 8 | bytes[i + 6] << 16 | bytes[i + 7] << 24);
      const a = 1792 + (x & 255),
        b = 1536 + (x >>> 8 & 255),
        c = 1280 + (x >>> 16 & 255),
        d = 1024 + (x >>> 24);
      const e = 768 + (y & 255), f = 512 + (y >>> 8 & 255), g = 256 + (y >>> 16 & 255), k = y >>> 24;
      l = low[a] ^ low[b] ^ low[c] ^ low[d] ^ low[e] ^ low[f] ^ low[g] ^ low[k];
      h = high[a] ^ high[b] ^ high[c] ^ high[d] ^ high[e] ^ high[f] ^ high[g] ^ high[k];
    }
    for (; i < bytes.length; i++) {
      const k = (l ^ bytes[i]) & 255;
      l = (l >>> 8 | h << 24) ^ low[k];
      h = h >>> 8 ^ high[k];
    }
  }
  return BigInt(~h >>> 0) << 32n | BigInt(~l >>> 0);
}

function bigEndian(value: bigint, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let i = bytes - 1; i >= 0; i--, value >>= 8n) out[i] = Number(value & 0xffn);
  return out;
}

/** The checksum of some bytes. */
export function digest(algorithm: Algorithm, chunks: readonly Uint8Array[]): Uint8Array {
  switch (algorithm) {
    case "CRC32": {
      let value = 0;
      for (const chunk of chunks) value = crc32(chunk, value);
      return bigEndian(BigInt(value), 4);
    }
    case "CRC32C":
      return bigEndian(crc32c(chunks), 4);
    case "CRC64NVME":
      return bigEndian(crc64nvme(chunks), 8);
    case "SHA1":
    case "SHA256": {
      const hash = createHash(algorithm.toLowerCase());
      for (const chunk of chunks) hash.update(chunk);
      return hash.digest();
    }
  }
}

/** The checksum of some bytes in base64. */
export function checksum(algorithm: Algorithm, chunks: readonly Uint8Array[]): string {
  return Buffer.from(digest(algorithm, chunks)).toString("base64");
}

/** a · b mod P, coefficients reflected: the top bit is x⁰. */
function multiply(a: bigint, b: bigint, { width, polynomial }: Crc): bigint {
  let product = 0n;
  for (let m = 1n << (width - 1n); m > 0n; m >>= 1n) {
    if (a & m) product ^= b;
    b = b & 1n ? (b >> 1n) ^ polynomial : b >> 1n;
  }
  return product;
}

/** The CRC of the whole from those of its parts in order, without reading their bytes again. */
export function combineCrcs(
  algorithm: "CRC32" | "CRC32C" | "CRC64NVME",
  parts: readonly { value: string; size: number }[],
): string {
  const crc = CRCS[algorithm];
  let whole = 0n;
  for (const { value, size } of parts) {
    let shift = 1n << (crc.width - 1n); // x⁰
    let square = 1n << (crc.width - 2n); // x¹, x², x⁴ …
    for (let bits = BigInt(size) * 8n; bits > 0n; bits >>= 1n) {
      if (bits & 1n) shift = multiply(shift, square, crc);
      square = multiply(square, square, crc);
    }
    whole = multiply(shift, whole, crc) ^ BigInt("0x" + Buffer.from(value, "base64").toString("hex"));
  }
  return Buffer.from(bigEndian(whole, Number(crc.width) / 8)).toString("base64");
}

/** MD5 of some bytes. */
export function md5(chunks: readonly Uint8Array[]): Buffer {
  const hash = createHash("md5");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}
