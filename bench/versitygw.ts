/**
 * An S3 server that is nobody's stand-in: versitygw, built from its sources by Go's own tools, over a directory in memory.
 *
 * @module
 */
import { S3Backend } from "../backends/s3/mod.ts";
import { type GoProgram, goProgram, goVersion } from "./go_program.ts";

/** What a client needs to know of the server. */
export interface S3Address {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The file of the certificate by which the server is trusted, where it is asked by TLS. */
  readonly ca?: string;
}

/** A server with one bucket, until it is disposed of. */
export interface S3Server extends AsyncDisposable {
  readonly address: S3Address;
  /** This package's backend for the bucket, to prepare what is measured. */
  readonly backend: S3Backend;
}

/** What to build. */
export const VERSITYGW: GoProgram = {
  name: "versitygw",
  package: "github.com/versity/versitygw/cmd/versitygw",
  module: "github.com/versity/versitygw",
  version: "v1.8.0",
};

/** The version of the server that has been built. */
export async function serverVersion(): Promise<string> {
  return await goVersion(VERSITYGW);
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Waits until something listens; fails when the process has ended before. */
async function listens(port: number, ended: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (ended()) break;
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("versitygw does not listen: run it by hand to see why");
}

/** How a server is started. */
export interface ServerOptions {
  /** Connections serve more than one request; the server's own default is that they don't. */
  readonly keepAlive: boolean;
  /** It is asked by TLS, with the tests' certificate. */
  readonly tls?: boolean;
}

const CERTIFICATES = new URL("../tests/backends/transport/certificates/", import.meta.url).pathname;

/** Starts the server. */
export async function startVersitygw({ keepAlive, tls = false }: ServerOptions): Promise<S3Server> {
  const program = await goProgram(VERSITYGW);
  const root = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "cottoncandy-bench-" });
  const port = freePort();
  const accessKeyId = "bench";
  const secretAccessKey = "bench-secret";
  const process = new Deno.Command(program, {
    args: [
      ...["--port", `127.0.0.1:${port}`, "--access", accessKeyId, "--secret", secretAccessKey, "--quiet"],
      ...(keepAlive ? ["--keep-alive"] : []),
      ...(tls ? ["--cert", `${CERTIFICATES}server.pem`, "--key", `${CERTIFICATES}server.key`] : []),
      ...["posix", root],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended = false;
  process.status.then(() => ended = true);
  const end = async () => {
    if (!ended) process.kill("SIGTERM");
    await process.status;
    await Deno.remove(root, { recursive: true });
  };
  try {
    await listens(port, () => ended);
    const address = {
      endpoint: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
      region: "us-east-1",
      bucket: "bench",
      accessKeyId,
      secretAccessKey,
      ...(tls && { ca: `${CERTIFICATES}ca.pem` }),
    };
    const { endpoint, region, bucket, ca } = address;
    const backend = new S3Backend({
      bucket,
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      ca,
    });
    await backend.buckets.create(bucket);
    return {
      address,
      backend,
      async [Symbol.asyncDispose]() {
        backend.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
