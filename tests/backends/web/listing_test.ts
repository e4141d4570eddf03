/** Indexes of web servers: pages of directories, JSON, and a bucket's XML, also where they lie. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { HttpBackend } from "../../../backends/web/mod.ts";
import { bucketOf } from "../../../backends/web/listing/s3.ts";
import {
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { getInterface } from "../../../mod.ts";
import { startS3 } from "../../servers/s3.ts";
import { served } from "./setup.ts";

const TREE = { "a/1.npy": "one", "a/b/2 & <x>.npy": "two!", "a/b/c/3": "3", "d?e#f%41": "4", "z": "" };

async function names(
  backend: HttpBackend,
  options: Parameters<HttpBackend["list"]>[0] = {},
): Promise<string[]> {
  const entries = await Array.fromAsync(backend.list(options));
  return entries.map((entry) => "key" in entry ? `${entry.key} ${entry.size}` : entry.prefix);
}

for (const index of ["nginx", "nginx-json", "apache", "python", "caddy"] as const) {
  Deno.test(`web listing: the pages of directories, as ${index} makes them`, async () => {
    await using place = await served(TREE, { index }, { listing: "autoindex" });
    const { backend, web } = place;
    assertEquals(await names(backend), ["a/1.npy 3", "a/b/2 & <x>.npy 4", "a/b/c/3 1", "d?e#f%41 1", "z 0"]);
    web.requests.length = 0;
    assertEquals(await names(backend, { delimiter: "/" }), ["a/", "d?e#f%41 1", "z 0"]);
    const pages = web.requests.filter(({ method }) => method === "GET");
    assertEquals(pages.length, 1, "what is summed up is not looked into");
    assertEquals(await names(backend, { prefix: "a/b/", delimiter: "/" }), ["a/b/2 & <x>.npy 4", "a/b/c/"]);
    assertEquals(await names(backend, { prefix: "no/such/" }), []);
    const below = await getInterface(`${web.url}/a`, { listing: "autoindex" });
    assertEquals(await below.ls("b"), ["b/2 & <x>.npy", "b/c"]);
    assertEquals(await below.glob("*/*.npy"), ["b/2 & <x>.npy"]);
    const entry = await Array.fromAsync(backend.list({ prefix: "a/1" }));
    assert("lastModified" in entry[0]);
    assertEquals(entry[0].lastModified, new Date(Date.UTC(2026, 0, 1)));
  });
}

Deno.test("web listing: an answer that breaks off is asked for again, and one that always does is a ConnectionError", async () => {
  await using place = await served(TREE, { index: "nginx" }, { listing: "autoindex" });
  const { backend, web } = place;
  const cut = { kind: "cutResponse", afterBytes: 9, path: /\/data\/$/ } as const;
  web.inject({ ...cut, times: 2 });
  assertEquals((await names(backend)).length, 5);
  web.inject({ ...cut, times: Infinity });
  await assertRejects(() => names(backend), ConnectionError);
});

Deno.test("web listing: a base that is missing, a page that is no index, and one that can't be read, are errors", async () => {
  await using place = await served({ "x/index.html": "hi" }, { index: "nginx" }, { listing: "autoindex" });
  const gone = new HttpBackend(`${place.web.url}/gone`, { listing: "autoindex" });
  const error = await assertRejects(() => names(gone), NotFoundError, "check the URL");
  assertEquals(error.key, undefined);
  await using page = await served({}, { fallback: true }, { listing: "autoindex" });
  await assertRejects(() => names(page.backend), UnsupportedError, "no directory's index");
  await using closed = await served({}, {}, { listing: "autoindex" });
  closed.web.inject({ kind: "status", status: 403 });
  await assertRejects(() => names(closed.backend), CottonCandyError, "403");
});

Deno.test("web listing: without an index it says what to do", async () => {
  await using place = await served(TREE);
  const error = await assertRejects(() => names(place.backend), UnsupportedError);
  for (const word of ["autoindex", '"s3"', "json"]) assert(error.message.includes(word));
  assertEquals(place.web.requests, []);
});

