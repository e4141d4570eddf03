/**
 * Checksums and digests that stores report of objects: CRCs, with which parts are summed in any order, MD5 and SHA-256.
 *
 * @module
 */
import type { IHasher } from "hash-wasm";
import { toBase64 } from "./base64.ts";

/** The reflected polynomials: of IEEE 802.3; Castagnoli's (RFC 3720); and that of the NVM Express specification (NVM command set 1.0, 5.2.1.3.4). */
const CRC32_POLYNOMIAL = 0xedb88320;
const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;
const CRC64XZ_POLYNOMIAL = 0xc96c5795d7870f42n;

/** The CRC of bytes that follow others: `previous` is the value of those, 0 for nothing. */
type Crc32Function = (bytes: Uint8Array, previous?: number) => number;

/** Slices of a table: how many bytes a step takes. */
const SLICES = 16;

/**
 * A reflected 32-bit CRC in TypeScript, 16 bytes a step ("slicing", Kounavis and Berry 2005): the table's slice `n` holds the CRC of a byte that is
 * followed by `n` zeros. It is made when it is first needed.
 */
function crc32Of(polynomial: number): Crc32Function {
  let made: Uint32Array | undefined;
  return (bytes, previous = 0) => {
    const table = made ??= table32(polynomial);
    let crc = ~previous;
    let i = 0;
    for (const last = bytes.byteLength - SLICES; i <= last; i += SLICES) {
      crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
      crc = table[3840 + (crc & 255)] ^ table[3584 + (crc >>> 8 & 255)] ^
        table[3328 + (crc >>> 16 & 255)] ^ table[3072 + (crc >>> 24)] ^
        table[2816 + bytes[i + 4]] ^ table[2560 + bytes[i + 5]] ^ table[2304 + bytes[i + 6]] ^
        table[2048 + bytes[i + 7]] ^ table[1792 + bytes[i + 8]] ^ table[1536 + bytes[i + 9]] ^
        table[1280 + bytes[i + 10]] ^ table[1024 + bytes[i + 11]] ^ table[768 + bytes[i + 12]] ^
        table[512 + bytes[i + 13]] ^ table[256 + bytes[i + 14]] ^ table[bytes[i + 15]];
    }
    for (; i < bytes.byteLength; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
    return ~crc >>> 0;
  };
}

function table32(polynomial: number): Uint32Array {
  const table = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    table[byte] = crc >>> 0;
  }
  for (let i = 256; i < 256 * SLICES; i++) {
    const before = table[i - 256];
    table[i] = (before >>> 8) ^ table[before & 255];
  }
  return table;
}

/** CRC-32C, Castagnoli's. */
export const crc32c: Crc32Function = crc32Of(CRC32C_POLYNOMIAL);

/** The CRC-32 of zip, gzip and png in TypeScript: what {@linkcode crc32} is where there is nothing faster. */
export const crc32Portable: Crc32Function = crc32Of(CRC32_POLYNOMIAL);

/** Bytes in all from which on Node's code is worth loading, which takes longer than to sum up less in TypeScript. */
const NATIVE_FROM = 64 * 1024;
let summed = 0;
let native: Crc32Function | undefined;

/** The CRC-32 of zip, gzip and png; after the first little by Node's own code, an order of magnitude faster, where the runtime has it. */
export const crc32: Crc32Function = (bytes, previous) => {
  if (native === undefined && (summed += bytes.byteLength) >= NATIVE_FROM) {
    const zlib: { crc32?: Crc32Function } | undefined = globalThis.process?.getBuiltinModule?.("node:zlib");
    native = zlib?.crc32 ?? crc32Portable;
  }
  return (native ?? crc32Portable)(bytes, previous);
};

const SLICES_64 = 8;

/** CRC-64 of a reversed polynomial, in two 32-bit halves, 8 bytes a step: a `bigint` a byte would be a hundred times slower. */
function crc64Of(polynomial: bigint): (bytes: Uint8Array, previous?: bigint) => bigint {
  let made: readonly [Uint32Array, Uint32Array] | undefined;
  return (bytes, previous = 0n) => crc64By(made ??= tables64(polynomial), bytes, previous);
}

function crc64By([l, h]: readonly [Uint32Array, Uint32Array], bytes: Uint8Array, previous: bigint): bigint {
  let lo = ~Number(previous & 0xffffffffn);
  let hi = ~Number(previous >> 32n);
  let i = 0;
  for (const last = bytes.byteLength - SLICES_64; i <= last; i += SLICES_64) {
    lo ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    hi ^= bytes[i + 4] | bytes[i + 5] << 8 | bytes[i + 6] << 16 | bytes[i + 7] << 24;
    const a = 1792 + (lo & 255);
    const b = 1536 + (lo >>> 8 & 255);
    const c = 1280 + (lo >>> 16 & 255);
    const d = 1024 + (lo >>> 24);
    const e = 768 + (hi & 255);
    const f = 512 + (hi >>> 8 & 255);
    const g = 256 + (hi >>> 16 & 255);
    const z = hi >>> 24;
    lo = l[a] ^ l[b] ^ l[c] ^ l[d] ^ l[e] ^ l[f] ^ l[g] ^ l[z];
    hi = h[a] ^ h[b] ^ h[c] ^ h[d] ^ h[e] ^ h[f] ^ h[g] ^ h[z];
  }
  for (; i < bytes.byteLength; i++) {
    const place = (lo ^ bytes[i]) & 255;
    lo = (lo >>> 8 | hi << 24) ^ l[place];
    hi = hi >>> 8 ^ h[place];
  }
  return BigInt(~hi >>> 0) << 32n | BigInt(~lo >>> 0);
}

