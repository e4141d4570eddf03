import { assert, assertEquals } from "@std/assert";
import {
  AccessDeniedError,
  AlreadyExistsError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  QuotaError,
} from "../../../lib/errors.ts";
import type { FaultAction, FaultMatch, RequestRecord } from "../../servers/gdrive.ts";
import { pattern, streamed } from "../s3/setup.ts";
import { asInBrowser } from "../transport/network.ts";
import { MiB, onDrive } from "./setup.ts";
import { abortAt, assertFailure, assertNothing, assertStored, REASON, reasonOf, until } from "./writing.ts";

const KiB = 1024;
/** In one piece, and in two. */
const LARGE = pattern(6 * MiB + 5);
const LARGER = pattern(16 * MiB + 300 * KiB);
/** Five pieces of a stream, where they are as small as can be. */
const STREAM = pattern(1200 * KiB + 1);
const SMALL_PIECES = { partSize: 256 * KiB };
const TWICE = { ...SMALL_PIECES, retries: 2 };
const OLD = pattern(100, 3);

const ranges = (requests: readonly RequestRecord[]) =>
  requests.filter(({ operation }) => operation === "upload.put")
    .map(({ headers }) => headers["content-range"].replace("bytes ", ""));

/** The last piece, which tells how much there is. */
const isLast: FaultMatch["when"] = ({ headers }) => {
  const [, end, total] = /-(\d+)\/(\d+)$/.exec(headers["content-range"] ?? "") ?? [];
  return end !== undefined && Number(end) + 1 === Number(total);
};

/** A stream of which each piece is told when it is asked for, and that stays silent after the last. */
function silentAfter(bytes: Uint8Array<ArrayBuffer>): {
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  reason: () => unknown;
} {
  let reason: unknown;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(bytes),
    cancel: (given) => void (reason = given),
  });
  return { stream, reason: () => reason };
}

Deno.test("what is in memory goes in pieces of 16 MiB, and says how much there is", () =>
  onDrive(async ({ drive, backend, operations }) => {
    await backend.put("key", LARGER, { metadata: { a: "b" } });
    assertStored(drive, "key", LARGER);
    const total = LARGER.length;
    assertEquals(ranges(drive.requests), [
      `0-${16 * MiB - 1}/${total}`,
      `${16 * MiB}-${total - 1}/${total}`,
    ]);
    const start = drive.requests.find(({ operation }) => operation === "upload.start");
    assertEquals(start?.headers["x-upload-content-length"], `${total}`);
    operations();
    const { id } = assertStored(drive, "key", LARGER);
    await backend.put("key", LARGE);
    // Its file is looked at before anything is sent, and once more before the last bytes are.
    assertEquals(operations(), ["files.list", "files.get", "upload.start", "files.get", "upload.put"]);
    assertEquals(assertStored(drive, "key", LARGE).id, id);
    assertEquals((await backend.head("key"))?.metadata, {});
  }));

Deno.test("a stream's old file is looked at when its bytes are to go, and before the source is read where there is a condition", () =>
  onDrive(async ({ drive, backend, operations }) => {
    const { etag } = await backend.put("key", LARGE);
    operations();
    await backend.put("key", streamed(STREAM), { size: STREAM.length, ifMatch: etag });
    assertEquals(operations().slice(0, 4), ["files.list", "files.get", "files.get", "upload.update"]);
    await backend.put("key", streamed(LARGE), { size: LARGE.length });
    assertEquals(operations().slice(0, 3), ["files.list", "files.get", "upload.start"]);
    const now = await backend.head("key");
    operations();
    await backend.put("key", LARGE, { ifMatch: now?.etag });
    const look = ["files.list", "files.get"];
    assertEquals(operations(), [...look, "upload.start", ...look, "upload.put"]);
    assertStored(drive, "key", LARGE);
  }));

