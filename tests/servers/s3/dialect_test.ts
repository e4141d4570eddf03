import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { assertEquals } from "@std/assert";
import { startS3 } from "../s3.ts";
import { assertS3Error, connect, noise, sign } from "./sdk.ts";

const Bucket = "bucket", Key = "key";
const put = (extra: Partial<ConstructorParameters<typeof PutObjectCommand>[0]> = {}) =>
  new PutObjectCommand({ Bucket, Key, Body: noise(10), ...extra });

Deno.test("swift: checksums are overlooked, and refused in a list of parts", async () => {
  await using s3 = await startS3({ buckets: [Bucket], dialect: "swift" });
  using client = connect(s3);
  const begun = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const part = { Bucket, Key, UploadId: begun.UploadId, PartNumber: 1 };
  const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...part, Body: noise(10) }));
  assertEquals(ChecksumCRC32, undefined);
  const complete = (extra: { ChecksumCRC32?: string }) =>
    client.send(
      new CompleteMultipartUploadCommand({
        ...part,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ...extra }] },
      }),
    );
  await assertS3Error(() => complete({ ChecksumCRC32: "AAAAAA==" }), "MalformedXML", 400);
  await complete({});
});

Deno.test("swift: no checksums, no conditions, DeleteObjects by MD5", async () => {
  await using s3 = await startS3({ buckets: [Bucket], dialect: "swift" });
  using modern = connect(s3), plain = connect(s3, { requestChecksumCalculation: "WHEN_REQUIRED" });
  assertEquals((await modern.send(put({ ChecksumCRC32: "AAAAAA==" }))).ChecksumCRC32, undefined);
  await assertS3Error(() => plain.send(put({ IfNoneMatch: "*" })), "NotImplemented", 501);
  const head = await plain.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  assertEquals([head.ChecksumCRC64NVME, head.ChecksumCRC32], [undefined, undefined]);
  // This one the SDK must send with a checksum, and the server wants an MD5.
  await assertS3Error(
    () => plain.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } })),
    "InvalidRequest",
    400,
  );
  const { url, headers } = await sign(plain, {
    method: "POST",
    path: "/bucket",
    query: { delete: "" },
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-md5": "sG9/wMAnC0Z/tdq8ZBJZ3g==" },
  });
  const body = `<Delete><Object><Key>${Key}</Key></Object></Delete>`;
  const { createHash } = await import("node:crypto");
  const digest = createHash("md5").update(body).digest("base64");
  const wrong = await fetch(url, { method: "POST", headers, body });
  assertEquals([wrong.status, /BadDigest/.test(await wrong.text())], [400, true]);
  const right = await sign(plain, {
    method: "POST",
    path: "/bucket",
    query: { delete: "" },
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-md5": digest },
  });
  const response = await fetch(right.url, { method: "POST", headers: right.headers, body });
  assertEquals([response.status, /<Deleted>/.test(await response.text())], [200, true]);
  assertEquals(s3.store.keys(Bucket), []);
});

Deno.test("ceph: checksums are ignored, even wrong ones", async () => {
  await using s3 = await startS3({ buckets: [Bucket], dialect: "ceph" });
  using client = connect(s3);
  const done = await client.send(put({ ChecksumCRC32: "AAAAAA==" }));
  assertEquals(done.ChecksumCRC32, undefined);
  await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
  assertEquals(s3.store.keys(Bucket), []);
  await assertS3Error(
    () => client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch: "*" })),
    "NotImplemented",
    501,
  );
});

Deno.test("gcs: no copies of parts", async () => {
  await using s3 = await startS3({ buckets: [Bucket], dialect: "gcs" });
  using client = connect(s3, { requestChecksumCalculation: "WHEN_REQUIRED" });
  await client.send(put());
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "copy" }));
  await assertS3Error(
    () =>
      client.send(
        new UploadPartCopyCommand({
          Bucket,
          Key: "copy",
          UploadId,
          PartNumber: 1,
          CopySource: `${Bucket}/${Key}`,
        }),
      ),
    "NotImplemented",
    501,
  );
});

Deno.test("a server that ignores ranges answers all with 200", async () => {
  await using s3 = await startS3({ buckets: [Bucket], features: { ignoreRange: true } });
  using client = connect(s3);
  s3.store.put(Bucket, Key, noise(100));
  const got = await client.send(new GetObjectCommand({ Bucket, Key, Range: "bytes=10-19" }));
  assertEquals([got.$metadata.httpStatusCode, got.ContentRange], [200, undefined]);
  assertEquals(await got.Body?.transformToByteArray(), noise(100));
});

Deno.test("r2: the SDK's default checksum is refused; one without is taken", async () => {
  await using s3 = await startS3({ buckets: [Bucket], dialect: "r2" });
  using modern = connect(s3), plain = connect(s3, { requestChecksumCalculation: "WHEN_REQUIRED" });
  await assertS3Error(() => modern.send(put()), "NotImplemented", 501);
  await plain.send(put({ IfNoneMatch: "*" }));
  assertEquals(s3.store.bytes(Bucket, Key), noise(10));
});

Deno.test("features one by one: no DeleteObjects, no chunked payloads, small pages", async () => {
  await using s3 = await startS3({
    buckets: [Bucket],
    features: { deleteObjects: false, streamingPayload: false, maxKeys: 2 },
  });
  using client = connect(s3);
  for (const key of ["a", "b", "c"]) s3.store.put(Bucket, key, "x");
  await assertS3Error(
    () => client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a" }] } })),
    "NotImplemented",
    501,
  );
  const page = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3 }));
  assertEquals([page.KeyCount, page.MaxKeys, page.IsTruncated], [2, 2, true]);
  const { url, headers } = await sign(client, {
    method: "PUT",
    path: `/${Bucket}/${Key}`,
    headers: {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "1",
    },
  });
  const response = await fetch(url, { method: "PUT", headers, body: "1\r\nx\r\n0\r\n\r\n" });
  assertEquals([response.status, /NotImplemented/.test(await response.text())], [501, true]);
  assertEquals(s3.store.keys(Bucket), ["a", "b", "c"]);
});
