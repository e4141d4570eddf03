/**
 * The S3 stand-in in a process of its own, so that its memory and its work are not the client's.
 *
 * @module
 */
import type { InterfaceOptions } from "../mod.ts";
import { startProcess } from "./server.ts";

/** A server that runs until it is disposed of. */
export interface BenchServer extends AsyncDisposable {
  /** The bucket's URL. */
  readonly url: string;
  /** Credentials. */
  readonly options: InterfaceOptions;
}

/** Starts the stand-in with one bucket. */
export async function startServer(): Promise<BenchServer> {
  const process = await startProcess("../tests/servers/s3_main.ts", ["--bucket", "bench"]);
  const { endpoint, region, credentials } = JSON.parse(process.line);
  return {
    url: `s3://bench?endpoint=${endpoint}&region=${region}`,
    options: { credentials },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
