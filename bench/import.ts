/**
 * What importing the package and its subpaths costs: whole processes (`deno run --no-check`, everything cached) that import and do nothing else, beside an empty script, taking
 * turns; and one that opens an S3 bucket and reads an object of it, from versitygw over memory.
 *
 *     deno run -A bench/import.ts [--rounds 15] [--quick] [subpath …]
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };
import { alternately, Contender, median, timesAsFast } from "./contenders.ts";
import type { Took } from "./client.ts";
import { goal, numberOption, printGoals, printTable, printTitle, QUICK } from "./report.ts";
import { type S3Address, type S3Server, startVersitygw } from "./versitygw.ts";

const ROUNDS = QUICK ? 2 : numberOption("rounds", 15);
const root = new URL("../", import.meta.url);

/** What is imported, several in one script joined by `+`, and the most that it may cost, in empty scripts. */
const SCRIPTS: Readonly<Record<string, number | undefined>> = {
  ".": 6,
  "./raw+./backends/memory": 2.5,
  "./npy+./backends/memory": 2.5,
  "./objects+./backends/memory": 2.5,
  "./chunked+./backends/memory": 2.5,
  "./raw+./backends/s3": undefined,
  "./codecs": 2.5,
  "./crypto": 2.5,
  "./backends/local": 2.5,
  "./backends/s3": 2.5,
  "./backends/gdrive": 2.5,
};
const EMPTY = "an empty script";
const OPENED = "`./raw` and `./backends/s3`: an array of 1 KiB read from S3";
const MOST_OPENED = 5;

function isSubpath(name: string): name is keyof typeof config.exports {
  return name in config.exports;
}

function urlOf(name: string): string {
  if (!isSubpath(name)) throw new Error(`deno.json exports no "${name}"`);
  return JSON.stringify(new URL(config.exports[name], root).href);
}

/** Opens a bucket and reads an array. */
function readingScript({ endpoint, region, bucket, accessKeyId, secretAccessKey }: S3Address): string {
  const options = { bucket, endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  return `import { readRaw } from ${urlOf("./raw")};
import { S3Backend } from ${urlOf("./backends/s3")};
const backend = new S3Backend(${JSON.stringify(options)});
const array = await readRaw(backend, "small");
if (array.size !== 256) throw new Error("not the array");
backend.close();
`;
}

/** A small array to read. */
async function prepare({ backend }: S3Server): Promise<void> {
  const { writeRaw } = await import("../lib/stored_arrays/raw.ts");
  await writeRaw(backend, "small", new Float32Array(256), { compression: false });
}

const asked = Deno.args.filter((word) => word.split("+").every(isSubpath));
const folder = await Deno.makeTempDir();
try {
  await using server = await startVersitygw({ keepAlive: true });
  await prepare(server);
  await using processes = await Contender.start("processes");
  const scripts: Record<string, string> = { [EMPTY]: "export {};\n" };
  for (const specifiers of asked.length > 0 ? asked : Object.keys(SCRIPTS)) {
    const imports = specifiers.split("+").map((name) => `import ${urlOf(name)};\n`);
    scripts[`\`${specifiers.replace("+", "` and `")}\``] = imports.join("");
  }
  if (asked.length === 0) scripts[OPENED] = readingScript(server.address);
  const works: Record<string, () => Promise<Took>> = {};
  for (const [index, [name, source]] of Object.entries(scripts).entries()) {
    const path = `${folder}/${index}.ts`;
    await Deno.writeTextFile(path, source);
    const command = [
      ...[Deno.execPath(), "run", "-A", "--no-check", "--cached-only", "--frozen"],
      ...["--config", `${root.pathname}deno.json`, path],
    ];
    works[name] = () => processes.run({ op: "spawn", command });
  }
  const samples = await alternately(ROUNDS, works);
  printTitle("Imports", `${ROUNDS} rounds in turns, medians; ratios within rounds`);
  const empty = samples[EMPTY];
  printTable(
    "Whole processes, everything cached, no type check:",
    ["", "ms", "least", "CPU ms", "× an empty script", "… by CPU"],
    Object.entries(samples).map(([name, took]) => [
      name,
      ...[median, (values: readonly number[]) => Math.min(...values)].map((of) =>
        (of(took.map(({ seconds }) => seconds)) * 1000).toFixed(0)
      ),
      (median(took.map(({ cpu }) => cpu)) * 1000).toFixed(0),
      timesAsFast(empty, took).toFixed(1),
      timesAsFast(empty, took, "cpu").toFixed(1),
    ]),
  );
  const limits = { ...SCRIPTS, [OPENED]: MOST_OPENED };
  for (const [specifiers, limit] of Object.entries(limits)) {
    const name = specifiers === OPENED ? OPENED : `\`${specifiers.replace("+", "` and `")}\``;
    if (limit === undefined || !(name in samples)) continue;
    goal(`${name} beside an empty script`, timesAsFast(empty, samples[name]), "at most", limit);
  }
  printGoals();
} finally {
  await Deno.remove(folder, { recursive: true });
}
