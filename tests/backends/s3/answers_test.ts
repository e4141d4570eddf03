/** Answers that are no answer to what was asked: from proxies, consoles, and stores that overlook parameters. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { removeObjects } from "../../../lib/tree/mod.ts";
import { CottonCandyError, IntegrityError } from "../../../lib/errors.ts";
import { MiB, onS3, pattern } from "./setup.ts";

const PAGES = {
  "an empty body": "",
  "a web page": "<!doctype html><html><head><title>Console</title></head><body><br></body></html>",
  "other XML": '<?xml version="1.0"?>\n<Foo><Bar>1</Bar></Foo>',
  "text": "OK",
};
const options = { retries: { attempts: 2, delay: 5 } };

for (const [what, body] of Object.entries(PAGES)) {
  Deno.test(`${what} is no listing, no deletion, no put and no copy`, () =>
    onS3(async ({ s3, backend }) => {
      s3.store.put("bucket", "from", "x");
      s3.store.put("bucket", "key", "old");
      const remove = s3.inject({ kind: "answer", body, method: "GET", times: Infinity });
      await assertRejects(() => Array.fromAsync(backend.list()), IntegrityError, "ListObjectsV2");
      await assertRejects(() => backend.buckets.list(), IntegrityError, "ListBuckets");
      remove.remove();
      s3.inject({
        kind: "answer",
        body,
        operation: ["DeleteObjects", "PutObject", "CopyObject", "CompleteMultipartUpload"],
        times: Infinity,
      });
      const error = await assertRejects(
        () => Array.fromAsync(backend.delete(["key", "from"])),
        IntegrityError,
      );
      assertEquals(error.committed, "unknown");
      for (
        const write of [
          () => backend.put("new", pattern(10)),
          () => backend.put("new", pattern(9 * MiB)),
          () => backend.copy("from", "new"),
        ]
      ) {
        const error = await assertRejects(write, CottonCandyError);
        assertEquals(error.committed, "no", `${error}`);
      }
      assertEquals(s3.store.keys("bucket"), ["from", "key"]);
      assertEquals(s3.store.uploads("bucket"), []);
    }, options));
}

for (const what of ["a web page", "other XML", "text"] as const) {
  Deno.test(`${what} in the place of an answer without words is no deletion, no tags and no bucket`, () =>
    onS3(async ({ s3, backend }) => {
      s3.store.put("bucket", "key", "old");
      const operation = ["DeleteObject", "PutObjectTagging", "CreateBucket", "DeleteBucket"] as const;
      s3.inject({ kind: "answer", body: PAGES[what], operation, times: Infinity });
      const [{ error }] = await Array.fromAsync(backend.delete(["key"]));
      const errors = [error];
      for (
        const write of [
          () => backend.setTags("key", { run: "1" }),
          () => backend.buckets.create("other"),
          () => backend.buckets.remove("bucket"),
        ]
      ) {
        errors.push(await assertRejects(write, CottonCandyError));
      }
      for (const error of errors) {
        assertInstanceOf(error, IntegrityError);
        assertEquals(error.committed, "unknown");
      }
    }, options));
}

Deno.test("a yes to HEAD that anybody could have said is no bucket; a listing is", () =>
  onS3(async ({ s3, backend }) => {
    const bySdk = new S3Backend({ ...options, bucket: "bucket", client: await backend.loadClient() });
    for (const store of [backend, bySdk]) {
      const exists = () => store.buckets.exists("bucket");
      const portal = s3.inject({ kind: "answer", body: PAGES["a web page"], times: Infinity });
      // Of a page the SDK says in its own words that it is no XML.
      await assertRejects(exists, store === backend ? IntegrityError : CottonCandyError);
      portal.remove();
      s3.inject({ kind: "answer", body: "", operation: "HeadBucket" });
      assert(await exists());
      const before = s3.requests.length;
      assert(await exists());
      assertEquals(s3.requests.length, before + 1);
    }
  }, options));

Deno.test("a put that is stored, and answered by a page, is found", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({
      kind: "answer",
      body: PAGES["a web page"],
      operation: "CompleteMultipartUpload",
      applied: true,
    });
    const put = await backend.put("key", pattern(9 * MiB));
    assertEquals(put.etag, s3.store.get("bucket", "key")?.etag);
  }));

for (const [what, body] of Object.entries(PAGES)) {
  Deno.test(`${what} is no object, and says nothing of what was stored`, () =>
    onS3(async ({ s3, backend }) => {
      s3.store.put("bucket", "from", "x");
      s3.inject({ kind: "answer", body, operation: ["GetObject", "HeadObject"], times: Infinity });
      await assertRejects(() => backend.head("from"), IntegrityError, "neither an ETag nor a time");
      await assertRejects(() => backend.open("from"), IntegrityError);
      await assertRejects(() => backend.open("missing", { range: { offset: 0, length: 1 } }), IntegrityError);
      await assertRejects(() => backend.copy("from", "to"), IntegrityError);
      assertEquals(s3.store.keys("bucket"), ["from"]);
      s3.inject({ kind: "answer", body, operation: "PutObject", applied: true, times: Infinity });
      const error = await assertRejects(() => backend.put("key", pattern(10)), CottonCandyError);
      assertEquals(error.committed, "unknown", "it is stored, and nobody can see it");
      assertEquals(s3.store.keys("bucket"), ["from", "key"]);
    }, options));
}

const entry = (key: string, size = "1") =>
  `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>2020-01-01T00:00:00.000Z</LastModified></Contents>`;
const listing = (...entries: string[]) =>
  `<ListBucketResult><IsTruncated>false</IsTruncated>${entries.join("")}</ListBucketResult>`;
const summed = (prefix: string) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`;

for (
  const [what, request, body] of [
    ["the prefix is overlooked", { prefix: "p/" }, listing(entry("other"), entry("p/y"))],
    ["the delimiter is overlooked", { delimiter: "/" }, listing(entry("a/b"))],
    ["the delimiter is overlooked below a prefix", { prefix: "p/", delimiter: "/" }, listing(entry("p/a/b"))],
    ["the start is overlooked", { startAfter: "m" }, listing(entry("a"), entry("z"))],
    ["a prefix that is not below", { prefix: "p/", delimiter: "/" }, listing(summed("q/"))],
    ["a prefix too deep", { delimiter: "/" }, listing(summed("a/b/"))],
    ["a prefix that is none", { delimiter: "/" }, listing(summed("a"))],
    ["prefixes that nobody asked for", {}, listing(summed("a/"))],
    ["a size that is no number", {}, listing(entry("a", "abc"))],
    ["a negative size", {}, listing(entry("a", "-5"))],
    ["an absurd size", {}, listing(entry("a", "1e30"))],
    ["an infinite size", {}, listing(entry("a", "Infinity"))],
    ["no size", {}, listing("<Contents><Key>a</Key></Contents>")],
    ["no key", {}, listing("<Contents><Size>1</Size></Contents>")],
    ["an empty key", {}, listing(entry(""))],
  ] as const
) {
  Deno.test(`a listing with ${what} is an error`, () =>
    onS3(async ({ s3, backend }) => {
      s3.inject({ kind: "answer", body, operation: "ListObjectsV2" });
      await assertRejects(() => Array.fromAsync(backend.list(request)), IntegrityError, "as it was asked to");
    }));
}

Deno.test("what a listing gives that was not asked for is not deleted", () =>
  onS3(async ({ s3, backend, operations }) => {
    for (const key of ["other/precious", "p/y", "zz"]) s3.store.put("bucket", key, "x");
    s3.inject({
      kind: "answer",
      body: listing(entry("other/precious"), entry("p/y"), entry("zz")),
      operation: "ListObjectsV2",
      times: Infinity,
    });
    await assertRejects(() => removeObjects(backend, "p", { recursive: true }), IntegrityError);
    assert(!operations().some((name) => name.startsWith("Delete")));
  }));

Deno.test("order within a page, and repeats between pages, are mended", () =>
  onS3(async ({ s3, backend }) => {
    const page = (more: boolean, ...entries: string[]) =>
      `<ListBucketResult><IsTruncated>${more}</IsTruncated>${
        more ? "<NextContinuationToken>t</NextContinuationToken>" : ""
      }${entries.join("")}</ListBucketResult>`;
    const first = (body: string) => s3.inject({ kind: "answer", body, operation: "ListObjectsV2" });
    const keys = () =>
      Array.fromAsync(backend.list({ delimiter: "/" }), (each) => "key" in each ? each.key : each.prefix);
    // By UTF-16, as Java does it; and in no order at all.
    first(page(true, entry("\u{1F36C}"), entry("\uFF5E"), summed("z/"), summed("b/")));
    s3.inject({ kind: "answer", body: page(false, entry("a")), operation: "ListObjectsV2", skip: 1 });
    assertEquals(await keys(), ["a", "b/", "z/", "\uFF5E", "\u{1F36C}"]);
    s3.clearFaults();
    first(page(true, entry("a"), entry("c"), summed("b/")));
    s3.inject({
      kind: "answer",
      body: page(false, entry("c"), entry("d"), summed("b/")),
      operation: "ListObjectsV2",
      skip: 1,
    });
    assertEquals(await keys(), ["a", "b/", "c", "d"]);
    s3.clearFaults();
    // What has been given can't be ordered any more.
    first(page(true, entry("m"), entry("n")));
    s3.inject({ kind: "answer", body: page(false, entry("a")), operation: "ListObjectsV2", skip: 1 });
    await assertRejects(keys, IntegrityError, '"a" comes after "n"');
    s3.clearFaults();
    s3.inject({ kind: "answer", body: page(true, entry("a")), operation: "ListObjectsV2", times: Infinity });
    await assertRejects(keys, IntegrityError);
  }));

const deletion = (body: string) => `<DeleteResult>${body}</DeleteResult>`;
for (
  const [what, body] of [
    ["nothing", deletion("")],
    ["an error without a key", deletion("<Error><Code>InternalError</Code></Error>")],
    ["an error with a padded key", deletion("<Error><Key> a b </Key><Code>AccessDenied</Code></Error>")],
    ["an error with an encoded key", deletion("<Error><Key>a%20b</Key><Code>AccessDenied</Code></Error>")],
    ["another key", deletion("<Deleted><Key>c</Key></Deleted>")],
  ] as const
) {
  Deno.test(`an answer to DeleteObjects that says ${what} of a key is no deletion`, () =>
    onS3(async ({ s3, backend }) => {
      s3.store.put("bucket", "a b", "x");
      s3.inject({ kind: "answer", body, operation: "DeleteObjects" });
      s3.inject({ kind: "status", status: 403, code: "AccessDenied", operation: "DeleteObject", times: 2 });
      const results = await Array.fromAsync(backend.delete(["a b", "b"]));
      assertEquals(results.map(({ key, error }) => [key, error instanceof CottonCandyError]), [
        ["a b", true],
        ["b", true],
      ]);
      // Each is asked for by itself then, which is answered by its own status.
      s3.inject({ kind: "answer", body, operation: "DeleteObjects" });
      assertEquals((await Array.fromAsync(backend.delete(["a b", "b"]))).map(({ error }) => error), [
        undefined,
        undefined,
      ]);
      assertEquals(s3.store.keys("bucket"), []);
    }));
}

Deno.test("a part of an object without the word of which part is an error", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "key", "abc");
    const headers = { "content-range": null };
    s3.inject({ kind: "changeHeaders", headers, operation: "GetObject" });
    await assertRejects(
      () => backend.open("key", { range: { offset: 1, length: 1 } }),
      IntegrityError,
      "part",
    );
  }));
