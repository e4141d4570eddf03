/** Moves: one request where rights allow, a refusal before anything is copied where they don't. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  PartialFailureError,
  PreconditionFailedError,
} from "../../../lib/errors.ts";
import { DefaultInterface } from "../../../mod.ts";
import { FOLDER, type StoredFile } from "../../servers/gdrive.ts";
import { onDrive, type Setup } from "./setup.ts";
import { assertFailure, filesOf, reasonOf } from "./writing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const WRITES = ["files.copy", "files.create", "files.delete", "files.update", "upload.create"];

function interfaceOn({ backend }: Setup): DefaultInterface {
  return new DefaultInterface(backend, { onWarning: () => {} });
}

/** What has changed anything since the last call. */
function writesOf({ operations }: Setup): string[] {
  return operations().filter((operation) => WRITES.includes(operation));
}

/** A folder of a lab's, in it what a colleague owns. */
function labOf({ drive }: Setup): { folder: StoredFile; theirs: StoredFile } {
  const folder = drive.store.addFolder("lab");
  return {
    folder,
    theirs: drive.store.add({
      name: "betas",
      parents: [folder.id],
      text: "x",
      owner: "colleague@example.com",
    }),
  };
}

Deno.test("mv is one update: the file stays, with its id, its metadata and its owner", () =>
  onDrive(async (setup) => {
    const { drive, backend } = setup;
    const cci = interfaceOn(setup);
    await backend.put("a/old", bytes("x"), { metadata: { m: "1" }, contentType: "text/plain" });
    await backend.put("b/there", bytes("y"));
    const { id } = drive.store.find("a/old") ?? {};
    setup.operations();
    const { key, size, copied } = await cci.mv("a/old", "b/new");
    assertEquals([key, size, copied.map((one) => one.key)], ["b/new", 1, ["b/new"]]);
    assertEquals(writesOf(setup), ["files.update"]);
    assertEquals(drive.store.find("b/new")?.id, id);
    assertEquals(await backend.head("a/old"), undefined);
    const head = await backend.head("b/new");
    assertEquals([head?.metadata, head?.contentType], [{ m: "1" }, "text/plain"]);
    // Another name in the same folder.
    await cci.mv("b/new", "b/newer");
    assertEquals(drive.store.find("b/newer")?.id, id);
    assertEquals((await Array.fromAsync(backend.list())).map((one) => "key" in one && one.key), [
      "b/newer",
      "b/there",
    ]);
  }));

Deno.test("mv onto what is there: refused, or it goes to the trash", () =>
  onDrive(async (setup) => {
    const { drive, backend } = setup;
    const cci = interfaceOn(setup);
    await backend.put("there", bytes("old"));
    await backend.put("from", bytes("new"));
    const old = drive.store.find("there")?.id ?? "";
    assertFailure(await reasonOf(cci.mv("from", "there")), AlreadyExistsError, "no");
    assertEquals(setup.names().filter((name) => name !== "My Drive"), ["from", "there"]);
    await cci.mv("from", "there", { overwrite: true });
    assert(drive.store.get(old).trashed);
    assertEquals(filesOf(drive, "there").length, 1);
    assertEquals(setup.warnings, []);
    await backend.put("from", bytes("newer"));
    // What is to be replaced is somebody else's: nothing has moved.
    drive.store.update(drive.store.find("there")?.id ?? "", { owner: "colleague@example.com" });
    const error = await assertRejects(() => cci.mv("from", "there", { overwrite: true }), AccessDeniedError);
    assert(error.message.includes("colleague@example.com"), error.message);
    assert(drive.store.find("from"));
  }));

