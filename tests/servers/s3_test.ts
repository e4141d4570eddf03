/** The stand-in, driven by the AWS SDK: objects, conditions, copies, deletes, buckets. */
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { Agent, request as httpRequest } from "node:http";
import { assertS3Error, connect, noise, ODD_KEYS, sign } from "./s3/sdk.ts";
import { startS3 } from "./s3.ts";

const Bucket = "bucket";

Deno.test("an object goes in and comes out with all that was said of it", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const body = noise(100_000);
  const put = await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "key",
      Body: body,
      Metadata: { shape: "", dtype: "<f8", Two: "a  b" },
      ContentType: "x/y",
      ContentEncoding: "gzip",
      CacheControl: "no-store",
      ACL: "public-read",
    }),
  );
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "key" }));
  assertEquals(await got.Body?.transformToByteArray(), body);
  assertEquals(got.Metadata, { shape: "", dtype: "<f8", two: "a  b" });
  assertEquals([got.ContentType, got.ContentEncoding, got.CacheControl], ["x/y", "gzip", "no-store"]);
  assertEquals([got.ETag, got.ContentLength], [put.ETag, 100_000]);
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "key" }));
  assertEquals([head.Metadata, head.ETag, head.ContentLength], [got.Metadata, put.ETag, 100_000]);
  assertEquals(head.LastModified, got.LastModified);
  assertEquals(s3.store.get(Bucket, "key")?.acl, "public-read");
  const acl = await client.send(new GetObjectAclCommand({ Bucket, Key: "key" }));
  assertEquals(acl.Grants?.map((grant) => grant.Permission), ["FULL_CONTROL", "READ"]);
  assertEquals(acl.Owner?.DisplayName, "stand-in");
  const [first] = s3.requests;
  assertEquals([first.operation, first.bucket, first.key, first.status], ["PutObject", Bucket, "key", 200]);
  assertEquals([first.bytesIn, s3.requests[1].bytesOut], [100_000, 100_000]);
});

Deno.test("an empty body, a large one and every odd key", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  for (const [i, Key] of ODD_KEYS.entries()) {
    const Body = noise(i * 17);
    await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    assertEquals(s3.store.bytes(Bucket, Key), Body, Key);
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    assertEquals(await got.Body?.transformToByteArray(), Body, Key);
  }
  // Over 2 MB the SDK asks first: Expect: 100-continue.
  const Body = noise(9 * 1024 * 1024 + 1);
  await client.send(new PutObjectCommand({ Bucket, Key: "large", Body }));
  assertEquals(s3.requests.at(-1)?.headers.expect, "100-continue");
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "large" }));
  assertEquals(await got.Body?.transformToByteArray(), Body);
});

Deno.test("limits: keys, metadata, sizes, ACLs", async () => {
  await using s3 = await startS3({ buckets: [Bucket], features: { maxPutSize: 1000, aclsDisabled: true } });
  using client = connect(s3);
  const put = (extra: Partial<ConstructorParameters<typeof PutObjectCommand>[0]>) => () =>
    client.send(new PutObjectCommand({ Bucket, Key: "key", Body: new Uint8Array(3), ...extra }));
  await assertS3Error(put({ Key: "é".repeat(512) + "x" }), "KeyTooLongError", 400);
  await put({ Metadata: { abcd: "x".repeat(2044) } })();
  await assertS3Error(put({ Metadata: { abcd: "x".repeat(2045) } }), "MetadataTooLarge", 400);
  await assertS3Error(put({ Metadata: { abcd: "x".repeat(30_000) } }), "MetadataTooLarge", 400);
  await assertS3Error(put({ Body: new Uint8Array(1001) }), "EntityTooLarge", 400);
  await assertS3Error(put({ Bucket: "elsewhere" }), "NoSuchBucket", 404);
  await assertS3Error(put({ ACL: "public-read" }), "AccessControlListNotSupported", 400);
  await put({ ACL: "bucket-owner-full-control" })();
  assertEquals(s3.store.keys(Bucket), ["key"]);
});

