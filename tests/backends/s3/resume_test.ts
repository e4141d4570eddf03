/** Uploads that are resumed: what is sent again and what is not, what a list of parts may say, and what became of one whose answer was lost. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { UploadPartCommand } from "@aws-sdk/client-s3";
import { S3Backend, type S3Options } from "../../../backends/s3/mod.ts";
import type { UploadToken } from "../../../backends/backend.ts";
import { toHex } from "../../../lib/base64.ts";
import { digestOf } from "../../../lib/checksums.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { uploadFile } from "../../../lib/files/mod.ts";
import { abortUploads, listUploads } from "../../../lib/objects/capabilities/mod.ts";
import { memoryResumeStore } from "../../../lib/objects/resuming/mod.ts";
import type { FakeS3 } from "../../servers/s3.ts";
import { MiB, onS3, pattern, same, streamed } from "./setup.ts";

const partSize = 5 * MiB;
/** Three parts, the last of them short. */
const BYTES = pattern(10 * MiB + 65_537);
const size = BYTES.length;
const quick = { partSize, concurrency: 1, retries: { attempts: 2, delay: 5 } };

/** The same bucket, opened by another process. */
function another(s3: FakeS3, options: Partial<S3Options> = {}): S3Backend {
  const { endpoint, credentials } = s3;
  return new S3Backend({
    bucket: "bucket",
    endpoint,
    credentials,
    onWarning: () => {},
    ...quick,
    ...options,
  });
}

/** Sends so many parts of an upload, and fails. */
async function sendParts(backend: S3Backend, token: UploadToken, count: number): Promise<void> {
  const stop = new AbortController();
  const onProgress = ({ loaded }: { loaded: number }) => {
    if (loaded >= count * partSize) stop.abort();
  };
  await backend.resumeUpload(token, BYTES, { concurrency: 1, signal: stop.signal, onProgress }).then(
    () => assert(false, "the upload is to break off"),
    () => {},
  );
}

/** Numbers of the parts that arrived whole since the last call. */
function partsSent(s3: FakeS3): number[] {
  return s3.requests.splice(0).flatMap(({ operation, status, query }) =>
    operation === "UploadPart" && status === 200 ? [Number(query.partNumber)] : []
  );
}

async function isStored(backend: S3Backend, key = "key"): Promise<boolean> {
  return same(await (await backend.open(key)).read(), BYTES);
}

const key32 = pattern(32);
const otherKey = pattern(32, 2);

/** How a store is opened, and whether the part that it has is sent again. */
const WAYS: readonly {
  readonly name: string;
  readonly options: Partial<S3Options>;
  readonly again: number[];
}[] = [
  { name: "CRC32", options: {}, again: [] },
  { name: "CRC64NVME", options: { checksums: "CRC64NVME" }, again: [] },
  { name: "SHA256", options: { checksums: "SHA256" }, again: [] },
  { name: "MD5", options: { checksums: "MD5" }, again: [] },
  { name: "no checksum", options: { checksums: false }, again: [] },
  { name: "a customer's key", options: { sse: { type: "C", key: key32 } }, again: [] },
  { name: "a key of KMS", options: { sse: { type: "KMS" } }, again: [] },
  // Nothing that the store tells can prove what it has.
  {
    name: "a key of KMS and no checksum",
    options: { sse: { type: "KMS" }, checksums: false },
    again: [1],
  },
];

for (const { name, options, again } of WAYS) {
  Deno.test(`with ${name} a resumed upload sends what the store lacks`, () =>
    onS3(async ({ s3, backend, uploads }) => {
      const token = await backend.startUpload("key", { size });
      await sendParts(backend, token, 1);
      assertEquals(partsSent(s3)[0], 1);
      for (const upload of s3.store.uploads("bucket")) upload.parts.delete(2);
      // Who resumes need not know with which checksum it was begun.
      const other = another(s3, { sse: options.sse });
      await other.resumeUpload(JSON.parse(JSON.stringify(token)), streamed(BYTES));
      assertEquals(partsSent(s3), [...again, 2, 3]);
      assert(await isStored(other));
      assertEquals(uploads(), []);
      other.close();
    }, { ...quick, ...options }));
}

