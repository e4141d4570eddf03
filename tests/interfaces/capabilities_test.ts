// What not every store can do, through the interfaces: on the stand-in for S3, below a prefix, encrypted, and where there is no such thing.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { aesKeys, generateAesKey } from "../../crypto/mod.ts";
import { EncryptedInterface, getInterface, MemoryBackend, UnsupportedError } from "../../mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { type FakeS3, startS3 } from "../servers/s3.ts";
import { delegate } from "../backends/delegate.ts";

async function withS3(work: (s3: FakeS3, backend: S3Backend) => Promise<void>): Promise<void> {
  const s3 = await startS3({ buckets: [{ name: "bucket", versioning: true }] });
  const backend = new S3Backend({
    bucket: "bucket",
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.credentials,
    retries: 2,
  });
  try {
    await work(s3, backend);
  } finally {
    backend.close();
    await s3.shutdown();
  }
}

Deno.test("options of S3 come through getInterface, and class and tags with whatever is written", () =>
  withS3(async (s3) => {
    const cci = await getInterface("s3://bucket/lab", {
      endpoint: s3.endpoint,
      ...s3.credentials,
      storageClass: "STANDARD_IA",
      sse: { type: "KMS", keyId: "alias/lab" },
      requestPayer: "requester",
    });
    const tags = { study: "7" };
    await cci.uploadObject("text", "hello", { tags });
    await cci.uploadRawArray("raw", [1, 2, 3], { tags, storageClass: "GLACIER_IR" });
    await cci.uploadNpyArray("npy", [1, 2, 3], { tags });
    await cci.uploadJson("json", { a: 1 }, { tags });
    await cci.uploadPickle("pickle", { a: 1 }, { tags });
    await cci.uploadDaskArray("dask", [[1, 2], [3, 4]], { tags, chunks: [[1, 1], [2]] });
    await cci.dict2cloud("dict", { x: [1], y: [2] }, { tags });
    const keys = s3.store.keys("bucket");
    assert(keys.length >= 10, keys.join());
    for (const key of keys) {
      const stored = s3.store.get("bucket", key);
      assertEquals(stored?.tags, tags, key);
      assertEquals(stored?.storageClass, key === "lab/raw" ? "GLACIER_IR" : "STANDARD_IA", key);
      assertEquals(stored?.encryption?.kmsKeyId, "alias/lab", key);
    }
    assert(s3.requests.every(({ headers }) => headers["x-amz-request-payer"] === "requester"));
    assertEquals((await cci.getObject("raw")).storageClass, "GLACIER_IR");
    await cci.cp("raw", "raw2", { storageClass: "ONEZONE_IA" });
    assertEquals((await cci.getObject("raw2")).storageClass, "ONEZONE_IA");
    assertEquals(await cci.getTags("raw2"), tags);
  }));

Deno.test("names are relative to the interface's prefix, and nothing outside of it is listed or ended", () =>
  withS3(async (s3, backend) => {
    const cci = await getInterface("s3://bucket/lab/sub01", {
      endpoint: s3.endpoint,
      region: s3.region,
      ...s3.credentials,
    });
    await backend.put("lab/other", new Uint8Array(1));
    await cci.uploadJson("notes", { n: 1 });
    const { versionId } = await cci.uploadJson("notes", { n: 2 });
    await cci.uploadJson("notes", { n: 3 });
    await cci.setTags("notes", { keep: "1" });
    assertEquals(await cci.getTags("notes"), { keep: "1" });
    assertEquals(await cci.downloadJson("notes", { versionId }), { n: 2 });
    assertEquals(new TextDecoder().decode(await cci.downloadObject("notes", { versionId })), '{"n": 2}');
    assertEquals((await cci.getObject("notes", { versionId })).versionId, versionId);
    await cci.rm("notes");
    const listed = await Array.fromAsync(cci.listVersions());
    assertEquals(listed.map(({ key, isDeleteMarker }) => [key, isDeleteMarker]), [
      ["notes", true],
      ["notes", false],
      ["notes", false],
      ["notes", false],
    ]);
    assertEquals((await Array.fromAsync(cci.listVersions({ prefix: "o" }))).length, 0);
    await cci.undelete("notes");
    assertEquals(await cci.downloadJson("notes"), { n: 3 });
    const response = await fetch(await cci.presign("notes", { method: "GET", expires: 60 }));
    assertEquals(await response.json(), { n: 3 });
    // Uploads that a killed process left.
    const { CreateMultipartUploadCommand } = await import("@aws-sdk/client-s3");
    for (const Key of ["lab/sub01/left", "lab/other"]) {
      await backend.client.send(new CreateMultipartUploadCommand({ Bucket: "bucket", Key }));
    }
    assertEquals((await Array.fromAsync(cci.listUploads())).map(({ key }) => key), ["left"]);
    assertEquals(await cci.abortUploads({ olderThan: 3_600_000 }), []);
    assertEquals((await cci.abortUploads({ olderThan: 0 })).map(({ key }) => key), ["left"]);
    assertEquals(s3.store.uploads("bucket").map(({ key }) => key), ["lab/other"]);
  }));

