import { assert, assertEquals } from "@std/assert";
import type { DeleteItem, DeleteOptions, DeleteResult } from "../../../backends/backend.ts";
import type { GDriveBackend } from "../../../backends/gdrive/mod.ts";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  InvalidArgumentError,
  PreconditionFailedError,
} from "../../../lib/errors.ts";
import { pattern } from "../s3/setup.ts";
import { onDrive } from "./setup.ts";
import { assertFailure, assertNothing, assertStored, filesOf, REASON, reasonOf } from "./writing.ts";

const BYTES = pattern(100);
const TWICE = { retries: 2 };

function remove(
  backend: GDriveBackend,
  items: Iterable<DeleteItem> | AsyncIterable<DeleteItem>,
  options?: DeleteOptions,
): Promise<DeleteResult[]> {
  return Array.fromAsync(backend.delete(items, options));
}

Deno.test("for good, or to the trash; what is in one folder is looked up at once", () =>
  onDrive(async ({ drive, backend, operations, warnings }) => {
    for (const key of ["a/1", "a/2", "b"]) await backend.put(key, BYTES);
    operations();
    assertEquals(
      await remove(backend, ["a/1", "none", "a/3"]),
      ["a/1", "none", "a/3"].map((key) => ({ key })),
    );
    assertEquals(operations(), ["files.list", "files.list", "files.get", "files.delete"]);
    assertNothing(drive, "1");
    await remove(backend, ["a/2", "b"], { trash: true });
    assertEquals([...drive.store.files.values()].filter(({ trashed }) => trashed).length, 2);
    assertEquals(await backend.head("b"), undefined);
    assertEquals(warnings, []);
  }));

Deno.test("passing troubles, and answers that get lost, also all of them", () =>
  onDrive(async ({ drive, backend }) => {
    for (const trash of [false, true]) {
      const operation = trash ? "files.update" : "files.delete";
      for (const times of [1, 2]) {
        await backend.put("key", BYTES);
        drive.inject({ kind: "loseAnswer", operation, times });
        assertEquals(await remove(backend, ["key"], { trash }), [{ key: "key" }]);
        assertEquals(await backend.head("key"), undefined);
      }
      await backend.put("key", BYTES);
      drive.inject({ kind: "status", operation, status: 500, reason: "" });
      assertEquals(await remove(backend, ["key"], { trash }), [{ key: "key" }]);
      assertEquals(filesOf(drive, "key"), []);
    }
  }, TWICE));

Deno.test("what can't be deleted is told of each; the others go", () =>
  onDrive(async ({ drive, backend }) => {
    for (const key of ["a", "b", "c"]) await backend.put(key, BYTES);
    const named = (name: string) => ({ operation: "files.delete", name, times: Infinity } as const);
    drive.inject({ kind: "status", ...named("a"), status: 500, reason: "" });
    drive.inject({ kind: "loseAnswer", ...named("c") });
    drive.inject({
      kind: "status",
      operation: "files.get",
      status: 500,
      reason: "",
      // Each once before it is deleted, and "a" once more after that.
      skip: 4,
      times: Infinity,
    });
    const results = await remove(backend, ["a", "b", "", "c"]);
    assertEquals(results.map(({ key }) => key), ["a", "b", "", "c"]);
    assertFailure(results[0].error, CottonCandyError, "no");
    assertEquals(results[1].error, undefined);
    assert(results[2].error instanceof InvalidArgumentError);
    assertFailure(results[3].error, ConnectionError, "unknown");
    assertEquals(drive.store.find("a")?.bytes, BYTES);
  }, { retries: 1 }));

Deno.test("what is gone though nobody could tell is not listed any more", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("key", BYTES);
    drive.inject({ kind: "loseAnswer", operation: "files.delete", times: Infinity });
    drive.inject({
      kind: "status",
      operation: "files.get",
      status: 500,
      reason: "",
      skip: 1,
      times: Infinity,
    });
    const [{ error }] = await remove(backend, ["key"]);
    assertFailure(error, ConnectionError, "unknown");
    drive.clearFaults();
    assertEquals(await Array.fromAsync(backend.list()), []);
  }, { retries: 1 }));

Deno.test("where only the trash is allowed it goes there, with a warning; where nothing is, the refusal is told", async () => {
  const drives = [{ id: "0ALab", name: "Lab" }];
  await onDrive(
    async ({ drive, backend, warnings }) => {
      await backend.put("key", BYTES);
      assertEquals(await remove(backend, ["key"]), [{ key: "key" }]);
      assertEquals(filesOf(drive, "key"), []);
      assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["trashed", "key"]]);
      assertEquals(await backend.head("key"), undefined);
    },
    { driveId: "0ALab" },
    { drives, role: "fileOrganizer" },
  );
  await onDrive(
    async ({ drive, backend, warnings }) => {
      await backend.put("key", BYTES);
      const [{ error }] = await remove(backend, ["key"]);
      assertFailure(error, AccessDeniedError, "no");
      assertEquals(filesOf(drive, "key").length, 1);
      assertEquals(warnings, []);
    },
    { driveId: "0ALab" },
    { drives, role: "writer" },
  );
});