Deno.test("a token has no secrets, and a customer's other key is refused in words", () =>
  onS3(async ({ s3, backend }) => {
    const token = await backend.startUpload("key", { size });
    const text = JSON.stringify(token);
    const secrets = [
      s3.credentials.secretAccessKey,
      s3.credentials.accessKeyId,
      btoa(String.fromCharCode(...key32)),
    ];
    for (const secret of secrets) assert(!text.includes(secret));
    for (const sse of [undefined, { type: "C", key: otherKey } as const]) {
      const other = another(s3, { sse });
      const error = await assertRejects(
        () => other.resumeUpload(token, BYTES),
        InvalidArgumentError,
        "customer's key",
      );
      assertEquals(error.committed, "no");
      await assertRejects(() => other.abortUpload(token), InvalidArgumentError);
      other.close();
    }
    await backend.abortUpload(token);
  }, { ...quick, sse: { type: "C", key: key32 } }));

Deno.test("what the store is told when an upload begins is kept", () =>
  onS3(async ({ s3, backend }) => {
    const token = await backend.startUpload("key", {
      size: 3,
      metadata: { run: "7" },
      contentType: "text/plain",
      storageClass: "STANDARD_IA",
      tags: { study: "7" },
      acl: "public-read",
    });
    const other = another(s3);
    await other.resumeUpload(token, new TextEncoder().encode("abc"));
    const stored = s3.store.get("bucket", "key");
    assertEquals([
      stored?.metadata,
      stored?.headers["content-type"],
      stored?.storageClass,
      stored?.tags,
      stored?.acl,
    ], [
      { run: "7" },
      "text/plain",
      "STANDARD_IA",
      { study: "7" },
      "public-read",
    ]);
    other.close();
  }));

Deno.test("parts with gaps between them, listed over pages, are filled in", () =>
  onS3(
    async ({ s3, backend }) => {
      const token = await backend.startUpload("key", { size });
      await sendParts(backend, token, 2);
      const [upload] = s3.store.uploads("bucket");
      upload.parts.delete(1);
      partsSent(s3);
      const loaded: number[] = [];
      await backend.resumeUpload(token, BYTES, { onProgress: (report) => void loaded.push(report.loaded) });
      const sent = partsSent(s3);
      assert(sent.includes(1) && !sent.includes(2), String(sent));
      assertEquals(loaded.at(-1), size);
      assert(await isStored(backend));
    },
    quick,
    { features: { maxKeys: 1 } },
  ));

Deno.test("a body that is not the one is refused before anything is sent, and the right one goes on", () =>
  onS3(async ({ s3, backend }) => {
    const token = await backend.startUpload("key", { size });
    await sendParts(backend, token, 1);
    partsSent(s3);
    const other = BYTES.slice();
    other[0] ^= 1;
    const error = await assertRejects(
      () => backend.resumeUpload(token, streamed(other)),
      IntegrityError,
      "begin anew",
    );
    assertEquals([error.committed, error.key, partsSent(s3)], ["no", "key", []]);
    await backend.resumeUpload(token, BYTES);
    assert(await isStored(backend));
  }, quick));

Deno.test("parts that others have put there are refused", () =>
  onS3(async ({ s3, backend }) => {
    for (const [PartNumber, length] of [[1, 100], [3, MiB + 1], [4, 100]]) {
      const token = await backend.startUpload("key", { size });
      const { uploadId: UploadId } = token.state;
      const Body = pattern(length);
      assert(typeof UploadId === "string");
      await backend.client.send(
        new UploadPartCommand({ Bucket: "bucket", Key: "key", UploadId, PartNumber, Body }),
      );
      partsSent(s3);
      const error = await assertRejects(
        () => backend.resumeUpload(token, BYTES),
        IntegrityError,
        `part ${PartNumber}`,
      );
      assertEquals([error.committed, partsSent(s3)], ["no", []]);
      await backend.abortUpload(token);
    }
  }, quick));

const part = (number: unknown, size: unknown = partSize, etag = "&quot;0&quot;") =>
  `<Part><PartNumber>${number}</PartNumber><Size>${size}</Size><ETag>${etag}</ETag></Part>`;
const list = (...content: string[]) =>
  `<?xml version="1.0"?><ListPartsResult>${content.join("")}</ListPartsResult>`;

