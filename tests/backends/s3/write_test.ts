import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
} from "../../../lib/errors.ts";
import { MiB, onS3, pattern, same, streamed } from "./setup.ts";

const LARGE = pattern(20 * MiB + 5);

Deno.test("a small put is one request, and so is a stream that fits into one part", () =>
  onS3(async ({ s3, backend, operations }) => {
    await backend.put("bytes", pattern(1000));
    await backend.put("stream", streamed(pattern(8 * MiB)));
    assertEquals(operations(), ["PutObject", "PutObject"]);
    assertEquals(s3.store.get("bucket", "stream")?.size, 8 * MiB);
  }));

Deno.test("no header is sent that was not asked for", () =>
  onS3(async ({ s3, backend }) => {
    await backend.put("key", pattern(10), { metadata: { Shape: "" } });
    const { headers } = s3.requests[0];
    assertEquals(headers["x-amz-acl"], undefined);
    assertEquals(headers["content-type"], undefined);
    assertEquals(headers["content-encoding"], undefined);
    assertEquals(headers["x-amz-meta-shape"], "");
    assertStringIncludes(headers.authorization, "x-amz-meta-shape");
    assert(headers["x-amz-checksum-crc32"]);
    await backend.put("key", pattern(10), { acl: "public-read", contentType: "a/b" });
    assertEquals(s3.requests[1].headers["x-amz-acl"], "public-read");
    assertEquals(s3.requests[1].headers["content-type"], "a/b");
    await backend.put("key", LARGE);
    const create = s3.requests.find(({ operation }) => operation === "CreateMultipartUpload");
    assertEquals(create?.headers["content-type"], undefined);
    assertEquals(create?.headers["x-amz-acl"], undefined);
  }));

Deno.test("an upload in parts has the object's whole checksum, which a reader gets", () =>
  onS3(async ({ backend }) => {
    const put = await backend.put("key", streamed(LARGE));
    const head = await backend.head("key");
    assertEquals(head?.checksum?.algorithm, "CRC32");
    assertEquals(head?.etag, put.etag);
    assert(put.etag?.endsWith("-3"));
  }));

for (const checksums of ["CRC32C", "CRC64NVME", "SHA256", "MD5", false] as const) {
  Deno.test(`checksums: ${checksums}, in one request and in parts`, () =>
    onS3(async ({ s3, backend, warnings }) => {
      await backend.put("small", pattern(100));
      await backend.put("large", streamed(LARGE));
      for (const [key, bytes] of [["small", pattern(100)], ["large", LARGE]] as const) {
        const reader = await backend.open(key, { parallel: true });
        assert(same(await reader.read(), bytes));
      }
      const sent = s3.requests.filter(({ operation }) =>
        operation === "PutObject" || operation === "UploadPart"
      );
      for (const { headers } of sent) {
        const names = Object.keys(headers).filter((name) => /^(x-amz-checksum|content-md5)/.test(name));
        assertEquals(
          names,
          checksums === false
            ? []
            : checksums === "MD5"
            ? ["content-md5"]
            : [`x-amz-checksum-${checksums.toLowerCase()}`],
        );
      }
      assertEquals(warnings, []);
    }, { checksums }));
}

Deno.test("a store that refuses checksums gets Content-MD5, after one warning", () =>
  onS3(
    async ({ s3, backend, warnings }) => {
      await backend.put("large", streamed(LARGE));
      await backend.put("small", pattern(100));
      await backend.put("other", pattern(9 * MiB));
      assertEquals(warnings.map(({ kind }) => kind), ["checksum"]);
      const last = s3.requests.findLast(({ operation }) => operation === "UploadPart");
      assert(last?.headers["content-md5"]);
      assertEquals(last?.headers["x-amz-checksum-crc32"], undefined);
      const reader = await backend.open("large", { parallel: true });
      assert(same(await reader.read(), LARGE));
    },
    {},
    { dialect: "r2", features: { equalParts: false } },
  ));

Deno.test("a bit that flips on the way up is noticed by the store, and sent again", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({
      kind: "status",
      operation: ["PutObject", "UploadPart"],
      status: 400,
      code: "BadDigest",
      message: "The CRC32 you specified did not match the calculated checksum.",
      times: 2,
    });
    await backend.put("key", pattern(100));
    await backend.put("key", streamed(LARGE));
    assertEquals(s3.store.get("bucket", "key")?.size, LARGE.length);
    s3.inject({ kind: "status", operation: "PutObject", status: 400, code: "BadDigest", times: Infinity });
    const error = await assertRejects(() => backend.put("key", pattern(100)), IntegrityError, "damaged");
    assertEquals(error.committed, "no");
  }));

