import { assert, assertEquals, assertStringIncludes } from "@std/assert";
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
  UnsupportedError,
} from "../../../lib/errors.ts";
import type { Operation } from "../../servers/gdrive.ts";
import type { DriveStore } from "../../servers/gdrive/store.ts";
import { pattern } from "../s3/setup.ts";
import { onDrive } from "./setup.ts";
import {
  abortAt,
  assertFailure,
  assertNothing,
  assertSecret,
  assertStored,
  filesOf,
  REASON,
  reasonOf,
} from "./writing.ts";

const OLD = pattern(1000, 7);
const NEW = pattern(2000);
/** More than goes in one request. */
const LARGE = pattern(5_100_000);
const AT_ONCE = { "retry-after": "0" };
/** So that what fails for good does so soon. */
const TWICE = { retries: 2 };
const UPLOADS: readonly Operation[] = ["upload.create", "upload.update"];

Deno.test("a new object: looked up, written, looked up again; an old one keeps its file, with all that others know of it", () =>
  onDrive(async ({ drive, backend, operations }) => {
    await backend.head("other");
    operations();
    await backend.put("key", OLD);
    assertEquals(operations(), ["files.list", "files.generateIds", "upload.create", "files.list"]);
    const { id } = assertStored(drive, "key", OLD);
    drive.store.update(id, { description: "of last week", starred: true });
    operations();
    const put = await backend.put("key", NEW);
    assertEquals(operations(), ["files.list", "files.get", "upload.update"]);
    const file = assertStored(drive, "key", NEW);
    assertEquals([file.id, file.description, file.starred], [id, "of last week", true]);
    assertEquals(file.revisions.length, 2);
    assertEquals(put.etag, file.revisions.at(-1)?.id);
  }));

Deno.test("passing troubles are tried again: 5xx, 429, 403s about the rate, resets", () =>
  onDrive(async ({ drive, backend }) => {
    const troubles = [
      { kind: "status", status: 503, reason: "backendError" },
      { kind: "status", status: 500, reason: "internalError" },
      { kind: "status", status: 408, reason: "" },
      { kind: "status", status: 429, reason: "rateLimitExceeded", headers: AT_ONCE },
      { kind: "status", status: 403, reason: "rateLimitExceeded", headers: AT_ONCE },
      { kind: "status", status: 403, reason: "userRateLimitExceeded", headers: AT_ONCE },
      { kind: "reset" },
      { kind: "reset", afterRequestBytes: 100 },
    ] as const;
    await Promise.all(troubles.map(async (trouble, index) => {
      const name = `key ${index}`;
      const met = UPLOADS.map((operation) => drive.inject({ ...trouble, operation, name }));
      await backend.put(name, OLD);
      await backend.put(name, NEW);
      assertEquals(met.map(({ hits }) => hits), [1, 1], name);
      assertEquals(assertStored(drive, name, NEW).revisions.length, 2);
    }));
  }));

for (const lost of [1, 2]) {
  Deno.test(`answers that get lost (${lost} of 2) are no failure, and make no second file`, () =>
    onDrive(async ({ drive, backend }) => {
      drive.inject({ kind: "loseAnswer", operation: "upload.create", times: lost });
      await backend.put("dir/key", OLD, { metadata: { a: "1" } });
      const { id } = assertStored(drive, "dir/key", OLD);
      drive.inject({ kind: "loseAnswer", operation: "upload.update", times: lost });
      const put = await backend.put("dir/key", NEW, { metadata: { a: "2" } });
      const file = assertStored(drive, "dir/key", NEW);
      assertEquals(file.id, id);
      assertEquals(put.etag, file.revisions.at(-1)?.id);
      assertEquals((await backend.head("dir/key"))?.metadata, { a: "2" });
    }, TWICE));
}

Deno.test("a folder whose answer got lost is made once", () =>
  onDrive(async ({ drive, backend, names }) => {
    drive.inject({ kind: "loseAnswer", operation: "files.create" });
    await backend.put("a/b/key", NEW);
    assertStored(drive, "a/b/key", NEW);
    assertEquals(names(), ["a", "b", "key"]);
  }));