/** Lists that no store should give. */
const LISTS: Readonly<Record<string, string>> = {
  "a page of a proxy": "<html><body>sign in</body></html>",
  "nothing": "",
  "a part twice": list(part(1), part(1)),
  "parts out of order": list(part(2), part(1)),
  "a part without a number": list("<Part><Size>1</Size><ETag>0</ETag></Part>"),
  "part 0": list(part(0)),
  "part 10001": list(part(10_001)),
  "a size below 0": list(part(1, -1)),
  "no size": list("<Part><PartNumber>1</PartNumber><ETag>0</ETag></Part>"),
  "no ETag": list(part(1, partSize, "")),
  "more, but not where": list(
    part(1),
    "<IsTruncated>true</IsTruncated><NextPartNumberMarker>0</NextPartNumberMarker>",
  ),
  "more without end": list(
    "<IsTruncated>true</IsTruncated><NextPartNumberMarker>10001</NextPartNumberMarker>",
  ),
};

Deno.test("a list of parts that contradicts itself is refused, and nothing is sent or lost", () =>
  onS3(async ({ s3, backend, uploads }) => {
    const token = await backend.startUpload("key", { size });
    await sendParts(backend, token, 1);
    partsSent(s3);
    for (const [name, body] of Object.entries(LISTS)) {
      s3.inject({ kind: "answer", operation: "ListParts", body });
      const error = await assertRejects(() => backend.resumeUpload(token, BYTES), CottonCandyError);
      assert(error.committed !== "yes" && error.committed !== "unknown", name);
      assertEquals([partsSent(s3), uploads()], [[], ["key"]], name);
    }
    await backend.resumeUpload(token, BYTES);
    assert(await isStored(backend));
  }, quick));

Deno.test("a store that lists no parts, or not to everybody, says so before anything is sent", async () => {
  await onS3(async ({ s3, backend, uploads }) => {
    s3.inject({
      kind: "status",
      operation: "ListParts",
      status: 501,
      code: "NotImplemented",
      times: Infinity,
    });
    const error = await assertRejects(() => backend.startUpload("key", { size }), UnsupportedError, "put");
    assertEquals([error.committed, uploads()], ["no", []]);
  }, quick);
  await onS3(
    async ({ backend, uploads }) => {
      await assertRejects(() => backend.startUpload("key", { size }), AccessDeniedError);
      assertEquals(uploads(), []);
    },
    quick,
    { buckets: [{ name: "bucket", denied: ["ListParts"] }] },
  );
});

Deno.test("parts that fail leave an upload of which nothing is stored", () =>
  onS3(async ({ s3, backend, uploads }) => {
    for (
      const fault of [{ kind: "reset" }, { kind: "loseAnswer" }, {
        kind: "status",
        status: 403,
        code: "AccessDenied",
      }] as const
    ) {
      const token = await backend.startUpload("key", { size });
      s3.inject({ ...fault, operation: "UploadPart", skip: 1, times: 2 });
      const error = await assertRejects(() => backend.resumeUpload(token, BYTES), CottonCandyError);
      assertEquals([error.committed, uploads()], ["no", ["key"]], fault.kind);
      s3.clearFaults();
      await backend.resumeUpload(token, BYTES);
      assert(await isStored(backend));
      for await (const _ of backend.delete(["key"]));
    }
  }, quick));

for (const dialect of ["aws", "ceph", "swift"] as const) {
  Deno.test(`a completion whose answer is lost is found out by resuming, on ${dialect}`, () =>
    onS3(
      async ({ s3, backend, uploads }) => {
        for (const ifAbsent of [false, true]) {
          const key = `key${ifAbsent}`;
          const token = await backend.startUpload(key, { size, ifAbsent });
          s3.inject({ kind: "loseAnswer", operation: "CompleteMultipartUpload", times: Infinity });
          // Told in words, or found out at once: never as not stored.
          const told = await backend.resumeUpload(token, BYTES).then(() => "stored", (error: unknown) => {
            assertInstanceOf(error, CottonCandyError);
            return error.committed;
          });
          assert(told !== "no", told);
          s3.clearFaults();
          partsSent(s3);
          assertEquals((await backend.resumeUpload(token, streamed(BYTES))).size, size);
          assertEquals([partsSent(s3), uploads()], [[], []]);
          assert(await isStored(backend, key));
        }
      },
      quick,
      { dialect },
    ));
}

