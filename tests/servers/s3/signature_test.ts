import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash, createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { startS3 } from "../s3.ts";
import { assertS3Error, connect, sign } from "./sdk.ts";
import type { FakeS3, RequestRecord } from "./server.ts";

const Bucket = "bucket";

interface Raw {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** Sends a request byte for byte as told, with no connection kept. */
function raw(s3: FakeS3, { method = "GET", path = "/", headers = {}, body }: Raw) {
  return new Promise<{ status: number; code?: string; text: string }>((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: s3.port, method, path, headers, agent: false });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = new TextDecoder().decode(new Uint8Array(chunks.flatMap((chunk) => [...chunk])));
        resolve({ status: response.statusCode ?? 0, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1], text });
      });
    });
    request.end(body);
  });
}

/** The headers with which a request was received, changed. */
function replay(
  record: RequestRecord,
  change: Record<string, string | undefined> = {},
): Record<string, string> {
  const { connection: _, ...headers } = record.headers;
  const merged = Object.entries({ ...headers, ...change });
  return Object.fromEntries(merged.flatMap(([name, value]) => value === undefined ? [] : [[name, value]]));
}

Deno.test("a request that the SDK signed is refused when any signed thing is another", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  await client.send(
    new PutObjectCommand({ Bucket, Key: "a b+c", Body: new Uint8Array([1, 2]), Metadata: { m: "1" } }),
  );
  const [put] = s3.requests;
  const method = "PUT", path = put.url, body = new Uint8Array([1, 2]);
  assertMatch(path, /^\/bucket\/a%20b%2Bc\?/);
  assertEquals((await raw(s3, { method, path, headers: replay(put), body })).status, 200);
  const refused: [string, Raw][] = [
    ["SignatureDoesNotMatch", { path: path.replace("a%20b", "a%20d"), headers: replay(put) }],
    ["SignatureDoesNotMatch", { path: `${path}&x=1`, headers: replay(put) }],
    ["SignatureDoesNotMatch", { path, headers: replay(put, { "x-amz-meta-m": "2" }) }],
    ["SignatureDoesNotMatch", { path, headers: replay(put, { host: "localhost" }) }],
    ["SignatureDoesNotMatch", {
      path,
      headers: replay(put, {
        authorization: put.headers.authorization.replace(/.$/, (c) => c === "0" ? "1" : "0"),
      }),
    }],
    ["AccessDenied", { path, headers: replay(put, { "x-amz-meta-n": "2" }) }],
    ["XAmzContentSHA256Mismatch", { path, headers: replay(put), body: new Uint8Array([1, 3]) }],
    ["InvalidRequest", { path, headers: replay(put, { "x-amz-content-sha256": undefined }) }],
    ["InvalidArgument", { path, headers: replay(put, { "x-amz-content-sha256": "nonsense" }) }],
    ["AccessDenied", { path, headers: replay(put, { "x-amz-date": undefined }) }],
    ["AccessDenied", { path, headers: replay(put, { authorization: undefined }) }],
    ["InvalidArgument", { path, headers: replay(put, { authorization: "AWS key:signature" }) }],
    ["AuthorizationHeaderMalformed", {
      path,
      headers: replay(put, { authorization: put.headers.authorization.replace("Signature=", "S=") }),
    }],
  ];
  for (const [code, request] of refused) {
    assertEquals((await raw(s3, { method, body, ...request })).code, code, JSON.stringify(request));
  }
  // What isn't signed may differ, and encodings of the same path are the same path.
  assertEquals(
    (await raw(s3, { method, path, headers: replay(put, { "user-agent": "x" }), body })).status,
    200,
  );
  const same = path.replace("a%20b%2Bc", "a%20b+c");
  assertEquals((await raw(s3, { method, path: same, headers: replay(put), body })).status, 200);
});

