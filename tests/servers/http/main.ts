/** What the stand-ins have in common as processes of their own. */

/** The values of `--name value` or `--name=value`, in their order. */
export function values(name: string): string[] {
  return Deno.args.flatMap((arg, i) =>
    arg === `--${name}`
      ? [Deno.args[i + 1] ?? ""]
      : arg.startsWith(`--${name}=`)
      ? [arg.slice(name.length + 3)]
      : []
  );
}

/** A number that is given as `--name`. */
export function numberOf(name: string): number | undefined {
  const text = values(name).at(-1);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text === "" || !(number >= 0)) throw new UsageError(`--${name} must be a number, not "${text}"`);
  return number;
}

/** An argument that makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Runs a program with the arguments it was given: prints its usage where that is asked for, and what is wrong where one of them makes no sense.
 *
 * @param usage How it is called; names all of its arguments.
 */
export async function main(usage: string, run: () => Promise<void>): Promise<void> {
  if (Deno.args.includes("--help")) {
    await Deno.stdout.write(new TextEncoder().encode(`${usage}\n`));
    return;
  }
  try {
    checkArguments(usage);
    await run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await Deno.stderr.write(new TextEncoder().encode(`${error.message}\n\n${usage}\n`));
    Deno.exit(2);
  }
}

/** Throws unless every argument is in the usage, with a value where that has one. */
function checkArguments(usage: string): void {
  const takesValue = new Map(
    Array.from(usage.matchAll(/\[--([\w-]+)( [^\]]+)?\]/g), ([, name, value]) => [name, value !== undefined]),
  );
  for (let i = 0; i < Deno.args.length; i++) {
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(Deno.args[i]) ?? [];
    const wanted = takesValue.get(name);
    if (wanted === undefined) throw new UsageError(`"${Deno.args[i]}" is no argument of this program`);
    if (!wanted && value !== undefined) throw new UsageError(`--${name} takes no value`);
    if (wanted && value === undefined && ++i === Deno.args.length) {
      throw new UsageError(`--${name} needs a value`);
    }
  }
}

/** Prints one line of JSON, and serves until standard input ends (with `--stdin`) or the process is told to stop. */
export async function serve(
  server: { shutdown(): Promise<void> },
  told: Readonly<Record<string, unknown>>,
): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ ...told, pid: Deno.pid }) + "\n"));
  const stop = async () => {
    await server.shutdown();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", () => void stop());
  Deno.addSignalListener("SIGTERM", () => void stop());
  if (!Deno.args.includes("--stdin")) return;
  const buffer = new Uint8Array(1024);
  while (await Deno.stdin.read(buffer) !== null) { /* wait for its end */ }
  await stop();
}
