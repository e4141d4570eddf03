/**
 * All keys of a bucket of many, listed.
 *
 * @module
 */
import { crc32 } from "../../lib/checksums.ts";
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import type { Section } from "../bench.ts";
import { entriesOf } from "./contest.ts";

const CLIENTS = ["ours", "sdk", "s3mini", "obstore", "cottoncandy"] as const;
/** How many are in a folder: the server sorts a folder anew for each page. */
const FOLDER = 1000;
const AT_ONCE = 32;

/** The section. */
export const listing: Section = {
  name: "listing",
  title: "Many keys listed",
  about:
    "Objects of no bytes, a thousand in a folder, listed by pages of a thousand, all folders at once. The keys that each gives are compared.",
  async run(bench) {
    const count = bench.size(1100, 100_000);
    await using target = await bench.startTarget({ keepAlive: true });
    const { backend, address } = target.straight;
    const keys = Array.from({ length: count }, (_, i) => {
      const [folder, name] = [Math.floor(i / FOLDER), i % FOLDER].map((n) => `${n}`.padStart(4, "0"));
      return `many/sub-${folder}/run-${name}.npy`;
    });
    await forEachConcurrent(keys, async (key) => void await backend.put(key, new Uint8Array()), {
      concurrency: AT_ONCE,
    });
    const crc = crc32(new TextEncoder().encode(keys.toSorted().join("\n")));
    await using clients = bench.startAll(CLIENTS, address);
    await bench.measure({
      section: "listing",
      work: `${count.toLocaleString("en")} keys`,
      amount: { count, of: "keys" },
      rounds: bench.rounds(2),
      target,
      entries: entriesOf(clients, CLIENTS, () => ({ op: "list", prefix: "many/", crc })),
    });
  },
};
