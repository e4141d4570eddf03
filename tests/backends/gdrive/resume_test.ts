/** Uploads that outlive a process: what a new one finds, and what it does with it. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { DriveKey, GDriveBackend, GDriveOptions } from "../../../backends/gdrive/mod.ts";
import type { StartUploadOptions, UploadToken } from "../../../backends/backend.ts";
import {
  AlreadyExistsError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { memoryResumeStore, uploadResumably } from "../../../lib/objects/resuming/mod.ts";
import { type DriveOptions, type FakeDrive, type FaultMatch, FOLDER } from "../../servers/gdrive.ts";
import { pattern, streamed } from "../s3/setup.ts";
import { loginOf, onDrive, type Setup } from "./setup.ts";
import {
  assertFailure,
  assertNothing,
  assertSecret,
  assertStored,
  filesOf,
  REASON,
  reasonOf,
} from "./writing.ts";

const KiB = 1024;
const PIECE = 256 * KiB;
/** Five pieces. */
const BODY = pattern(1200 * KiB + 1);
const OLD = pattern(100, 3);
const METADATA = { shape: "[3, 4]", Note: "kept" };

/** What a test works with: `process` gives the backend of another process. */
interface Scene extends Setup {
  process(options?: Partial<GDriveOptions>): GDriveBackend;
  /** Begins an upload, which is broken off when so many bytes have arrived; the token has been through a file. */
  broken(key: string, loaded?: number, options?: Partial<StartUploadOptions>): Promise<UploadToken>;
}

function onResuming(work: (scene: Scene) => Promise<void>, server: DriveOptions = {}): Promise<void> {
  return onDrive(
    async (setup) => {
      const { drive } = setup;
      const process: Scene["process"] = (options) =>
        setup.another({ credentials: loginOf(drive), ...options });
      const broken: Scene["broken"] = async (key, loaded = 2 * PIECE, options = {}) => {
        const backend = process();
        const token = await backend.startUpload(key, { size: BODY.length, ...options });
        if (loaded > 0) await breakOff(backend, token, loaded);
        return JSON.parse(JSON.stringify(token));
      };
      await work({ ...setup, process, broken });
    },
    { partSize: PIECE },
    server,
  );
}

/** Resumes an upload until so many bytes have arrived. */
async function breakOff(
  backend: GDriveBackend,
  token: UploadToken,
  loaded: number,
  body = BODY,
): Promise<void> {
  const control = new AbortController();
  const reason = await reasonOf(backend.resumeUpload(token, streamed(body, 100_001), {
    signal: control.signal,
    onProgress: (progress) => progress.loaded >= loaded && control.abort(REASON),
  }));
  assertEquals(reason, REASON);
}

/** Bytes that have come to sessions since this was asked last. */
function received({ requests }: FakeDrive): number {
  return requests.splice(0).filter(({ operation }) => operation === "upload.put")
    .reduce((sum, { bytesIn }) => sum + bytesIn, 0);
}

/** Bytes that Drive has of the uploads underway. */
function kept({ sessions }: FakeDrive): number[] {
  return [...sessions.values()].map(({ received }) => received);
}

for (const [what, bodyOf] of [["bytes", () => BODY], ["a stream", () => streamed(BODY, 70_001)]] as const) {
  Deno.test(`an upload goes on in another process, with what is missing: ${what}`, () =>
    onResuming(async ({ drive, process, broken }) => {
      const token = await broken("a/key", 2 * PIECE, { metadata: METADATA, contentType: "text/plain" });
      assertEquals(drive.store.find("a/key"), undefined);
      const [has] = kept(drive);
      assert(has >= 2 * PIECE && has < BODY.length);
      received(drive);
      const loaded: number[] = [];
      const done: boolean[] = [];
      const backend = process();
      const result = await backend.resumeUpload(token, bodyOf(), {
        onProgress: (progress) => (loaded.push(progress.loaded), done.push(progress.done)),
      });
      assertEquals(received(drive), BODY.length - has);
      assertStored(drive, "a/key", BODY);
      assertEquals([loaded[0], loaded.at(-1)], [has, BODY.length]);
      assertEquals(loaded, loaded.toSorted((a, b) => a - b));
      assertEquals(done.indexOf(true), done.length - 1);
      const head = await backend.head("a/key");
      assertEquals(head?.metadata, { shape: "[3, 4]", note: "kept" });
      assertEquals(head?.contentType, "text/plain");
      assertEquals(result, { key: "a/key", size: BODY.length, etag: head?.etag });
    }));
}