/** CRC-64/NVME, which S3 knows. */
export const crc64nvme: (bytes: Uint8Array, previous?: bigint) => bigint = crc64Of(CRC64NVME_POLYNOMIAL);

/** CRC-64/XZ. */
export const crc64xz: (bytes: Uint8Array, previous?: bigint) => bigint = crc64Of(CRC64XZ_POLYNOMIAL);

function tables64(polynomial: bigint): [Uint32Array, Uint32Array] {
  const lows = new Uint32Array(256 * SLICES_64);
  const highs = new Uint32Array(256 * SLICES_64);
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    lows[byte] = Number(crc & 0xffffffffn);
    highs[byte] = Number(crc >> 32n);
  }
  for (let i = 256; i < 256 * SLICES_64; i++) {
    const lo = lows[i - 256];
    const hi = highs[i - 256];
    lows[i] = (lo >>> 8 | hi << 24) ^ lows[lo & 255];
    highs[i] = hi >>> 8 ^ highs[lo & 255];
  }
  return [lows, highs];
}

/** The CRCs that object stores know. */
export type CrcAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME";

/** A CRC's arithmetic. */
interface CrcField {
  /** The reflected polynomial, without the leading one. */
  readonly polynomial: bigint;
  /** Bits. */
  readonly width: 32 | 64;
  /** Adds bytes to a value. */
  add(bytes: Uint8Array, previous: bigint): bigint;
}

const FIELDS: Readonly<Record<CrcAlgorithm, CrcField>> = {
  CRC32: field32(CRC32_POLYNOMIAL, crc32),
  CRC32C: field32(CRC32C_POLYNOMIAL, crc32c),
  CRC64NVME: { polynomial: CRC64NVME_POLYNOMIAL, width: 64, add: crc64nvme },
};

function field32(polynomial: number, crc: Crc32Function): CrcField {
  return {
    polynomial: BigInt(polynomial),
    width: 32,
    add: (bytes, previous) => BigInt(crc(bytes, Number(previous))),
  };
}

/** A CRC underway: bytes are added to it, or the CRC of what follows. */
export class Crc {
  /** Which CRC this is. */
  readonly algorithm: CrcAlgorithm;
  #value: bigint;
  #length: number;

  /** A CRC of no bytes, or of so many that have this one. */
  constructor(algorithm: CrcAlgorithm, value = 0n, length = 0) {
    this.algorithm = algorithm;
    this.#value = value;
    this.#length = length;
  }

  /** How many bytes have been added. */
  get length(): number {
    return this.#length;
  }

  /** Adds the bytes that follow. */
  update(bytes: Uint8Array): this {
    this.#value = FIELDS[this.algorithm].add(bytes, this.#value);
    this.#length += bytes.byteLength;
    return this;
  }

  /** Adds the CRC, of the same kind, of the bytes that follow. */
  append(next: Crc): this {
    this.#value = combineCrc(FIELDS[this.algorithm], this.#value, next.#value, next.#length);
    this.#length += next.#length;
    return this;
  }

  /** The value, big-endian. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const { width } = FIELDS[this.algorithm];
    const bytes = new Uint8Array(width / 8);
    for (let i = 0; i < bytes.byteLength; i++) {
      bytes[i] = Number(this.#value >> BigInt(width - 8 - 8 * i) & 255n);
    }
    return bytes;
  }

  /** The value as object stores write it: big-endian, in base64. */
  toBase64(): string {
    return toBase64(this.toBytes());
  }
}

/**
 * The CRC of two pieces of data from the CRCs of each: so the parts of an object are summed where they arrive, in any order. Appending n bytes
 * multiplies a CRC by x^8n modulo the polynomial; the leading and final inversions cancel out.
 */
function combineCrc(field: CrcField, first: bigint, second: bigint, secondLength: number): bigint {
  return multiply(field, first, shift(field, secondLength)) ^ second;
}

/** x^(8 · length) modulo the polynomial, by squaring. */
function shift(field: CrcField, length: number): bigint {
  const { width } = field;
  // Reflected: the highest bit is x^0.
  let result = 1n << BigInt(width - 1);
  let square = result >> 8n;
  for (let n = BigInt(length); n > 0n; n >>= 1n) {
    if (n & 1n) result = multiply(field, result, square);
    square = multiply(field, square, square);
  }
  return result;
}