Deno.test("the same bytes again whose answers get lost are no failure either", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("key", OLD);
    drive.inject({ kind: "loseAnswer", operation: "upload.update", times: Infinity });
    await backend.put("key", OLD);
    assertStored(drive, "key", OLD);
  }, TWICE));

Deno.test("committed: no, where the file shows that nothing arrived", () =>
  onDrive(async ({ drive, backend, operations }) => {
    drive.inject({ kind: "reset", operation: UPLOADS, times: Infinity });
    drive.store.add({ name: "old", bytes: OLD });
    const failures = await Promise.all(["key", "old"].map((key) => reasonOf(backend.put(key, NEW))));
    for (const error of failures) assertFailure(error, ConnectionError, "no");
    assertNothing(drive, "key");
    assertStored(drive, "old", OLD);
    drive.clearFaults();
    drive.inject({ kind: "status", operation: UPLOADS, status: 503, reason: "backendError", times: 2 });
    operations();
    assertFailure(await reasonOf(backend.put("key", NEW)), CottonCandyError, "no");
    assertEquals(operations().filter((name) => name === "upload.create").length, 2);
    await backend.put("key", NEW);
  }, TWICE));

Deno.test("committed: unknown, where the file can't be looked at, or somebody has written it since", () =>
  onDrive(async ({ drive, backend }) => {
    const { id } = drive.store.add({ name: "key", bytes: OLD });
    drive.inject({ kind: "loseAnswer", operation: UPLOADS, times: Infinity });
    const looking = drive.inject({
      kind: "status",
      operation: "files.get",
      status: 503,
      reason: "backendError",
      // Found before anything is written.
      skip: 1,
      times: Infinity,
      when: ({ fileId }) => fileId !== drive.store.rootId,
    });
    assertFailure(await reasonOf(backend.put("key", NEW)), ConnectionError, "unknown");
    assertEquals(looking.hits, 2);
    looking.remove();
    drive.inject({
      kind: "run",
      operation: "files.get",
      skip: 1,
      run: (store) => store.update(id, { bytes: pattern(30) }),
    });
    assertFailure(await reasonOf(backend.put("key", NEW)), ConnectionError, "unknown");
  }, TWICE));

Deno.test("an answer that gets lost, and then a refusal: the file tells which it was", () =>
  onDrive(async ({ drive, backend }) => {
    for (const [status, reason] of [[403, "insufficientFilePermissions"], [401, "authError"]] as const) {
      const key = reason;
      drive.inject({ kind: "loseAnswer", operation: "upload.create" });
      drive.inject({ kind: "status", operation: "upload.create", status, reason, skip: 1, times: Infinity });
      await backend.put(key, NEW);
      assertStored(drive, key, NEW);
      drive.clearFaults();
      drive.inject({ kind: "reset", operation: "upload.create" });
      drive.inject({ kind: "status", operation: "upload.create", status, reason, skip: 1, times: Infinity });
      assertFailure(await reasonOf(backend.put(`no ${key}`, NEW)), AccessDeniedError, "no");
      assertNothing(drive, `no ${key}`);
      drive.clearFaults();
    }
  }));

Deno.test("answers that make no sense: the file tells what was done", () =>
  onDrive(async ({ drive, backend }) => {
    drive.inject({ kind: "flipBit", operation: "upload.create" });
    await backend.put("key", NEW);
    assertStored(drive, "key", NEW);
  }));