Deno.test("what a colleague owns is moved, but not removed: the message tells whose it is", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const { folder, theirs } = labOf(setup);
    const backend = setup.another({ folderId: folder.id });
    const cci = new DefaultInterface(backend, { onWarning: () => {} });
    for (const trash of [false, true]) {
      const [{ error }] = await Array.fromAsync(backend.delete(["betas"], { trash }));
      assert(error instanceof AccessDeniedError && error.committed === "no", `${error}`);
      assert(error.message.includes("colleague@example.com"), error.message);
    }
    await cci.mv("betas", "archive/betas");
    assertEquals(drive.store.pathOf(theirs.id), "lab/archive/betas");
    assertEquals(drive.store.get(theirs.id).owner, "colleague@example.com");
  }));

Deno.test("what may be neither moved nor removed is refused before it is copied; what may be removed is copied", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const { folder, theirs } = labOf(setup);
    const own = drive.store.add({ name: "own", parents: [folder.id], text: "y" });
    const cci = new DefaultInterface(setup.another({ folderId: folder.id }), { onWarning: () => {} });
    const refused = {
      operation: "files.update",
      kind: "status",
      status: 403,
      reason: "insufficientFilePermissions",
      when: ({ query }: { query: Readonly<Record<string, string>> }) => "addParents" in query,
      times: Infinity,
    } as const;
    drive.inject(refused);
    const error = await assertRejects(
      () => cci.mv("betas", "archive/betas"),
      AccessDeniedError,
      "colleague@",
    );
    assertEquals(error.committed, "no");
    assertEquals(filesOf(drive, "betas").map(({ id }) => id), [theirs.id]);
    await cci.mv("own", "archive/own");
    assertEquals(filesOf(drive, "own").length, 1);
    assert(filesOf(drive, "own")[0].id !== own.id);
    // Of a tree, what could be moved was, and the rest is told of.
    drive.clearFaults();
    const sub = drive.store.addFolder("sub", { parents: [folder.id] });
    drive.store.update(theirs.id, { parents: [sub.id] });
    drive.store.add({ name: "more", parents: [sub.id], text: "z" });
    drive.inject({ ...refused, fileId: theirs.id });
    const partial = await assertRejects(
      () => cci.mv("sub", "moved", { recursive: true }),
      PartialFailureError,
    );
    assertEquals([partial.done, partial.failed.map(({ key }) => key)], [["sub/more"], ["sub/betas"]]);
    assert(partial.message.includes("colleague@example.com"), partial.message);
    assertEquals(filesOf(drive, "more").map(({ id }) => drive.store.pathOf(id)), ["lab/moved/more"]);
    assertEquals(filesOf(drive, "betas").map(({ id }) => drive.store.pathOf(id)), ["lab/sub/betas"]);
  }));

Deno.test("a contributor to a shared drive may move nothing, and nothing is copied", () =>
  onDrive(
    async (setup) => {
      const { drive, backend } = setup;
      drive.store.add({ name: "key", driveId: "0ALab", text: "x" });
      const error = await assertRejects(() => interfaceOn(setup).mv("key", "other"), AccessDeniedError);
      assert(/manager/.test(error.message), error.message);
      assertEquals(await backend.head("other"), undefined);
    },
    { driveId: "0ALab" },
    { drives: [{ id: "0ALab", name: "Lab" }], role: "writer" },
  ));