Deno.test("a stream goes in pieces, the last one with its length; a short one in one request", () =>
  onDrive(async ({ drive, backend, operations }) => {
    await backend.put("known", streamed(STREAM, 100_001), { size: STREAM.length });
    await backend.put("unknown", streamed(STREAM, 100_001));
    await backend.put("whole pieces", streamed(STREAM.slice(0, 512 * KiB)));
    assertStored(drive, "known", STREAM);
    assertStored(drive, "unknown", STREAM);
    assertStored(drive, "whole pieces", STREAM.slice(0, 512 * KiB));
    const piece = 256 * KiB;
    const ends = [1, 2, 3, 4].map((n) => [`${(n - 1) * piece}-${n * piece - 1}`, "*"] as const);
    const last = [`${4 * piece}-${STREAM.length - 1}`, `${STREAM.length}`] as const;
    assertEquals(ranges(drive.requests), [
      ...[...ends, last].map(([range]) => `${range}/${STREAM.length}`),
      ...[...ends, last].map(([range, total]) => `${range}/${total}`),
      `0-${piece - 1}/*`,
      `${piece}-${2 * piece - 1}/${2 * piece}`,
    ]);
    operations();
    await backend.put("short", streamed(STREAM.slice(0, piece)));
    await backend.put("empty", new Blob([]).stream());
    assert(!operations().some((name) => name === "upload.start"));
  }, SMALL_PIECES));

Deno.test("progress goes up, to the end", () =>
  onDrive(async ({ backend }) => {
    const loaded: number[] = [];
    const done: boolean[] = [];
    await backend.put("key", streamed(STREAM), {
      onProgress: (progress) => (loaded.push(progress.loaded), done.push(progress.done)),
    });
    assertEquals(loaded, [0, ...[1, 2, 3, 4].map((n) => n * 256 * KiB), STREAM.length]);
    assertEquals(done.indexOf(true), done.length - 1);
  }, SMALL_PIECES));

/** Once of the first piece, of one in the middle, of the last. */
const AT: readonly [string, FaultMatch][] = [
  ["first", { operation: "upload.put" }],
  ["third", { operation: "upload.put", skip: 2 }],
  ["last", { operation: "upload.put", when: isLast }],
];
const TROUBLES: readonly [string, FaultAction][] = [
  ["an answer that gets lost", { kind: "loseAnswer" }],
  ["an answer that is cut off", { kind: "cutResponse", afterBytes: 3 }],
  ["a connection that breaks", { kind: "reset", afterRequestBytes: 0 }],
  ["a connection that breaks amid the bytes", { kind: "reset", afterRequestBytes: 100_000 }],
  ["503", { kind: "status", status: 503, reason: "backendError" }],
  ["a 429", { kind: "status", status: 429, reason: "rateLimitExceeded", headers: { "retry-after": "0" } }],
  ["a 403 about the rate", {
    kind: "status",
    status: 403,
    reason: "userRateLimitExceeded",
    headers: { "retry-after": "0" },
  }],
  ["nothing kept", { kind: "partial", keep: 0 }],
  ["some kept", { kind: "partial", keep: 100_000 }],
  ["a token that expires", { kind: "expireToken" }],
];
for (const multiple of [256 * KiB, 1]) {
  Deno.test(`streams go on where they broke, Drive keeping multiples of ${multiple} bytes`, () =>
    onDrive(
      async ({ drive, backend }) => {
        await Promise.all(TROUBLES.flatMap(([what, trouble]) =>
          AT.map(async ([piece, at]) => {
            const key = `${what}, ${piece} piece`;
            const fault = drive.inject({ ...trouble, ...at, name: key });
            await backend.put(key, streamed(STREAM, 300_000), { metadata: { what } });
            assertEquals(drive.store.find(key)?.bytes?.length, STREAM.length, key);
            assertEquals(fault.hits, 1, key);
          })
        ));
        for (const [what] of TROUBLES) {
          for (const [piece] of AT) assertStored(drive, `${what}, ${piece} piece`, STREAM);
        }
      },
      SMALL_PIECES,
      { chunkMultiple: multiple },
    ));

  Deno.test(`bytes in memory go on where they broke, Drive keeping multiples of ${multiple} bytes`, () =>
    onDrive(
      async ({ drive, backend }) => {
        drive.inject({ kind: "partial", operation: "upload.put", keep: 5_000_001 });
        drive.inject({ kind: "reset", operation: "upload.put", skip: 1, afterRequestBytes: 3_000_003 });
        drive.inject({ kind: "partial", operation: "upload.put", skip: 2, keep: 0 });
        drive.inject({ kind: "loseAnswer", operation: "upload.put", when: isLast });
        await backend.put("key", LARGER);
        assertStored(drive, "key", LARGER);
      },
      {},
      { chunkMultiple: multiple },
    ));
}

