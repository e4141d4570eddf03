// Data to compress: repeatable, and of several kinds.

/** Pseudo-random numbers from 0 to 1 (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6D2B79F5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  };
}

/** Measured values: float32 of a smooth curve with noise. */
export function smooth(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const next = random(seed);
  const values = Float32Array.from(
    { length: Math.ceil(length / 4) },
    (_, i) => Math.round((Math.sin(i / 50) + next() / 50) * 500) / 500,
  );
  return new Uint8Array(values.buffer, 0, length);
}

export function noise(length: number, seed = 2): Uint8Array<ArrayBuffer> {
  const next = random(seed);
  return Uint8Array.from({ length }, () => next() * 256);
}

/** Runs of equal bytes, up to a thousand long, with short words between. */
export function runs(length: number, seed = 3): Uint8Array<ArrayBuffer> {
  const next = random(seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const end = at + 1 + Math.floor(next() * (next() < 0.5 ? 1000 : 6));
    bytes.fill(next() * 8, at, end);
    at = end;
  }
  return bytes;
}

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
