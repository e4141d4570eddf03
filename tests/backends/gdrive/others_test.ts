/** What other people and other processes do to a drive meanwhile, and what listings don't show of it yet: nobody's file is written over or deleted by mistake. */
import { assert, assertEquals, assertFalse, assertLess } from "@std/assert";
import type { Backend, DeleteItem } from "../../../backends/backend.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  NotFoundError,
  PreconditionFailedError,
} from "../../../lib/errors.ts";
import { decode, encode, get, names } from "../../../testing/case.ts";
import type { DriveStore } from "../../servers/gdrive/store.ts";
import { onDrive, type Setup } from "./setup.ts";
import { assertFailure, filesOf, reasonOf } from "./writing.ts";

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function textOf(backend: Backend, key: string): Promise<string> {
  return decode(await get(backend, key));
}

async function keysOf(backend: Backend, prefix?: string): Promise<string[]> {
  return (await names(backend.list({ prefix }), "")).sort();
}

async function remove(backend: Backend, item: DeleteItem): Promise<Error | undefined> {
  const [{ error }] = await Array.fromAsync(backend.delete([item]));
  return error;
}

/** Ways in which the file of an object becomes somebody else's. */
const AWAY: readonly [how: string, change: (store: DriveStore, id: string) => void][] = [
  ["renamed", (store, id) => store.update(id, { name: "theirs" })],
  ["moved", (store, id) => store.update(id, { parents: [store.addFolder("elsewhere").id] })],
];

for (const [how, change] of AWAY) {
  for (const lag of [0, 1500]) {
    const name = `a file that was ${how}, listings ${lag} ms behind`;
    const lost = async (work: (setup: Setup, theirs: () => string) => Promise<void>) => {
      await onDrive(async (setup) => {
        const { drive, backend } = setup;
        await backend.put("run/a", encode("first"));
        await backend.put("source", encode("copied"));
        const [{ id }] = filesOf(drive, "a");
        // What others have made, too, when listings still show it.
        if (lag > 0) drive.lag = lag;
        change(drive.store, id);
        const theirs = () => {
          const file = drive.store.get(id);
          assertFalse(drive.store.isTrashed(id));
          return new TextDecoder().decode(file.bytes);
        };
        await work(setup, theirs);
        assertEquals(theirs(), "first");
      });
    };

    Deno.test(`${name}: a put makes a new one`, () =>
      lost(async ({ backend }) => {
        await backend.put("run/a", encode("second"));
        assertEquals(await textOf(backend, "run/a"), "second");
      }));

    Deno.test(`${name}: a delete leaves it alone`, () =>
      lost(async ({ backend }) => {
        assertEquals(await remove(backend, "run/a"), undefined);
      }));

    Deno.test(`${name}: a copy takes nothing's place`, () =>
      lost(async ({ backend }) => {
        await backend.copy("source", "run/a");
        assertEquals(await textOf(backend, "run/a"), "copied");
        assertFailure(await reasonOf(backend.copy("gone", "run/b")), NotFoundError, "no");
      }));
  }
}

Deno.test("conditions are held against what Drive has, not against what listings show", () =>
  onDrive(async ({ drive, another }) => {
    const { id } = drive.store.add({ name: "a", text: "one" });
    const old = drive.store.get(id).revisions.at(-1)?.id ?? "";
    drive.lag = 2000;
    const { etag = "" } = await another().put("a", encode("two"));
    const backend = another();
    const stale = backend.put("a", encode("three"), { ifMatch: old });
    assertFailure(await reasonOf(stale), PreconditionFailedError, "no");
    assertFailure(await remove(backend, { key: "a", ifMatch: old }), PreconditionFailedError, "no");
    const copy = backend.copy("a", "b", { ifSourceMatch: old });
    assertFailure(await reasonOf(copy), PreconditionFailedError, "no");
    assertEquals(new TextDecoder().decode(drive.store.get(id).bytes), "two");
    await another().copy("a", "b", { ifSourceMatch: etag });
    await another().put("a", encode("three"), { ifMatch: etag });
    assertEquals(new TextDecoder().decode(drive.store.get(id).bytes), "three");
  }));

