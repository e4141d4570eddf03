/** What servers answer: listings, errors and headers, sent by a server in this process that answers whatever it is told. */
import { assert } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { HttpBackend } from "../../../backends/web/mod.ts";
import { type Input, type Target, target, textOf } from "../engine/target.ts";
import { ERROR, LISTINGS, XML_WORDS } from "./xml.ts";

/** Answers every request alike. */
class AnsweringServer {
  #answer: (request: Request) => Response = () => new Response();
  readonly #server = Deno.serve(
    {
      port: 0,
      hostname: "127.0.0.1",
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    },
    (request) => this.#answer(request),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  answer(answer: (request: Request) => Response): void {
    this.#answer = answer;
  }
}

let started: AnsweringServer | undefined;
/** The server, which lives as long as the thread. */
const server = () => started ??= new AnsweringServer();

const once = { retries: 0, onWarning: () => {} };
const credentials = { accessKeyId: "AKID", secretAccessKey: "secret" };
let s3Store: S3Backend | undefined;
const s3 = () => s3Store ??= new S3Backend({ bucket: "b", endpoint: server().url, credentials, ...once });

const web = (listing?: "autoindex" | "s3" | { json: string } | { s3: string }) => {
  let backend: HttpBackend | undefined;
  return () => backend ??= new HttpBackend(`${server().url}/base`, { ...(listing && { listing }), ...once });
};

/** The first keys of a listing: a server may list for ever. */
async function firstKeys(backend: Backend): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list({ prefix: "" })) {
    const key = "key" in entry ? entry.key : entry.prefix;
    assert(key.isWellFormed(), "a key that is no text");
    if (keys.push(key) === 50) break;
  }
  return keys;
}

/** Answers one document, and that all else is a small object, or isn't there. */
function answerIndex(input: Input, type: string, isIndex: (url: URL) => boolean): void {
  server().answer((request) => {
    if (isIndex(new URL(request.url))) return new Response(input, { headers: { "content-type": type } });
    return new Response(request.method === "HEAD" ? null : "hello", {
      headers: { "content-length": "5", "last-modified": "Mon, 30 Nov 2026 10:00:00 GMT" },
    });
  });
}

const NGINX =
  `<html><head><title>Index of /base/</title></head><body><h1>Index of /base/</h1><hr><pre><a href="../">../</a>
<a href="a%20b.txt">a b.txt</a>                30-Nov-2026 10:00                   5
<a href="sub/">sub/</a>                        30-Nov-2026 10:00                   -
</pre><hr></body></html>`;
const APACHE =
  `<table><tr><th><a href="?C=N;O=D">Name</a></th></tr><tr><td><a href="/base/x.npy">x.npy</a></td><td>
<A HREF='y.npy?v=1#f'>y</A><a href=z&amp;1.npy>z</a><a href="http://other.example/base/w">w</a><a href="javascript:1">`;
const CADDY =
  '[{"name":"a.txt","size":5,"mod_time":"2026-11-30T10:00:00Z","is_dir":false},{"name":"sub/","is_dir":true}]';

const autoindex = web("autoindex");
const webIndex = target<string[]>({
  name: "web-index",
  count: 1500,
  seeds: () => [NGINX, APACHE],
  dictionary: [
    "<a href=",
    "<A HREF='",
    '"',
    "'",
    ">",
    "../",
    "./",
    "//",
    "%2F",
    "%00",
    "%E9",
    "&#47;",
    "&quot;",
    "?",
    "#",
    "<!--",
    "-->",
    "<base href='/'>",
  ],
  refusals: ["Integrity", "Unsupported", "NotFound"],
  async run(input) {
    answerIndex(input, "text/html", ({ pathname }) => pathname === "/base/");
    return await firstKeys(autoindex());
  },
});

const caddyIndex = target<string[]>({
  name: "web-index-json",
  count: 1500,
  seeds: () => [
    CADDY,
    '[{"name":"a","type":"file","size":1,"mtime":"Mon, 30 Nov 2026 10:00:00 GMT"},{"name":"d","type":"directory"}]',
  ],
  dictionary: [
    '"name":',
    '"size":',
    '"is_dir":true',
    '"type":',
    "null",
    '"../x"',
    '"/"',
    '"a/b"',
    "1e400",
    '"\\ud800"',
  ],
  refusals: ["Integrity", "Unsupported", "NotFound"],
  async run(input) {
    answerIndex(input, "application/json", ({ pathname }) => pathname === "/base/");
    return await firstKeys(autoindex());
  },
});

const jsonListing = web({ json: "index.json" });
const webJson = target<string[]>({
  name: "web-list-json",
  count: 1500,
  seeds: () => [
    '["a.npy","b/c.npy"]',
    '[{"key":"a","size":5,"lastModified":"2026-11-30","etag":"\\"x\\""},{"name":"b"}]',
  ],
  dictionary: [
    '"key":',
    '"name":',
    '"size":',
    "null",
    '""',
    '"a//b"',
    '"../x"',
    '"\\ud800"',
    "8.64e15",
    "-1",
  ],
  refusals: ["Integrity", "Unsupported", "InvalidArgument"],
  async run(input) {
    answerIndex(input, "application/json", ({ pathname }) => pathname.endsWith("/index.json"));
    return await firstKeys(jsonListing());
  },
});

