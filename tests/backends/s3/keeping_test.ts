import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LocalBackend } from "../../../backends/local/mod.ts";
import { MemoryBackend } from "../../../backends/memory/mod.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import {
  AccessDeniedError,
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { MiB, onS3, pattern, same, streamed } from "./setup.ts";

const LARGE = pattern(20 * MiB + 5);
const KEY = pattern(32);
/** A store that copies no more than a part at a time, and parts that it copies. */
const partSize = 5 * MiB;
const SMALL_COPIES = { features: { maxCopySize: 6 * MiB } };

Deno.test("storage class and tags go with a put, a stream in parts and a copy of either kind", () =>
  onS3(
    async ({ s3, backend }) => {
      const kept = { storageClass: "STANDARD_IA", tags: { "project/a": "1 + 2", "ünï": "" } };
      await backend.put("small", pattern(10), kept);
      await backend.put("large", streamed(LARGE), kept);
      for (const key of ["small", "large"]) {
        const stored = s3.store.get("bucket", key);
        assertEquals([stored?.storageClass, stored?.tags], [kept.storageClass, kept.tags], key);
        assertEquals((await backend.head(key))?.storageClass, "STANDARD_IA");
        assertEquals(await backend.getTags(key), kept.tags);
        // What a copy is not told, it keeps, also in parts, where the store would forget both.
        await backend.copy(key, `copy of ${key}`);
        await backend.copy(key, key, { metadata: { changed: "1" } });
        await backend.copy(key, `other copy of ${key}`, {
          storageClass: "GLACIER_IR",
          tags: { only: "this" },
        });
        for (const name of [key, `copy of ${key}`]) {
          const copy = s3.store.get("bucket", name);
          assertEquals([copy?.storageClass, copy?.tags], [kept.storageClass, kept.tags], name);
        }
        const other = s3.store.get("bucket", `other copy of ${key}`);
        assertEquals([other?.storageClass, other?.tags], ["GLACIER_IR", { only: "this" }]);
      }
      const listed = await Array.fromAsync(backend.list({ prefix: "small" }));
      assertEquals(listed.map((entry) => "key" in entry && entry.storageClass), ["STANDARD_IA"]);
      assert(s3.requests.some(({ operation }) => operation === "UploadPartCopy"));
    },
    { partSize },
    SMALL_COPIES,
  ));

Deno.test("a store-wide storage class, which a call overrules; the standard one is told as none", () =>
  onS3(async ({ s3, backend }) => {
    await backend.put("a", pattern(10));
    await backend.put("b", streamed(LARGE), { storageClass: "STANDARD" });
    await backend.copy("b", "c");
    assertEquals(["a", "b", "c"].map((key) => s3.store.get("bucket", key)?.storageClass), [
      "ONEZONE_IA",
      undefined,
      "ONEZONE_IA",
    ]);
    assertEquals((await backend.head("b"))?.storageClass, undefined);
    // The class of an object is changed by a copy onto itself.
    await backend.copy("b", "b", { storageClass: "GLACIER_IR" });
    assertEquals((await backend.head("b"))?.storageClass, "GLACIER_IR");
    const refused = await assertRejects(
      () => backend.put("d", pattern(1), { storageClass: "NO_SUCH" }),
      CottonCandyError,
      "storage class",
    );
    assertEquals(refused.committed, "no");
    await assertRejects(() => backend.put("d", pattern(1), { storageClass: "a\nb" }), InvalidArgumentError);
  }, { storageClass: "ONEZONE_IA" }));

