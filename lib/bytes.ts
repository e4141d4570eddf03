import { UnsupportedError } from "./errors.ts";

/** Base64 of a few bytes, such as a digest. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Base64 for URLs, JWTs and the like, without padding. Source: RFC 4648, section 5; RFC 7515, section 2. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of base64 for URLs, which must be sound. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** A digest in hexadecimal, as ETags and Drive have it. */
export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of a digest in hexadecimal. */
export function decodeHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Bytes in base64, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  // In pieces, since the number of arguments of a call is limited.
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** The bytes of base64, with or without padding and with space in between; `undefined` when it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The bytes of base64 as {@linkcode toBase64} writes it, and in no other way: one text for one content. */
export function fromCanonicalBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = fromBase64(text);
  return bytes && toBase64(bytes) === text ? bytes : undefined;
}

/** Bytes one after the other, in memory of their own. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

/** A number as four bytes, the highest first. */
export function u32be(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Bytes as hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes of a library as what WebCrypto takes; copied only where they lie in shared memory. */
export function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    : new Uint8Array(bytes);
}

/**
 * Memory of a given length, zeroed.
 *
 * @throws {UnsupportedError} when the runtime has no buffers of that length or no memory left.
 */
export function allocate(byteLength: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(new ArrayBuffer(byteLength));
  } catch (cause) {
    throw new UnsupportedError(
      `${byteLength} bytes don't fit into this machine's memory: open the array lazily and read it in parts`,
      { cause },
    );
  }
}

/**
 * A stream's bytes, in memory that grows with what has come: for lengths that nobody vouches for. The stream must end by itself after
 * `byteLength` bytes, or fail.
 *
 * @param stream What to read; cancelled on failure.
 * @param byteLength How many bytes it gives.
 * @param first How many bytes to make room for at least, once the first have come.
 * @throws {UnsupportedError} when memory does not suffice.
 */
export async function readGrowing(
  stream: ReadableStream<Uint8Array>,
  byteLength: number,
  first: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = allocate(0);
  let filled = 0;
  for await (const piece of stream) {
    if (filled + piece.length > bytes.length) {
      const larger = allocate(Math.min(byteLength, Math.max(first, bytes.length * 2, filled + piece.length)));
      larger.set(bytes.subarray(0, filled));
      bytes = larger;
    }
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}
