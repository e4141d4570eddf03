/**
 * Large float32 arrays through each codec, to an S3 server and back, beside Python's cottoncandy; and whether wire and codec overlap.
 *
 * @module
 */
import { listCodecs } from "../../codecs/mod.ts";
import { type Bench, type Entry, OURS, type Section } from "../bench.ts";
import type { Work } from "../clients/protocol.ts";
import type { Contender } from "../contender.ts";
import { withSignal } from "../data.ts";
import { ratioOf, rowOf, type Table } from "../results.ts";
import type { Target } from "../target.ts";
import { median } from "../turns.ts";
import { LABELS, MiB } from "./contest.ts";

/** MiB of the arrays: the slower the codec, the smaller. */
const SIZES: Readonly<Record<string, number>> = { Zstd: 256, LZ4: 256, gzip: 16, BZ2: 16 };
const CODEC = "our codec alone";
const WIRE = "our wire alone";
const PYTHON = LABELS.cottoncandy;

/** How long a transfer takes, as a multiple of the slower of its two halves. */
function overlap(table: Table): number | undefined {
  const [transfer, codec, wire] = [OURS, CODEC, WIRE].map((name) => rowOf(table, name)?.rounds);
  if (!transfer || !codec || !wire) return undefined;
  return median(
    transfer.map(({ seconds }, round) => seconds / Math.max(codec[round].seconds, wire[round].seconds)),
  );
}

interface Clients {
  readonly ours: Contender;
  readonly cottoncandy: Contender;
  /** This package once more, with the stored bytes as its data. */
  readonly wire: Contender;
}

async function through(
  codec: string,
  bench: Bench,
  target: Target,
  { ours, cottoncandy, wire }: Clients,
  file: string,
): Promise<void> {
  const { size: bytes } = await Deno.stat(file);
  const level = listCodecs().written.find(({ name }) => name === codec)?.levels.default;
  if (level === undefined) throw new Error(`${codec} is not written`);
  const stored = `${file}.stored`;
  const onWire = `${file}.wire`;
  try {
    await ours.load(file);
    await cottoncandy.load(file);
    await ours.run({ op: "encode", codec, level, file: stored });
    const { size } = await Deno.stat(stored);
    // The bytes as the wire has them, as an array of their own.
    await Deno.copyFile(stored, onWire);
    await Deno.truncate(onWire, size - size % 4);
    await wire.load(onWire);
    const entry = (client: Contender, work: Work): Entry => ({ client, work: () => work });
    const alone = (work: Work): Entry => ({ ...entry(ours, work), offline: true });
    const contest = (direction: string) => ({
      section: "compressed",
      work: `${bytes / MiB} MiB by ${codec} ${direction}, ${(size / MiB).toFixed(1)} MiB stored`,
      amount: { bytes },
      rounds: bench.rounds(3),
      target,
    });
    const up = await bench.measure({
      ...contest("up"),
      entries: {
        [OURS]: entry(ours, { op: "put", key: "ours", codec }),
        [PYTHON]: entry(cottoncandy, { op: "put", key: "python", codec }),
        [CODEC]: alone({ op: "encode", codec, level }),
        [WIRE]: entry(wire, { op: "put", key: "wire" }),
      },
    });
    const down = await bench.measure({
      ...contest("down"),
      entries: {
        [OURS]: entry(ours, { op: "get", key: "ours" }),
        [PYTHON]: entry(cottoncandy, { op: "get", key: "python" }),
        "this package, Python's object": cottoncandy.absent === undefined
          ? entry(ours, { op: "get", key: "python" })
          : { client: { absent: cottoncandy.absent }, work: () => ({ op: "get", key: "python" }) },
        [CODEC]: alone({ op: "decode", codec, file: stored }),
        [WIRE]: entry(wire, { op: "get", key: "wire" }),
      },
    });
    for (const [direction, table] of [["up", up], ["down", down]] as const) {
      await bench.judge(table, {
        what: `${codec} ${direction}, beside Python's cottoncandy`,
        kind: "at least",
        bound: codec === "Zstd" && direction === "down" ? 0.8 : 1,
        ratio: ratioOf(table, OURS, PYTHON),
      });
      await bench.judge(table, {
        what: `${codec} ${direction}, time beside the slower of codec and wire`,
        kind: "at most",
        bound: 1.1,
        ratio: overlap(table),
      });
    }
  } finally {
    for (const made of [stored, onWire]) await Deno.remove(made).catch(() => {});
  }
}

/** The section. */
export const compressed: Section = {
  name: "compressed",
  title: "Large arrays by each codec",
  about:
    "The same values as in the other transfers, by the level that each writes with. Beside: what our codec takes in memory, and our wire for the bytes that are stored; a transfer should take little longer than the slower of them.",
  async run(bench) {
    await using target = await bench.startTarget({ keepAlive: true });
    const { address } = target.straight;
    await using clients = bench.startAll(["ours", "cottoncandy"], address);
    await using wire = bench.start("ours", { address });
    for (const [codec, mib] of Object.entries(SIZES)) {
      await withSignal(
        bench.size(1, mib) * MiB,
        (file) => through(codec, bench, target, { ...clients, wire }, file),
      );
    }
  },
};
