import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccessDeniedError,
  CottonCandyError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { onS3, pattern } from "./setup.ts";

const AWKWARD = [
  "a b",
  "a+b",
  "a%41",
  "a%2B",
  "ü",
  "\u{1F36C}",
  "\uFF5E",
  "\u0001x",
  "a\nb",
  "<&>\"'",
  "x/",
  "//",
  "..",
  "?#",
];

Deno.test("awkward keys are listed as they are, page by page, in the order of their bytes", () =>
  onS3(async ({ s3, backend }) => {
    for (const key of AWKWARD) s3.store.put("bucket", key, key);
    const listed = await Array.fromAsync(
      backend.list({ pageSize: 2 }),
      (entry) => "key" in entry ? entry.key : "",
    );
    const bytes = (key: string) => new TextEncoder().encode(key).join();
    assertEquals(listed.map(bytes), s3.store.keys("bucket").map(bytes));
    assertEquals(
      s3.requests.filter(({ operation }) => operation === "ListObjectsV2").length,
      AWKWARD.length / 2,
    );
  }));

Deno.test("a page that fails is asked for again; one that is denied ends the listing", () =>
  onS3(async ({ s3, backend }) => {
    for (let i = 0; i < 10; i++) s3.store.put("bucket", `key${i}`, "x");
    s3.inject({ kind: "status", operation: "ListObjectsV2", status: 503, code: "SlowDown", skip: 1 });
    assertEquals((await Array.fromAsync(backend.list({ pageSize: 3 }))).length, 10);
    s3.inject({ kind: "status", operation: "ListObjectsV2", status: 403, code: "AccessDenied", skip: 1 });
    let seen = 0;
    await assertRejects(async () => {
      for await (const _ of backend.list({ pageSize: 3 })) seen++;
    }, AccessDeniedError);
    assertEquals(seen, 3);
  }));

Deno.test("many deletions are a request each thousand, errors are told by key", () =>
  onS3(async ({ s3, backend, operations }) => {
    const keys = Array.from({ length: 1001 }, (_, i) => `key${i}`);
    for (const key of keys) s3.store.put("bucket", key, "x");
    const results = await Array.fromAsync(backend.delete([...keys, "missing", ""]));
    assertEquals(results.filter(({ error }) => error).map(({ key }) => key), [""]);
    assertEquals(results.length, 1003);
    assertEquals(s3.store.keys("bucket"), []);
    assertEquals(operations(), ["DeleteObjects", "DeleteObjects"]);
  }));

for (
  const [what, features, expected] of [
    ["demands Content-MD5", { deleteObjectsNeedsMd5: true }, ["DeleteObjects", "DeleteObjects"]],
    ["has no batches", { deleteObjects: false }, [
      "DeleteObjects",
      "DeleteObject",
      "DeleteObject",
      "DeleteObject",
    ]],
  ] as const
) {
  Deno.test(`deleting from a store that ${what}`, () =>
    onS3(
      async ({ s3, backend, operations }) => {
        for (let round = 0; round < 2; round++) {
          for (const key of ["a", "b", "c"]) s3.store.put("bucket", key, "x");
          const results = await Array.fromAsync(backend.delete(["a", "b", "c"]));
          assertEquals(results.map(({ key, error }) => [key, error]), [["a", undefined], ["b", undefined], [
            "c",
            undefined,
          ]]);
          assertEquals(s3.store.keys("bucket"), []);
          // The second time it is known.
          assertEquals(operations(), round === 0 ? [...expected] : expected.slice(1));
        }
      },
      {},
      { features },
    ));
}

Deno.test("keys that XML can't hold are deleted one by one", () =>
  onS3(async ({ s3, backend, operations }) => {
    for (const key of ["a", "b", "\u0001", "\uFFFF"]) s3.store.put("bucket", key, "x");
    const results = await Array.fromAsync(backend.delete(["a", "\u0001", "b", "\uFFFF"]));
    assertEquals(results.filter(({ error }) => error), []);
    assertEquals(s3.store.keys("bucket"), []);
    assertEquals(operations().sort(), ["DeleteObject", "DeleteObject", "DeleteObjects"]);
  }));

Deno.test("a batch that is denied is an error; a version that has changed is that item's", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "a", "x");
    s3.store.put("bucket", "b", "x");
    s3.inject({ kind: "status", operation: "DeleteObjects", status: 403, code: "AccessDenied" });
    await assertRejects(() => Array.fromAsync(backend.delete(["a", "b"])), AccessDeniedError);
    const results = await Array.fromAsync(backend.delete([{ key: "a", ifMatch: "0".repeat(32) }, "b"]));
    assert(results[0].error instanceof PreconditionFailedError);
    assertEquals(s3.store.keys("bucket"), ["a"]);
  }));