Deno.test("a source that another process has written anew is copied at once, as it is now", () =>
  onDrive(async ({ drive, another, operations }) => {
    drive.store.add({ name: "a", text: "one" });
    drive.lag = 2000;
    await another().put("a", encode("two"));
    operations();
    const backend = another();
    await backend.copy("a", "b");
    assertEquals(operations().filter((operation) => operation === "files.copy").length, 1);
    assertEquals(await textOf(backend, "b"), "two");
  }));

Deno.test("what listings call empty is looked at", () =>
  onDrive(async ({ drive, backend, another }) => {
    drive.store.add({ name: "empty", text: "" });
    drive.store.add({ name: "short", text: "1234567890" });
    const gone = drive.store.add({ name: "gone", text: "" });
    drive.lag = 2000;
    const other = another();
    await other.put("empty", encode("data"));
    await other.put("short", encode("1234567890".repeat(3)));
    drive.store.delete(gone.id);
    assertEquals(await textOf(backend, "empty"), "data");
    const reader = await backend.open("short", { range: { offset: 10, length: 10 } });
    assertEquals((await reader.read()).length, 10);
    assertFailure(await reasonOf(backend.open("gone")), NotFoundError, undefined);
  }));

Deno.test("two processes that make one folder at once see each other's objects when listings do", () =>
  onDrive(async ({ drive, backend, another }) => {
    // Until both have been made, whatever that takes.
    drive.lag = Infinity;
    const other = another();
    await Promise.all([backend.put("d/1", encode("ours")), other.put("d/2", encode("theirs"))]);
    assertEquals(filesOf(drive, "d").length, 2);
    drive.lag = 0;
    // A folder that is new is looked for again after a second.
    await sleep(1800);
    for (const one of [backend, other]) {
      assertEquals((await one.head("d/1"))?.size, 4);
      assertEquals((await one.head("d/2"))?.size, 6);
      assertEquals(await keysOf(one, "d/"), ["d/1", "d/2"]);
    }
    const late = backend.put("d/2", encode("late"), { ifAbsent: true });
    assertFailure(await reasonOf(late), AlreadyExistsError, "no");
    await backend.put("d/2", encode("anew"));
    assertEquals(await textOf(another(), "d/2"), "anew");
    assertEquals(await remove(backend, "d/2"), undefined);
    assertEquals(filesOf(drive, "2"), []);
  }));

Deno.test("nobody is warned of the two files that there are while a copy takes an object's place", () =>
  onDrive(async ({ drive, backend, warnings }) => {
    await backend.put("source", encode("copied"));
    await backend.put("a", encode("old"));
    drive.inject({ kind: "delay", operation: "files.update", ms: 150 });
    let isCopying = true;
    const copying = reasonOf(backend.copy("source", "a")).then((reason) => (isCopying = false, reason));
    while (isCopying) {
      await backend.head("a");
      await keysOf(backend);
    }
    assertEquals(await copying, undefined);
    assertEquals(warnings, []);
    drive.store.add({ name: "a", text: "another" });
    await backend.head("a");
    assertEquals(warnings.map(({ kind }) => kind), ["duplicates"]);
  }));

const LAB = "0ALab";
const SHARED = { drives: [{ id: LAB, name: "Lab" }], role: "writer" } as const;

Deno.test("who may not trash can't copy over an object: nothing is left of the try", () =>
  onDrive(
    async ({ drive, backend }) => {
      await backend.put("source", encode("copied"));
      await backend.put("a", encode("old"));
      for (let attempt = 0; attempt < 2; attempt++) {
        assertFailure(await reasonOf(backend.copy("source", "a")), AccessDeniedError, "no");
      }
      assertEquals(filesOf(drive, "a").length, 1);
      assertEquals(await textOf(backend, "a"), "old");
      await backend.put("a", encode("new"));
      assertEquals(await textOf(backend, "a"), "new");
    },
    { driveId: LAB },
    SHARED,
  ));

