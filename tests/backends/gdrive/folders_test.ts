import { assert, assertEquals, assertRejects } from "@std/assert";
import { Folders } from "../../../backends/gdrive/folders.ts";
import { ListingOverlay } from "../../../backends/gdrive/listing_overlay.ts";
import { DriveStore } from "../../../backends/gdrive/store.ts";
import { NotFoundError } from "../../../lib/errors.ts";
import { onDrive, type Setup } from "./setup.ts";
import { reasonOf, until } from "./writing.ts";

/** Folders on a stand-in, with a clock. */
function foldersOn({ drive }: Setup) {
  const clock = { now: 0 };
  const store = new DriveStore({
    credentials: () => Promise.resolve(drive.token()),
    endpoint: drive.endpoint,
    retries: 2,
    timeout: { connect: 5000, idle: 5000 },
  });
  const { files } = store;
  const overlay = new ListingOverlay(() => clock.now);
  const folders = new Folders({ files, overlay }, () => Promise.resolve(drive.store.rootId), () => clock.now);
  return { clock, folders };
}

Deno.test("a path is looked for once, by however many", () =>
  onDrive(async (setup) => {
    const { drive, operations } = setup;
    const { folders, clock } = foldersOn(setup);
    const a = drive.store.addFolder("a");
    const b = drive.store.addFolder("b", { parents: [a.id] });
    const found = await Promise.all(Array.from({ length: 20 }, () => folders.find(["a", "b"])));
    assertEquals(found, Array(20).fill([b.id]));
    assertEquals(operations().length, 2);
    assertEquals(await folders.find(["a"]), [a.id]);
    assertEquals(operations().length, 0);
    clock.now = 31_000;
    assertEquals(await folders.find(["a", "b"]), [b.id]);
    assertEquals(operations().length, 2, "others may have moved it");
  }));

Deno.test("when all have left who looked for something, no more requests are made for it", () =>
  onDrive(async ({ drive, backend, operations }) => {
    drive.inject({
      kind: "status",
      operation: "files.list",
      status: 503,
      reason: "backendError",
      times: Infinity,
    });
    const enough = new Error("enough");
    const aborts = [new AbortController(), new AbortController()];
    const looks = aborts.map(({ signal }) => reasonOf(backend.head("d/e/a", { signal })));
    await until(() => operations().length > 0);
    aborts[0].abort(enough);
    assertEquals(await looks[0], enough);
    await until(() => operations().length > 0);
    aborts[1].abort(enough);
    assertEquals(await looks[1], enough);
    operations();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // One may have been on its way.
    assert(operations().length <= 1);
    drive.clearFaults();
    assertEquals(await backend.head("d/e/a"), undefined);
  }, { retries: { attempts: 1000, delay: 5 } }));

Deno.test("what lies below a folder is no fresher than that: after half a minute all of a path is looked for", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const { folders, clock } = foldersOn(setup);
    const [a, b, c] = ["a", "b", "c"].reduce<string[]>(
      (ids, name) => [...ids, drive.store.addFolder(name, { parents: ids.slice(-1) }).id],
      [drive.store.rootId],
    ).slice(1);
    await folders.find(["a"]);
    drive.store.update(a, { name: "renamed" });
    clock.now = 20_000;
    assertEquals(await folders.find(["a", "b"]), [b]);
    clock.now = 29_000;
    assertEquals(await folders.find(["a", "b", "c"]), [c]);
    clock.now = 31_000;
    assertEquals(await folders.find(["a", "b", "c"]), []);
  }));

Deno.test("a folder that was made here is looked for again soon: another process may have made one, too", () =>
  onDrive(async (setup) => {
    const { drive, operations } = setup;
    const { folders, clock } = foldersOn(setup);
    const ours = await folders.ensure(["a"]);
    const theirs = drive.store.addFolder("a", { createdTime: new Date(0) }).id;
    assertEquals(await folders.find(["a"]), [ours]);
    clock.now = 1500;
    assertEquals(await folders.find(["a"]), [theirs, ours]);
    assertEquals(await folders.ensure(["a"]), theirs);
    clock.now = 70_000;
    await folders.find(["a"]);
    operations();
    clock.now = 90_000;
    await folders.find(["a"]);
    assertEquals(operations(), [], "it is not new any more");
    // Below one that has been known for a while, too.
    clock.now = 110_000;
    await folders.ensure(["a", "new"]);
    operations();
    for (let i = 0; i < 5; i++) await folders.find(["a", "new"]);
    assertEquals(operations(), []);
  }));

