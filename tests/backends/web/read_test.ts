/** Reading from web servers as they are: without HEAD, ranges, lengths, versions; with redirections, pages for what is missing, compression on the way. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { HttpBackend } from "../../../backends/web/mod.ts";
import {
  AccessDeniedError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { readAll } from "../../../lib/streams/mod.ts";
import type { WebServerOptions } from "../../servers/web.ts";
import { asked, served } from "./setup.ts";

const MiB = 2 ** 20;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const noise = (length: number, seed = 7) =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255);

Deno.test("web: what one request tells is not asked for twice", async () => {
  await using place = await served({ "a/b c.bin": "0123456789" });
  const { backend, web } = place;
  assertEquals(backend.name, web.url);
  const head = await backend.head("a/b c.bin");
  assertEquals([head?.size, head?.etag, head?.contentType], [10, "v0", "application/octet-stream"]);
  assertEquals(head?.lastModified, new Date(Date.UTC(2026, 0, 1)));
  assertEquals(text(await (await backend.open("a/b c.bin")).read()), "0123456789");
  const part = await backend.open("a/b c.bin", { range: { offset: 2, length: 3 } });
  assertEquals(text(await part.read()), "234");
  assertEquals(text(await part.read({ suffix: 1 })), "9");
  assertEquals(asked(place), ["HEAD 200", "GET 200", "GET bytes=2-4 206", "GET bytes=9-9 206"]);
  assertEquals(web.requests[0].url, "/data/a/b%20c.bin");
  assert(web.requests.every(({ headers }) => headers["accept-encoding"] === "identity"));
  assert(web.requests.every(({ headers }) => headers["if-match"] === undefined));
});

for (const head of [403, 405, 501] as const) {
  Deno.test(`web: a server that answers HEAD with ${head} is asked by GET from then on`, async () => {
    await using place = await served({ a: "0123456789", empty: "" }, { head });
    const { backend } = place;
    assertEquals((await backend.head("a"))?.size, 10);
    assertEquals((await backend.head("empty"))?.size, 0);
    assertEquals(await backend.head("missing"), undefined);
    assertEquals(asked(place), [
      `HEAD ${head}`,
      "GET bytes=0-0 206",
      "GET bytes=0-0 416",
      "GET bytes=0-0 404",
    ]);
  });
}

Deno.test("web: what is refused by GET as well is no sign that HEAD is not known", async () => {
  await using place = await served({ a: "x" });
  const { backend, web } = place;
  web.inject({ kind: "status", status: 403, path: /secret/, times: Infinity });
  const error = await assertRejects(() => backend.head("secret"), AccessDeniedError, "of what is missing");
  assertEquals(error.key, "secret");
  assertEquals((await backend.head("a"))?.size, 1);
  assertEquals(asked(place), ["HEAD 403", "GET bytes=0-0 403", "HEAD 200"]);
});

Deno.test("web: a server without ranges is warned of once, and each read is one request", async () => {
  const bytes = noise(20 * MiB);
  await using place = await served({ a: bytes }, { ranges: false });
  const { backend, warnings } = place;
  const reader = await backend.open("a", { range: { offset: 5, length: 3 } });
  assertEquals(await reader.read(), bytes.slice(5, 8));
  // In parts of 8 MiB it would be asked for three times, from its beginning.
  assertEquals(await reader.read({ offset: 0 }), bytes);
  assertEquals(await reader.read({ suffix: 4 }), bytes.slice(-4));
  await reader.close();
  const whole = await backend.open("a", { parallel: true });
  assertEquals(await whole.read(), bytes);
  assertEquals(asked(place).map((request) => request.split(" ").at(-1)), ["200", "200", "200", "200"]);
  assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["read-whole", "a"]]);
});

Deno.test("web: the end of an object, where a server counts from the beginning only", async () => {
  await using place = await served({ a: "0123456789" }, { ranges: "forward" });
  const { backend, warnings } = place;
  const reader = await backend.open("a", { range: { suffix: 3 } });
  assertEquals(text(await reader.read()), "789");
  assertEquals(asked(place), ["GET bytes=-3 200", "HEAD 200", "GET bytes=7-9 206"]);
  assertEquals(warnings, []);
});

Deno.test("web: without lengths a range tells it; without both nothing is read", async () => {
  await using place = await served({ a: "0123456789" }, { lengths: false });
  assertEquals(text(await (await place.backend.open("a")).read()), "0123456789");
  assertEquals((await place.backend.head("a"))?.size, 10);
  await using neither = await served({ a: "0123456789" }, { lengths: false, ranges: false });
  await assertRejects(() => neither.backend.open("a"), UnsupportedError, "how long");
  await assertRejects(() => neither.backend.head("a"), UnsupportedError, "how long");
});

Deno.test("web: a page in place of what is missing is no object, under a name of a page it is one", async () => {
  await using place = await served({ "page.html": { bytes: new Uint8Array(3), contentType: "text/html" } }, {
    fallback: true,
  });
  const { backend } = place;
  assertEquals(await backend.head("no.npy"), undefined);
  const error = await assertRejects(() => backend.open("no.npy"), NotFoundError, "shows a page");
  assertEquals(error.key, "no.npy");
  assertEquals((await backend.head("page.html"))?.size, 3);
  assertEquals((await (await backend.open("page.html")).read()).length, 3);
});

const kinds: readonly NonNullable<WebServerOptions["validators"]>[] = ["both", "weak", "modified"];
for (const validators of kinds) {
  Deno.test(`web: an object that changes in mid-read is an error (${validators})`, async () => {
    await using place = await served({ a: noise(12 * MiB, 1) }, { validators });
    const { backend, files } = place;
    const reader = await backend.open("a", { range: { offset: 0, length: 10 } });
    await reader.read();
    files.put("a", noise(12 * MiB, 2));
    const error = await assertRejects(() => reader.read({ offset: 0 }), PreconditionFailedError);
    assertEquals(error.key, "a");
    await assertRejects(() => readAll(reader.stream({ offset: MiB })), PreconditionFailedError);
    assertEquals((await reader.info).size, 12 * MiB);
  });

  Deno.test(`web: a body that breaks off is taken up where it broke (${validators})`, async () => {
    const bytes = noise(3 * MiB);
    await using place = await served({ a: bytes }, { validators });
    place.web.inject({ kind: "cutResponse", afterBytes: MiB, method: "GET" });
    assertEquals(await readAll((await place.backend.open("a")).stream()), bytes);
    assertEquals(asked(place), ["GET 200", `GET bytes=${MiB}-${3 * MiB - 1} 206`]);
  });

  Deno.test(`web: what follows a break is of the same version, or an error (${validators})`, async () => {
    await using place = await served({ a: noise(3 * MiB) }, { validators });
    place.web.inject({ kind: "cutResponse", afterBytes: MiB, method: "GET" });
    const reader = await place.backend.open("a");
    place.files.put("a", noise(3 * MiB, 2));
    await assertRejects(() => reader.read(), PreconditionFailedError);
  });
}

Deno.test("web: without versions a body that breaks off is not put together, and another size is seen", async () => {
  await using place = await served({ a: noise(3 * MiB) }, { validators: "none" });
  place.web.inject({ kind: "cutResponse", afterBytes: MiB, method: "GET" });
  await assertRejects(async () => await (await place.backend.open("a")).read(), ConnectionError, "broke off");
  const reader = await place.backend.open("a", { range: { offset: 0, length: 1 } });
  await reader.read();
  place.files.put("a", noise(3 * MiB + 1));
  await assertRejects(() => reader.read({ offset: 5 }), PreconditionFailedError);
});

Deno.test("web: ifMatch is held against the answer's own ETag, weak or not", async () => {
  for (const validators of ["both", "weak"] as const) {
    await using place = await served({ a: "one" }, { validators });
    const { backend, files } = place;
    for (const ifMatch of ["v0", '"v0"', 'W/"v0"']) {
      assertEquals(text(await (await backend.open("a", { ifMatch })).read()), "one");
    }
    files.put("a", "two");
    await assertRejects(() => backend.open("a", { ifMatch: "v0" }), PreconditionFailedError);
    await assertRejects(
      () => backend.open("a", { ifMatch: "v0", range: { offset: 0, length: 0 } }),
      PreconditionFailedError,
    );
  }
});

Deno.test("web: answers that contradict the question are errors", async () => {
  await using place = await served({ a: "0123456789" });
  const { backend, web } = place;
  const range = { offset: 2, length: 3 };
  const lies: Record<string, string | null>[] = [
    { "content-range": "bytes 0-2/10" },
    { "content-range": "bytes 2-5/10" },
    { "content-range": "bytes 2-4/9999" },
    { "content-range": "items 2-4/10" },
    { "content-range": null },
  ];
  for (const headers of lies) {
    web.inject({ kind: "changeHeaders", headers });
    const read = async () => await (await backend.open("a", { range })).read({ offset: 0 });
    const error = await assertRejects(read, CottonCandyError);
    assert(
      error instanceof IntegrityError || error instanceof PreconditionFailedError,
      `${JSON.stringify(headers)}: ${error}`,
    );
  }
  web.inject({ kind: "changeHeaders", headers: { "content-length": "20" } });
  web.inject({ kind: "cutResponse", afterBytes: 10 });
  await assertRejects(async () => await (await backend.open("a")).read(), PreconditionFailedError);
});

Deno.test("web: refusals are typed errors that say what to do", async () => {
  await using place = await served({ a: "x" }, {}, { retries: { attempts: 3, delay: 1 } });
  const { backend, web } = place;
  const cases: [number, typeof CottonCandyError, string][] = [
    [401, AccessDeniedError, "headers"],
    [403, AccessDeniedError, "not public"],
    [404, NotFoundError, "no object"],
    [410, NotFoundError, "no object"],
    [451, AccessDeniedError, "(451)"],
    [418, CottonCandyError, "status 418"],
    [204, CottonCandyError, "status 204"],
    [304, CottonCandyError, "status 304"],
    [503, ConnectionError, "Try again later"],
    [429, ConnectionError, "Try again later"],
  ];
  for (const [status, errorClass, words] of cases) {
    web.requests.length = 0;
    web.inject({ kind: "status", status, times: status === 503 || status === 429 ? 3 : 1 });
    const error = await assertRejects(() => backend.open("a"), errorClass, words);
    assertEquals(error.key, "a");
    assertEquals(web.requests.length, status === 503 || status === 429 ? 3 : 1, `${status}`);
  }
});

Deno.test("web: a server that is busy is asked again when it says", async () => {
  await using place = await served({ a: "x" });
  const { backend, web } = place;
  web.inject({ kind: "status", status: 429, headers: { "retry-after": "1" } });
  web.inject({
    kind: "status",
    status: 503,
    skip: 1,
    headers: { "retry-after": new Date(Date.now() + 2500).toUTCString() },
  });
  assertEquals(text(await (await backend.open("a")).read()), "x");
  const [first, second] = web.requests.map(({ start }) => start);
  assert(second - first >= 990, `${second - first} ms`);
  assertEquals(web.requests.length, 3);
});

Deno.test("web: a server that says nothing is given up in time, and one that is not there at once", async () => {
  await using place = await served({ a: "x" }, {}, {
    retries: { attempts: 2, delay: 1 },
    timeout: { connect: 50, idle: 50 },
  });
  place.web.inject({ kind: "delay", ms: Infinity, times: 2 });
  await assertRejects(() => place.backend.open("a"), ConnectionError, "stopped answering");
  const gone = new HttpBackend("http://127.0.0.1:1/x", { retries: { attempts: 2, delay: 1 } });
  const error = await assertRejects(() => gone.head("a"), ConnectionError, "could not reach");
  assertEquals(error.key, "a");
});

Deno.test("web: headers go along, from a function as well, and none of them is shown", async () => {
  const authorization = "Bearer s3cret-token";
  let asked = 0;
  await using place = await served({ a: "x" }, { authorization }, {
    headers: () => Promise.resolve({ Authorization: `Bearer s3cret-${asked++ < 0 ? "" : "token"}` }),
  });
  assertEquals(text(await (await place.backend.open("a")).read()), "x");
  assertEquals(asked, 1);
  await using wrong = await served({ a: "x" }, { authorization }, {
    headers: { authorization: "Bearer hush" },
  });
  const error = await assertRejects(() => wrong.backend.open("a"), AccessDeniedError);
  assert(!`${error.stack} ${Deno.inspect(error)}`.includes("hush"));
  const failure = new Error("no token today");
  await using failing = await served({ a: "x" }, {}, { headers: () => Promise.reject(failure) });
  assertEquals(await assertRejects(() => failing.backend.open("a")), failure);
});

Deno.test("web: an abort is answered while a function gets headers", async () => {
  await using place = await served({ a: "x" }, {}, { headers: () => new Promise<never>(() => {}) });
  const abort = new AbortController();
  const opened = place.backend.open("a", { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assertRejects(() => opened, Error, "enough");
});

Deno.test("web: an address with a signature is not shown where the connection fails, nor by the causes", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  (async () => {
    for await (const connection of listener) connection.close();
  })().catch(() => {});
  const url = `http://127.0.0.1:${listener.addr.port}/data?token=s3cret`;
  const backend = new HttpBackend(url, { retries: 1, onWarning() {} });
  const error = await assertRejects(() => backend.open("a"), ConnectionError);
  assert(!Deno.inspect(error).includes("s3cret"), Deno.inspect(error));
  backend.close();
});

Deno.test("web: what follows a break and tells no version any more is not put together with what precedes it", async () => {
  let asked = 0;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ headers }) => {
    const start = Number(/bytes=(\d+)-/.exec(headers.get("range") ?? "")?.[1] ?? 0);
    if (asked++ > 0) {
      return new Response("b".repeat(10 - start), {
        status: 206,
        headers: { "content-range": `bytes ${start}-9/10` },
      });
    }
    return new Response("a".repeat(2), {
      status: 206,
      headers: { "content-range": "bytes 0-1/10", etag: '"one"' },
    });
  });
  const backend = new HttpBackend(`http://127.0.0.1:${server.addr.port}/`);
  const reader = await backend.open("a", { range: { offset: 0, length: 2 } });
  assertEquals(text(await reader.read()), "aa");
  await assertRejects(() => reader.read({ offset: 2 }), PreconditionFailedError);
});

Deno.test("web: redirections are followed, without headers to other origins", async () => {
  await using other = await served({ "moved/a": "elsewhere" });
  await using place = await served({ "new/b": "here" }, {
    authorization: "Bearer token",
    redirects: { "/data/b": "/data/new/b", "/data/loop": "/data/loop" },
  }, { headers: { authorization: "Bearer token", "x-key": "k" }, retries: { attempts: 1 } });
  assertEquals(text(await (await place.backend.open("b", { range: { offset: 1, length: 2 } })).read()), "er");
  assertEquals(asked(place), ["GET bytes=1-2 302", "GET bytes=1-2 206"]);
  await assertRejects(() => place.backend.open("loop"), ConnectionError, "on and on");
  Object.assign(place.web.options.redirects ?? {}, { "/data/a": `${other.web.url}/moved/a` });
  assertEquals((await place.backend.head("a"))?.size, 9);
  assertEquals(text(await (await place.backend.open("a")).read()), "elsewhere");
  for (const { headers } of other.web.requests) {
    assertEquals([headers.authorization, headers["x-key"]], [undefined, undefined]);
  }
});

Deno.test("web: the query goes along with every name", async () => {
  await using place = await served({ "sub/a": "x" });
  const backend = new HttpBackend(`${place.web.url}/sub?token=a%2Fb+c&x`);
  assertEquals((await backend.head("a"))?.size, 1);
  assertEquals(place.web.requests[0].url, "/data/sub/a?token=a%2Fb+c&x");
  assertEquals(backend.name, `${place.web.url}/sub`);
  await assertRejects(() => backend.open("no"), NotFoundError).then(({ message }) =>
    assert(!message.includes("token"))
  );
});

Deno.test("web: what comes compressed is given as it comes, and says so", async () => {
  const bytes = new TextEncoder().encode("0123456789".repeat(100));
  await using asked = await served({ a: bytes }, { gzip: "asked" });
  const plain = await (await asked.backend.open("a")).read();
  assertEquals(plain, bytes, "no compression is asked for");
  await using always = await served({ a: bytes }, { gzip: "always" });
  const reader = await always.backend.open("a");
  assertEquals(reader.info.contentEncoding, "gzip");
  const stored = await reader.read();
  const decoded = new Blob([stored]).stream().pipeThrough(new DecompressionStream("gzip"));
  assertEquals(await readAll(decoded), bytes);
});

Deno.test("web: metadata of three kinds of stores", async () => {
  const file = { bytes: Uint8Array.of(1), metadata: { dtype: "|u1", shape: "1" } };
  for (const metadata of ["x-amz-meta-", "x-goog-meta-", "x-ms-meta-"]) {
    await using place = await served({ a: file }, { metadata });
    assertEquals((await place.backend.head("a"))?.metadata, { dtype: "|u1", shape: "1" });
  }
});

Deno.test("web: a redirection that leads nowhere says so; a name with an @ is shown as it is", async () => {
  await using place = await served({ "a@b/c": "x" });
  place.web.inject({ kind: "status", status: 302 });
  await assertRejects(() => place.backend.open("c"), UnsupportedError, "redirects");
  place.web.inject({ kind: "status", status: 307, headers: { location: "ftp://elsewhere/" } });
  await assertRejects(() => place.backend.open("c"), UnsupportedError, "redirects");
  const backend = new HttpBackend(`${place.web.url}/a@b/`);
  assertEquals([backend.name, (await backend.head("c"))?.size], [`${place.web.url}/a@b`, 1]);
});
