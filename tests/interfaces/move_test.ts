import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import type { ObjectHead } from "../../backends/backend.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PartialFailureError,
  PreconditionFailedError,
} from "../../lib/errors.ts";
import { FileSystemInterface } from "../../lib/interface/filesystem.ts";
import { moveObjects } from "../../lib/tree/mod.ts";
import { delegate } from "../backends/delegate.ts";
import { startS3 } from "../servers/s3.ts";
import { forEachStore, withStore } from "./stores.ts";
import { bodyOf, keysOf, LONG_KEY, ODD_KEYS, plant } from "./tree.ts";

const TREE = ["data/exp", "data/exp/f1", "data/exp/sub/f2", "data/exp2/h1", "top"];

forEachStore((store, open) => {
  Deno.test(`${store}: mv moves one object with its metadata and content type`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const result = await cci.mv("/top", "new/top");
      const head = await backend.head("new/top");
      assertEquals([result.key, result.size, result.etag], ["new/top", 3, head?.etag]);
      assertEquals(result.copied.map(({ key }) => key), ["new/top"]);
      assertEquals(head?.metadata, { planted: "yes" });
      assertEquals(head?.contentType, "text/x-planted");
      assertEquals(await bodyOf(backend, "new/top"), "top");
      assertEquals(await keysOf(backend), [...TREE.slice(0, 4), "new/top"]);
      // Children stay where they are.
      await cci.mv("data/exp", "moved");
      assertEquals(await keysOf(backend), [
        "data/exp/f1",
        "data/exp/sub/f2",
        "data/exp2/h1",
        "moved",
        "new/top",
      ]);
    }));

  Deno.test(`${store}: recursive mv moves an object and exactly its subtree`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const result = await cci.mv("data/exp", "new", { recursive: true });
      assertEquals(result.copied.map(({ key }) => key), ["new", "new/f1", "new/sub/f2"]);
      assertEquals(await keysOf(backend), ["data/exp2/h1", "new", "new/f1", "new/sub/f2", "top"]);
      await cci.mv("new/", "/", { recursive: true });
      assertEquals(await keysOf(backend), ["data/exp2/h1", "f1", "new", "sub/f2", "top"]);
      // To a directory above.
      await cci.mv("data/exp2", "data", { recursive: true });
      assertEquals((await keysOf(backend))[0], "data/h1");
    }));

  Deno.test(`${store}: mv never replaces unless asked, and then moves nothing`, () =>
    withStore(open, async ({ backend }) => {
      const keys = [...TREE, "x/sub/f2"];
      await plant(backend, keys);
      const cci = new FileSystemInterface(backend);
      const one = await assertRejects(() => cci.mv("top", "data/exp"), AlreadyExistsError);
      assertEquals(one.key, "data/exp");
      const tree = await assertRejects(
        () => cci.mv("data/exp", "x", { recursive: true }),
        AlreadyExistsError,
      );
      assertEquals(tree.key, "x/sub/f2");
      assertEquals(await keysOf(backend), keys);
      await cci.mv("top", "data/exp", { overwrite: true });
      assertEquals(await bodyOf(backend, "data/exp"), "top");
      await cci.mv("data/exp", "x", { recursive: true, overwrite: true });
      assertEquals(await bodyOf(backend, "x/sub/f2"), "data/exp/sub/f2");
      assertEquals(await keysOf(backend), ["data/exp2/h1", "x", "x/f1", "x/sub/f2"]);
    }));

  Deno.test(`${store}: mv onto itself changes nothing, whatever is asked`, () =>
    withStore(open, async ({ backend, other }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const { etag } = await cci.getObject("top");
      for (const overwrite of [false, true]) {
        for (const destBucket of [undefined, backend.bucket]) {
          const result = await cci.mv("top", "/top", { overwrite, destBucket });
          assertEquals([result.key, result.size, result.etag, result.copied.length], ["top", 3, etag, 0]);
          assertEquals((await cci.mv("data", "data/", { overwrite, recursive: true })).copied, []);
        }
      }
      assertEquals(await keysOf(backend), TREE);
      for (const key of TREE) assertEquals(await bodyOf(backend, key), key);
      await assertRejects(() => cci.mv("none", "none"), NotFoundError);
      await assertRejects(() => cci.mv("none", "none", { recursive: true }), NotFoundError);
      if (!backend.withBucket) return;
      // The same name in another bucket is another place.
      await cci.mv("top", "top", { destBucket: other.bucket });
      assertEquals(await keysOf(other), ["top"]);
      assertEquals(await backend.head("top"), undefined);
    }));

  Deno.test(`${store}: bad sources and places leave all as it is`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const recursive = true;
      await assertRejects(() => cci.mv("data", "new"), InvalidArgumentError, "recursive: true");
      await assertRejects(() => cci.mv("missing", "new"), NotFoundError);
      await assertRejects(() => cci.mv("missing", "new", { recursive }), NotFoundError);
      await assertRejects(
        () => cci.mv("data", "data/exp", { recursive, overwrite: true }),
        InvalidArgumentError,
      );
      await assertRejects(() => cci.mv("/", "all", { recursive }), InvalidArgumentError, "into itself");
      await assertRejects(() => cci.mv("", "x"), InvalidArgumentError);
      await assertRejects(() => cci.mv("top", "x", { concurrency: 0 }), InvalidArgumentError);
      await assertRejects(() => cci.mv("top", "../top"), InvalidArgumentError);
      assertEquals(await keysOf(backend), TREE);
    }));

  Deno.test(`${store}: odd names are moved exactly`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, [...ODD_KEYS, LONG_KEY]);
      const cci = new FileSystemInterface(backend);
      for (const key of ODD_KEYS) {
        await cci.mv(key, `odd2${key.slice(3)}`);
        assertEquals(await backend.head(key), undefined, key);
        assertEquals(await bodyOf(backend, `odd2${key.slice(3)}`), key);
      }
      await cci.mv("odd2", "%41 +/x", { recursive: true });
      assertEquals(
        new Set(await keysOf(backend)),
        new Set([...ODD_KEYS.map((key) => `%41 +/x${key.slice(3)}`), LONG_KEY]),
      );
      await cci.mv("long", "gnol", { recursive: true });
      assertEquals(await bodyOf(backend, `gnol${LONG_KEY.slice(4)}`), LONG_KEY);
    }));

  Deno.test(`${store}: a copy that isn't what was copied keeps the source`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["a", "d/x", "d/y"]);
      const lying = (change: (head: ObjectHead) => ObjectHead | undefined) =>
        delegate(backend, {
          move: undefined,
          async head(key, options) {
            const head = await backend.head(key, options);
            return head && key.startsWith("new")
              ? change(head)
              : head && { ...head, checksum: { algorithm: "CRC32", value: "AAAAAA==" } };
          },
        });
      for (
        const change of [
          (head: ObjectHead) => ({ ...head, size: head.size + 1 }),
          (head: ObjectHead) => ({ ...head, checksum: { algorithm: "CRC32", value: "BBBBBB==" } as const }),
          () => undefined,
        ]
      ) {
        const options = { overwrite: true };
        const error = await assertRejects(
          () => moveObjects(lying(change), "a", "new", options),
          IntegrityError,
          '"a" is kept',
        );
        assertEquals(error.key, "new");
        const tree = await assertRejects(
          () => moveObjects(lying(change), "d", "new", { ...options, recursive: true }),
          PartialFailureError,
          "nothing was deleted",
        );
        assertEquals(tree.done, []);
        assertEquals(tree.failed.map(({ key }) => key), ["d/x", "d/y"]);
        for (const key of ["a", "d/x", "d/y"]) assertEquals(await bodyOf(backend, key), key);
      }
      // Checksums of other algorithms say nothing.
      const other = lying((head) => ({ ...head, checksum: { algorithm: "SHA256", value: "CC" } }));
      await moveObjects(other, "a", "new", { overwrite: true });
      assertEquals(await backend.head("a"), undefined);
    }));

  Deno.test(`${store}: of a tree, nothing is deleted unless everything is copied`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const refused = new AccessDeniedError("no");
      const stubborn = delegate(backend, {
        move: undefined,
        copy: (from, to, options) =>
          from.endsWith("f1") ? Promise.reject(refused) : backend.copy(from, to, options),
      });
      const error = await assertRejects(
        () => moveObjects(stubborn, "data", "new", { recursive: true }),
        PartialFailureError,
        "nothing was deleted: of 4 objects",
      );
      assertEquals(error.done, ["data/exp", "data/exp/sub/f2", "data/exp2/h1"]);
      assertEquals(error.failed, [{ key: "data/exp/f1", error: refused }]);
      for (const key of TREE) assertEquals(await bodyOf(backend, key), key);
    }));

  Deno.test(`${store}: sources that can't be deleted are told, and are in both places`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const refused = new AccessDeniedError("no");
      const stubborn = delegate(backend, {
        move: undefined,
        async *delete(items, options) {
          for await (const item of items) {
            const key = typeof item === "string" ? item : item.key;
            if (key.endsWith("f1")) yield { key, error: refused };
            else yield* backend.delete([item], options);
          }
        },
      });
      const error = await assertRejects(
        () => moveObjects(stubborn, "data", "new", { recursive: true }),
        PartialFailureError,
        "was copied",
      );
      assertEquals(error.done, ["data/exp", "data/exp/sub/f2", "data/exp2/h1"]);
      assertEquals(error.failed, [{ key: "data/exp/f1", error: refused }]);
      assertEquals(error.committed, "yes");
      assertEquals(await keysOf(backend), [
        "data/exp/f1",
        "new/exp",
        "new/exp/f1",
        "new/exp/sub/f2",
        "new/exp2/h1",
        "top",
      ]);
      const one = await assertRejects(
        () => moveObjects(stubborn, "data/exp/f1", "x"),
        PartialFailureError,
        "of 1 object",
      );
      assertEquals(one.cause, refused);
      assertEquals(await bodyOf(backend, "x"), "data/exp/f1");
    }));

  Deno.test(`${store}: a source that is replaced meanwhile is kept`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["a", "d/x", "d/y"]);
      const racing = delegate(backend, {
        move: undefined,
        async copy(from, to, options) {
          const copy = await backend.copy(from, to, options);
          if (from !== "d/x") await backend.put(from, new TextEncoder().encode("newer"));
          return copy;
        },
      });
      const one = await assertRejects(() => moveObjects(racing, "a", "b"), PartialFailureError);
      assertInstanceOf(one.cause, PreconditionFailedError);
      assertEquals(await bodyOf(backend, "a"), "newer");
      assertEquals(await bodyOf(backend, "b"), "a");
      const tree = await assertRejects(
        () => moveObjects(racing, "d", "e", { recursive: true }),
        PartialFailureError,
      );
      assertEquals(tree.done, ["d/x"]);
      assertEquals(await bodyOf(backend, "d/y"), "newer");
      assertEquals(await keysOf(backend), ["a", "b", "d/y", "e/x", "e/y"]);
    }));

  Deno.test(`${store}: an abort leaves each object in at least one place`, () =>
    withStore(open, async ({ backend }) => {
      const keys = Array.from({ length: 12 }, (_, i) => `d/${10 + i}`);
      for (const after of [1, 5, 12]) {
        for await (const { error } of backend.delete(await keysOf(backend))) assertEquals(error, undefined);
        await plant(backend, keys);
        const reason = new Error("enough");
        const controller = new AbortController();
        let count = 0;
        const error = await assertRejects(() =>
          moveObjects(backend, "d", "e", {
            recursive: true,
            overwrite: true,
            concurrency: 3,
            signal: controller.signal,
            onProgress: () => void (++count === after && controller.abort(reason)),
          })
        );
        assertEquals(error, reason);
        const left = new Set((await keysOf(backend)).map((key) => key.slice(2)));
        assertEquals(left.size, keys.length);
      }
    }));
});