Deno.test("a token is plain JSON, and shows neither the session's address nor what seals it", () =>
  onResuming(async ({ drive, process }) => {
    const token = await process().startUpload("key", { size: 5 });
    assertSecret(token);
    const [id] = drive.sessions.keys();
    for (const secret of [id, drive.refreshToken, drive.endpoint]) {
      assert(!JSON.stringify(token).includes(secret));
      assert(!atob(`${token.state.sealed}`.replaceAll("-", "+").replaceAll("_", "/")).includes(secret));
    }
    const { version, store, key, size, started } = token;
    assertEquals({ version, store, key, size }, { version: 1, store: "gdrive://", key: "key", size: 5 });
    assert(Math.abs(Date.parse(started) - Date.now()) < 60_000);
    // No two are alike.
    assertNotEquals((await process().startUpload("key", { size: 5 })).state, token.state);
  }));

for (const size of [0, 1, PIECE, 2 * PIECE]) {
  Deno.test(`${size} bytes`, () =>
    onResuming(async ({ drive, process }) => {
      const body = BODY.slice(0, size);
      const token = await process().startUpload("key", { size });
      const first = await process().resumeUpload(token, body);
      assertStored(drive, "key", body);
      // As after an answer that got lost.
      assertEquals(await process().resumeUpload(token, streamed(body)), first);
      const [id] = drive.store.files.keys();
      assert(id !== undefined);
      assertStored(drive, "key", body);
    }));
}

for (const status of [undefined, 404, 410] as const) {
  const how = status === undefined ? "remembered" : `forgotten (${status})`;
  Deno.test(`an upload whose last answer got lost is told as done, the session ${how}; a new file, and an old one`, () =>
    onResuming(async ({ drive, process, broken }) => {
      drive.store.add({ name: "old", bytes: OLD });
      for (const key of ["new", "old"]) {
        const token = await broken(key, PIECE, { metadata: METADATA });
        const first = await process().resumeUpload(token, BODY);
        const { revisions } = assertStored(drive, key, BODY);
        received(drive);
        if (status !== undefined) {
          drive.inject({ kind: "expireSession", operation: ["upload.status", "upload.put"], status });
        }
        assertEquals(await process().resumeUpload(token, streamed(BODY)), first, key);
        assertEquals(received(drive), 0);
        assertEquals(assertStored(drive, key, BODY).revisions.length, revisions.length);
      }
    }));

  Deno.test(`an empty upload whose answer got lost, the session ${how}`, () =>
    onResuming(async ({ drive, process }) => {
      const token = await process().startUpload("key", { size: 0, metadata: METADATA });
      const first = await process().resumeUpload(token, new Uint8Array());
      if (status !== undefined) {
        drive.inject({ kind: "expireSession", operation: ["upload.status", "upload.put"], status });
      }
      assertEquals(await process().resumeUpload(token, new Uint8Array()), first);
    }));
}

for (const status of [404, 410] as const) {
  Deno.test(`a session that Drive has forgotten (${status}) was never complete: begin anew`, () =>
    onResuming(async ({ drive, process, broken }) => {
      for (const key of ["new", "old"]) {
        drive.store.add({ name: "old", bytes: OLD });
        const token = await broken(key, PIECE);
        drive.inject({ kind: "expireSession", operation: "upload.status", status });
        received(drive);
        assertFailure(await reasonOf(process().resumeUpload(token, BODY)), NotFoundError, "no");
        assertEquals(received(drive), 0);
        // Amid the bytes, too.
        const other = await broken(key, PIECE);
        drive.inject({ kind: "expireSession", operation: "upload.put", status });
        assertFailure(await reasonOf(process().resumeUpload(other, BODY)), NotFoundError, "no");
      }
      assertNothing(drive, "new");
      assertEquals(drive.store.find("old")?.bytes, OLD);
    }));
}

Deno.test("Drive loses bytes that it had acknowledged: what it lacks then is sent with the next attempt", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key", 3 * PIECE);
    // Before anybody asks: nothing is wrong with that.
    drive.inject({ kind: "changeHeaders", operation: "upload.status", headers: { range: null } });
    drive.inject({ kind: "changeHeaders", operation: "upload.put", headers: { range: null }, skip: 1 });
    const error = await reasonOf(process().resumeUpload(token, streamed(BODY)));
    assert(error instanceof CottonCandyError && error.committed === "no", `${error}`);
    drive.clearFaults();
    await process().resumeUpload(token, BODY);
    assertStored(drive, "key", BODY);
  }));

