import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { Progress } from "../../backends/backend.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  ConnectionError,
  InvalidArgumentError,
  NotFoundError,
  PartialFailureError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { FileSystemInterface } from "../../lib/interface/filesystem.ts";
import { copyObjects } from "../../lib/tree/copy.ts";
import { delegate } from "../backends/delegate.ts";
import { startS3 } from "../servers/s3.ts";
import { forEachStore, withStore } from "./stores.ts";
import { bodyOf, keysOf, LONG_KEY, ODD_KEYS, plant } from "./tree.ts";

const TREE = ["data/exp", "data/exp/f1", "data/exp/sub/f2", "data/exp2/h1", "top"];

forEachStore((store, open) => {
  Deno.test(`${store}: cp copies one object with its metadata and content type`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const result = await cci.cp("/data//exp", "copy/of it");
      const head = await backend.head("copy/of it");
      assertEquals(result.key, "copy/of it");
      assertEquals(result.size, 8);
      assertEquals(result.etag, head?.etag);
      assertEquals(result.copied.map(({ key }) => key), ["copy/of it"]);
      assertEquals(head?.metadata, { planted: "yes" });
      assertEquals(head?.contentType, "text/x-planted");
      assertEquals(await bodyOf(backend, "copy/of it"), "data/exp");
      assertEquals(await keysOf(backend), ["copy/of it", ...TREE]);
    }));

  Deno.test(`${store}: cp never replaces unless asked`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      for (const overwrite of [undefined, false]) {
        const error = await assertRejects(() => cci.cp("top", "data/exp", { overwrite }), AlreadyExistsError);
        assertEquals(error.key, "data/exp");
      }
      assertEquals(await bodyOf(backend, "data/exp"), "data/exp");
      await cci.cp("top", "data/exp", { overwrite: true });
      assertEquals(await bodyOf(backend, "data/exp"), "top");
    }));

  Deno.test(`${store}: recursive cp copies an object and exactly its subtree`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const progress: Progress[] = [];
      const result = await cci.cp("data/exp", "new", {
        recursive: true,
        onProgress: (report) => void progress.push(report),
      });
      assertEquals(result.key, "new");
      assertEquals(result.size, 8 + 11 + 15);
      assertEquals(result.copied.map(({ key }) => key), ["new", "new/f1", "new/sub/f2"]);
      assertEquals(progress.map(({ key, done }) => `${key} ${done}`).sort(), [
        "new true",
        "new/f1 true",
        "new/sub/f2 true",
      ]);
      assertEquals(await keysOf(backend), [...TREE.slice(0, 4), "new", "new/f1", "new/sub/f2", "top"]);
      assertEquals(await bodyOf(backend, "new/sub/f2"), "data/exp/sub/f2");
      assertEquals((await backend.head("new/sub/f2"))?.metadata, { planted: "yes" });
      // A name that ends in a slash is the directory alone.
      assertEquals((await cci.cp("data/exp/", "dir/", { recursive: true })).copied.map(({ key }) => key), [
        "dir/f1",
        "dir/sub/f2",
      ]);
      assertEquals((await cci.cp("top", "top2", { recursive: true })).copied.length, 1);
      assertEquals((await cci.cp("data/exp/", "/", { recursive: true })).copied.map(({ key }) => key), [
        "f1",
        "sub/f2",
      ]);
    }));

  Deno.test(`${store}: a tree's destinations are looked up before anything is copied`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, [...TREE, "new/sub/f2", "new/other"]);
      const before = await keysOf(backend);
      const cci = new FileSystemInterface(backend);
      const error = await assertRejects(
        () => cci.cp("data/exp", "new", { recursive: true }),
        AlreadyExistsError,
      );
      assertEquals(error.key, "new/sub/f2");
      assertEquals(await keysOf(backend), before);
      await cci.cp("data/exp", "new", { recursive: true, overwrite: true });
      assertEquals(await bodyOf(backend, "new/sub/f2"), "data/exp/sub/f2");
      assertEquals(await bodyOf(backend, "new/other"), "new/other");
      const own = await assertRejects(
        () => cci.cp("top", "data/exp", { recursive: true }),
        AlreadyExistsError,
      );
      assertEquals(own.key, "data/exp");
    }));

  Deno.test(`${store}: a directory needs recursive, and a missing source is a NotFoundError`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      for (const name of ["data", "data/", "data/exp/sub"]) {
        await assertRejects(() => cci.cp(name, "new"), InvalidArgumentError, "recursive: true");
      }
      for (const name of ["data/ex", "missing", "top/"]) {
        const error = await assertRejects(() => cci.cp(name, "new"), NotFoundError);
        assertEquals(error.key, name);
        await assertRejects(() => cci.cp(name, "new", { recursive: true }), NotFoundError);
        await assertRejects(() => cci.cp(name, name), NotFoundError);
      }
      for (
        const [from, to] of [["", "x"], ["/", "x"], ["top", ""], ["top", "/"], ["../top", "x"], [
          "top",
          "a/../../x",
        ]]
      ) {
        await assertRejects(() => cci.cp(from, to), InvalidArgumentError);
      }
      assertEquals(await keysOf(backend), TREE);
    }));

  Deno.test(`${store}: a tree is not copied into or over itself`, () =>
    withStore(open, async ({ backend }) => {
      const keys = ["a", "a/b", "a/b/b/x", "a/b/x", "a/c"];
      await plant(backend, keys);
      const cci = new FileSystemInterface(backend);
      const recursive = true;
      for (const to of ["a/new", "a/b", "a/b/", "a/c/d"]) {
        await assertRejects(
          () => cci.cp("a", to, { recursive, overwrite: true }),
          InvalidArgumentError,
          "into itself",
        );
      }
      // a/b/b/x would replace a/b/x, which is to be copied too.
      await assertRejects(
        () => cci.cp("a/b/", "a", { recursive, overwrite: true }),
        InvalidArgumentError,
        '"a/b/x"',
      );
      assertEquals(await keysOf(backend), keys);
      for (const key of keys) assertEquals(await bodyOf(backend, key), key);
      // Beside itself, or to a directory above, is fine.
      assertEquals((await cci.cp("a/b/b", "a", { recursive })).copied.map(({ key }) => key), ["a/x"]);
      assertEquals((await cci.cp("a", "a2", { recursive })).copied.length, 6);
    }));

  Deno.test(`${store}: onto itself there is nothing to do`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const { etag } = await cci.getObject("top");
      await assertRejects(() => cci.cp("top", "/top"), AlreadyExistsError);
      await assertRejects(() => cci.cp("data", "data/", { recursive: true }), AlreadyExistsError);
      const one = await cci.cp("top", "top", { overwrite: true });
      assertEquals([one.key, one.size, one.etag, one.copied.length], ["top", 3, etag, 0]);
      assertEquals((await cci.cp("data", "data", { overwrite: true, recursive: true })).copied, []);
      assertEquals((await cci.getObject("top")).etag, etag);
      assertEquals(await keysOf(backend), TREE);
    }));

  Deno.test(`${store}: cp between buckets, from both sides`, () =>
    withStore(open, async ({ backend, other }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      if (!backend.withBucket) {
        for (const options of [{ destBucket: "b" }, { sourceBucket: "b" }]) {
          await assertRejects(() => cci.cp("top", "new", options), UnsupportedError);
        }
        return;
      }
      await cci.cp("top", "top", { destBucket: other.bucket });
      assertEquals(await bodyOf(other, "top"), "top");
      assertEquals((await other.head("top"))?.metadata, { planted: "yes" });
      const there = new FileSystemInterface(other);
      await there.cp("data", "data", {
        sourceBucket: backend.bucket,
        destBucket: other.bucket,
        recursive: true,
      });
      assertEquals(await keysOf(other), TREE);
      // The destination's bucket is the source's where it isn't given.
      await there.cp("top", "again", { sourceBucket: backend.bucket });
      assertEquals(await bodyOf(backend, "again"), "top");
      assertEquals(await other.head("again"), undefined);
      await assertRejects(
        () => there.cp("top", "top", { sourceBucket: backend.bucket, destBucket: other.bucket }),
        AlreadyExistsError,
      );
      const missing = backend.capabilities.buckets ? "missing" : `${backend.bucket}/none`;
      await assertRejects(() => cci.cp("top", "x", { destBucket: missing }), NotFoundError);
      await assertRejects(() => cci.cp("top", "x", { sourceBucket: missing }), NotFoundError);
      await assertRejects(() => cci.cp("data", "x", { destBucket: missing, recursive: true }), NotFoundError);
      await assertRejects(
        () => cci.cp("data", "x", { sourceBucket: missing, recursive: true }),
        NotFoundError,
      );
      const everything = await cci.cp("/", "/", {
        destBucket: other.bucket,
        recursive: true,
        overwrite: true,
      });
      assertEquals(everything.copied.length, TREE.length + 1);
    }));

  Deno.test(`${store}: names are relative to the prefix, which nothing leaves`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["p/a", "p/a/b", "a", "p"]);
      const cci = new FileSystemInterface(backend, { prefix: "p" });
      assertEquals((await cci.cp("a", "c", { recursive: true })).copied.map(({ key }) => key), [
        "p/c",
        "p/c/b",
      ]);
      await assertRejects(
        () => cci.cp("a", "/", { recursive: true }),
        InvalidArgumentError,
        "no name at the top",
      );
      await assertRejects(() => cci.cp("/", "sub", { recursive: true }), InvalidArgumentError, "into itself");
      assertEquals(await keysOf(backend), ["a", "p", "p/a", "p/a/b", "p/c", "p/c/b"]);
    }));

  Deno.test(`${store}: odd names are copied exactly`, () =>
    withStore(open, async ({ backend }) => {
      const keys = [...ODD_KEYS, LONG_KEY];
      await plant(backend, keys);
      const cci = new FileSystemInterface(backend);
      for (const key of ODD_KEYS) {
        const { key: copy } = await cci.cp(key, `new-${key}`);
        assertEquals(copy, `new-${key}`);
        assertEquals(await bodyOf(backend, copy), key);
      }
      await cci.cp(LONG_KEY, `gnol${LONG_KEY.slice(4)}`);
      assertEquals(await bodyOf(backend, `gnol${LONG_KEY.slice(4)}`), LONG_KEY);
      await cci.cp("odd", "tree/of odd+", { recursive: true });
      for (const key of ODD_KEYS) assertEquals(await bodyOf(backend, `tree/of odd+${key.slice(3)}`), key);
      // A new name that no store can hold is found before anything is copied.
      await assertRejects(
        () => cci.cp("long", "longer", { recursive: true }),
        InvalidArgumentError,
        "1024 bytes",
      );
    }));

  Deno.test(`${store}: of a tree, what could not be copied is told, and the rest is copied`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const refused = new AccessDeniedError("no");
      const copy: typeof backend.copy = (from, to, options) =>
        from.endsWith("f1") ? Promise.reject(refused) : backend.copy(from, to, options);
      const stubborn = delegate(backend, { copy });
      const error = await assertRejects(
        () => copyObjects(stubborn, "data", "new", { recursive: true }),
        PartialFailureError,
        'of 4 objects under "data", copied to "new" 3 and failed for 1',
      );
      assertEquals(error.done, ["data/exp", "data/exp/sub/f2", "data/exp2/h1"]);
      assertEquals(error.failed, [{ key: "data/exp/f1", error: refused }]);
      assertEquals(await keysOf(backend), [
        ...TREE.slice(0, 4),
        "new/exp",
        "new/exp/sub/f2",
        "new/exp2/h1",
        "top",
      ]);
      assertEquals(await assertRejects(() => copyObjects(stubborn, "data/exp/f1", "x")), refused);
    }));

  Deno.test(`${store}: a store that can't be reached is not tried for each object`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, Array.from({ length: 40 }, (_, i) => `d/${10 + i}`));
      let tried = 0;
      const gone = delegate(backend, {
        copy: (from, to, options) =>
          ++tried <= 3 ? backend.copy(from, to, options) : Promise.reject(new ConnectionError("gone")),
      });
      const error = await assertRejects(
        () => copyObjects(gone, "d", "new", { recursive: true, concurrency: 4 }),
        PartialFailureError,
      );
      assertEquals(error.done, ["d/10", "d/11", "d/12"]);
      assertEquals(tried <= 7, true, `${tried} were tried`);
      assertEquals(error.failed.length, tried - 3);
      assertInstanceOf(error.cause, ConnectionError);
    }));

  Deno.test(`${store}: what is replaced or appears meanwhile is not copied over`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["d/1", "d/2"]);
      const racing = delegate(backend, {
        async copy(from, to, options) {
          if (from === "d/1") await plant(backend, ["new/1"]);
          else await backend.put("d/2", new TextEncoder().encode("newer"));
          return await backend.copy(from, to, options);
        },
      });
      const error = await assertRejects(
        () => copyObjects(racing, "d", "new", { recursive: true }),
        PartialFailureError,
      );
      assertEquals(error.failed.map((each) => each.error.name), [
        "AlreadyExistsError",
        "PreconditionFailedError",
      ]);
      assertEquals(await bodyOf(backend, "new/1"), "new/1");
      assertEquals(await backend.head("new/2"), undefined);
    }));

  Deno.test(`${store}: an abort rejects with its reason, and starts no more copies`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, Array.from({ length: 20 }, (_, i) => `d/${10 + i}`));
      const reason = new Error("enough");
      const controller = new AbortController();
      const { signal } = controller;
      const options = { recursive: true, concurrency: 2, signal, onProgress: () => controller.abort(reason) };
      assertEquals(await assertRejects(() => copyObjects(backend, "d", "new", options)), reason);
      const copied = (await keysOf(backend)).filter((key) => key.startsWith("new/")).length;
      assertEquals(copied >= 1 && copied <= 2, true, String(copied));
      assertEquals(await assertRejects(() => copyObjects(backend, "d/10", "x", { signal })), reason);
      await assertRejects(
        () => copyObjects(backend, "d", "y", { recursive: true, concurrency: 0 }),
        InvalidArgumentError,
      );
    }));
});

