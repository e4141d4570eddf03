/**
 * The codecs alone, in memory, both ways, beside the C libraries (by Python's numcodecs), Node's zlib, and what they were in an earlier commit; at the level that this package
 * writes with. All of them read what they wrote themselves.
 *
 * @module
 */
import { listCodecs } from "../../codecs/mod.ts";
import { type Bench, type Entry, OURS, type Section } from "../bench.ts";
import type { Work } from "../clients/protocol.ts";
import type { Contender } from "../contender.ts";
import { noise, signal, text, withFile } from "../data.ts";
import { ratioOf } from "../results.ts";
import { LABELS, MiB } from "./contest.ts";

/** The last commit before codecs were made faster. */
const BEFORE_COMMIT = "eba07ca";
const BEFORE = `commit ${BEFORE_COMMIT}`;
const LIBRARY = LABELS.libraries;
const NODE = LABELS["node-zlib"];

/** By the first one goals are judged. */
const DATA: Readonly<Record<string, (size: number) => Uint8Array>> = {
  "float32 as a scanner gives": (size) => new Uint8Array(signal(size / 4).buffer),
  "text": text,
  "float64 of normal noise": (size) => new Uint8Array(noise(size / 8).buffer),
};
const [JUDGED] = Object.keys(DATA);

/** The codecs that are measured, of how many MiB, and who is beside them. */
const CODECS: Readonly<Record<string, { readonly mib: number; readonly peers: readonly string[] }>> = {
  Zstd: { mib: 32, peers: [BEFORE, LIBRARY, NODE] },
  LZ4: { mib: 32, peers: [BEFORE, LIBRARY] },
  gzip: { mib: 16, peers: [BEFORE, LIBRARY, NODE] },
  BZ2: { mib: 4, peers: [BEFORE, LIBRARY] },
};

/** How many times as fast as its peers each must be. */
const GOALS: readonly (readonly [codec: string, op: "encode" | "decode", peer: string, least: number])[] = [
  ["Zstd", "encode", LIBRARY, 0.9],
  ["Zstd", "decode", LIBRARY, 0.8],
  ["Zstd", "decode", BEFORE, 2],
  ["LZ4", "encode", BEFORE, 1.3],
  ["LZ4", "decode", BEFORE, 1.3],
  ["gzip", "encode", LIBRARY, 1],
  ["gzip", "decode", LIBRARY, 1],
  ["BZ2", "encode", LIBRARY, 0.8],
  ["BZ2", "decode", LIBRARY, 0.8],
];

async function measure(
  bench: Bench,
  clients: Readonly<Record<string, Contender>>,
  codec: string,
  label: string,
  file: string,
): Promise<void> {
  const { size: bytes } = await Deno.stat(file);
  const level = listCodecs().written.find(({ name }) => name === codec)?.levels.default;
  if (level === undefined) throw new Error(`${codec} is not written`);
  const peers = [OURS, ...CODECS[codec].peers];
  const stored = (peer: string) => `${file}.${peers.indexOf(peer)}`;
  const remarks: Record<string, string> = {};
  try {
    for (const peer of peers) {
      if (clients[peer].absent !== undefined) continue;
      await clients[peer].load(file);
      await clients[peer].run({ op: "encode", codec, level, file: stored(peer) });
      remarks[peer] = `smaller by ${(bytes / (await Deno.stat(stored(peer))).size).toFixed(2)}`;
    }
    for (const op of ["encode", "decode"] as const) {
      const work = (peer: string): Work =>
        op === "encode" ? { op, codec, level } : { op, codec, file: stored(peer) };
      const entry = (peer: string): Entry => ({
        client: clients[peer],
        offline: true,
        work: () => work(peer),
        remark: remarks[peer],
      });
      const table = await bench.measure({
        section: "codecs",
        work: `${codec} ${op}, level ${level}, ${bytes / MiB} MiB, ${label}`,
        amount: { bytes },
        rounds: bench.rounds(3),
        entries: Object.fromEntries(peers.map((peer) => [peer, entry(peer)])),
      });
      for (const [of, direction, peer, bound] of label === JUDGED ? GOALS : []) {
        if (of !== codec || direction !== op) continue;
        const ratio = ratioOf(table, OURS, peer);
        await bench.judge(table, { what: `${codec} ${op}, beside ${peer}`, kind: "at least", bound, ratio });
      }
    }
  } finally {
    for (const peer of peers) await Deno.remove(stored(peer)).catch(() => {});
  }
}

/** The section. */
export const codecs: Section = {
  name: "codecs",
  title: "Codecs in memory",
  about:
    `No store. The C libraries are asked by Python's numcodecs; "${BEFORE}" is this package before its codecs were made faster.`,
  async run(bench) {
    await using started = bench.startAll(["our-codecs", "libraries", "node-zlib"]);
    await using before = await bench.startBefore(BEFORE_COMMIT);
    const clients = {
      [OURS]: started["our-codecs"],
      [BEFORE]: before,
      [LIBRARY]: started.libraries,
      [NODE]: started["node-zlib"],
    };
    for (const [codec, { mib }] of Object.entries(CODECS)) {
      const size = bench.size(1, mib) * MiB;
      // Quickly, one kind of data says that all of it runs.
      const kinds = Object.entries(DATA).slice(0, bench.size(1, 3));
      for (const [label, make] of kinds) {
        await withFile(make(size), (file) => measure(bench, clients, codec, label, file));
      }
    }
  },
};
