/**
 * The server that transfers are measured against: versitygw over memory, or, where nobody has built it and nothing is to be built, the tests' stand-in for S3.
 *
 * @module
 */
import { S3Backend } from "../backends/s3/mod.ts";
import { type Counter, startCounter } from "./counter.ts";
import { builtProgram } from "./go_program.ts";
import { startProcess } from "./server.ts";
import { type S3Address, type ServerOptions, serverVersion, startVersitygw, VERSITYGW } from "./versitygw.ts";

/** A way to the server: straight, or through what counts. */
export interface Route {
  readonly address: S3Address;
  /** This package's backend for the bucket by that way, to prepare what is measured. */
  readonly backend: S3Backend;
}

/** A server with one bucket, until it is disposed of. */
export interface Target extends AsyncDisposable {
  readonly straight: Route;
  /** There is none with TLS, into which nobody sees. */
  readonly counted?: Route & Pick<Counter, "take">;
}

const STAND_IN = "the tests' stand-in for S3";

/** Whether versitygw serves: in a quick run only where it has been built before. */
async function hasVersitygw(quick: boolean): Promise<boolean> {
  return !quick || await builtProgram(VERSITYGW) !== undefined;
}

/** The server's name and version. */
export async function targetName(quick: boolean): Promise<string> {
  return await hasVersitygw(quick) ? `versitygw ${await serverVersion()} over memory` : STAND_IN;
}

async function startStandIn(): Promise<{ address: S3Address } & AsyncDisposable> {
  const bucket = "bench";
  const process = await startProcess("../tests/servers/s3_main.ts", ["--bucket", bucket]);
  const { endpoint, region, credentials } = JSON.parse(process.line);
  return {
    address: { endpoint, region, bucket, ...credentials },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

function backendOf({ bucket, endpoint, region, ca, accessKeyId, secretAccessKey }: S3Address): S3Backend {
  return new S3Backend({ bucket, endpoint, region, ca, credentials: { accessKeyId, secretAccessKey } });
}

/** Starts a server, which a quick run takes as it is: the stand-in has no TLS, and keeps connections. */
export async function startTarget(quick: boolean, options: ServerOptions): Promise<Target> {
  await using parts = new AsyncDisposableStack();
  const server = parts.use(
    await hasVersitygw(quick) ? await startVersitygw(options) : await startStandIn(),
  );
  const route = (address: S3Address): Route => {
    const backend = parts.adopt(backendOf(address), (backend) => backend.close());
    return { address, backend };
  };
  const straight = route(server.address);
  const counter = server.address.ca === undefined ? parts.use(await startCounter(server.address)) : undefined;
  const counted = counter && { ...route(counter.address), take: counter.take };
  const kept = parts.move();
  return { straight, counted, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