Deno.test("an encrypting store passes on what makes sense, and signs no URLs of ciphertext", () =>
  withS3(async (s3, backend) => {
    const cci = new EncryptedInterface(backend, { keys: aesKeys(generateAesKey()) });
    const { versionId } = await cci.uploadJson("notes", { n: 1 }, {
      storageClass: "STANDARD_IA",
      tags: { a: "b" },
    });
    await cci.uploadJson("notes", { n: 22 });
    assertEquals(s3.store.bucket("bucket").history.get("notes")?.at(-1)?.object?.storageClass, "STANDARD_IA");
    assertEquals(await cci.downloadJson("notes", { versionId }), { n: 1 });
    await cci.setTags("notes", { c: "d" });
    assertEquals(await cci.getTags("notes"), { c: "d" });
    await cci.rm("notes");
    const sizes = (await Array.fromAsync(cci.listVersions())).map(({ size }) => size);
    assertEquals(sizes, [0, '{"n": 22}'.length, '{"n": 1}'.length]);
    assertEquals((await cci.undelete("notes")).size, '{"n": 22}'.length);
    assertEquals(await cci.downloadJson("notes"), { n: 22 });
    const error = await assertRejects(() => cci.presign("notes"), UnsupportedError, "encrypted");
    assertStringIncludes(error.message, "backend.store.presign");
    // Giving it other keys leaves class and tags as they are.
    await cci.uploadJson("cold", { n: 1 }, { storageClass: "GLACIER_IR", tags: { a: "b" } });
    await cci.rotate(aesKeys(generateAesKey()), { prefix: "cold" });
    const stored = s3.store.get("bucket", "cold");
    assertEquals([stored?.storageClass, stored?.tags], ["GLACIER_IR", { a: "b" }]);
  }));

Deno.test("a store that can't says so, and which can", async () => {
  const cci = await getInterface(new MemoryBackend("capabilities"));
  await cci.uploadObject("key", "x");
  const calls = [
    () => cci.getTags("key"),
    () => cci.setTags("key", {}),
    () => cci.presign("key"),
    () => Array.fromAsync(cci.listVersions()),
    () => cci.undelete("key"),
    () => Array.fromAsync(cci.listUploads()),
    () => cci.abortUploads({ olderThan: 0 }),
    () => cci.downloadObject("key", { versionId: "1" }),
    () => cci.downloadRawArray("key", { versionId: "1" }),
    () => cci.uploadObject("key", "y", { storageClass: "GLACIER" }),
    () => cci.uploadObject("key", "y", { tags: { a: "b" } }),
    () => cci.cp("key", "other", { storageClass: "GLACIER" }),
  ];
  for (const call of calls) await assertRejects(call, UnsupportedError, "S3");
  // A store of somebody's own need not know of any of it.
  const own = await getInterface(
    delegate(new MemoryBackend("capabilities"), { capabilities: { ...new MemoryBackend().capabilities } }),
  );
  await assertRejects(() => own.presign("key"), UnsupportedError, "S3");
});
