/**
 * A server in a process of its own, so that its memory and its work are not the client's.
 *
 * @module
 */

/** A process that serves until it is disposed of. */
export interface ServerProcess extends AsyncDisposable {
  /** The line that it printed when it was ready. */
  readonly line: string;
}

/** Starts a script that prints one line when it is ready, and ends with its standard input. */
export async function startProcess(script: string, args: readonly string[]): Promise<ServerProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(script, import.meta.url).pathname, ...args, "--stdin"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream());
  let line = "";
  for await (const piece of lines.values({ preventCancel: true })) {
    line += piece;
    if (line.includes("\n")) break;
  }
  return {
    line,
    async [Symbol.asyncDispose]() {
      await process.stdin.close();
      await process.status;
      await lines.cancel();
    },
  };
}
