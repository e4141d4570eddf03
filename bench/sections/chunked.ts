/**
 * Arrays in parts to an S3 server, and slices of them back: one per cent of the items.
 *
 * @module
 */
import { type Entry, OURS, type Section } from "../bench.ts";
import type { Region } from "../clients/protocol.ts";
import { withSignal } from "../data.ts";
import { LABELS, MiB } from "./contest.ts";

/** The section. */
export const chunked: Section = {
  name: "chunked",
  title: "Arrays in parts, and slices",
  about:
    "A matrix of float32, not compressed. Parts of 1 MiB: tiles of this package's and of Zarr, whole rows of Python's cottoncandy, which cuts along one axis. The slice is a tenth of the rows and a tenth of the columns; each opens the array anew. zarrita reads and writes through this package's store for it.",
  async run(bench) {
    const shape = bench.options.quick ? [128, 1024] : [1024, 65_536];
    const cuts = bench.size(4, 16);
    const part = shape.map((length) => length / cuts);
    const bytes = shape[0] * shape[1] * 4;
    // Not along the borders of parts, as slices of people aren't.
    const region: Region = shape.map((length) => {
      const start = Math.floor(length * 0.43);
      return [start, start + Math.round(length / 10)] as const;
    });
    const items = region.reduce((count, [start, stop]) => count * (stop - start), 1);
    await using target = await bench.startTarget({ keepAlive: true });
    await using clients = bench.startAll(["ours", "zarrita", "cottoncandy"], target.straight.address);
    const { ours, zarrita, cottoncandy } = clients;
    await withSignal(bytes, async (file) => {
      for (const client of [ours, zarrita, cottoncandy]) await client.load(file);
      const put = (client: typeof ours, key: string, format: "chunked" | "zarr"): Entry => ({
        client,
        work: () => ({ op: "putParts", key, format, shape, part }),
      });
      const contest = { section: "chunked", target };
      await bench.measure({
        ...contest,
        work: `${bytes / MiB} MiB up, in ${cuts ** 2} parts`,
        amount: { bytes },
        rounds: bench.rounds(3),
        entries: {
          [OURS]: put(ours, "chunked", "chunked"),
          "this package, Zarr": put(ours, "zarr", "zarr"),
          [LABELS.zarrita]: put(zarrita, "zarrita", "zarr"),
          [LABELS.cottoncandy]: put(cottoncandy, "python", "chunked"),
        },
      });
      await ours.run({ op: "put", key: "raw" });
      const get = (client: typeof ours, key: string, format: "chunked" | "zarr" | "raw"): Entry => ({
        client,
        work: () => ({ op: "getSlice", key, format, shape, region }),
      });
      await bench.measure({
        ...contest,
        work: `a slice of 1 % of ${bytes / MiB} MiB`,
        amount: { bytes: items * 4 },
        rounds: bench.rounds(5),
        entries: {
          [OURS]: get(ours, "chunked", "chunked"),
          "this package, Zarr": get(ours, "zarr", "zarr"),
          [LABELS.zarrita]: get(zarrita, "zarr", "zarr"),
          [LABELS.cottoncandy]: get(cottoncandy, "python", "chunked"),
        },
      });
    });
  },
};