Deno.test("an upload in parts of no bytes is put together where the CRC of nothing, zero, is taken for none, as MinIO does", () =>
  onS3(async ({ s3, backend, warnings }) => {
    s3.inject({
      kind: "status",
      status: 400,
      code: "XAmzContentChecksumMismatch",
      operation: "CompleteMultipartUpload",
      when: ({ headers }) => headers["x-amz-checksum-crc32"] === "AAAAAA==",
      times: Infinity,
    });
    const token = await backend.startUpload("empty", { size: 0 });
    assertEquals((await backend.resumeUpload(token, new Uint8Array())).size, 0);
    assertEquals([(await backend.head("empty"))?.size, warnings], [0, []]);
  }, quick));

Deno.test("a completion that never arrives leaves the upload, and is not told as stored or lost", () =>
  onS3(async ({ s3, backend, uploads }) => {
    const token = await backend.startUpload("key", { size });
    s3.inject({ kind: "reset", operation: "CompleteMultipartUpload", times: Infinity });
    const error = await assertRejects(() => backend.resumeUpload(token, BYTES), CottonCandyError, "resume");
    assertEquals([error.committed, uploads(), await backend.head("key")], ["unknown", ["key"], undefined]);
    s3.clearFaults();
    partsSent(s3);
    await backend.resumeUpload(token, BYTES);
    assertEquals(partsSent(s3), []);
    assert(await isStored(backend));
  }, quick));

Deno.test("an upload that somebody ended is not told as stored for what is there", () =>
  onS3(async ({ s3, backend }) => {
    const put = (bytes: Uint8Array<ArrayBuffer>, metadata = {}) => backend.put("key", bytes, { metadata });
    const other = BYTES.slice();
    other[size - 1] ^= 1;
    const situations: readonly (readonly [string, () => Promise<unknown> | void, "no" | "unknown"])[] = [
      ["nothing", () => {}, "no"],
      ["another size", () => put(pattern(3)), "no"],
      ["other bytes", () => put(other), "no"],
      ["other metadata", () => put(BYTES, { run: "8" }), "no"],
    ];
    for (const [name, prepare, committed] of situations) {
      const token = await backend.startUpload("key", { size });
      await sendParts(backend, token, 1);
      await backend.abortUploads({ olderThan: 0 });
      await prepare();
      const error = await assertRejects(
        () => backend.resumeUpload(token, streamed(BYTES)),
        NotFoundError,
        "Begin anew",
      );
      assertEquals(error.committed, committed, name);
    }
    // Equal, but older than the upload.
    s3.clockSkew = -600_000;
    await put(BYTES);
    s3.clockSkew = 0;
    const token = await backend.startUpload("key", { size });
    await backend.abortUploads({ olderThan: 0 });
    await assertRejects(() => another(s3).resumeUpload(token, streamed(BYTES)), NotFoundError, "Begin anew");
  }, quick));

Deno.test("where the store tells no checksum of objects, other bytes are not told as stored either", () =>
  onS3(
    async ({ s3, backend }) => {
      const token = await backend.startUpload("key", { size: 3 });
      await backend.abortUploads({ olderThan: 0 });
      await backend.put("key", Uint8Array.of(1, 2, 3));
      const error = await assertRejects(
        () => backend.resumeUpload(token, Uint8Array.of(1, 2, 4)),
        NotFoundError,
      );
      assertEquals([error.committed, partsSent(s3)], ["unknown", []]);
    },
    quick,
    { dialect: "ceph" },
  ));

Deno.test("an upload that is gone is known as such also where the store says that there is no such key, as Ceph does", () =>
  onS3(async ({ s3, backend }) => {
    const token = await backend.startUpload("key", { size });
    s3.inject({ kind: "status", operation: "ListParts", status: 404, code: "NoSuchKey", times: Infinity });
    await assertRejects(() => backend.resumeUpload(token, BYTES), NotFoundError, "Begin anew");
    await backend.put("key", BYTES);
    partsSent(s3);
    assertEquals((await backend.resumeUpload(token, streamed(BYTES))).size, size);
    assertEquals(partsSent(s3), []);
  }, quick));

