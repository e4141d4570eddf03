/** What takes the XXH64 of a frame's content. */
export interface Xxh64 {
  /** Takes the next piece. */
  update(piece: Uint8Array): void;
  /** What a frame stores of it: the low four bytes, little-endian. */
  stored(): Uint8Array<ArrayBuffer>;
}

/** Below this a module in wasm costs more than it saves. */
const SMALL = 64 * 1024;

/** XXH64 by hash-wasm, or by the code below for short contents and where wasm isn't allowed: eight times slower, half a second a GiB. */
export async function createXxh64(contentSize = Infinity): Promise<Xxh64> {
  if (contentSize <= SMALL) return new PortableXxh64();
  try {
    const hash = (await (await import("hash-wasm")).createXXHash64()).init();
    return {
      update: (piece) => void hash.update(piece),
      stored: () => new Uint8Array(hash.digest("binary").slice(4).reverse()),
    };
  } catch {
    return new PortableXxh64();
  }
}

/** Bytes a stripe: a 64-bit word for each of four lanes. */
const STRIPE = 32;

/** The primes, as halves of 32 bits, the low one first. */
const P1 = [0x85EBCA87, 0x9E3779B1] as const;
const P2 = [0x27D4EB4F, 0xC2B2AE3D] as const;
const P3 = [0x9E3779F9, 0x165667B1] as const;
const P4 = [0xC2B2AE63, 0x85EBCA77] as const;
const P5 = [0x165667C5, 0x27D4EB2F] as const;

const MASK = 0xFFFFFFFFFFFFFFFFn;
const word = ([low, high]: readonly [number, number]) => BigInt(high) << 32n | BigInt(low);
const rotated = (value: bigint, bits: bigint) => (value << bits | value >> 64n - bits) & MASK;

/**
 * XXH64 of seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). The stripes are in 32-bit arithmetic, since not
 * every engine has fast 64-bit integers; the few operations at the end are in bigints.
 */
export class PortableXxh64 implements Xxh64 {
  /** The four accumulators, low half first. */
  readonly #lanes = new BigUint64Array([word(P1) + word(P2), word(P2), 0n, -word(P1)]);
  readonly #halves = new Int32Array(this.#lanes.buffer);
  /** What has come of a stripe. */
  readonly #partial = new Uint8Array(STRIPE);
  #length = 0;

  /** Takes the next piece. */
  update(piece: Uint8Array): void {
    const held = this.#length % STRIPE;
    this.#length += piece.byteLength;
    let at = 0;
    if (held > 0) {
      at = Math.min(STRIPE - held, piece.byteLength);
      this.#partial.set(piece.subarray(0, at), held);
      if (held + at < STRIPE) return;
      this.#stripes(this.#partial);
    }
    const whole = piece.byteLength - at - (piece.byteLength - at) % STRIPE;
    if (whole > 0) this.#stripes(piece.subarray(at, at + whole));
    this.#partial.set(piece.subarray(at + whole));
  }

  #stripes(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let lane = 0; lane < 4; lane++) {
      let low = this.#halves[2 * lane];
      let high = this.#halves[2 * lane + 1];
      for (let at = 8 * lane; at < bytes.byteLength; at += STRIPE) {
        const x = view.getInt32(at, true);
        const y = view.getInt32(at + 4, true);
        // lane += word * P2. The high half of a product of two 32-bit numbers is put together from products of 16 bits.
        let x0 = x & 0xFFFF;
        let x1 = x >>> 16;
        let middle = Math.imul(x1, P2[0] & 0xFFFF) + (Math.imul(x0, P2[0] & 0xFFFF) >>> 16) | 0;
        let cross = Math.imul(x0, P2[0] >>> 16) + (middle & 0xFFFF) | 0;
        const product = Math.imul(x, P2[0]);
        const sum = low + product | 0;
        high = high + Math.imul(x1, P2[0] >>> 16) + (middle >>> 16) + (cross >>> 16) + Math.imul(y, P2[0]) +
            Math.imul(x, P2[1]) + (sum >>> 0 < product >>> 0 ? 1 : 0) | 0;
        // lane = rotated(lane, 31) * P1
        const left = sum << 31 | high >>> 1;
        const right = high << 31 | sum >>> 1;
        x0 = left & 0xFFFF;
        x1 = left >>> 16;
        middle = Math.imul(x1, P1[0] & 0xFFFF) + (Math.imul(x0, P1[0] & 0xFFFF) >>> 16) | 0;
        cross = Math.imul(x0, P1[0] >>> 16) + (middle & 0xFFFF) | 0;
        low = Math.imul(left, P1[0]);
        high = Math.imul(x1, P1[0] >>> 16) + (middle >>> 16) + (cross >>> 16) + Math.imul(right, P1[0]) +
            Math.imul(left, P1[1]) | 0;
      }
      this.#halves[2 * lane] = low;
      this.#halves[2 * lane + 1] = high;
    }
  }

  /** What a frame stores. */
  stored(): Uint8Array<ArrayBuffer> {
    const [p1, p2, p3, p4, p5] = [P1, P2, P3, P4, P5].map(word);
    const round = (lane: bigint, input: bigint) => rotated(lane + input * p2 & MASK, 31n) * p1 & MASK;
    let hash = p5;
    if (this.#length >= STRIPE) {
      const [a, b, c, d] = this.#lanes;
      hash = rotated(a, 1n) + rotated(b, 7n) + rotated(c, 12n) + rotated(d, 18n) & MASK;
      for (const lane of this.#lanes) hash = (hash ^ round(0n, lane)) * p1 + p4 & MASK;
    }
    hash = hash + BigInt(this.#length) & MASK;
    const rest = this.#length % STRIPE;
    const view = new DataView(this.#partial.buffer);
    let at = 0;
    for (; at + 8 <= rest; at += 8) {
      hash = rotated(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4 & MASK;
    }
    if (at + 4 <= rest) {
      hash = rotated(hash ^ BigInt(view.getUint32(at, true)) * p1 & MASK, 23n) * p2 + p3 & MASK;
      at += 4;
    }
    for (; at < rest; at++) hash = rotated(hash ^ BigInt(this.#partial[at]) * p5 & MASK, 11n) * p1 & MASK;
    hash = (hash ^ hash >> 33n) * p2 & MASK;
    hash = (hash ^ hash >> 29n) * p3 & MASK;
    hash ^= hash >> 32n;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, Number(hash & 0xFFFFFFFFn), true);
    return bytes;
  }
}