Deno.test("S3: mv sends the version to delete, and no more than the protocol needs", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, conditionalWrites: true });
  const { etag } = s3.store.put("bucket", "a", "body");
  await moveObjects(backend, "a", "b");
  assertEquals(s3.store.keys("bucket"), ["b"]);
  assertEquals(s3.requests.map(({ operation, key }) => `${operation} ${key}`), [
    "HeadObject a", // to know its version and checksum
    "HeadObject a", // the backend's copy: its size and headers
    "HeadObject b", // not there
    "CopyObject b",
    "HeadObject b", // verified
    "HeadObject a", // still that version
    "DeleteObject a",
  ]);
  assertStringIncludes(s3.requests.at(-1)?.headers["if-match"] ?? "", etag);
  backend.close();
});

Deno.test("S3: a wrong checksum of the copy keeps the source", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, conditionalWrites: true });
  s3.store.put("bucket", "a", "body");
  s3.inject({
    operation: "HeadObject",
    key: "b",
    skip: 1,
    kind: "run",
    run: (store) => void store.put("bucket", "b", "BODY"),
  });
  await assertRejects(() => moveObjects(backend, "a", "b"), IntegrityError, "kept");
  assertEquals(new TextDecoder().decode(s3.store.bytes("bucket", "a")), "body");
  backend.close();
});

