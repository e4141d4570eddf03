/** Formats of arrays: their bytes, and what describes them. */
import { assert, assertEquals } from "@std/assert";
import { MemoryBackend } from "../../../backends/memory/mod.ts";
import { parseRawMetadata } from "../../../lib/array/formats/mod.ts";
import { IntegrityError } from "../../../lib/errors.ts";
import { type NDArray, npyEncode, parseDescr, parseSlice, readNpy } from "../../../lib/array/mod.ts";
import { dumpPickle, loadPickle, type PickleValue } from "../../../lib/array/pickle/mod.ts";
import { resolveSelection } from "../../../lib/array/slice.ts";
import { openNpz } from "../../../lib/stored_arrays/npz/mod.ts";
import { readRaw } from "../../../lib/stored_arrays/raw.ts";
import { streamOf } from "../../../lib/streams/mod.ts";
import { vectors as pickleVectors } from "../../array/pickle/vectors.ts";
import npzVectors from "../../vectors/npz.json" with { type: "json" };
import { type Input, type Target, target, textOf } from "../engine/target.ts";
import { bodiesOf, DTYPES, stored } from "./stored.ts";

const MIB = 1024 * 1024;
const LITERALS = [
  "{'descr': ",
  "'fortran_order': ",
  "'shape': ",
  "True",
  "False",
  "(3, 4)",
  "(0,)",
  "()",
  "None",
]
  .concat(
    "9999999999,",
    "'''",
    "[('a', '<f8'), ('b', '|u1', (2,))]",
    "'names':",
    "'offsets':",
    "'itemsize':",
  );

/** An object as an input: its metadata as JSON, a line break, and its bytes. */
function objectOf(input: Input): { metadata: Record<string, string>; body: Input } {
  const at = input.indexOf(0x0a);
  const metadata: Record<string, string> = {};
  try {
    const json: unknown = JSON.parse(textOf(input.subarray(0, Math.max(at, 0))));
    // Headers have no line breaks and no letters beyond a byte; what can't be stored is nothing to read.
    for (const [name, value] of Object.entries(json ?? {})) {
      if (/^[\w-]+$/.test(name)) metadata[name] = String(value).replace(/[^ -~]/g, "?").trim();
    }
  } catch {
    // No metadata are an input as well.
  }
  return { metadata, body: input.slice(at + 1) };
}

function assertSameArray(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
  assertEquals(actual.fields, expected.fields);
  assert(actual.toBytes().toHex() === expected.toBytes().toHex(), "the items differ");
}

async function npyFiles(): Promise<Input[]> {
  const folder = new URL("../../vectors/npy/", import.meta.url);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".npy"));
  return (await Promise.all(names.sort().map((name) => Deno.readFile(new URL(name, folder)))))
    .filter(({ length }) => length <= 2048);
}

const npy = target<NDArray>({
  name: "npy",
  count: 5000,
  seeds: npyFiles,
  dictionary: [...DTYPES, ...LITERALS],
  refusals: ["Integrity", "Unsupported"],
  // With its size, as an object has one: a stream without may promise up to 256 MiB.
  run: (input) => readNpy(streamOf(input, 1 + input.length % 90), { size: input.length }),
  async judge(outcome) {
    if (outcome.kind === "refused") return;
    assertSameArray(await readNpy(npyEncode(outcome.value)), outcome.value);
  },
});

const npz = target<Map<string, NDArray>>({
  name: "npz",
  count: 2500,
  longest: 6000,
  seeds: () =>
    npzVectors.map(({ stored }) => Uint8Array.fromBase64(stored)).filter(({ length }) => length < 6000),
  dictionary: ["PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07", ".npy"],
  refusals: ["Integrity", "Unsupported", "NotFound"],
  async run(input) {
    const backend = new MemoryBackend();
    await backend.put("a.npz", input);
    const archive = await openNpz(backend, "a.npz");
    const arrays = new Map<string, NDArray>();
    for (const name of archive.names) arrays.set(name, await archive.read(name));
    return arrays;
  },
});

