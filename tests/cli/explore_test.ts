/** `explore`: what its server gives to whom. The page itself is tried in Chromium, tests/browser/explorer_test.ts. */
import { toFileUrl } from "@std/path";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { HttpBackend } from "../../backends/web/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { fillSample, serveExplorer, TOKEN_HEADER } from "../../cli/explore/mod.ts";
import type { ServeOptions } from "../../cli/explore/server.ts";
import { AccessDeniedError, ConnectionError, NotFoundError } from "../../lib/errors.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { openArray } from "../../lib/stored_arrays/identify/mod.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { readRaw } from "../../lib/stored_arrays/raw.ts";
import { openExplored } from "../../cli/commands/explore.ts";
import { openTarget, type OpenTargetOptions, parseTarget, type Target } from "../../cli/targets.ts";
import { getInterface } from "../../mod.ts";
import { cli } from "./run.ts";

const PAGE = new TextEncoder().encode("<!doctype html><title>explorer</title>");
const page: ServeOptions["page"] = (name) => Promise.resolve(name === "index.html" ? PAGE : undefined);

/** A server, the same store as the page sees it, and what asks it for anything. */
async function served(options: Partial<ServeOptions> = {}) {
  const backend = new MemoryBackend();
  const explorer = await serveExplorer({ backend, title: "test", page, ...options });
  const { origin, hash } = new URL(explorer.url);
  const token = hash.slice("#t=".length);
  const headers = { [TOKEN_HEADER]: token };
  const base = `${origin}/api/store/`;
  return {
    backend,
    origin,
    token,
    seen: new HttpBackend(base, { headers, listing: { s3: base }, retries: 1 }),
    ask: async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(origin + path, { ...init, headers: { ...headers, ...init.headers } });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    },
    [Symbol.asyncDispose]: () => explorer.close(),
  };
}

