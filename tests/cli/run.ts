/** The command line in this process, its output captured. */
import type { Io, Sink } from "../../cli/io.ts";
import { runProgram } from "../../cli/program.ts";

/** What a run said and gave. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly bytes: Uint8Array;
  readonly err: string;
}

/** How to run it. */
export interface RunOptions {
  /** Columns of the terminal that both outputs are; none by default: they are pipes. */
  readonly columns?: number;
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** What a person types where a secret is asked for; of several each time the next. */
  readonly secret?: string | readonly string[];
  /** Is told whenever something is printed to standard output. */
  readonly onOutput?: () => void;
}

/** Runs a command line. */
export async function cli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { columns, stdin = "", env = {}, signal = new AbortController().signal, secret, onOutput } = options;
  const [out, err] = [capture(columns, onOutput), capture(columns)];
  let asked = 0;
  const io: Io = {
    stdout: out.sink,
    stderr: err.sink,
    stdin: () => new Blob([typeof stdin === "string" ? stdin : new Uint8Array(stdin)]).stream(),
    askSecret: () => Promise.resolve(typeof secret === "string" ? secret : secret?.[asked++]),
    variable: (name) => env[name],
  };
  const code = await runProgram(args, io, signal);
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(out.bytes()), bytes: out.bytes(), err: decode(err.bytes()) };
}

/** The objects of `--json`. */
export function records(ran: Ran): Record<string, unknown>[] {
  return ran.out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

function capture(
  columns: number | undefined,
  onOutput: () => void = () => {},
): { sink: Sink; bytes: () => Uint8Array } {
  const pieces: Uint8Array[] = [];
  return {
    sink: {
      columns,
      rows: columns === undefined ? undefined : 24,
      write(data) {
        pieces.push(typeof data === "string" ? new TextEncoder().encode(data) : data.slice());
        onOutput();
        return Promise.resolve();
      },
    },
    bytes: () => {
      const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
      }
      return all;
    },
  };
}