Deno.test("tags can be changed, and those that can't be stored are refused before anything is sent", () =>
  onS3(async ({ backend, operations }) => {
    await backend.put("key", pattern(10), { tags: { a: "1" } });
    await backend.setTags("key", { b: "2", "c/d": "é" });
    assertEquals(await backend.getTags("key"), { b: "2", "c/d": "é" });
    await backend.setTags("key", {});
    assertEquals(await backend.getTags("key"), {});
    await assertRejects(() => backend.getTags("missing"), NotFoundError);
    operations();
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, ""]));
    for (
      const tags of [many, { "": "x" }, { ["k".repeat(129)]: "" }, { k: "v".repeat(257) }, { "a&b": "" }]
    ) {
      const error = await assertRejects(
        () => backend.put("key", pattern(1), { tags }),
        InvalidArgumentError,
        "tag",
      );
      assertEquals(error.committed, "no");
      await assertRejects(() => backend.setTags("key", tags), InvalidArgumentError, "tag");
    }
    assertEquals(operations(), []);
  }));

Deno.test("SSE-KMS: key, context and bucket key, in one request and in parts, and on copies", () =>
  onS3(
    async ({ s3, backend }) => {
      await backend.put("small", pattern(10));
      await backend.put("large", streamed(LARGE));
      await backend.copy("large", "copy");
      for (const key of ["small", "large", "copy"]) {
        assertEquals(s3.store.get("bucket", key)?.encryption, {
          algorithm: "aws:kms",
          kmsKeyId: "alias/lab",
          context: { project: "é" },
          bucketKey: true,
        });
        const reader = await backend.open(key, { parallel: true });
        assert(same(await reader.read(), key === "small" ? pattern(10) : LARGE));
      }
      // Who is told nothing of it keeps the key that an object has.
      const plain = new S3Backend({
        bucket: "bucket",
        endpoint: s3.endpoint,
        credentials: s3.credentials,
      });
      await plain.copy("small", "small", { metadata: { changed: "1" } });
      assertEquals(s3.store.get("bucket", "small")?.encryption?.kmsKeyId, "alias/lab");
      plain.close();
    },
    { sse: { type: "KMS", keyId: "alias/lab", context: { project: "é" }, bucketKey: true }, partSize },
    SMALL_COPIES,
  ));

Deno.test("SSE-S3 is asked for by name", () =>
  onS3(async ({ s3, backend }) => {
    await backend.put("key", pattern(10));
    assertEquals(s3.store.get("bucket", "key")?.encryption, { algorithm: "AES256" });
  }, { sse: { type: "S3" } }));

for (const key of [KEY, btoa(String.fromCharCode(...KEY))]) {
  Deno.test(`SSE-C with a key as ${typeof key}: puts, parts, heads, ranges, copies`, () =>
    onS3(
      async ({ s3, backend, warnings }) => {
        await backend.put("small", pattern(10));
        await backend.put("large", streamed(LARGE));
        await backend.copy("small", "copy");
        await backend.copy("large", "large copy");
        await backend.copy("small", "small", { metadata: { changed: "1" } });
        for (const name of ["small", "copy"]) {
          assertEquals((await backend.head(name))?.size, 10);
          assert(same(await (await backend.open(name)).read(), pattern(10)));
        }
        for (const name of ["large", "large copy"]) {
          assert(same(await (await backend.open(name, { parallel: true })).read(), LARGE));
          const part = await backend.open(name, { range: { offset: 9 * MiB, length: 100 } });
          assert(same(await part.read(), LARGE.subarray(9 * MiB, 9 * MiB + 100)));
          assertEquals(s3.store.get("bucket", name)?.encryption?.algorithm, "SSE-C");
        }
        assertEquals(warnings, []);
        const open = { bucket: "bucket", endpoint: s3.endpoint, credentials: s3.credentials, retries: 1 };
        const without = new S3Backend(open);
        await assertRejects(() => without.open("small"), InvalidArgumentError, "sse");
        await assertRejects(() => without.head("small"), CottonCandyError, "sse");
        await assertRejects(() => without.copy("small", "x"), CottonCandyError, "sse");
        const wrong = new S3Backend({ ...open, sse: { type: "C", key: pattern(32, 7) } });
        await assertRejects(() => wrong.open("small"), AccessDeniedError);
        // What is deleted and listed needs no key.
        assertEquals(
          (await Array.fromAsync(without.delete(["small", "copy"]))).filter(({ error }) => error),
          [],
        );
        s3.store.put("bucket", "plain", "x");
        await assertRejects(() => backend.open("plain"), InvalidArgumentError, "sse");
        without.close();
        wrong.close();
      },
      { sse: { type: "C", key }, partSize },
      SMALL_COPIES,
    ));
}

