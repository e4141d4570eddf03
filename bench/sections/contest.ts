/**
 * What the sections' contests share: what contenders are called, and goals by the clock and by CPU time.
 *
 * @module
 */
import { type Bench, type Entry, type Judgement, OURS } from "../bench.ts";
import type { Work } from "../clients/protocol.ts";
import type { ClientName, Contender } from "../contender.ts";
import type { Table } from "../results.ts";
import type { Route } from "../target.ts";
import type { By } from "../turns.ts";

/** Bytes in a MiB. */
export const MiB = 1024 * 1024;

/** What clients are called in tables. */
export const LABELS: Readonly<Record<ClientName, string>> = {
  "ours": OURS,
  "ours-into": "this package, `into` used memory",
  "our-codecs": OURS,
  "sdk": "AWS SDK",
  "lib-storage": "AWS SDK, lib-storage",
  "s3mini": "s3mini",
  "zarrita": "zarrita",
  "age": "age-encryption and `fetch`",
  "fetch": "`fetch` alone",
  "fetch-copy": "`fetch`, copied into a new array",
  "node-http": "node:http alone",
  "webcrypto": "WebCrypto in one call and `fetch`",
  "node-zlib": "node:zlib",
  "cottoncandy": "Python's cottoncandy",
  "obstore": "obstore",
  "libraries": "C library",
  "processes": "processes",
};

/** An entry of each client, by what it is called. */
export function entriesOf<N extends ClientName>(
  clients: Readonly<Record<N, Contender>>,
  names: readonly N[],
  work: (name: N, route: Route) => Work | Promise<Work>,
): Record<string, Entry> {
  return Object.fromEntries(names.map((name) => [LABELS[name], {
    client: clients[name],
    work: (route?: Route) => {
      if (!route) throw new Error(`${name} needs a server`);
      return work(name, route);
    },
  }]));
}

/** A goal twice: by the clock, and by CPU time, which others on the machine disturb less. */
export async function judgeBoth(
  bench: Bench,
  table: Table,
  judgement: Omit<Judgement, "ratio">,
  ratio: (by: By) => number | undefined,
): Promise<void> {
  const { what } = judgement;
  await bench.judge(table, { ...judgement, ratio: ratio("seconds") });
  await bench.judge(table, { ...judgement, what: `${what}, by CPU time`, ratio: ratio("cpu") });
}
