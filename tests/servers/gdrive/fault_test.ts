/** Faults, each at least once. */
import { assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { startDrive } from "../gdrive.ts";
import { noise } from "../http/noise.ts";
import { assertReason, caller, send, sessionOf } from "./client.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("a status is answered for the requests it is meant for, as often as it is meant", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const { id } = fake.store.add({ name: "kept", text: "x" });
  const other = fake.store.add({ name: "other", text: "x" });
  const get = (fileId = id) => call(`/drive/v3/files/${fileId}`);
  const slow = fake.inject({
    operation: ["files.get", "files.download"],
    name: /^k/,
    skip: 1,
    times: 2,
    kind: "status",
    status: 403,
    reason: "userRateLimitExceeded",
    headers: { "retry-after": "3" },
  });
  assertEquals((await get()).status, 200);
  assertEquals((await get(other.id)).status, 200);
  const limited = await get();
  assertReason(limited, 403, "userRateLimitExceeded");
  assertEquals(limited.headers.get("retry-after"), "3");
  assertEquals(limited.at("error", "errors", 0, "domain"), "usageLimits");
  assertReason(await get(), 403, "userRateLimitExceeded");
  assertEquals([(await get()).status, slow.hits], [200, 2]);
  fake.inject({ fileId: other.id, kind: "status", status: 500, reason: "internalError", times: Infinity });
  for (let i = 0; i < 3; i++) assertReason(await get(other.id), 500, "internalError");
  assertEquals((await get()).status, 200);
  fake.clearFaults();
  assertEquals((await get(other.id)).status, 200);
  fake.inject({
    when: ({ query }) => query.pageSize === "7",
    kind: "status",
    status: 429,
    reason: "rateLimitExceeded",
  });
  assertEquals((await call("/drive/v3/files?pageSize=8")).status, 200);
  assertReason(await call("/drive/v3/files?pageSize=7"), 429, "rateLimitExceeded");
  assertEquals(fake.requests.at(-1)?.reason, "rateLimitExceeded");
  assertEquals(fake.requests.at(-1)?.faults, ["status"]);
});

Deno.test("what is to be made can be named, whatever way it comes", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const post = (path: string, body: string, type = "application/json") =>
    call(path, { method: "POST", body, headers: { "content-type": type } });
  const ways = (name: string) => [
    () => post("/drive/v3/files", JSON.stringify({ name })),
    () => post("/upload/drive/v3/files?uploadType=resumable", JSON.stringify({ name })),
    () =>
      post(
        "/upload/drive/v3/files?uploadType=multipart",
        `--b\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ name })}\r\n--b\r\n\r\nx\r\n--b--`,
        "multipart/related; boundary=b",
      ),
  ];
  const fault = fake.inject({
    name: "bad",
    kind: "status",
    status: 503,
    reason: "backendError",
    times: Infinity,
  });
  for (const way of ways("good")) assertEquals((await way()).status, 200);
  assertEquals(fault.hits, 0);
  for (const way of ways("bad")) assertReason(await way(), 503, "backendError");
  assertEquals([fault.hits, fake.store.children("root").length], [3, 2]);
  assertEquals(fake.requests.map(({ name }) => name), ["good", "good", "good", "bad", "bad", "bad"]);
  fake.clearFaults();
  fake.inject({ name: "bad", kind: "reset" });
  await assertRejects(ways("bad")[0]);
  // A session goes by the name of its file.
  const session = sessionOf(await ways("good")[1]());
  fake.inject({ name: "good", operation: "upload.put", kind: "status", status: 500, reason: "backendError" });
  assertReason(await send(session, { method: "PUT", body: new Uint8Array(1) }), 500, "backendError");
  assertEquals((await send(session, { method: "PUT", body: new Uint8Array(1) })).status, 200);
});

Deno.test("bits flip on the way in and on the way out", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const body = noise(1000);
  const differing = (bytes: Uint8Array | undefined) =>
    [...bytes ?? []].flatMap((byte, i) => byte === body[i] ? [] : [[i, byte ^ body[i]]]);
  const upload = async () => {
    const answer = await call("/upload/drive/v3/files?uploadType=media", { method: "POST", body });
    return fake.store.get(String(answer.at("id")));
  };
  fake.inject({ kind: "corruptUpload", atByte: 7 });
  assertEquals(differing((await upload()).bytes), [[7, 1]]);
  const { id, bytes } = await upload();
  assertEquals(bytes, body);
  const session = sessionOf(
    await call("/upload/drive/v3/files?uploadType=resumable", { method: "POST", json: {} }),
  );
  fake.inject({ operation: "upload.put", kind: "corruptUpload" });
  const made = await send(session, { method: "PUT", body });
  assertEquals(differing(fake.store.get(String(made.at("id"))).bytes), [[0, 1]]);
  fake.inject({ operation: "files.download", kind: "flipBit", atByte: 999 });
  assertEquals(differing((await call(`/drive/v3/files/${id}?alt=media`)).bytes), [[999, 1]]);
  fake.inject({ kind: "changeHeaders", headers: { "content-type": null, "x-more": "1" } });
  const { headers } = await call(`/drive/v3/files/${id}`);
  assertEquals([headers.get("content-type"), headers.get("x-more")], [null, "1"]);
});