Deno.test("who may not trash what another made at the same time is told that it is what is seen", () =>
  onDrive(
    async ({ drive, backend }) => {
      drive.inject({
        kind: "run",
        operation: "upload.create",
        run: (store) => store.add({ name: "a", text: "theirs", driveId: LAB, createdTime: new Date(0) }),
      });
      assertFailure(await reasonOf(backend.put("a", encode("ours"))), AccessDeniedError, "no");
      assertEquals(await textOf(backend, "a"), "theirs");
      await backend.put("a", encode("ours"));
      assertEquals(await textOf(backend, "a"), "ours");
    },
    { driveId: LAB },
    SHARED,
  ));

Deno.test("where one folder can't be looked up, what is in others is deleted all the same", () =>
  onDrive(async ({ drive, backend }) => {
    const keys = ["a/1", "b/1", "c/1"];
    for (const key of keys) await backend.put(key, encode(key));
    drive.inject({ kind: "status", operation: "files.list", status: 500, reason: "", skip: 1 });
    const results = await Array.fromAsync(backend.delete(keys));
    assertEquals(results.map(({ key }) => key), keys);
    assertFailure(results[1].error, CottonCandyError, "no");
    assertEquals([results[0].error, results[2].error], [undefined, undefined]);
    assertEquals(await keysOf(backend), ["b/1"]);
  }, { retries: 1 }));

Deno.test("with drive.file, which is not shown My Drive's own folder, what was made is found", () =>
  onDrive(async ({ drive, another }) => {
    const scopes = ["https://www.googleapis.com/auth/drive.file"];
    const backend = another({ credentials: () => Promise.resolve(drive.token({ scopes })) });
    drive.store.add({ name: "theirs", text: "not to be seen", clientId: "another" });
    drive.lag = 300;
    for (const key of ["a", "b/c", "b/d/e"]) await backend.put(key, encode(key));
    assertEquals(await keysOf(backend), ["a", "b/c", "b/d/e"]);
    await sleep(500);
    assertEquals(await keysOf(backend), ["a", "b/c", "b/d/e"]);
    assertEquals(await textOf(backend, "b/d/e"), "b/d/e");
    await backend.put("a", encode("anew"));
    await backend.copy("a", "b/c");
    assertEquals(await remove(backend, "b/d/e"), undefined);
    const later = another({ credentials: () => Promise.resolve(drive.token({ scopes })) });
    await sleep(500);
    assertEquals([await keysOf(later), await textOf(later, "b/c")], [["a", "b/c"], "anew"]);
  }));

Deno.test("backends of one process on one drive are one: what one writes the others see, and each waits its turn", () =>
  onDrive(async ({ drive, another }) => {
    const credentials = () => Promise.resolve(drive.token());
    const [one, two] = [another({ credentials }), another({ credentials })];
    drive.lag = 60_000;
    await one.put("d/1", encode("1"));
    assertEquals(await textOf(two, "d/1"), "1");
    assertFailure(
      await reasonOf(two.put("d/1", encode("2"), { ifAbsent: true })),
      AlreadyExistsError,
      "no",
    );
    const creators = Array.from(
      { length: 8 },
      (_, i) => reasonOf([one, two][i % 2].put("new/x", encode(`${i}`), { ifAbsent: true })),
    );
    assertEquals((await Promise.all(creators)).filter((failure) => failure === undefined).length, 1);
    assertEquals([filesOf(drive, "new").length, filesOf(drive, "x").length], [1, 1]);
    // Another's credentials, or another place, is another drive.
    assert(await another().head("d/1") === undefined);
    assertEquals(
      await another({ credentials, folderId: filesOf(drive, "new")[0].id }).head("d/1"),
      undefined,
    );
  }));

