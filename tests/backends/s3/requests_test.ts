/** Requests that are made here are those that the SDK would make; its rules and its client are the other side. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { S3Client } from "@aws-sdk/client-s3";
import { fromFileUrl } from "@std/path";
import type { ListOptions } from "../../../backends/backend.ts";
import { S3Backend, type S3Options } from "../../../backends/s3/mod.ts";
import { addressOf } from "../../../backends/s3/requests/address.ts";
import { errorElements, rootElement } from "../../../backends/s3/xml.ts";
import { AccessDeniedError, IntegrityError, NotFoundError } from "../../../lib/errors.ts";
import { type FakeS3, startS3 } from "../../servers/s3.ts";
import { MiB, onS3, pattern, same, streamed } from "./setup.ts";

/** Keys that URLs, signatures and paths are known to stumble over. */
const ODD_KEYS = [
  "plain/key.npy",
  "//a//b//",
  " a  b ",
  "a+b&c=d?e#f",
  "%41%2F%zz",
  "*'()!~@:;,$[]{}|^`\"<>\\",
  "über/日本語/🧠",
  "a/../b/./c/..",
  "..",
  "\u00a0\u2028é",
  "_.-~0",
];

Deno.test("odd keys come back as they are, and the SDK sees the same ones", () =>
  onS3(async ({ s3, backend }) => {
    const sdk = backendOfSdk(s3);
    for (const [index, key] of ODD_KEYS.entries()) {
      const bytes = pattern(50 + index, index);
      const metadata = { note: "a  b   c", empty: "", dtype: "<f4" };
      await backend.put(key, bytes, { metadata });
      for (const reader of [backend, sdk.backend]) {
        const head = await reader.head(key);
        assertEquals([head?.size, head?.metadata], [bytes.length, metadata], key);
        assert(
          same(
            await (await reader.open(key, { range: { offset: 3, length: 20 } })).read(),
            bytes.subarray(3, 23),
          ),
          key,
        );
      }
    }
    const listed: string[] = [];
    for await (const item of backend.list()) if ("key" in item) listed.push(item.key);
    assertEquals(listed.toSorted(), ODD_KEYS.toSorted());
    sdk.client.destroy();
  }));

/** Headers that say who makes a request and when, and those that the SDK adds of itself and no answer depends on. */
const PERSONAL =
  /^(host|connection|user-agent|authorization|accept|accept-encoding|accept-language|content-length|expect|te|x-amz-(date|user-agent)|amz-sdk-.*)$/;

/** What a store was asked, without what differs by maker. */
function asked(s3: FakeS3) {
  return s3.requests.splice(0).map(({ method, url, headers }) => {
    const [path, query = ""] = url.split("?");
    const parameters = [...new URLSearchParams(query)].filter(([name]) => name !== "x-id").toSorted();
    return [
      method,
      path,
      parameters,
      Object.entries(headers).filter(([name]) => !PERSONAL.test(name)).toSorted(),
    ];
  });
}

/** A backend whose requests are all the SDK's. */
function backendOfSdk(s3: FakeS3, options: Partial<S3Options> = {}) {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.credentials,
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return { client, backend: new S3Backend({ bucket: "bucket", client, ...options }) };
}

Deno.test("whatever a request says stands where the SDK writes it, and answers are understood alike", async () => {
  const stores: Partial<S3Options>[] = [
    {},
    { checksums: "SHA256", storageClass: "STANDARD_IA" },
    { checksums: "MD5", requestPayer: "requester", sse: { type: "S3" } },
    {
      checksums: "CRC64NVME",
      sse: { type: "KMS", keyId: "alias/lab", context: { a: "ü" }, bucketKey: true },
    },
    { checksums: "CRC32C", sse: { type: "C", key: pattern(32) } },
    { checksums: false, conditionalWrites: true },
  ];
  for (const options of stores) {
    await onS3(async ({ s3, backend: own }) => {
      const sdk = backendOfSdk(s3, options);
      const results: unknown[][] = [[], []];
      const requests = [own, sdk.backend].map(() => [] as unknown[]);
      for (const [side, backend] of [own, sdk.backend].entries()) {
        const look = async (result: Promise<unknown>) => {
          results[side].push(await result.catch((error) => [error.name, error.committed]));
          requests[side].push(...asked(s3));
        };
        const key = "dir/a b";
        await look(
          backend.put(key, pattern(1000), {
            metadata: { dtype: "<f8", empty: "" },
            contentType: "text/x-tab",
            acl: "public-read",
            tags: { who: "me + you = @2", "a b": "" },
          }).then(({ size, etag }) => [size, etag?.length]),
        );
        await look(backend.put(key, pattern(0)).then(({ size }) => size));
        await look(backend.put(key, pattern(9), { ifAbsent: true }));
        await look(backend.put(key, pattern(9), { ifMatch: "0".repeat(32) }));
        await look(backend.put(key, pattern(2 * MiB, 3)).then(({ size }) => size));
        await look(
          backend.head(key).then((head) => ({
            ...head,
            lastModified: undefined,
            // That of an encrypted object is no digest.
            etag: head?.etag?.length,
          })),
        );
        await look(backend.head("no such"));
        await look(backend.open("no such").then(() => "opened"));
        await look(backend.open(key, { range: { suffix: 10 } }).then((reader) => reader.read()));
        await look(backend.open(key, { ifMatch: "0".repeat(32) }).then(() => "opened"));
        await look(backend.open(key, { range: { offset: 3 * MiB } }).then((reader) => reader.read()));
      }
      assertEquals(results[0], results[1]);
      assertEquals(requests[0], requests[1]);
      sdk.client.destroy();
    }, options);
  }
});