Deno.test("a path is made once, by however many", () =>
  onDrive(async (setup) => {
    const { folders } = foldersOn(setup);
    const paths = Array.from({ length: 20 }, (_, i) => ["a", `b${i % 3}`, "c"]);
    const ids = await Promise.all(paths.map((path) => folders.ensure(path)));
    assertEquals(new Set(ids).size, 3);
    assertEquals(setup.names(), ["a", "b0", "b1", "b2", "c", "c", "c"]);
  }));

Deno.test("several folders of a name: all are found, the oldest takes what is new", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const { folders } = foldersOn(setup);
    const ids = [3, 1, 2].map((age) => drive.store.addFolder("a", { createdTime: new Date(age) }).id);
    drive.store.addFolder("A");
    drive.store.addFolder("a", { trashed: true });
    drive.store.add({ name: "a", text: "a file" });
    assertEquals(await folders.find(["a"]), [ids[1], ids[2], ids[0]]);
    assertEquals(await folders.ensure(["a"]), ids[1]);
    const below = drive.store.addFolder("b", { parents: [ids[0]] });
    drive.inject({
      kind: "emptyList",
      operation: "files.list",
      when: ({ query }) => / in parents or /.test(query.q),
      times: Infinity,
    });
    assertEquals(await folders.find(["a", "b"]), [below.id], "in whichever");
  }));

Deno.test("a folder that another process makes at the same moment", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const { folders } = foldersOn(setup);
    drive.inject({
      kind: "run",
      operation: "files.create",
      run: (store) => void store.addFolder("a", { id: "1older", createdTime: new Date(0) }),
    });
    assertEquals(await folders.ensure(["a"]), "1older");
    assertEquals((await folders.find(["a"])).length, 2);
  }));

const LOST = {
  deleted: ({ drive }: Setup, id: string) => drive.store.delete(id),
  trashed: ({ drive }: Setup, id: string) => void drive.store.update(id, { trashed: true }),
  renamed: ({ drive }: Setup, id: string) => void drive.store.update(id, { name: "other" }),
  moved: ({ drive }: Setup, id: string) =>
    void drive.store.update(id, { parents: [drive.store.addFolder("elsewhere").id] }),
};

for (const [what, lose] of Object.entries(LOST)) {
  Deno.test(`a folder that was ${what} by others is forgotten after a while, and made anew`, () =>
    onDrive(async (setup) => {
      const { folders, clock } = foldersOn(setup);
      const id = await folders.ensure(["a"]);
      lose(setup, id);
      clock.now = 31_000;
      assertEquals(await folders.find(["a"]), []);
      const anew = await folders.ensure(["a"]);
      assert(anew !== id, "what was known of it before counts no more");
      assertEquals(await folders.find(["a"]), [anew]);
    }));
}

Deno.test("below a folder that was made here, and deleted by others at once, a path is made anew", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const { folders } = foldersOn(setup);
    await folders.ensure(["a", "b"]);
    drive.store.delete(await folders.ensure(["a"]));
    assertEquals(drive.store.pathOf(await folders.ensure(["a", "b", "c"])), "a/b/c");
    assertEquals(setup.names(), ["a", "b", "c"]);
  }));

Deno.test("a folder that was deleted above is noticed at once", () =>
  onDrive(async (setup) => {
    const { drive, backend } = setup;
    await backend.put("a/b/c/x", new Uint8Array(1));
    const a = [...drive.store.files.values()].find(({ name }) => name === "a")?.id ?? "";
    drive.store.delete(a);
    assertEquals(await backend.head("a/b/c/x"), undefined);
    assertEquals(await backend.head("a/b/other/x"), undefined);
    const anew = drive.store.addFolder("a");
    const b = drive.store.addFolder("b", { parents: [anew.id] });
    drive.store.add({ name: "y", text: "y", parents: [b.id] });
    assertEquals((await backend.head("a/b/y"))?.size, 1);
    await backend.put("a/b/c/z", new Uint8Array(2));
    assertEquals(drive.store.find("a/b/c/z")?.bytes?.length, 2);
  }));

