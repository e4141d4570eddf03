import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import type { Backend, DeleteResult } from "../../backends/backend.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import {
  AccessDeniedError,
  ConnectionError,
  InvalidArgumentError,
  NotFoundError,
  PartialFailureError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { FileSystemInterface } from "../../lib/interface/filesystem.ts";
import { listObjects } from "../../lib/objects/mod.ts";
import { globObjects } from "../../lib/tree/glob.ts";
import { removeObjects } from "../../lib/tree/remove.ts";
import { delegate } from "../backends/delegate.ts";
import { startS3 } from "../servers/s3.ts";
import { forEachStore, withStore } from "./stores.ts";
import { keysOf, LONG_KEY, ODD_KEYS, plant } from "./tree.ts";

const TREE = [
  "data/exp",
  "data/exp/f1",
  "data/exp/sub/f2",
  "data/exp2/h1",
  "data/experiment.txt",
  "top",
];

forEachStore((store, open) => {
  Deno.test(`${store}: rm deletes the object and nothing else`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      assertEquals(await cci.rm("/data//exp"), { deleted: ["data/exp"] });
      assertEquals(await keysOf(backend), TREE.filter((key) => key !== "data/exp"));
    }));

  Deno.test(`${store}: recursive rm deletes exactly the subtree: data/exp and not data/exp2`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new FileSystemInterface(backend);
      for (
        const [name, deleted] of [
          ["data/exp", ["data/exp", "data/exp/f1", "data/exp/sub/f2"]],
          ["data/exp/", ["data/exp/f1", "data/exp/sub/f2"]],
          ["data/exp/sub", ["data/exp/sub/f2"]],
          ["top", ["top"]],
          ["data", TREE.slice(0, 5)],
        ] as const
      ) {
        await plant(backend, TREE);
        assertEquals(await cci.rm(name, { recursive: true, dryRun: true }), { deleted: [...deleted] });
        assertEquals(await keysOf(backend), TREE, "a dry run deletes nothing");
        assertEquals(await cci.rm(name, { recursive: true }), { deleted: [...deleted] });
        const gone: readonly string[] = deleted;
        assertEquals(await keysOf(backend), TREE.filter((key) => !gone.includes(key)));
      }
    }));

  Deno.test(`${store}: a directory needs recursive, and is counted`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      for (const name of ["data", "data/", "data/exp/sub", "data/exp/"]) {
        const error = await assertRejects(() => cci.rm(name), InvalidArgumentError, "recursive: true");
        assertStringIncludes(error.message, name === "data" || name === "data/" ? "5 objects" : "object");
      }
      assertEquals(await keysOf(backend), TREE);
    }));

  Deno.test(`${store}: what isn't there is a NotFoundError`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      for (const name of ["data/ex", "missing", "top/", "data/exp3"]) {
        const error = await assertRejects(() => cci.rm(name), NotFoundError);
        await assertRejects(() => cci.rm(name, { recursive: true }), NotFoundError);
        assertEquals(error.key, name);
      }
      await assertRejects(() => cci.rm("none*", { recursive: true }), NotFoundError);
      assertEquals(await keysOf(backend), TREE);
    }));

  Deno.test(`${store}: names that are everything, or climb out, are refused`, () =>
    withStore(open, async ({ backend, s3 }) => {
      await plant(backend, TREE);
      const before = s3?.requests.length;
      for (const prefix of ["", "data"]) {
        const cci = new FileSystemInterface(backend, { prefix });
        for (const name of ["", "/", "//", "..", "exp/../..", "\udc00"]) {
          for (const recursive of [false, true]) {
            await assertRejects(() => cci.rm(name, { recursive }), InvalidArgumentError);
          }
        }
      }
      assertEquals(s3?.requests.length, before);
      assertEquals(await keysOf(backend), TREE);
    }));

  Deno.test(`${store}: wildcards need recursive, and take what is below`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      await assertRejects(() => cci.rm("data/*"), InvalidArgumentError, "recursive: true");
      assertEquals(await keysOf(backend), TREE);
      const dry = await cci.rm("*/exp{,2}", { recursive: true, dryRun: true });
      assertEquals(dry.deleted, ["data/exp", "data/exp/f1", "data/exp/sub/f2", "data/exp2/h1"]);
      assertEquals(await cci.rm("data/exp[!2]*", { recursive: true }), { deleted: ["data/experiment.txt"] });
      assertEquals(await cci.rm("data/exp*", { recursive: true }), dry);
      assertEquals(await keysOf(backend), ["top"]);
      assertEquals(await cci.rm("**", { recursive: true }), { deleted: ["top"] });
    }));

  Deno.test(`${store}: a directory whose name is the pattern goes before what the pattern matches`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["a/x", "b/x", "subAB/x", "sub[AB]/x", "sub[AB]/y/z", "subA/x", "{a,b}/x"]);
      const cci = new FileSystemInterface(backend);
      const directories = (await cci.ls("")).filter((name) => /[[{]/.test(name));
      assertEquals(directories, ["sub[AB]", "{a,b}"]);
      const deleted: string[] = [];
      for (const name of directories) deleted.push(...(await cci.rm(name, { recursive: true })).deleted);
      assertEquals(deleted, ["sub[AB]/x", "sub[AB]/y/z", "{a,b}/x"]);
      assertEquals(await keysOf(backend), ["a/x", "b/x", "subA/x", "subAB/x"]);
      assertEquals(await cci.rm("sub[AB]", { recursive: true }), { deleted: ["subA/x"] });
      assertEquals(await cci.rm("{a,b}", { recursive: true }), { deleted: ["a/x", "b/x"] });
    }));

  Deno.test(`${store}: an object whose name is the pattern goes before what the pattern matches`, () =>
    withStore(open, async ({ backend }) => {
      const keys = ["d/*", "d/*/below", "d/[xy]", "d/x", "d/y/z"];
      await plant(backend, keys);
      const cci = new FileSystemInterface(backend);
      assertEquals(await cci.rm("d/[xy]"), { deleted: ["d/[xy]"] });
      assertEquals(await cci.rm("d/*", { recursive: true }), { deleted: ["d/*", "d/*/below"] });
      assertEquals(await keysOf(backend), ["d/x", "d/y/z"]);
      assertEquals(await cci.rm("d/[xy]", { recursive: true }), { deleted: ["d/x", "d/y/z"] });
    }));

  Deno.test(`${store}: names are relative to the prefix, and nothing outside of it is touched`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["p*/", "p*/a", "p*/a/b", "p*/c", "pX/a", "a"]);
      const cci = new FileSystemInterface(backend, { prefix: "p*" });
      assertEquals(await cci.rm("a", { recursive: true }), { deleted: ["a", "a/b"] });
      assertEquals(await cci.rm("**", { recursive: true }), { deleted: ["c"] });
      assertEquals(await keysOf(backend), ["a", "p*/", "pX/a"]);
      const error = await assertRejects(() => cci.rm("a"), NotFoundError);
      assertEquals(error.key, "p*/a");
    }));

  Deno.test(`${store}: odd names are deleted exactly`, () =>
    withStore(open, async ({ backend }) => {
      const keys = [...ODD_KEYS, LONG_KEY];
      await plant(backend, keys);
      const cci = new FileSystemInterface(backend);
      const left = new Set(keys);
      for (const key of keys) {
        assertEquals(await cci.rm(key), { deleted: [key] });
        left.delete(key);
        assertEquals(new Set(await keysOf(backend)), left, key);
      }
      await plant(backend, keys);
      assertEquals((await cci.rm("odd", { recursive: true })).deleted.length, ODD_KEYS.length);
      assertEquals(await keysOf(backend), [LONG_KEY]);
    }));

  Deno.test(`${store}: delete: false moves to the trash, and is unsupported where there is none`, () =>
    withStore(open, async ({ backend, drive }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      if (drive) {
        assertEquals((await cci.rm("data/exp", { recursive: true, delete: false })).deleted.length, 3);
        assertEquals(await keysOf(backend), ["data/exp2/h1", "data/experiment.txt", "top"]);
        const trashed = [...drive.store.files.values()].filter(({ trashed }) => trashed);
        assertEquals(trashed.map(({ name }) => name).sort(), ["exp", "f1", "f2"]);
        await cci.rm("top");
        assert(![...drive.store.files.values()].some(({ name }) => name === "top"), "gone for good");
        return;
      }
      for (const dryRun of [false, true]) {
        await assertRejects(() => cci.rm("top", { delete: false, dryRun }), UnsupportedError, "trash");
      }
      assertEquals(await keysOf(backend), TREE);
    }));

  Deno.test(`${store}: an abort rejects with its reason`, () =>
    withStore(open, async ({ backend, s3, drive }) => {
      await plant(backend, TREE);
      const reason = new Error("enough");
      const cci = new FileSystemInterface(backend);
      const signal = AbortSignal.abort(reason);
      assertEquals(await assertRejects(() => cci.rm("data", { recursive: true, signal })), reason);
      assertEquals(await assertRejects(() => cci.rm("top", { signal })), reason);
      assertEquals(await keysOf(backend), TREE);
      // In mid-way.
      const controller = new AbortController();
      const aborting = delegate(backend, {
        async *delete(items, options) {
          for await (const result of backend.delete(items, options)) {
            yield result;
            controller.abort(reason);
          }
        },
      });
      const half = removeObjects(aborting, "data", { recursive: true, signal: controller.signal });
      // S3 deletes all of them in one request, and Drive looks up many at once: then the abort comes too late.
      if (s3 || drive) assertEquals((await half).deleted.length, 5);
      else assertEquals(await assertRejects(() => half), reason);
    }));

  Deno.test(`${store}: keys that can't be deleted are named, and the others are gone`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const refused = new AccessDeniedError("no");
      const stubborn = delegate(backend, {
        delete: (items, options) => refusing(backend, items, options, refused),
      });
      const error = await assertRejects(
        () => removeObjects(stubborn, "data", { recursive: true }),
        PartialFailureError,
        "of 5 objects under",
      );
      assertEquals(error.done, ["data/exp", "data/exp2/h1", "data/experiment.txt"]);
      assertEquals(error.failed, [
        { key: "data/exp/f1", error: refused },
        { key: "data/exp/sub/f2", error: refused },
      ]);
      assertEquals(error.cause, refused);
      assertEquals(await keysOf(backend), ["data/exp/f1", "data/exp/sub/f2", "top"]);
      assertEquals(await assertRejects(() => removeObjects(stubborn, "data/exp/f1")), refused);
      // A store that breaks off.
      const broken = delegate(backend, {
        async *delete(items, options) {
          for await (const result of backend.delete(items, options)) {
            yield result;
            throw new ConnectionError("gone");
          }
        },
      });
      const half = await assertRejects(
        () => removeObjects(broken, "data", { recursive: true }),
        PartialFailureError,
      );
      assertEquals(half.done, ["data/exp/f1"]);
      assertEquals(half.failed.map(({ key }) => key), ["data/exp/sub/f2"]);
      assertInstanceOf(half.cause, ConnectionError);
    }));
});

