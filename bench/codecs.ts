/**
 * Speed and memory of the codecs, each direction.
 *
 *     deno run -A bench/codecs.ts              all codecs: MB/s, and the peak memory of a 512 MiB stream, each in a process of its own
 *     deno run -A bench/codecs.ts speed LZ4    one codec's MB/s: for each data set write and read, and the ratio
 *     deno run -A bench/codecs.ts memory Zstd 512
 *
 * MB/s are of uncompressed bytes. Memory is the process's peak beyond what it had before the stream, baseline excluded; the data are made and dropped
 * on the fly, the compressed bytes go to a temporary file.
 */
// deno-lint-ignore-file no-console -- a report
import { compress, decompress, listCodecs } from "../codecs/mod.ts";
import { readAll, streamOf } from "../lib/streams/mod.ts";

const MiB = 1024 * 1024;
const NAMES = listCodecs().written.map(({ name }) => name);

function text(length: number): Uint8Array<ArrayBuffer> {
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

function floats(
  length: number,
  value: (i: number) => number,
  Type: typeof Float32Array | typeof Float64Array,
) {
  const values = new Type(length / Type.BYTES_PER_ELEMENT);
  for (let i = 0; i < values.length; i++) values[i] = value(i);
  return new Uint8Array(values.buffer);
}

function dataSets(length: number): Record<string, Uint8Array<ArrayBuffer>> {
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return {
    text: text(length),
    "smooth float32": floats(
      length,
      (i) => 280 + 20 * Math.sin(i / 5000) + Math.round(10 * Math.sin(i / 37)) / 10,
      Float32Array,
    ),
    "normal float64": floats(length, gaussian, Float64Array),
  };
}

async function speed(name: string): Promise<void> {
  const size = (name === "BZ2" ? 8 : 32) * MiB;
  for (const [label, bytes] of Object.entries(dataSets(size))) {
    const rates: string[] = [];
    // The first round warms up.
    for (const round of [0, 1]) {
      const started = performance.now();
      const stored = await readAll(streamOf(bytes).pipeThrough(compress(name, { size })));
      const between = performance.now();
      const reader = streamOf(stored).pipeThrough(decompress(name, { size })).getReader();
      while (!(await reader.read()).done);
      const ended = performance.now();
      if (round === 0) continue;
      for (const took of [between - started, ended - between]) {
        rates.push(`${Math.round(size / 1000 / took)}`.padStart(6));
      }
      rates.push((size / stored.length).toFixed(2).padStart(8));
    }
    console.log(name.padEnd(6), label.padEnd(16), ...rates);
  }
}

/** Peak memory of the process in MiB; the kernel keeps it. */
async function peak(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Peak memory of one direction, in a process that does nothing else. */
async function memory(
  name: string,
  mebibytes: number,
  file: string,
  direction: "write" | "read",
): Promise<void> {
  const size = mebibytes * MiB;
  const unit = dataSets(MiB)["smooth float32"];
  // Loads what is loaded lazily.
  await readAll(
    streamOf(await readAll(streamOf(unit).pipeThrough(compress(name, { size: MiB })))).pipeThrough(
      decompress(name),
    ),
  );
  const baseline = await peak();
  if (direction === "write") {
    let made = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (made++ === mebibytes) controller.close();
        else controller.enqueue(unit.map((byte, i) => i % 4 === 0 ? byte ^ made : byte));
      },
    }, { highWaterMark: 0 });
    const out = await Deno.open(file, { write: true, create: true, truncate: true });
    await source.pipeThrough(compress(name, { size })).pipeTo(out.writable);
  } else {
    let length = 0;
    for await (const piece of (await Deno.open(file)).readable.pipeThrough(decompress(name, { size }))) {
      length += piece.length;
    }
    if (length !== size) throw new Error(`${length} of ${size} bytes`);
  }
  console.log(
    `${name.padEnd(6)} ${direction.padEnd(6)} ${mebibytes} MiB: peak ${
      Math.round(await peak() - baseline)
    } MiB over a baseline of ${Math.round(baseline)} MiB`,
  );
}

async function again(...args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", import.meta.filename ?? "", ...args],
  });
  const { success } = await command.spawn().status;
  if (!success) throw new Error(`${args.join(" ")} failed`);
}

async function memoryBothWays(name: string, mebibytes: string): Promise<void> {
  const file = await Deno.makeTempFile();
  try {
    for (const direction of ["write", "read"]) await again("memory", name, mebibytes, file, direction);
  } finally {
    await Deno.remove(file);
  }
}

function codecName(name: string): string {
  if (NAMES.includes(name)) return name;
  throw new Error(`no codec ${name}; there are ${NAMES.join(", ")}`);
}

const [command, name = "", mebibytes = "512", file, direction] = Deno.args;
if (command === "speed") {
  await speed(codecName(name));
} else if (command === "memory" && file) {
  await memory(codecName(name), Number(mebibytes), file, direction === "read" ? "read" : "write");
} else if (command === "memory") {
  await memoryBothWays(codecName(name), mebibytes);
} else {
  console.log("codec  data              write   read    ratio");
  for (const codec of NAMES) await again("speed", codec);
  for (const codec of NAMES) await memoryBothWays(codec, codec === "BZ2" ? "64" : "512");
}