Deno.test("passing troubles are tried again: 503, 500, 429, SlowDown, RequestTimeout, resets", () =>
  onS3(async ({ s3, backend, operations }) => {
    const troubles = [
      { kind: "status", status: 503, code: "ServiceUnavailable" },
      { kind: "status", status: 500, code: "InternalError" },
      { kind: "status", status: 503, code: "SlowDown" },
      { kind: "status", status: 429, code: "TooManyRequests" },
      { kind: "status", status: 400, code: "RequestTimeout" },
      { kind: "reset" },
      { kind: "reset", afterRequestBytes: 50 },
      { kind: "loseAnswer" },
    ] as const;
    for (const trouble of troubles) {
      s3.inject({ operation: "PutObject", ...trouble });
      await backend.put("key", pattern(100));
      assertEquals(operations(), ["PutObject", "PutObject"], JSON.stringify(trouble));
    }
  }));

Deno.test("a store that answers 500 for good is one error, after the attempts that were asked for", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({
      kind: "status",
      operation: "PutObject",
      status: 500,
      code: "InternalError",
      times: Infinity,
    });
    const error = await assertRejects(
      () => backend.put("key", pattern(100)),
      CottonCandyError,
      "InternalError",
    );
    assertEquals(error.code, "Storage");
    assertEquals(s3.requests.filter(({ operation }) => operation === "PutObject").length, 3);
    assertEquals(error.committed, "no", "the store was asked, and has no such object");
  }, { retries: 3 }));

Deno.test("what can't get better is not tried again", () =>
  onS3(async ({ s3, backend, operations }) => {
    s3.inject({ kind: "status", operation: "PutObject", status: 403, code: "AccessDenied" });
    const denied = await assertRejects(() => backend.put("key", pattern(100)), AccessDeniedError);
    assertEquals([denied.committed, denied.key, denied.bucket], ["no", "key", "bucket"]);
    await assertRejects(
      () => backend.withBucket("missing").put("key", pattern(1)),
      NotFoundError,
      '"missing"',
    );
    assertEquals(operations(), ["PutObject", "PutObject"]);
  }));

Deno.test("wrong keys: the message says which of them", async () => {
  await onS3(
    async ({ backend }) => {
      const error = await assertRejects(
        () => backend.put("key", pattern(1)),
        AccessDeniedError,
        "secret key is wrong",
      );
      assertEquals(error.committed, "no");
    },
    { credentials: { accessKeyId: "test", secretAccessKey: "wrong" } },
    { accessKeyId: "test" },
  );
  await onS3(async ({ backend }) => {
    await assertRejects(
      () => backend.put("key", pattern(1)),
      AccessDeniedError,
      "does not know this access key",
    );
  }, { credentials: { accessKeyId: "unknown", secretAccessKey: "wrong" } });
});

Deno.test("a part that fails once is sent again; one that is denied ends the upload, and nothing is left", () =>
  onS3(async ({ s3, backend, uploads, operations }) => {
    s3.inject({ kind: "status", operation: "UploadPart", status: 500, code: "InternalError", skip: 1 });
    await backend.put("key", streamed(LARGE));
    assertEquals(operations().filter((name) => name === "UploadPart").length, 4);
    s3.inject({
      kind: "status",
      operation: "UploadPart",
      status: 403,
      code: "AccessDenied",
      skip: 1,
      times: Infinity,
    });
    let cancelled: unknown;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(pattern(MiB)),
      cancel: (reason) => void (cancelled = reason),
    }, { highWaterMark: 0 });
    const error = await assertRejects(() => backend.put("endless", source), AccessDeniedError);
    assertStrictSame(cancelled, error);
    assertEquals(uploads(), []);
    assertEquals(s3.store.get("bucket", "endless"), undefined);
    assert(operations().includes("AbortMultipartUpload"));
  }));

Deno.test("an upload is aborted until the store says that it is gone", () =>
  onS3(async ({ s3, backend, uploads, operations }) => {
    s3.inject({ kind: "status", operation: "UploadPart", status: 403, code: "AccessDenied" });
    // Says yes, and does nothing.
    s3.inject({
      kind: "status",
      operation: "AbortMultipartUpload",
      status: 204,
      code: "NoContent",
      times: 2,
    });
    await assertRejects(() => backend.put("key", LARGE), AccessDeniedError);
    assertEquals(uploads(), []);
    assertEquals(operations().filter((name) => name === "AbortMultipartUpload").length, 3);
  }));

Deno.test("Complete that answers 200 with an error is tried again", () =>
  onS3(async ({ s3, backend, operations }) => {
    s3.inject({ kind: "errorIn200", operation: "CompleteMultipartUpload", code: "InternalError" });
    await backend.put("key", LARGE);
    assertEquals(operations().filter((name) => name === "CompleteMultipartUpload").length, 2);
    assertEquals(s3.store.get("bucket", "key")?.size, LARGE.length);
  }));

