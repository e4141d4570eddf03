/** Stores that speak S3 in their own way: checksums that they refuse, lengths that they leave away, encodings, archives. What is learned is learned once. */
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import {
  AccessDeniedError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import type { Fault, FaultRequest } from "../../servers/s3.ts";
import { MiB, onS3, pattern, same, type Setup } from "./setup.ts";

const LARGE = pattern(20 * MiB);

const checksumHeaders = ({ headers }: FaultRequest) =>
  Object.keys(headers).some((name) => /^x-amz-(checksum|sdk-checksum)/.test(name));

/** What stores say that don't know checksums' headers. An answer to HEAD has none of the words. */
const REFUSALS = {
  "by name": [400, "InvalidArgument", "Unsupported header 'x-amz-checksum-mode' received for this API call."],
  "without a name": [
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
  ],
} as const;

async function bytesOf({ backend }: Setup, key: string, parallel = false): Promise<Uint8Array> {
  return await (await backend.open(key, { parallel })).read();
}

for (const [how, [status, code, message]] of Object.entries(REFUSALS)) {
  for (const checksums of ["CRC32", "SHA256", "MD5"] as const) {
    for (const first of ["put", "head", "read", "parallel read", "put in parts"]) {
      Deno.test(`checksum headers refused ${how} (${checksums}): ${first}, and everything after it without asking again`, () =>
        onS3(
          async (setup) => {
            const { s3, backend, warnings } = setup;
            s3.store.put("bucket", "key", "hello");
            s3.inject({ kind: "status", status, code, message, when: checksumHeaders, times: Infinity });
            const operations: Record<string, () => Promise<unknown>> = {
              put: () => backend.put("new", pattern(10)),
              head: async () => assertEquals((await backend.head("key"))?.size, 5),
              read: async () => assertEquals((await bytesOf(setup, "key")).length, 5),
              "parallel read": async () => assertEquals((await bytesOf(setup, "key", true)).length, 5),
            };
            if (first === "put in parts") operations[first] = () => backend.put("parts", pattern(9 * MiB));
            await operations[first]?.();
            for (const work of Object.values(operations)) await work();
            s3.requests.length = 0;
            const sibling = backend.withBucket("bucket");
            for (const work of Object.values(operations)) await work();
            assertEquals((await sibling.head("key"))?.size, 5);
            assertEquals(s3.requests.filter(({ status }) => status >= 400), []);
            assert(warnings.length <= 2 && warnings.every(({ kind }) => kind === "checksum"));
          },
          { checksums },
        ));
    }
  }
}

Deno.test("checksum headers refused: what is missing is missing, and that is learned from", () =>
  onS3(async ({ s3, backend }) => {
    const [status, code, message] = REFUSALS["by name"];
    s3.inject({ kind: "status", status, code, message, when: checksumHeaders, times: Infinity });
    assertEquals(await backend.head("missing"), undefined);
    s3.requests.length = 0;
    assertEquals(await backend.head("missing"), undefined);
    assertEquals(s3.requests.length, 1);
  }));

Deno.test("checksum headers refused: the refusal is understood that comes when the answer to the same request was lost", () =>
  onS3(async ({ s3, backend }) => {
    const [status, code, message] = REFUSALS["without a name"];
    const lost = s3.inject({ kind: "reset", operation: "PutObject", when: checksumHeaders });
    s3.inject({ kind: "status", status, code, message, when: checksumHeaders, times: Infinity });
    await backend.put("key", pattern(10));
    assertEquals(lost.hits, 1);
    assertEquals((await backend.head("key"))?.size, 10);
  }));

const whole = ({ headers }: FaultRequest) => headers["x-amz-checksum-type"] === "FULL_OBJECT";

for (
  const [code, message] of [
    ["InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."],
    ["BadDigest", "The CRC32 you specified did not match what we received."],
    ["XAmzContentChecksumMismatch", "The provided checksum does not match what was computed."],
  ] as const
) {
  Deno.test(`FULL_OBJECT refused at Complete (${code}): no part is sent again, and the next upload doesn't ask`, () =>
    onS3(async (setup) => {
      const { s3, backend, warnings, operations, uploads } = setup;
      // A store that knows no such type overlooks it when the upload begins.
      s3.inject({
        kind: "changeHeaders",
        operation: "CreateMultipartUpload",
        headers: { "x-amz-checksum-type": null },
        times: Infinity,
      });
      s3.inject({
        kind: "status",
        status: 400,
        code,
        message,
        operation: "CompleteMultipartUpload",
        when: whole,
        times: Infinity,
      });
      await backend.put("key", LARGE);
      assertEquals(operations().sort(), [
        "CompleteMultipartUpload",
        "CompleteMultipartUpload",
        "CreateMultipartUpload",
        "UploadPart",
        "UploadPart",
        "UploadPart",
      ]);
      assert(same(await bytesOf(setup, "key"), LARGE));
      assertEquals(warnings.map(({ kind }) => kind), ["checksum"]);
      s3.requests.length = 0;
      await backend.withBucket("bucket").put("again", LARGE);
      assertEquals([s3.requests.filter(({ status }) => status >= 400), uploads()], [[], []]);
    }));
}

Deno.test("a whole that is not its checksum, at a store that knows such: an error at once, and nothing left", () =>
  onS3(async ({ s3, backend, operations, uploads }) => {
    s3.inject({
      kind: "status",
      status: 400,
      code: "BadDigest",
      operation: "CompleteMultipartUpload",
      times: Infinity,
    });
    const error = await assertRejects(() => backend.put("key", LARGE), IntegrityError);
    assertEquals(error.committed, "no");
    assertEquals(operations().filter((name) => name === "CompleteMultipartUpload").length, 1);
    assertEquals([s3.store.get("bucket", "key"), uploads()], [undefined, []]);
  }));

Deno.test("parts that no store puts together for their checksums: which option helps, and nothing left", () =>
  onS3(async ({ s3, backend, uploads }) => {
    s3.inject({
      kind: "status",
      status: 400,
      code: "InvalidRequest",
      message: "The checksums are not what was expected.",
      operation: "CompleteMultipartUpload",
      times: Infinity,
    });
    const error = await assertRejects(() => backend.put("key", LARGE), UnsupportedError, "Set `checksums`");
    assertEquals([error.committed, uploads()], ["no", []]);
  }));

for (
  const [name, value] of [
    ["x-amz-server-side-encryption", "aws:kms"],
    ["x-amz-server-side-encryption", "aws:kms:dsse"],
    ["x-amz-server-side-encryption-customer-algorithm", "AES256"],
  ] as const
) {
  Deno.test(`checksums MD5: the ETag is none of an object under a key (${value})`, () =>
    onS3(
      async (setup) => {
        const { s3 } = setup;
        s3.store.put("bucket", "key", LARGE);
        const etag = '"0123456789abcdef0123456789abcdef"';
        const changed = {
          kind: "changeHeaders",
          operation: ["GetObject", "HeadObject"],
          times: Infinity,
        } as const;
        const fault = s3.inject({ ...changed, headers: { [name]: value, etag } });
        assert(same(await bytesOf(setup, "key"), LARGE));
        fault.remove();
        s3.inject({ ...changed, headers: { etag } });
        await assertRejects(() => bytesOf(setup, "key"), IntegrityError);
      },
      { checksums: "MD5" },
      { features: { defaultChecksum: false } },
    ));
}

const withoutLength: Fault = {
  kind: "changeHeaders",
  operation: ["GetObject", "HeadObject"],
  headers: { "content-length": null },
  times: Infinity,
};

Deno.test("answers without Content-Length: sizes and bytes are right, of empty objects too", () =>
  onS3(async (setup) => {
    const { s3, backend } = setup;
    s3.store.put("bucket", "key", LARGE);
    s3.store.put("bucket", "empty", "");
    s3.inject(withoutLength);
    for (const [key, size] of [["key", LARGE.length], ["empty", 0]] as const) {
      assertEquals((await backend.head(key))?.size, size);
      for (const parallel of [false, true]) assertEquals((await bytesOf(setup, key, parallel)).length, size);
      assertEquals((await backend.copy(key, "copied")).size, size);
    }
    assertEquals(await backend.head("missing"), undefined);
  }));

Deno.test("answers without Content-Length, and no ranges: said, not 0", () =>
  onS3(async (setup) => {
    const { s3, backend } = setup;
    s3.store.put("bucket", "key", "hello");
    s3.inject({
      kind: "changeHeaders",
      operation: ["GetObject", "HeadObject"],
      headers: { "content-length": null, "content-range": null },
      times: Infinity,
    });
    await assertRejects(() => backend.head("key"), IntegrityError);
    await assertRejects(() => bytesOf(setup, "key"), IntegrityError);
    await assertRejects(() => bytesOf(setup, "key", true), IntegrityError);
  }));

Deno.test("ranges of an empty object, as some stores answer them", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "empty", "");
    const ranges = [{ suffix: 5 }, { offset: 0 }, { offset: 0, length: 3 }, { offset: 7 }] as const;
    const read = async () => {
      for (const range of ranges) {
        for (const parallel of [false, true]) {
          const reader = await backend.open("empty", { range, parallel });
          assertEquals([reader.info.size, (await reader.read()).length], [0, 0]);
        }
      }
    };
    await read();
    s3.inject({
      kind: "changeHeaders",
      operation: "GetObject",
      headers: { "content-range": "bytes 0--1/0" },
      times: Infinity,
    });
    await read();
  }));

