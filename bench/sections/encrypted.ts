/**
 * Large float32 arrays encrypted on their way to an S3 server and back.
 *
 * @module
 */
import type { Entry, Section } from "../bench.ts";
import type { Contender } from "../contender.ts";
import { withSignal } from "../data.ts";
import type { Route } from "../target.ts";
import { LABELS, MiB } from "./contest.ts";

const KINDS = ["AES", "RSA", "age"] as const;

/** The section. */
export const encrypted: Section = {
  name: "encrypted",
  title: "Large arrays, encrypted",
  about:
    "Not compressed; each kind of key beside none at all, beside age's own package for JavaScript, and beside WebCrypto's AES-GCM in one call, which holds everything in memory twice.",
  async run(bench) {
    const bytes = bench.size(4, 256) * MiB;
    await using target = await bench.startTarget({ keepAlive: true });
    await using clients = new AsyncDisposableStack();
    const { address } = target.straight;
    const contenders: Record<string, Contender> = {
      ...Object.fromEntries(KINDS.map((encryption) => [
        `this package, ${encryption}`,
        bench.start("ours", { address, encryption }),
      ])),
      "this package, not encrypted": bench.start("ours", { address }),
      [LABELS.age]: bench.start("age"),
      [LABELS.webcrypto]: bench.start("webcrypto"),
    };
    for (const client of Object.values(contenders)) clients.use(client);
    await withSignal(bytes, async (file) => {
      for (const client of Object.values(contenders)) await client.load(file);
      for (const [op, direction, method] of [["put", "up", "PUT"], ["get", "down", "GET"]] as const) {
        const entry = ([name, client]: [string, Contender], index: number): [string, Entry] => [name, {
          client,
          work: async (route?: Route) => {
            const key = `${index}`;
            return { op, key, url: await route?.backend.presign(key, { method }) };
          },
        }];
        await bench.measure({
          section: "encrypted",
          work: `${bytes / MiB} MiB ${direction}`,
          amount: { bytes },
          ours: `this package, ${KINDS[0]}`,
          rounds: bench.rounds(3),
          target,
          entries: Object.fromEntries(Object.entries(contenders).map(entry)),
        });
      }
    });
  },
};
