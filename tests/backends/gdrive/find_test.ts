import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccessDeniedError,
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { FOLDER, SHORTCUT } from "../../servers/gdrive.ts";
import { onDrive } from "./setup.ts";

const text = (value: string) => new TextEncoder().encode(value);
const LAB = { drives: [{ id: "0ALab", name: "Lab" }, { id: "0AOther", name: "Other" }] };

Deno.test("head is one request, and open of a small object two, once the folder is known", () =>
  onDrive(async ({ drive, backend, operations }) => {
    await backend.put("a/b/c", text("x"));
    operations();
    await backend.head("a/b/c");
    assertEquals(operations(), ["files.list"]);
    await (await backend.open("a/b/c")).read();
    assertEquals(operations(), ["files.list", "files.download"]);
    await backend.head("a/b/missing");
    assertEquals(operations(), ["files.list"]);
    await backend.head("missing/b/c");
    assertEquals(operations(), ["files.list"], "nothing is below what is missing");
    assertEquals(drive.requests, []);
  }));

Deno.test("of several files the oldest counts, with a warning, whatever the order of Drive's answer", () =>
  onDrive(async ({ drive, backend, warnings }) => {
    for (const [value, time] of [["b", 2000], ["a", 1000], ["c", 3000]] as const) {
      drive.store.add({ name: "key", text: value, createdTime: new Date(time) });
    }
    const bytes = await (await backend.open("key")).read();
    assertEquals([bytes, warnings.map(({ kind }) => kind)], [text("a"), ["duplicates"]]);
    warnings.length = 0;
    await backend.head("key");
    assertEquals(warnings.map(({ key, message }) => [key, message.includes("3 files")]), [["key", true]]);
    assertEquals((await Array.fromAsync(backend.list())).length, 1);
  }));

Deno.test("of the same age, the ids decide", () =>
  onDrive(async ({ drive, backend, another }) => {
    const createdTime = new Date(1000);
    for (const id of ["1c", "1a", "1b"]) drive.store.add({ id, name: "key", text: id, createdTime });
    for (const one of [backend, another()]) assertEquals(await (await one.open("key")).read(), text("1a"));
  }));

Deno.test("documents and shortcuts have no bytes; a file of their name is the object", () =>
  onDrive(async ({ drive, backend }) => {
    const document = "application/vnd.google-apps.document";
    drive.store.add({ name: "doc", mimeType: document });
    drive.store.add({ name: "shortcut", mimeType: SHORTCUT });
    for (const key of ["doc", "shortcut"]) {
      assertEquals(await backend.head(key), undefined);
      const error = await assertRejects(() => backend.open(key), UnsupportedError, "no bytes");
      assertEquals(error.key, key);
    }
    drive.store.add({ name: "doc", text: "x" });
    assertEquals((await backend.head("doc"))?.size, 1);
    await (await backend.open("doc")).close();
    await assertRejects(() => backend.open("Doc"), NotFoundError, undefined, "in another case");
  }));

Deno.test("a name with a slash is no key's", () =>
  onDrive(async ({ drive, backend }) => {
    drive.store.add({ name: "a/b", text: "x" });
    assertEquals(await backend.head("a/b"), undefined);
    await assertRejects(() => backend.open("a/b"), NotFoundError);
  }));

for (
  const [what, options, parent] of [
    ["My Drive", {}, undefined],
    ["a shared drive", { driveId: "0ALab" }, "0ALab"],
    ["a folder of a shared drive", { folderId: "1folder" }, "1folder"],
    ["a folder, with its drive", { folderId: "1folder", driveId: "0ALab" }, "1folder"],
    ["a folder of My Drive", { folderId: "1mine" }, "1mine"],
  ] as const
) {
  Deno.test(`the root is ${what}`, () =>
    onDrive(
      async ({ drive, another }) => {
        drive.store.addFolder("folder", { id: "1folder", driveId: "0ALab" });
        drive.store.addFolder("mine", { id: "1mine" });
        const backend = another(options);
        assertEquals(await Array.fromAsync(backend.list()).then((all) => all.length), 0);
        drive.store.add({ name: "key", text: "x", ...(parent ? { parents: [parent] } : {}) });
        await backend.put("new/key", text("y"));
        assertEquals((await backend.head("key"))?.size, 1);
        assertEquals(await Array.fromAsync(backend.list(), (entry) => "key" in entry && entry.key), [
          "key",
          "new/key",
        ]);
        const folder = [...drive.store.files.values()].find(({ name }) => name === "new");
        assertEquals(folder?.parents, [parent ?? drive.store.rootId]);
      },
      {},
      LAB,
    ));
}

