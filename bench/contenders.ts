/**
 * Measuring clients beside each other: each is a process of its own (`client.ts`, `client.py`), they take turns, and every figure is a median with its ratios taken
 * within the rounds, so that a machine which is slower for a while is so for all of them.
 *
 * @module
 */
import { TextLineStream } from "../tests/interop/lines.ts";
import type { Answer, Job, Settings, Took } from "./client.ts";
import type { S3Address } from "./versitygw.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const PYTHON = `${ROOT}.tmp/venv-bench/bin/python`;

/** The clients of `client.ts`, and those of `client.py`. */
export type ClientName =
  | "ours"
  | "ours-into"
  | "our-codecs"
  | "sdk"
  | "lib-storage"
  | "fetch"
  | "fetch-copy"
  | "node-zlib"
  | PythonClient;

type PythonClient = "cottoncandy" | "obstore" | "libraries" | "processes";

function isPython(name: ClientName): name is PythonClient {
  return name === "cottoncandy" || name === "obstore" || name === "libraries" || name === "processes";
}

let python: Promise<void> | undefined;

/** Makes Python's virtual environment where it isn't there. */
function preparePython(): Promise<void> {
  return python ??= (async () => {
    const setup = new Deno.Command("bash", { args: [`${ROOT}tests/interop/setup.sh`, "bench"] });
    const { success } = await setup.spawn().status;
    if (!success) throw new Error("Python's environment could not be made; the reason is above");
  })();
}

/** A client's process. */
export class Contender implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  readonly #name: string;
  readonly #ended?: () => Promise<void>;

  private constructor(name: string, process: Deno.ChildProcess, ended?: () => Promise<void>) {
    this.#name = name;
    this.#ended = ended;
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#answers = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
      .getReader();
  }

  /** Starts one; `ended` is called when it has ended. */
  static async start(
    name: ClientName,
    settings: Settings = {},
    ended?: () => Promise<void>,
  ): Promise<Contender> {
    const args = [name, JSON.stringify(settings)];
    if (isPython(name)) await preparePython();
    const ca = settings.address?.ca;
    const env: Record<string, string> = ca === undefined
      ? {}
      : { AWS_CA_BUNDLE: ca, NODE_EXTRA_CA_CERTS: ca, DENO_CERT: ca };
    const command = isPython(name)
      ? new Deno.Command(PYTHON, {
        args: [`${ROOT}bench/client.py`, ...args],
        env,
        stdin: "piped",
        stdout: "piped",
      })
      : new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", "--frozen", "--v8-flags=--expose-gc"],
          ...[`${ROOT}bench/client.ts`, ...args],
        ],
        env,
        stdin: "piped",
        stdout: "piped",
      });
    return new Contender(name, command.spawn(), ended);
  }

  /** Has a job done. */
  async run(job: Job): Promise<Took> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(job)}\n`));
    const { done, value } = await this.#answers.read();
    if (done) throw new Error(`${this.#name} ended without an answer to ${JSON.stringify(job)}`);
    const answer: Answer = JSON.parse(value);
    if ("error" in answer) throw new Error(`${this.#name}, ${job.op}: ${answer.error}`);
    return answer;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    // One that has ended by itself has no input to close.
    await this.#input.close().catch(() => {});
    await this.#process.status;
    await this.#answers.cancel();
    await this.#ended?.();
  }
}

/** Starts several that use the same store, where they use one; they end together. */
export async function startAll<N extends ClientName>(
  names: readonly N[],
  address?: S3Address,
): Promise<Record<N, Contender> & AsyncDisposable> {
  const started = await Promise.all(
    names.map(async (name) => [name, await Contender.start(name, { address })] as const),
  );
  return Object.assign(Object.fromEntries(started) as Record<N, Contender>, {
    [Symbol.asyncDispose]: async () => {
      for (const [, contender] of started) await contender[Symbol.asyncDispose]();
    },
  });
}

/**
 * Starts this package's codecs as they were in an earlier commit.
 *
 * @param revision What git knows it by.
 */
export async function startBefore(revision: string): Promise<Contender> {
  // Not within the repository, which would be checked and formatted with it.
  const folder = await Deno.makeTempDir({ prefix: "cottoncandy-before-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  const script = 'git -C "$0" archive "$1" codecs lib | tar -x -C "$2"';
  const command = new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", script, ROOT, revision, folder],
  });
  const { success } = await command.spawn().status;
  if (success) return await Contender.start("our-codecs", { root: `file://${folder}/` }, remove);
  await remove();
  throw new Error(`git knows no commit ${revision}`);
}

/** What something took, once a round. */
export type Samples = readonly Took[];

/**
 * Runs all of `works` once a round, one after the other, each round beginning with another one. A round before the first warms up and isn't counted.
 */
export async function alternately<N extends string>(
  rounds: number,
  works: Readonly<Record<N, () => Promise<Took>>>,
): Promise<Record<N, Samples>> {
  const names = Object.keys(works) as N[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<N, Took[]>;
  for (let round = -1; round < rounds; round++) {
    for (const index of names.keys()) {
      const name = names[(index + Math.max(round, 0)) % names.length];
      const took = await works[name]();
      if (round >= 0) samples[name].push(took);
    }
  }
  return samples;
}

/** The middle one of some values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many times as fast `a` is as `b`: the median of the rounds' ratios, by the clock or by CPU time. */
export function timesAsFast(a: Samples, b: Samples, by: keyof Took = "seconds"): number {
  return median(a.map((took, round) => b[round][by] / took[by]));
}
