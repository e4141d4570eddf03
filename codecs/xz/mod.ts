/**
 * The .xz container (tukaani.org/xz/xz-file-format.txt) with LZMA2, as numcodecs' `LZMA` writes it by default. Every checksum is checked.
 *
 * @module
 */
import { UnsupportedError } from "../../lib/errors.ts";
import { corruptError, type Pieces, truncatedError } from "../codec.ts";
import { ByteReader } from "../reader.ts";
import { Lzma2 } from "./lzma2.ts";

const HEADER_MAGIC = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00];
const FOOTER_MAGIC = [0x59, 0x5A];
const LZMA2_FILTER = 0x21;
/** Largest dictionary: twice that of the highest preset. */
const DICTIONARY_LIMIT = 128 * 1024 * 1024;

/** What hash-wasm's hashes have in common. */
interface Hash {
  init(): Hash;
  update(bytes: Uint8Array): Hash;
  digest(form: "binary"): Uint8Array;
}
/** The check of a stream's blocks: bytes it takes, how it is made, and whether it is stored least significant byte first. */
interface Check {
  readonly length: number;
  readonly make?: () => Promise<Hash>;
  readonly reversed?: boolean;
}
type HashWasm = typeof import("hash-wasm");

function checkOf(type: number, { createCRC32, createCRC64, createSHA256 }: HashWasm): Check {
  switch (type) {
    case 0:
      return { length: 0 };
    case 1:
      return { length: 4, make: createCRC32, reversed: true };
    case 4:
      return { length: 8, make: createCRC64, reversed: true };
    case 10:
      return { length: 32, make: createSHA256 };
    default:
      throw new UnsupportedError(`LZMA: the data have a check of the unknown type ${type}`);
  }
}

function equal(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((byte, i) => byte === b[i]);
}

export async function* decode(source: Pieces): Pieces {
  const hashes = await import("hash-wasm");
  const crc32 = await hashes.createCRC32();
  const reader = new ByteReader("LZMA", source);
  do {
    yield* oneStream(reader, hashes, (bytes) => crc32.init().update(bytes).digest("binary").reverse());
  } while (!await reader.skipZeros());
}

/** Sizes of a block, as the index repeats them. */
interface Record {
  readonly unpadded: number;
  readonly uncompressed: number;
}

async function* oneStream(
  reader: ByteReader,
  hashes: HashWasm,
  crc32: (bytes: Uint8Array) => Uint8Array,
): Pieces {
  const header = (await reader.take(12)).slice();
  if (!equal(header.subarray(0, 6), HEADER_MAGIC)) {
    throw corruptError("LZMA", "no .xz stream where one should begin");
  }
  if (!equal(crc32(header.subarray(6, 8)), header.subarray(8))) {
    throw corruptError("LZMA", "the header's checksum is wrong");
  }
  if (header[6] !== 0 || header[7] > 15) {
    throw new UnsupportedError("LZMA: the data need a later version of the .xz format");
  }
  const check = checkOf(header[7], hashes);
  const records: Record[] = [];
  while ((await reader.peek(1))[0] !== 0) {
    if (await reader.atEnd()) throw truncatedError("LZMA");
    records.push(yield* oneBlock(reader, check, crc32));
  }
  const indexLength = await readIndex(reader, records, crc32);
  const footer = (await reader.take(12)).slice();
  const backward = new DataView(footer.buffer, footer.byteOffset).getUint32(4, true);
  if (
    !equal(footer.subarray(10), FOOTER_MAGIC) ||
    !equal(crc32(footer.subarray(4, 10)), footer.subarray(0, 4)) ||
    !equal(footer.subarray(8, 10), header.subarray(6, 8)) || (backward + 1) * 4 !== indexLength
  ) throw corruptError("LZMA", "a stream's footer is wrong");
}