Deno.test("Drive keeps no whole pieces: what is missing is sent", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key", 0);
    drive.inject({
      kind: "reset",
      operation: "upload.put",
      skip: 1,
      afterRequestBytes: 77_777,
      times: Infinity,
    });
    const backend = process({ retries: 0 });
    assertFailure(await reasonOf(backend.resumeUpload(token, streamed(BODY))), ConnectionError, "no");
    assertEquals(kept(drive), [PIECE + 77_777]);
    drive.clearFaults();
    received(drive);
    await process().resumeUpload(token, streamed(BODY));
    assertEquals(received(drive), BODY.length - PIECE - 77_777);
    assertStored(drive, "key", BODY);
  }, { chunkMultiple: 1 }));

Deno.test("another body is noticed by the MD5 of what Drive has, before anything is sent", () =>
  onResuming(async ({ drive, process, broken }) => {
    drive.store.add({ name: "old", bytes: OLD });
    for (const key of ["new", "old"]) {
      const token = await broken(key);
      const before = kept(drive);
      received(drive);
      const other = BODY.slice();
      other[PIECE] ^= 1;
      for (const body of [other, streamed(other)]) {
        assertFailure(await reasonOf(process().resumeUpload(token, body)), IntegrityError, "no");
      }
      assertEquals(received(drive), 0);
      assertEquals(kept(drive), before, "it can still be resumed");
      await process().resumeUpload(token, BODY);
      assertStored(drive, key, BODY);
    }
  }));

Deno.test("another body, where Drive tells no MD5: a new file is deleted, an old one has its version from before", () =>
  onResuming(async ({ drive, process, broken }) => {
    drive.store.add({ name: "old", bytes: OLD });
    const other = BODY.slice();
    other[7] ^= 1;
    const token = await broken("new");
    assertFailure(await reasonOf(process().resumeUpload(token, other)), IntegrityError, "no");
    assertNothing(drive, "new");
    const over = await broken("old");
    assertFailure(await reasonOf(process().resumeUpload(over, other)), IntegrityError, "yes");
    assertEquals(drive.store.find("old")?.revisions.map(({ bytes }) => bytes.length), [
      OLD.length,
      BODY.length,
    ]);
  }, { rangeMd5: false }));

Deno.test("another body than the one that is complete: told, and nothing is deleted", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key");
    await process().resumeUpload(token, BODY);
    for (const other of [BODY.slice(1), pattern(BODY.length, 9), pattern(BODY.length + 1)]) {
      assertFailure(await reasonOf(process().resumeUpload(token, streamed(other))), IntegrityError, "yes");
    }
    assertStored(drive, "key", BODY);
  }));

Deno.test("a body of another length stores nothing, and what has arrived stays", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key");
    for (const other of [BODY.slice(0, -1), BODY.slice(0, 5), pattern(BODY.length + 1)]) {
      for (const body of [other, streamed(other)]) {
        assertFailure(await reasonOf(process().resumeUpload(token, body)), IntegrityError, "no");
      }
    }
    assertEquals(drive.store.find("key"), undefined);
    await process().resumeUpload(token, BODY);
    assertStored(drive, "key", BODY);
  }));

Deno.test("tokens of others, and damaged ones, open nothing", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key");
    const { state } = token;
    const sealed = `${state.sealed}`;
    const wrong: unknown[] = [
      undefined,
      null,
      "token",
      {},
      { ...token, version: 2 },
      { ...token, store: "gdrive://other" },
      { ...token, key: "other" },
      { ...token, key: "" },
      { ...token, key: 5 },
      { ...token, size: BODY.length - 1 },
      { ...token, size: -1 },
      { ...token, size: "5" },
      { ...token, state: undefined },
      { ...token, state: [] },
      { ...token, state: { ...state, sealed: 5 } },
      { ...token, state: { ...state, sealed: "" } },
      { ...token, state: { ...state, sealed: "!" } },
      { ...token, state: { ...state, sealed: sealed.slice(0, -4) } },
      { ...token, state: { ...state, sealed: (sealed[0] === "A" ? "B" : "A") + sealed.slice(1) } },
      { ...token, state: { sealed: undefined } },
    ];
    const before = kept(drive);
    received(drive);
    for (const other of wrong) {
      const given = JSON.parse(JSON.stringify(other ?? null));
      assertFailure(await reasonOf(process().resumeUpload(given, BODY)), InvalidArgumentError, "no");
      assertFailure(await reasonOf(process().abortUpload(given)), InvalidArgumentError, "no");
    }
    const other = { ...loginOf(drive), refresh_token: "another" };
    for (const credentials of [other, { ...drive.serviceAccount }]) {
      const error = await reasonOf(process({ credentials }).resumeUpload(token, BODY));
      assertFailure(error, InvalidArgumentError, "no");
      assert(error instanceof Error && error.message.includes("begun with other credentials"), `${error}`);
    }
    assertEquals(drive.requests.length, 0, "nothing is sent");
    assertEquals(kept(drive), before);
  }));