Deno.test("a root that can't be one is told before anything is found missing", () =>
  onDrive(
    async ({ drive, another, operations }) => {
      drive.store.add({ name: "file", id: "1file", text: "x" });
      drive.store.addFolder("trash", { id: "1trash", trashed: true });
      drive.store.addFolder("other", { id: "1other", driveId: "0AOther" });
      const cases = [
        [{ folderId: "1file" }, NotFoundError, "no folder"],
        [{ folderId: "1missing" }, NotFoundError, "1missing"],
        [{ folderId: "1trash" }, NotFoundError, "trash"],
        [{ folderId: "1other", driveId: "0ALab" }, InvalidArgumentError, "not in the shared drive"],
        [{ driveId: "0AMissing" }, NotFoundError, "0AMissing"],
      ] as const;
      for (const [options, type, words] of cases) {
        const backend = another(options);
        for (
          const call of [
            () => backend.head("key"),
            () => backend.open("a/key"),
            () => Array.fromAsync(backend.list()),
            () => backend.put("a/key", text("x")),
          ]
        ) {
          const error = await assertRejects(call, CottonCandyError, words);
          assert(error instanceof type, `${error}`);
        }
      }
      assert(!operations().some((name) => name === "files.create" || name === "upload.create"));
    },
    {},
    LAB,
  ));

Deno.test("a root that could not be asked for is asked for again", () =>
  onDrive(async ({ drive, backend }) => {
    drive.store.add({ name: "key", text: "x" });
    drive.inject({
      kind: "status",
      operation: "files.get",
      status: 403,
      reason: "insufficientFilePermissions",
    });
    await assertRejects(() => backend.head("key"), AccessDeniedError);
    assertEquals((await backend.head("key"))?.size, 1);
  }));

Deno.test("many names are found in few requests, of which each is short enough", () =>
  onDrive(async ({ drive, backend, operations }) => {
    const keys = Array.from({ length: 100 }, (_, i) => `${i}-${"ü'\\".repeat(i)}`);
    for (const name of keys) drive.store.add({ name, text: "x" });
    await backend.head("x");
    operations();
    const results = await Array.fromAsync(backend.delete(keys));
    assertEquals(results.filter(({ error }) => error), []);
    assert(operations().filter((name) => name === "files.list").length < 110);
    assertEquals((await Array.fromAsync(backend.list())).length, 0);
  }));

Deno.test("who owns an object", () =>
  onDrive(
    async ({ drive, backend, another }) => {
      drive.store.add({ name: "key", text: "x" });
      drive.store.add({ name: "key", text: "x", driveId: "0ALab" });
      assert((await backend.owner("key")).id.includes("@"));
      await assertRejects(() => backend.owner("missing"), NotFoundError);
      await assertRejects(
        () => another({ driveId: "0ALab" }).owner("key"),
        UnsupportedError,
        "belongs to the drive",
      );
    },
    {},
    LAB,
  ));

Deno.test("retries: none, and as long as the budget allows", () =>
  onDrive(async ({ drive, another }) => {
    const failing = (times: number) =>
      drive.inject({ kind: "status", operation: "files.list", status: 503, reason: "backendError", times });
    failing(1);
    await assertRejects(() => another({ retries: 0 }).head("key"), CottonCandyError);
    failing(12);
    const patient = another({ retries: { attempts: Infinity, budget: 60_000, delay: 1 } });
    assertEquals(await patient.head("key"), undefined);
  }));

Deno.test("options that can't work", () =>
  onDrive(({ another }) => {
    const wrong = [
      { folderId: "a b" },
      { driveId: "https://drive.google.com/drive/folders/1" },
      { endpoint: "http://example.org" },
      { concurrency: 0 },
      { retries: -1 },
      { retries: { delay: NaN } },
      { partSize: 0.5 },
      { checksums: "SHA1" },
      { timeout: { idle: 0 } },
      { credentials: null },
    ];
    for (const options of wrong) {
      let error: unknown;
      try {
        another(options as Parameters<typeof another>[0]);
      } catch (thrown) {
        error = thrown;
      }
      assert(error instanceof InvalidArgumentError, JSON.stringify(options));
    }
    return Promise.resolve();
  }));

Deno.test("a folder is no object", () =>
  onDrive(async ({ drive, backend }) => {
    drive.store.add({ name: "key", mimeType: FOLDER });
    assertEquals(await backend.head("key"), undefined);
    await assertRejects(() => backend.open("key"), NotFoundError);
  }));
