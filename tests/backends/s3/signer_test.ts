/** Signatures are those of AWS's examples, and to the byte those of the SDK's signer, which takes its SHA-256 from Node here. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { headersOf, METHODS, pathOf, queryOf } from "../../../backends/s3/requests/fields.ts";
import { requestSigner, type RequestToSign } from "../../../backends/s3/requests/signer.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import type { S3Credentials } from "../../../backends/s3/options.ts";
import { AccessDeniedError } from "../../../lib/errors.ts";
import { randomNumbers } from "../../streams/helpers.ts";
import { onS3, pattern, same } from "./setup.ts";

const EMPTY = createHash("sha256").digest("hex");

/** SHA-256 and its HMAC, as the SDK's signer asks for them. */
class NodeSha256 {
  readonly #hash;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(key));
  }

  update(data: string | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    throw new Error("not asked for");
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return new TextEncoder().encode(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** The headers by the SDK's signer. */
async function signedBySdk(request: RequestToSign, region: string, date: Date, credentials: S3Credentials) {
  const signer = new SignatureV4({
    service: "s3",
    region,
    credentials,
    sha256: NodeSha256,
    uriEscapePath: false,
  });
  return (await signer.sign(request, { signingDate: date })).headers;
}

Deno.test("the examples of AWS have the signatures that AWS gives", async () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "Examples: Signature Calculations".
  const host = "examplebucket.s3.amazonaws.com";
  const examples = [
    [
      "GET",
      "/test.txt",
      {},
      { range: "bytes=0-9" },
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    ["PUT", pathOf("/test$file.text"), {}, {
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "x-amz-content-sha256": createHash("sha256").update("Welcome to Amazon S3.").digest("hex"),
    }, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"],
    ["GET", "/", { lifecycle: "" }, {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    [
      "GET",
      "/",
      { prefix: "J", "max-keys": "2" },
      {},
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ] as const;
  const signer = requestSigner(() =>
    Promise.resolve({
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    })
  );
  for (const [method, path, query, own, signature] of examples) {
    const headers = { host, "x-amz-content-sha256": EMPTY, ...own };
    const request = { method, protocol: "https:", hostname: host, path, query, headers };
    const { headers: signed } = await signer.sign(request, "us-east-1", new Date("2013-05-24T00:00:00Z"));
    const names = [...Object.keys(headers), "x-amz-date"].sort().join(";");
    assertEquals(
      signed["authorization"],
      `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    );
  }
});

/** What paths, queries and header values are known to stumble over; put together at random. */
const PIECES = [
  ...[
    "/",
    "//",
    "..",
    ".",
    "/../",
    "/./",
    " ",
    "  ",
    "\t",
    "%41",
    "%2F",
    "%zz",
    "+",
    "*",
    "~",
    "'",
    "(",
    ")",
    "!",
  ],
  ...["&", "=", "?", "#", ":", ";", ",", "@", "$", "[", "]", "{", "|", "^", "`", '"', "<", "\\", "_", "-"],
  ...["a", "Z", "0", "key", "ü", "日本語", "🧠", "\u00a0", "\u2028", "e\u0301", "%", "%20", "%%"],
];

Deno.test("thousands of requests are signed as the SDK signs them", async () => {
  const random = randomNumbers(20261130);
  const one = <T>(of: readonly T[]): T => of[random(of.length)];
  const some = (most: number) => Array.from({ length: random(most + 1) }, () => one(PIECES)).join("");
  const maybe = (text: () => string) => random(3) === 0 ? text() : undefined;
  let credentials: S3Credentials;
  // One for all, so that it is asked with other credentials, regions and days in between, and again with those before.
  const signer = requestSigner(() => Promise.resolve(credentials));
  const [known, regions, days] = [
    [
      { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
      { accessKeyId: "a/b", secretAccessKey: "short" },
      { accessKeyId: "ASIA", secretAccessKey: "ü".repeat(80), sessionToken: "FwoG//+=".repeat(60) },
      { accessKeyId: "ASIA", secretAccessKey: "ü".repeat(80), sessionToken: "" },
    ],
    ["us-east-1", "eu-central-1", "", "a/b"],
    ["2013-05-24T00:00:00Z", "2026-11-30T23:59:59.999Z", "2026-12-01T00:00:00.000Z"],
  ];
  let [tokens, unsigned] = [0, 0];
  for (let i = 0; i < 3000; i++) {
    credentials = one(known);
    const [region, date] = [one(regions), new Date(one(days))];
    const operation = one(
      ["GetObject", "HeadObject", "HeadBucket", "PutObject", "UploadPart", "ListObjectsV2"] as const,
    );
    const input = {
      Range: maybe(() => `bytes=${random(9)}-`),
      IfMatch: maybe(() => `"${some(3)}"`),
      ContentType: maybe(() => some(3)),
      CacheControl: maybe(() => some(3)),
      ContentDisposition: maybe(() => some(4)),
      Tagging: maybe(() => some(4)),
      Metadata: Object.fromEntries(
        Array.from({ length: random(4) }, () => [one(["a", "A-b", "shape", "0", "x_y", "a.b"]), some(6)]),
      ),
      VersionId: maybe(() => some(3)),
      UploadId: maybe(() => some(3)),
      PartNumber: random(3) === 0 ? random(10_000) : undefined,
      Prefix: maybe(() => some(3)),
      StartAfter: maybe(() => some(3)),
      ContinuationToken: maybe(() => some(3)),
    };
    const request: RequestToSign = {
      method: METHODS[operation],
      protocol: "https:",
      hostname: "s3.example.org",
      path: `/bucket/${pathOf(some(8))}`,
      // Such as begin with one another are sorted by name, and not with their values.
      query: {
        ...queryOf(operation, input),
        ...(random(5) === 0 ? { "upload-x": some(2), upload: some(2) } : {}),
      },
      headers: {
        host: `s3.example.org${one(["", ":9000"])}`,
        ...(random(2) === 0 ? { "user-agent": "cottoncandy" } : {}),
        "x-amz-content-sha256": one([EMPTY, "UNSIGNED-PAYLOAD"]),
        ...headersOf(input),
      },
    };
    const before = structuredClone(request);
    const signed = await signer.sign(request, region, date);
    assertEquals(request, before);
    const { headers, ...rest } = signed;
    assertEquals({ ...rest, headers: request.headers }, request);
    assertEquals(headers, await signedBySdk(request, region, date, credentials), JSON.stringify(request));
    if (headers["x-amz-security-token"]) tokens++;
    if (headers["cache-control"] !== undefined) unsigned++;
  }
  assert(tokens > 500 && unsigned > 500, `${tokens} ${unsigned}`);
});

Deno.test("odd names and values are taken by a store that checks signatures, with a session's token, and without WebCrypto", async () => {
  const { subtle } = crypto;
  const random = randomNumbers(4711);
  const keys = Array.from(
    { length: 40 },
    () => Array.from({ length: 1 + random(8) }, () => PIECES[random(PIECES.length)]).join(""),
  );
  Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });
  try {
    await onS3(
      async ({ backend }) => {
        for (const [index, key] of keys.entries()) {
          const metadata = { note: `${index}  a   b`, empty: "" };
          await backend.put(key, pattern(index), { metadata, contentType: "text/x;  a=1" });
          assert(same(await (await backend.open(key)).read(), pattern(index)), key);
          assertEquals((await backend.head(key))?.metadata, metadata, key);
        }
      },
      {},
      { sessionToken: "a/token+of=some==length" },
    );
  } finally {
    Reflect.deleteProperty(crypto, "subtle");
  }
  assertEquals(crypto.subtle, subtle);
});

Deno.test("credentials that are none are told of before anything is sent", async () => {
  await onS3(async ({ s3 }) => {
    for (
      const wrong of [undefined, null, "text", {}, { accessKeyId: "a" }, {
        accessKeyId: 1,
        secretAccessKey: "s",
      }]
    ) {
      const options: Record<string, unknown> = {
        bucket: "bucket",
        endpoint: s3.endpoint,
        credentials: () => Promise.resolve(wrong),
      };
      const backend: S3Backend = Reflect.construct(S3Backend, [options]);
      await assertRejects(() => backend.head("key"), AccessDeniedError, "no accessKeyId and secretAccessKey");
      backend.close();
    }
    assertEquals(s3.requests.length, 0);
  });
});
