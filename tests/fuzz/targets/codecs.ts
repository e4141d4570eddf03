/** Decoders of compressed data, each beside another decoder of the same format. */
import { assert, assertEquals } from "@std/assert";
import zlib from "node:zlib";
import LZ4 from "numcodecs/lz4";
import NumcodecsZstd from "numcodecs/zstd";
import { type ByteTransform, codecNamed, listCodecs } from "../../../codecs/mod.ts";
import { concat } from "../../../lib/bytes.ts";
import { readAll, streamOf } from "../../../lib/streams/mod.ts";
import { codecs, type Implementation } from "../../codecs/implementations.ts";
import { noise, runs, smooth } from "../../codecs/samples.ts";
import older from "../../codecs/python.json" with { type: "json" };
import newer from "../../vectors/numcodecs.json" with { type: "json" };
import { type Input, type Outcome, type Target, target, type TargetPlan } from "../engine/target.ts";

const MIB = 1024 * 1024;
/** Bytes of output after which nobody reads on: what decodes to more is a bomb, which streams may be. */
const READ = 4 * MIB;

/** What was decoded. */
interface Decoded {
  readonly bytes: Uint8Array;
  /** Whether it was read to its end. */
  readonly whole: boolean;
}

async function decoded(stage: ByteTransform, input: Input, pieceLength = 1 << 20): Promise<Decoded> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of streamOf(input, pieceLength).pipeThrough(stage)) {
    pieces.push(piece);
    length += piece.length;
    if (length > READ) return { bytes: concat(...pieces), whole: false };
  }
  return { bytes: concat(...pieces), whole: true };
}

function assertSameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assertEquals(actual.length, expected.length, `${what}: lengths`);
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assert(at < 0, `${what}: byte ${at}`);
}

/** Another decoder's verdict; `undefined` where it refuses. */
async function byOther(decode: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await decode();
  } catch {
    return undefined;
  }
}

/** Both ways of one decoder agree: in one piece and in small ones, with the runtime's library and without. */
async function assertTwin(outcome: Outcome<Decoded>, stage: ByteTransform, input: Input): Promise<void> {
  let twin: Decoded;
  try {
    twin = await decoded(stage, input, 1 + input.length % 60);
  } catch (error) {
    const told = outcome.kind === "accepted" ? `accepts ${outcome.value.bytes.length} bytes` : "";
    assert(outcome.kind === "refused", `one ${told}, its twin says: ${error}`);
    return;
  }
  assert(outcome.kind === "accepted", `its twin accepts ${twin.bytes.length} bytes`);
  const { value } = outcome;
  assertEquals(value.whole, twin.whole);
  if (value.whole) assertSameBytes(value.bytes, twin.bytes, "twins");
}

const samples = [new Uint8Array(0), smooth(400), noise(150), runs(1500), new Uint8Array(3000).fill(7)];

async function encodedSamples({ encode }: Implementation): Promise<Uint8Array[]> {
  return await Promise.all(
    samples.map((plain) => readAll(streamOf(plain).pipeThrough(encode({ size: plain.length })))),
  );
}

const pythons = (codec: string) =>
  [...older, ...newer].filter((vector) => vector.codec === codec)
    .map(({ stored }) => Uint8Array.fromBase64(stored)).filter(({ length }) => length <= 3000);

type Judge = NonNullable<TargetPlan<Decoded>["judge"]>;

/** Where another decoder reads what ours does, it must read the same; and what it refuses, ours may not accept. */
const alike =
  (name: string, decode: (input: Input) => Uint8Array | Promise<Uint8Array>): Judge =>
  async (outcome, input) => {
    if (outcome.kind === "refused" || !outcome.value.whole) return;
    const other = await byOther(() => decode(input));
    assert(other, `${name} refuses it, and ${outcome.value.bytes.length} bytes were read of it`);
    assertSameBytes(outcome.value.bytes, other, name);
  };

/** The same, and what ours refuses the other one refuses, but for what the reasons given say. */
const strictlyAlike = (
  name: string,
  decode: (input: Input) => Uint8Array | Promise<Uint8Array>,
  stricter: RegExp,
): Judge =>
async (outcome, input) => {
  await alike(name, decode)(outcome, input);
  if (outcome.kind === "accepted" || stricter.test(outcome.error.message)) return;
  const other = await byOther(() => decode(input));
  assert(!other, `${name} reads ${other?.length} bytes of what is refused: ${outcome.error.message}`);
};

/** Zeros behind the end are padding that is passed over, as the command-line tools do, and libzstd's functions are not asked to. */
const withoutZeros = (decode: (input: Input) => Uint8Array | Promise<Uint8Array>) => async (input: Input) => {
  let end = input.length;
  while (end > 0 && input[end - 1] === 0) end--;
  // The last zeros may be those of a checksum or a block.
  for (; end < input.length; end++) {
    const read = await byOther(() => decode(input.slice(0, end)));
    if (read) return read;
  }
  return await decode(input);
};

const liblz4 = LZ4.fromConfig({ id: "lz4", acceleration: 1 });
const libzstd = NumcodecsZstd.fromConfig({ id: "zstd", level: 3 });

/** Node's functions drop what follows the first stream, which is refused here. */
const BEHIND_THE_END = /other bytes follow/;

/** By the codec's name; what has no entry is only held against itself, in pieces. */
const judges: Readonly<Record<string, Judge>> = {
  gzip: strictlyAlike("zlib", (input) => zlib.gunzipSync(input), BEHIND_THE_END),
  Zlib: strictlyAlike("zlib", (input) => zlib.inflateSync(input), BEHIND_THE_END),
  // numcodecs takes data of no bytes for an error.
  LZ4: alike(
    "liblz4",
    (input) => input[0] || input[1] || input[2] || input[3] ? liblz4.decode(input) : new Uint8Array(0),
  ),
  Zstd: alike("libzstd", withoutZeros((input) => libzstd.decode(input))),
  Base64: alike("atob", (input) => {
    const text = new TextDecoder("latin1").decode(input);
    if (text.length % 4 !== 0 || /\s/.test(text)) throw new Error("not padded");
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }),
};

/** Inputs in CI, by the codec's name; the slow ones fewer. */
const counts: Readonly<Record<string, number>> = { BZ2: 600, Brotli: 500, LZMA: 2000, Blosc: 2000 };
/** Bytes that a decoder may ask for because of 2 KiB, beside what it decodes: windows and blocks of the format. */
const memories: Readonly<Record<string, number>> = {
  BZ2: 256 * MIB,
  LZMA: 64 * MIB,
  Zstd: 24 * MIB,
  gzip: 48 * MIB,
};

function codecTarget(name: string, implementations: readonly Implementation[]): Target {
  const { decode } = codecNamed(name);
  const [first, second] = implementations.length > 0 ? implementations : [{ decode }];
  return target<Decoded>({
    name: name.toLowerCase(),
    count: counts[name] ?? 2500,
    memory: memories[name] ?? 32 * MIB,
    seeds: async () => [...pythons(name), ...(await Promise.all(implementations.map(encodedSamples))).flat()],
    refusals: ["Integrity", "Unsupported"],
    run: (input) => decoded(first.decode(), input),
    async judge(outcome, input) {
      await assertTwin(outcome, (second ?? first).decode(), input);
      await judges[name]?.(outcome, input);
    },
  });
}

const { written, readOnly } = listCodecs();
/** A decoder each. */
export const targets: readonly Target[] = [...written, ...readOnly].map(({ name }) =>
  codecTarget(name, codecs.filter(({ codec }) => codec.name === name))
);
