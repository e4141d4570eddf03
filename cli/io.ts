/**
 * The process that a command runs in: its streams, its terminal, its signals. Node's `process` serves Deno, Node and Bun alike.
 *
 * @module
 */
import { asError } from "../lib/error_context.ts";
import { environmentVariable } from "../lib/environment.ts";
import { CottonCandyError, InvalidArgumentError } from "../lib/errors.ts";

/** Where text or bytes go. */
export interface Sink {
  /** Columns of the terminal that this is; `undefined` where it is a file or a pipe. */
  readonly columns: number | undefined;
  /** Lines of that terminal. */
  readonly rows: number | undefined;
  /** Writes, and waits until there is room for more. Rejects with {@linkcode PipeClosedError} when nobody reads any more. */
  write(data: Uint8Array | string): Promise<void>;
}

/** What a command has to do with the world, stores and files aside. */
export interface Io {
  /** Results, and nothing else. */
  readonly stdout: Sink;
  /** Everything else: errors, warnings, progress. */
  readonly stderr: Sink;
  /** Standard input, from where it was read last. */
  stdin(): ReadableStream<Uint8Array>;
  /** Asks the person at the terminal for what is not shown as it is typed; `undefined` where there is nobody to ask. */
  askSecret(question: string): Promise<string | undefined>;
  /** An environment variable; `undefined` when it is missing or empty. */
  variable(name: string): string | undefined;
}

/** Whoever read the output has gone, as `head` does. */
export class PipeClosedError extends Error {
  /** `"PipeClosedError"`. */
  override readonly name = "PipeClosedError";
}

/** A signal that asks the process to end. */
export type EndingSignal = "SIGINT" | "SIGTERM";

/** Why a command is aborted: the process was asked to end. */
export class InterruptedError extends Error {
  /** `"InterruptedError"`. */
  override readonly name = "InterruptedError";
  /** By which signal. */
  readonly by: EndingSignal;

  /** Made of the signal. */
  constructor(by: EndingSignal) {
    super(`ended by ${by}`);
    this.by = by;
  }
}

/** Exit codes of processes that signals end, as shells tell them. */
export const SIGNAL_CODES: Readonly<Record<EndingSignal | "SIGPIPE", number>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGPIPE: 141,
};

/** That of this process. */
export function processIo(): Io {
  const { stdout, stderr, stdin } = globalThis.process;
  return {
    stdout: sinkOf(stdout),
    stderr: sinkOf(stderr),
    stdin: () => readableOf(stdin),
    askSecret: (question) => askSecret(question),
    variable: environmentVariable,
  };
}

/**
 * Does something that a signal ends: the first one aborts it, so that it takes back what it began; a second one ends the process at once.
 *
 * @returns What it gave.
 */
export async function withSignals<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { process } = globalThis;
  const controller = new AbortController();
  const handlers = (["SIGINT", "SIGTERM"] as const).map((name) => {
    const handler = () => {
      if (controller.signal.aborted) process.exit(SIGNAL_CODES[name]);
      controller.abort(new InterruptedError(name));
    };
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  try {
    return await work(controller.signal);
  } finally {
    for (const remove of handlers) remove();
  }
}

/** What is needed of Node's streams to a file, a pipe or a terminal. */
interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on(event: "error", listener: () => void): unknown;
  write(data: Uint8Array | string, written: (error?: Error | null) => void): unknown;
}
type Input = typeof globalThis.process.stdin;

function sinkOf(stream: Output): Sink {
  // What a write fails of is told to its writer; unheard, it would end the process.
  stream.on("error", () => {});
  return {
    get columns() {
      return stream.isTTY ? stream.columns || 80 : undefined;
    },
    get rows() {
      return stream.isTTY ? stream.rows || 24 : undefined;
    },
    async write(data) {
      try {
        await new Promise<void>((resolve, reject) => {
          stream.write(data, (error) => error ? reject(error) : resolve());
        });
      } catch (thrown) {
        const cause = asError(thrown);
        if (isClosedPipe(cause)) throw new PipeClosedError("nobody reads this any more");
        throw new CottonCandyError(`the output can't be written: ${cause.message}`, { cause });
      }
    },
  };
}

function isClosedPipe(error: Error): boolean {
  return error.name === "BrokenPipe" ||
    "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
}

function readableOf(stream: Input): ReadableStream<Uint8Array> {
  const pieces = stream[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(typeof value === "string" ? new TextEncoder().encode(value) : value);
    },
    async cancel() {
      await pieces.return?.();
    },
  }, { highWaterMark: 0 });
}

/** Reads a line from the terminal without showing it. */
async function askSecret(question: string): Promise<string | undefined> {
  const { stdin, stderr } = globalThis.process;
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  stderr.write(question);
  stdin.setRawMode(true);
  try {
    let line = "";
    for await (const piece of readableOf(stdin)) {
      for (const character of new TextDecoder().decode(piece)) {
        if (character === "\r" || character === "\n") return line;
        // Control-C and control-D: a raw terminal sends no signals.
        if (character === "\x03" || character === "\x04") throw new InterruptedError("SIGINT");
        line = character === "\x7f" || character === "\b" ? line.slice(0, -1) : line + character;
      }
    }
    throw new InvalidArgumentError("the terminal was closed before a passphrase was given");
  } finally {
    stdin.setRawMode(false);
    stderr.write("\n");
  }
}