Deno.test("wrong keys, regions, tokens and clocks", async () => {
  await using s3 = await startS3({ buckets: [Bucket], region: "eu-west-1" });
  const list = async (config: Parameters<typeof connect>[1]) => {
    using client = connect(s3, config);
    return await client.send(new ListObjectsV2Command({ Bucket }));
  };
  const { accessKeyId, secretAccessKey } = s3.credentials;
  await list({});
  await assertS3Error(
    () => list({ credentials: { accessKeyId: "x", secretAccessKey } }),
    "InvalidAccessKeyId",
    403,
  );
  await assertS3Error(
    () => list({ credentials: { accessKeyId, secretAccessKey: "x" } }),
    "SignatureDoesNotMatch",
    403,
  );
  await assertS3Error(
    () => list({ credentials: { accessKeyId, secretAccessKey, sessionToken: "t" } }),
    "InvalidToken",
    400,
  );
  const wrong = await assertS3Error(() => list({ region: "us-east-1" }), "AuthorizationHeaderMalformed", 400);
  assertMatch(wrong.message, /'us-east-1' is wrong; expecting 'eu-west-1'/);
  for (const minutes of [-16, 16]) {
    s3.clockSkew = minutes * 60_000;
    await assertS3Error(() => list({}), "RequestTimeTooSkewed", 403);
    await list({ systemClockOffset: s3.clockSkew });
  }
  s3.clockSkew = 14 * 60_000;
  await list({});
});

Deno.test("temporary credentials", async () => {
  await using s3 = await startS3({ buckets: [Bucket], sessionToken: "token" });
  using client = connect(s3);
  await client.send(new ListObjectsV2Command({ Bucket }));
  const { accessKeyId, secretAccessKey } = s3.credentials;
  using without = connect(s3, { credentials: { accessKeyId, secretAccessKey } });
  await assertS3Error(() => without.send(new ListObjectsV2Command({ Bucket })), "InvalidToken", 400);
});

Deno.test("presigned addresses", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  s3.store.put(Bucket, "a b/%41", "hello");
  const { url } = await sign(client, { method: "GET", path: "/bucket/a%20b/%2541" }, 60);
  assertEquals(await (await fetch(url)).text(), "hello");
  const refused = async (address: string, method = "GET") => {
    const response = await fetch(address, { method });
    return [response.status, /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1]];
  };
  assertEquals(await refused(url.replace("a%20b", "c")), [403, "SignatureDoesNotMatch"]);
  assertEquals(await refused(url.replace("Expires=60", "Expires=600")), [403, "SignatureDoesNotMatch"]);
  assertEquals(await refused(url, "DELETE"), [403, "SignatureDoesNotMatch"]);
  assertEquals(await refused(url.replace(/&X-Amz-Expires=60/, "")), [
    400,
    "AuthorizationQueryParametersError",
  ]);
  s3.clockSkew = 61_000;
  assertEquals(await refused(url), [403, "AccessDenied"]);
  assertEquals(s3.store.bytes(Bucket, "a b/%41").length, 5);
});

Deno.test("a body without a length is refused, and nothing is stored", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const { url, headers } = await sign(client, {
    method: "PUT",
    path: "/bucket/key",
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
  });
  const response = await fetch(url, {
    method: "PUT",
    headers,
    body: ReadableStream.from([new Uint8Array(10)]),
  });
  assertEquals([response.status, /MissingContentLength/.test(await response.text())], [411, true]);
  assertEquals(s3.store.keys(Bucket), []);
});

Deno.test("a client that leaves in the middle of its body stores nothing", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const { headers } = await sign(client, {
    method: "PUT",
    path: "/bucket/key",
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-length": "1000" },
  });
  const request = httpRequest({
    host: "127.0.0.1",
    port: s3.port,
    method: "PUT",
    path: "/bucket/key",
    headers,
  });
  request.on("error", () => {});
  request.write(new Uint8Array(500));
  while ((s3.requests.at(0)?.bytesIn ?? 0) < 500) await new Promise((resolve) => setTimeout(resolve, 5));
  request.destroy();
  await s3.idle();
  assertEquals([s3.requests[0].aborted, s3.requests[0].status], [true, 0]);
  assertEquals(s3.store.keys(Bucket), []);
});