Deno.test("all files of a name go, the one that is seen last", () =>
  onDrive(async ({ drive, backend }) => {
    const years = [2001, 2002, 2003];
    for (const year of years) {
      drive.store.add({ name: "key", bytes: pattern(year), createdTime: `${year}-01-01T00:00:00Z` });
    }
    drive.inject({ kind: "status", operation: "files.delete", status: 400, reason: "badRequest", skip: 1 });
    const [{ error }] = await remove(backend, ["key"]);
    assert(error instanceof InvalidArgumentError);
    assertEquals(filesOf(drive, "key").map(({ bytes }) => bytes?.length), [2001, 2002]);
    assertEquals((await backend.head("key"))?.size, 2001);
    assertEquals(await remove(backend, ["key"]), [{ key: "key" }]);
    assertNothing(drive, "key");
  }));

Deno.test("with ifMatch only that version, as it is when its turn has come", () =>
  onDrive(async ({ drive, backend, another }) => {
    const { etag } = await backend.put("key", BYTES);
    await backend.put("first", BYTES);
    // Written by others while the first is deleted.
    const write = drive.inject({
      kind: "run",
      operation: "files.delete",
      run: (store) => void store.update(store.find("key")?.id ?? "", { bytes: pattern(7) }),
    });
    const items = ["first", ...Array.from({ length: 6 }, (_, i) => `none ${i}`), {
      key: "key",
      ifMatch: etag,
    }];
    drive.inject({ kind: "delay", operation: "files.list", skip: 1, ms: 60 });
    const results = await remove(backend, items);
    assertEquals(write.hits, 1);
    assertFailure(results.at(-1)?.error, PreconditionFailedError, "no");
    assertStored(drive, "key", pattern(7));
    const now = (await another().head("key"))?.etag;
    assertEquals(await remove(backend, [{ key: "none", ifMatch: now }, { key: "key", ifMatch: now }]), [
      { key: "none" },
      { key: "key" },
    ]);
    assertNothing(drive, "key");
  }));

Deno.test("a key that is written meanwhile, and one that is there twice", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("key", BYTES);
    drive.inject({ kind: "delay", operation: "upload.update", ms: 50 });
    const [, results] = await Promise.all([
      backend.put("key", pattern(50)),
      new Promise((resolve) => setTimeout(resolve, 20)).then(() => remove(backend, ["key", "key"])),
    ]);
    assertEquals(results, [{ key: "key" }, { key: "key" }]);
    assertNothing(drive, "key");
  }));

Deno.test("listings that are behind: what others deleted is no failure", () =>
  onDrive(
    async ({ drive, backend, another }) => {
      await backend.put("key", BYTES);
      const other = another();
      await new Promise((resolve) => setTimeout(resolve, 210));
      await other.head("key");
      drive.store.delete(drive.store.find("key")?.id ?? "");
      assertEquals(await remove(other, ["key"]), [{ key: "key" }]);
      assertEquals(await other.head("key"), undefined);
    },
    {},
    { lag: 200 },
  ));

Deno.test("an abort: before, and while a file is deleted, which is waited for and told of; what comes behind it stays", () =>
  onDrive(async ({ drive, backend, operations }) => {
    for (const key of ["key", ...MORE]) await backend.put(key, BYTES);
    operations();
    assertEquals(await reasonOf(remove(backend, ["key"], { signal: AbortSignal.abort(REASON) })), REASON);
    assertEquals(operations(), []);
    const deleting = (keys: string[]) => {
      const control = new AbortController();
      drive.inject({ kind: "delay", operation: "files.delete", ms: 50, at: "answer" });
      drive.inject({ kind: "run", operation: "files.delete", run: () => control.abort(REASON) });
      return remove(backend, keys, { signal: control.signal });
    };
    assertEquals(await deleting(["key"]), [{ key: "key" }]);
    assertEquals(drive.requests.every(({ done }) => done), true);
    assertNothing(drive, "key");
    assertEquals(await reasonOf(deleting(MORE)), REASON);
    assert(drive.store.find(MORE.at(-1) ?? "") !== undefined);
  }));

/** More than are deleted at once. */
const MORE = Array.from({ length: 8 }, (_, i) => `more/${i}`);

Deno.test("nothing happens until it is asked for", () =>
  onDrive(async ({ backend, operations }) => {
    backend.delete(["key"]);
    await Promise.resolve();
    assertEquals(operations(), []);
  }));