Deno.test("refusals that are final are told at once, by what is wrong", () =>
  onDrive(async ({ drive, backend, operations }) => {
    const cases = [
      [403, "storageQuotaExceeded", QuotaError],
      [403, "dailyLimitExceeded", QuotaError],
      [403, "numChildrenInNonRootLimitExceeded", QuotaError],
      [413, "uploadTooLarge", QuotaError],
      [403, "insufficientFilePermissions", AccessDeniedError],
      [403, "insufficientPermissions", AccessDeniedError],
      [401, "authError", AccessDeniedError],
      [403, "propertyCountLimitExceeded", InvalidArgumentError],
      [400, "badRequest", InvalidArgumentError],
      [501, "notImplemented", CottonCandyError],
    ] as const;
    for (const [status, reason, kind] of cases) {
      drive.inject({ kind: "status", operation: UPLOADS, status, reason, times: Infinity });
      operations();
      assertFailure(await reasonOf(backend.put("key", NEW)), kind, "no");
      const sent = operations().filter((name) => name === "upload.create").length;
      assertEquals(sent, status === 401 ? 4 : 1, reason);
      drive.clearFaults();
    }
    assertNothing(drive, "key");
  }));

Deno.test("where there is no room: a full drive, and a service account without a shared drive", async () => {
  await onDrive(
    async ({ drive, backend }) => {
      await backend.put("old", OLD);
      assertFailure(await reasonOf(backend.put("key", NEW)), QuotaError, "no");
      assertFailure(await reasonOf(backend.put("key", pattern(6_000_000))), QuotaError, "no");
      assertNothing(drive, "key");
      assertStored(drive, "old", OLD);
    },
    {},
    { quota: 1500 },
  );
  await onDrive(async ({ drive, another }) => {
    const backend = another({ credentials: () => Promise.resolve(drive.token({ serviceAccount: true })) });
    const error = await reasonOf(backend.put("key", NEW));
    assertFailure(error, QuotaError, "no");
    assertStringIncludes(`${error}`, "driveId");
  });
});

Deno.test("tokens that expire are renewed, also one that another request has renewed already", () =>
  onDrive(async ({ drive, backend, operations }) => {
    for (const times of [1, 2, 3]) {
      await backend.put("key", OLD);
      operations();
      drive.inject({ kind: "expireToken", operation: "upload.update", times });
      await backend.put("key", NEW);
      const updates = Array.from({ length: times + 1 }, () => "upload.update");
      assertEquals(operations(), ["files.list", "files.get", ...updates]);
      assertStored(drive, "key", NEW);
    }
  }));

Deno.test("the only token that there is is tried twice: Drive may refuse a good one", async () => {
  let token = "";
  await onDrive(async ({ drive, backend, operations }) => {
    token = drive.token();
    await backend.put("other", OLD);
    drive.revokeTokens();
    operations();
    assertFailure(await reasonOf(backend.put("key", NEW)), AccessDeniedError, "no");
    assertEquals(operations(), ["files.list", "files.list"]);
    assertNothing(drive, "key");
    token = drive.token();
    drive.inject({ kind: "status", operation: "files.list", status: 401, reason: "authError" });
    await backend.put("key", NEW);
    assertStored(drive, "key", NEW);
  }, { credentials: () => Promise.resolve(token) });
});

Deno.test("whoever gives no token any more: what became of the write is told all the same", async () => {
  let left = Infinity;
  let make = () => "";
  await onDrive(async ({ drive, backend, another }) => {
    make = () => drive.token();
    await backend.put("other", OLD);
    left = 2; // The list, and the ids are there already.
    drive.inject({ kind: "loseAnswer", operation: "upload.create" });
    assertFailure(await reasonOf(backend.put("key", NEW)), AccessDeniedError, "unknown");
    left = 1;
    assertFailure(await reasonOf(backend.put("other", NEW)), AccessDeniedError, "no");
    left = Infinity;
    assertStored(drive, "other", OLD);
    assertEquals((await another().head("key"))?.size, NEW.length);
  }, {
    credentials: () => left-- > 0 ? Promise.resolve(make()) : Promise.reject(new Error("logged out")),
  });
});

