/**
 * Arrays so large that not all who transfer them can have them in memory at once: a process for each turn, and one object.
 *
 * @module
 */
import type { Bench, Entry, Section } from "../bench.ts";
import { withSignal } from "../data.ts";
import type { Target } from "../target.ts";
import { LABELS, MiB } from "./contest.ts";

/** Who is worth the time: without lib-storage, the SDK digests it all before it sends a byte. */
const CLIENTS = ["ours", "lib-storage", "s3mini", "obstore", "cottoncandy", "fetch"] as const;

async function transfer(bench: Bench, target: Target, file: string): Promise<void> {
  const { size: bytes } = await Deno.stat(file);
  const { address } = target.straight;
  const entry = (name: typeof CLIENTS[number], op: "put" | "get"): Entry => {
    const absent = bench.whyAbsent(name);
    return {
      client: absent !== undefined ? { absent } : async () => {
        const client = bench.start(name, { address });
        await client.load(file);
        return client;
      },
      work: async (route) => {
        const method = op === "put" ? "PUT" : "GET";
        return { op, key: "large", url: await route?.backend.presign("large", { method }) };
      },
    };
  };
  // Quickly, what the others do is known from smaller arrays.
  const names = CLIENTS.slice(0, bench.size(1, CLIENTS.length));
  for (const [op, told] of [["put", "up"], ["get", "down"]] as const) {
    await bench.measure({
      section: "large",
      work: `${bytes / MiB} MiB ${told}`,
      amount: { bytes },
      rounds: bench.rounds(1),
      target,
      entries: Object.fromEntries(names.map((name) => [LABELS[name], entry(name, op)])),
    });
    if (op === "get") continue;
    // Whoever's turn was the last: it is read as an array next.
    await using ours = bench.start("ours", { address });
    await ours.load(file);
    await ours.run({ op, key: "large" });
  }
}

/** The section. */
export const large: Section = {
  name: "large",
  title: "2 GiB, not compressed",
  about:
    "As the arrays before. Each turn is of a new process, which is not warm; starting it and reading the data are not measured.",
  async run(bench) {
    await using target = await bench.startTarget({ keepAlive: true });
    await withSignal(bench.size(9, 2048) * MiB, (file) => transfer(bench, target, file));
  },
};