Deno.test("every request may fail once, for what is new and what is old", () =>
  onDrive(async ({ drive, backend }) => {
    const operations = ["upload.start", "upload.put", "upload.status"] as const;
    for (const operation of operations) {
      drive.inject({ kind: "loseAnswer", operation });
      drive.inject({ kind: "status", operation, status: 500, reason: "internalError", skip: 1 });
    }
    await backend.put("key", streamed(STREAM));
    assertEquals(drive.store.find("key")?.bytes?.length, STREAM.length);
    // The one whose address got lost is Drive's to forget: nobody knows it.
    assertEquals(drive.sessions.size, 1);
    drive.inject({ kind: "loseAnswer", operation: "upload.put", when: isLast });
    await backend.put("key", streamed(STREAM.slice(7)));
    assertEquals(drive.store.find("key")?.bytes?.length, STREAM.length - 7);
    assertEquals(drive.store.find("key")?.revisions.length, 2);
  }, SMALL_PIECES));

for (const [what, fault] of TROUBLES.slice(0, 6).filter(([, { kind }]) => kind !== "cutResponse")) {
  Deno.test(`when it does not pass, nothing is stored: ${what}`, () =>
    onDrive(async ({ drive, backend }) => {
      drive.store.add({ name: "old", bytes: OLD });
      drive.inject({ ...fault, operation: ["upload.put", "upload.status"], times: Infinity });
      await Promise.all(["new", "old"].map(async (key) => {
        const error = await reasonOf(backend.put(key, streamed(STREAM)));
        assertFailure(error, error instanceof ConnectionError ? ConnectionError : CottonCandyError, "no");
      }));
      assertNothing(drive, "new");
      assertStored(drive, "old", OLD);
    }, TWICE));
}

Deno.test("Drive that keeps nothing, for good", () =>
  onDrive(async ({ drive, backend, operations }) => {
    drive.inject({ kind: "partial", operation: "upload.put", keep: 0, times: Infinity });
    assertFailure(await reasonOf(backend.put("key", streamed(STREAM))), CottonCandyError, "no");
    assertEquals(operations().filter((name) => name === "upload.put").length, 2);
    assertNothing(drive, "key");
  }, TWICE));

Deno.test("all attempts are used for sending, not for asking", () =>
  onDrive(async ({ drive, backend, operations }) => {
    drive.inject({ kind: "status", operation: "upload.put", status: 503, reason: "", times: 2 });
    await backend.put("key", streamed(STREAM));
    assertStored(drive, "key", STREAM);
    assertEquals(operations().filter((name) => name === "upload.status").length, 2);
  }, { ...SMALL_PIECES, retries: 3 }));

Deno.test("the last answer gets lost, and then Drive refuses to tell: the file is looked at", () =>
  onDrive(async ({ drive, backend }) => {
    drive.inject({ kind: "loseAnswer", operation: "upload.put", when: isLast, times: Infinity });
    const refusal = { kind: "status", operation: "upload.status", status: 403, times: Infinity } as const;
    drive.inject({ ...refusal, reason: "insufficientFilePermissions" });
    await backend.put("key", streamed(STREAM));
    const { id } = assertStored(drive, "key", STREAM);
    await backend.put("key", LARGE);
    assertEquals(assertStored(drive, "key", LARGE).id, id);
    drive.inject({
      kind: "status",
      operation: "files.get",
      status: 500,
      reason: "",
      // Looked at before anything is sent, and before the last bytes are.
      skip: 2,
      times: 2,
      when: ({ fileId }) => fileId === id,
    });
    assertFailure(await reasonOf(backend.put("key", streamed(STREAM))), AccessDeniedError, "unknown");
  }, TWICE));