Deno.test("an abort before anything, and while another write to the key is waited for", () =>
  onDrive(async ({ drive, backend, operations }) => {
    assertEquals(await reasonOf(backend.put("key", NEW, { signal: AbortSignal.abort(REASON) })), REASON);
    assertEquals(operations(), []);
    const control = new AbortController();
    drive.inject({ kind: "run", operation: "upload.create", run: () => control.abort(REASON) });
    const first = backend.put("key", OLD);
    const second = reasonOf(backend.put("key", NEW, { signal: control.signal }));
    const third = backend.put("key", pattern(50));
    assertEquals(await second, REASON);
    await Promise.all([first, third]);
    assertStored(drive, "key", pattern(50));
  }));

for (const operation of ["files.list", "files.generateIds", "files.create"] as const) {
  Deno.test(`an abort while ${operation} is waited for`, () =>
    onDrive(async ({ drive, backend }) => {
      const control = new AbortController();
      const { signal } = control;
      drive.inject({ kind: "run", operation, run: () => control.abort(REASON) });
      drive.inject({ kind: "delay", operation, ms: 100 });
      assertEquals(await reasonOf(backend.put("dir/key", NEW, { signal })), REASON);
      await drive.idle();
      assertNothing(drive, "key");
      await backend.put("dir/key", NEW);
      assertStored(drive, "dir/key", NEW);
    }));
}

Deno.test("an abort after the last byte has left is too late, also while lost answers are tried again", () =>
  onDrive(async ({ drive, backend }) => {
    drive.inject({ kind: "delay", operation: "upload.create", ms: 50, at: "answer" });
    await backend.put("key", NEW, { signal: abortAt(drive, "upload.create", 20).signal });
    assertStored(drive, "key", NEW);
    drive.inject({ kind: "loseAnswer", operation: "upload.create", times: 2 });
    await backend.put("other", NEW, { signal: abortAt(drive, "upload.create", 20).signal });
    assertStored(drive, "other", NEW);
  }));

Deno.test("an abort while a refusal is waited out", () =>
  onDrive(async ({ drive, backend }) => {
    const wait = { "retry-after": "5" };
    drive.inject({
      kind: "status",
      operation: "upload.create",
      status: 429,
      reason: "rateLimitExceeded",
      headers: wait,
    });
    const began = performance.now();
    const { signal } = abortAt(drive, "upload.create", 50);
    assertEquals(await reasonOf(backend.put("key", NEW, { signal })), REASON);
    assert(performance.now() - began < 5000);
    assertNothing(drive, "key");
  }));

Deno.test("an abort while a new token is waited for that never comes", async () => {
  let asked = 0;
  let make = () => "";
  await onDrive(async ({ drive, backend }) => {
    make = () => drive.token();
    await backend.put("other", OLD);
    drive.inject({ kind: "expireToken", operation: "upload.create" });
    const { signal } = abortAt(drive, "upload.create", 30);
    asked = 100; // The next but two never comes.
    assertEquals(await reasonOf(backend.put("key", NEW, { signal })), REASON);
    assertNothing(drive, "key");
  }, {
    credentials: () => ++asked === 103 ? new Promise<string>(() => {}) : Promise.resolve(make()),
  });
});

Deno.test("Drive that wants to be left alone for an hour: that is told, and not waited for", () =>
  onDrive(async ({ drive, backend }) => {
    drive.inject({
      kind: "status",
      operation: "upload.create",
      status: 429,
      reason: "rateLimitExceeded",
      headers: { "retry-after": "3600" },
    });
    const began = performance.now();
    assertFailure(await reasonOf(backend.put("key", NEW)), ConnectionError, "no");
    assert(performance.now() - began < 60_000);
  }));

Deno.test("bytes that are damaged on the way: a new file is deleted, an old one keeps its previous version", () =>
  onDrive(async ({ drive, backend }) => {
    drive.inject({ kind: "corruptUpload", operation: UPLOADS, atByte: 5, times: Infinity });
    assertFailure(await reasonOf(backend.put("key", NEW)), IntegrityError, "no");
    assertNothing(drive, "key");
    const { id } = drive.store.add({ name: "old", bytes: OLD });
    assertFailure(await reasonOf(backend.put("old", NEW)), IntegrityError, "yes");
    assertEquals(drive.store.get(id).revisions[0].bytes, OLD);
    const stuck = { kind: "status", operation: "files.delete", status: 500, reason: "", times: 2 } as const;
    drive.inject(stuck);
    assertFailure(await reasonOf(backend.put("stuck", NEW)), IntegrityError, "yes");
  }, TWICE));

