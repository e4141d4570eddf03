/**
 * Starts a server as a process of its own, over a directory of its own, and stops it.
 *
 * @module
 */
import type { S3Access } from "./server.ts";

/** Keys that every server which is started here is given. */
export const KEYS = { accessKeyId: "foreign", secretAccessKey: "foreign-secret" };

/** What is run, when it is known where it shall listen and where it may keep its data. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

/** A server takes its time while others start beside it on few processors. */
const PATIENCE = 120_000;

/** Runs what `launch` says, until it answers requests; disposing of it ends the process and removes its directory. */
export async function launchServer(
  name: string,
  launch: (port: number, directory: string) => Launch | Promise<Launch>,
): Promise<S3Access & AsyncDisposable> {
  const directory = await Deno.makeTempDir({ prefix: `cottoncandy-${name}-` });
  const port = freePort();
  const { command, args, env } = await launch(port, directory);
  // The shell turns into the program, which so has the number that is ended.
  const process = new Deno.Command("sh", {
    args: ["-c", 'exec "$0" "$@" >log 2>&1', command, ...args],
    env,
    cwd: directory,
    stdin: "null",
  }).spawn();
  let ended = false;
  const status = process.status.then(() => ended = true);
  const stop = async () => {
    // All is in a directory that goes as well: there is nothing to flush.
    if (!ended) process.kill("SIGKILL");
    await status;
    await Deno.remove(directory, { recursive: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + PATIENCE;
  while (!await isReady(endpoint)) {
    if (ended || Date.now() > deadline) {
      const said = await Deno.readTextFile(`${directory}/log`);
      await stop();
      throw new Error(`${name} ${ended ? "ended" : "does not answer"}: ${said.slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { endpoint, ...KEYS, [Symbol.asyncDispose]: stop };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether requests are answered: a server that is still starting answers 503. */
async function isReady(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false;
  }
}