Deno.test("a store without buckets has no other one", async () => {
  const { MemoryBackend } = await import("../../backends/memory/mod.ts");
  const backend = delegate(new MemoryBackend(), { withBucket: undefined });
  await plant(backend, ["a"]);
  const cci = new FileSystemInterface(backend);
  await assertRejects(() => cci.cp("a", "b", { destBucket: "other" }), UnsupportedError);
  await assertRejects(() => cci.mv("a", "b", { sourceBucket: "other" }), UnsupportedError);
  await cci.cp("a", "b", { destBucket: backend.bucket });
});

Deno.test("S3: copies go within the server, over 5 GiB in parts, and send an ACL only when given", async () => {
  await using s3 = await startS3({ buckets: ["bucket"], features: { maxCopySize: 8 * 1024 * 1024 } });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({
    bucket: "bucket",
    endpoint,
    region,
    credentials,
    partSize: 5 * 1024 * 1024,
    conditionalWrites: true,
  });
  const cci = new FileSystemInterface(backend, { acl: "private" });
  const big = new Uint8Array(12 * 1024 * 1024).fill(7);
  s3.store.put("bucket", "big", big, { metadata: { tr: "2" } });
  await cci.cp("big", "copy");
  assertEquals(s3.store.bytes("bucket", "copy"), big);
  assertEquals(s3.store.get("bucket", "copy")?.metadata, { tr: "2" });
  assertEquals(s3.store.get("bucket", "copy")?.acl, "private");
  const operations = s3.requests.map(({ operation }) => operation);
  assertEquals(operations.filter((operation) => operation === "UploadPartCopy").length, 3);
  assertEquals(operations.includes("GetObject") || operations.includes("PutObject"), false);
  s3.requests.length = 0;
  s3.store.put("bucket", "small", "x");
  await new FileSystemInterface(backend).cp("small", "small2");
  const counts = s3.requests.map(({ operation }) => operation);
  assertEquals(counts, ["HeadObject", "HeadObject", "CopyObject"], "the source, the destination, the copy");
  assertEquals(s3.requests[2].headers["x-amz-acl"], undefined);
  backend.close();
});

Deno.test("S3: of a source that went away after it was copied, the error does not say that nothing was stored", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, retries: { delay: 1 } });
  s3.store.put("bucket", "from", "…");
  s3.inject({ kind: "loseAnswer", operation: "CopyObject" });
  const run = () => s3.store.bucket("bucket").objects.delete("from");
  s3.inject({ kind: "run", operation: "CopyObject", skip: 1, run });
  const error = await assertRejects(() => copyObjects(backend, "from", "to"), NotFoundError);
  assertEquals(error.committed, "unknown");
  backend.close();
});
