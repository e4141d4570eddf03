// deno-lint-ignore-file no-console -- a program that prints
/**
 * Memory that uploading and downloading one large raw array takes, for each codec: each transfer in a process of its own, the S3 server in another.
 *
 * `deno run -A bench/raw_memory.ts [--mib 512] [--workers 2] [--store s3://bucket?endpoint=…] [codec …]`
 */
import { listCodecs } from "../codecs/mod.ts";
import { getInterface, type InterfaceOptions, ndarray } from "../mod.ts";
import { signal } from "./data.ts";
import { peakRss, resetPeak } from "./rss.ts";
import { startServer } from "./s3_server.ts";

const CODECS = ["false", ...listCodecs().written.map(({ name }) => name)];

interface Job {
  readonly direction: "upload" | "download";
  readonly codec: string;
  readonly mib: number;
  readonly store: string;
  readonly options: InterfaceOptions;
}

/** What one transfer took: MiB and seconds. */
interface Outcome {
  readonly baseline: number;
  readonly peak: number;
  readonly seconds: number;
  readonly stored: number;
}

async function work({ direction, codec, mib, store, options }: Job): Promise<Outcome> {
  const cci = await getInterface(store, options);
  const name = `raw_memory/${codec}`;
  const length = mib * 1024 * 1024 / 4;
  const array = direction === "upload" ? ndarray(signal(length), [mib, length / mib]) : undefined;
  // The first small transfer loads the client and the codec: code, not data.
  await cci.uploadRawArray("raw_memory/warm", new Float32Array(1000), {
    compression: codec !== "false" && codec,
  });
  await cci.downloadRawArray("raw_memory/warm");
  const baseline = await resetPeak();
  const start = performance.now();
  let stored = 0;
  if (array) {
    stored = (await cci.uploadRawArray(name, array, { compression: codec !== "false" && codec })).size;
  } else {
    const back = await cci.downloadRawArray(name);
    if (back.nbytes !== mib * 1024 * 1024) throw new Error(`${back.nbytes} bytes came back`);
  }
  const seconds = (performance.now() - start) / 1000;
  const peak = await peakRss();
  if (direction === "download") {
    const expected = signal(length);
    const back = await cci.downloadRawArray(name);
    if (!back.is("<f4") || back.data.some((value, i) => value !== expected[i])) {
      throw new Error("the array came back different");
    }
  }
  return { baseline, peak, seconds, stored };
}

async function inOwnProcess(job: Job): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename ?? "", "--job", JSON.stringify(job)],
    stdout: "piped",
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`${job.direction} ${job.codec} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function main(): Promise<void> {
  const args = [...Deno.args];
  const option = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args.splice(at, 2)[1];
  };
  const job = option("--job");
  if (job) return console.log(JSON.stringify(await work(JSON.parse(job))));
  const mib = Number(option("--mib") ?? 512);
  const given = option("--store");
  await using server = given ? undefined : await startServer();
  const store = given ?? server?.url ?? "";
  const workers = option("--workers");
  const options = { ...server?.options, ...(workers && { workers: Number(workers) || false as const }) };
  console.log(
    `one array of ${mib} MiB; MiB of resident memory above what the process had before the transfer`,
  );
  console.log(
    `${"codec".padEnd(8)}${"upload".padStart(10)}${"MB/s".padStart(8)}${"download".padStart(10)}${
      "MB/s".padStart(8)
    }${"stored MiB".padStart(12)}`,
  );
  for (const codec of args.length > 0 ? args : CODECS) {
    const common = { codec, mib, store, options };
    const up = await inOwnProcess({ direction: "upload", ...common });
    const down = await inOwnProcess({ direction: "download", ...common });
    const rate = ({ seconds }: Outcome) => (mib * 1.048576 / seconds).toFixed(0);
    const above = ({ peak, baseline }: Outcome) => (peak - baseline).toFixed(0);
    console.log(
      codec.padEnd(8) + above(up).padStart(10) + rate(up).padStart(8) + above(down).padStart(10) +
        rate(down).padStart(8) +
        (up.stored / 2 ** 20).toFixed(0).padStart(12),
    );
  }
}

await main();
