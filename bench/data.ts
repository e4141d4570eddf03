/**
 * Data that the benches work on: the same at every run.
 *
 * @module
 */

/** How many bytes are made of a large file: the rest is the same again. */
const REPEATED = 64 * 1024 * 1024;

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

/** A file in memory, while `work` goes on. */
async function withTemporary<T>(
  fill: (file: Deno.FsFile) => Promise<void>,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const path = await Deno.makeTempFile({ dir: "/dev/shm", prefix: "cottoncandy-bench-" });
  try {
    {
      using file = await Deno.open(path, { write: true });
      await fill(file);
    }
    return await work(path);
  } finally {
    await Deno.remove(path);
  }
}

async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length;) at += await file.write(data.subarray(at));
}

/** A file of some data, while `work` goes on. */
export function withFile<T>(data: Uint8Array, work: (file: string) => Promise<T>): Promise<T> {
  return withTemporary((file) => writeAll(file, data), work);
}

/** A file of `length` bytes as a scanner gives them, of float32; they repeat where that is too far away for any codec to see. */
export function withSignal<T>(length: number, work: (file: string) => Promise<T>): Promise<T> {
  const data = new Uint8Array(signal(Math.min(length, REPEATED) / 4).buffer);
  return withTemporary(async (file) => {
    for (let at = 0; at < length; at += data.length) {
      await writeAll(file, data.subarray(0, Math.min(data.length, length - at)));
    }
  }, work);
}