Deno.test("a function of access tokens has nothing that lasts: refused in words before anything is sent", () =>
  onResuming(async ({ drive, backend, broken }) => {
    const token = await broken("key");
    const count = drive.requests.length;
    for (
      const what of [
        backend.startUpload("key", { size: 5 }),
        backend.resumeUpload(token, BODY),
        backend.abortUpload(token),
      ]
    ) {
      const error = await reasonOf(what);
      assertFailure(error, UnsupportedError, "no");
      assert(error instanceof Error && /service account's key, or log in with/.test(error.message));
    }
    assertEquals(drive.requests.length, count);
  }));

Deno.test("a service account goes on in a shared drive, with its key's line breaks written otherwise", () =>
  onResuming(async ({ drive, another }) => {
    const account = { ...drive.serviceAccount };
    const shared = (credentials: DriveKey) => another({ driveId: "0ALab", credentials });
    const token = await shared(account).startUpload("a/key", { size: BODY.length, metadata: METADATA });
    await breakOff(shared(account), token, PIECE);
    const [has] = kept(drive);
    received(drive);
    const oneLine = { ...account, private_key: account.private_key.replaceAll("\n", "\\n") };
    const result = await shared(oneLine).resumeUpload(token, BODY);
    assertEquals(received(drive), BODY.length - has);
    const [file] = filesOf(drive, "key");
    assertEquals(file.driveId, "0ALab");
    assertEquals(file.bytes, BODY);
    assertEquals((await shared(account).head("a/key"))?.etag, result.etag);
  }, { drives: [{ id: "0ALab", name: "Lab" }] }));

Deno.test("an old file that was renamed, moved, deleted or trashed meanwhile is left alone: begin anew", () =>
  onResuming(async ({ drive, process, broken }) => {
    const cases: Record<string, (id: string) => void> = {
      renamed: (id) => void drive.store.update(id, { name: "elsewhere" }),
      moved: (id) => {
        const { id: folder } = drive.store.add({ name: "folder", mimeType: FOLDER });
        drive.store.update(id, { parents: [folder] });
      },
      trashed: (id) => void drive.store.update(id, { trashed: true }),
      deleted: (id) => drive.store.delete(id),
    };
    for (const [key, change] of Object.entries(cases)) {
      const { id } = drive.store.add({ name: key, bytes: OLD });
      const token = await broken(key);
      change(id);
      received(drive);
      assertFailure(await reasonOf(process().resumeUpload(token, BODY)), NotFoundError, "no");
      assertEquals(received(drive), 0, "nothing is sent for it");
      assert([undefined, OLD.length].includes(drive.store.files.get(id)?.bytes?.length));
      await process().abortUpload(token);
      // Amid the bytes.
      const { id: next } = drive.store.add({ name: key, bytes: OLD });
      const later = await broken(key, 0);
      drive.inject({ kind: "run", operation: "upload.put", skip: 2, run: () => change(next) });
      assertFailure(await reasonOf(process().resumeUpload(later, BODY)), NotFoundError, "no");
      assert([undefined, OLD.length].includes(drive.store.files.get(next)?.bytes?.length), key);
      await process().abortUpload(later);
    }
    assertEquals(drive.sessions.size, 0);
  }));

Deno.test("where going on can't help, a remembered upload is ended: nothing is left of it here or there", () =>
  onResuming(async ({ drive, process }) => {
    const { id } = drive.store.add({ name: "key", bytes: OLD });
    const rename = () => void drive.store.update(id, { name: "elsewhere" });
    drive.inject({ kind: "run", operation: "upload.put", skip: 2, run: rename });
    const resume = memoryResumeStore();
    const body = { id: "scan", fingerprint: "1", size: BODY.length, open: () => streamed(BODY, 70_001) };
    const options = { partSize: PIECE };
    const upload = uploadResumably(process(), "key", body, {}, options, resume);
    assertFailure(await reasonOf(upload), NotFoundError, "no");
    assertEquals([kept(drive), await resume.list()], [[], []]);
  }));

Deno.test("conditions decide at the start, when it is resumed, and before the last bytes", () =>
  onResuming(async ({ drive, process, broken }) => {
    const { etag = "" } = await process().put("old", OLD);
    const start = (key: string, options: Partial<StartUploadOptions>) =>
      reasonOf(process().startUpload(key, { size: BODY.length, ...options }));
    assertFailure(await start("old", { ifAbsent: true }), AlreadyExistsError, "no");
    assertFailure(await start("old", { ifMatch: "other" }), PreconditionFailedError, "no");
    assertFailure(await start("new", { ifMatch: etag }), PreconditionFailedError, "no");
    assertEquals(drive.sessions.size, 0);

    const created = await broken("new", PIECE, { ifAbsent: true });
    drive.store.add({ name: "new", bytes: OLD });
    received(drive);
    assertFailure(await reasonOf(process().resumeUpload(created, BODY)), AlreadyExistsError, "no");
    assertEquals(received(drive), 0);

    const late = await broken("late", PIECE, { ifAbsent: true });
    drive.inject({
      kind: "run",
      operation: "upload.put",
      skip: 1,
      run: (store) => void store.add({ name: "late", bytes: OLD }),
    });
    assertFailure(await reasonOf(process().resumeUpload(late, BODY)), AlreadyExistsError, "no");
    assertEquals(filesOf(drive, "late").map(({ bytes }) => bytes?.length), [OLD.length]);

    const over = await broken("old", PIECE, { ifMatch: etag });
    await process().put("old", OLD.slice(1));
    assertFailure(await reasonOf(process().resumeUpload(over, BODY)), PreconditionFailedError, "no");
    assertEquals(drive.store.find("old")?.bytes?.length, OLD.length - 1);

    for (const token of [created, late, over]) await process().abortUpload(token);
    assertEquals(drive.sessions.size, 0);
    const good = await broken("good", PIECE, { ifAbsent: true });
    await process().resumeUpload(good, BODY);
    assertStored(drive, "good", BODY);
  }));

Deno.test("a new file that others made meanwhile is what is written last: one stays", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key");
    await process().put("key", OLD);
    const first = await process().resumeUpload(token, BODY);
    assertStored(drive, "key", BODY);
    // What others write later, whatever it is, is not touched by who asks again.
    await process().put("key", OLD);
    assertEquals(await process().resumeUpload(token, BODY), first);
    assertStored(drive, "key", OLD);
    await Array.fromAsync(process().delete(["key"]));
    assertEquals(await process().resumeUpload(token, BODY), first);
    assertEquals(filesOf(drive, "key"), []);
  }));