Deno.test("a large copy goes in parts, with metadata, type and headers", () =>
  onS3(
    async ({ s3, backend, operations }) => {
      const bytes = pattern(12 * 1024 * 1024);
      s3.store.put("bucket", "from/ü+ %41?", bytes, {
        metadata: { shape: "3" },
        headers: { "content-type": "a/b", "cache-control": "no-cache" },
      });
      const copied = await backend.copy("from/ü+ %41?", "to");
      assertEquals(copied.size, bytes.length);
      const stored = s3.store.get("bucket", "to");
      assertEquals([
        stored?.size,
        stored?.metadata.shape,
        stored?.headers["content-type"],
        stored?.headers["cache-control"],
      ], [
        bytes.length,
        "3",
        "a/b",
        "no-cache",
      ]);
      assertEquals(operations().filter((name) => name === "UploadPartCopy").length, 3);
      assertEquals(s3.store.bytes("bucket", "to").at(-1), bytes.at(-1));
      // A source that changes in the middle of it.
      s3.inject({
        kind: "run",
        operation: "UploadPartCopy",
        skip: 1,
        run: (store) => void store.put("bucket", "from/ü+ %41?", "new"),
      });
      await assertRejects(() => backend.copy("from/ü+ %41?", "other"), PreconditionFailedError);
      assertEquals(s3.store.get("bucket", "other"), undefined);
      assertEquals(s3.store.uploads("bucket").length, 0);
    },
    { partSize: 5 * 1024 * 1024, concurrency: 1 },
    { features: { maxCopySize: 5 * 1024 * 1024 } },
  ));

Deno.test("a copy that answers 200 with an error is tried again", () =>
  onS3(async ({ s3, backend, operations }) => {
    s3.store.put("bucket", "from", "x");
    s3.inject({ kind: "errorIn200", operation: "CopyObject", code: "InternalError" });
    await backend.copy("from", "to");
    assertEquals(operations().filter((name) => name === "CopyObject").length, 2);
    assertEquals(s3.store.get("bucket", "to")?.size, 1);
  }));

Deno.test("copies between buckets, and an owner", () =>
  onS3(
    async ({ s3, backend }) => {
      s3.store.put("other", "from", "x", { metadata: { a: "b" } });
      await backend.copy("from", "to", { fromBucket: "other" });
      assertEquals(s3.store.get("bucket", "to")?.metadata, { a: "b" });
      assert((await backend.owner("to")).id);
      await assertRejects(() => backend.owner("missing"), CottonCandyError);
    },
    {},
    { buckets: ["bucket", "other"] },
  ));

Deno.test("buckets: one that may not be looked into exists; recreating one's own is an error", () =>
  onS3(
    async ({ backend }) => {
      assert(await backend.buckets.exists("foreign"));
      assert(!await backend.buckets.exists("nowhere"));
      await assertRejects(() => backend.buckets.create("bucket"), CottonCandyError, "exists already");
      await backend.buckets.create("new");
      await backend.withBucket("new").put("key", pattern(1));
      await assertRejects(() => backend.buckets.remove("new"), PreconditionFailedError, "not empty");
      assertEquals((await backend.buckets.list()).map(({ name }) => name), ["bucket", "new"]);
    },
    {},
    { buckets: ["bucket", { name: "foreign", foreign: true }], features: { recreateBucket: true } },
  ));

Deno.test("what a store can't do is an UnsupportedError", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({ kind: "status", operation: "GetObjectAcl", status: 501, code: "NotImplemented" });
    await assertRejects(() => backend.owner("key"), UnsupportedError, "GetObjectAcl");
  }));

for (const keys of ["abc", "bca"]) {
  Deno.test(`an abort holds for what a listing has been told already, in the order ${keys}`, () =>
    onS3(async ({ s3, backend }) => {
      const contents = [...keys].map((key) =>
        `<Contents><Key>${key}</Key><Size>1</Size><ETag>"0"</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`
      );
      s3.inject({
        kind: "answer",
        operation: "ListObjectsV2",
        body:
          `<?xml version="1.0"?><ListBucketResult><Name>bucket</Name><Prefix></Prefix><KeyCount>3</KeyCount>` +
          `<IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`,
      });
      const stop = new AbortController();
      const seen: string[] = [];
      await assertRejects(
        async () => {
          for await (const entry of backend.list({ signal: stop.signal })) {
            seen.push("key" in entry ? entry.key : entry.prefix);
            stop.abort(new Error("seen enough"));
          }
        },
        Error,
        "seen enough",
      );
      assertEquals(seen, ["a"]);
    }));
}
