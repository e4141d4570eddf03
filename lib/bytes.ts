/**
 * Bytes in memory: taking it, letting it grow, joining pieces, and Latin-1.
 *
 * @module
 */
import { UnsupportedError } from "./errors.ts";

/** Bytes one after the other, in memory of their own. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.byteLength;
  }
  return all;
}

/** A number as four bytes, the highest first. */
export function u32be(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** The bytes themselves, or a copy of them where they lie in shared memory, which WebCrypto and streams do not take. */
export function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return isUnshared(bytes) ? bytes : new Uint8Array(bytes);
}

/** Whether the bytes lie in ordinary memory; shared memory could change while it is sent. */
export function isUnshared(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer;
}

/**
 * How many items a typed array has: what its `length` should be, which V8's compiler Maglev takes for a negative number from 2³¹ items on (docs/decisions.md). Of bytes it is
 * their `byteLength`.
 */
export function lengthOf(array: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number }): number {
  return array.byteLength / array.BYTES_PER_ELEMENT;
}

/**
 * Memory of a given length, zeroed.
 *
 * @throws {UnsupportedError} when the runtime has no buffers of that length or no memory left.
 */
export function allocate(byteLength: number): Uint8Array<ArrayBuffer> {
  return withMemory(byteLength, () => new Uint8Array(byteLength));
}

function withMemory<T>(byteLength: number, take: () => T): T {
  try {
    return take();
  } catch (cause) {
    throw new UnsupportedError(
      `${byteLength} bytes don't fit into this machine's memory: if the length is right at all, open the array lazily and read it in parts, or read a stream`,
      { cause },
    );
  }
}

/** Bytes that are appended piece by piece, in memory that doubles as it fills: for lengths that are not known, or that nobody vouches for. */
export class GrowingBuffer {
  readonly #first: number;
  readonly #most: number;
  #memory = new Uint8Array();
  #length = 0;

  /**
   * An empty buffer.
   *
   * @param options `first`: how many bytes to make room for once the first have come, default 64 KiB; `most`: never make room for more than
   * that, unless more is appended.
   */
  constructor(
    { first = 64 * 1024, most = Infinity }: { readonly first?: number; readonly most?: number } = {},
  ) {
    this.#first = first;
    this.#most = most;
  }

  /** How many bytes have been appended. */
  get length(): number {
    return this.#length;
  }

  /** A view of what has been appended; it holds until more is. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(0, this.#length);
  }

  /**
   * Appends a copy of a piece.
   *
   * @throws {UnsupportedError} when memory does not suffice.
   */
  append(piece: Uint8Array): void {
    const needed = this.#length + piece.byteLength;
    if (needed > this.#memory.byteLength) {
      this.#resize(
        Math.max(needed, Math.min(this.#most, Math.max(this.#first, 2 * this.#memory.byteLength))),
      );
    }
    this.#memory.set(piece, this.#length);
    this.#length = needed;
  }

  /** What has been appended, in memory of exactly that length, which is given away: the buffer is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#length < this.#memory.byteLength) this.#resize(this.#length);
    const all = this.#memory;
    this.#memory = new Uint8Array();
    this.#length = 0;
    return all;
  }

  #resize(byteLength: number): void {
    const { buffer } = this.#memory;
    this.#memory = new Uint8Array(withMemory(byteLength, () => resized(buffer, byteLength)));
  }
}

/** A buffer, which in Node 20 can't be transferred. */
interface MaybeTransferable {
  readonly byteLength: number;
  transfer?(byteLength: number): ArrayBuffer;
}

/** As `buffer.transfer(byteLength)`: the buffer itself may be detached. */
export function resized(buffer: ArrayBuffer & MaybeTransferable, byteLength: number): ArrayBuffer {
  if (buffer.transfer) return buffer.transfer(byteLength);
  const bytes = new Uint8Array(byteLength);
  bytes.set(new Uint8Array(buffer, 0, Math.min(byteLength, buffer.byteLength)));
  return bytes.buffer;
}

/** Gives a buffer's memory back at once, and not when it is collected: it is detached, in all runtimes but Node 20. */
export function detach(buffer: MaybeTransferable): void {
  buffer.transfer?.(0);
}

/**
 * A stream's bytes, in memory that grows with what has come. The stream must end by itself after `byteLength` bytes, or fail.
 *
 * @param stream What to read; cancelled on failure.
 * @param byteLength How many bytes it gives, by what nobody vouches for.
 * @param first How many bytes to make room for at least, once the first have come.
 * @throws {UnsupportedError} when memory does not suffice.
 */
export async function readGrowing(
  stream: ReadableStream<Uint8Array>,
  byteLength: number,
  first: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new GrowingBuffer({ first, most: byteLength });
  for await (const piece of stream) buffer.append(piece);
  return buffer.take();
}

/** Each byte as the character of that number. (Not `TextDecoder("latin1")`, which is windows-1252.) */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  // In pieces that fit the call stack.
  for (let at = 0; at < bytes.byteLength; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/** Each character as the byte of its number; `undefined` if one is beyond 255. */
export function encodeLatin1(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}