Deno.test("chunked payloads: signed, unsigned, with trailers", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const unsigned = (trailer: string) => `5\r\nhello\r\n7\r\n world!\r\n0\r\n${trailer}\r\n`;
  const put = async (
    kind: string,
    body: (seed: string, scope: string, date: string) => string,
    extra = {},
  ) => {
    const { headers } = await sign(client, {
      method: "PUT",
      path: "/bucket/key",
      headers: {
        "x-amz-content-sha256": kind,
        "x-amz-decoded-content-length": "12",
        "content-encoding": "aws-chunked,gzip",
        ...extra,
      },
    });
    const seed = /Signature=(\w+)/.exec(headers.authorization)?.[1] ?? "";
    const scope = /Credential=[^/]+\/([^,]+)/.exec(headers.authorization)?.[1] ?? "";
    const text = body(seed, scope, headers["x-amz-date"]);
    const sent = { ...headers, "content-length": String(text.length) };
    return await raw(s3, { method: "PUT", path: "/bucket/key", headers: sent, body: text });
  };
  // The SDK's own CRC32 of the same bytes.
  const { ChecksumCRC32: value } = await client.send(
    new PutObjectCommand({ Bucket, Key: "known", Body: new TextEncoder().encode("hello world!") }),
  );
  const trailing = { "x-amz-trailer": "x-amz-checksum-crc32" };
  const stored = () => new TextDecoder().decode(s3.store.bytes(Bucket, "key"));
  const plain = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  assertEquals((await put(plain, () => unsigned(`x-amz-checksum-crc32:${value}\r\n`), trailing)).status, 200);
  assertEquals([stored(), s3.store.get(Bucket, "key")?.headers["content-encoding"]], [
    "hello world!",
    "gzip",
  ]);
  assertEquals(s3.store.get(Bucket, "key")?.checksum?.value, value);
  s3.store.bucket(Bucket).objects.delete("key");
  const fails = async (code: string, kind: string, body: Parameters<typeof put>[1], extra = {}) => {
    assertEquals((await put(kind, body, extra)).code, code);
    assert(!s3.store.keys(Bucket).includes("key"));
  };
  await fails("BadDigest", plain, () => unsigned("x-amz-checksum-crc32:AAAAAA==\r\n"), trailing);
  await fails("InvalidRequest", plain, () => unsigned(""), trailing);
  await fails("IncompleteBody", plain, () => "5\r\nhello\r\n7\r\n world!\r\n");
  await fails("IncompleteBody", plain, () => "6\r\nhello\r\n0\r\n\r\n");
  await fails("IncompleteBody", plain, () => "5\r\nhello\r\n0\r\n\r\n");

  const secret = s3.credentials.secretAccessKey;
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const chunks = (pieces: string[], tamper = false) => (seed: string, scope: string, date: string) => {
    let key = createHmac("sha256", "AWS4" + secret).update(scope.split("/")[0]).digest();
    for (const part of scope.split("/").slice(1)) key = createHmac("sha256", key).update(part).digest();
    let previous = seed, out = "";
    for (const piece of [...pieces, ""]) {
      const toSign = ["AWS4-HMAC-SHA256-PAYLOAD", date, scope, previous, sha256(""), sha256(piece)].join(
        "\n",
      );
      previous = createHmac("sha256", key).update(toSign).digest("hex");
      const sent = tamper ? piece.toUpperCase() : piece;
      out += `${piece.length.toString(16)};chunk-signature=${previous}\r\n${sent}\r\n`;
    }
    return out;
  };
  const signed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  await fails("SignatureDoesNotMatch", signed, chunks(["hello", " world!"], true));
  assertEquals((await put(signed, chunks(["hello", " world!"]))).status, 200);
  assertEquals(stored(), "hello world!");
});

Deno.test("a body of unknown type from the SDK itself arrives in chunks", async () => {
  await using s3 = await startS3({ buckets: [Bucket] });
  using client = connect(s3);
  const { Readable } = await import("node:stream");
  await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "key",
      Body: Readable.from([new Uint8Array([1, 2]), new Uint8Array([3])], { objectMode: false }),
      ContentLength: 3,
    }),
  );
  assertEquals(s3.store.bytes(Bucket, "key"), new Uint8Array([1, 2, 3]));
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "key" }));
  assertEquals(await got.Body?.transformToByteArray(), new Uint8Array([1, 2, 3]));
});