/** A request as it is: `fetch` sets the host itself. */
async function raw(origin: string, head: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n`));
  return await new Response(connection.readable).text();
}

Deno.test("explore: the page's client reads the store: objects, parts, metadata, names of any kind", async () => {
  await using server = await served();
  const { backend, seen } = server;
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) >> 5);
  const keys = ["plain", "a b/c+d&e?f#g%41", "ünï/çode 😀", "x<y>.html", "empty"];
  const metadata = { dtype: "<f4", shape: "17500", compression: "False" };
  for (const key of keys) {
    await backend.put(key, key === "empty" ? new Uint8Array() : bytes, {
      metadata,
      contentType: "text/html",
    });
  }
  for (const key of keys) {
    const reader = await seen.open(key);
    assertEquals(await reader.read(), key === "empty" ? new Uint8Array() : bytes, key);
    assertEquals(reader.info.metadata, metadata);
    assertEquals((await seen.head(key))?.size, key === "empty" ? 0 : bytes.length);
  }
  const part = await seen.open("plain", { range: { offset: 100, length: 33 } });
  assertEquals(await part.read(), bytes.slice(100, 133));
  const end = await seen.open("plain", { range: { suffix: 5 } });
  assertEquals(await end.read(), bytes.slice(-5));
  const beyond = await seen.open("plain", { range: { offset: 70_000, length: 5 } });
  assertEquals(await beyond.read(), new Uint8Array());
  assertEquals((await readRaw(seen, "plain")).shape, [17500]);
  await assertRejects(() => seen.open("missing"), NotFoundError);
  assertEquals(await seen.head("missing"), undefined);
  const listed = (await Array.fromAsync(seen.list())).map((entry) => "key" in entry ? entry.key : "");
  assertEquals(
    listed,
    (await Array.fromAsync(backend.list())).map((entry) => "key" in entry ? entry.key : ""),
  );
});

Deno.test("explore: listings of thousands come in pages, complete and in order, with folders at their seams", async () => {
  await using server = await served();
  const { backend, seen } = server;
  const one = new Uint8Array(1);
  for (let i = 0; i < 2300; i++) {
    const name = `n${String(i).padStart(5, "0")}`;
    await backend.put(i % 3 === 0 ? `${name}/below` : name, one);
  }
  const names = async (of: typeof seen | typeof backend, options: object) =>
    (await Array.fromAsync(of.list(options))).map((entry) => "key" in entry ? entry.key : entry.prefix);
  for (
    const options of [{ delimiter: "/" }, {}, { prefix: "n001", delimiter: "/" }, {
      delimiter: "/",
      pageSize: 7,
      prefix: "n000",
    }]
  ) {
    assertEquals(await names(seen, options), await names(backend, options), JSON.stringify(options));
  }
  // An answer that was lost is asked for again: the same page comes.
  const first = await server.ask("/api/store?list-type=2&delimiter=%2F&max-keys=10");
  const [, token] = /<NextContinuationToken>(.*?)</.exec(first.text) ?? [];
  const next = `/api/store?list-type=2&delimiter=%2F&max-keys=10&continuation-token=${token}`;
  assertEquals((await server.ask(next)).text, (await server.ask(next)).text);
});

Deno.test("explore: only who has the token reads, by GET and HEAD, from this machine's own page", async () => {
  await using server = await served();
  const { backend, origin, token, ask } = server;
  await backend.put("secret", new TextEncoder().encode("42"));
  assertEquals((await ask("/api/store/secret")).text, "42");
  for (const path of ["/api/store/secret", "/api/store?list-type=2", "/api/about", "/api/failure"]) {
    for (const wrong of ["", "x".repeat(token.length), `${token}x`]) {
      const refused = await ask(path, { headers: { [TOKEN_HEADER]: wrong } });
      assertEquals(refused.status, 403, path);
      assert(!refused.text.includes("42"));
    }
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    assertEquals((await ask("/api/store/secret", { method })).status, 405, method);
  }
  const { host } = new URL(origin);
  const request = (...headers: readonly string[]) =>
    raw(origin, [`GET /api/store/secret HTTP/1.1`, `${TOKEN_HEADER}: ${token}`, ...headers].join("\r\n"));
  assertMatch(await request(`Host: ${host}`), /^HTTP\/1.1 200 [^]*42$/);
  // A name of somebody else's that leads to this machine (DNS rebinding).
  assertMatch(await request(`Host: evil.example:${new URL(origin).port}`), /^HTTP\/1.1 421 /);
  assertMatch(await request(`Host: ${host}`, "Origin: https://evil.example"), /^HTTP\/1.1 403 /);
  assertMatch(await request(`Host: ${host}`, "Sec-Fetch-Site: cross-site"), /^HTTP\/1.1 403 /);
  assertMatch(await request(`Host: ${host}`, `Origin: http://${host}`), /^HTTP\/1.1 200 /);
  // The page itself is nothing secret, and no stored object is shown as one.
  assertMatch((await ask("/")).text, /<title>explorer/);
  await backend.put("page.html", PAGE, { contentType: "text/html" });
  const stored = await ask("/api/store/page.html");
  assertEquals(stored.headers.get("content-type"), "application/octet-stream");
  assertEquals(stored.headers.get("x-content-type-options"), "nosniff");
  assertEquals(stored.headers.get("access-control-allow-origin"), null);
  for (const path of ["/../secret", "/%2e%2e/secret", "/a/b/c.js", "//evil.example/", "/missing.js"]) {
    assertEquals((await raw(origin, `GET ${path} HTTP/1.1\r\nHost: ${host}`)).slice(9, 12), "404", path);
  }
});

Deno.test("explore: what is beside the prefix can't be read or listed", async () => {
  const backend = new MemoryBackend();
  await backend.put("mine/a", new Uint8Array(3));
  await backend.put("theirs/b", new Uint8Array(3));
  await using server = await served({ backend, prefix: "mine/" });
  const keys = async (prefix: string) => (await Array.fromAsync(server.seen.list({ prefix }))).length;
  assertEquals([await keys("mine/"), await keys(""), await keys("theirs/")], [1, 0, 0]);
  await assertRejects(() => server.seen.open("theirs/b"), NotFoundError);
  assertEquals(JSON.parse((await server.ask("/api/about")).text), {
    title: "test",
    prefix: "mine/",
    rootPath: "",
  });
});