Deno.test("connections break: before, amid, after", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const size = 3_000_000;
  const { id } = fake.store.add({ name: "file", bytes: noise(size) });
  for (const afterBytes of [0, 1_500_000]) {
    fake.inject({ operation: "files.download", kind: "cutResponse", afterBytes });
    await assertRejects(() => call(`/drive/v3/files/${id}?alt=media`));
    await fake.idle();
    const { bytesOut, aborted } = fake.requests.at(-1) ?? {};
    assertEquals([bytesOut, aborted], [afterBytes, false]);
  }
  fake.inject({ operation: "files.create", kind: "loseAnswer" });
  await assertRejects(() => call("/drive/v3/files", { method: "POST", json: { name: "made" } }));
  assertEquals(fake.store.find("made")?.name, "made");
  fake.inject({ operation: "upload.create", kind: "reset", afterRequestBytes: 100_000 });
  const body = noise(2_000_000);
  await assertRejects(() => call("/upload/drive/v3/files?uploadType=media", { method: "POST", body }));
  await fake.idle();
  const { bytesIn = 0 } = fake.requests.at(-1) ?? {};
  assertGreater(bytesIn, 99_999);
  assertLess(bytesIn, 2_000_000);
  assertEquals(fake.store.files.size, 3);
  // Early: before the body is read.
  fake.inject({
    operation: "upload.create",
    kind: "status",
    status: 503,
    reason: "backendError",
    early: true,
  });
  assertReason(
    await call("/upload/drive/v3/files?uploadType=media", { method: "POST", body }),
    503,
    "backendError",
  );
});

Deno.test("delays, stalls, and clients that leave", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const { id } = fake.store.add({ name: "file", bytes: noise(1000) });
  for (const at of ["request", "answer", "body"] as const) {
    fake.inject({ kind: "delay", ms: 60, at, afterBytes: 500 });
    const from = performance.now();
    assertEquals((await call(`/drive/v3/files/${id}?alt=media`)).bytes.length, 1000);
    assertGreater(performance.now() - from, 55, at);
  }
  fake.inject({ kind: "delay", ms: Infinity });
  const before = fake.requests.length;
  const control = new AbortController();
  const left = assertRejects(() => call("/drive/v3/files", { signal: control.signal }));
  while (fake.requests.length === before) await sleep(5);
  control.abort();
  await left;
  await fake.idle();
  assertEquals([fake.requests.at(-1)?.aborted, fake.requests.at(-1)?.done], [true, true]);
  // Shutting down ends what stalls.
  const last = await startDrive();
  last.inject({ kind: "delay", ms: Infinity });
  const failed = assertRejects(() => caller(last)("/drive/v3/files"));
  while (last.requests.length === 0) await sleep(5);
  await last.shutdown();
  await failed;
});

Deno.test("lists that lie", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  for (let i = 0; i < 3; i++) fake.store.add({ name: `file${i}` });
  const list = async (pageToken?: string) => {
    const query = { orderBy: "name", ...(pageToken === undefined ? {} : { pageToken }) };
    const answer = await call("/drive/v3/files", { query });
    const files = answer.at("files"), token = answer.at("nextPageToken");
    return {
      names: Array.isArray(files) ? files.map(({ name }) => name) : [],
      token: typeof token === "string" ? token : undefined,
      incomplete: answer.at("incompleteSearch"),
    };
  };
  fake.inject({ kind: "emptyList" });
  assertEquals(await list(), { names: [], token: undefined, incomplete: false });
  fake.inject({ kind: "omitFromList", omit: ({ name }) => name === "file1" });
  assertEquals((await list()).names, ["file0", "file2"]);
  fake.inject({ kind: "incompleteSearch" });
  assertEquals((await list()).incomplete, true);
  // Pages may be short, even empty, with more to come.
  fake.inject({ kind: "shortPage", most: 0 });
  const none = await list();
  assertEquals(none.names, []);
  fake.inject({ kind: "shortPage", most: 2 });
  const two = await list(none.token);
  assertEquals(two.names, ["file0", "file1"]);
  assertEquals(await list(two.token), { names: ["file2"], token: undefined, incomplete: false });
  fake.inject({ kind: "run", run: (store) => void store.add({ name: "late" }) });
  assertEquals((await list()).names, ["file0", "file1", "file2", "late"]);
});

Deno.test("requests tell how many were served at once", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  fake.inject({ kind: "delay", ms: 500, times: 3 });
  await Promise.all([1, 2, 3].map(() => call("/drive/v3/files")));
  assertEquals(fake.requests.map(({ concurrent }) => concurrent), [1, 2, 3]);
});

Deno.test("web pages are let in where CORS is on", async () => {
  const origin = "https://page.example";
  await using fake = await startDrive({ cors: true });
  const call = caller(fake);
  const preflight = await send(`${fake.endpoint}/drive/v3/files`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "PATCH",
      "access-control-request-headers": "authorization",
    },
  });
  assertEquals([preflight.status, preflight.headers.get("access-control-allow-origin")], [200, origin]);
  assertEquals(preflight.headers.get("access-control-allow-headers"), "authorization");
  const answer = await call("/drive/v3/files", { headers: { origin } });
  assertEquals(answer.headers.get("access-control-allow-origin"), origin);
  const exposed = answer.headers.get("access-control-expose-headers")?.split(", ") ?? [];
  assertEquals(
    ["location", "range", "content-range", "content-length"].filter((name) => !exposed.includes(name)),
    [],
  );
  await using plain = await startDrive();
  const refused = await caller(plain)("/drive/v3/files", { headers: { origin } });
  assertEquals(refused.headers.get("access-control-allow-origin"), null);
});