Deno.test("a move whose answers are all lost is told as done where it is, and as not where it isn't", () =>
  onDrive(async (setup) => {
    const { drive, backend } = setup;
    for (const overwrite of [false, true]) {
      await backend.put("from", bytes("x"));
      if (overwrite) await backend.put("to", bytes("y"));
      drive.inject({
        operation: "files.update",
        kind: "loseAnswer",
        times: 4,
        name: "from",
      });
      const moved = await backend.move("from", "to", { ifAbsent: !overwrite });
      assertEquals(moved?.key, "to");
      assertEquals([filesOf(drive, "from").length, filesOf(drive, "to").length], [0, 1]);
      drive.clearFaults();
      await Array.fromAsync(backend.delete(["to"]));
    }
    for (const kind of ["reset", "status"] as const) {
      await backend.put("from", bytes("x"));
      drive.inject({
        operation: "files.update",
        ...(kind === "reset"
          ? { kind, afterRequestBytes: 1 }
          : { kind, status: 503, reason: "backendError" }),
        times: Infinity,
      });
      const error = await reasonOf(backend.move("from", "to"));
      assert(error instanceof CottonCandyError && error.committed === "no", `${error}`);
      assertEquals([filesOf(drive, "from").length, filesOf(drive, "to").length], [1, 0]);
      drive.clearFaults();
    }
    drive.inject({ operation: "files.update", kind: "loseAnswer", times: Infinity });
    drive.inject({ operation: "files.get", kind: "reset", afterRequestBytes: 0, skip: 2, times: Infinity });
    const error = await reasonOf(backend.move("from", "to"));
    assert(error instanceof CottonCandyError && error.committed === "unknown", `${error}`);
  }, { retries: { attempts: 4, budget: 2000, delay: 2 } }));

Deno.test("what went to another folder though nobody could tell is not at its old name any more", () =>
  onDrive(async ({ drive, backend }) => {
    await backend.put("dir/other", bytes("x"));
    await backend.put("from", bytes("x"));
    drive.inject({ operation: "files.update", kind: "loseAnswer", times: Infinity });
    drive.inject({ operation: "files.get", kind: "reset", afterRequestBytes: 0, skip: 2, times: Infinity });
    const error = await reasonOf(backend.move("from", "dir/to"));
    assert(error instanceof CottonCandyError && error.committed === "unknown", `${error}`);
    drive.clearFaults();
    const listed = await Array.fromAsync(backend.list());
    assertEquals(listed.map((entry) => "key" in entry && entry.key), ["dir/other", "dir/to"]);
    assertEquals(await backend.head("from"), undefined);
  }, { retries: { attempts: 4, budget: 2000, delay: 2 } }));

Deno.test("somebody puts a file there at the same moment: it goes back, or that goes", () =>
  onDrive(async (setup) => {
    const { drive, backend } = setup;
    for (const ifAbsent of [true, false]) {
      await backend.put("from", bytes("x"));
      drive.inject({
        operation: "files.update",
        name: "from",
        kind: "run",
        run: (store) => void store.add({ name: "to", text: "z", createdTime: "2020-01-01T00:00:00Z" }),
      });
      const moving = backend.move("from", "to", { ifAbsent });
      if (ifAbsent) {
        assertFailure(await reasonOf(moving), AlreadyExistsError, "no");
        assertEquals([filesOf(drive, "from").length, filesOf(drive, "to").length], [1, 1]);
        await Array.fromAsync(backend.delete(["to"]));
      } else {
        assertEquals((await moving)?.size, 1);
        assertEquals(filesOf(drive, "to").map(({ bytes }) => bytes?.length), [1]);
      }
    }
    await backend.put("other", bytes("x"));
    assertFailure(
      await reasonOf(backend.move("other", "new", { ifSourceMatch: "no" })),
      PreconditionFailedError,
      "no",
    );
  }));

Deno.test("moves there and back at once don't wait for each other for ever; several files of a name are left to copies", () =>
  onDrive(async (setup) => {
    const { drive, backend } = setup;
    await backend.put("a", bytes("x"));
    await Promise.allSettled([backend.move("a", "b"), backend.move("b", "a"), backend.move("a", "b")]);
    assertEquals(filesOf(drive, "a").length + filesOf(drive, "b").length, 1);
    for (let i = 0; i < 2; i++) drive.store.add({ name: "twice", text: `${i}` });
    assertEquals(await backend.move("twice", "once"), undefined);
    await interfaceOn(setup).mv("twice", "once");
    assertEquals([filesOf(drive, "twice").length, filesOf(drive, "once").length], [0, 1]);
    assertEquals(drive.store.find("once")?.mimeType === FOLDER, false);
  }));
