/**
 * Data that the benches work on: the same at every run.
 *
 * @module
 */

/** Values as a scanner gives them: smooth, with some noise in the low bits. */
export function signal(length: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  let seed = 1;
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    values[i] = Math.round(1000 * Math.sin(i / 1e4)) + (seed >>> 29);
  }
  return values;
}

/** Words of English in lines, as logs and tables have them. */
export function text(length: number): Uint8Array<ArrayBuffer> {
  const words =
    "the of and to in a is that for it was on are as with they be at from this have or by one had not but what all"
      .split(" ");
  let state = 1;
  let line = "";
  while (line.length < length) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    line += words[Math.floor((state / 2 ** 32) ** 2 * words.length)] + (state & 0xF00 ? " " : ".\n");
  }
  return new TextEncoder().encode(line.slice(0, length));
}

/** Normal noise as float64: next to nothing in it can be compressed. */
export function noise(length: number): Float64Array<ArrayBuffer> {
  let state = 1;
  const uniform = () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return new Float64Array(length).map(() =>
    Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
  );
}

/** A file of data in memory, while `work` goes on. */
export async function withFile<T>(data: Uint8Array, work: (file: string) => Promise<T>): Promise<T> {
  const file = await Deno.makeTempFile({ dir: "/dev/shm", prefix: "cottoncandy-bench-" });
  try {
    await Deno.writeFile(file, data);
    return await work(file);
  } finally {
    await Deno.remove(file);
  }
}

/** A file of `length` bytes as a scanner gives them, of float32. */
export function withSignal<T>(length: number, work: (file: string) => Promise<T>): Promise<T> {
  return withFile(new Uint8Array(signal(length / 4).buffer), work);
}
