/**
 * What runs in the browser: arrays go into a store in memory and come back, in every codec and as npy; broken bytes are found out; and all
 * that Python wrote (the golden vectors) is read. The same code as in Deno, with the portable twin of every fast path.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { DriveKey } from "../../backends/gdrive/mod.ts";
import { listCodecs } from "../../codecs/mod.ts";
import { streamOf } from "../../lib/streams/mod.ts";
import {
  AccessDeniedError,
  chunk,
  compress,
  decompress,
  getInterface,
  IntegrityError,
  InvalidArgumentError,
  MemoryBackend,
  type NDArray,
  ndarray,
  NotFoundError,
  npyDecode,
  npyEncode,
  readAll,
  UnsupportedError,
  upload,
} from "../../mod.ts";
import { goldenCases, type GoldenEntry } from "../golden.ts";

/** What became of one check. */
export interface Outcome {
  readonly name: string;
  /** Why it failed; absent when it passed. */
  readonly error?: string;
}

const MiB = 2 ** 20;
const codecs = listCodecs().written.map(({ name }) => name);

/** An S3 server that lets pages in (CORS), with an empty bucket. */
export interface PageServer {
  readonly bucket: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Google Drive, which lets pages in. */
export interface PageDrive {
  readonly endpoint: string;
  readonly token: string;
  /** A service account's key, for the shared drive `0ALab`. */
  readonly serviceAccount: DriveKey;
}

/** Runs every check, one after the other. */
export async function run(server: PageServer, drive: PageDrive): Promise<Outcome[]> {
  const response = await fetch("/cottoncandy-0.4.0.json");
  const { entries }: { entries: GoldenEntry[] } = await response.json();
  const golden = await goldenCases(entries);
  const checks = [
    { name: "this is a browser", check: noServerRuntime },
    ...codecs.flatMap((codec) => [
      { name: `raw arrays in ${codec} come back bit for bit`, check: () => rawRoundTrip(codec) },
      { name: `${codec}: truncated, corrupt and empty data are found out`, check: () => faults(codec) },
      { name: `${codec}: bytes that come one by one`, check: () => singleBytes(codec) },
    ]),
    { name: "raw arrays without compression come back bit for bit", check: () => rawRoundTrip(false) },
    { name: "raw arrays with compression chosen come back bit for bit", check: () => rawRoundTrip(true) },
    { name: "npy arrays come back bit for bit", check: npyRoundTrip },
    { name: "npy as a stream", check: npyStream },
    { name: "slices read lazily", check: lazySlices },
    { name: "the pipeline of streams", check: pipeline },
    { name: "a broken object is an IntegrityError that names it", check: brokenObject },
    { name: "what needs a server runtime says so", check: noLocalStore },
    { name: "S3: arrays in one request and in parts, by fetch", check: () => arraysOnS3(server) },
    { name: "S3: without credentials it says what is missing", check: () => noCredentials(server) },
    { name: "Drive: arrays in one request and in a session, by fetch", check: () => arraysOnDrive(drive) },
    { name: "Drive: a service account signs for itself", check: () => serviceAccountOnDrive(drive) },
    { name: "Drive: without credentials it says what is missing", check: noTokens },
    ...golden.map(({ name, check }) => ({ name: `golden vectors: ${name}`, check })),
  ];
  const outcomes: Outcome[] = [];
  for (const { name, check } of checks) {
    try {
      await check();
      outcomes.push({ name });
    } catch (error) {
      outcomes.push({ name, error: error instanceof Error ? `${error.stack ?? error}` : String(error) });
    }
  }
  return outcomes;
}

function noServerRuntime(): Promise<void> {
  assertEquals([typeof Reflect.get(globalThis, "Deno"), typeof Reflect.get(globalThis, "process")], [
    "undefined",
    "undefined",
  ]);
  return Promise.resolve();
}

function arrays(): [name: string, array: NDArray][] {
  const smooth = Float32Array.from({ length: 300 * 1000 }, (_, i) => Math.sin(i / 100));
  const volume = ndarray(Float64Array.from({ length: 2 * 3 * 4 }, (_, i) => i / 3), [2, 3, 4]);
  return [
    ["smooth", ndarray(smooth, [300, 1000])],
    ["volume", volume],
    ["transposed", volume.transpose()],
    ["strided", volume.slice(null, [null, null, 2], [null, null, -1])],
    ["bool", ndarray(Uint8Array.of(1, 0, 0, 1), [2, 2], { dtype: "|b1" })],
    ["int64", ndarray(BigInt64Array.of(1n, -(2n ** 63n), 2n ** 63n - 1n))],
    ["complex", ndarray(Float32Array.of(1, 2, 3, 4), [2], { dtype: "<c8" })],
    ["big-endian", ndarray(Uint8Array.of(0, 1, 0, 2), [2], { dtype: ">i2" })],
    ["text", ndarray(Uint32Array.of(97, 0x1f366, 0, 98, 99, 100), [2], { dtype: "<U3" })],
    ["0-d", ndarray(Float64Array.of(2.5), [])],
    ["empty", ndarray(new Float32Array(0), [3, 0, 2])],
  ];
}

async function rawRoundTrip(compression: string | boolean): Promise<void> {
  const cci = await getInterface(new MemoryBackend());
  for (const [name, array] of arrays()) {
    await cci.uploadRawArray(name, array, { compression });
    assertSame(await cci.downloadRawArray(name), array);
  }
}

async function npyRoundTrip(): Promise<void> {
  const cci = await getInterface("memory://smoke");
  for (const [name, array] of arrays()) {
    await cci.uploadNpyArray(name, array);
    assertSame(await cci.downloadNpyArray(name), array);
  }
}

async function npyStream(): Promise<void> {
  const [[, array]] = arrays();
  const { dtype, shape, fortranOrder, body } = await npyDecode(npyEncode(array));
  assertEquals([dtype, shape, fortranOrder], [array.dtype, array.shape, false]);
  assertSameBytes(await readAll(body), array.toBytes());
}

async function lazySlices(): Promise<void> {
  const cci = await getInterface(new MemoryBackend());
  const [[, array]] = arrays();
  await cci.uploadRawArray("raw", array, { compression: false });
  await cci.uploadNpyArray("npy", array);
  const expected = array.slice([10, 20], 7).toBytes();
  for (const lazy of [await cci.openRawArray("raw"), await cci.openNpyArray("npy")]) {
    assert(lazy.sliceable);
    assertSameBytes((await lazy.slice([10, 20], 7)).toBytes(), expected);
  }
}

async function pipeline(): Promise<void> {
  const backend = new MemoryBackend();
  const bytes = sample();
  const sink = upload(backend, "stream");
  await streamOf(bytes).pipeThrough(compress("Zstd", { size: bytes.length })).pipeThrough(chunk(1000)).pipeTo(
    sink,
  );
  const { size } = await sink.result;
  assert(size > 0 && size < bytes.length);
  const cci = await getInterface(backend);
  const { content } = await cci.downloadStream("stream");
  assertSameBytes(await readAll(content.pipeThrough(decompress("Zstd"))), bytes);
}

async function faults(codec: string): Promise<void> {
  const bytes = sample();
  const stored = await readAll(streamOf(bytes).pipeThrough(compress(codec, { size: bytes.length })));
  assert(stored.length < bytes.length);
  const decode = (stored: Uint8Array) => readAll(streamOf(stored).pipeThrough(decompress(codec)));
  assertSameBytes(await decode(stored), bytes);
  for (const length of [1, 3, 10, stored.length >> 1, stored.length - 5, stored.length - 1]) {
    await assertRejects(
      () => decode(stored.slice(0, length)),
      IntegrityError,
      undefined,
      `cut to ${length} bytes of ${stored.length}`,
    );
  }
  await assertRejects(() => decode(new Uint8Array()), IntegrityError);
  await assertRejects(() => decode(Uint8Array.from({ length: 100 }, (_, i) => i * 97)), IntegrityError);
  if (codec === "LZ4") return; // it has no checksum: a wrong byte may be as good as another
  for (const at of [0, stored.length >> 1, stored.length - 3]) {
    const corrupt = stored.slice();
    corrupt[at] ^= 0x10;
    await assertRejects(
      () => decode(corrupt),
      IntegrityError,
      undefined,
      `byte ${at} of ${stored.length} changed`,
    );
  }
}

async function singleBytes(codec: string): Promise<void> {
  const bytes = sample().subarray(0, 500);
  const stored = await readAll(streamOf(bytes).pipeThrough(compress(codec, { size: bytes.length })));
  assertSameBytes(await readAll(streamOf(stored, 1).pipeThrough(decompress(codec))), bytes);
}

async function brokenObject(): Promise<void> {
  const cci = await getInterface(new MemoryBackend());
  const { metadata } = await cci.uploadRawArray("a/b", ndarray(sample()), { compression: "gzip" });
  await cci.backend.put("a/b", (await cci.downloadObject("a/b")).slice(0, -9), { metadata });
  const error = await assertRejects(() => cci.downloadRawArray("a/b"), IntegrityError);
  assertEquals(error.key, "a/b");
}

async function noLocalStore(): Promise<void> {
  await assertRejects(
    async () => await (await getInterface("file:///somewhere")).uploadObject("x", "y"),
    UnsupportedError,
  );
}

async function arraysOnS3({ bucket, endpoint, credentials }: PageServer): Promise<void> {
  const cci = await getInterface(bucket, { endpoint, credentials, partSize: 5 * MiB });
  for (const [name, array] of arrays()) {
    await cci.uploadRawArray(name, array);
    assertSame(await cci.downloadRawArray(name), array);
  }
  const large = ndarray(Uint32Array.from({ length: 4 * MiB + 1 }, (_, i) => Math.imul(i, 2654435761)));
  const { etag } = await cci.uploadRawArray("large", large, { compression: false });
  assert(etag?.endsWith("-4"), `${etag} is of one part`);
  assertSame(await cci.downloadRawArray("large"), large);
  const lazy = await cci.openRawArray("large");
  assertSameBytes((await lazy.slice([MiB, MiB + 10])).toBytes(), large.slice([MiB, MiB + 10]).toBytes());
  await assertRejects(() => cci.downloadRawArray("none"), NotFoundError);
}

async function noCredentials({ bucket, endpoint }: PageServer): Promise<void> {
  await assertRejects(() => getInterface(bucket, { endpoint }), InvalidArgumentError, "credentials");
}

async function arraysOnDrive({ endpoint, token }: PageDrive): Promise<void> {
  const cci = await getInterface(`gdrive://lab/smoke?endpoint=${endpoint}`, {
    credentials: () => Promise.resolve(token),
  });
  for (const [name, array] of arrays()) {
    await cci.uploadRawArray(name, array);
    assertSame(await cci.downloadRawArray(name), array);
  }
  const large = ndarray(Uint32Array.from({ length: 4 * MiB + 1 }, (_, i) => Math.imul(i, 2654435761)));
  await cci.uploadRawArray("large", large, { compression: false });
  assertSame(await cci.downloadRawArray("large"), large);
  const lazy = await cci.openRawArray("large");
  assertSameBytes((await lazy.slice([MiB, MiB + 10])).toBytes(), large.slice([MiB, MiB + 10]).toBytes());
  // Of unknown length: some pieces on the way have no known total.
  await cci.uploadObject("stream", streamOf(large.toBytes()));
  assertSameBytes(await cci.downloadObject("stream"), large.toBytes());
  await assertRejects(() => cci.downloadRawArray("none"), NotFoundError);
  assertEquals((await cci.glob("**")).length, arrays().length + 2);
}

async function serviceAccountOnDrive({ endpoint, serviceAccount }: PageDrive): Promise<void> {
  const cci = await getInterface(`gdrive://smoke?driveId=0ALab&endpoint=${endpoint}`, {
    credentials: serviceAccount,
  });
  await cci.uploadJson("tr", 2);
  assertEquals(await cci.downloadJson("tr"), 2);
}

async function noTokens(): Promise<void> {
  await assertRejects(() => getInterface("gdrive://lab"), AccessDeniedError, "credentials");
}

/** Bytes that compress, but not to nothing. */
function sample(): Uint8Array<ArrayBuffer> {
  let state = 1;
  return Uint8Array.from(
    { length: 200_000 },
    () => (state = Math.imul(state, 1664525) + 1013904223 | 0) >>> 28,
  );
}

function assertSame(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
  assertSameBytes(actual.toBytes(), expected.toBytes());
}

function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  assertEquals(actual.findIndex((byte, i) => byte !== expected[i]), -1, "the first byte that differs");
}