Deno.test("a bucket is asked as the SDK asks it, and what is listed is the same", async () => {
  for (const options of [{}, { requestPayer: "requester", sse: { type: "S3" } }] as const) {
    await onS3(async ({ s3, backend: own }) => {
      const sdk = backendOfSdk(s3, options);
      for (const key of ODD_KEYS) s3.store.put("bucket", key, key);
      const questions: ListOptions[] = [
        {},
        { pageSize: 3 },
        { prefix: "a", pageSize: 1 },
        { delimiter: "/" },
        { prefix: "a+b&c", delimiter: "é", startAfter: "%41%2F%zz" },
        { startAfter: "über/日本語/🧠", pageSize: 1e9 },
      ];
      const works: ((backend: S3Backend) => Promise<unknown>)[] = [
        (backend) => backend.buckets.exists("bucket"),
        ...questions.map((question) => (backend: S3Backend) => Array.fromAsync(backend.list(question))),
      ];
      for (const work of works) {
        const answers: unknown[] = [];
        for (const backend of [own, sdk.backend]) answers.push([await work(backend), asked(s3)]);
        assertEquals(answers[0], answers[1]);
      }
      sdk.client.destroy();
    }, options);
  }
});

Deno.test("parts of uploads are what the SDK makes of them", () =>
  onS3(async ({ s3, backend: own }) => {
    const sdk = backendOfSdk(s3);
    const parts = [];
    for (const backend of [own, sdk.backend]) {
      await backend.put("large", streamed(pattern(20 * MiB)), { concurrency: 1 });
      const requests = asked(s3).filter(([method]) => method === "PUT");
      parts.push(JSON.parse(
        JSON.stringify(requests, (name, value) => name === "uploadId" ? "" : value).replaceAll(
          /"uploadId","[^"]*"/g,
          '"uploadId"',
        ),
      ));
    }
    assertEquals(parts[0].length, 3);
    assertEquals(parts[0], parts[1]);
    sdk.client.destroy();
  }));

