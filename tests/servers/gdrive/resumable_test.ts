/** Uploads in sessions. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { request as httpRequest } from "node:http";
import { type FakeDrive, startDrive } from "../gdrive.ts";
import { noise } from "../http/noise.ts";
import { assertReason, caller, type RawAnswer, send, sessionOf } from "./client.ts";
import type { Json } from "./json.ts";

const UNIT = 256 * 1024;

/** Begins an upload. */
async function begin(fake: FakeDrive, json: Json = { name: "file" }, headers: Record<string, string> = {}) {
  const answer = await caller(fake)("/upload/drive/v3/files?uploadType=resumable&fields=id,size,name", {
    method: "POST",
    json,
    headers,
  });
  return sessionOf(answer);
}

/** Sends bytes, without a token: the address is secret enough. */
function put(session: string, body: Uint8Array<ArrayBuffer>, range?: string): Promise<RawAnswer> {
  return send(session, {
    method: "PUT",
    body,
    headers: range === undefined ? {} : { "content-range": `bytes ${range}` },
  });
}

const status = (session: string, total: number | "*" = "*") => put(session, new Uint8Array(), `*/${total}`);

function assertProgress(answer: RawAnswer, received: number): void {
  assertEquals(
    [answer.status, answer.headers.get("range")],
    [308, received === 0 ? null : `bytes=0-${received - 1}`],
    answer.text,
  );
}

/** A session's errors are plain text. */
function assertRefused(answer: RawAnswer, code: number): void {
  assertEquals(answer.status, code, answer.text);
  assertMatch(answer.headers.get("content-type") ?? "", /^text\/plain/);
}

Deno.test("a file comes in parts, and is there once the last has come", async () => {
  await using fake = await startDrive();
  const body = noise(3 * UNIT + 7);
  const session = await begin(fake, { name: "big", appProperties: { a: "b" } }, {
    "x-upload-content-type": "x/y",
  });
  assertProgress(await status(session), 0);
  assertProgress(await put(session, body.slice(0, UNIT), `0-${UNIT - 1}/*`), UNIT);
  assertProgress(await status(session), UNIT);
  assertProgress(await put(session, body.slice(UNIT, 3 * UNIT), `${UNIT}-${3 * UNIT - 1}/*`), 3 * UNIT);
  assertEquals(fake.store.files.size, 1);
  assertEquals([...fake.sessions.values()].map(({ name, received, total }) => [name, received, total]), [
    ["big", 3 * UNIT, undefined],
  ]);
  const last = await put(session, body.slice(3 * UNIT), `${3 * UNIT}-${3 * UNIT + 6}/${body.length}`);
  assertEquals([last.status, last.at("size"), last.at("name")], [200, String(body.length), "big"]);
  const file = fake.store.get(String(last.at("id")));
  assertEquals(file.bytes, body);
  assertEquals([file.mimeType, Object.values(file.appProperties)], ["x/y", [{ a: "b" }]]);
  assertEquals(fake.sessions.size, 0);
  // Whoever has missed the answer can ask for it.
  assertEquals((await status(session)).text, last.text);
  assertEquals(
    (await put(session, body.slice(3 * UNIT), `${3 * UNIT}-${3 * UNIT + 6}/${body.length}`)).text,
    last.text,
  );
  assertEquals(fake.store.files.size, 2);
  assertEquals(fake.requests.map(({ operation, name }) => `${operation} ${name}`).slice(0, 3), [
    "upload.start big",
    "upload.status big",
    "upload.put big",
  ]);
});

Deno.test("sizes: known beforehand, none, in one go, told at the end", async () => {
  await using fake = await startDrive();
  const body = noise(2 * UNIT);
  const bytesOf = (answer: RawAnswer) => fake.store.get(String(answer.at("id"))).bytes;
  let session = await begin(fake, {}, { "x-upload-content-length": String(body.length) });
  assertRefused(await put(session, body, `0-${body.length - 1}/${body.length + 1}`), 400);
  // The length is known: there is no need to say it.
  assertEquals(bytesOf(await put(session, body, `0-${body.length - 1}/*`)), body);
  session = await begin(fake);
  assertEquals(bytesOf(await put(session, body)), body);
  session = await begin(fake);
  assertEquals(bytesOf(await put(session, new Uint8Array())), new Uint8Array());
  session = await begin(fake);
  assertEquals(bytesOf(await status(session, 0)), new Uint8Array());
  session = await begin(fake);
  assertProgress(await put(session, body, `0-${body.length - 1}/*`), body.length);
  assertEquals(bytesOf(await status(session, body.length)), body);
  session = await begin(fake);
  assertProgress(await status(session, 5), 0);
  assertRefused(await status(session, 6), 400);
});

