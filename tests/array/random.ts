/** Whole numbers from 0 to below `below`, the same ones each time: xorshift, by Marsaglia. */
export function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