Deno.test("ranges", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const body = noise(1000);
  s3.store.put(Bucket, "key", body);
  s3.store.put(Bucket, "empty", "");
  const get = (Range: string, Key = "key") => client.send(new GetObjectCommand({ Bucket, Key, Range }));
  for (
    const [range, start, end] of [
      ["bytes=0-0", 0, 1],
      ["bytes=10-19", 10, 20],
      ["bytes=990-5000", 990, 1000],
      ["bytes=999-", 999, 1000],
      ["bytes=-7", 993, 1000],
      ["bytes=-7000", 0, 1000],
    ] as const
  ) {
    const got = await get(range);
    assertEquals(got.$metadata.httpStatusCode, 206);
    assertEquals(got.ContentRange, `bytes ${start}-${end - 1}/1000`);
    assertEquals(await got.Body?.transformToByteArray(), body.subarray(start, end));
  }
  for (const range of ["bytes=5-4", "bytes=0-1,3-4", "lines=0-1", "bytes=x-"]) {
    const got = await get(range);
    assertEquals([got.$metadata.httpStatusCode, got.ContentLength], [200, 1000], range);
    await got.Body?.transformToByteArray();
  }
  await assertS3Error(() => get("bytes=1000-"), "InvalidRange", 416);
  await assertS3Error(() => get("bytes=-0"), "InvalidRange", 416);
  await assertS3Error(() => get("bytes=0-", "empty"), "InvalidRange", 416);
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "key", Range: "bytes=0-9" }));
  assertEquals([head.ContentLength, head.$metadata.httpStatusCode], [10, 206]);
  const { url, headers } = await sign(client, {
    method: "GET",
    path: "/bucket/key",
    headers: {
      range: "bytes=1-2",
      "if-range": '"other"',
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    },
  });
  const response = await fetch(url, { headers });
  assertEquals(response.status, 200);
  assertEquals((await response.bytes()).length, 1000);
});

Deno.test("conditions of reads", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const { etag } = s3.store.put(Bucket, "key", "data");
  const get = async (extra: Partial<ConstructorParameters<typeof GetObjectCommand>[0]>) => {
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "key", ...extra }));
    return await got.Body?.transformToString();
  };
  const before = new Date(Date.now() - 60_000), after = new Date(Date.now() + 60_000);
  assertEquals(await get({ IfMatch: `"${etag}"` }), "data");
  assertEquals(await get({ IfNoneMatch: '"other"' }), "data");
  assertEquals(await get({ IfModifiedSince: before, IfUnmodifiedSince: after }), "data");
  assertEquals(await get({ IfMatch: `"${etag}"`, IfUnmodifiedSince: before }), "data");
  await assertS3Error(() => get({ IfMatch: '"other"' }), "PreconditionFailed", 412);
  await assertS3Error(() => get({ IfUnmodifiedSince: before }), "PreconditionFailed", 412);
  await assertS3Error(() => get({ IfNoneMatch: `"${etag}"` }), "Unknown", 304);
  await assertS3Error(() => get({ IfModifiedSince: after }), "Unknown", 304);
  await assertS3Error(() => get({ Key: "missing" }), "NoSuchKey", 404);
  await assertS3Error(() => get({ VersionId: "v1" }), "NoSuchVersion", 404);
  await assertS3Error(
    () => client.send(new HeadObjectCommand({ Bucket, Key: "missing" })),
    "NotFound",
    404,
  );
});

Deno.test("conditions of writes and deletes", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const put = (extra: Partial<ConstructorParameters<typeof PutObjectCommand>[0]>) =>
    client.send(new PutObjectCommand({ Bucket, Key: "key", Body: new Uint8Array([1]), ...extra }));
  await assertS3Error(() => put({ IfMatch: '"any"' }), "NoSuchKey", 404);
  const { ETag } = await put({ IfNoneMatch: "*" });
  await assertS3Error(() => put({ IfNoneMatch: "*", Body: new Uint8Array([2]) }), "PreconditionFailed", 412);
  await assertS3Error(() => put({ IfNoneMatch: ETag }), "NotImplemented", 501);
  assertEquals(s3.store.bytes(Bucket, "key"), new Uint8Array([1]));
  await assertS3Error(() => put({ IfMatch: '"other"' }), "PreconditionFailed", 412);
  const second = await put({ IfMatch: ETag, Body: new Uint8Array([3]) });
  assertNotEquals(second.ETag, ETag);
  const remove = (IfMatch?: string, Key = "key") =>
    client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));
  await assertS3Error(() => remove(ETag), "PreconditionFailed", 412);
  await remove(second.ETag);
  assertEquals(s3.store.keys(Bucket), []);
  await remove(undefined, "never was");
  await assertS3Error(() => remove("*"), "NoSuchKey", 404);
});