Deno.test("an upload is ended, once and again; one that is complete stays, and one that can't be ended is told", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key");
    drive.inject({
      kind: "status",
      operation: "upload.cancel",
      status: 503,
      reason: "backendError",
      times: Infinity,
    });
    assertFailure(await reasonOf(process().abortUpload(token)), CottonCandyError, "no");
    assertEquals(drive.sessions.size, 1);
    drive.clearFaults();
    await process().abortUpload(token);
    assertNothing(drive, "key");
    await process().abortUpload(token);
    assertFailure(await reasonOf(process().resumeUpload(token, BODY)), NotFoundError, "no");
    const other = await broken("key");
    await process().resumeUpload(other, BODY);
    await process().abortUpload(other);
    assertStored(drive, "key", BODY);
  }));

Deno.test("what fails, and what is aborted, leaves what has arrived; nothing is begun that nobody knows", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key", PIECE);
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(BODY.subarray(0, 3 * PIECE));
        controller.error(REASON);
      },
    }, { highWaterMark: 0 });
    assertEquals(await reasonOf(process().resumeUpload(token, source)), REASON);
    const cancelled: unknown[] = [];
    const unread = new ReadableStream<Uint8Array>({ cancel: (reason) => void cancelled.push(reason) });
    assertEquals(
      await reasonOf(process().resumeUpload(token, unread, { signal: AbortSignal.abort(REASON) })),
      REASON,
    );
    assertEquals(cancelled, [REASON]);
    drive.inject({
      kind: "status",
      operation: "upload.put",
      status: 503,
      reason: "backendError",
      times: Infinity,
    });
    drive.inject({
      kind: "status",
      operation: "upload.status",
      status: 503,
      reason: "backendError",
      skip: 1,
      times: Infinity,
    });
    assertFailure(await reasonOf(process().resumeUpload(token, BODY)), CottonCandyError, "no");
    drive.clearFaults();
    await process().resumeUpload(token, BODY);
    assertStored(drive, "key", BODY);

    const control = new AbortController();
    drive.inject({ kind: "delay", operation: "upload.start", ms: 50, at: "answer" });
    drive.inject({ kind: "run", operation: "upload.start", run: () => control.abort(REASON) });
    const starting = process().startUpload("key", { size: 5, signal: control.signal });
    assertEquals(await reasonOf(starting), REASON);
    assertEquals(drive.sessions.size, 0);
  }));