Deno.test("what they share makes no requests: each has its own credentials, retries and connections", () =>
  onDrive(async ({ drive, another }) => {
    const { client_id, client_secret } = drive.clientSecrets.installed;
    const type = "authorized_user" as const;
    const key = {
      type,
      client_id,
      client_secret,
      refresh_token: drive.refreshToken,
      token_uri: drive.tokenUrl,
    };
    const wrong = another({ credentials: { ...key, client_secret: "GOCSPX-mistyped" }, retries: 1 });
    assertFailure(await reasonOf(wrong.head("d/a")), AccessDeniedError, undefined);
    const right = another({ credentials: key });
    drive.inject({ kind: "status", operation: "files.list", status: 503, reason: "backendError" });
    await right.put("d/a", encode("stored"));
    right.close();
    assertEquals(await textOf(another({ credentials: key }), "d/a"), "stored");
  }));

Deno.test("a slow source: a file that is renamed while it is waited for is left alone", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("a", encode("first"));
    const [{ id }] = filesOf(drive, "a");
    let asked = false;
    const slow = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (asked) return controller.close();
        asked = true;
        drive.store.update(id, { name: "theirs" });
        controller.enqueue(encode("second"));
      },
    }, { highWaterMark: 0 });
    await backend.put("a", slow);
    assertEquals(new TextDecoder().decode(drive.store.get(id).bytes), "first");
    assertEquals(await textOf(backend, "a"), "second");
  }));

Deno.test("what others made meanwhile, and have renamed, does not go to the trash", () =>
  onDrive(async ({ drive, backend }) => {
    let theirs = "";
    drive.inject({
      kind: "run",
      operation: "upload.create",
      run: (store) => theirs = store.add({ name: "log", text: "theirs", createdTime: new Date(0) }).id,
    });
    // The listing afterwards still has the old name.
    drive.inject({
      kind: "run",
      operation: "files.list",
      skip: 1,
      run: (store) => {
        drive.lag = 2000;
        store.update(theirs, { name: "log.1" });
      },
    });
    await backend.put("log", encode("ours"));
    assertFalse(drive.store.isTrashed(theirs));
    assertEquals(await textOf(backend, "log"), "ours");
  }));

Deno.test("where only the look afterwards fails, what was stored stays", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("other", encode("x"));
    drive.inject({ kind: "status", operation: "files.list", status: 403, reason: "forbidden", skip: 1 });
    assertFailure(await reasonOf(backend.put("a", encode("stored"))), AccessDeniedError, "yes");
    assertEquals(await textOf(backend, "a"), "stored");
  }));

Deno.test("a deep tree of empty folders is looked into by a few requests at once", () =>
  onDrive(async ({ drive, backend }) => {
    let level = [drive.store.rootId];
    for (let depth = 0; depth < 3; depth++) {
      level = level.flatMap((parent) =>
        Array.from({ length: 6 }, (_, i) => drive.store.addFolder(`f${i}`, { parents: [parent] }).id)
      );
    }
    drive.requests.length = 0;
    const prefixes = await Array.fromAsync(backend.list({ delimiter: "/" }));
    assertEquals(prefixes, []);
    assertLess(Math.max(...drive.requests.map(({ concurrent }) => concurrent)), 20);
  }));

Deno.test("Drive is out of reach: a delete of many folders' objects does not try each for as long", () =>
  onDrive(async ({ drive, backend, operations }) => {
    const keys = Array.from({ length: 20 }, (_, i) => `d${i}/x`);
    drive.inject({
      kind: "status",
      operation: "files.list",
      status: 503,
      reason: "backendError",
      times: Infinity,
    });
    await backend.head("warm").catch(() => {});
    operations();
    const results = await Array.fromAsync(backend.delete(keys));
    assertEquals(results.map(({ key }) => key), keys);
    for (const { error } of results) assertFailure(error, CottonCandyError, "no");
    assertLess(operations().length, 12);
  }));
