/** A stand-in and a backend on it, for tests of what goes wrong. */
import { S3Backend, type S3Options } from "../../../backends/s3/mod.ts";
import type { CottonCandyWarning } from "../../../lib/warnings.ts";
import { type FakeS3, type S3Options as ServerOptions, startS3 } from "../../servers/s3.ts";

/** MiB in bytes. */
export const MiB = 1024 * 1024;

/** What a test works with. */
export interface Setup {
  readonly s3: FakeS3;
  readonly backend: S3Backend;
  readonly warnings: CottonCandyWarning[];
  /** Operations asked for since the last call. */
  operations(): string[];
  /** Keys of uploads in parts that the store still knows. */
  uploads(): string[];
}

/** Runs a test on a stand-in of its own. */
export async function onS3(
  work: (setup: Setup) => Promise<void>,
  options: Partial<S3Options> = {},
  server: ServerOptions = {},
): Promise<void> {
  const s3 = await startS3({ buckets: ["bucket"], ...server });
  const warnings: CottonCandyWarning[] = [];
  const backend = new S3Backend({
    bucket: "bucket",
    endpoint: s3.endpoint,
    credentials: s3.credentials,
    retries: { attempts: 4, budget: 10_000, delay: 10 },
    timeout: { connect: 5000, idle: 20_000 },
    onWarning: (warning) => warnings.push(warning),
    ...options,
  });
  try {
    await work({
      s3,
      backend,
      warnings,
      operations: () => s3.requests.splice(0).map(({ operation }) => operation ?? "?"),
      uploads: () =>
        [...s3.store.buckets.values()].flatMap(({ uploads }) => [...uploads.values()].map(({ key }) => key)),
    });
  } finally {
    backend.close();
    await s3.shutdown();
  }
}

/** Bytes that differ everywhere. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let x = seed;
  for (let i = 0; i < words.length; i++) words[i] = x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
  return new Uint8Array(words.buffer, 0, length);
}

/** Whether two byte arrays are the same, without printing them. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A stream of unknown length, in pieces of 1 MiB and a bit. */
export function streamed(
  bytes: Uint8Array<ArrayBuffer>,
  piece: number = MiB + 7,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(offset, offset += piece));
    },
  }, { highWaterMark: 0 });
}