Deno.test("Complete that answers 200 with an error for good is an error, and nothing is stored", () =>
  onS3(async ({ s3, backend, uploads }) => {
    s3.inject({
      kind: "errorIn200",
      operation: "CompleteMultipartUpload",
      code: "InternalError",
      times: Infinity,
    });
    const error = await assertRejects(() => backend.put("key", LARGE), CottonCandyError, "InternalError");
    assertEquals(error.committed, "no");
    assertEquals(uploads(), []);
  }, { retries: 2 }));

for (const checksums of ["CRC32", false] as const) {
  Deno.test(`Complete whose answer is lost, and which then says NoSuchUpload, has succeeded (checksums: ${checksums})`, () =>
    onS3(
      async ({ s3, backend, operations }) => {
        s3.inject({ kind: "loseAnswer", operation: "CompleteMultipartUpload" });
        const put = await backend.put("key", LARGE);
        assertEquals(put.size, LARGE.length);
        assertEquals(put.etag, s3.store.get("bucket", "key")?.etag);
        assertEquals(operations().slice(-3), [
          "CompleteMultipartUpload",
          "CompleteMultipartUpload",
          "HeadObject",
        ]);
      },
      { checksums },
      { features: { idempotentComplete: false } },
    ));
}

Deno.test("NoSuchUpload when somebody else aborted it is an error, although an object of that name is there", () =>
  onS3(async ({ s3, backend }) => {
    await backend.put("key", pattern(LARGE.length, 2));
    s3.inject({
      kind: "run",
      operation: "CompleteMultipartUpload",
      run: (store) => store.buckets.get("bucket")?.uploads.clear(),
    });
    const error = await assertRejects(() => backend.put("key", LARGE), NotFoundError, "upload");
    assertEquals(error.committed, "no");
  }));

Deno.test("an abort in mid-upload cancels the parts in flight, and leaves nothing", () =>
  onS3(async ({ s3, backend, uploads }) => {
    s3.inject({ kind: "delay", operation: "UploadPart", ms: Infinity, skip: 1, times: Infinity });
    const control = new AbortController();
    const reason = new Error("enough");
    const put = backend.put("key", streamed(LARGE), { signal: control.signal });
    setTimeout(() => control.abort(reason), 300);
    assertStrictSame(await put.catch((error) => error), reason);
    await s3.idle();
    assertEquals(uploads(), []);
    assertEquals(s3.store.get("bucket", "key"), undefined);
    // Deno's HTTP client would send what was given up again.
    const asked = s3.requests.map(({ operation, query }) => `${operation} ${query.partNumber}`);
    assertEquals(new Set(asked).size, asked.length, asked.join());
  }));

Deno.test("an abort while an upload begins waits for its id, and leaves nothing", () =>
  onS3(async ({ s3, backend, uploads }) => {
    s3.inject({ kind: "delay", operation: "CreateMultipartUpload", ms: 300, at: "answer" });
    const control = new AbortController();
    const put = backend.put("key", LARGE, { signal: control.signal });
    setTimeout(() => control.abort("enough"), 100);
    assertEquals(await put.catch((error) => error), "enough");
    await s3.idle();
    assertEquals(uploads(), []);
  }));

Deno.test("an abort after the commit has begun is too late", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({
      kind: "delay",
      operation: ["PutObject", "CompleteMultipartUpload"],
      ms: 300,
      at: "answer",
      times: 2,
    });
    for (const body of [pattern(100), LARGE]) {
      const control = new AbortController();
      const put = backend.put("key", body, { signal: control.signal });
      while (
        !s3.requests.some(({ operation, bytesIn }) =>
          operation === "CompleteMultipartUpload" || bytesIn === 100
        )
      ) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      control.abort();
      assertEquals((await put).size, body.length);
      s3.requests.length = 0;
    }
  }));

Deno.test("an abort between attempts that were refused is heard: nothing has been committed", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({ kind: "status", operation: "PutObject", status: 503, code: "SlowDown", times: Infinity });
    const control = new AbortController();
    const put = backend.put("key", pattern(100), { signal: control.signal });
    while (s3.requests.filter(({ done }) => done).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    control.abort("enough");
    assertEquals(await put.catch((error) => error), "enough");
  }, { retries: { attempts: 100, budget: 60_000 } }));

