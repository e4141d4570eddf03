import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  type ChecksumType,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { assertEquals, assertMatch } from "@std/assert";
import { startS3 } from "../s3.ts";
import { type Algorithm, checksum, md5 } from "./checksum.ts";
import { assertS3Error, connect, noise } from "./sdk.ts";

const Bucket = "bucket", Key = "key";
const MIN = 1000;

async function create(client: S3Client, extra: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...extra }));
  return UploadId ?? "";
}

const complete = (
  client: S3Client,
  UploadId: string,
  Parts: { PartNumber: number; ETag?: string }[],
  extra: Partial<CompleteMultipartUploadCommandInput> = {},
) =>
  client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...extra }),
  );

async function upload(
  client: S3Client,
  UploadId: string,
  bodies: Uint8Array[],
  algorithm?: ChecksumAlgorithm,
) {
  return await Promise.all(bodies.map(async (Body, i) => {
    const { $metadata: _, ...part } = await client.send(
      new UploadPartCommand({
        Bucket,
        Key,
        UploadId,
        PartNumber: i + 1,
        Body,
        ChecksumAlgorithm: algorithm,
      }),
    );
    return { PartNumber: i + 1, ...part };
  }));
}

const start = (features = {}) => startS3({ buckets: [Bucket], features: { minPartSize: MIN, ...features } });

Deno.test("an object in parts", async () => {
  await using s3 = await start();
  using client = connect(s3);
  const bodies = [noise(1000, 1), noise(1500, 2), noise(7, 3)];
  const id = await create(client, {
    Metadata: { a: "1", shape: "" },
    ContentType: "x/y",
    ACL: "public-read",
  });
  const parts = await upload(client, id, bodies);
  assertEquals(s3.store.uploads(Bucket)[0].parts.size, 3);
  const listed: number[] = [];
  let PartNumberMarker: string | undefined;
  do {
    const page = await client.send(
      new ListPartsCommand({ Bucket, Key, UploadId: id, MaxParts: 2, PartNumberMarker }),
    );
    listed.push(...(page.Parts ?? []).map(({ Size }) => Size ?? -1));
    PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (PartNumberMarker);
  assertEquals(listed, [1000, 1500, 7]);
  const done = await complete(client, id, parts);
  assertEquals(
    done.ETag,
    `"${md5(bodies.map((body) => md5([body]))).toString("hex")}-3"`,
  );
  const got = await client.send(new GetObjectCommand({ Bucket, Key }));
  assertEquals(await got.Body?.transformToByteArray(), new Uint8Array(bodies.flatMap((body) => [...body])));
  assertEquals([got.Metadata, got.ContentType, got.ETag], [{ a: "1", shape: "" }, "x/y", done.ETag]);
  assertEquals(s3.store.get(Bucket, Key)?.acl, "public-read");
  assertEquals(s3.store.uploads(Bucket), []);
  const second = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
  assertEquals([second.ContentRange, second.PartsCount], ["bytes 1000-2499/2507", 3]);
  assertEquals(await second.Body?.transformToByteArray(), bodies[1]);
  await assertS3Error(
    () => client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 4 })),
    "InvalidPartNumber",
    416,
  );
});

Deno.test("completing again answers the same; otherwise the upload is gone", async () => {
  for (const idempotentComplete of [true, false]) {
    await using s3 = await start({ idempotentComplete });
    using client = connect(s3);
    const id = await create(client);
    const parts = await upload(client, id, [noise(5)]);
    const { ETag } = await complete(client, id, parts);
    if (idempotentComplete) assertEquals((await complete(client, id, parts)).ETag, ETag);
    else await assertS3Error(() => complete(client, id, parts), "NoSuchUpload", 404);
    const other = [{ PartNumber: 1, ETag: '"00000000000000000000000000000000"' }];
    await assertS3Error(() => complete(client, id, other), "NoSuchUpload", 404);
  }
});

