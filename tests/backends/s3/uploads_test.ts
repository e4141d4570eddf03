import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { PendingUpload } from "../../../backends/backend.ts";
import type { S3Backend } from "../../../backends/s3/mod.ts";
import { CreateMultipartUploadCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { AccessDeniedError, InvalidArgumentError, PartialFailureError } from "../../../lib/errors.ts";
import { onS3, pattern } from "./setup.ts";

const HOUR = 3_600_000;

async function begin(backend: S3Backend, Key: string): Promise<string> {
  const place = { Bucket: "bucket", Key };
  const { UploadId } = await backend.client.send(new CreateMultipartUploadCommand(place));
  await backend.client.send(
    new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: pattern(10) }),
  );
  return UploadId ?? "";
}

Deno.test("pending uploads are listed over pages, below a prefix, and by odd keys", () =>
  onS3(
    async ({ backend }) => {
      const keys = ["a", "a", "a/b c+%", "ü\u0001"];
      const ids = [];
      for (const key of keys) ids.push(await begin(backend, key));
      const listed = await Array.fromAsync(backend.listUploads());
      assertEquals(listed.map(({ key }) => key), keys);
      assertEquals(listed.map(({ uploadId }) => uploadId), ids);
      for (const { started } of listed) assert(Math.abs(started.getTime() - Date.now()) < 60_000);
      assertEquals((await Array.fromAsync(backend.listUploads({ prefix: "a/" }))).map(({ key }) => key), [
        "a/b c+%",
      ]);
    },
    {},
    { features: { maxKeys: 1 } },
  ));

Deno.test("keys of pending uploads that are encoded without a word, as Ceph does, are asked for as they are", () =>
  onS3(async ({ s3, backend, uploads }) => {
    const id = await begin(backend, "a b/%41");
    s3.inject({
      kind: "answer",
      operation: "ListMultipartUploads",
      when: ({ query }) => query["encoding-type"] === "url",
      body:
        `<?xml version="1.0"?><ListMultipartUploadsResult><Upload><Key>a%20b/%2541</Key><UploadId>${id}</UploadId>` +
        "<Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>",
      times: Infinity,
    });
    assertEquals((await Array.fromAsync(backend.listUploads({ prefix: "a b/" }))).map(({ key }) => key), [
      "a b/%41",
    ]);
    assertEquals((await backend.abortUploads({ olderThan: 0 })).map(({ key }) => key), ["a b/%41"]);
    assertEquals(uploads(), []);
  }));

Deno.test("only old uploads are aborted, and only below the prefix", () =>
  onS3(async ({ s3, backend, uploads }) => {
    s3.clockSkew = -2 * HOUR / 10;
    await begin(backend, "sub01/old");
    await begin(backend, "sub02/old");
    s3.clockSkew = 0;
    await begin(backend, "sub01/young");
    const aborted = await backend.abortUploads({ olderThan: HOUR / 10, prefix: "sub01/" });
    assertEquals(aborted.map(({ key }) => key), ["sub01/old"]);
    assertEquals(uploads(), ["sub02/old", "sub01/young"]);
    const past = new Date(Date.now() - HOUR / 10);
    assertEquals((await backend.abortUploads({ olderThan: past })).map(({ key }) => key), ["sub02/old"]);
    assertEquals((await backend.abortUploads({ olderThan: 0 })).map(({ key }) => key), ["sub01/young"]);
    assertEquals(uploads(), []);
  }));

for (const [name, skew] of [["behind", -HOUR / 5], ["ahead", HOUR / 5]] as const) {
  Deno.test(`how old an upload is goes by the server's clock, which is ${name}, and all are all`, () =>
    onS3(async ({ s3, backend, uploads }) => {
      s3.clockSkew = skew;
      await begin(backend, "young");
      assertEquals(await backend.abortUploads({ olderThan: HOUR / 10 }), []);
      const only = ({ key }: PendingUpload) => key === "other";
      assertEquals(await backend.abortUploads({ olderThan: 0, only }), []);
      assertEquals(uploads(), ["young"]);
      assertEquals((await backend.abortUploads({ olderThan: 0 })).map(({ key }) => key), ["young"]);
    }));
}

Deno.test("an age that is none aborts nothing", () =>
  onS3(async ({ backend, uploads }) => {
    await begin(backend, "key");
    for (const olderThan of [-1, NaN, new Date(NaN)]) {
      await assertRejects(() => backend.abortUploads({ olderThan }), InvalidArgumentError, "olderThan");
    }
    await assertRejects(
      () => backend.abortUploads(Object.assign({ olderThan: 1 }, { olderThan: undefined })),
      InvalidArgumentError,
    );
    assertEquals(uploads(), ["key"]);
  }));

Deno.test("an abort that is denied is told, with those that were done", () =>
  onS3(async ({ s3, backend, uploads }) => {
    await begin(backend, "a");
    await begin(backend, "b");
    s3.inject({
      kind: "status",
      operation: "AbortMultipartUpload",
      key: "a",
      status: 403,
      code: "AccessDenied",
      times: Infinity,
    });
    const error = await assertRejects(() => backend.abortUploads({ olderThan: 0 }), PartialFailureError);
    assertEquals(error.done, ["b"]);
    assertEquals(error.failed.map(({ key }) => key), ["a"]);
    assertInstanceOf(error.failed[0].error, AccessDeniedError);
    assertEquals(uploads(), ["a"]);
  }));

Deno.test("a lost answer to an abort is no failure", () =>
  onS3(async ({ s3, backend, uploads }) => {
    await begin(backend, "a");
    s3.inject({ kind: "loseAnswer", operation: "AbortMultipartUpload", times: 2 });
    assertEquals((await backend.abortUploads({ olderThan: 0 })).length, 1);
    assertEquals(uploads(), []);
  }));
