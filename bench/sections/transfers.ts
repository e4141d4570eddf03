/**
 * Large float32 arrays to an S3 server and back, not compressed, beside those who do the same.
 *
 * @module
 */
import { type Bench, OURS, type Section } from "../bench.ts";
import type { ClientName, Contender } from "../contender.ts";
import { withSignal } from "../data.ts";
import { leastRatio, ratioOf } from "../results.ts";
import type { Route, Target } from "../target.ts";
import { crc32 } from "../../lib/checksums.ts";
import { entriesOf, judgeBoth, LABELS, MiB } from "./contest.ts";

const SIGNING = ["ours", "sdk", "lib-storage", "s3mini", "obstore", "cottoncandy"] as const;
const UP = [...SIGNING, "fetch", "node-http"] as const;
const DOWN = [
  "ours",
  "ours-into",
  "sdk",
  "s3mini",
  "obstore",
  "cottoncandy",
  "fetch",
  "fetch-copy",
  "node-http",
] as const;
/** Those whose work is the same: they sign, and send or check digests. */
const PEERS = SIGNING.filter((name) => name !== "ours").map((name) => LABELS[name]);

type Put = (name: ClientName, route: Route) => Promise<{ op: "put"; key: string; url: string }>;

const put: Put = async (name, { backend }) => ({
  op: "put",
  key: name,
  url: await backend.presign(name, { method: "PUT" }),
});

/** Fails unless the objects are the file: of what went up nobody has read anything. */
async function checkObjects({ straight }: Target, keys: readonly string[], file: string): Promise<void> {
  const crcOf = async (stream: ReadableStream<Uint8Array>) => {
    let crc = 0;
    for await (const piece of stream) crc = crc32(piece, crc);
    return crc;
  };
  const expected = await crcOf((await Deno.open(file)).readable);
  for (const key of keys) {
    const reader = await straight.backend.open(key);
    if (await crcOf(reader.stream()) !== expected) throw new Error(`${key} stored other bytes`);
  }
}

async function loadAll(clients: readonly Contender[], file: string): Promise<void> {
  for (const client of clients) await client.load(file);
}

async function up(
  bench: Bench,
  target: Target,
  file: string,
  bytes: number,
  names: readonly (typeof UP[number])[],
  where: string,
): Promise<void> {
  await using clients = bench.startAll(names, target.straight.address);
  await loadAll(names.map((name) => clients[name]), file);
  const table = await bench.measure({
    section: "transfers",
    work: `${bytes / MiB} MiB up${where}`,
    amount: { bytes },
    rounds: bench.rounds(3),
    target,
    entries: entriesOf(clients, names, put),
  });
  await checkObjects(target, names.filter((name) => clients[name].absent === undefined), file);
  await judgeBoth(
    bench,
    table,
    { what: `${bytes / MiB} MiB up${where}, beside the best peer`, kind: "at least", bound: 1.1 },
    (by) => leastRatio(table, OURS, PEERS, by),
  );
}

async function down(bench: Bench, target: Target, file: string, bytes: number): Promise<void> {
  await using clients = bench.startAll(DOWN, target.straight.address);
  await loadAll(DOWN.map((name) => clients[name]), file);
  const table = await bench.measure({
    section: "transfers",
    work: `${bytes / MiB} MiB down`,
    amount: { bytes },
    rounds: bench.rounds(3),
    target,
    entries: entriesOf(
      clients,
      DOWN,
      async (_name, { backend }) => ({ op: "get", key: "ours", url: await backend.presign("ours") }),
    ),
  });
  for (const [mine, floor] of [["ours", "fetch-copy"], ["ours-into", "fetch"]] as const) {
    const [one, other] = [LABELS[mine], LABELS[floor]];
    await judgeBoth(
      bench,
      table,
      { what: `${bytes / MiB} MiB down, ${one}, beside ${other}`, kind: "at least", bound: 1, of: one },
      (by) => ratioOf(table, one, other, by),
    );
  }
}

/** The section. */
export const transfers: Section = {
  name: "transfers",
  title: "Large arrays, not compressed",
  about:
    "Float32 to the server and back. `fetch` and node:http are asked by presigned URLs: no signing of bodies, no checksums, the floor. The bytes that were stored, and those that came back, are compared.",
  async run(bench) {
    const bytes = bench.size(4, 256) * MiB;
    {
      await using target = await bench.startTarget({ keepAlive: true });
      await withSignal(bytes, async (file) => {
        await up(bench, target, file, bytes, UP, "");
        await down(bench, target, file, bytes);
      });
    }
    if (!bench.options.quick) {
      // Without TLS those who sign have a digest of the body in it, which costs more than sending it.
      await using target = await bench.startTarget({ keepAlive: true, tls: true });
      await withSignal(bytes, (file) => up(bench, target, file, bytes, SIGNING, ", TLS"));
    }
  },
};
