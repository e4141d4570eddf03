import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { startS3 } from "../s3.ts";
import { assertS3Error, connect, noise } from "./sdk.ts";

const Bucket = "bucket", Key = "key";
const GET = ["GetObject"] as const;
const start = () =>
  startS3({
    buckets: [{ name: Bucket, anonymous: ["GetObject", "PutObject"] }],
    features: { minPartSize: 1 },
  });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads a body until it ends or breaks. */
async function drain(response: Response): Promise<{ length: number; broken: boolean }> {
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) length += chunk.length;
  } catch {
    return { length, broken: true };
  }
  return { length, broken: false };
}

Deno.test("a status is answered for the requests it is meant for, as often as it is meant", async () => {
  await using s3 = await start();
  using client = connect(s3);
  s3.store.put(Bucket, Key, "x");
  s3.store.put(Bucket, "other", "x");
  const get = async (key = Key) =>
    await (await client.send(new GetObjectCommand({ Bucket, Key: key }))).Body?.transformToString();
  const slow = s3.inject({
    operation: GET,
    key: /^k/,
    skip: 1,
    times: 2,
    kind: "status",
    status: 503,
    code: "SlowDown",
    headers: { "retry-after": "3" },
  });
  assertEquals(await get(), "x");
  assertEquals(await get("other"), "x");
  const error = await assertS3Error(get, "SlowDown", 503);
  assertEquals(error.$response?.headers["retry-after"], "3");
  await assertS3Error(get, "SlowDown", 503);
  assertEquals([await get(), slow.hits], ["x", 2]);
  s3.inject({ kind: "status", status: 500, code: "InternalError", times: Infinity });
  for (let i = 0; i < 3; i++) await assertS3Error(get, "InternalError", 500);
  await assertS3Error(() => client.send(new HeadObjectCommand({ Bucket, Key })), "Unknown", 500);
  s3.clearFaults();
  s3.inject({ kind: "status", status: 503, code: "SlowDown", headers: { "retry-after": "3" } });
  const head = await assertS3Error(() => client.send(new HeadObjectCommand({ Bucket, Key })), "Unknown", 503);
  assertEquals(head.$response?.headers["retry-after"], "3");
  assertEquals(await get(), "x");
  assertEquals(s3.requests.at(1)?.faults, []);
  assertEquals(s3.requests.at(2)?.faults, ["status"]);
});

Deno.test("a status stores nothing, whether the body is read or not", async () => {
  for (const early of [false, true]) {
    await using s3 = await start();
    using client = connect(s3);
    s3.inject({ operation: "PutObject", kind: "status", status: 503, code: "SlowDown", early });
    const put = () => client.send(new PutObjectCommand({ Bucket, Key, Body: noise(3_000_000) }));
    await assertS3Error(put, "SlowDown", 503);
    assertEquals(s3.requests[0].bytesIn > 0, !early);
    assertEquals(s3.store.keys(Bucket), []);
    await put();
    assertEquals(s3.store.bytes(Bucket, Key), noise(3_000_000));
  }
});

Deno.test("a body is cut exactly where it shall be, and the client sees it", async () => {
  await using s3 = await start();
  using client = connect(s3);
  const size = 8 * 1024 * 1024;
  s3.store.put(Bucket, Key, noise(size));
  for (const afterBytes of [0, 1, 1024 * 1024 + 1, size - 1]) {
    s3.inject({ operation: GET, kind: "cutResponse", afterBytes });
    const response = await fetch(`${s3.endpoint}/${Bucket}/${Key}`);
    assertEquals(response.headers.get("content-length"), String(size));
    assertEquals(await drain(response), { length: afterBytes, broken: true });
    s3.inject({ operation: GET, kind: "cutResponse", afterBytes });
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    await assertRejects(async () => await got.Body?.transformToByteArray());
    await s3.idle();
    const { bytesOut, status, aborted } = s3.requests.at(-1) ?? {};
    assertEquals([bytesOut, status, aborted], [afterBytes, 200, false]);
  }
  assertEquals(await drain(await fetch(`${s3.endpoint}/${Bucket}/${Key}`)), { length: size, broken: false });
});

Deno.test("an answer is lost after the work is done", async () => {
  await using s3 = await start();
  using client = connect(s3);
  s3.inject({ operation: "PutObject", kind: "loseAnswer" });
  await assertRejects(() => client.send(new PutObjectCommand({ Bucket, Key, Body: noise(10) })));
  assertEquals(s3.store.bytes(Bucket, Key), noise(10));
  assertEquals(s3.requests[0].status, 0);
});

Deno.test("a connection is reset before the work is done", async () => {
  await using s3 = await start();
  using client = connect(s3);
  s3.inject({ kind: "reset" });
  await assertRejects(() => client.send(new PutObjectCommand({ Bucket, Key, Body: noise(10) })));
  s3.inject({ kind: "reset", afterRequestBytes: 100_000 });
  await assertRejects(() => client.send(new PutObjectCommand({ Bucket, Key, Body: noise(9_000_000) })));
  await s3.idle();
  assertEquals(s3.store.keys(Bucket), []);
  const received = s3.requests[1].bytesIn;
  assertGreater(received, 99_999);
  assertLess(received, 9_000_000);
});