async function* refusing(
  backend: Backend,
  items: Parameters<Backend["delete"]>[0],
  options: Parameters<Backend["delete"]>[1],
  error: Error,
): AsyncGenerator<DeleteResult, void, void> {
  for await (const item of items) {
    const key = typeof item === "string" ? item : item.key;
    if (/\/f\d$/.test(key)) yield { key, error };
    else yield* backend.delete([item], options);
  }
}

Deno.test("a store with a trash is told to use it", async () => {
  const { MemoryBackend } = await import("../../backends/memory/mod.ts");
  const backend = new MemoryBackend();
  await plant(backend, ["a", "b"]);
  const trashed: (boolean | undefined)[] = [];
  const withTrash = delegate(backend, {
    capabilities: { ...backend.capabilities, trash: true },
    delete(items, options) {
      trashed.push(options?.trash);
      return backend.delete(items, options);
    },
  });
  await removeObjects(withTrash, "a", { delete: false });
  await removeObjects(withTrash, "b");
  assertEquals(trashed, [true, false]);
});

Deno.test("S3: 25,000 objects are listed, counted, matched and deleted by pages and batches", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  for (let i = 0; i < 25_000; i++) {
    s3.store.put("bucket", `data/exp/${String(i).padStart(5, "0")}`, "x", { etag: "e" });
  }
  s3.store.put("bucket", "data/exp2", "kept");
  const requests = () => {
    const counts: Record<string, number> = {};
    for (const { operation = "?" } of s3.requests.splice(0)) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  };
  let count = 0;
  for await (const _ of listObjects(backend, { prefix: "data/exp/" })) count++;
  assertEquals(count, 25_000);
  assertEquals(requests(), { ListObjectsV2: 25 });
  assertEquals((await Array.fromAsync(globObjects(backend, "data/exp/*0"))).length, 2500);
  assertEquals(requests(), { ListObjectsV2: 25 });
  assertEquals(
    (await removeObjects(backend, "data/exp", { recursive: true, dryRun: true })).deleted.length,
    25_000,
  );
  assertEquals(requests(), { HeadObject: 1, ListObjectsV2: 25 });
  const { deleted } = await removeObjects(backend, "data/exp", { recursive: true });
  assertEquals(deleted.length, 25_000);
  assertEquals(requests(), { HeadObject: 1, ListObjectsV2: 25, DeleteObjects: 25 });
  assertEquals(s3.store.keys("bucket"), ["data/exp2"]);
  backend.close();
});