let bucketListing: (() => HttpBackend) | undefined;
const webBucket = target<string[]>({
  name: "web-bucket",
  count: 1500,
  seeds: () => LISTINGS,
  dictionary: XML_WORDS,
  refusals: ["Integrity", "Unsupported", "NotFound", "AccessDenied"],
  async run(input) {
    bucketListing ??= web({ s3: `${server().url}/base` });
    answerIndex(input, "application/xml", ({ searchParams }) => searchParams.has("list-type"));
    return await firstKeys(bucketListing());
  },
});

const s3List = target<string[]>({
  name: "s3-list",
  count: 1200,
  seeds: () => [...LISTINGS, "<html><body>login</body></html>"],
  dictionary: XML_WORDS,
  refusals: ["Integrity", "Unsupported", "Connection", "Storage"],
  async run(input) {
    server().answer(() => new Response(input, { headers: { "content-type": "application/xml" } }));
    return await firstKeys(s3());
  },
});

/** Every code is somebody's, but an answer is never a success. */
const s3Refusal = target({
  name: "s3-error",
  count: 1500,
  refusesAll: true,
  seeds: () => [
    ERROR,
    ERROR.replace("NoSuchKey", "SlowDown"),
    ERROR.replace("NoSuchKey", "PermanentRedirect"),
    "busy",
  ],
  dictionary: [
    "<Code>",
    "</Code>",
    "<Error>",
    "<Message>",
    "&lt;",
    "AccessDenied",
    "InvalidRange",
    "RequestTimeTooSkewed",
    "AuthorizationHeaderMalformed",
    "<Region>eu-west-1</Region>",
    "<Endpoint>h</Endpoint>",
    "<!--",
    "-->",
    "BadDigest",
  ],
  refusals: (error) => "code" in error && error.name.endsWith("Error") && error.name !== "TypeError",
  async run(input) {
    const status = [400, 403, 404, 409, 412, 416, 500, 501, 503][input.length % 9];
    server().answer(() => new Response(input, { status }));
    const reader = await s3().open("a");
    return reader.info;
  },
  judge(outcome) {
    assert(outcome.kind === "refused", "an error is taken for an object");
  },
});

/** Headers and body: lines of names and values, an empty one, and what is sent. */
function answerObject(input: Input): void {
  const [head] = textOf(input).split("\n\n");
  const headers = new Headers();
  for (const line of head.split("\n").slice(0, 40)) {
    // Deno's server 2.9.6 panics on some values beyond ASCII; the length and what is about the connection it says itself.
    const [, name, value] = /^([\w-]+): *([ -~]*)$/.exec(line) ?? [];
    if (
      name === undefined || /^(content-length|transfer-encoding|connection|content-encoding)$/i.test(name)
    ) continue;
    headers.append(name, value);
  }
  const status = headers.has("content-range") ? 206 : 200;
  server().answer((request) =>
    new Response(request.method === "HEAD" ? null : "0123456789", { status, headers })
  );
}

const OBJECT = [
  'etag: "781e5e245d69b566979b86e28d23f2c7"',
  "last-modified: Mon, 30 Nov 2026 10:00:00 GMT",
  "content-type: text/plain",
  "x-amz-meta-dtype: <f8",
  "x-amz-checksum-crc32: poR9AA==",
  "x-amz-checksum-type: FULL_OBJECT",
].join("\n");
const HEADERS = [
  "content-range: bytes 2-4/10",
  "bytes */10",
  "bytes 0-9/10",
  "x-amz-checksum-crc64nvme:",
  "COMPOSITE",
  "W/",
  '"-2"',
  "x-amz-missing-meta: 1",
  "accept-ranges: none",
  "retry-after: 1e9",
  "x-amz-delete-marker: true",
];

async function readTwice(backend: Backend): Promise<string> {
  const whole = await backend.open("a");
  const bytes = await whole.read();
  await whole.close();
  const part = await backend.open("a", { range: { offset: 2, length: 3 } });
  const some = await part.read();
  await part.close();
  return `${textOf(bytes)} ${textOf(some)}`;
}

const isRead = (value: string) =>
  assert(value.split(" ")[0] === "0123456789", `what was sent is read as ${value}`);

const s3Object = target<string>({
  name: "s3-headers",
  count: 1500,
  seeds: () => [OBJECT, `${OBJECT}\ncontent-range: bytes 0-9/10`],
  dictionary: HEADERS,
  refusals: ["Integrity", "Unsupported", "Storage", "Connection", "PreconditionFailed", "NotFound"],
  async run(input) {
    answerObject(input);
    return await readTwice(s3());
  },
  judge: (outcome) => outcome.kind === "accepted" ? isRead(outcome.value) : undefined,
});

const plainWeb = web();
const webObject = target<string>({
  name: "web-headers",
  count: 1500,
  seeds: () => [OBJECT, `${OBJECT}\naccept-ranges: bytes`, `${OBJECT}\ncontent-range: bytes 0-9/10`],
  dictionary: HEADERS,
  refusals: ["Integrity", "Unsupported", "Storage", "Connection", "PreconditionFailed", "NotFound"],
  async run(input) {
    answerObject(input);
    return await readTwice(plainWeb());
  },
  judge: (outcome) => outcome.kind === "accepted" ? isRead(outcome.value) : undefined,
});

/** What servers answer. */
export const targets: readonly Target[] = [
  webIndex,
  caddyIndex,
  webJson,
  webBucket,
  s3List,
  s3Refusal,
  s3Object,
  webObject,
];
