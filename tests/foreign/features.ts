/**
 * What not every S3 server has, by this package: classes, tags, versions, presigned URLs, pending uploads, customers' keys.
 *
 * @module
 */
import {
  CreateMultipartUploadCommand,
  PutBucketVersioningCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { S3Backend, S3Options } from "../../backends/s3/mod.ts";
import { NotFoundError } from "../../lib/errors.ts";

const bytes = Uint8Array.from({ length: 20 * 1024 * 1024 + 5 }, (_, i) => (i * i) >> 3);

type Open = (options?: Partial<S3Options>) => S3Backend;

/** Registers the cases, each with a bucket of its own, which `open` opens. */
export function featureCases(
  register: (title: string, run: () => Promise<void>) => void,
  openBucket: (bucket: string, options: Partial<S3Options>) => S3Backend,
): void {
  const test = (
    title: string,
    work: (backend: S3Backend, open: Open) => Promise<void>,
    { versioning = false }: { readonly versioning?: boolean } = {},
  ) =>
    register(title, async () => {
      const bucket = `features-${crypto.randomUUID()}`;
      const opened: S3Backend[] = [];
      const open: Open = (options = {}) => {
        const backend = openBucket(bucket, options);
        opened.push(backend);
        return backend;
      };
      try {
        const backend = open();
        await backend.buckets.create(bucket);
        if (versioning) {
          const VersioningConfiguration = { Status: "Enabled" } as const;
          await backend.client.send(
            new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }),
          );
        }
        await work(backend, open);
      } finally {
        for (const backend of opened) backend.close();
      }
    });

  test("storage class and tags, in one request, in parts, on copies", async (backend) => {
    const kept = { storageClass: "STANDARD_IA", tags: { "project/a": "1 + 2" } };
    await backend.put("small", bytes.subarray(0, 10), kept);
    await backend.put("large", new Blob([bytes]).stream(), kept);
    await backend.copy("small", "copy");
    await backend.copy("small", "other", { storageClass: "GLACIER_IR", tags: { only: "this" } });
    for (const key of ["small", "large", "copy"]) {
      assertEquals((await backend.head(key))?.storageClass, "STANDARD_IA", key);
      assertEquals(await backend.getTags(key), kept.tags, key);
    }
    assertEquals((await backend.head("other"))?.storageClass, "GLACIER_IR");
    assertEquals(await backend.getTags("other"), { only: "this" });
    await backend.setTags("other", { b: "2" });
    assertEquals(await backend.getTags("other"), { b: "2" });
    const listed = await Array.fromAsync(backend.list());
    assertEquals(listed.map((entry) => "key" in entry && entry.storageClass), [
      "STANDARD_IA",
      "STANDARD_IA",
      "GLACIER_IR",
      "STANDARD_IA",
    ]);
  });

  test("versions are listed, read, brought back and removed", async (backend) => {
    const first = await backend.put("a", bytes.subarray(0, 10));
    await backend.put("a", bytes.subarray(0, 11));
    await backend.put("a b", bytes.subarray(0, 3));
    await Array.fromAsync(backend.delete(["a"]));
    await Array.fromAsync(backend.delete(["a"]));
    const listed = await Array.fromAsync(backend.listVersions());
    // Markers come apart from versions, and their times may be of one second: what is fixed is the first, and each in its own order.
    assert(listed[0].isLatest && listed[0].isDeleteMarker);
    const ofKind = (marker: boolean) => listed.filter(({ isDeleteMarker }) => isDeleteMarker === marker);
    assertEquals(ofKind(true).map(({ key }) => key), ["a", "a"]);
    assertEquals(ofKind(false).map(({ key, size }) => `${key} ${size}`), ["a 11", "a 10", "a b 3"]);
    const reader = await backend.open("a", { versionId: first.versionId });
    assertEquals(await reader.read(), bytes.slice(0, 10));
    assertEquals((await backend.undelete("a")).size, 11);
    assertEquals((await backend.head("a"))?.size, 11);
    await backend.copy("a", "a", { fromVersionId: first.versionId });
    assertEquals((await backend.head("a"))?.size, 10);
    const [removed] = await Array.fromAsync(backend.delete([{ key: "a", versionId: first.versionId }]));
    assertEquals(removed, { key: "a" });
    await assertRejects(() => backend.open("a", { versionId: first.versionId }), NotFoundError);
  }, { versioning: true });

  test("presigned URLs read, look up, store and delete", async (backend, open) => {
    const cold = open({ storageClass: "STANDARD_IA" });
    const key = "sub 01/ü+%41?#";
    const put = await fetch(await cold.presign(key, { method: "PUT", contentType: "text/csv" }), {
      method: "PUT",
      headers: { "content-type": "text/csv" },
      body: bytes.slice(0, 100),
    });
    assertEquals(put.status, 200, await put.text());
    assertEquals((await backend.head(key))?.contentType, "text/csv");
    const read = await fetch(await backend.presign(key, { expires: 60, filename: "ä.csv" }));
    assertEquals(new Uint8Array(await read.arrayBuffer()), bytes.slice(0, 100));
    assert(read.headers.get("content-disposition")?.includes("%C3%A4.csv"));
    const head = await fetch(await backend.presign(key, { method: "HEAD" }), { method: "HEAD" });
    assertEquals([head.status, head.headers.get("content-length")], [200, "100"]);
    const removed = await fetch(await backend.presign(key, { method: "DELETE" }), { method: "DELETE" });
    await removed.body?.cancel();
    assertEquals(await backend.head(key), undefined);
  });

  test("pending uploads are listed and ended", async (backend) => {
    const place = { Bucket: backend.bucket, Key: "a b/left" };
    const { UploadId } = await backend.client.send(new CreateMultipartUploadCommand(place));
    await backend.client.send(
      new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: bytes.subarray(0, 10) }),
    );
    const listed = await Array.fromAsync(backend.listUploads({ prefix: "a b/" }));
    assertEquals(listed.map(({ key, uploadId }) => [key, uploadId]), [["a b/left", UploadId]]);
    assertEquals((await backend.abortUploads({ olderThan: 0 })).length, 1);
    assertEquals(await Array.fromAsync(backend.listUploads()), []);
  });

  test("a customer's key, in one request and in parts", async (_backend, open) => {
    const secret = open({ sse: { type: "C", key: bytes.slice(0, 32) } });
    await secret.put("small", bytes.subarray(0, 10));
    await secret.put("large", bytes);
    assertEquals((await secret.head("small"))?.size, 10);
    const reader = await secret.open("large", { range: { offset: 9_000_000, length: 50 } });
    assertEquals(await reader.read(), bytes.slice(9_000_000, 9_000_050));
    // That nothing is read without the key is held against the stand-in: moto asks for none.
  });
}