Deno.test("one of many creators wins", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) =>
      client.send(
        new PutObjectCommand({ Bucket, Key: "key", Body: new Uint8Array([i]), IfNoneMatch: "*" }),
      )),
  );
  assertEquals(results.filter((result) => result.status === "fulfilled").length, 1);
  assertEquals(
    s3.store.bytes(Bucket, "key")[0],
    results.findIndex((result) => result.status === "fulfilled"),
  );
});

Deno.test("DeleteObjects answers for each key", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  for (const key of ODD_KEYS) s3.store.put(Bucket, key, "x");
  s3.store.put(Bucket, "guarded", "x");
  const { Deleted, Errors } = await client.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: {
        Objects: [...ODD_KEYS, "never was"].map((Key): { Key: string; ETag?: string } => ({ Key }))
          .concat({ Key: "guarded", ETag: '"other"' }),
      },
    }),
  );
  assertEquals(Deleted?.map(({ Key }) => Key), [...ODD_KEYS, "never was"]);
  assertEquals(Errors?.map(({ Key, Code }) => [Key, Code]), [["guarded", "PreconditionFailed"]]);
  assertEquals(s3.store.keys(Bucket), ["guarded"]);
  const quiet = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "guarded" }], Quiet: true } }),
  );
  assertEquals([quiet.Deleted, quiet.Errors], [undefined, undefined]);
  const Objects = Array.from({ length: 1001 }, (_, i) => ({ Key: String(i) }));
  await assertS3Error(
    () => client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } })),
    "MalformedXML",
    400,
  );
  await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Objects.slice(1) } }));
  const body = "<Delete><Object><Key>k</Key></Object></Delete>";
  const post = async (text: string, extra: Record<string, string> = {}) => {
    const { url, headers } = await sign(client, {
      method: "POST",
      path: "/bucket",
      query: { delete: "" },
      headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...extra },
    });
    const response = await fetch(url, { method: "POST", headers, body: text });
    return /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1];
  };
  assertEquals(await post(body), "InvalidRequest");
  assertEquals(await post(body, { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" }), "BadDigest");
  assertEquals(await post(body, { "content-md5": "x" }), "InvalidDigest");
});

Deno.test("copies", async () => {
  await using s3 = await startS3({ buckets: [Bucket, "other"], features: { maxCopySize: 5000 } });
  using client = connect(s3);
  const copy = (
    CopySource: string,
    extra: Partial<ConstructorParameters<typeof CopyObjectCommand>[0]> = {},
  ) => client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource, ...extra }));
  const body = noise(3000);
  for (const Key of ODD_KEYS.slice(0, -1)) {
    await client.send(
      new PutObjectCommand({ Bucket: "other", Key, Body: body, Metadata: { a: "1" }, ContentType: "x/y" }),
    );
    const done = await copy(`other/${encodeURIComponent(Key)}`, { Key: `to ${Key}` });
    const object = s3.store.get(Bucket, `to ${Key}`);
    assertEquals([object?.metadata.a, object?.headers["content-type"]], ["1", "x/y"]);
    assertEquals(done.CopyObjectResult?.ETag, `"${object?.etag}"`);
    assertEquals(done.CopyObjectResult?.ChecksumCRC32, object?.checksum?.value);
    assertEquals(s3.store.bytes(Bucket, `to ${Key}`), body);
  }
  const { etag } = s3.store.put(Bucket, "from", body, { metadata: { a: "1" } });
  await assertS3Error(() => copy("bucket/missing"), "NoSuchKey", 404);
  await assertS3Error(() => copy("nowhere/key"), "NoSuchBucket", 404);
  await assertS3Error(() => copy("bucket"), "InvalidArgument", 400);
  await assertS3Error(() => copy("bucket/%zz"), "InvalidURI", 400);
  await assertS3Error(() => copy("bucket/from", { CopySourceIfMatch: '"x"' }), "PreconditionFailed", 412);
  await assertS3Error(
    () => copy("bucket/from", { CopySourceIfNoneMatch: `"${etag}"` }),
    "PreconditionFailed",
    412,
  );
  assertEquals(s3.store.get(Bucket, "copy"), undefined);
  await copy("/bucket/from", { CopySourceIfMatch: `"${etag}"`, IfNoneMatch: "*" });
  await assertS3Error(() => copy("bucket/from", { IfNoneMatch: "*" }), "PreconditionFailed", 412);
  // Without REPLACE, what the request says of metadata does not count.
  await copy("bucket/from", { Metadata: { a: "2" } });
  assertEquals(s3.store.get(Bucket, "copy")?.metadata, { a: "1" });
  await copy("bucket/from", { Metadata: { b: "2" }, MetadataDirective: "REPLACE" });
  assertEquals(s3.store.get(Bucket, "copy")?.metadata, { b: "2" });
  await assertS3Error(() => copy("bucket/from", { Key: "from" }), "InvalidRequest", 400);
  await copy("bucket/from", { Key: "from", MetadataDirective: "REPLACE", Metadata: { c: "" } });
  assertEquals(s3.store.get(Bucket, "from")?.metadata, { c: "" });
  s3.store.put(Bucket, "big", noise(5001));
  await assertS3Error(() => copy("bucket/big"), "InvalidRequest", 400);
});

