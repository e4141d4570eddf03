/**
 * Many small things to an S3 server and back, several at once: objects of 1 KiB beside the AWS SDK and obstore, and raw arrays of 1 KiB beside the same bytes as plain
 * objects and beside Python's cottoncandy. The server is versitygw over memory, once as it comes (it closes each connection) and once keeping connections.
 *
 *     deno run -A bench/small.ts [--count 1000] [--rounds 5] [--quick]
 *
 * @module
 */
import type { Job, Took } from "./client.ts";
import { alternately, type Contender, median, type Samples, startAll, timesAsFast } from "./contenders.ts";
import { goal, numberOption, printGoals, printTable, printTitle, QUICK } from "./report.ts";
import { type S3Server, serverVersion, startVersitygw } from "./versitygw.ts";

const ROUNDS = QUICK ? 1 : numberOption("rounds", 5);
const COUNT = QUICK ? 64 : numberOption("count", 1000);
const AT_ONCE = 32;
/** Python's cottoncandy is slow: fewer say as much. */
const PYTHON_SHARE = 5;

type Many = Extract<Job, { prefix: string }>["op"];

/** A client's turn, as if it had been `COUNT` of them. */
function turn(client: Contender, op: Many, prefix: string, share = 1): () => Promise<Took> {
  const count = Math.ceil(COUNT / share);
  return async () => {
    const { seconds, cpu } = await client.run({ op, prefix, count, atOnce: AT_ONCE });
    return { seconds: seconds * COUNT / count, cpu: cpu * COUNT / count };
  };
}

async function measure(server: S3Server, keeps: boolean): Promise<void> {
  await using clients = await startAll(["ours", "sdk", "obstore", "cottoncandy"], server.address);
  const { ours, sdk, obstore, cottoncandy } = clients;
  const where = keeps ? "connections kept" : "a connection a request";
  const table = (title: string, samples: Readonly<Record<string, Samples>>) => {
    const mine = samples["this package"];
    printTable(
      `${title}, ${AT_ONCE} at once, ${where}:`,
      ["", "a second", "CPU ms each", "ours ÷ this", "… by CPU"],
      Object.entries(samples).map(([name, took]) => [
        name,
        (COUNT / median(took.map(({ seconds }) => seconds))).toFixed(0),
        (median(took.map(({ cpu }) => cpu)) / COUNT * 1000).toFixed(2),
        timesAsFast(mine, took).toFixed(2),
        timesAsFast(mine, took, "cpu").toFixed(2),
      ]),
    );
  };
  for (const op of ["put", "get"] as const) {
    const many = `${op}Many` as const;
    const arrays = `${op}Arrays` as const;
    const samples = await alternately(ROUNDS, {
      "this package": turn(ours, many, "ours/"),
      "SDK": turn(sdk, many, "sdk/"),
      "obstore": turn(obstore, many, "obstore/"),
      "this package, arrays": turn(ours, arrays, "arrays/"),
      "Python's cottoncandy, arrays": turn(cottoncandy, arrays, "python/", PYTHON_SHARE),
    });
    table(`${op} of 1 KiB`, samples);
    for (const by of ["seconds", "cpu"] as const) {
      const told = by === "cpu" ? ", by CPU time" : "";
      const mine = samples["this package"];
      goal(
        `${op} of 1 KiB (${where}) beside the SDK${told}`,
        timesAsFast(mine, samples.SDK, by),
        "at least",
        1.5,
      );
      // "No more than": what two runs of the same differ by is left to chance.
      goal(
        `${op} of a raw array of 1 KiB (${where}) beside the same bytes as an object${told}`,
        timesAsFast(samples["this package, arrays"], mine, by),
        "at least",
        0.95,
      );
    }
  }
}

printTitle(
  "Small objects and arrays",
  `versitygw ${await serverVersion()} over memory`,
  `${ROUNDS} rounds in turns of ${COUNT}, medians; ratios within rounds`,
);
for (const keepAlive of [false, true]) {
  await using server = await startVersitygw({ keepAlive });
  await measure(server, keepAlive);
}
printGoals();
