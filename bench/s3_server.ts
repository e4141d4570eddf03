/**
 * The S3 stand-in in a process of its own, so that its memory and its work are not the client's.
 *
 * @module
 */
import type { InterfaceOptions } from "../mod.ts";

/** A server that runs until it is disposed of. */
export interface BenchServer extends AsyncDisposable {
  /** The bucket's URL. */
  readonly url: string;
  /** Credentials. */
  readonly options: InterfaceOptions;
}

/** Starts the stand-in with one bucket. */
export async function startServer(): Promise<BenchServer> {
  const script = new URL("../tests/servers/s3_main.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, "--bucket", "bench", "--stdin"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream());
  let text = "";
  for await (const piece of lines.values({ preventCancel: true })) {
    text += piece;
    if (text.includes("\n")) break;
  }
  const { endpoint, region, credentials } = JSON.parse(text);
  return {
    url: `s3://bench?endpoint=${endpoint}&region=${region}`,
    options: { credentials },
    async [Symbol.asyncDispose]() {
      await process.stdin.close();
      await process.status;
      await lines.cancel();
    },
  };
}