const AFTERWARDS = { "all the parts, as Swift does": [10], "no parts, as S3Proxy does": [] };

for (const [parts, sizes] of Object.entries(AFTERWARDS)) {
  Deno.test(`a store that goes on listing an upload that was completed, with ${parts}, is looked through under a condition`, () =>
    onS3(async ({ s3, backend }) => {
      const body = pattern(10);
      const options = { size: 10, ifAbsent: true };
      const token = await backend.startUpload("key", options);
      const { etag } = await backend.resumeUpload(token, body);
      const md5 = toHex(await digestOf("MD5", body));
      const listed = s3.inject({
        kind: "answer",
        operation: "ListParts",
        body: list(...sizes.map((size) => part(1, size, md5))),
        times: Infinity,
      });
      assertEquals((await backend.resumeUpload(token, body)).etag, etag);
      // One that is still there, and finds another's object.
      listed.remove();
      const other = await backend.startUpload("other", options);
      s3.inject({ kind: "reset", operation: "CompleteMultipartUpload", times: 2 });
      await assertRejects(() => backend.resumeUpload(other, body), CottonCandyError);
      await backend.put("other", pattern(10, 2));
      const error = await assertRejects(() => backend.resumeUpload(other, body), AlreadyExistsError);
      assertEquals(error.committed, "no");
    }, quick));
}

Deno.test("tokens that were tampered with are refused", () =>
  onS3(async ({ s3, backend }) => {
    const token = await backend.startUpload("key", { size, metadata: { a: "b" } });
    partsSent(s3);
    const wrong = [
      { uploadId: 1 },
      { uploadId: "" },
      { partSize: 1 },
      { partSize: 5.5 * MiB + 0.5 },
      { partSize: "5242880" },
      { checksums: "ROT13" },
      { fullObject: "yes" },
      { digestETags: 1 },
      { began: "1970" },
      { metadata: null },
      { metadata: { a: 1 } },
      { contentType: 1 },
      { ifAbsent: true, ifMatch: "a" },
      { customerKey: "0" },
    ];
    for (const change of wrong) {
      const hostile = { ...token, state: Object.assign({ ...token.state }, change) };
      const what = JSON.stringify(change);
      await assertRejects(() => backend.resumeUpload(hostile, BYTES), InvalidArgumentError, undefined, what);
    }
    await assertRejects(
      () => backend.resumeUpload({ ...token, size: 10_001 * partSize }, streamed(BYTES)),
      InvalidArgumentError,
    );
    assertEquals(s3.requests.length, 0);
    await assertRejects(
      () => backend.withBucket("other").resumeUpload(token, BYTES),
      InvalidArgumentError,
      "s3://bucket",
    );
  }, quick));

Deno.test("what is remembered of an upload is of one server: another with a bucket of that name neither lists, ends nor forgets it", () =>
  onS3(({ s3, backend, uploads }) =>
    onS3(async (elsewhere) => {
      const directory = await Deno.makeTempDir();
      try {
        const path = `${directory}/file`;
        await Deno.writeFile(path, BYTES);
        await Deno.utime(path, 1e9, 1e9);
        const resume = memoryResumeStore();
        const broken = s3.inject({
          operation: "UploadPart",
          kind: "status",
          status: 403,
          code: "AccessDenied",
          skip: 1,
          times: Infinity,
        });
        await assertRejects(() => uploadFile(backend, path, "key", { resume }), AccessDeniedError);
        broken.remove();
        assertEquals(await Array.fromAsync(listUploads(elsewhere.backend, { resume })), []);
        assertEquals(await abortUploads(elsewhere.backend, { resume, olderThan: 0 }), []);
        const [name] = await resume.list();
        const { token } = (await resume.get(name))!;
        await assertRejects(() => elsewhere.backend.abortUpload(token), InvalidArgumentError, s3.endpoint);
        await uploadFile(elsewhere.backend, path, "key", { resume });
        assertEquals(elsewhere.warnings, []);
        assertEquals([await resume.list(), uploads()], [[name], ["key"]]);
        partsSent(s3);
        await uploadFile(backend, path, "key", { resume });
        assert(partsSent(s3).length < 3);
        assertEquals([await resume.list(), uploads()], [[], []]);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    }, quick), quick));
