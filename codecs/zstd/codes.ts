/** One of the three kinds of codes that sequences are made of (RFC 8878, 3.1.1.3.2): code n stands for a base and what its extra bits say beyond it. */
export interface SequenceCodes {
  /** By code. */
  readonly extraBits: readonly number[];
  /** What code 0 stands for; the others follow. */
  readonly firstBase: number;
  /** How often codes are expected where a block has no table of its own, in parts of 2 to the power of `standardLog`; -1 is less than one. */
  readonly standard: readonly number[];
  readonly standardLog: number;
  /** The largest log of a block's own table. */
  readonly logLimit: number;
}

/** How many bytes are copied before a match. */
export const LITERAL_LENGTHS: SequenceCodes = {
  extraBits: [...runs([0, 16]), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  firstBase: 0,
  standard: runs([4, 1], [3, 1], [2, 11], [1, 3], [2, 9], [3, 1], [2, 1], [1, 5], [-1, 4]),
  standardLog: 6,
  logLimit: 9,
};

/** How far back a match is, or which of the recent ones it is. Code n stands for 2 to the power of n and what n bits say, so that the bases follow from the bits, too. */
export const OFFSETS: SequenceCodes = {
  extraBits: Array.from({ length: 32 }, (_, code) => code),
  firstBase: 1,
  standard: runs([1, 6], [2, 3], [1, 15], [-1, 5]),
  standardLog: 5,
  logLimit: 8,
};

/** How long a match is. */
export const MATCH_LENGTHS: SequenceCodes = {
  extraBits: [...runs([0, 32]), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  firstBase: 3,
  standard: runs([1, 1], [4, 1], [3, 1], [2, 6], [1, 37], [-1, 7]),
  standardLog: 6,
  logLimit: 9,
};

/** What each code stands for at least. */
export function basesOf({ extraBits, firstBase }: SequenceCodes): Uint32Array<ArrayBuffer> {
  let base = firstBase;
  return Uint32Array.from(extraBits, (bits) => {
    const own = base;
    base += 2 ** bits;
    return own;
  });
}

/** Values, each as often as the number beside it says. */
function runs(...pairs: readonly [value: number, times: number][]): number[] {
  return pairs.flatMap(([value, times]) => new Array<number>(times).fill(value));
}