for (const lag of [0, 1500]) {
  const behind = lag > 0 ? ", and listings don't show it yet" : "";
  for (const [what, deeper] of [["the folder", "a/b"], ["a folder above", "a"]] as const) {
    const ways: readonly [how: string, outcome: string, (store: DriveStore, folder: string) => void][] = [
      ["is deleted by others", "it is made anew", (store, folder) => store.delete(folder)],
      ["goes to the trash", "the write does not", (store, folder) => store.update(folder, { trashed: true })],
    ];
    for (const [how, outcome, change] of ways) {
      Deno.test(`${what} ${how} before the write comes${behind}: ${outcome}`, () =>
        onDrive(
          async ({ drive, backend }) => {
            await backend.put("a/b/other", OLD);
            const folder = drive.store.find(deeper)?.id ?? "";
            drive.inject({
              kind: "run",
              operation: "upload.create",
              run: (store) => change(store, folder),
            });
            await backend.put("a/b/key", NEW);
            assertStored(drive, "a/b/key", NEW);
            assertEquals((await backend.head("a/b/key"))?.size, NEW.length);
            await backend.put("a/b/key", OLD);
            assertStored(drive, "a/b/key", OLD);
          },
          {},
          { lag },
        ));
    }
  }

  Deno.test(`the file is deleted by others before it is written anew${behind}: another is made`, () =>
    onDrive(
      async ({ drive, backend }) => {
        const put = await backend.put("a/key", OLD);
        const id = drive.store.find("a/key")?.id ?? "";
        drive.inject({ kind: "run", operation: "upload.update", run: (store) => store.delete(id) });
        await backend.put("a/key", NEW);
        assertStored(drive, "a/key", NEW);
        const now = drive.store.find("a/key")?.id ?? "";
        drive.inject({ kind: "run", operation: "upload.update", run: (store) => store.delete(now) });
        const error = await reasonOf(
          backend.put("a/key", NEW, { ifMatch: (await backend.head("a/key"))?.etag }),
        );
        assertFailure(error, PreconditionFailedError, "no");
        assert(put.etag);
      },
      {},
      { lag },
    ));

  Deno.test(`the file goes to the trash before it is written anew${behind}: another is made`, () =>
    onDrive(
      async ({ drive, backend }) => {
        await backend.put("a/key", OLD);
        const id = drive.store.find("a/key")?.id ?? "";
        const run = () => void drive.store.update(id, { trashed: true });
        drive.inject({ kind: "run", operation: "upload.update", run });
        await backend.put("a/key", NEW);
        assert(assertStored(drive, "a/key", NEW).id !== id);
      },
      {},
      { lag },
    ));
}

Deno.test("a new file in a folder in the trash whose answer got lost: it goes to a folder that is there", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("a/other", OLD);
    const folder = drive.store.find("a")?.id ?? "";
    const run = () => void drive.store.update(folder, { trashed: true });
    drive.inject({ kind: "run", operation: "upload.create", run });
    drive.inject({ kind: "loseAnswer", operation: "upload.create", times: Infinity });
    await backend.put("a/key", NEW);
    assertStored(drive, "a/key", NEW);
  }, TWICE));

Deno.test("a root that is in the trash: that is said, and not that the object is stored", () =>
  onDrive(async ({ drive, another }) => {
    const { id } = drive.store.addFolder("root");
    const below = another({ folderId: id });
    await below.put("other", OLD);
    drive.store.update(id, { trashed: true });
    const error = await reasonOf(below.put("key", NEW));
    assertFailure(error, NotFoundError, "no");
    assertStringIncludes(`${error}`, "in the trash");
    assertNothing(drive, "key");
  }));

