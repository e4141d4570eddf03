/**
 * What importing the package and its subpaths costs: whole processes that import and do nothing else, beside an empty script; and one that opens an S3 bucket and reads an
 * array of it.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import type { Entry, Section } from "../bench.ts";
import { ratioOf } from "../results.ts";
import type { S3Address } from "../versitygw.ts";

const root = new URL("../../", import.meta.url);

type Subpath = keyof typeof config.exports;

/** What is imported in one script, and the most that it may cost, in empty scripts. */
const SCRIPTS: readonly { readonly imports: readonly Subpath[]; readonly most?: number }[] = [
  { imports: ["."], most: 6 },
  { imports: ["./raw", "./backends/memory"], most: 2.5 },
  { imports: ["./npy", "./backends/memory"], most: 2.5 },
  { imports: ["./objects", "./backends/memory"], most: 2.5 },
  { imports: ["./chunked", "./backends/memory"], most: 2.5 },
  { imports: ["./raw", "./backends/s3"] },
  { imports: ["./codecs"], most: 2.5 },
  { imports: ["./crypto"], most: 2.5 },
  { imports: ["./backends/local"], most: 2.5 },
  { imports: ["./backends/s3"], most: 2.5 },
  { imports: ["./backends/gdrive"], most: 2.5 },
];
const EMPTY = "an empty script";
const OPENED = "`./raw` and `./backends/s3`, and an array of 1 KiB read from S3";
const MOST_OPENED = 5;

function urlOf(subpath: Subpath): string {
  return JSON.stringify(new URL(config.exports[subpath], root).href);
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

/** The section. */
export const imports: Section = {
  name: "imports",
  title: "Imports",
  about:
    "Whole processes (`deno run --no-check`), everything cached, from their start to their end. No profile: V8 samples what runs, not what it loads.",
  async run(bench) {
    await using target = await bench.startTarget({ keepAlive: true });
    await writeRaw(target.straight.backend, "small", new Float32Array(256), { compression: false });
    const nameOf = (subpaths: readonly Subpath[]) => subpaths.map((name) => `\`${name}\``).join(" and ");
    const scripts: Record<string, string> = {
      [EMPTY]: "export {};\n",
      ...Object.fromEntries(
        SCRIPTS.map((
          { imports },
        ) => [nameOf(imports), imports.map((name) => `import ${urlOf(name)};\n`).join("")]),
      ),
      [OPENED]: readingScript(target.straight.address),
    };
    await using processes = bench.start("processes");
    const folder = await Deno.makeTempDir();
    try {
      const entries: Record<string, Entry> = {};
      for (const [index, [name, source]] of Object.entries(scripts).entries()) {
        const path = `${folder}/${index}.ts`;
        await Deno.writeTextFile(path, source);
        const command = [
          ...[Deno.execPath(), "run", "-A", "--no-check", "--cached-only", "--frozen"],
          ...["--config", `${root.pathname}deno.json`, path],
        ];
        entries[name] = { client: processes, offline: true, work: () => ({ op: "spawn", command }) };
      }
      const table = await bench.measure({
        section: "imports",
        work: "processes that import, and end",
        ours: EMPTY,
        rounds: bench.rounds(15),
        entries,
      });
      const limits = [
        ...SCRIPTS.map(({ imports, most }) => [nameOf(imports), most] as const),
        [OPENED, MOST_OPENED] as const,
      ];
      for (const [name, bound] of limits) {
        if (bound === undefined) continue;
        const ratio = ratioOf(table, EMPTY, name);
        await bench.judge(table, {
          what: `${name} beside an empty script`,
          kind: "at most",
          bound,
          ratio,
          of: name,
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};
