import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { assert, assertEquals } from "@std/assert";
import { startS3 } from "../s3.ts";
import { assertS3Error, connect, ODD_KEYS, sign } from "./sdk.ts";
import { compareKeys } from "./store.ts";

const Bucket = "bucket";

/** All pages of a listing: keys, and prefixes in brackets. */
async function listAll(client: S3Client, input: Partial<ListObjectsV2CommandInput> = {}): Promise<string[]> {
  const decode = (name = "") =>
    input.EncodingType === "url" ? decodeURIComponent(name.replaceAll("+", " ")) : name;
  const names: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, ...input, ContinuationToken }));
    const found = [
      ...(page.Contents ?? []).map(({ Key }) => decode(Key)),
      ...(page.CommonPrefixes ?? []).map(({ Prefix }) => `[${decode(Prefix)}]`),
    ];
    assertEquals(page.KeyCount, found.length);
    assert(found.length <= (input.MaxKeys ?? 1000));
    names.push(...found.sort((a, b) => compareKeys(a.replace(/^\[|\]$/g, ""), b.replace(/^\[|\]$/g, ""))));
    ContinuationToken = page.NextContinuationToken;
    assertEquals(page.IsTruncated, ContinuationToken !== undefined);
  } while (ContinuationToken !== undefined);
  return names;
}

Deno.test("odd keys are listed as they are, in the order of UTF-8 bytes, whole and in pages", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  // 𐐀 sorts behind ﬀ in UTF-8 and before it in UTF-16.
  const keys = [...ODD_KEYS, "\ufb00", "\u{10400}", "line\nend", "tab\tand return\r", " ", " padded "];
  for (const key of keys) s3.store.put(Bucket, key, key);
  const sorted = keys.toSorted(compareKeys);
  assert(sorted.indexOf("\ufb00") < sorted.indexOf("\u{10400}"));
  for (const EncodingType of ["url", undefined] as const) {
    assertEquals(await listAll(client, { EncodingType }), sorted);
  }
  assertEquals(await listAll(client, { MaxKeys: 1 }), sorted);
  assertEquals(await listAll(client, { MaxKeys: 4, StartAfter: sorted[2] }), sorted.slice(3));
});

Deno.test("prefixes and delimiters", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  for (const key of ["a", "a/", "a/b", "a/c/d", "a/c/e", "a//x", "a0", "b/1", "b/2", "c"]) {
    s3.store.put(Bucket, key, key);
  }
  for (const MaxKeys of [1, 2, 3, 1000]) {
    assertEquals(await listAll(client, { MaxKeys, Delimiter: "/" }), ["a", "[a/]", "a0", "[b/]", "c"]);
    assertEquals(await listAll(client, { MaxKeys, Delimiter: "/", Prefix: "a/" }), [
      "a/",
      "[a//]",
      "a/b",
      "[a/c/]",
    ]);
    assertEquals(await listAll(client, { MaxKeys, Prefix: "a/c" }), ["a/c/d", "a/c/e"]);
    assertEquals(await listAll(client, { MaxKeys, Prefix: "nothing" }), []);
    assertEquals(await listAll(client, { MaxKeys, Delimiter: "/", StartAfter: "a0" }), ["[b/]", "c"]);
  }
  const none = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
  assertEquals([none.IsTruncated, none.KeyCount], [false, 0]);
});

Deno.test("no page has more than 1000 keys", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  for (let i = 0; i < 2001; i++) s3.store.put(Bucket, String(i).padStart(5, "0"), "");
  const page = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }));
  assertEquals([page.Contents?.length, page.MaxKeys, page.IsTruncated], [1000, 1000, true]);
  assertEquals((await listAll(client)).length, 2001);
  assertEquals(s3.requests.length, 4);
});

Deno.test("ListObjects goes on by marker", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  for (const key of ["a/1", "a/2", "b", "c/1"]) s3.store.put(Bucket, key, "");
  const first = await client.send(new ListObjectsCommand({ Bucket, MaxKeys: 2, Delimiter: "/" }));
  assertEquals([first.CommonPrefixes, first.Contents?.map(({ Key }) => Key)], [[{ Prefix: "a/" }], ["b"]]);
  assertEquals([first.IsTruncated, first.NextMarker], [true, "b"]);
  assertEquals(first.Contents?.[0].Owner?.DisplayName, "stand-in");
  const rest = await client.send(new ListObjectsCommand({ Bucket, Marker: "b", Delimiter: "/" }));
  assertEquals([rest.IsTruncated, rest.CommonPrefixes], [false, [{ Prefix: "c/" }]]);
  const after = await client.send(
    new ListObjectsCommand({ Bucket, Marker: "a/", Delimiter: "/", MaxKeys: 1 }),
  );
  assertEquals([after.CommonPrefixes, after.Contents?.map(({ Key }) => Key)], [undefined, ["b"]]);
  const plain = await client.send(new ListObjectsCommand({ Bucket, MaxKeys: 1 }));
  assertEquals([plain.IsTruncated, plain.NextMarker], [true, undefined]);
});

Deno.test("bad questions", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const list = (input: Partial<ListObjectsV2CommandInput>) => () =>
    client.send(new ListObjectsV2Command({ Bucket, ...input }));
  await assertS3Error(list({ ContinuationToken: "nonsense" }), "InvalidArgument", 400);
  await assertS3Error(list({ MaxKeys: -1 }), "InvalidArgument", 400);
  await assertS3Error(list({ Bucket: "missing" }), "NoSuchBucket", 404);
  const { url, headers } = await sign(client, {
    method: "GET",
    path: "/bucket",
    query: { "list-type": "2", "encoding-type": "html" },
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  });
  const response = await fetch(url, { headers });
  assertEquals([response.status, /InvalidArgument/.test(await response.text())], [400, true]);
});

Deno.test("uploads in progress are listed by key and age, in pages", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const ids: string[] = [];
  for (const Key of ["a", "b/1", "a", "b/2", "c d"]) {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    ids.push(UploadId ?? "");
  }
  const expected = [ids[0], ids[2], ids[1], ids[3], ids[4]];
  const found: string[] = [];
  let KeyMarker: string | undefined, UploadIdMarker: string | undefined;
  do {
    const page = await client.send(
      new ListMultipartUploadsCommand({ Bucket, MaxUploads: 1, KeyMarker, UploadIdMarker }),
    );
    found.push(...(page.Uploads ?? []).map(({ UploadId }) => UploadId ?? ""));
    ({ NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page);
    assert(found.length <= 5);
  } while (KeyMarker);
  assertEquals(found, expected);
  const grouped = await client.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: "/", Prefix: "b" }));
  assertEquals([grouped.Uploads, grouped.CommonPrefixes], [undefined, [{ Prefix: "b/" }]]);
});