Deno.test("a root that is gone", () =>
  onDrive(async ({ drive, backend, another }) => {
    const { id } = drive.store.addFolder("root");
    const below = another({ folderId: id });
    await below.put("key", OLD);
    drive.store.delete(id);
    assertFailure(await reasonOf(below.put("other", NEW)), NotFoundError, "no");
    await backend.put("other", NEW);
  }));

Deno.test("others make the object at the same moment: of plain writes the newest stays, whichever of them sees it", () =>
  onDrive(async ({ drive, backend }) => {
    const add = (createdTime: number) => () =>
      void drive.store.add({ name: "key", bytes: OLD, createdTime: new Date(createdTime) });
    // The other one was a moment earlier: it goes to the trash.
    drive.inject({ kind: "run", operation: "upload.create", run: add(Date.now() - 5) });
    await backend.put("key", NEW);
    assertStored(drive, "key", NEW);
    // Later: it is the other one who takes this one away.
    drive.inject({ kind: "run", operation: "upload.create", run: add(Date.now() + 60_000) });
    for await (const { error } of backend.delete(["key"])) assert(!error);
    await backend.put("key", NEW);
    assertEquals(filesOf(drive, "key").length, 2);
  }));

Deno.test("others make the object at the same moment, and this one must be the first", () =>
  onDrive(async ({ drive, backend }) => {
    const add = () =>
      void drive.store.add({ name: "key", bytes: OLD, createdTime: new Date(Date.now() - 5) });
    drive.inject({ kind: "run", operation: "upload.create", run: add });
    assertFailure(await reasonOf(backend.put("key", NEW, { ifAbsent: true })), AlreadyExistsError, "no");
    assertStored(drive, "key", OLD);
    drive.store.delete(filesOf(drive, "key")[0].id);
    drive.inject({ kind: "run", operation: "upload.create", run: add });
    drive.inject({ kind: "status", operation: "files.delete", status: 500, reason: "", times: 2 });
    assertFailure(await reasonOf(backend.put("key", NEW, { ifAbsent: true })), AlreadyExistsError, "no");
    assertEquals((await backend.head("key"))?.size, OLD.length);
  }, TWICE));

for (const lag of [0, 60_000]) {
  Deno.test(`two processes at once, listings ${lag} ms behind: new objects, folders, conditions`, () =>
    onDrive(
      async ({ drive, backend, another, warnings }) => {
        const other = another();
        await Promise.all([backend.put("a/b/key", OLD), other.put("a/b/key", NEW)]);
        const rivals = [backend, other, backend, other].map((one, i) =>
          reasonOf(one.put("first", pattern(10 + i), { ifAbsent: true }))
        );
        const won = (await Promise.all(rivals)).filter((error) => error === undefined).length;
        if (lag === 0) {
          assertEquals(filesOf(drive, "key").length, 1);
          assertEquals([won, filesOf(drive, "first").length], [1, 1]);
        } else {
          // Neither sees the other in time; each sees its own.
          assert(won === 2 && filesOf(drive, "first").length === 2);
          drive.lag = 0;
        }
        // Later all of them see the same. While they wrote, one may have seen what the other was about to take back.
        warnings.length = 0;
        const heads = await Promise.all([backend, other, another()].map((one) => one.head("first")));
        assertEquals(new Set(heads.map((head) => head?.etag)).size, 1);
        assertEquals(warnings.some(({ kind }) => kind === "duplicates"), lag > 0);
        await other.put("first", NEW);
        assertEquals((await other.head("first"))?.size, NEW.length);
      },
      {},
      { lag },
    ));
}

Deno.test("what comes before the write fails: nothing is stored", () =>
  onDrive(async ({ drive, backend }) => {
    for (const operation of ["files.list", "files.generateIds", "files.create"] as const) {
      drive.inject({ kind: "status", operation, status: 500, reason: "", times: 2 });
      assertFailure(await reasonOf(backend.put("dir/key", NEW)), CottonCandyError, "no");
      drive.clearFaults();
    }
    drive.inject({ kind: "loseAnswer", operation: "files.create", times: 2 });
    assertFailure(await reasonOf(backend.put("dir/key", NEW)), ConnectionError, "no");
    assertNothing(drive, "key");
  }, TWICE));