Deno.test("a folder that others deleted, and that is still listed, is gone", () =>
  onDrive(
    async (setup) => {
      const { drive, backend } = setup;
      const first = drive.store.addFolder("a");
      const second = drive.store.addFolder("a");
      const b = drive.store.addFolder("b", { parents: [first.id] });
      for (const { id } of [first, second, b]) {
        drive.store.add({ name: `in ${id}`, text: "x", parents: [id] });
      }
      drive.store.delete(first.id);
      const list = (prefix: string) =>
        Array.fromAsync(backend.list({ prefix }), (entry) => "key" in entry && entry.key);
      for (const key of [`a/in ${first.id}`, `a/b/in ${b.id}`, "a/b/c/d"]) {
        assertEquals(await backend.head(key), undefined);
        await assertRejects(() => backend.open(key), NotFoundError, "there is no");
      }
      assertEquals((await backend.head(`a/in ${second.id}`))?.size, 1, "of the other folder of that name");
      assertEquals([await list("a/b/"), await list("a/")], [[], [`a/in ${second.id}`]]);
      assertEquals(await list(""), [`a/in ${second.id}`]);
    },
    {},
    { lag: 60_000 },
  ));

Deno.test("forgetting forgets what is above and below, and nothing beside", () =>
  onDrive(async (setup) => {
    const { operations } = setup;
    const { folders } = foldersOn(setup);
    const requests = async (...path: string[]) => {
      operations();
      await folders.find(path);
      return operations().length;
    };
    for (const path of [["a", "b", "c"], ["a", "bb"], ["1:a"]]) await folders.ensure(path);
    assertEquals(await requests("a", "b", "c"), 0);
    folders.forget(["a", "b"]);
    assertEquals([await requests("a", "bb"), await requests("1:a")], [0, 0]);
    assertEquals(await requests("a", "b", "c"), 3);
    folders.forget([]);
    assertEquals([await requests("a", "bb"), await requests("1:a")], [2, 1]);
  }));

Deno.test("one who gives up waiting doesn't spoil it for the others", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const { folders } = foldersOn(setup);
    const { id } = drive.store.addFolder("a");
    const control = new AbortController();
    drive.inject({ kind: "run", operation: "files.list", run: () => control.abort(new Error("enough")) });
    drive.inject({ kind: "delay", operation: "files.list", ms: 150 });
    const impatient = folders.find(["a"], control.signal);
    const patient = folders.find(["a"]);
    await assertRejects(() => impatient, Error, "enough");
    assert(drive.requests.some(({ done }) => !done), "at once");
    assertEquals(await patient, [id]);
    const aborted = AbortSignal.abort(new Error("before"));
    await assertRejects(() => folders.find([], aborted), Error, "before");
    await assertRejects(() => folders.ensure(["b"], aborted), Error, "before");
    await drive.idle();
  }));

Deno.test("what failed is tried again by the next", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const { folders } = foldersOn(setup);
    drive.inject({
      kind: "status",
      operation: "files.list",
      status: 403,
      reason: "insufficientFilePermissions",
    });
    await assertRejects(() => folders.find(["a"]));
    assertEquals(await folders.find(["a"]), []);
    drive.inject({
      kind: "status",
      operation: "files.create",
      status: 403,
      reason: "insufficientFilePermissions",
    });
    await assertRejects(() => folders.ensure(["a"]));
    assert(await folders.ensure(["a"]));
    assertEquals(setup.names(), ["a"]);
  }));

Deno.test("a folder made here is found before Drive lists it", () =>
  onDrive(
    async (setup) => {
      const { folders, clock } = foldersOn(setup);
      const id = await folders.ensure(["a", "b"]);
      clock.now = 31_000;
      assertEquals(await folders.find(["a", "b"]), [id]);
      assertEquals(await folders.ensure(["a", "b"]), id);
    },
    {},
    { lag: 60_000 },
  ));
