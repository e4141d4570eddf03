/**
 * The codecs alone, in memory, both ways, beside the C libraries (by Python's numcodecs), Node's zlib, and what they were in an earlier commit; at the level that this
 * package writes with. All of them read what they wrote themselves. MiB/s are of bytes that aren't compressed.
 *
 *     deno run -A bench/codecs.ts [--mib 32] [--rounds 5] [--before eba07ca] [--quick] [Zstd | LZ4 | gzip | BZ2 …]
 *
 * @module
 */
import { listCodecs } from "../codecs/mod.ts";
import type { Job } from "./client.ts";
import {
  alternately,
  type Contender,
  median,
  type Samples,
  startAll,
  startBefore,
  timesAsFast,
} from "./contenders.ts";
import { noise, signal, text } from "./data.ts";
import { goal, numberOption, option, printGoals, printTable, printTitle, QUICK } from "./report.ts";

const MiB = 1024 * 1024;
const ROUNDS = QUICK ? 1 : numberOption("rounds", 5);
const SIZE = (QUICK ? 2 : numberOption("mib", 32)) * MiB;

/** How the data sets are made; by the first one goals are judged. */
const DATA = {
  "float32, as a scanner gives": (size: number) => new Uint8Array(signal(size / 4).buffer),
  "text": text,
  "float64, normal noise": (size: number) => new Uint8Array(noise(size / 8).buffer),
};

/** The codecs that are measured, how much smaller their data are, and who is beside them. */
const CODECS: Readonly<Record<string, { readonly shrink: number; readonly peers: readonly Peer[] }>> = {
  Zstd: { shrink: 1, peers: ["before", "C library", "node:zlib"] },
  LZ4: { shrink: 1, peers: ["before", "C library"] },
  gzip: { shrink: 2, peers: ["before", "C library", "node:zlib"] },
  BZ2: { shrink: 8, peers: ["before", "C library"] },
};

type Peer = "this package" | "before" | "C library" | "node:zlib";

/** How many times as fast as its peers each must be. */
const GOALS: readonly (readonly [string, "encode" | "decode", Peer, number])[] = [
  ["Zstd", "encode", "C library", 0.9],
  ["Zstd", "decode", "C library", 0.8],
  ["Zstd", "decode", "before", 2],
  ["LZ4", "encode", "before", 1.3],
  ["LZ4", "decode", "before", 1.3],
  ["gzip", "encode", "C library", 1],
  ["gzip", "decode", "C library", 1],
  ["BZ2", "encode", "C library", 0.8],
  ["BZ2", "decode", "C library", 0.8],
];

interface Outcome {
  readonly peer: Peer;
  readonly ratio: number;
  readonly encode: Samples;
  readonly decode: Samples;
}

async function measure(
  clients: Readonly<Record<Peer, Contender>>,
  codec: string,
  level: number,
  file: string,
  size: number,
): Promise<readonly Outcome[]> {
  const peers: readonly Peer[] = ["this package", ...CODECS[codec].peers];
  const stored = (peer: Peer) => `${file}.${peer}`;
  try {
    for (const peer of peers) {
      await clients[peer].run({ op: "load", file });
      await clients[peer].run({ op: "encode", codec, level, file: stored(peer) });
    }
    const each = (job: (peer: Peer) => Job) =>
      alternately(
        ROUNDS,
        Object.fromEntries(peers.map((peer) => [peer, () => clients[peer].run(job(peer))])),
      );
    const encode = await each(() => ({ op: "encode", codec, level }));
    const decode = await each((peer) => ({ op: "decode", codec, file: stored(peer) }));
    return await Promise.all(peers.map(async (peer) => ({
      peer,
      ratio: size / (await Deno.stat(stored(peer))).size,
      encode: encode[peer],
      decode: decode[peer],
    })));
  } finally {
    for (const peer of peers) await Deno.remove(stored(peer)).catch(() => {});
  }
}

const asked = Deno.args.filter((word) => word in CODECS);
const codecs = asked.length > 0 ? asked : Object.keys(CODECS);
const revision = option("before", "eba07ca");
await using started = await startAll(["our-codecs", "libraries", "node-zlib"]);
await using before = await startBefore(revision);
const clients = {
  "this package": started["our-codecs"],
  "before": before,
  "C library": started.libraries,
  "node:zlib": started["node-zlib"],
};
printTitle(
  "Codecs in memory",
  `"before" is commit ${revision}`,
  `${ROUNDS} rounds in turns, medians; ratios within rounds`,
);
const folder = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "cottoncandy-bench-" });
try {
  for (const codec of codecs) {
    const { levels } = listCodecs().written.find(({ name }) => name === codec) ??
      (() => {
        throw new Error(`${codec} is not written`);
      })();
    const size = SIZE / CODECS[codec].shrink;
    const rows: string[][] = [];
    for (const [index, [label, make]] of Object.entries(DATA).entries()) {
      const file = `${folder}/data`;
      await Deno.writeFile(file, make(size));
      const outcomes = await measure(clients, codec, levels.default, file, size);
      const [mine] = outcomes;
      for (const { peer, ratio, encode, decode } of outcomes) {
        rows.push([
          label,
          peer,
          ratio.toFixed(2),
          ...([[encode, mine.encode], [decode, mine.decode]] as const).flatMap(([theirs, ours]) => [
            median(theirs.map(({ seconds }) => size / MiB / seconds)).toFixed(0),
            timesAsFast(ours, theirs).toFixed(2),
            timesAsFast(ours, theirs, "cpu").toFixed(2),
          ]),
        ]);
      }
      if (index > 0) continue;
      for (const [name, direction, than, least] of GOALS) {
        const other = outcomes.find(({ peer }) => peer === than);
        if (name !== codec || !other) continue;
        const ratio = timesAsFast(mine[direction], other[direction]);
        goal(`${codec} ${direction} beside ${than}, ${label}`, ratio, "at least", least);
      }
    }
    printTable(
      `${codec}, level ${levels.default}, ${size / MiB} MiB:`,
      [
        ...["data", "", "smaller by"],
        ...["encode MiB/s", "ours ÷ this", "… by CPU"],
        ...["decode MiB/s", "ours ÷ this", "… by CPU"],
      ],
      rows,
      2,
    );
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
printGoals();