async function* oneBlock(
  reader: ByteReader,
  check: Check,
  crc32: (bytes: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array<ArrayBuffer>, Record> {
  const headerLength = ((await reader.peek(1))[0] + 1) * 4;
  const header = (await reader.take(headerLength)).slice();
  if (!equal(crc32(header.subarray(0, -4)), header.subarray(-4))) {
    throw corruptError("LZMA", "a block header's checksum is wrong");
  }
  const { dictionarySize, compressed: announcedCompressed, uncompressed: announced } = parseBlockHeader(
    header,
  );
  const decoder = new Lzma2(dictionarySize);
  const hash = await check.make?.();
  hash?.init();
  let compressed = 0;
  let uncompressed = 0;
  while (true) {
    const control = (await reader.take(1))[0];
    compressed += 1;
    if (control === 0) break;
    let piece: Uint8Array<ArrayBuffer>;
    if (control < 0x80) {
      if (control > 2) throw corruptError("LZMA", "a chunk of no known kind");
      const [high, low] = await reader.take(2);
      const length = (high << 8 | low) + 1;
      piece = decoder.stored(await reader.take(length), control === 1);
      compressed += 2 + length;
    } else {
      const hasProperties = control >= 0xC0;
      const head = await reader.take(hasProperties ? 5 : 4);
      const length = ((control & 0x1F) << 16 | head[0] << 8 | head[1]) + 1;
      const stored = (head[2] << 8 | head[3]) + 1;
      const properties = hasProperties ? head[4] : undefined;
      compressed += head.length + stored;
      piece = decoder.compressed(await reader.take(stored), length, control, properties);
    }
    uncompressed += piece.length;
    if (announced !== undefined && uncompressed > announced) {
      throw corruptError("LZMA", "a block is longer than it says");
    }
    hash?.update(piece);
    yield piece;
  }
  if (
    announced !== undefined && uncompressed !== announced ||
    announcedCompressed !== undefined && compressed !== announcedCompressed
  ) throw corruptError("LZMA", "a block's length isn't what it says");
  const padding = await reader.take((4 - compressed % 4) % 4);
  if (padding.some((byte) => byte !== 0)) throw corruptError("LZMA", "a block's padding isn't zero");
  const stored = await reader.take(check.length);
  if (hash) {
    const digest = hash.digest("binary");
    if (!equal(check.reversed ? digest.reverse() : digest, stored)) {
      throw corruptError("LZMA", "a block's checksum is wrong");
    }
  }
  return { unpadded: headerLength + compressed + check.length, uncompressed };
}

/** Reads numbers of variable length, seven bits a byte, from a header or index whose checksum was right. */
class Numbers {
  at: number;
  constructor(readonly bytes: Uint8Array, start: number) {
    this.at = start;
  }
  next(): number {
    let value = 0;
    for (let i = 0; i < 9; i++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    throw corruptError("LZMA", "an impossible number");
  }
}

function parseBlockHeader(
  header: Uint8Array,
): { dictionarySize: number; compressed?: number; uncompressed?: number } {
  const flags = header[1];
  if (flags & 0x3C) throw new UnsupportedError("LZMA: the data need a later version of the .xz format");
  const numbers = new Numbers(header.subarray(0, -4), 2);
  const compressed = flags & 0x40 ? numbers.next() : undefined;
  const uncompressed = flags & 0x80 ? numbers.next() : undefined;
  if ((flags & 3) !== 0 || numbers.next() !== LZMA2_FILTER || numbers.next() !== 1) {
    throw new UnsupportedError("LZMA: the data use other filters than LZMA2 alone");
  }
  const code = header[numbers.at];
  if (code > 40) throw corruptError("LZMA", "an impossible dictionary");
  const dictionarySize = (2 | code & 1) * 2 ** ((code >> 1) + 11);
  if (dictionarySize > DICTIONARY_LIMIT) {
    throw new UnsupportedError(
      `LZMA: the data need a dictionary of ${dictionarySize} bytes, more than the ${DICTIONARY_LIMIT} allowed here`,
    );
  }
  return { dictionarySize, compressed, uncompressed };
}

/** Checks the index against the blocks that were read; gives its length. */
async function readIndex(
  reader: ByteReader,
  records: readonly Record[],
  crc32: (bytes: Uint8Array) => Uint8Array,
): Promise<number> {
  // It must be exactly what the blocks say; so it is made from them and compared.
  const expected = [0, ...encodeNumber(records.length)];
  for (const { unpadded, uncompressed } of records) {
    expected.push(...encodeNumber(unpadded), ...encodeNumber(uncompressed));
  }
  while (expected.length % 4 !== 0) expected.push(0);
  const index = (await reader.take(expected.length)).slice();
  if (!equal(index, expected) || !equal(crc32(index), await reader.take(4))) {
    throw corruptError("LZMA", "the index is wrong");
  }
  return expected.length + 4;
}

function encodeNumber(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  bytes.push(value);
  return bytes;
}
