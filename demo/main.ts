// deno-lint-ignore-file no-console -- a program that prints
/**
 * `deno task demo [array.npy] [--store URL]`: stores real arrays in every codec, lists them, slices them lazily, reads them back and compares every
 * bit.
 */
import type { Backend } from "../backends/backend.ts";
import { listCodecs } from "../codecs/mod.ts";
import {
  CottonCandyError,
  DefaultInterface,
  getInterface,
  InvalidArgumentError,
  MemoryBackend,
  type NDArray,
  ndarray,
  NotFoundError,
  readNpy,
} from "../mod.ts";
import { row, rule } from "./table.ts";

const CODECS = [false, ...listCodecs().written.map(({ name }) => name)] as const;
const ROOT = "cottoncandy-demo";
const USAGE =
  "Usage: deno task demo [array.npy] [--store URL], where URL is of the kind s3://bucket/prefix?endpoint=…, gdrive://folder, file:///directory";

interface Arguments {
  readonly file?: string;
  readonly store?: string;
}

function parseArguments(args: readonly string[]): Arguments {
  const parsed: { file?: string; store?: string } = {};
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--store") parsed.store = args[++i];
    else if (args[i].startsWith("--store=")) parsed.store = args[i].slice("--store=".length);
    else if (!args[i].startsWith("-") && parsed.file === undefined) parsed.file = args[i];
    else throw new InvalidArgumentError(`"${args[i]}" is no argument of the demo. ${USAGE}`);
  }
  if ("store" in parsed && !parsed.store) {
    throw new InvalidArgumentError(`--store needs a URL. ${USAGE}`);
  }
  return parsed;
}

/** The rasters of npm:vega-datasets: yearly rain over the world in mm, and the heights of a volcano in m. */
async function rasters(): Promise<Map<string, NDArray>> {
  const [rain, volcano] = await Promise.all([
    import("vega-datasets/data/annual-precip.json", { with: { type: "json" } }),
    import("vega-datasets/data/volcano.json", { with: { type: "json" } }),
  ]);
  return new Map<string, NDArray>([
    [
      "annual-precip",
      ndarray(Float32Array.from(rain.default.values), [rain.default.height, rain.default.width]),
    ],
    [
      "volcano",
      ndarray(Int16Array.from(volcano.default.values), [volcano.default.height, volcano.default.width]),
    ],
  ]);
}

async function fromFile(path: string): Promise<Map<string, NDArray>> {
  const file = await Deno.open(path).catch((cause) => {
    if (cause instanceof Deno.errors.NotFound) throw new NotFoundError(`there is no file ${path}`, { cause });
    throw cause;
  });
  const name = path.split(/[\\/]/).at(-1)?.replace(/\.npy$/, "") || "array";
  return new Map([[name, await readNpy(file.readable)]]);
}

/** What is measured of one array in one form. */
interface Outcome {
  readonly name: string;
  readonly codec: string;
  readonly stored: number;
  readonly writeSeconds: number;
  readonly readSeconds: number;
}

async function seconds<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, (performance.now() - start) / 1000];
}

function rawName(name: string, codec: string | false): string {
  return `${ROOT}/${name}/${codec || "raw"}`;
}

function npyName(name: string): string {
  return `${ROOT}/${name}/array.npy`;
}

async function roundTrip(
  cci: DefaultInterface,
  name: string,
  array: NDArray,
  codec: string | false,
): Promise<Outcome> {
  const key = rawName(name, codec);
  const [{ size }, writeSeconds] = await seconds(() =>
    cci.uploadRawArray(key, array, { compression: codec })
  );
  const [back, readSeconds] = await seconds(() => cci.downloadRawArray(key));
  verify(key, array, back);
  return { name: key, codec: codec || "none", stored: size, writeSeconds, readSeconds };
}

async function npyRoundTrip(cci: DefaultInterface, name: string, array: NDArray): Promise<Outcome> {
  const key = npyName(name);
  const [{ size }, writeSeconds] = await seconds(() => cci.uploadNpyArray(key, array));
  const [back, readSeconds] = await seconds(() => cci.downloadNpyArray(key));
  verify(key, array, back);
  return { name: key, codec: "npy", stored: size, writeSeconds, readSeconds };
}

function verify(key: string, expected: NDArray, actual: NDArray): void {
  const a = expected.toBytes();
  const b = actual.toBytes();
  const same = expected.dtype === actual.dtype && expected.shape.join() === actual.shape.join() &&
    a.length === b.length &&
    a.every((byte, i) => byte === b[i]);
  if (!same) throw new Error(`${key} came back different`);
}