Deno.test("the last answer gets lost, and Drive is out of reach: unknown, and the next attempt knows", () =>
  onResuming(async ({ drive, process, broken }) => {
    for (const happens of ["loseAnswer", "reset"] as const) {
      for (const looks of [false, true]) {
        const key = `${happens} ${looks}`;
        const token = await broken(key, PIECE);
        let isOver = false;
        const isLast: FaultMatch["when"] = ({ headers }) =>
          isOver ||= headers["content-range"]?.includes(`-${BODY.length - 1}/`) ?? false;
        drive.inject({
          ...(happens === "reset" ? { kind: happens, afterRequestBytes: 9 } : { kind: happens }),
          operation: "upload.put",
          when: isLast,
        });
        drive.inject({
          kind: "status",
          operation: looks ? "upload.status" : ["upload.status", "files.get"],
          status: 503,
          reason: "",
          when: () => isOver,
          times: Infinity,
        });
        const resumed = await reasonOf(process({ retries: 1 }).resumeUpload(token, BODY));
        if (happens === "loseAnswer" && looks) assertEquals(resumed, undefined, "it is seen to be there");
        else {assert(
            resumed instanceof CottonCandyError && resumed.committed === "unknown",
            `${key}: ${resumed}`,
          );}
        drive.clearFaults();
        const { size } = await process().resumeUpload(token, BODY);
        assertEquals(size, BODY.length);
        assertStored(drive, key, BODY);
      }
    }
  }));

Deno.test("every request may fail once", () =>
  onResuming(async ({ drive, process, broken }) => {
    const token = await broken("key", PIECE);
    for (const operation of ["upload.put", "upload.status", "files.get", "files.list", "token"] as const) {
      drive.inject({ kind: "status", operation, status: 503, reason: "backendError" });
      drive.inject({ kind: "loseAnswer", operation, skip: 1 });
    }
    await process().resumeUpload(token, streamed(BODY));
    assertStored(drive, "key", BODY);
    const next = await broken("other", 0);
    await process().abortUpload(next);
  }));

Deno.test("a folder that is gone is made anew when an upload is begun", () =>
  onResuming(async ({ drive, process }) => {
    const backend = process();
    await backend.put("a/b/one", OLD);
    const folder = drive.store.find("a/b");
    assert(folder);
    drive.store.delete(folder.id);
    const token = await backend.startUpload("a/b/two", { size: BODY.length });
    await backend.resumeUpload(token, BODY);
    assertStored(drive, "a/b/two", BODY);
  }));

Deno.test("what can't work is refused before anything is sent", () =>
  onResuming(async ({ drive, process }) => {
    const backend = process();
    const wrong: [string, Partial<StartUploadOptions>][] = [
      ["", {}],
      ["key", { size: undefined }],
      ["key", { size: -1 }],
      ["key", { size: 1.5 }],
      ["key", { metadata: { a: "x".repeat(3000) } }],
      ["key", { ifAbsent: true, ifMatch: "e" }],
      ["key", { partSize: 0 }],
    ];
    for (const [key, options] of wrong) {
      const error = await reasonOf(backend.startUpload(key, { size: 5, ...options }));
      assertFailure(error, InvalidArgumentError, "no");
    }
    assertFailure(
      await reasonOf(backend.startUpload("key", { size: 5, acl: "private" })),
      UnsupportedError,
      "no",
    );
    assertEquals(drive.requests.length, 0);
  }));