Deno.test("parts that don't fit are refused and change nothing", async () => {
  await using fake = await startDrive();
  const session = await begin(fake);
  const unit = noise(UNIT), first = `0-${UNIT - 1}/*`;
  assertRefused(await put(session, unit.slice(1), `0-${UNIT - 2}/*`), 400);
  assertRefused(await put(session, unit, `0-${UNIT}/*`), 400);
  assertRefused(await put(session, unit, `${UNIT}-${2 * UNIT - 1}/*`), 400);
  assertRefused(await put(session, unit, `0-${UNIT - 1}/${UNIT - 1}`), 400);
  for (const range of ["0-5", "x", `0-/${UNIT}`, `-5/${UNIT}`, `5-4/${UNIT}`]) {
    assertRefused(await put(session, unit, range), 400);
  }
  assertRefused(await put(session, new Uint8Array(1), "*/*"), 400);
  assertProgress(await put(session, unit, first), UNIT);
  assertRefused(await put(session, unit, first), 400);
  assertRefused(await put(session, unit), 400);
  assertProgress(await put(session, unit, `${UNIT}-${2 * UNIT - 1}/${3 * UNIT}`), 2 * UNIT);
  assertRefused(await put(session, unit, `${2 * UNIT}-${3 * UNIT - 1}/${4 * UNIT}`), 400);
  assertProgress(await status(session), 2 * UNIT);
  // A body of unknown length does not get in.
  const chunked = await fetch(session, {
    method: "PUT",
    headers: { "content-range": `bytes ${2 * UNIT}-${3 * UNIT - 1}/${3 * UNIT}` },
    body: new Blob([unit]).stream(),
  });
  assertEquals([chunked.status, await chunked.text().then((text) => text !== "")], [411, true]);
  assertEquals((await put(session, unit, `${2 * UNIT}-${3 * UNIT - 1}/${3 * UNIT}`)).status, 200);
});

Deno.test("what can be checked is checked when the session begins", async () => {
  await using fake = await startDrive();
  const call = caller(fake);
  const start = (json: Json, headers = {}, path = "", query = "") =>
    call(`/upload/drive/v3/files${path}?uploadType=resumable${query}`, {
      method: path ? "PATCH" : "POST",
      json,
      headers,
    });
  const { id } = fake.store.add({ name: "file" });
  assertReason(await start({ parents: ["none"] }), 404, "notFound");
  assertReason(await start({ id }), 409, "fileIdInUse");
  assertReason(await start({ id: "made up" }), 400, "invalid");
  assertReason(await start({ size: "1" }), 403, "fieldNotWritable");
  assertReason(await start({ properties: { k: "v".repeat(124) } }), 403, "propertyLengthLimitExceeded");
  assertReason(await start({}, { "x-upload-content-length": "many" }), 400, "badRequest");
  assertReason(await start({}, { "x-upload-content-type": "none" }), 400, "badRequest");
  assertReason(await start({}, {}, "", "&fields=nome"), 400, "invalidParameter");
  assertReason(await start({}, {}, "/none"), 404, "notFound");
  assertReason(await start({ parents: ["root"] }, {}, `/${id}`), 403, "fieldNotWritable");
  assertReason(await start({}, { authorization: "Bearer wrong" }), 401, "authError");
  assertEquals(fake.sessions.size, 0);
});

Deno.test("a session belongs to who began it, and is no business of a wrong token", async () => {
  await using fake = await startDrive();
  const session = await begin(fake, { appProperties: { a: "b" } });
  const wrong = await send(session, {
    method: "PUT",
    body: new Uint8Array(1),
    headers: { authorization: "Bearer x" },
  });
  assertReason(wrong, 401, "authError");
  fake.revokeTokens();
  const made = await put(session, new Uint8Array(1));
  assertEquals(Object.keys(fake.store.get(String(made.at("id"))).appProperties), [
    fake.clientSecrets.installed.client_id,
  ]);
  assertRefused(await put(session + "x", new Uint8Array(1)), 404);
});

