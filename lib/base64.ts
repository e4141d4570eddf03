/**
 * Bytes as text: base64 and hexadecimal (RFC 4648). `@scure/base` uses what the runtime brings (`Uint8Array.prototype.toBase64`, `toHex`), and does without
 * where there is none yet.
 *
 * @module
 */
import { base64, base64urlnopad, hex } from "@scure/base";
import { unshared } from "./bytes.ts";

/** Bytes in base64, with padding. */
export function toBase64(bytes: Uint8Array): string {
  return base64.encode(bytes);
}

/** Bytes in base64 for URLs, JWTs and the like: without padding. Source: RFC 4648, section 5; RFC 7515, section 2. */
export function toBase64Url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/** The bytes of base64 as people and tools write it: with or without padding, with white space in between; `undefined` when it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  // The one decoder that forgives so much, in every runtime: https://infra.spec.whatwg.org/#forgiving-base64-decode
  return attempt(() => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}

/** The bytes of base64 as {@linkcode toBase64} writes it, and in no other way: one text for one content; else `undefined`. */
export function fromCanonicalBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  return attempt(() => base64.decode(text));
}

/** The bytes of base64 as {@linkcode toBase64Url} writes it; `undefined` when it is none. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  return attempt(() => base64urlnopad.decode(text));
}

/** Bytes as hexadecimal digits, in lower case. */
export function toHex(bytes: Uint8Array): string {
  return hex.encode(bytes);
}

/** The bytes of hexadecimal digits of either case; `undefined` when it is none. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  return attempt(() => hex.decode(text));
}

/** A digest in hexadecimal, as ETags and Drive have it, in base64, as checksums are written; what is none becomes one that fits no bytes. */
export function base64OfHex(digest: string): string {
  return toBase64(fromHex(digest) ?? new Uint8Array());
}

function attempt(decode: () => Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    return unshared(decode());
  } catch {
    return undefined;
  }
}