Deno.test("web listing: a JSON file of names, or of what is known of them", async () => {
  await using place = await served(
    {
      ...TREE,
      "index.json": JSON.stringify([
        "z",
        { key: "a/1.npy", size: 3, lastModified: "2026-01-02T00:00:00Z", etag: '"v9"' },
        { name: "a/b/c/3" },
        "gone",
      ]),
    },
    {},
    { listing: { json: "index.json" } },
  );
  const { backend, web } = place;
  assertEquals(await names(backend), ["a/1.npy 3", "a/b/c/3 1", "z 0"]);
  assertEquals(await names(backend, { prefix: "a/", delimiter: "/" }), ["a/1.npy 3", "a/b/"]);
  const [first] = await Array.fromAsync(backend.list({ prefix: "a/1" }));
  assertEquals(first, { key: "a/1.npy", size: 3, lastModified: new Date("2026-01-02"), etag: "v9" });
  const other = new HttpBackend(`${web.url}/a`, { listing: { json: "../index.json" } });
  assertEquals(await names(other, { prefix: "q" }), []);
});

Deno.test("web listing: JSON that is no list is an error", async () => {
  for (
    const [text, words] of [["{", "no JSON"], ['{"a":1}', "no array"], ["[1]", "item 0"], [
      '["a",{}]',
      "item 1",
    ], ['[""]', "item 0"]]
  ) {
    await using place = await served({ "index.json": text }, {}, { listing: { json: "index.json" } });
    await assertRejects(() => names(place.backend), IntegrityError, words);
  }
  await using missing = await served({}, {}, { listing: { json: "index.json" } });
  const error = await assertRejects(() => names(missing.backend), NotFoundError);
  assertEquals(error.key, "index.json");
});

Deno.test("web listing: where a bucket is by its URL", () => {
  const found = (url: string, named?: string) => {
    const { url: at, prefix } = bucketOf(new URL(url), named);
    return `${at.href} ${prefix}`;
  };
  assertEquals(found("https://b.s3.eu-west-1.amazonaws.com/"), "https://b.s3.eu-west-1.amazonaws.com/ ");
  assertEquals(found("https://b.c.s3.amazonaws.com/x%20y/z/"), "https://b.c.s3.amazonaws.com/ x y/z/");
  assertEquals(found("https://s3.eu-west-1.amazonaws.com/b/x/"), "https://s3.eu-west-1.amazonaws.com/b/ x/");
  assertEquals(found("https://storage.googleapis.com/b/"), "https://storage.googleapis.com/b/ ");
  assertEquals(found("https://b.storage.googleapis.com/x/"), "https://b.storage.googleapis.com/ x/");
  assertEquals(
    found("https://b.ams3.digitaloceanspaces.com/x/"),
    "https://b.ams3.digitaloceanspaces.com/ x/",
  );
  assertEquals(found("http://127.0.0.1:9000/b/x/y/"), "http://127.0.0.1:9000/b/ x/y/");
  assertEquals(
    found("https://data.example.org/x/", "https://s3.example.org/b"),
    "https://s3.example.org/b/ x/",
  );
  assertEquals(found("https://data.example.org/x/", "/"), "https://data.example.org/ x/");
  assertThrows(() => bucketOf(new URL("https://host/a/"), "https://host/b"), InvalidArgumentError);
  assertThrows(
    () => bucketOf(new URL("https://s3.example.org/bucket/%ff/"), undefined),
    InvalidArgumentError,
    "UTF-8",
  );
});

Deno.test("web listing: a public bucket, from a folder in it, in pages", async () => {
  await using s3 = await startS3({
    buckets: [{ name: "bucket", anonymous: ["GetObject", "HeadObject", "ListObjectsV2"] }],
  });
  for (const key of ["lab/", "lab/a b+c&<d>", "lab/x/1", "lab/x/2", "lab/y", "other"]) {
    s3.store.put("bucket", key, key);
  }
  const cci = await getInterface(`${s3.endpoint}/bucket/lab`, { listing: "s3" });
  assertEquals(
    await names(new HttpBackend(`${s3.endpoint}/bucket/lab`, { listing: "s3" }), { pageSize: 1 }),
    [
      "a b+c&<d> 13",
      "x/1 7",
      "x/2 7",
      "y 5",
    ],
  );
  assertEquals(await cci.ls(""), ["a b+c&<d>", "x", "y"]);
  assertEquals(new TextDecoder().decode(await cci.downloadObject("a b+c&<d>")), "lab/a b+c&<d>");
  const wrong = await getInterface(`${s3.endpoint}/`, { listing: "s3" });
  await assertRejects(() => wrong.ls(""), CottonCandyError);
});