Deno.test("the last answer gets lost, and Drive has forgotten the upload: the file is looked at, and written once", () =>
  onDrive(async ({ drive, backend, operations }) => {
    drive.inject({ kind: "loseAnswer", operation: "upload.put", when: isLast, times: Infinity });
    drive.inject({ kind: "expireSession", operation: "upload.status", times: Infinity });
    await Promise.all([
      backend.put("stream", streamed(STREAM), { ifAbsent: true }),
      backend.put("bytes", LARGE, { ifAbsent: true }),
    ]);
    assertStored(drive, "stream", STREAM);
    assertStored(drive, "bytes", LARGE);
    await backend.put("bytes", LARGER);
    assertEquals(assertStored(drive, "bytes", LARGER).revisions.length, 2);
    assertEquals(operations().filter((name) => name === "upload.start").length, 3);
  }, TWICE));

for (const status of [404, 410] as const) {
  Deno.test(`an upload that Drive has forgotten (${status}) begins anew while its beginning is here`, () =>
    onDrive(async ({ drive, backend, operations }) => {
      drive.inject({ kind: "expireSession", operation: "upload.put", status });
      await backend.put("stream", streamed(STREAM));
      drive.inject({ kind: "expireSession", operation: "upload.put", status });
      drive.inject({ kind: "expireSession", operation: "upload.put", status, skip: 2 });
      await backend.put("bytes", LARGER);
      assertStored(drive, "stream", STREAM);
      assertStored(drive, "bytes", LARGER);
      assertEquals(operations().filter((name) => name === "upload.start").length, 2 + 3);
      drive.inject({ kind: "expireSession", operation: "upload.put", status, skip: 2 });
      const { stream, reason } = silentAfter(STREAM);
      const error = await reasonOf(backend.put("later", stream));
      assertFailure(error, CottonCandyError, "no");
      assert(reason() !== undefined, "the source is told at once");
      assertNothing(drive, "later");
      drive.inject({ kind: "expireSession", operation: "upload.put", status, times: Infinity });
      assertFailure(await reasonOf(backend.put("never", LARGE)), CottonCandyError, "no");
      assertNothing(drive, "never");
    }, SMALL_PIECES));
}

Deno.test("Drive loses bytes that it had acknowledged: bytes begin anew, a stream fails", () =>
  onDrive(async ({ drive, backend }) => {
    const loses = { kind: "changeHeaders", operation: "upload.put", headers: { range: null } } as const;
    drive.inject({ ...loses, skip: 1 });
    const error = await reasonOf(backend.put("stream", streamed(STREAM)));
    assertFailure(error, CottonCandyError, "no");
    assertNothing(drive, "stream");
    drive.inject({ kind: "partial", operation: "upload.put", skip: 1, keep: 0 });
    drive.inject({ ...loses, skip: 1 });
    await backend.put("bytes", LARGER);
    assertStored(drive, "bytes", LARGER);
  }, SMALL_PIECES));

Deno.test("a range that makes no sense", () =>
  onDrive(async ({ drive, backend }) => {
    const headers = { range: "bytes=5-9" };
    drive.inject({ kind: "changeHeaders", operation: "upload.put", headers });
    assertFailure(await reasonOf(backend.put("key", streamed(STREAM))), IntegrityError, "no");
    assertNothing(drive, "key");
  }, SMALL_PIECES));

Deno.test("no address for the upload, or none that is one", () =>
  onDrive(async ({ drive, backend }) => {
    for (const location of [null, "nowhere"]) {
      drive.inject({ kind: "changeHeaders", operation: "upload.start", headers: { location } });
      assertFailure(await reasonOf(backend.put("key", LARGE)), CottonCandyError, "no");
    }
  }));

Deno.test("bytes that are damaged on the way are noticed: a new file is deleted", () =>
  onDrive(async ({ drive, backend }) => {
    drive.inject({ kind: "corruptUpload", operation: "upload.put", skip: 2, atByte: 9 });
    assertFailure(await reasonOf(backend.put("key", streamed(STREAM))), IntegrityError, "no");
    assertNothing(drive, "key");
    drive.store.add({ name: "old", bytes: OLD });
    drive.inject({ kind: "corruptUpload", operation: "upload.put", atByte: 9 });
    assertFailure(await reasonOf(backend.put("old", LARGE)), IntegrityError, "yes");
  }, SMALL_PIECES));