Deno.test("explore: why the store failed is told in its own words, and a failure midway is no short object", async () => {
  const backend = new MemoryBackend();
  await backend.put("big", new Uint8Array(3_000_000));
  const denied = new AccessDeniedError("the role may not read: ask its owner");
  const failing = new Proxy(backend, {
    get(store, name) {
      if (name === "head") {
        return () => Promise.reject(denied);
      }
      if (name === "list") {
        return async function* () {
          yield { prefix: "a/" };
          throw new ConnectionError("the store does not answer");
        };
      }
      if (name === "open") {
        return async (...args: Parameters<typeof store.open>) => {
          if (args[0] === "denied") throw denied;
          const reader = await store.open(...args);
          return Object.assign(Object.create(reader), {
            info: reader.info,
            close: () => reader.close(),
            stream: () =>
              new ReadableStream({
                pull(controller) {
                  controller.enqueue(new Uint8Array(1000));
                  controller.error(new ConnectionError("cut off"));
                },
              }),
          });
        };
      }
      const value = Reflect.get(store, name);
      return typeof value === "function" ? value.bind(store) : value;
    },
  });
  await using server = await served({ backend: failing });
  const { seen, ask } = server;
  await assertRejects(() => seen.head("denied"), AccessDeniedError);
  assertMatch((await ask("/api/failure")).text, /ask its owner/);
  await assertRejects(() => Array.fromAsync(seen.list()));
  assertMatch((await ask("/api/failure")).text, /does not answer/);
  await assertRejects(async () => await (await seen.open("big")).read());
});

Deno.test("explore: the sample has something of every kind", async () => {
  const backend = new MemoryBackend();
  const raster = { width: 4, height: 3, values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1] };
  await fillSample(backend, { volcano: raster, precipitation: raster });
  const keys = (await Array.fromAsync(backend.list())).map((entry) => "key" in entry ? entry.key : "");
  for (
    const key of [
      "README.txt",
      "rasters/volcano",
      "volumes/bold/metadata.json",
      "maps/waves.zarr/.zarray",
      "encrypted/waves",
    ]
  ) {
    assert(keys.includes(key), key);
  }
  const rain = await readRaw(backend, "rasters/precipitation");
  assertEquals([rain.get(0, 0), rain.get(2, 3)], [1, NaN]);
});

Deno.test("explore: the command serves until it is ended, and says where", async () => {
  const ending = new AbortController();
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/note.txt`, "hello");
    const run = cli(["explore", folder, "--no-browser", "--port", "x"]);
    assertEquals((await run).code, 2);
    const isBuilt = await Deno.stat(new URL("../../cli/explore/page/index.html", import.meta.url)).then(
      () => true,
      () => false,
    );
    const printed = Promise.withResolvers<void>();
    const running = cli(["explore", folder, "--no-browser", "--json"], {
      signal: ending.signal,
      onOutput: printed.resolve,
    });
    if (isBuilt) {
      await printed.promise;
      ending.abort(new Error("ended"));
      assertMatch((await running).out, /"url":"http:\/\/127\.0\.0\.1:\d+\/#t=/);
    } else assertMatch((await running).out, /deno task explore/);
  } finally {
    ending.abort();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("explore: lines of code name what is on disk as getInterface opens it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "a b#" });
  try {
    await Deno.mkdir(`${folder}/sub`);
    await Deno.writeTextFile(`${folder}/sub/note.txt`, "hello");
    const items = ndarray(Int32Array.of(1, 2, 3), [3]);
    await writeChunked(new LocalBackend(folder), "chunks", items, { chunks: [2] });
    await writeZarr(new LocalBackend(folder), "z", items, { chunks: [2] });
    for (const name of ["chunks", "z"]) await Deno.symlink(`${folder}/${name}`, `${folder}/link to ${name}`);
    const opening = (options: OpenTargetOptions) => (text: string | Target) =>
      openTarget(
        typeof text === "string" ? parseTarget(text) : text,
        () => Promise.reject(new Error("no path")),
        { ...options, follow: true },
      );
    const context = {
      open: opening({}),
      openThing: opening({ named: true }),
      request: { signal: new AbortController().signal, onWarning() {} },
    };
    // A folder that is an array is shown as that, and read by its name.
    for (const name of ["chunks", "z"]) {
      for (const text of [`${folder}/${name}`, `${folder}/${name}/`, `${folder}/link to ${name}`]) {
        const { target = "", path, backend, prefix } = await openExplored(context, text);
        assertEquals([path, prefix, target], [name, "", `${toFileUrl(folder).href}/`]);
        assertEquals((await (await openArray(backend, path)).toArray()).toNested(), [1, 2, 3]);
      }
    }
    for (const [text, key] of [[folder, "sub/note.txt"], [`${folder}/sub/note.txt`, "note.txt"]]) {
      const { target = "" } = await openExplored(context, text);
      const cci = await getInterface(target);
      assertEquals(new TextDecoder().decode(await cci.downloadObject(key)), "hello", target);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