Deno.test("an abort's reason is told as it is, whatever it is", () =>
  onDrive(async ({ drive, backend }) => {
    const reasons = [
      new NotFoundError("no"),
      new CottonCandyError("no", { committed: "unknown" }),
      new CottonCandyError("no"),
      "enough",
    ];
    await backend.put("from", OLD);
    for (const operation of ["files.list", "upload.start", "upload.put"] as const) {
      for (const reason of reasons) {
        const control = new AbortController();
        drive.inject({ kind: "run", operation, run: () => control.abort(reason) });
        drive.inject({ kind: "delay", operation, ms: 30 });
        const failed = await reasonOf(backend.put("key", LARGE, { signal: control.signal }));
        assertEquals(failed === reason, true, operation);
        await drive.idle();
        assertNothing(drive, "key");
        drive.clearFaults();
        drive.requests.length = 0;
      }
    }
  }));

Deno.test("what comes after the write fails: that it is stored is said", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.head("key");
    const list = { operation: "files.list", status: 500, reason: "", skip: 1, times: 2 } as const;
    drive.inject({ kind: "status", ...list });
    assertFailure(await reasonOf(backend.put("key", NEW)), CottonCandyError, "yes");
    assertStored(drive, "key", NEW);
  }, TWICE));

Deno.test("of several files of one name the oldest is written anew, and a warning tells of the others", () =>
  onDrive(async ({ drive, backend, warnings }) => {
    const { id } = drive.store.add({ name: "key", bytes: OLD, createdTime: "2020-01-01T00:00:00Z" });
    drive.store.add({ name: "key", bytes: OLD });
    await backend.put("key", NEW);
    assertEquals(drive.store.get(id).bytes, NEW);
    assertEquals(filesOf(drive, "key").length, 2);
    assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["duplicates", "key"]]);
  }));

Deno.test("conditions that can't hold together, sizes and ACLs that can't be: nothing is sent", () =>
  onDrive(async ({ backend, operations }) => {
    const put = (options: Parameters<typeof backend.put>[2]) => reasonOf(backend.put("key", NEW, options));
    assertFailure(await put({ ifAbsent: true, ifMatch: "x" }), InvalidArgumentError, "no");
    assertFailure(await put({ size: -1 }), InvalidArgumentError, "no");
    assertFailure(await put({ size: 3 }), IntegrityError, "no");
    assertFailure(await put({ partSize: 0 }), InvalidArgumentError, "no");
    assertFailure(await put({ acl: "public-read" }), UnsupportedError, "no");
    assertEquals(operations(), []);
    // A hint that is for other stores.
    assertEquals(await put({ partSize: 5 * 1024 ** 3 }), undefined);
  }));

Deno.test("what is no body, or fails: nothing is stored, and no folder made", () =>
  onDrive(async ({ backend, names }) => {
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(REASON),
    });
    assertEquals(await reasonOf(backend.put("dir/key", failing)), REASON);
    const odd: ReadableStream = new ReadableStream({
      start(controller) {
        controller.enqueue("text");
        controller.close();
      },
    });
    assert(await reasonOf(backend.put("dir/key", odd)) instanceof InvalidArgumentError);
    const locked = new Blob(["abc"]).stream();
    locked.getReader();
    assert(await reasonOf(backend.put("dir/key", locked)) instanceof InvalidArgumentError);
    assertFailure(
      await reasonOf(backend.put("dir/key", new Blob(["abc"]).stream(), { size: 4 })),
      IntegrityError,
      "no",
    );
    assertEquals(names(), []);
  }));

Deno.test("nothing shows a token", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("key", NEW);
    assertSecret(backend);
    drive.inject({ kind: "status", operation: UPLOADS, status: 400, reason: "badRequest" });
    assertSecret(await reasonOf(backend.put("key", NEW)));
  }));
