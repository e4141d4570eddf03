import type { Input } from "./target.ts";

/** Tries of one minimisation. */
const MOST_TRIES = 1500;

/**
 * A smaller input that still has the fault: ever smaller pieces are left out, as long as that goes, and then what stays is made plain, byte by byte.
 */
export async function minimised(input: Input, isFaulty: (input: Input) => Promise<boolean>): Promise<Input> {
  let tries = 0;
  const still = async (candidate: Input) => tries++ < MOST_TRIES && await isFaulty(candidate);
  let smallest = input;
  for (let length = input.length >> 1; length > 0; length >>= 1) {
    for (let at = 0; at < smallest.length && tries < MOST_TRIES;) {
      const candidate = new Uint8Array(smallest.length - Math.min(length, smallest.length - at));
      candidate.set(smallest.subarray(0, at));
      candidate.set(smallest.subarray(at + length), at);
      if (await still(candidate)) smallest = candidate;
      else at += length;
    }
  }
  for (let at = 0; at < smallest.length && tries < MOST_TRIES; at++) {
    for (const plain of [0x30, 0]) {
      if (smallest[at] === plain) break;
      const candidate = smallest.slice();
      candidate[at] = plain;
      if (!await still(candidate)) continue;
      smallest = candidate;
      break;
    }
  }
  return smallest;
}