Deno.test("sessions end: cancelled, expired, with their file", async () => {
  await using fake = await startDrive();
  const session = await begin(fake);
  const cancelled = await send(session, { method: "DELETE" });
  assertEquals([cancelled.status, cancelled.text, fake.sessions.size], [499, "", 0]);
  assertRefused(await put(session, new Uint8Array(1)), 404);
  assertRefused(await send(session, { method: "DELETE" }), 404);
  for (const code of [404, 410] as const) {
    const session = await begin(fake);
    fake.inject({ operation: "upload.put", kind: "expireSession", status: code });
    assertRefused(await put(session, new Uint8Array(1)), code);
    assertRefused(await status(session), code);
    assertEquals(fake.sessions.size, 0);
  }
  const { id } = fake.store.add({ name: "file", text: "old" });
  const patch = () =>
    caller(fake)(`/upload/drive/v3/files/${id}?uploadType=resumable`, { method: "PATCH", json: {} });
  const update = sessionOf(await patch());
  assert(update.includes(`/files/${id}?`));
  assertEquals((await put(update, new Uint8Array(1))).status, 200);
  assertEquals([fake.store.get(id).bytes?.length, fake.store.get(id).revisions.length], [1, 2]);
  const late = sessionOf(await patch());
  fake.store.delete(id);
  assertReason(await put(late, new Uint8Array(1)), 404, "notFound");
  // Two sessions for one id: the first to end makes the file.
  const [made] = [await caller(fake)("/drive/v3/files/generateIds?count=1")];
  const both = [
    await begin(fake, { id: String(made.at("ids", 0)) }),
    await begin(fake, { id: String(made.at("ids", 0)) }),
  ];
  assertEquals((await put(both[1], new Uint8Array(1))).status, 200);
  assertReason(await put(both[0], new Uint8Array(1)), 409, "fileIdInUse");
});

/** Sends the first bytes of a PUT, and leaves when they are there. */
function leaveAfter(
  fake: FakeDrive,
  session: string,
  length: number,
  sent: Uint8Array,
  range: string,
): Promise<void> {
  return new Promise((resolve) => {
    const request = httpRequest(session, {
      method: "PUT",
      headers: { "content-length": length, "content-range": `bytes ${range}` },
    });
    request.on("error", () => {});
    request.on("close", resolve);
    request.write(sent);
    const from = fake.requests.length;
    const poll = setInterval(() => {
      if (fake.requests.slice(from).at(-1)?.bytesIn !== sent.length) return;
      clearInterval(poll);
      request.destroy();
    }, 5);
  });
}

Deno.test("of a part that breaks off, whole units stay", async () => {
  await using fake = await startDrive();
  const body = noise(4 * UNIT);
  const session = await begin(fake, { name: "file" }, { "x-upload-content-length": String(body.length) });
  await leaveAfter(fake, session, 4 * UNIT, body.subarray(0, UNIT - 1), `0-${4 * UNIT - 1}/*`);
  await fake.idle();
  assertProgress(await status(session), 0);
  await leaveAfter(fake, session, 4 * UNIT, body.subarray(0, 2 * UNIT + 5), `0-${4 * UNIT - 1}/*`);
  await fake.idle();
  assertProgress(await status(session), 2 * UNIT);
  assertEquals(fake.requests.filter(({ aborted }) => aborted).map(({ bytesIn }) => bytesIn), [
    UNIT - 1,
    2 * UNIT + 5,
  ]);
  // By a fault of the connection it is the same.
  fake.inject({ operation: "upload.put", kind: "reset", afterRequestBytes: UNIT + 3 });
  await assertRejects(() => put(session, body.slice(2 * UNIT), `${2 * UNIT}-${4 * UNIT - 1}/*`));
  await fake.idle();
  assertProgress(await status(session), 3 * UNIT);
  const last = await put(session, body.slice(3 * UNIT), `${3 * UNIT}-${4 * UNIT - 1}/*`);
  assertEquals(fake.store.get(String(last.at("id"))).bytes, body);
});

Deno.test("less may be kept than was sent", async () => {
  await using fake = await startDrive({ chunkMultiple: 10 });
  const body = noise(95);
  const session = await begin(fake);
  fake.inject({ kind: "partial", operation: "upload.put", keep: 9 });
  assertProgress(await put(session, body.slice(0, 60), "0-59/*"), 0);
  fake.inject({ kind: "partial", operation: "upload.put", keep: 39 });
  assertProgress(await put(session, body.slice(0, 60), "0-59/*"), 30);
  // Even of the last part.
  fake.inject({ kind: "partial", operation: "upload.put", keep: 64 });
  assertProgress(await put(session, body.slice(30), "30-94/95"), 90);
  const last = await put(session, body.slice(90), "90-94/95");
  assertEquals(fake.store.get(String(last.at("id"))).bytes, body);
});