Deno.test("final refusals, at the beginning and later", () =>
  onDrive(async ({ drive, backend, operations }) => {
    const cases = [
      ["upload.start", 403, "storageQuotaExceeded", QuotaError],
      ["upload.put", 403, "storageQuotaExceeded", QuotaError],
      ["upload.put", 403, "insufficientFilePermissions", AccessDeniedError],
      ["upload.put", 400, "badRequest", InvalidArgumentError],
      ["upload.put", 401, "authError", AccessDeniedError],
    ] as const;
    for (const [operation, status, reason, kind] of cases) {
      for (const skip of operation === "upload.start" ? [0] : [0, 2, 4]) {
        drive.inject({ kind: "status", operation, status, reason, skip, times: Infinity });
        assertFailure(await reasonOf(backend.put("key", streamed(STREAM))), kind, "no");
        assertNothing(drive, "key");
        drive.clearFaults();
      }
    }
    assert(!operations().includes("upload.status"));
  }, SMALL_PIECES));

Deno.test("there is no room any more when the last piece comes", () =>
  onDrive(
    async ({ drive, backend }) => {
      assertFailure(await reasonOf(backend.put("key", streamed(STREAM))), QuotaError, "no");
      assertNothing(drive, "key");
    },
    SMALL_PIECES,
    { quota: 1_000_000 },
  ));

for (
  const [when, operation, skip, fault] of [
    ["the upload begins", "upload.start", 0, undefined],
    ["a piece is sent", "upload.put", 1, undefined],
    ["a failure is waited out", "upload.put", 1, { kind: "status", status: 503, reason: "" }],
    ["Drive is asked how much it has", "upload.status", 0, undefined],
  ] as const
) {
  Deno.test(`an abort while ${when}: nothing is left, not even the upload`, () =>
    onDrive(async ({ drive, backend }) => {
      if (operation === "upload.status") drive.inject({ kind: "reset", operation: "upload.put" });
      drive.inject({ operation, skip, ...(fault ?? { kind: "delay", ms: 150 }) });
      const control = new AbortController();
      until(() => drive.requests.filter((request) => request.operation === operation).length > skip).then(
        () => setTimeout(() => control.abort(REASON), 20),
        () => {},
      );
      const { stream, reason } = silentAfter(STREAM);
      assertEquals(await reasonOf(backend.put("key", stream, { signal: control.signal })), REASON);
      assertEquals(reason(), REASON);
      assertNothing(drive, "key");
      await drive.idle();
      assertNothing(drive, "key");
    }, SMALL_PIECES));
}

Deno.test("an abort while the source is silent, before anything was sent and later", () =>
  onDrive(async ({ drive, backend, operations }) => {
    for (const bytes of [STREAM.slice(0, 100), STREAM]) {
      const { stream, reason } = silentAfter(bytes);
      const control = new AbortController();
      const failed = reasonOf(backend.put("key", stream, { signal: control.signal }));
      await until(() => drive.requests.length > 0 && drive.requests.every(({ done }) => done));
      setTimeout(() => control.abort(REASON), 20);
      assertEquals(await failed, REASON);
      assertEquals(reason(), REASON);
      assertNothing(drive, "key");
      operations();
    }
  }, SMALL_PIECES));

Deno.test("an abort after the last byte has left is too late", () =>
  onDrive(async ({ drive, backend }) => {
    const aborting = (key: string, body: () => Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>) => {
      const control = new AbortController();
      const from = drive.requests.length;
      until(() =>
        drive.requests.slice(from).some((request) =>
          isLast({ ...request, query: {} }) && request.bytesIn === Number(request.headers["content-length"])
        )
      ).then(() => setTimeout(() => control.abort(REASON), 30), () => {});
      return backend.put(key, body(), { signal: control.signal });
    };
    drive.inject({ kind: "delay", operation: "upload.put", when: isLast, ms: 60, at: "answer" });
    await aborting("stream", () => streamed(STREAM));
    drive.inject({ kind: "delay", operation: "upload.put", when: isLast, ms: 80, at: "answer" });
    await aborting("bytes", () => LARGE);
    drive.inject({ kind: "loseAnswer", operation: "upload.put", when: isLast });
    await aborting("lost", () => streamed(STREAM));
    assertStored(drive, "stream", STREAM);
    assertStored(drive, "bytes", LARGE);
    assertStored(drive, "lost", STREAM);
  }, SMALL_PIECES));

