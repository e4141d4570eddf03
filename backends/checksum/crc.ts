import { encodeBase64 } from "./base64.ts";
import { combineCrc, type CrcField } from "./combine.ts";
import { crc32, CRC32_POLYNOMIAL } from "./crc32.ts";
import { crc32c, CRC32C_POLYNOMIAL } from "./crc32c.ts";
import { crc64nvme, CRC64NVME_POLYNOMIAL } from "./crc64nvme.ts";

/** The CRCs that object stores know. */
export type CrcAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME";

const ALGORITHMS: Record<CrcAlgorithm, CrcField & { add(bytes: Uint8Array, previous: bigint): bigint }> = {
  CRC32: {
    polynomial: BigInt(CRC32_POLYNOMIAL),
    width: 32,
    add: (bytes, previous) => BigInt(crc32(bytes, Number(previous))),
  },
  CRC32C: {
    polynomial: BigInt(CRC32C_POLYNOMIAL),
    width: 32,
    add: (bytes, previous) => BigInt(crc32c(bytes, Number(previous))),
  },
  CRC64NVME: { polynomial: CRC64NVME_POLYNOMIAL, width: 64, add: crc64nvme },
};

/** A CRC underway: bytes are added to it, or the CRC of what follows. */
export class Crc {
  /** Which CRC this is. */
  readonly algorithm: CrcAlgorithm;
  #value = 0n;
  #length = 0;

  /** A CRC of no bytes. */
  constructor(algorithm: CrcAlgorithm) {
    this.algorithm = algorithm;
  }

  /** How many bytes have been added. */
  get length(): number {
    return this.#length;
  }

  /** Adds the bytes that follow. */
  update(bytes: Uint8Array): this {
    this.#value = ALGORITHMS[this.algorithm].add(bytes, this.#value);
    this.#length += bytes.length;
    return this;
  }

  /** Adds the CRC, of the same kind, of the bytes that follow. */
  append(next: Crc): this {
    this.#value = combineCrc(ALGORITHMS[this.algorithm], this.#value, next.#value, next.#length);
    this.#length += next.#length;
    return this;
  }

  /** The value as object stores write it: big-endian, in base64. */
  toBase64(): string {
    const { width } = ALGORITHMS[this.algorithm];
    const bytes = new Uint8Array(width / 8);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = Number(this.#value >> BigInt(width - 8 - 8 * i) & 255n);
    }
    return encodeBase64(bytes);
  }
}
