import { assert, assertEquals } from "@std/assert";
import {
  AccessDeniedError,
  AlreadyExistsError,
  ConnectionError,
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { pattern } from "../s3/setup.ts";
import { onDrive, type Setup } from "./setup.ts";
import { abortAt, assertFailure, assertNothing, assertStored, REASON, reasonOf } from "./writing.ts";

const BYTES = pattern(1000);
const OLD = pattern(100, 3);
const TWICE = { retries: 2 };

/** A store with something to copy, and something to copy over. */
const onCopies = (work: (setup: Setup) => Promise<void>, ...more: [object?, object?]) =>
  onDrive(async (setup) => {
    const { backend, operations } = setup;
    await backend.put("from", BYTES, { metadata: { a: "1" }, contentType: "text/csv; header=present" });
    await backend.put("old", OLD, { metadata: { old: "1" } });
    operations();
    await work(setup);
  }, ...more);

Deno.test("a copy is one request, in which its metadata are; what it replaces goes to the trash", () =>
  onCopies(async ({ drive, backend, operations }) => {
    const put = await backend.copy("from", "to");
    // What is found is asked for by its id: a list may be behind.
    assertEquals(operations(), ["files.list", "files.list", "files.get", "files.copy", "files.list"]);
    assertEquals(put.etag, assertStored(drive, "to", BYTES).revisions.at(-1)?.id);
    const head = await backend.head("to");
    assertEquals([head?.metadata, head?.contentType], [{ a: "1" }, "text/csv; header=present"]);
    const { id } = assertStored(drive, "old", OLD);
    operations();
    await backend.copy("from", "old", { metadata: { b: "2" } });
    const found = ["files.list", "files.get"];
    assertEquals(operations(), [...found, ...found, "files.get", "files.copy", "files.update"]);
    assertStored(drive, "old", BYTES);
    assert(drive.store.get(id).trashed);
    assertEquals((await backend.head("old"))?.metadata, { b: "2" });
  }));

Deno.test("onto itself: other metadata, the same file and bytes", () =>
  onCopies(async ({ drive, backend, operations }) => {
    const { id } = assertStored(drive, "from", BYTES);
    const put = await backend.copy("from", "from", { metadata: { b: "2" } });
    assertEquals(operations(), ["files.list", "files.get", "files.list", "files.get", "files.update"]);
    const file = assertStored(drive, "from", BYTES);
    assertEquals([file.id, file.revisions.length], [id, 1]);
    const head = await backend.head("from");
    assertEquals(head?.metadata, { b: "2" });
    assertEquals([head?.contentType, head?.etag], ["text/csv; header=present", put.etag]);
  }));

Deno.test("what can't be asked for is said before anything is sent", () =>
  onCopies(async ({ backend, operations }) => {
    const copy = (to: string, options: Parameters<typeof backend.copy>[2]) =>
      reasonOf(backend.copy("from", to, options));
    assertFailure(await copy("from", {}), InvalidArgumentError, "no");
    assertFailure(await copy("to", { fromBucket: "b" }), UnsupportedError, "no");
    assertFailure(await copy("to", { acl: "public-read" }), UnsupportedError, "no");
    assert(await copy("", {}) instanceof InvalidArgumentError);
    assertEquals(await copy("to", { signal: AbortSignal.abort(REASON) }), REASON);
    assertEquals(operations(), []);
  }));

Deno.test("passing troubles and answers that get lost: one copy", () =>
  onCopies(async ({ drive, backend }) => {
    for (const to of ["to", "old"]) {
      drive.inject({ kind: "status", operation: "files.copy", status: 503, reason: "backendError" });
      drive.inject({ kind: "loseAnswer", operation: "files.copy", skip: 1 });
      drive.inject({ kind: "loseAnswer", operation: "files.update" });
      await backend.copy("from", to);
      assertStored(drive, to, BYTES);
      drive.clearFaults();
    }
    drive.inject({ kind: "loseAnswer", operation: "files.update", times: 4 });
    await backend.copy("from", "from", { metadata: { b: "2" } });
    assertEquals((await backend.head("from"))?.metadata, { b: "2" });
  }));

Deno.test("all answers get lost: the copy is looked for", () =>
  onCopies(async ({ drive, backend }) => {
    drive.inject({ kind: "loseAnswer", operation: "files.copy", times: Infinity });
    await backend.copy("from", "to");
    assertStored(drive, "to", BYTES);
    await backend.copy("from", "old");
    assertStored(drive, "old", BYTES);
    drive.inject({
      kind: "status",
      operation: "files.get",
      status: 500,
      reason: "",
      // The source has been found.
      skip: 1,
      times: Infinity,
    });
    assertFailure(await reasonOf(backend.copy("from", "to 2")), ConnectionError, "unknown");
    drive.clearFaults();
    drive.inject({ kind: "reset", operation: ["files.copy", "files.update"], times: Infinity });
    assertFailure(await reasonOf(backend.copy("from", "to 3")), ConnectionError, "no");
    const itself = backend.copy("from", "from", { metadata: { c: "3" } });
    assertFailure(await reasonOf(itself), ConnectionError, "no");
    assertNothing(drive, "to 3");
  }, { retries: 1 }));

Deno.test("the old object can't be taken away: the copy goes, the old one stays", () =>
  onCopies(async ({ drive, backend }) => {
    const refusal = { status: 403, reason: "insufficientFilePermissions" } as const;
    drive.inject({ kind: "status", operation: "files.update", ...refusal });
    assertFailure(await reasonOf(backend.copy("from", "old")), AccessDeniedError, "no");
    assertStored(drive, "old", OLD);
    assertEquals((await backend.head("old"))?.metadata, { old: "1" });
  }));

Deno.test("it is not known whether the old object is gone: the copy stays", () =>
  onCopies(async ({ drive, backend }) => {
    drive.inject({ kind: "loseAnswer", operation: "files.update", times: 2 });
    await backend.copy("from", "old");
    assertStored(drive, "old", BYTES);
    drive.inject({ kind: "loseAnswer", operation: "files.update", times: 2 });
    // Three times they tell what is found.
    drive.inject({ kind: "status", operation: "files.get", status: 500, reason: "", skip: 3, times: 2 });
    assertFailure(await reasonOf(backend.copy("from", "old", { metadata: {} })), ConnectionError, "unknown");
    assertStored(drive, "old", BYTES);
  }, TWICE));

Deno.test("an abort before the copy is asked for, and one that comes too late", () =>
  onCopies(async ({ drive, backend }) => {
    drive.inject({ kind: "delay", operation: "files.list", ms: Infinity, times: 2 });
    let { signal } = abortAt(drive, "files.list", 20);
    assertEquals(await reasonOf(backend.copy("from", "to", { signal })), REASON);
    await drive.idle();
    assertNothing(drive, "to");
    drive.clearFaults();
    drive.inject({ kind: "delay", operation: "files.copy", ms: 60 });
    signal = abortAt(drive, "files.copy", 20).signal;
    await backend.copy("from", "to", { signal });
    assertStored(drive, "to", BYTES);
    drive.inject({ kind: "loseAnswer", operation: "files.copy" });
    signal = abortAt(drive, "files.copy", 20).signal;
    await backend.copy("from", "lost", { signal });
    assertStored(drive, "lost", BYTES);
    drive.inject({
      kind: "status",
      operation: "files.copy",
      status: 429,
      reason: "rateLimitExceeded",
      headers: { "retry-after": "5" },
    });
    signal = abortAt(drive, "files.copy", 30).signal;
    assertEquals(await reasonOf(backend.copy("from", "refused", { signal })), REASON);
    assertNothing(drive, "refused");
  }));

Deno.test("a source that is written anew meanwhile is copied anew; with ifSourceMatch that is an error", () =>
  onCopies(async ({ drive, backend }) => {
    const { id } = assertStored(drive, "from", BYTES);
    const change = (bytes: Uint8Array) => () => void drive.store.update(id, { bytes });
    drive.inject({ kind: "run", operation: "files.copy", run: change(BYTES.slice(1)) });
    await backend.copy("from", "to");
    assertStored(drive, "to", BYTES.slice(1));
    const ifSourceMatch = (await backend.head("from"))?.etag;
    drive.inject({ kind: "run", operation: "files.copy", run: change(BYTES) });
    const named = backend.copy("from", "to 2", { ifSourceMatch });
    assertFailure(await reasonOf(named), PreconditionFailedError, "no");
    assertNothing(drive, "to 2");
    assertFailure(
      await reasonOf(backend.copy("from", "to 2", { ifSourceMatch: "x" })),
      PreconditionFailedError,
      "no",
    );
    let n = 0;
    drive.inject({
      kind: "run",
      operation: "files.copy",
      times: Infinity,
      run: (store) => void store.update(id, { bytes: pattern(++n) }),
    });
    assertFailure(await reasonOf(backend.copy("from", "to 2")), PreconditionFailedError, "no");
    assertNothing(drive, "to 2");
  }));

for (const lag of [0, 1500]) {
  const behind = lag > 0 ? ", and listings don't show it yet" : "";
  Deno.test(`the folder is deleted, or goes to the trash, before the copy comes${behind}`, () =>
    onDrive(
      async ({ drive, backend }) => {
        await backend.put("from", BYTES);
        await backend.put("a/b/other", OLD);
        const folder = () => drive.store.find("a")?.id ?? "";
        drive.inject({
          kind: "run",
          operation: "files.copy",
          run: (store) => store.delete(folder()),
        });
        await backend.copy("from", "a/b/to");
        assertStored(drive, "a/b/to", BYTES);
        drive.inject({
          kind: "run",
          operation: "files.copy",
          run: (store) => void store.update(folder(), { trashed: true }),
        });
        await backend.copy("from", "a/b/to 2");
        assertStored(drive, "a/b/to 2", BYTES);
        assertEquals((await backend.head("a/b/to 2"))?.size, BYTES.length);
      },
      {},
      { lag },
    ));

  Deno.test(`the source is deleted before the copy comes${behind}`, () =>
    onDrive(
      async ({ drive, backend }) => {
        await backend.put("from", BYTES);
        const remove = () => drive.store.delete(drive.store.find("from")?.id ?? "");
        drive.inject({ kind: "run", operation: "files.copy", run: remove });
        const error = await reasonOf(backend.copy("from", "to"));
        assertFailure(error, NotFoundError, "no");
        assertEquals(error instanceof NotFoundError && error.key, "from");
        assertNothing(drive, "to");
      },
      {},
      { lag },
    ));
}

Deno.test("onto itself while it goes to the trash, or is deleted: there is none", () =>
  onCopies(async ({ drive, backend }) => {
    const { id } = assertStored(drive, "from", BYTES);
    drive.inject({
      kind: "run",
      operation: "files.update",
      run: (store) => void store.update(id, { trashed: true }),
    });
    assertFailure(
      await reasonOf(backend.copy("from", "from", { metadata: { b: "2" } })),
      NotFoundError,
      "no",
    );
    drive.store.update(id, { trashed: false });
    assertStored(drive, "from", BYTES);
    drive.inject({ kind: "run", operation: "files.update", run: (store) => store.delete(id) });
    assertFailure(
      await reasonOf(backend.copy("from", "from", { metadata: { c: "3" } })),
      NotFoundError,
      "no",
    );
  }));

Deno.test("a copy that must be the first", () =>
  onCopies(async ({ drive, backend }) => {
    assertFailure(
      await reasonOf(backend.copy("from", "old", { ifAbsent: true })),
      AlreadyExistsError,
      "no",
    );
    const add = () => void drive.store.add({ name: "to", bytes: OLD, createdTime: new Date(Date.now() - 5) });
    drive.inject({ kind: "run", operation: "files.copy", run: add });
    assertFailure(await reasonOf(backend.copy("from", "to", { ifAbsent: true })), AlreadyExistsError, "no");
    assertStored(drive, "to", OLD);
  }));

Deno.test("what comes after the copy fails: that it is there is said, and it is made once", () =>
  onCopies(async ({ drive, backend }) => {
    drive.inject({ kind: "status", operation: "files.list", status: 500, reason: "", skip: 2, times: 2 });
    assertFailure(await reasonOf(backend.copy("from", "to")), CottonCandyError, "yes");
    assertStored(drive, "to", BYTES);
  }, TWICE));

Deno.test("a missing source, and a document, make no folder", () =>
  onCopies(async ({ drive, backend, names }) => {
    drive.store.add({ name: "doc", mimeType: "application/vnd.google-apps.document" });
    assertFailure(await reasonOf(backend.copy("none", "dir/to")), NotFoundError, "no");
    assertFailure(await reasonOf(backend.copy("doc", "dir/to")), UnsupportedError, "no");
    assertEquals(names(), ["doc", "from", "old"]);
  }));

Deno.test("old files of Python's: their private properties go with a copy that has metadata of its own", () =>
  onDrive(async ({ drive, backend }) => {
    drive.store.add({
      name: "from",
      bytes: BYTES,
      appProperties: { dtype: "<f4", shape: "250" },
      properties: { note: "kept" },
    });
    await backend.copy("from", "to", { metadata: { dtype: "<i4" } });
    assertEquals((await backend.head("to"))?.metadata, { dtype: "<i4" });
    const { appProperties, properties } = assertStored(drive, "to", BYTES);
    assertEquals(Object.values(appProperties), [{}]);
    assertEquals([properties.dtype, properties.note], ["<i4", "kept"]);
  }));
