// deno-lint-ignore-file no-console -- it prints what it measured
/**
 * A stream of unknown length goes up to S3 and comes down again: peak memory of this process, and speed.
 *
 *     deno run -A bench/s3_stream.ts [--gib 2] [--endpoint http://… --bucket name --access-key-id … --secret-access-key …]
 *
 * Without `--endpoint` the stand-in of the tests serves, in a process of its own.
 *
 * @module
 */
import { S3Backend } from "../backends/s3.ts";
import { crc32 } from "../backends/checksum/crc32.ts";
import { peakRss, resetPeak } from "./rss.ts";
import { type BenchServer, startServer } from "./s3_server.ts";

const MiB = 1024 * 1024;
const KEY = "bench/stream";

function argument(name: string): string | undefined {
  const place = Deno.args.indexOf(`--${name}`);
  return place < 0 ? undefined : Deno.args[place + 1];
}

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
  if (credentials === undefined) throw new Error("the stand-in told no credentials");
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

/** `length` bytes in pieces of 64 KiB, none like the other; their CRC is told as they pass. */
function source(length: number, told: { crc: number }): ReadableStream<Uint8Array> {
  const words = crypto.getRandomValues(new Uint32Array(16 * 1024));
  let left = length;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      words[0] = left;
      const piece = new Uint8Array(words.buffer.slice(0, Math.min(left, words.byteLength)));
      left -= piece.length;
      told.crc = crc32(piece, told.crc);
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
}

/** Runs and prints one direction. */
async function measure(what: string, length: number, work: () => Promise<void>): Promise<void> {
  const before = await resetPeak();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const peak = await peakRss();
  console.log(
    `${what.padEnd(10)} ${(length / MiB / seconds).toFixed(0).padStart(5)} MiB/s   RSS before ${
      before.toFixed(0)
    } MiB, peak ${peak.toFixed(0)} MiB`,
  );
}

const length = Math.round(Number(argument("gib") ?? 2) * 1024) * MiB;
const { backend, server } = await open();
const sent = { crc: 0 };
try {
  await measure("upload", length, async () => void await backend.put(KEY, source(length, sent)));
  await measure("download", length, async () => {
    const reader = await backend.open(KEY);
    let crc = 0;
    for await (const piece of reader.stream()) crc = crc32(piece, crc);
    if (crc !== sent.crc) throw new Error("what came down is not what went up");
  });
} finally {
  for await (const { error } of backend.delete([KEY])) if (error) console.error(error);
  backend.close();
  await server?.[Symbol.asyncDispose]();
}