Deno.test("where only fetch is there, an abort is too late as soon as the last request has begun", () =>
  onDrive(async ({ drive, another }) => {
    const backend = asInBrowser(() => another());
    const puts = [
      ["small", pattern(10), "upload.create"],
      ["small", pattern(11), "upload.update"],
      // The last piece has so many bytes.
      ["large", pattern(16 * MiB + 1000), "upload.put"],
      ["large", pattern(16 * MiB + 2000), "upload.put"],
    ] as const;
    for (const [key, bytes, operation] of puts) {
      const isCommit: typeof isLast = (request) => operation !== "upload.put" || isLast(request);
      const control = new AbortController();
      drive.inject({ kind: "run", operation, when: isCommit, run: () => control.abort(REASON) });
      await backend.put(key, bytes, { signal: control.signal });
      assert(control.signal.aborted);
      assertStored(drive, key, bytes);
    }
    // A large one can be stopped for as long as it takes.
    drive.inject({ kind: "delay", operation: "upload.create", ms: 5000, at: "request" });
    const stopping = abortAt(drive, "upload.create");
    const stopped = backend.put("stopped", pattern(3 * MiB), { signal: stopping.signal });
    assertEquals(await reasonOf(stopped), REASON);
    drive.clearFaults();
    // Nothing was sent, and the network is away: what is awaited can be given up.
    drive.inject({ kind: "reset", operation: "upload.put", when: isLast, times: Infinity });
    drive.inject({ kind: "reset", operation: "upload.status", times: Infinity });
    const lost = new AbortController();
    const patient = asInBrowser(() => another({ retries: { attempts: 1000, budget: 20_000, delay: 20 } }));
    const losing = patient.put("lost", pattern(16 * MiB + 1000), {
      signal: lost.signal,
      onProgress: ({ loaded }) => {
        if (loaded > 0) setTimeout(() => lost.abort(REASON), 20);
      },
    });
    assertEquals(await reasonOf(losing), REASON);
    drive.clearFaults();
    // Before that it is in time.
    const control = new AbortController();
    const put = backend.put("never", LARGE, {
      signal: control.signal,
      onProgress: () => control.abort(REASON),
    });
    assertEquals(await reasonOf(put), REASON);
    assertNothing(drive, "never");
  }));

Deno.test("an abort that was too late counts again when Drive has not got everything", () =>
  onDrive(async ({ drive, backend }) => {
    drive.inject({ kind: "partial", operation: "upload.put", when: isLast, keep: 0, times: Infinity });
    const control = new AbortController();
    drive.inject({
      kind: "delay",
      operation: "upload.put",
      when: isLast,
      ms: 60,
      at: "answer",
    });
    until(() => drive.requests.some((request) => isLast({ ...request, query: {} })))
      .then(() => setTimeout(() => control.abort(REASON), 30), () => {});
    assertEquals(await reasonOf(backend.put("key", LARGE, { signal: control.signal })), REASON);
    assertNothing(drive, "key");
  }));

Deno.test("cancelling an upload is tried again; where that is in vain, the abort is told all the same", () =>
  onDrive(async ({ drive, backend }) => {
    drive.inject({ kind: "delay", operation: "upload.put", ms: Infinity, times: 2 });
    drive.inject({ kind: "loseAnswer", operation: "upload.cancel" });
    drive.inject({ kind: "status", operation: "upload.cancel", status: 500, reason: "", skip: 1 });
    let { signal } = abortAt(drive, "upload.put");
    assertEquals(await reasonOf(backend.put("key", LARGE, { signal })), REASON);
    assertEquals(drive.sessions.size, 0);
    drive.inject({ kind: "status", operation: "upload.cancel", status: 403, reason: "", times: Infinity });
    signal = abortAt(drive, "upload.put").signal;
    assertEquals(await reasonOf(backend.put("key", LARGE, { signal })), REASON);
  }));

