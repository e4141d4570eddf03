import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import { onS3, pattern } from "./setup.ts";

const KEY = "sub 01/ü+%41?#";

Deno.test("a URL to read: whole, in part, under a name, of a type, of a version", () =>
  onS3(
    async ({ s3, backend, operations }) => {
      const { versionId } = await backend.put(KEY, pattern(10));
      await backend.put(KEY, pattern(20));
      operations();
      const url = await backend.presign(KEY);
      assertEquals(operations(), []);
      assertEquals(new URL(url).searchParams.get("X-Amz-Expires"), "3600");
      assertEquals(await bytesAt(url), pattern(20));
      const part = await fetch(url, { headers: { range: "bytes=2-4" } });
      assertEquals(new Uint8Array(await part.arrayBuffer()), pattern(20).slice(2, 5));
      assertEquals(await bytesAt(await backend.presign(KEY, { versionId })), pattern(10));
      const saved = await fetch(
        await backend.presign(KEY, { filename: 'a "b" é', contentType: "text/plain" }),
      );
      await saved.body?.cancel();
      assertEquals(saved.headers.get("content-type"), "text/plain");
      assertStringIncludes(
        saved.headers.get("content-disposition") ?? "",
        "filename*=UTF-8''a%20%22b%22%20%C3%A9",
      );
      // It is good for nothing else.
      const put = await fetch(url, { method: "PUT", body: "x" });
      await put.body?.cancel();
      assertEquals([put.status, s3.store.get("bucket", KEY)?.size], [403, 20]);
      const other = await fetch(url.replace("sub", "bus"));
      await other.body?.cancel();
      assertEquals(other.status, 403);
    },
    { region: "us-east-1" },
    { buckets: [{ name: "bucket", versioning: true }] },
  ));

Deno.test("a URL ends when it said it would", () =>
  onS3(async ({ s3, backend }) => {
    await backend.put("key", pattern(1));
    const url = await backend.presign("key", { expires: 60 });
    assertEquals(await bytesAt(url), pattern(1));
    s3.clockSkew = 61_000;
    const late = await fetch(url);
    await late.body?.cancel();
    assertEquals(late.status, 403);
  }));

Deno.test("URLs to look up, store and delete", () =>
  onS3(async ({ s3, backend }) => {
    const put = await fetch(await backend.presign("key", { method: "PUT", contentType: "text/csv" }), {
      method: "PUT",
      headers: { "content-type": "text/csv" },
      body: pattern(7),
    });
    assertEquals(put.status, 200, await put.text());
    assertEquals(s3.store.get("bucket", "key")?.headers["content-type"], "text/csv");
    assertEquals(s3.store.get("bucket", "key")?.storageClass, "STANDARD_IA");
    const wrongType = await fetch(await backend.presign("key", { method: "PUT", contentType: "text/csv" }), {
      method: "PUT",
      headers: { "content-type": "text/html" },
      body: "x",
    });
    await wrongType.body?.cancel();
    assertEquals(wrongType.status, 403);
    const untyped = await fetch(await backend.presign("other", { method: "PUT" }), {
      method: "PUT",
      body: pattern(3),
    });
    assertEquals(untyped.status, 200, await untyped.text());
    const head = await fetch(await backend.presign("key", { method: "HEAD" }), { method: "HEAD" });
    assertEquals([head.status, head.headers.get("content-length")], [200, "7"]);
    const deleted = await fetch(await backend.presign("key", { method: "DELETE" }), { method: "DELETE" });
    await deleted.body?.cancel();
    assertEquals([deleted.status, s3.store.get("bucket", "key")], [204, undefined]);
  }, { storageClass: "STANDARD_IA" }));

Deno.test("a client of one's own, which would sign the checksum of a body that is not there", () =>
  onS3(async ({ s3 }) => {
    const client = new S3Client({
      endpoint: s3.endpoint,
      region: s3.region,
      credentials: s3.credentials,
      forcePathStyle: true,
    });
    const backend = new S3Backend({ bucket: "bucket", client });
    const put = await fetch(await backend.presign("key", { method: "PUT" }), {
      method: "PUT",
      body: pattern(3),
    });
    assertEquals(put.status, 200, await put.text());
    client.destroy();
  }));

Deno.test("who pays goes with the URL", () =>
  onS3(
    async ({ backend }) => {
      await backend.put("key", pattern(1));
      assertEquals(await bytesAt(await backend.presign("key")), pattern(1));
    },
    { requestPayer: "requester" },
    { buckets: [{ name: "bucket", requesterPays: true }] },
  ));

Deno.test("where no region was given, the bucket is asked once for it", () =>
  onS3(
    async ({ s3, backend, operations }) => {
      s3.store.put("bucket", "key", "hello");
      const url = await backend.presign("key");
      assertEquals(operations().at(-1), "ListObjectsV2");
      assertStringIncludes(url, "eu-west-3");
      assertEquals(new TextDecoder().decode(await bytesAt(url)), "hello");
      operations();
      await backend.presign("key");
      // It has answered, so the region is known by now.
      assertEquals(operations().filter((name) => name === "ListObjectsV2").length <= 1, true);
    },
    {},
    { region: "eu-west-3" },
  ));

Deno.test("temporary credentials end the URL: a warning says when", () =>
  onS3(
    async ({ s3, backend, warnings }) => {
      s3.store.put("bucket", "key", "x");
      await bytesAt(await backend.presign("key", { expires: 30 }));
      assertEquals(warnings, []);
      await backend.presign("key", { expires: 7200 });
      assertEquals(warnings.map(({ kind }) => kind), ["configuration"]);
    },
    {
      credentials: () =>
        Promise.resolve({
          accessKeyId: "AKIDEXAMPLE",
          secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
          sessionToken: "token",
          expiration: new Date(Date.now() + 3_600_000),
        }),
    },
    { sessionToken: "token" },
  ));

Deno.test("what no URL can do is refused", () =>
  onS3(async ({ s3, backend }) => {
    for (const expires of [0, -1, 1.5, 604_801, NaN, Infinity]) {
      await assertRejects(() => backend.presign("key", { expires }), InvalidArgumentError, "week");
    }
    await assertRejects(
      () => backend.presign("key", JSON.parse('{"method":"POST"}')),
      InvalidArgumentError,
    );
    await assertRejects(
      () => backend.presign("key", { method: "PUT", versionId: "x" }),
      InvalidArgumentError,
    );
    await assertRejects(
      () => backend.presign("key", { method: "DELETE", filename: "x" }),
      InvalidArgumentError,
    );
    await assertRejects(() => backend.presign(""), InvalidArgumentError);
    const open = {
      bucket: "bucket",
      endpoint: s3.endpoint,
      credentials: s3.credentials,
      region: "us-east-1",
    };
    const anonymous = new S3Backend({ ...open, credentials: "anonymous" });
    await assertRejects(() => anonymous.presign("key"), InvalidArgumentError, "credentials");
    const secret = new S3Backend({ ...open, sse: { type: "C", key: pattern(32) } });
    await assertRejects(() => secret.presign("key"), UnsupportedError, "sse");
    const kms = new S3Backend({ ...open, sse: { type: "KMS" } });
    await assertRejects(() => kms.presign("key", { method: "PUT" }), UnsupportedError, "sse");
    assert(await kms.presign("key"));
    for (const store of [anonymous, secret, kms]) store.close();
  }));

async function bytesAt(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  const bytes = new Uint8Array(await response.arrayBuffer());
  assertEquals(response.status, 200, new TextDecoder().decode(bytes));
  return bytes;
}