Deno.test("parts out of order, of wrong ETag, missing, too small", async () => {
  await using s3 = await start();
  using client = connect(s3);
  const id = await create(client);
  const parts = await upload(client, id, [noise(1000), noise(999), noise(1000)]);
  const fails = (list: { PartNumber: number; ETag?: string }[], code: string) =>
    assertS3Error(() => complete(client, id, list), code, 400);
  await fails([parts[2], parts[0]], "InvalidPartOrder");
  await fails([parts[0], parts[0]], "InvalidPartOrder");
  await fails([{ ...parts[0], ETag: '"00000000000000000000000000000000"' }], "InvalidPart");
  await fails([parts[0], { ...parts[2], PartNumber: 4 }], "InvalidPart");
  await fails(parts, "EntityTooSmall");
  await fails([], "MalformedXML");
  await assertS3Error(
    () => complete(client, id, [parts[0]], { MpuObjectSize: 999 }),
    "InvalidRequest",
    400,
  );
  assertEquals([s3.store.keys(Bucket), s3.store.uploads(Bucket).length], [[], 1]);
  // The small one may come last, and parts may be left out.
  await complete(client, id, [parts[0], parts[1]], { MpuObjectSize: 1999 });
  assertEquals(s3.store.get(Bucket, Key)?.size, 1999);
  for (const PartNumber of [0, 10001]) {
    await assertS3Error(
      () =>
        client.send(
          new UploadPartCommand({ Bucket, Key, UploadId: id, PartNumber, Body: new Uint8Array(1) }),
        ),
      "InvalidArgument",
      400,
    );
  }
});

Deno.test("the limit of 5 MiB is the default", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const id = await create(client);
  const parts = await upload(client, id, [noise(5 * 1024 * 1024 - 1), noise(1)]);
  await assertS3Error(() => complete(client, id, parts), "EntityTooSmall", 400);
  const larger = await upload(client, id, [noise(5 * 1024 * 1024), noise(1)]);
  await complete(client, id, larger);
});

Deno.test("an aborted upload is gone, with its parts", async () => {
  await using s3 = await start();
  using client = connect(s3);
  const id = await create(client);
  const parts = await upload(client, id, [noise(1000)]);
  const abort = () => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: id }));
  await assertS3Error(
    () => client.send(new AbortMultipartUploadCommand({ Bucket, Key: "other", UploadId: id })),
    "NoSuchUpload",
    404,
  );
  await abort();
  assertEquals(s3.store.uploads(Bucket), []);
  await assertS3Error(abort, "NoSuchUpload", 404);
  await assertS3Error(() => upload(client, id, [noise(1)]), "NoSuchUpload", 404);
  await assertS3Error(() => complete(client, id, parts), "NoSuchUpload", 404);
  await assertS3Error(
    () => client.send(new ListPartsCommand({ Bucket, Key, UploadId: id })),
    "NoSuchUpload",
    404,
  );
});

Deno.test("conditions of completing: the upload stays when they fail", async () => {
  await using s3 = await start();
  using client = connect(s3);
  const id = await create(client);
  const parts = await upload(client, id, [noise(10)]);
  await assertS3Error(() => complete(client, id, parts, { IfMatch: '"x"' }), "NoSuchKey", 404);
  const { etag } = s3.store.put(Bucket, Key, "there");
  await assertS3Error(() => complete(client, id, parts, { IfNoneMatch: "*" }), "PreconditionFailed", 412);
  await assertS3Error(() => complete(client, id, parts, { IfMatch: '"x"' }), "PreconditionFailed", 412);
  assertEquals(s3.store.uploads(Bucket).length, 1);
  await complete(client, id, parts, { IfMatch: `"${etag}"` });
  assertEquals(s3.store.bytes(Bucket, Key), noise(10));
});