Deno.test("a customer's key does not travel unencrypted, and no message shows it", () => {
  const store = { bucket: "bucket", credentials: { accessKeyId: "a", secretAccessKey: "b" } };
  const sse = { type: "C", key: KEY } as const;
  assertThrows(
    () => new S3Backend({ ...store, endpoint: "http://s3.example.org", sse }),
    InvalidArgumentError,
    "https",
  );
  for (
    const endpoint of ["https://s3.example.org", "http://localhost:9000", "http://[::1]:9000", undefined]
  ) {
    new S3Backend({ ...store, endpoint, sse }).close();
  }
  for (const key of [pattern(31), "short", "%%%"]) {
    const error = assertThrows(
      () => new S3Backend({ ...store, sse: { type: "C", key } }),
      InvalidArgumentError,
      "32 bytes",
    );
    assert(typeof key !== "string" || !error.message.includes(key));
  }
  for (
    const wrong of [{ sse: { type: "kms" } }, { sse: {} }, { requestPayer: true }, { storageClass: "a b" }]
  ) {
    const options = { ...store };
    for (const [name, value] of Object.entries(wrong)) Reflect.set(options, name, value);
    assertThrows(() => new S3Backend(options), InvalidArgumentError);
  }
});

Deno.test("a bucket whose readers pay", () =>
  onS3(
    async ({ s3, backend }) => {
      await backend.put("key", pattern(10));
      await backend.put("large", streamed(LARGE), { tags: { a: "b" } });
      await backend.copy("large", "copy");
      assert(same(await (await backend.open("large", { parallel: true })).read(), LARGE));
      assertEquals((await Array.fromAsync(backend.list())).length, 3);
      assertEquals((await Array.fromAsync(backend.listVersions())).length, 3);
      assertEquals(await Array.fromAsync(backend.listUploads()), []);
      assertEquals(await backend.getTags("large"), { a: "b" });
      assert((await backend.owner("key")).id);
      assertEquals(
        (await Array.fromAsync(backend.delete(["key", "large", "copy"]))).filter(({ error }) => error),
        [],
      );
      const other = new S3Backend({ bucket: "bucket", endpoint: s3.endpoint, credentials: s3.credentials });
      await assertRejects(() => other.put("key", pattern(1)), AccessDeniedError);
      other.close();
    },
    { requestPayer: "requester", partSize },
    { buckets: [{ name: "bucket", requesterPays: true }], ...SMALL_COPIES },
  ));

Deno.test("stores without classes, tags and versions refuse them, and say who has some", async () => {
  const directory = await Deno.makeTempDir();
  for (const backend of [new MemoryBackend("stores-without"), new LocalBackend(directory)]) {
    await backend.put("key", pattern(10), { tags: {} });
    for (const options of [{ storageClass: "STANDARD_IA" }, { tags: { a: "b" } }]) {
      const error = await assertRejects(
        () => backend.put("key", pattern(1), options),
        UnsupportedError,
        "S3",
      );
      assertEquals(error.committed, "no");
      await assertRejects(() => backend.copy("key", "other", options), UnsupportedError, "S3");
    }
    await assertRejects(() => backend.head("key", { versionId: "1" }), UnsupportedError, "S3");
    await assertRejects(() => backend.open("key", { versionId: "1" }), UnsupportedError, "S3");
    await assertRejects(() => backend.copy("key", "other", { fromVersionId: "1" }), UnsupportedError, "S3");
    const [deleted] = await Array.fromAsync(backend.delete([{ key: "key", versionId: "1" }]));
    assert(deleted.error instanceof UnsupportedError);
    assertEquals((await backend.head("key"))?.size, 10);
  }
  await Deno.remove(directory, { recursive: true });
});