const smallPickles = () =>
  pickleVectors().flatMap(({ entries }) => entries.flatMap(({ pickles }) => Object.values(pickles)))
    .filter((hex, i) => hex.length < 800 && i % 5 === 0).map((hex) => Uint8Array.fromHex(hex));

const OPCODES = [
  "\x8c",
  "K\x00",
  "(",
  "t",
  "R",
  "b",
  "q\x00",
  "h\x00",
  "]",
  "}",
  "0",
  "2",
  ".",
  "a",
  "s",
  "u",
];
const CLASSES = ["cnumpy.core.multiarray\n_reconstruct\n", "cnumpy\nndarray\n", "cnumpy\ndtype\n"]
  .concat("ccollections\nOrderedDict\n", "c__builtin__\nset\n", "c_codecs\nencode\n", "cbuiltins\ncomplex\n");

const pickle = target<PickleValue>({
  name: "pickle",
  count: 10_000,
  seeds: () => [...smallPickles(), ...bodiesOf(/^p$/)],
  dictionary: [...CLASSES, ...OPCODES, "\x80\x04\x95"],
  refusals: ["Integrity", "Unsupported"],
  run: (input) => loadPickle(input),
  judge(outcome) {
    if (outcome.kind === "refused") return;
    // A Map is written as a dict, and that is read as an object where its keys are text: the bytes stay.
    const written = dumpPickle(outcome.value);
    assert(
      dumpPickle(loadPickle(written)).toHex() === written.toHex(),
      "written and read again it is another",
    );
  },
});

const raw = target<NDArray>({
  name: "raw",
  count: 4000,
  memory: 24 * MIB,
  seeds: () =>
    stored.filter(({ metadata, body }) => "dtype" in metadata && body.length < 500)
      .map(({ metadata, body }) =>
        new Uint8Array([...new TextEncoder().encode(`${JSON.stringify(metadata)}\n`), ...body])
      ),
  dictionary: [...DTYPES, '"shape":', '"dtype":', '"order":"F"', '"compression":"False"', '"cc-descr":']
    .concat('"gzip":"True"', "LZ4", "Zstd", "Blosc"),
  refusals: ["Integrity", "Unsupported"],
  async run(input) {
    const { metadata, body } = objectOf(input);
    const { compression, byteLength } = parseRawMetadata(metadata);
    // How long compressed items are nobody can tell beforehand: their memory is taken as the metadata say.
    if (compression !== false && byteLength > 16 * MIB) throw new IntegrityError("too long to be tried");
    const backend = new MemoryBackend();
    await backend.put("a", body, { metadata });
    return await readRaw(backend, "a", { onWarning: () => {} });
  },
});

const descr = target({
  name: "descr",
  count: 5000,
  seeds: () => [
    ...DTYPES,
    '[["a","<f8"],["b","|u1",[2,3]]]',
    '[["n",[["x","<i4"],["","|V4"]]]]',
    '"|S5"',
    '["<i4",[2,2]]',
  ],
  dictionary: [...DTYPES, '["', '"]', "[2,3]", '"",', '"__proto__"', ":"],
  refusals: ["InvalidArgument", "Unsupported", "Integrity"],
  run(input) {
    const text = textOf(input);
    let value: unknown = text;
    try {
      value = JSON.parse(text);
    } catch {
      // A dtype by itself.
    }
    return parseDescr(value);
  },
});

const slices = target({
  name: "slice",
  count: 5000,
  longest: 200,
  seeds: () => ["0, :, 10:20", "...", "[1:2:3]", "-1,::-1,None", "newaxis, 5,", ":,:,:", "2:-1:2"],
  dictionary: ["...", ":", "::", ",", "None", "newaxis", "-", "9007199254740993", " "],
  refusals: ["InvalidArgument"],
  run: (input) => resolveSelection([5, 7, 0, 3], parseSlice(textOf(input))),
});

/** Formats of arrays that are one object. */
export const targets: readonly Target[] = [npy, npz, pickle, raw, descr, slices];