Deno.test("an error comes with status 200, where S3 does that", async () => {
  await using s3 = await start();
  using client = connect(s3);
  s3.store.put(Bucket, Key, "x");
  const copy = () =>
    client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/${Key}` }));
  s3.inject({ operation: "CopyObject", kind: "errorIn200", code: "InternalError" });
  // The SDK itself turns such an answer into an error.
  await assertRejects(copy, Error, "An injected fault.");
  assertEquals([s3.requests[0].status, s3.store.get(Bucket, "copy")], [200, undefined]);
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const { ETag } = await client.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: noise(5) }),
  );
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const complete = () =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  s3.inject({ operation: "CompleteMultipartUpload", kind: "errorIn200", code: "InternalError" });
  await assertRejects(complete, Error, "An injected fault.");
  assertEquals(s3.store.uploads(Bucket).length, 1);
  s3.inject({
    operation: "CompleteMultipartUpload",
    kind: "errorIn200",
    code: "InternalError",
    applied: true,
  });
  await assertRejects(complete, Error, "An injected fault.");
  assertEquals([s3.store.uploads(Bucket).length, s3.store.get(Bucket, Key)?.size], [0, 5]);
});

Deno.test("a bit is flipped and headers lie", async () => {
  await using s3 = await start();
  const body = noise(3_000_000);
  s3.store.put(Bucket, Key, body);
  s3.inject({ operation: GET, kind: "flipBit", atByte: 2_500_000 });
  s3.inject({
    operation: GET,
    kind: "changeHeaders",
    headers: { etag: '"other"', "content-range": "bytes 5-9/10", "last-modified": null },
  });
  const response = await fetch(`${s3.endpoint}/${Bucket}/${Key}`);
  const got = await response.bytes();
  const differing = got.reduce((found: number[], byte, i) => byte === body[i] ? found : [...found, i], []);
  assertEquals([differing, got[2_500_000] ^ body[2_500_000]], [[2_500_000], 1]);
  assertEquals(
    ["etag", "content-range", "last-modified"].map((name) => response.headers.get(name)),
    ['"other"', "bytes 5-9/10", null],
  );
  assertEquals(s3.store.bytes(Bucket, Key), body);
});

Deno.test("delays: before, after and amid; a stall lasts until the client leaves", async () => {
  await using s3 = await start();
  s3.store.put(Bucket, Key, noise(1000));
  const url = `${s3.endpoint}/${Bucket}/${Key}`;
  for (const at of ["request", "answer", "body"] as const) {
    s3.inject({ kind: "delay", ms: 60, at, afterBytes: 500 });
    const from = performance.now();
    assertEquals((await (await fetch(url)).bytes()).length, 1000);
    assertGreater(performance.now() - from, 55, at);
  }
  s3.inject({ kind: "delay", ms: Infinity, at: "body", afterBytes: 500 });
  const leave = new AbortController();
  const response = await fetch(url, { signal: leave.signal });
  const reader = response.body?.getReader();
  assertEquals((await reader?.read())?.value?.length, 500);
  const next = reader?.read();
  assertEquals(await Promise.race([next, sleep(50).then(() => "still waiting")]), "still waiting");
  leave.abort();
  await assertRejects(async () => await next);
  await s3.idle();
  const record = s3.requests.at(-1);
  assertEquals([record?.aborted, record?.bytesOut, record?.done], [true, 500, true]);
});

Deno.test("shutting down ends what stalls", async () => {
  const s3 = await start();
  s3.store.put(Bucket, Key, noise(1000));
  s3.inject({ kind: "delay", ms: Infinity });
  const pending = fetch(`${s3.endpoint}/${Bucket}/${Key}`);
  const failed = assertRejects(() => pending);
  while (s3.requests.length === 0) await sleep(5);
  await s3.shutdown();
  await failed;
  await s3.shutdown();
});

Deno.test("the clock is off for one request, and the store changes between two", async () => {
  await using s3 = await start();
  using client = connect(s3);
  s3.store.put(Bucket, Key, "old");
  const get = async () =>
    await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  s3.inject({ kind: "skewClock", ms: 3_600_000 });
  const error = await assertS3Error(get, "RequestTimeTooSkewed", 403);
  const served = Date.parse(error.$response?.headers.date ?? "");
  assert(Math.abs(served - Date.now() - 3_600_000) < 5000);
  // The SDK has taken over the server's clock for good: another client, then.
  using other = connect(s3);
  const getAgain = async () =>
    await (await other.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  s3.inject({ skip: 1, kind: "run", run: (store) => store.put(Bucket, Key, "new") });
  assertEquals([await getAgain(), await getAgain(), await getAgain()], ["old", "new", "new"]);
});

Deno.test("requests tell how many were served at once", async () => {
  await using s3 = await start();
  s3.store.put(Bucket, Key, "x");
  s3.inject({ kind: "delay", ms: 500, times: 3 });
  const all = await Promise.all([1, 2, 3].map(() => fetch(`${s3.endpoint}/${Bucket}/${Key}`)));
  for (const response of all) await response.bytes();
  assertEquals(s3.requests.map(({ concurrent }) => concurrent), [1, 2, 3]);
});