Deno.test("S3: where deletes know no conditions, the version is looked up", async () => {
  for (const dialect of ["ceph", "swift", "gcs", "r2"] as const) {
    await using s3 = await startS3({ buckets: ["bucket"], dialect });
    const { endpoint, region, credentials } = s3;
    const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, onWarning: () => {} });
    for (const key of ["d/1", "d/2"]) s3.store.put("bucket", key, key);
    await moveObjects(backend, "d", "e", { recursive: true });
    assertEquals(s3.store.keys("bucket"), ["e/1", "e/2"], dialect);
    backend.close();
  }
});

Deno.test("S3: lost answers to the copy and to the delete are looked up, not told as failures", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials, conditionalWrites: true });
  for (const key of ["a", "d/1", "d/2"]) s3.store.put("bucket", key, key);
  for (const operation of ["CopyObject", "DeleteObject"] as const) {
    s3.inject({ operation, kind: "loseAnswer" });
  }
  await moveObjects(backend, "a", "b", { overwrite: true });
  assertEquals(s3.store.keys("bucket"), ["b", "d/1", "d/2"]);
  for (const operation of ["CopyObject", "DeleteObject"] as const) {
    s3.inject({ operation, kind: "loseAnswer" });
  }
  await moveObjects(backend, "d", "e", { recursive: true, overwrite: true });
  assertEquals(s3.store.keys("bucket"), ["b", "e/1", "e/2"]);
  // Where nothing may be written over, an equal object may be somebody else's: that is told, and the source stays.
  s3.inject({ operation: "CopyObject", kind: "loseAnswer" });
  const error = await assertRejects(() => moveObjects(backend, "b", "c"), AlreadyExistsError);
  assertEquals(error.committed, "unknown");
  assertEquals(s3.store.keys("bucket"), ["b", "c", "e/1", "e/2"]);
  backend.close();
});