Deno.test("a source that fails, gives something else, or has another size than announced", () =>
  onDrive(async ({ drive, backend }) => {
    const then = (last: unknown) => {
      let count = 0;
      const stream: ReadableStream = new ReadableStream({
        pull(controller) {
          if (count++ < 3) controller.enqueue(STREAM.slice(0, 300_000));
          else if (last instanceof Error) controller.error(last);
          else controller.enqueue(last);
        },
      }, { highWaterMark: 0 });
      return stream;
    };
    assertEquals(await reasonOf(backend.put("key", then(REASON))), REASON);
    assertNothing(drive, "key");
    const odd = await reasonOf(backend.put("key", then("text")));
    assert(odd instanceof InvalidArgumentError);
    assertNothing(drive, "key");
    for (const size of [STREAM.length - 1, STREAM.length + 1, 100, 10 * MiB]) {
      assertFailure(await reasonOf(backend.put("key", streamed(STREAM), { size })), IntegrityError, "no");
      assertNothing(drive, "key");
    }
  }, SMALL_PIECES));

Deno.test("conditions are looked at again before the last piece", () =>
  onDrive(async ({ drive, backend }) => {
    const add = () => void drive.store.add({ name: "key", bytes: OLD });
    drive.inject({ kind: "run", operation: "upload.put", run: add });
    const error = await reasonOf(backend.put("key", streamed(STREAM), { ifAbsent: true }));
    assertFailure(error, AlreadyExistsError, "no");
    const { id } = assertStored(drive, "key", OLD);
    const ifMatch = (await backend.head("key"))?.etag;
    const run = () => void drive.store.update(id, { bytes: OLD.slice(1) });
    drive.inject({ kind: "run", operation: "upload.put", run });
    const other = await reasonOf(backend.put("key", streamed(STREAM), { ifMatch }));
    assertFailure(other, PreconditionFailedError, "no");
    assertStored(drive, "key", OLD.slice(1));
    await backend.put("key", streamed(STREAM), { ifMatch: (await backend.head("key"))?.etag });
    assertStored(drive, "key", STREAM);
  }, SMALL_PIECES));

Deno.test("the folder, or the file, is gone when the upload begins: another is made, of streams too", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("a/other", OLD);
    const remove = (path: string) => () => drive.store.delete(drive.store.find(path)?.id ?? "");
    drive.inject({ kind: "run", operation: "upload.start", run: remove("a") });
    await backend.put("a/key", streamed(STREAM));
    assertStored(drive, "a/key", STREAM);
    drive.inject({ kind: "run", operation: "upload.start", run: remove("a/key") });
    await backend.put("a/key", streamed(STREAM.slice(9)));
    assertStored(drive, "a/key", STREAM.slice(9));
    drive.inject({ kind: "run", operation: "upload.put", when: isLast, run: remove("a") });
    await backend.put("a/key", LARGE);
    assertStored(drive, "a/key", LARGE);
  }, SMALL_PIECES));

Deno.test("the folder, or the file, is in the trash when the upload ends: that is told, and nothing is left", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("a/other", OLD);
    const trash = (path: string) => () =>
      void drive.store.update(drive.store.find(path)?.id ?? "", { trashed: true });
    drive.inject({ kind: "run", operation: "upload.put", when: isLast, run: trash("a") });
    const put = () => backend.put("a/key", streamed(STREAM));
    assertFailure(await reasonOf(put()), NotFoundError, "no");
    assertNothing(drive, "key");
    await put();
    const { id } = assertStored(drive, "a/key", STREAM);
    drive.inject({ kind: "run", operation: "upload.put", when: isLast, run: trash("a/key") });
    assertFailure(await reasonOf(put()), NotFoundError, "no");
    await put();
    assert(assertStored(drive, "a/key", STREAM).id !== id);
    drive.inject({ kind: "run", operation: "upload.put", when: isLast, run: trash("a") });
    await backend.put("a/key", LARGE);
    assertStored(drive, "a/key", LARGE);
  }, SMALL_PIECES));

Deno.test("an old object is seen until the last byte is there, and its properties with it", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("key", OLD, { metadata: { version: "1" } });
    const seen: unknown[] = [];
    const run = () => void seen.push(drive.store.find("key")?.bytes, drive.store.find("key")?.properties);
    drive.inject({ kind: "run", operation: "upload.put", when: isLast, run });
    const before = drive.store.find("key")?.properties;
    await backend.put("key", streamed(STREAM), { metadata: { version: "2" } });
    assertEquals(seen, [OLD, before]);
    assertEquals((await backend.head("key"))?.metadata, { version: "2" });
  }, SMALL_PIECES));