Deno.test("web listing: XML that lies is an error", async () => {
  const page = (inner: string) =>
    `<?xml version="1.0"?><ListBucketResult xmlns="x">${inner}</ListBucketResult>`;
  const object = (key: string, size = "1") =>
    `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`;
  const cases: [string, typeof CottonCandyError, string][] = [
    [page(object("b/x") + object("b/a")), IntegrityError, ""],
    [page(object("other")), IntegrityError, "does not begin with"],
    [page(object("a", "-1")), IntegrityError, "the size of"],
    [page("<Contents><Size>1</Size></Contents>"), IntegrityError, "no key"],
    [page("<IsTruncated>true</IsTruncated>"), IntegrityError, "not where"],
    [page("<EncodingType>url</EncodingType>" + object("%zz")), IntegrityError, "not UTF-8"],
    [page(object("a") + "<Contents><Key>b</Key>"), IntegrityError, "<Contents> has no end"],
    [page(object("a")).slice(0, -25), IntegrityError, "<Contents> has no end"],
    [page(object("a")).slice(0, -7), IntegrityError, "<ListBucketResult> has no end"],
    [
      page("<IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken>"),
      IntegrityError,
      "not where",
    ],
    ["<html><title>hello</title></html>", UnsupportedError, "{ s3:"],
    ["<ListAllMyBucketsResult/>", UnsupportedError, "{ s3:"],
  ];
  for (const [text, errorClass, words] of cases) {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response(text),
    );
    const backend = new HttpBackend(`http://127.0.0.1:${server.addr.port}/bucket`, { listing: "s3" });
    if (words === "") {
      assertEquals(await names(backend, { prefix: "b/" }), ["b/a 1", "b/x 1"], "within a page");
    } else {await assertRejects(
        () => names(backend, { prefix: words.startsWith("does") ? "b/" : "" }),
        errorClass,
        words,
      );}
  }
});

Deno.test("web listing: a long page that says nothing takes no longer than another", async () => {
  const title = "<title>Index of /</title>";
  for (
    const [index, listing] of [[title + "<a ".repeat(300_000), "autoindex"], [
      "<Contents>".repeat(100_000),
      "s3",
    ]] as const
  ) {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response(listing === "s3" ? `<ListBucketResult>${index}</ListBucketResult>` : index),
    );
    const backend = new HttpBackend(`http://127.0.0.1:${server.addr.port}/bucket`, { listing });
    const before = performance.now();
    if (listing === "s3") await assertRejects(() => names(backend), IntegrityError, "has no end");
    else assertEquals(await names(backend), []);
    assert(performance.now() - before < 5000, "minutes, where each start is held against all that follows");
  }
});

Deno.test("web listing: JSON of directories with sizes and times that are none", async () => {
  const entries = [
    { name: "a", type: "file", size: -5, mtime: "Wed, 21 Oct 2015 07:28:00 GMT" },
    { name: "b", type: "file", size: 1.5, mtime: "Wed, 21 Oct 2015 07:28:00 GMT" },
    { name: "c", type: "file", size: 7, mtime: "yesterday" },
  ];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    return request.url.endsWith("/") ? Response.json(entries) : new Response("four");
  });
  const backend = new HttpBackend(`http://127.0.0.1:${server.addr.port}/`, { listing: "autoindex" });
  assertEquals(await names(backend), ["a 4", "b 4", "c 7"], "what is not told is asked for");
  for await (const entry of backend.list()) {
    assert("key" in entry && !Number.isNaN(entry.lastModified.getTime()));
  }
});

Deno.test("web listing: what follows the ? of an index's URL is not shown", async () => {
  const listing = { json: "index.json?token=s3cret" };
  for (const status of [200, 403, 404, 302]) {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response("{", { status }),
    );
    const backend = new HttpBackend(`http://127.0.0.1:${server.addr.port}/`, { listing });
    const error = await assertRejects(() => names(backend), CottonCandyError, "index.json");
    assert(!Deno.inspect(error).includes("s3cret"), Deno.inspect(error));
  }
});
