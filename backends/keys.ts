import { type ErrorDetails, InvalidArgumentError } from "../lib/errors.ts";

/** The longest key, in UTF-8 bytes: S3's limit, kept by every backend so that objects can move between them. */
export const MAX_KEY_BYTES = 1024;

const encoder = new TextEncoder();

/**
 * Throws unless `key` can name an object in every store: 1 to 1024 bytes of UTF-8. Nothing is decoded or normalised.
 *
 * @param details What the error tells beside its message.
 * @throws {InvalidArgumentError} when it is empty, too long, or holds half a surrogate pair.
 *
 * @example
 * ```ts
 * import { checkKey } from "@cottoncandy/cottoncandy/backends";
 *
 * checkKey("sub01/run 1/%41.npy");
 * ```
 */
export function checkKey(key: string, details: ErrorDetails = { key }): void {
  if (typeof key !== "string" || key === "") {
    throw new InvalidArgumentError("an object needs a name of at least one character", details);
  }
  if (!key.isWellFormed()) {
    throw new InvalidArgumentError(
      "the name is no well-formed Unicode: it holds half of a surrogate pair; give whole characters",
      details,
    );
  }
  // A UTF-16 unit takes at most three bytes, so most keys need no encoding to be known as short enough.
  if (key.length * 3 > MAX_KEY_BYTES && encoder.encode(key).length > MAX_KEY_BYTES) {
    throw new InvalidArgumentError(
      `the name has more than ${MAX_KEY_BYTES} bytes of UTF-8; give a shorter one`,
      details,
    );
  }
}

/**
 * Orders keys by their UTF-8 bytes, as stores list them: negative, zero or positive, for `Array.prototype.sort`. JavaScript's own order
 * is of UTF-16 units, and puts what lies beyond U+FFFF before U+E000.
 *
 * @example
 * ```ts
 * import { compareKeys } from "@cottoncandy/cottoncandy/backends";
 *
 * const keys = ["\u{1F36C}", "\uFF5E"];
 * console.assert([...keys].sort()[0] === "\u{1F36C}");
 * console.assert(keys.sort(compareKeys)[0] === "\uFF5E");
 * ```
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** A UTF-16 unit's place among UTF-8 lead bytes: surrogates, which stand for U+10000 and up, after all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
