/**
 * Many small things to an S3 server and back, several at once: objects of 1 KiB, and raw arrays of 1 KiB beside the same bytes as plain objects.
 *
 * @module
 */
import { type Bench, type Entry, OURS, type Section } from "../bench.ts";
import type { Work } from "../clients/protocol.ts";
import type { Contender } from "../contender.ts";
import { ratioOf } from "../results.ts";
import { judgeBoth, LABELS } from "./contest.ts";

const AT_ONCE = 32;
/** Python's cottoncandy is slow: fewer say as much. */
const PYTHON_SHARE = 10;
const ARRAYS = "this package, arrays";
const SDK = LABELS.sdk;

type Many = Extract<Work, { prefix: string; count: number }>["op"];

async function measure(bench: Bench, keepAlive: boolean): Promise<void> {
  const count = bench.size(64, keepAlive ? 2000 : 1000);
  const where = keepAlive ? "" : ", a connection for each";
  await using target = await bench.startTarget({ keepAlive });
  await using clients = bench.startAll(
    ["ours", "sdk", "s3mini", "obstore", "cottoncandy"],
    target.straight.address,
  );
  const { ours, sdk, s3mini, obstore, cottoncandy } = clients;
  const entry = (client: Contender, op: Many, prefix: string, share = 1): Entry => ({
    client,
    work: () => ({ op, prefix, count: Math.ceil(count / share), atOnce: AT_ONCE }),
    share: count / Math.ceil(count / share),
  });
  for (const op of ["put", "get"] as const) {
    const table = await bench.measure({
      section: "small",
      work: `${op} ${count.toLocaleString("en")} of 1 KiB, ${AT_ONCE} at once${where}`,
      amount: { count, of: "objects" },
      rounds: bench.rounds(keepAlive ? 3 : 2),
      target,
      entries: {
        [OURS]: entry(ours, `${op}Many`, "ours/"),
        [SDK]: entry(sdk, `${op}Many`, "sdk/"),
        [LABELS.s3mini]: entry(s3mini, `${op}Many`, "s3mini/"),
        [LABELS.obstore]: entry(obstore, `${op}Many`, "obstore/"),
        [ARRAYS]: entry(ours, `${op}Arrays`, "arrays/"),
        [`${LABELS.cottoncandy}, arrays`]: entry(cottoncandy, `${op}Arrays`, "python/", PYTHON_SHARE),
      },
    });
    await judgeBoth(
      bench,
      table,
      { what: `${op} of 1 KiB${where}, beside the SDK`, kind: "at least", bound: 1.5 },
      (by) => ratioOf(table, OURS, SDK, by),
    );
    // "No more than": what two runs of the same differ by is left to chance.
    await judgeBoth(
      bench,
      table,
      {
        what: `${op} of a raw array of 1 KiB${where}, beside the same bytes as an object`,
        kind: "at least",
        bound: 0.95,
        of: ARRAYS,
      },
      (by) => ratioOf(table, ARRAYS, OURS, by),
    );
  }
}

/** The section. */
export const small: Section = {
  name: "small",
  title: "Small objects and arrays",
  about:
    "Each object is another one, and is compared. versitygw as it comes closes each connection, which some servers do and costs most of the time.",
  async run(bench) {
    await measure(bench, true);
    // The stand-in knows no other way.
    if (!bench.options.quick) await measure(bench, false);
  },
};