Deno.test("a bucket is where the SDK's rules say", async () => {
  const buckets = [
    "lab",
    "my.lab",
    "Lab_1",
    "a--b",
    "1.2.3.4",
    "a..b",
    "x-s3alias",
    "a".repeat(63),
    "ab",
    "lab-.x",
  ];
  const endpoints = [
    undefined,
    "https://s3.example.org",
    "http://s3.example.org:9000/base/path/",
    "http://127.0.0.1:9000",
    "http://[::1]:9000",
    "https://s3.example.org:443",
  ];
  let count = 0;
  for (const bucket of buckets) {
    for (const endpoint of endpoints) {
      for (
        const region of [
          "us-east-1",
          "eu-central-1",
          "us-gov-west-1",
          "cn-north-1",
          "ap-southeast-3",
          "mars-north-1",
        ]
      ) {
        for (const forcePathStyle of [undefined, true, false]) {
          const options = { bucket, endpoint, forcePathStyle };
          const address = addressOf(options, region);
          assert(address, `${bucket} ${endpoint} ${region}`);
          const client = new S3Client({
            region,
            endpoint,
            forcePathStyle: forcePathStyle ?? endpoint !== undefined,
          });
          const url = await urlBySdk(client, bucket).catch(() => undefined);
          // What the SDK refuses, the store may refuse.
          if (!url) continue;
          const { protocol, hostname, port, path } = address;
          const own = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}/`;
          assertEquals(own, `${url.href.replace(/\/+$/, "")}/`, JSON.stringify({ ...options, region }));
          count++;
        }
      }
    }
  }
  assert(count > 500, `${count}`);
});

/** The base of an object's URL, as the SDK resolves it. */
async function urlBySdk(client: S3Client, bucket: string): Promise<URL> {
  const provider: unknown = Reflect.get(client.config, "endpointProvider");
  assert(typeof provider === "function");
  const given = client.config.endpoint ? await client.config.endpoint() : undefined;
  const endpoint = given &&
    `${given.protocol}//${given.hostname}${given.port ? `:${given.port}` : ""}${given.path}`;
  const { url } = await provider({
    Bucket: bucket,
    Region: await client.config.region(),
    Endpoint: endpoint,
    ForcePathStyle: client.config.forcePathStyle,
    UseFIPS: false,
    UseDualStack: false,
    Accelerate: false,
    UseGlobalEndpoint: false,
    DisableMultiRegionAccessPoints: false,
  });
  assertInstanceOf(url, URL);
  return url;
}

Deno.test("addresses of a kind of their own are left to the SDK", () => {
  const special = [
    "arn:aws:s3:us-east-1:123456789012:accesspoint/lab",
    "lab--usw2-az1--x-s3",
    "lab--usw2-az1--xa-s3",
    "lab-0123456789--op-s3",
  ];
  for (const bucket of special) {
    assertEquals(addressOf({ bucket }, "us-east-1"), undefined);
    assertEquals(addressOf({ bucket, endpoint: "https://s3.example.org" }, "us-east-1"), undefined);
  }
  for (
    const region of [
      "us-iso-east-1",
      "us-isob-east-1",
      "eu-isoe-west-1",
      "eusc-de-east-1",
      "aws-global",
      "auto",
    ]
  ) {
    assertEquals(addressOf({ bucket: "lab" }, region), undefined);
    assert(addressOf({ bucket: "lab", endpoint: "https://s3.example.org" }, region));
  }
});

Deno.test("errors in XML are read whatever stands before and in them; anything else is none", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const xml =
    `\ufeff  <?xml version="1.0"?>\n<!-- no --><Error><Code>NoSuchKey</Code><Message>a &lt;b&gt; &amp;amp; &#233;&#x1F9E0; &no; &#x110000;</Message><Nested><Code>x</Code></Nested></Error>`;
  assertEquals({ ...errorElements(bytes(xml)) }, {
    Code: "NoSuchKey",
    Message: "a <b> &amp; é🧠 &no; &#x110000;",
  });
  for (const none of ["", "Error", "<html><Code>x</Code></html>", "<Errors><Code>x</Code></Errors>", "{}"]) {
    assertEquals({ ...errorElements(bytes(none)) }, {}, none);
  }
  assertEquals(rootElement(bytes(xml)), "Error");
});

Deno.test("refusals of those between are told by their status; a yes that is a no is no yes", async () => {
  let answer = () => new Response();
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    await request.arrayBuffer();
    // Where a lost write is looked up, nothing is to be learned.
    return request.method === "HEAD" ? new Response(null, { status: 500 }) : answer();
  });
  const backend = new S3Backend({
    bucket: "bucket",
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
    retries: 1,
  });
  answer = () => new Response("<html><body>Forbidden</body></html>", { status: 403 });
  await assertRejects(() => backend.open("key"), AccessDeniedError, "(GetObject: 403)");
  answer = () =>
    new Response("<Error><Code>SlowDown</Code><Message>a &amp; b</Message></Error>", {
      headers: { etag: '"x"' },
    });
  const slow = await assertRejects(() => backend.put("key", pattern(3)), Error, "SlowDown a & b");
  assertEquals(Reflect.get(slow, "committed"), "unknown");
  answer = () => new Response("<html>Welcome</html>");
  const page = await assertRejects(() => backend.put("key", pattern(3)), IntegrityError, "ETag");
  assertEquals(page.committed, "unknown");
  answer = () =>
    new Response("<Error><Code>NoSuchBucket</Code></Error>", {
      status: 404,
      headers: { "x-amz-request-id": "4711" },
    });
  const missing = await assertRejects(() => backend.open("key"), NotFoundError, "no bucket");
  assert(missing.cause instanceof Error && Reflect.get(missing.cause, "requestId") === "4711");
  backend.close();
});

const program = fromFileUrl(new URL("single_objects_program.ts", import.meta.url));

Deno.test("single objects and their listing need no SDK: nor what it would look at in the environment", async () => {
  await using s3 = await startS3({
    buckets: [{ name: "bucket", anonymous: ["GetObject", "HeadObject", "PutObject", "ListObjectsV2"] }],
  });
  for (const credentials of [s3.credentials, "anonymous"]) {
    const options = { bucket: "bucket", endpoint: s3.endpoint, credentials };
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        "--frozen",
        "--allow-net=127.0.0.1",
        program,
        JSON.stringify(options),
      ],
      stdin: "null",
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(code === 0 ? stdout : stderr);
    assertEquals(code, 0, text);
    const [length, last, size, missing, listed, deleted] = JSON.parse(text);
    assertEquals([length, last, size, missing, listed], [2000, 8, 2000, true, ["key"]]);
    // All else needs it, and says so.
    assert(/AWS SDK.*--allow-env/.test(deleted), deleted);
  }
});
