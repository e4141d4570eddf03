/**
 * The .xz container (tukaani.org/xz/xz-file-format.txt), as numcodecs' `LZMA` writes it by default; LZMA2 itself is in `lzma2.ts`. Every
 * checksum is checked.
 *
 * @module
 */
import { crc32, crc64xz, newDigest } from "../lib/checksums.ts";
import { UnsupportedError } from "../lib/errors.ts";
import { corruptError, type Pieces, truncatedError } from "./codec.ts";
import { Lzma2 } from "./lzma2.ts";
import { ByteReader } from "./reader.ts";

const HEADER_MAGIC = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00];
const FOOTER_MAGIC = [0x59, 0x5A];
const LZMA2_FILTER = 0x21;
/** Largest dictionary: twice that of the highest preset. */
const DICTIONARY_LIMIT = 128 * 1024 * 1024;

/** Decodes .xz streams, any number of them; zeros may follow. */
export async function* decode(source: Pieces): Pieces {
  const reader = new ByteReader("LZMA", source);
  do yield* decodeStream(reader); while (await reader.another(HEADER_MAGIC));
}

async function* decodeStream(reader: ByteReader): Pieces {
  await expect(reader, HEADER_MAGIC, "no .xz stream where one should begin");
  const flags = (await reader.take(2)).slice();
  await expect(reader, littleEndian(crc32(flags)), "the header's checksum is wrong");
  if (flags[0] !== 0 || flags[1] > 15) {
    throw new UnsupportedError("LZMA: the data need a later version of the .xz format");
  }
  // What the index and the footer must be follows from the blocks; so they are made and compared.
  const index: number[] = [];
  let blocks = 0;
  for (; (await reader.peek(1))[0] !== 0; blocks++) index.push(...yield* decodeBlock(reader, flags[1]));
  index.unshift(0, ...encodeNumber(blocks));
  while (index.length % 4 !== 0) index.push(0);
  index.push(...littleEndian(crc32(Uint8Array.from(index))));
  await expect(reader, index, "the index is wrong");
  const footer = [...littleEndian(index.length / 4 - 1), ...flags];
  footer.unshift(...littleEndian(crc32(Uint8Array.from(footer))));
  await expect(reader, [...footer, ...FOOTER_MAGIC], "a stream's footer is wrong");
}

/** Decodes a block; returns its record of the index. */
async function* decodeBlock(
  reader: ByteReader,
  checkType: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, number[]> {
  if (await reader.atEnd()) throw truncatedError("LZMA");
  const headerLength = ((await reader.peek(1))[0] + 1) * 4;
  const header = (await reader.take(headerLength - 4)).slice();
  await expect(reader, littleEndian(crc32(header)), "a block header's checksum is wrong");
  const announced = parseBlockHeader(header);
  const check = await checkOf(checkType);
  const lzma2 = new Lzma2(announced.dictionarySize);
  let compressed = 1;
  let uncompressed = 0;
  for (let [control] = await reader.take(1); control !== 0; [control] = await reader.take(1)) {
    let piece: Uint8Array<ArrayBuffer>;
    if (control < 0x80) {
      if (control > 2) throw corruptError("LZMA", "a chunk of no known kind");
      const [high, low] = await reader.take(2);
      piece = lzma2.stored(await reader.take((high << 8 | low) + 1), control === 1);
      compressed += 3 + piece.byteLength;
    } else {
      const head = (await reader.take(control < 0xC0 ? 4 : 5)).slice();
      const stored = (head[2] << 8 | head[3]) + 1;
      const length = ((control & 0x1F) << 16 | head[0] << 8 | head[1]) + 1;
      piece = lzma2.compressed(await reader.take(stored), length, control, head[4]);
      compressed += 1 + head.byteLength + stored;
    }
    uncompressed += piece.byteLength;
    if (uncompressed > (announced.uncompressed ?? Infinity)) {
      throw corruptError("LZMA", "a block is longer than it says");
    }
    check.update(piece);
    yield piece;
  }
  const lengthsAgree = uncompressed === (announced.uncompressed ?? uncompressed) &&
    compressed === (announced.compressed ?? compressed);
  if (!lengthsAgree) throw corruptError("LZMA", "a block's length isn't what it says");
  const padding = new Array<number>((4 - compressed % 4) % 4).fill(0);
  await expect(reader, padding, "a block's padding isn't zero");
  const digest = check.digest();
  await expect(reader, digest, "a block's checksum is wrong");
  return [...encodeNumber(headerLength + compressed + digest.length), ...encodeNumber(uncompressed)];
}

/** The check of a stream's blocks: of no bytes, CRC-32 and CRC-64 (least significant byte first), or SHA-256. */
async function checkOf(
  type: number,
): Promise<{ update(bytes: Uint8Array): void; digest(): ArrayLike<number> }> {
  if (type === 0) return { update: () => {}, digest: () => [] };
  if (type === 10) return await newDigest("SHA256");
  if (type === 1) {
    let crc = 0;
    return { update: (bytes) => void (crc = crc32(bytes, crc)), digest: () => littleEndian(crc) };
  }
  if (type === 4) {
    let crc = 0n;
    return {
      update: (bytes) => void (crc = crc64xz(bytes, crc)),
      digest: () => new Uint8Array(BigUint64Array.of(crc).buffer),
    };
  }
  throw new UnsupportedError(`LZMA: the data have a check of the unknown type ${type}`);
}

function parseBlockHeader(
  header: Uint8Array,
): { dictionarySize: number; compressed?: number; uncompressed?: number } {
  const flags = header[1];
  if (flags & 0x3C) throw new UnsupportedError("LZMA: the data need a later version of the .xz format");
  let at = 2;
  const number = () => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 63 && at < header.byteLength; scale *= 128) {
      const byte = header[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw corruptError("LZMA", "an impossible number");
  };
  const compressed = flags & 0x40 ? number() : undefined;
  const uncompressed = flags & 0x80 ? number() : undefined;
  if ((flags & 3) !== 0 || number() !== LZMA2_FILTER || number() !== 1) {
    throw new UnsupportedError("LZMA: the data use other filters than LZMA2 alone");
  }
  const code = header[at];
  if (code > 40) throw corruptError("LZMA", "an impossible dictionary");
  const dictionarySize = (2 | code & 1) * 2 ** ((code >> 1) + 11);
  if (dictionarySize > DICTIONARY_LIMIT) {
    throw new UnsupportedError(
      `LZMA: the data need a dictionary of ${dictionarySize} bytes, more than the ${DICTIONARY_LIMIT} allowed here`,
    );
  }
  return { dictionarySize, compressed, uncompressed };
}

/** Takes bytes that can only be the ones given. */
async function expect(reader: ByteReader, bytes: ArrayLike<number>, fault: string): Promise<void> {
  const taken = await reader.take(bytes.length);
  if (!taken.every((byte, i) => byte === bytes[i])) throw corruptError("LZMA", fault);
}

function littleEndian(value: number): number[] {
  return [value & 255, value >>> 8 & 255, value >>> 16 & 255, value >>> 24];
}

/** A number of variable length, seven bits a byte. */
function encodeNumber(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return [...bytes, value];
}
