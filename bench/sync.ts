/**
 * A directory of many small files to an S3 server, and once more when nothing has changed: `sync` beside rclone and s5cmd. The server is versitygw over memory; each run is a
 * process of its own, they take turns, and each begins with an empty prefix.
 *
 *     deno run -A bench/sync.ts [--files 20000] [--rounds 3] [--quick]
 *
 * @module
 */
import { LocalBackend } from "../backends/local/mod.ts";
import { S3Backend } from "../backends/s3/mod.ts";
import { sync } from "../lib/sync/mod.ts";
import { alternately, median, type Samples } from "./turns.ts";
import { type GoProgram, goProgram, goVersion } from "./go_program.ts";
import { RCLONE, rcloneEnvironment } from "./rclone.ts";
import { goal, numberOption, option, printGoals, printTable, printTitle, QUICK } from "./report.ts";
import { type S3Address, serverVersion, startVersitygw } from "./versitygw.ts";

const FILES = QUICK ? 200 : numberOption("files", 20_000);
const ROUNDS = QUICK ? 1 : numberOption("rounds", 3);
/** In how many directories they are. */
const DIRECTORIES = 20;
/** Transfers at once of those that want to be told: as many as `sync` has. */
const AT_ONCE = 16;

const S5CMD: GoProgram = {
  name: "s5cmd",
  package: "github.com/peak/s5cmd/v2",
  module: "github.com/peak/s5cmd/v2",
  version: "v2.3.0",
};

/** What a run of a process took, in seconds. */
interface Run {
  readonly seconds: number;
  readonly cpu: number;
  readonly output: string;
}

/** Runs a program, and measures it as the shell does. */
async function run(program: string, args: readonly string[], env: Record<string, string>): Promise<Run> {
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", 'TIMEFORMAT="took %R %U %S"; time "$@"', "bash", program, ...args],
    env,
  }).output();
  const told = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${program} failed: ${told}`);
  const [seconds, user, system] = /took (\S+) (\S+) (\S+)\s*$/.exec(told)!.slice(1).map(Number);
  return { seconds, cpu: user + system, output: new TextDecoder().decode(stdout) };
}

/** What each program is started with, to sync a directory to a prefix. */
async function contenders(
  directory: string,
  address: S3Address,
): Promise<Record<string, (prefix: string) => Promise<Run>>> {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = address;
  const [rclone, s5cmd] = [await goProgram(RCLONE), await goProgram(S5CMD)];
  const env = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    ...rcloneEnvironment(address),
  };
  const self = [
    ...["run", "-A", "--no-check", new URL(import.meta.url).pathname],
    ...["--endpoint", endpoint, "--region", region, "--bucket", bucket, "--directory", directory],
  ];
  return {
    "this package": (prefix) => run(Deno.execPath(), [...self, "--prefix", prefix], env),
    rclone: (prefix) =>
      run(rclone, [
        ...["sync", directory, `:s3:${bucket}/${prefix}`],
        ...["--transfers", `${AT_ONCE}`, "--checkers", `${AT_ONCE}`],
      ], env),
    s5cmd: (prefix) =>
      run(s5cmd, ["--endpoint-url", endpoint, "sync", `${directory}/`, `s3://${bucket}/${prefix}/`], env),
  };
}

/** One sync, as a program that does nothing else. */
async function syncOnce(): Promise<void> {
  const store = new S3Backend({
    bucket: option("bucket", ""),
    endpoint: option("endpoint", ""),
    region: option("region", ""),
    credentials: {
      accessKeyId: Deno.env.get("AWS_ACCESS_KEY_ID")!,
      secretAccessKey: Deno.env.get("AWS_SECRET_ACCESS_KEY")!,
    },
  });
  const from = { backend: new LocalBackend(option("directory", "")) };
  const concurrency = numberOption("concurrency", AT_ONCE);
  const result = await sync(from, { backend: store, prefix: option("prefix", "") }, { concurrency });
  store.close();
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result)));
}

/** Files of 1 to 4 KiB, no two alike. */
async function makeFiles(directory: string): Promise<void> {
  let seed = 1;
  for (let i = 0; i < FILES; i++) {
    const folder = `${directory}/sub${`${i % DIRECTORIES}`.padStart(2, "0")}`;
    if (i < DIRECTORIES) await Deno.mkdir(folder);
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    const bytes = new Uint8Array(1024 + seed % 3073);
    crypto.getRandomValues(bytes);
    await Deno.writeFile(`${folder}/file${i}.bin`, bytes);
  }
}

/** Ratios within the rounds: how many times as long ours took. */
function timesAsLong(samples: Readonly<Record<string, Samples>>, by: "seconds" | "cpu"): number {
  const [ours, ...others] = Object.values(samples);
  return median(
    ours.map((took, round) => took[by] / Math.min(...others.map((other) => other[round][by]))),
  );
}

async function main(): Promise<void> {
  const directory = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "cottoncandy-files-" });
  try {
    await makeFiles(directory);
    await using server = await startVersitygw({ keepAlive: true });
    printTitle(
      `sync of ${FILES} files of 1 to 4 KiB`,
      `versitygw ${await serverVersion()}`,
      `rclone ${await goVersion(RCLONE)}`,
      `s5cmd ${await goVersion(S5CMD)}`,
    );
    const programs = await contenders(directory, server.address);
    // What is as old as its copy is asked for.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const second: Record<string, Run[]> = {};
    let turn = 0;
    const first = await alternately(
      ROUNDS,
      Object.fromEntries(
        Object.entries(programs).map(([name, start]) => [name, async () => {
          const prefix = `${name.replace(" ", "-")}-${turn++}`;
          const took = await start(prefix);
          if (name === "this package") expect(took, FILES, 0);
          await new Promise((resolve) => setTimeout(resolve, 1000));
          const again = await start(prefix);
          if (name === "this package") expect(again, 0, FILES);
          (second[name] ??= []).push(again);
          return took;
        }]),
      ),
    );
    // The warm-up doesn't count.
    const again = Object.fromEntries(Object.entries(second).map(([name, runs]) => [name, runs.slice(1)]));
    for (const [what, samples] of [["the first time", first], ["the second time", again]] as const) {
      printTable(
        `All files, ${what}:`,
        ["", "seconds", "CPU seconds"],
        Object.entries(samples).map(([name, took]) => [
          name,
          median(took.map(({ seconds }) => seconds)).toFixed(2),
          median(took.map(({ cpu }) => cpu)).toFixed(2),
        ]),
      );
      goal(`${what}, by the clock, against the faster`, timesAsLong(samples, "seconds"), "at most", 1.5);
      goal(
        `${what}, by CPU time, against the one that takes less`,
        timesAsLong(samples, "cpu"),
        "at most",
        1.5,
      );
    }
    printGoals();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function expect({ output }: Run, copied: number, skipped: number): void {
  const result: unknown = JSON.parse(output);
  const wanted = { copied, skipped, deleted: 0, failed: 0 };
  for (const [name, value] of Object.entries(wanted)) {
    if (Reflect.get(Object(result), name) !== value) {
      throw new Error(`expected ${JSON.stringify(wanted)}: ${output}`);
    }
  }
}

if (import.meta.main) await (option("prefix", "") === "" ? main() : syncOnce());