Deno.test("S3: a batch that fails as a whole is told, and what was deleted before", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  for (let i = 0; i < 2500; i++) {
    s3.store.put("bucket", `d/${String(i).padStart(4, "0")}`, "x", { etag: "e" });
  }
  s3.inject({
    operation: "DeleteObjects",
    kind: "status",
    status: 403,
    code: "AccessDenied",
    skip: 1,
    times: Infinity,
  });
  const error = await assertRejects(
    () => removeObjects(backend, "d", { recursive: true }),
    PartialFailureError,
  );
  assertEquals(error.done.length, 1000);
  assertEquals(error.failed[0].key, "d/1000");
  assertInstanceOf(error.failed[0].error, AccessDeniedError);
  assertEquals(s3.store.keys("bucket").length, 1500);
  s3.clearFaults();
  s3.inject({ operation: "ListObjectsV2", kind: "status", status: 403, code: "AccessDenied", skip: 1 });
  await assertRejects(() => removeObjects(backend, "d", { recursive: true }), AccessDeniedError);
  assertEquals(s3.store.keys("bucket").length, 1500, "nothing is deleted before all is listed");
  assert((await removeObjects(backend, "d", { recursive: true })).deleted.length === 1500);
  backend.close();
});

Deno.test("S3: at least a thousand objects are counted by one request", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  for (let i = 0; i < 1500; i++) s3.store.put("bucket", `d/${i}`, "x", { etag: "e" });
  await assertRejects(() => removeObjects(backend, "none"), NotFoundError);
  s3.requests.length = 0;
  await assertRejects(() => removeObjects(backend, "d"), InvalidArgumentError, "at least 1000 objects");
  assertEquals(s3.requests.map(({ operation }) => operation), ["HeadObject", "ListObjectsV2"]);
  backend.close();
});
