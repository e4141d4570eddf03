/**
 * Sets of characters, as `[a-c]` writes them.
 *
 * @module
 */

/** Code points, as ranges with both ends included; or, `negated`, all but those. */
export interface CharacterSet {
  /** Pairs of first and last code point. */
  readonly ranges: readonly (readonly [first: number, last: number])[];
  /** Whether the set is what the ranges leave. */
  readonly negated: boolean;
}

/** Every character. */
export const ANY_CHARACTER: CharacterSet = { ranges: [], negated: true };

/** Every character but `/`. */
export const NO_SLASH: CharacterSet = { ranges: [[0x2f, 0x2f]], negated: true };

/** The set of one character. */
export function single(codePoint: number): CharacterSet {
  return { ranges: [[codePoint, codePoint]], negated: false };
}

/** Whether a set has a character. */
export function contains({ ranges, negated }: CharacterSet, codePoint: number): boolean {
  for (const [first, last] of ranges) {
    if (codePoint >= first && codePoint <= last) return !negated;
  }
  return negated;
}

/** The only character of a set, when it is written with one. */
export function onlyCharacter({ ranges, negated }: CharacterSet): number | undefined {
  if (negated || ranges.length !== 1) return undefined;
  const [[first, last]] = ranges;
  return first === last ? first : undefined;
}

/** The code points of a text. */
export function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}