Deno.test("parts copied from objects", async () => {
  await using s3 = await start({ maxCopySize: 2000 });
  using client = connect(s3);
  const source = noise(5000);
  const { etag } = s3.store.put(Bucket, "from +%41", source);
  const id = await create(client);
  const copy = (PartNumber: number, CopySourceRange?: string, CopySourceIfMatch = `"${etag}"`) =>
    client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key,
        UploadId: id,
        PartNumber,
        CopySource: `${Bucket}/${encodeURIComponent("from +%41")}`,
        CopySourceRange,
        CopySourceIfMatch,
      }),
    );
  const first = await copy(1, "bytes=0-1999"), second = await copy(2, "bytes=2000-3499");
  await assertS3Error(() => copy(3), "InvalidRequest", 400);
  await assertS3Error(() => copy(3, "bytes=3500-5000"), "InvalidArgument", 400);
  await assertS3Error(() => copy(3, "bytes=3500-"), "InvalidArgument", 400);
  await assertS3Error(() => copy(3, "bytes=0-9", '"x"'), "PreconditionFailed", 412);
  await complete(client, id, [
    { PartNumber: 1, ETag: first.CopyPartResult?.ETag },
    { PartNumber: 2, ETag: second.CopyPartResult?.ETag },
  ]);
  assertEquals(s3.store.bytes(Bucket, Key), source.slice(0, 3500));
});

const TYPES: readonly (readonly [Algorithm, ChecksumType])[] = [
  ["CRC32", "COMPOSITE"],
  ["CRC32", "FULL_OBJECT"],
  ["CRC32C", "COMPOSITE"],
  ["CRC32C", "FULL_OBJECT"],
  ["CRC64NVME", "FULL_OBJECT"],
  ["SHA1", "COMPOSITE"],
  ["SHA256", "COMPOSITE"],
];

for (const [algorithm, type] of TYPES) {
  Deno.test(`checksums of parts: ${algorithm}, ${type}`, async () => {
    await using s3 = await start();
    using client = connect(s3);
    const bodies = [noise(1000, 1), noise(1234, 2), noise(1, 3)];
    const id = await create(client, { ChecksumAlgorithm: algorithm, ChecksumType: type });
    const parts = await upload(client, id, bodies, algorithm);
    const other = algorithm === "SHA256" ? "CRC32" : "SHA256";
    await assertS3Error(() => upload(client, id, [noise(1000)], other), "InvalidRequest", 400);
    const name = `Checksum${algorithm}` as const;
    const wrong = parts.map((part) => ({ ...part, [name]: parts[1][name] }));
    await assertS3Error(() => complete(client, id, wrong), "InvalidPart", 400);
    const bare = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    if (type === "COMPOSITE") {
      await assertS3Error(() => complete(client, id, bare), "InvalidRequest", 400);
    }
    await assertS3Error(
      () => complete(client, id, parts, { [name]: parts[0][name], ChecksumType: type }),
      "BadDigest",
      400,
    );
    const expected = type === "FULL_OBJECT"
      ? checksum(algorithm, bodies)
      : `${
        checksum(algorithm, bodies.map((body) => new Uint8Array(atobBytes(checksum(algorithm, [body])))))
      }-3`;
    const done = await complete(client, id, type === "COMPOSITE" ? parts : bare, {
      [name]: expected,
      ChecksumType: type,
    });
    assertEquals([done[name], done.ChecksumType], [expected, type]);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    assertEquals([head[name], head.ChecksumType], [expected, type]);
    // Without parts in the value, the SDK checks the bytes against it.
    const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    assertEquals((await got.Body?.transformToByteArray())?.length, 2235);
  });
}

const atobBytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

Deno.test("checksum types that there aren't", async () => {
  await using s3 = await start();
  using client = connect(s3);
  for (
    const [ChecksumAlgorithm, ChecksumType] of [
      ["SHA256", "FULL_OBJECT"],
      ["SHA1", "FULL_OBJECT"],
      ["CRC64NVME", "COMPOSITE"],
    ] as const
  ) {
    await assertS3Error(
      () => create(client, { ChecksumAlgorithm, ChecksumType }),
      "InvalidRequest",
      400,
    );
  }
});

Deno.test("equal parts where the server wants them", async () => {
  await using s3 = await start({ equalParts: true });
  using client = connect(s3);
  const id = await create(client);
  const parts = await upload(client, id, [noise(1000), noise(1001), noise(1000)]);
  await assertS3Error(() => complete(client, id, parts), "InvalidPart", 400);
  await assertS3Error(() => complete(client, id, parts.slice(0, 2)), "InvalidPart", 400);
  const { ETag } = await complete(client, id, [parts[0], parts[2]]);
  assertMatch(ETag ?? "", /-2"$/);
});