Deno.test("buckets", async () => {
  await using s3 = await startS3({
    region: "eu-west-1",
    buckets: ["zz-last", { name: "theirs", foreign: true }],
  });
  using client = connect(s3);
  const create = (name: string, LocationConstraint: "eu-west-1" | "eu-north-1" = "eu-west-1") =>
    client.send(
      new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint } }),
    );
  await create("new-bucket");
  await assertS3Error(() => create("new-bucket"), "BucketAlreadyOwnedByYou", 409);
  await assertS3Error(() => create("theirs"), "BucketAlreadyExists", 409);
  await assertS3Error(() => create("UPPER"), "InvalidBucketName", 400);
  await assertS3Error(() => create("north", "eu-north-1"), "IllegalLocationConstraintException", 400);
  const { Buckets, Owner } = await client.send(new ListBucketsCommand({}));
  assertEquals(Buckets?.map(({ Name }) => Name), ["new-bucket", "zz-last"]);
  assert(Buckets?.every(({ CreationDate }) => CreationDate instanceof Date));
  assertMatch(Owner?.ID ?? "", /^[0-9a-f]{64}$/);
  const head = await client.send(new HeadBucketCommand({ Bucket: "new-bucket" }));
  assertEquals(head.BucketRegion, "eu-west-1");
  await assertS3Error(() => client.send(new HeadBucketCommand({ Bucket: "missing" })), "NotFound", 404);
  await assertS3Error(() => client.send(new HeadBucketCommand({ Bucket: "theirs" })), "Unknown", 403);
  const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket: "zz-last" }));
  assertEquals(LocationConstraint, "eu-west-1");
  s3.store.put("zz-last", "key", "x");
  const remove = (name: string) => client.send(new DeleteBucketCommand({ Bucket: name }));
  await assertS3Error(() => remove("zz-last"), "BucketNotEmpty", 409);
  await assertS3Error(() => remove("missing"), "NoSuchBucket", 404);
  await remove("new-bucket");
  assert(!s3.store.buckets.has("new-bucket"));
});

Deno.test("us-east-1 has no location constraint", async () => {
  await using s3 = await startS3({ features: { recreateBucket: true } });
  using client = connect(s3);
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new CreateBucketCommand({ Bucket }));
  const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }));
  assertEquals(LocationConstraint || undefined, undefined);
});

