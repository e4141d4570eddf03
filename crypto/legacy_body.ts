/**
 * Bodies as Python's EncryptedInterface wrote them: 16 bytes of initialization vector, then AES-CBC of the plain bytes, 1 to 16 spaces, and the plain bytes'
 * number as 64 bits with the lowest first. There are as many spaces as make whole blocks.
 *
 * Source: cottoncandy 0.0.2 to 0.2.0, which wrote them; vectors made with its code.
 *
 * @module
 */
import type { ByteIterable } from "../lib/streams/transform.ts";
import { concat } from "./bytes.ts";
import { cut } from "./cut.ts";
import { BLOCK, type CbcDecrypt } from "./legacy_cbc.ts";
import { pipelined } from "./pipelined.ts";

const LENGTH_BYTES = 8;
const SPACE = 0x20;
/** The most bytes that can follow the plain ones. */
const MOST_TRAILER = BLOCK + LENGTH_BYTES;
/** Stored bytes that are decrypted at once, and how many such pieces. */
const PIECE = 1024 * 1024;
const AHEAD = 4;

/** Stored bytes at the end from which {@linkcode legacySize} tells the size: the blocks that the trailer lies in, and the one before. */
export const END_LENGTH: number = 3 * BLOCK;

/**
 * How many plain bytes an object has.
 *
 * @param end Its last {@linkcode END_LENGTH} stored bytes, or all where there are fewer.
 * @returns `undefined` when it is no object of this format, or under another key.
 */
export async function legacySize(
  decrypt: CbcDecrypt,
  storedSize: number,
  end: Uint8Array<ArrayBuffer>,
): Promise<number | undefined> {
  if (storedSize % BLOCK !== 0 || end.length !== Math.min(storedSize, END_LENGTH)) return undefined;
  if (end.length < 2 * BLOCK) return undefined;
  const tail = await decrypt(end.slice(0, BLOCK), end.slice(BLOCK));
  return plainLength(tail, storedSize - BLOCK);
}

/**
 * Decrypts a body. Its last bytes are held until the end has been checked.
 *
 * @param failure Makes the error of a body that is not of this format, or under another key.
 */
export async function* openLegacy(
  decrypt: CbcDecrypt,
  source: ByteIterable,
  failure: () => Error,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let held: Uint8Array<ArrayBuffer> = new Uint8Array();
  let total = 0;
  const pieces = pipelined(
    chained(source, failure),
    ({ iv, blocks }) => decrypt(iv, blocks),
    AHEAD,
  );
  for await (const piece of pieces) {
    total += piece.length;
    const given = held.length + piece.length - MOST_TRAILER;
    if (given <= 0) {
      held = concat(held, piece);
      continue;
    }
    // What is given may be taken away with its memory, so what is held on to is copied before.
    const before = held;
    if (given <= before.length) {
      held = concat(before.subarray(given), piece);
      yield before.slice(0, given);
    } else {
      const end = given - before.length;
      held = piece.slice(end);
      yield before;
      yield piece.subarray(0, end);
    }
  }
  const length = plainLength(held, total);
  if (length === undefined) throw failure();
  yield held.slice(0, held.length - (total - length));
}

/** Whole blocks, each run with the block before it. */
async function* chained(
  source: ByteIterable,
  failure: () => Error,
): AsyncGenerator<{ iv: Uint8Array<ArrayBuffer>; blocks: Uint8Array<ArrayBuffer> }, void, void> {
  let iv: Uint8Array<ArrayBuffer> = new Uint8Array();
  for await (const { bytes, index } of cut(source, (index) => index === 0 ? BLOCK : PIECE)) {
    if (bytes.length === 0 || bytes.length % BLOCK !== 0) throw failure();
    if (index > 0) yield { iv, blocks: bytes };
    iv = bytes.slice(-BLOCK);
  }
}

/**
 * What the decrypted end says of the whole.
 *
 * @param tail The last decrypted bytes: at least the trailer's, where there are as many.
 * @param total How many decrypted bytes there are.
 */
function plainLength(tail: Uint8Array<ArrayBuffer>, total: number): number | undefined {
  if (tail.length < BLOCK) return undefined;
  const place = tail.length - LENGTH_BYTES;
  const length = new DataView(tail.buffer, tail.byteOffset + place, LENGTH_BYTES).getBigUint64(0, true);
  // Larger than the object is none of its lengths; past this check the number is exact.
  if (length > BigInt(total)) return undefined;
  const plain = Number(length);
  const spaces = BLOCK - (plain % BLOCK + LENGTH_BYTES) % BLOCK;
  if (plain + spaces + LENGTH_BYTES !== total) return undefined;
  return tail.subarray(place - spaces, place).every((byte) => byte === SPACE) ? plain : undefined;
}
