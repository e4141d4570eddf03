/**
 * `.npy` objects to an S3 server and back.
 *
 * @module
 */
import type { Section } from "../bench.ts";
import { withSignal } from "../data.ts";
import { entriesOf, MiB } from "./contest.ts";

const CLIENTS = ["ours", "cottoncandy"] as const;

/** The section. */
export const npy: Section = {
  name: "npy",
  title: "`.npy` objects",
  about: "Float32, as `numpy.save` writes it.",
  async run(bench) {
    const bytes = bench.size(4, 256) * MiB;
    await using target = await bench.startTarget({ keepAlive: true });
    await using clients = bench.startAll(CLIENTS, target.straight.address);
    await withSignal(bytes, async (file) => {
      for (const name of CLIENTS) await clients[name].load(file);
      for (const [op, direction] of [["putNpy", "up"], ["getNpy", "down"]] as const) {
        await bench.measure({
          section: "npy",
          work: `${bytes / MiB} MiB ${direction}`,
          amount: { bytes },
          rounds: bench.rounds(3),
          target,
          entries: entriesOf(clients, CLIENTS, (name) => ({ op, key: name })),
        });
      }
    });
  },
};