/** Slices a stored array without downloading it, and compares the slice with that of the array in memory. */
async function sliceLazily(cci: DefaultInterface, name: string, array: NDArray): Promise<string> {
  const key = rawName(name, false);
  const lazy = await cci.openRawArray(key);
  const middle = array.shape.map((n): [number, number] => [Math.floor(n / 3), Math.ceil(n / 2)]);
  const [part, time] = await seconds(() => lazy.slice(...middle));
  verify(`a slice of ${key}`, array.slice(...middle), part);
  const where = middle.map(([from, to]) => `${from}:${to}`).join(", ");
  return `${key}[${where}] of shape (${lazy.shape.join(", ")}) in ${(time * 1000).toFixed(1)} ms`;
}

/** Loads every codec, so that what is timed is the work and not the loading of code. */
async function warmUp(): Promise<void> {
  const memory = new DefaultInterface(new MemoryBackend());
  for (const codec of CODECS) await roundTrip(memory, "warm", ndarray(new Int16Array(1000), [1000]), codec);
}

async function listed(backend: Backend, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list({ prefix })) if ("key" in entry) keys.push(entry.key);
  return keys;
}

/** Removes what this run stored, and nothing else that may be there. */
async function clear(cci: DefaultInterface, arrays: Map<string, NDArray>): Promise<void> {
  const names = [...arrays.keys()].flatMap((
    name,
  ) => [...CODECS.map((codec) => rawName(name, codec)), npyName(name)]);
  const keys = names.map((name) => cci.prefix + name);
  for await (const { key, error } of cci.backend.delete(keys)) {
    if (error) throw new Error(`${key} could not be removed`, { cause: error });
  }
}

async function run(cci: DefaultInterface, arrays: Map<string, NDArray>): Promise<void> {
  const print = console.log;
  await warmUp();
  const columns: [string, number][] = [
    ["name", -40],
    ["dtype", -6],
    ["shape", -12],
    ["codec", -6],
    ["stored", 10],
    ["ratio", 6],
    ["write MB/s", 11],
    ["read MB/s", 10],
  ];
  print(row(columns.map(([title, width]) => [title, width])));
  print(rule(columns.map(([, width]) => width)));
  let count = 0;
  let bits = 0;
  for (const [name, array] of arrays) {
    const byteLength = array.toBytes().length;
    const outcomes = [];
    for (const codec of CODECS) outcomes.push(await roundTrip(cci, name, array, codec));
    outcomes.push(await npyRoundTrip(cci, name, array));
    for (const { name, codec, stored, writeSeconds, readSeconds } of outcomes) {
      const cells = [
        name,
        array.dtype,
        `(${array.shape.join(", ")})`,
        codec,
        String(stored),
        (stored / byteLength).toFixed(3),
        (byteLength / writeSeconds / 1e6).toFixed(1),
        (byteLength / readSeconds / 1e6).toFixed(1),
      ];
      print(row(cells.map((cell, i) => [cell, columns[i][1]])));
      count++;
      bits += byteLength * 8;
    }
  }
  const keys = await listed(cci.backend, `${cci.prefix}${ROOT}/`);
  if (keys.length !== count) throw new Error(`${count} objects were stored, and ${keys.length} are listed`);
  print(`\n${keys.length} objects listed under ${ROOT}/ in ${cci.backend.name}`);
  for (const [name, array] of arrays) print(`sliced lazily: ${await sliceLazily(cci, name, array)}`);
  print(`verified: ${count} objects, ${bits} bits, all equal`);
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) return console.log(USAGE);
  const { file, store } = parseArguments(args);
  const arrays = file === undefined ? await rasters() : await fromFile(file);
  const directory = store === undefined ? await Deno.makeTempDir({ prefix: "cottoncandy-demo-" }) : undefined;
  try {
    const cci = await getInterface(store ?? directory ?? "", store === undefined ? { backend: "local" } : {});
    try {
      await run(cci, arrays);
    } catch (error) {
      // What went wrong first is what there is to tell.
      await clear(cci, arrays).catch(() => {});
      throw error;
    }
    await clear(cci, arrays);
  } finally {
    if (directory !== undefined) await Deno.remove(directory, { recursive: true });
  }
}

try {
  await main(Deno.args);
} catch (error) {
  if (!(error instanceof CottonCandyError)) throw error;
  console.error(`${error.name}: ${error.message}`);
  Deno.exit(1);
}
