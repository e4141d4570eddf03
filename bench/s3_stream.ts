/**
 * A stream of unknown length goes up to S3 and comes down again: peak memory of this process, and speed.
 *
 *     deno run -A bench/s3_stream.ts [--gib 2] [--endpoint http://… --bucket name --access-key-id … --secret-access-key …]
 *
 * Without `--endpoint` the stand-in of the tests serves, in a process of its own.
 *
 * @module
 */
import { S3Backend } from "../backends/s3/mod.ts";
import { type BenchServer, startServer } from "./s3_server.ts";
import { argument, MiB, upAndDown } from "./stream.ts";

const KEY = "bench/stream";

/** A store to run against, and how to end it. */
async function open(): Promise<{ backend: S3Backend; server?: BenchServer }> {
  const endpoint = argument("endpoint");
  if (endpoint !== undefined) {
    const accessKeyId = argument("access-key-id") ?? "S3RVER";
    const secretAccessKey = argument("secret-access-key") ?? "S3RVER";
    const bucket = argument("bucket") ?? "bench";
    const backend = new S3Backend({ bucket, endpoint, credentials: { accessKeyId, secretAccessKey } });
    if (!await backend.buckets.exists(bucket)) await backend.buckets.create(bucket);
    return { backend };
  }
  const server = await startServer();
  const url = new URL(server.url.replace("s3:", "http:"));
  const credentials = server.options.credentials;
  if (typeof credentials !== "object" || !("accessKeyId" in credentials)) {
    throw new Error("the stand-in told no credentials");
  }
  return {
    server,
    backend: new S3Backend({
      bucket: url.hostname,
      endpoint: url.searchParams.get("endpoint") ?? undefined,
      region: url.searchParams.get("region") ?? undefined,
      credentials,
    }),
  };
}

const length = Math.round(Number(argument("gib") ?? 2) * 1024) * MiB;
const { backend, server } = await open();
try {
  await upAndDown(backend, KEY, length);
} finally {
  backend.close();
  await server?.[Symbol.asyncDispose]();
}