Deno.test("who may not list is not told what is missing", async () => {
  await using s3 = await startS3({
    buckets: [{ name: Bucket, denied: ["ListObjectsV2"] }, { name: "public", anonymous: ["GetObject"] }],
  });
  using client = connect(s3);
  const get = () => client.send(new GetObjectCommand({ Bucket, Key: "missing" }));
  await assertS3Error(get, "AccessDenied", 403);
  s3.store.put("public", "key", "hello");
  s3.store.put(Bucket, "key", "hello");
  assertEquals(await (await fetch(`${s3.endpoint}/public/key`)).text(), "hello");
  for (const path of ["public/missing", "public?list-type=2", "bucket/key", ""]) {
    const response = await fetch(`${s3.endpoint}/${path}`);
    assertEquals([response.status, /AccessDenied/.test(await response.text())], [403, true], path);
  }
  const put = await fetch(`${s3.endpoint}/public/key`, { method: "PUT", body: "x" });
  assertEquals(put.status, 403);
  await put.body?.cancel();
});

Deno.test("virtual hosts", async () => {
  await using s3 = await startS3({ buckets: ["virtual"] });
  // bucket.localhost need not resolve; only the Host header matters.
  const httpAgent = new Agent();
  const create = httpAgent.createConnection.bind(httpAgent);
  httpAgent.createConnection = (options, done) => create({ ...options, host: "127.0.0.1" }, done);
  using client = connect(s3, {
    endpoint: `http://localhost:${s3.port}`,
    forcePathStyle: false,
    requestHandler: { httpAgent },
  });
  for (const Key of ODD_KEYS) {
    await client.send(new PutObjectCommand({ Bucket: "virtual", Key, Body: new Uint8Array([1]) }));
  }
  const [first] = s3.requests;
  assertEquals([first.headers.host, first.bucket, first.key], [
    `virtual.localhost:${s3.port}`,
    "virtual",
    "%41",
  ]);
  assertEquals(s3.store.keys("virtual").length, ODD_KEYS.length);
});

Deno.test("web pages are let in where CORS is on", async () => {
  await using s3 = await startS3({ buckets: [{ name: Bucket, anonymous: ["GetObject"] }], cors: true });
  s3.store.put(Bucket, "key", "x", { metadata: { shape: "1" } });
  const preflight = await fetch(`${s3.endpoint}/bucket/key`, {
    method: "OPTIONS",
    headers: {
      origin: "http://page",
      "access-control-request-method": "PUT",
      "access-control-request-headers": "x-amz-date",
    },
  });
  await preflight.body?.cancel();
  assertEquals(preflight.status, 200);
  assertEquals(preflight.headers.get("access-control-allow-headers"), "x-amz-date");
  const response = await fetch(`${s3.endpoint}/bucket/key`, { headers: { origin: "http://page" } });
  await response.body?.cancel();
  assertEquals(response.headers.get("access-control-allow-origin"), "http://page");
  assertMatch(response.headers.get("access-control-expose-headers") ?? "", /etag.*x-amz-meta-shape/);
});

Deno.test("what isn't there says so", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  for (
    const [method, path, query, status] of [
      ["GET", "/bucket/key", { torrent: "" }, 501],
      ["PUT", "/bucket", { versioning: "" }, 501],
      ["POST", "/bucket/key", {}, 405],
      ["PATCH", "/bucket/key", {}, 405],
      ["PUT", "/", {}, 405],
    ] as const
  ) {
    const { url, headers } = await sign(client, {
      method,
      path,
      query,
      headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    });
    const response = await fetch(url, { method, headers });
    await response.body?.cancel();
    assertEquals(response.status, status, `${method} ${path}`);
  }
  for (const path of ["/bucket/%zz", "/bucket/%ff"]) {
    const status = await new Promise<number | undefined>((resolve, reject) =>
      httpRequest({ host: "127.0.0.1", port: s3.port, path, agent: false }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      }).on("error", reject).end()
    );
    assertEquals(status, 400, path);
  }
});