function multiply(field: CrcField, a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let bit = 1n << BigInt(field.width - 1); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= b;
    b = b & 1n ? (b >> 1n) ^ field.polynomial : b >> 1n;
  }
  return product;
}

/** Whether a checksum is one of the CRCs. */
export function isCrc(name: string | false): name is CrcAlgorithm {
  return typeof name === "string" && Object.hasOwn(FIELDS, name);
}

/** Bytes from which on loading what sums them up faster takes less time than it saves. */
const WORTH_LOADING = 1024 * 1024;

/** Whether a CRC of so many bytes is better summed up by code that is loaded first: that of {@linkcode newDigest}, which is twice as fast. */
export function isLoadedCrc(algorithm: CrcAlgorithm, length: number): boolean {
  return algorithm === "CRC64NVME" && length >= WORTH_LOADING;
}

/** By WebAssembly; `undefined` in a page that doesn't allow any, or whose server no longer has the chunk with it. */
async function newCrc64(): Promise<IHasher | undefined> {
  try {
    const { createCRC64 } = await import("hash-wasm");
    return await createCRC64(CRC64NVME_POLYNOMIAL.toString(16));
  } catch {
    return undefined;
  }
}

/** For bytes in memory, which are summed up at one go, one serves all. */
let sharedCrc64: Promise<IHasher | undefined> | undefined;

/** The CRC of bytes in memory. */
export async function crcOf(algorithm: CrcAlgorithm, bytes: Uint8Array): Promise<Crc> {
  if (!isLoadedCrc(algorithm, bytes.byteLength)) return new Crc(algorithm).update(bytes);
  const hasher = await (sharedCrc64 ??= newCrc64());
  if (!hasher) return new Crc(algorithm).update(bytes);
  return new Crc(algorithm, BigInt(`0x${hasher.init().update(bytes).digest()}`), bytes.byteLength);
}

/** Digests that stores report of whole objects. */
export type DigestAlgorithm = "MD5" | "SHA1" | "SHA256";

/** A digest underway. */
export interface Digest {
  /** Adds the bytes that follow. */
  update(bytes: Uint8Array): void;
  /** The digest; nothing can be added any more. */
  digest(): Uint8Array;
}

/** Begins a digest: with Node's code where there is any (MD5 0.6 GB/s, SHA-256 1.1), else in JavaScript; CRC-64/NVME in WebAssembly (1.2 GB/s). */
export async function newDigest(algorithm: DigestAlgorithm | CrcAlgorithm): Promise<Digest> {
  if (isCrc(algorithm)) return await crcDigest(algorithm);
  return nodeDigest(algorithm) ?? await portableDigest(algorithm);
}

async function crcDigest(algorithm: CrcAlgorithm): Promise<Digest> {
  const hasher = algorithm === "CRC64NVME" ? await newCrc64() : undefined;
  if (hasher) return { update: (bytes) => void hasher.update(bytes), digest: () => hasher.digest("binary") };
  const crc = new Crc(algorithm);
  return { update: (bytes) => void crc.update(bytes), digest: () => crc.toBytes() };
}

/** With Node's code; `undefined` in a browser. */
function nodeDigest(algorithm: DigestAlgorithm): Digest | undefined {
  const node: typeof import("node:crypto") | undefined = globalThis.process?.getBuiltinModule?.(
    "node:crypto",
  );
  if (!node) return undefined;
  const hash = node.createHash(algorithm.toLowerCase());
  return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
}

/** In JavaScript, loaded when it is first needed. */
export async function portableDigest(algorithm: DigestAlgorithm): Promise<Digest> {
  const hash = algorithm === "SHA256"
    ? (await import("@noble/hashes/sha2.js")).sha256.create()
    : (await import("@noble/hashes/legacy.js"))[algorithm === "MD5" ? "md5" : "sha1"].create();
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}

/** Bytes that are digested before others get their turn. */
const TURN = 8 * 1024 * 1024;
/** Bytes that a page digests sooner than it hands them to another thread. */
const AT_ONCE = 64 * 1024;

/**
 * The digest of bytes in memory: by Node's code where there is any, in turns with whatever else waits; in a page SHA of more than a little by WebCrypto, which
 * works off this thread and copies all of the bytes first.
 */
export async function digestOf(
  algorithm: DigestAlgorithm,
  bytes: Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const native = nodeDigest(algorithm);
  // Pages that did not come by https have no WebCrypto.
  if (!native && algorithm !== "MD5" && bytes.byteLength > AT_ONCE && crypto.subtle !== undefined) {
    return new Uint8Array(await crypto.subtle.digest(algorithm === "SHA1" ? "SHA-1" : "SHA-256", bytes));
  }
  const digest = native ?? await portableDigest(algorithm);
  for (let offset = 0; offset < bytes.byteLength; offset += TURN) {
    if (offset > 0) await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    digest.update(bytes.subarray(offset, offset + TURN));
  }
  return digest.digest();
}
