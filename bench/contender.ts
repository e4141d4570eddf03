/**
 * Clients that are measured beside each other, each a process of its own (`clients/main.ts`, and for Python `clients/client.py`).
 *
 * @module
 */
import { TextLineStream } from "../tests/interop/lines.ts";
import type { Profile } from "./clients/profile.ts";
import type { Answer, Job, Settings, Took, Work } from "./clients/protocol.ts";
import type { S3Address } from "./versitygw.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** The Python that has the peers. */
export const PYTHON = `${ROOT}.tmp/venv-bench/bin/python`;

const PYTHON_CLIENTS = ["cottoncandy", "obstore", "libraries"] as const;

/** The clients of `clients/main.ts`, that of `clients/processes.py`, and those of `clients/client.py`. */
export type ClientName =
  | "ours"
  | "ours-into"
  | "our-codecs"
  | "sdk"
  | "lib-storage"
  | "s3mini"
  | "zarrita"
  | "age"
  | "fetch"
  | "fetch-copy"
  | "node-http"
  | "webcrypto"
  | "node-zlib"
  | "processes"
  | typeof PYTHON_CLIENTS[number];

function isPython(name: ClientName): name is typeof PYTHON_CLIENTS[number] {
  return (PYTHON_CLIENTS as readonly string[]).includes(name);
}

/** Whether Python's environment is there; `prepare` makes it where it isn't. */
export async function hasPython(prepare: boolean): Promise<boolean> {
  if (prepare) {
    const setup = new Deno.Command("bash", { args: [`${ROOT}tests/interop/setup.sh`, "bench"] });
    const { success } = await setup.spawn().status;
    if (!success) throw new Error("Python's environment could not be made; the reason is above");
  }
  return await Deno.stat(`${ROOT}.tmp/venv-bench/.installed`).then(() => true, () => false);
}

/** A client that takes part, until it is disposed of. */
export interface Contender extends AsyncDisposable {
  /** Why it doesn't take part, where it doesn't: then it is asked for nothing. */
  readonly absent?: string;
  /** Gives it the data of what follows. */
  load(file: string): Promise<void>;
  /** Has it ask the store by that way from now on. */
  connect(address: S3Address): Promise<void>;
  /** Has some work done. */
  run(work: Work): Promise<Took>;
  /** Has it done once more, and tells where time goes, of those whom V8 runs. */
  profile(work: Work): Promise<Profile | undefined>;
}

/** How it is started. */
export interface StartOptions extends Settings {
  /** Python isn't there: clients that need it are absent. */
  readonly withoutPython?: boolean;
  /** Called when it has ended. */
  readonly ended?: () => Promise<void>;
}

/** One that isn't there. */
class AbsentContender implements Contender {
  constructor(readonly absent: string) {}

  load(): Promise<void> {
    return Promise.resolve();
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  run(): Promise<Took> {
    return Promise.reject(new Error(this.absent));
  }

  profile(): Promise<Profile | undefined> {
    return Promise.resolve(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** What runs a client, without what it is told. */
function commandOf(name: ClientName): readonly string[] {
  if (isPython(name)) return [PYTHON, `${ROOT}bench/clients/client.py`];
  if (name === "processes") return ["python3", `${ROOT}bench/clients/processes.py`];
  const flags = ["-A", "--no-check", "--frozen", "--v8-flags=--expose-gc"];
  return [Deno.execPath(), "run", ...flags, `${ROOT}bench/clients/main.ts`];
}

/** A process that is told by its standard input, and answers by its standard output. */
class ClientProcess implements Contender {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  readonly #name: ClientName;
  readonly #ended?: () => Promise<void>;
  #endpoint: string | undefined;

  constructor(name: ClientName, { ended, withoutPython: _, ...settings }: StartOptions) {
    this.#name = name;
    this.#ended = ended;
    this.#endpoint = settings.address?.endpoint;
    const ca = settings.address?.ca;
    const command = commandOf(name);
    this.#process = new Deno.Command(command[0], {
      args: [...command.slice(1), name, JSON.stringify(settings)],
      env: ca === undefined ? {} : { AWS_CA_BUNDLE: ca, NODE_EXTRA_CA_CERTS: ca, DENO_CERT: ca },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#answers = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  async load(file: string): Promise<void> {
    await this.#ask({ op: "load", file });
  }

  async connect(address: S3Address): Promise<void> {
    if (address.endpoint === this.#endpoint) return;
    await this.#ask({ op: "connect", address });
    this.#endpoint = address.endpoint;
  }

  async run(work: Work): Promise<Took> {
    const answer = await this.#ask(work);
    if ("seconds" in answer) return answer;
    throw new Error(`${this.#name} measured nothing of ${work.op}`);
  }

  async profile(work: Work): Promise<Profile | undefined> {
    if (isPython(this.#name) || this.#name === "processes") return undefined;
    const answer = await this.#ask({ op: "profile", work });
    return "profile" in answer ? answer.profile : undefined;
  }

  async #ask(job: Job): Promise<Answer> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(job)}\n`));
    const { done, value } = await this.#answers.read();
    if (done) throw new Error(`${this.#name} ended without an answer to ${JSON.stringify(job)}`);
    const answer: Answer = JSON.parse(value);
    if ("error" in answer) throw new Error(`${this.#name}, ${job.op}: ${answer.error}`);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that has ended by itself has no input to close.
    await this.#input.close().catch(() => {});
    await this.#process.status;
    await this.#answers.cancel();
    await this.#ended?.();
  }
}

/** Why a client can't take part; `undefined` where it can. */
export function whyAbsent(name: ClientName, { withoutPython }: Pick<StartOptions, "withoutPython">) {
  return withoutPython && isPython(name) ? "not installed" : undefined;
}

/** Starts a client. */
export function startContender(name: ClientName, options: StartOptions = {}): Contender {
  const absent = whyAbsent(name, options);
  return absent === undefined ? new ClientProcess(name, options) : new AbsentContender(absent);
}

/**
 * Starts this package's codecs as they were in an earlier commit.
 *
 * @param revision What git knows it by.
 */
export async function startBefore(revision: string): Promise<Contender> {
  // Not within the repository, which would be checked and formatted with it.
  const folder = await Deno.makeTempDir({ prefix: "cottoncandy-before-" });
  const ended = () => Deno.remove(folder, { recursive: true });
  const script = 'git -C "$0" archive "$1" codecs lib | tar -x -C "$2"';
  const { success } = await new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", script, ROOT, revision, folder],
    stderr: "null",
  }).spawn().status;
  if (success) return startContender("our-codecs", { root: `file://${folder}/`, ended });
  await ended();
  return new AbsentContender(`git has no commit ${revision}`);
}