for (const encoding of ["aws-chunked", "identity", "gzip", "gzip,aws-chunked", "AWS-Chunked, zstd"]) {
  Deno.test(`a body with Content-Encoding ${encoding} that breaks off is taken up again`, () =>
    onS3(async (setup) => {
      const { s3, backend } = setup;
      s3.store.put("bucket", "key", LARGE, { headers: { "content-encoding": encoding } });
      const plain = encoding.replace(/,? ?aws-chunked,? ?/i, "").replace("identity", "") || undefined;
      assertEquals((await backend.head("key"))?.contentEncoding, plain);
      for (const parallel of [false, true]) {
        s3.inject({ kind: "cutResponse", operation: "GetObject", afterBytes: MiB, times: 2 });
        assert(same(await bytesOf(setup, "key", parallel), LARGE));
      }
    }));
}

for (const operation of ["GetObject", "CopyObject"] as const) {
  Deno.test(`an archived object is said to be one, by ${operation}`, () =>
    onS3(async (setup) => {
      const { s3, backend } = setup;
      s3.store.put("bucket", "cold", "hello");
      s3.inject({ kind: "status", status: 403, code: "InvalidObjectState", operation, times: Infinity });
      const work: () => Promise<unknown> = operation === "GetObject"
        ? () => bytesOf(setup, "cold")
        : () => backend.copy("cold", "warm");
      const error = await assertRejects(work, CottonCandyError);
      assert(!(error instanceof AccessDeniedError));
      assertInstanceOf(error, UnsupportedError);
      assertMatch(error.message, /archived.*Restore it first/);
      assertEquals(error.committed, operation === "GetObject" ? undefined : "no");
    }));
}

Deno.test("a HEAD that is refused without a word: reading says why", () =>
  onS3(async ({ s3, backend }) => {
    s3.store.put("bucket", "key", "hello");
    s3.inject({
      kind: "status",
      status: 400,
      code: "InvalidRequest",
      message: "The object was stored using a form of Server Side Encryption.",
      operation: ["HeadObject", "GetObject"],
      times: Infinity,
    });
    await assertRejects(() => backend.head("key"), CottonCandyError, "a form of Server Side Encryption");
  }));

Deno.test("a server that takes a customer's key by TLS alone: what to do is told, whether it says so or not", () =>
  onS3(async ({ s3, backend }) => {
    const refuse = (message: string) =>
      s3.inject({ kind: "status", status: 400, code: "InvalidRequest", message, operation: "PutObject" });
    // As MinIO says it.
    refuse(
      "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.",
    );
    const error = await assertRejects(
      () => backend.put("key", pattern(1)),
      UnsupportedError,
      "https:// endpoint",
    );
    assertEquals(error.committed, "no");
    // As Ceph does.
    refuse("");
    await assertRejects(() => backend.put("key", pattern(1)), InvalidArgumentError, "https:// alone");
  }, { sse: { type: "C", key: pattern(32) } }));