Deno.test({
  name:
    "a server that takes no connection is given up after the time for connecting, however long an answer may take",
  // Other systems refuse what they have no room for.
  ignore: Deno.build.os !== "linux",
  async fn() {
    // Its queue is full, and nobody accepts: further connections wait.
    const server = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 0 });
    const { port } = server.addr;
    const first = await Deno.connect({ hostname: "127.0.0.1", port });
    try {
      await onS3(async ({ backend }) => {
        const start = performance.now();
        const calls = [
          () => backend.put("key", pattern(1)),
          () => backend.open("key"),
          () => backend.head("key"),
        ];
        for (const call of calls) await assertRejects(call, ConnectionError, "could not reach");
        assert(performance.now() - start < 15_000);
      }, {
        endpoint: `http://127.0.0.1:${port}`,
        retries: 2,
        timeout: { connect: 200, idle: 60_000 },
      });
    } finally {
      first.close();
      server.close();
    }
  },
});

Deno.test("a store that falls silent is given up, with an error that says so", () =>
  onS3(async ({ s3, backend }) => {
    s3.inject({ kind: "delay", operation: "PutObject", ms: Infinity, times: Infinity });
    const error = await assertRejects(
      () => backend.put("key", pattern(100)),
      ConnectionError,
      "stopped answering",
    );
    assertEquals(error.committed, "no", "the store was asked, and has no such object");
  }, { retries: 2, timeout: { idle: 1000 } }));

Deno.test("nobody listens: one error, soon, that names the endpoint", async () => {
  // Not a port that was given back, which another test might be given.
  const endpoint = "http://127.0.0.1:1";
  await onS3(async ({ backend }) => {
    const start = performance.now();
    const calls = [
      () => backend.put("key", pattern(1)),
      () => backend.put("key", LARGE),
      () => backend.open("key"),
      () => backend.head("key"),
    ];
    for (const call of calls) {
      const error = await assertRejects(call, ConnectionError, endpoint);
      assertStringIncludes(error.message, "server runs");
    }
    assert(performance.now() - start < 20_000);
  }, { retries: undefined, endpoint });
});

Deno.test("a host that does not exist is unreachable", () =>
  onS3(async ({ backend }) => {
    const error = await assertRejects(
      () => backend.put("key", pattern(1)),
      ConnectionError,
      "nowhere.invalid",
    );
    assertEquals(error.committed, "no");
    await assertRejects(() => backend.open("key"), ConnectionError);
  }, { endpoint: "http://nowhere.invalid" }));

Deno.test("what can't be stored is refused before anything is sent", () =>
  onS3(async ({ backend, operations }) => {
    const wrong = [
      () => backend.put("", pattern(1)),
      () => backend.put("é".repeat(513), pattern(1)),
      () => backend.put("key", pattern(1), { metadata: { a: "x".repeat(2048) } }),
      () => backend.put("key", pattern(1), { metadata: { a: "é" } }),
      () => backend.put("key", pattern(1), { acl: "authenticated" }),
      () => backend.put("key", pattern(1), { ifAbsent: true, ifMatch: "x" }),
      () => backend.put("key", streamed(pattern(1)), { size: 6 * 1024 ** 4 }),
    ];
    for (const call of wrong) assertInstanceOf(await call().catch((error) => error), InvalidArgumentError);
    assertEquals(operations(), []);
  }));

Deno.test("a clock that is off is set by the server's, once", () =>
  onS3(async ({ s3, backend, operations }) => {
    s3.clockSkew = 3600_000;
    await backend.put("key", pattern(1));
    await backend.put("key", pattern(2));
    assertEquals(operations(), ["PutObject", "PutObject", "PutObject"]);
  }));

Deno.test("the region that a store names is believed", () =>
  onS3(
    async ({ backend, operations }) => {
      await backend.put("key", pattern(1));
      await backend.put("key", pattern(1));
      assertEquals(operations(), ["PutObject", "PutObject", "PutObject"]);
    },
    { region: "us-east-1" },
    { region: "eu-west-3" },
  ));

Deno.test("a stream that is longer than ten thousand parts is refused, and leaves nothing", () =>
  onS3(async ({ backend }) => {
    const error = await assertRejects(
      () => backend.put("key", streamed(pattern(1)), { size: 5 * MiB * 10_000 + 1 }),
      InvalidArgumentError,
      "partSize",
    );
    assertEquals(error.committed, "no");
  }, { partSize: 5 * MiB }));

Deno.test("anonymous requests have no signature", () =>
  onS3(
    async ({ s3, backend }) => {
      await backend.put("key", pattern(1));
      assertEquals(s3.requests[0].headers.authorization, undefined);
    },
    { credentials: "anonymous" },
    { buckets: [{ name: "bucket", anonymous: ["PutObject"] }] },
  ));

function assertStrictSame(actual: unknown, expected: unknown): void {
  assert(actual === expected, `${actual} is not ${expected}`);
}
