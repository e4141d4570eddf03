/** What a put says of its content's time becomes the file's, and what says nothing else a plain file. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { LocalBackend } from "../../../backends/local/mod.ts";
import { inDirectory, readPair, tree } from "./directory.ts";
import { hookedFiles, platformError } from "./hooked_files.ts";

const bytes = new TextEncoder().encode("text");
const mtime = "1580608922.222";
const TIME = new Date("2020-02-02T02:02:02.222Z");

async function listed(backend: LocalBackend): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for await (const entry of backend.list()) {
    if ("key" in entry) times[entry.key] = entry.lastModified.getTime();
  }
  return times;
}

Deno.test("a put of nothing but mtime is a plain file with that time", () =>
  inDirectory(async (path) => {
    const backend = new LocalBackend(path);
    await backend.put("a/b", bytes, { metadata: { mtime }, contentType: "text/plain" });
    assertEquals(await tree(path), ["a/b"]);
    assertEquals(await listed(backend), { "a/b": TIME.getTime() });
    const head = await backend.head("a/b");
    assertEquals([head?.lastModified, head?.metadata, head?.contentType], [TIME, {}, undefined]);
  }));

Deno.test("other metadata are kept beside the file, and mtime among them; each kind replaces the other", () =>
  inDirectory(async (path) => {
    const backend = new LocalBackend(path);
    for (const round of [1, 2]) {
      await backend.put("a", bytes, { metadata: { mtime, dtype: "<f4" } });
      assertEquals((await backend.head("a"))?.metadata, { mtime, dtype: "<f4" }, `${round}`);
      assertEquals((await backend.head("a"))?.lastModified, TIME);
      assertEquals(await tree(path), ["a", "a.meta.json"]);
      await backend.put("a", bytes, { metadata: { mtime } });
      assertEquals(await tree(path), ["a"]);
    }
    await backend.put("a", bytes, { metadata: { mtime: "yesterday" } });
    assertEquals((await readPair(backend, "a"))?.metadata, { mtime: "yesterday" });
  }));

Deno.test("a copy is given the time that its metadata say, and none is given the source's", () =>
  inDirectory(async (path) => {
    const backend = new LocalBackend(path);
    await backend.put("a", bytes, { metadata: { mtime } });
    await backend.copy("a", "b", { metadata: { mtime: "1.5" } });
    await backend.copy("a", "c");
    const { a, b, c } = await listed(backend);
    assertEquals([a, b], [TIME.getTime(), 1500]);
    assert(c > TIME.getTime());
  }));

Deno.test("what an etag names is not what replaced it, though their times are one", () =>
  inDirectory(async (path) => {
    const backend = new LocalBackend(path);
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 3; i++) {
      const { etag } = await backend.put("a", new TextEncoder().encode(`text${i}`), { metadata: { mtime } });
      assertEquals((await backend.head("a"))?.etag, etag);
      assert(!seen.has(etag), `version ${i}`);
      seen.add(etag);
      // A number may come back; a time doesn't, of which Deno tells the second.
      await new Promise((resolve) => setTimeout(resolve, 1000 - Date.now() % 1000 + 5));
    }
    for await (const entry of backend.list()) if ("key" in entry) assert(seen.has(entry.etag));
  }));

Deno.test("a plain put that fails leaves the old object with its metadata", () =>
  inDirectory(async (path) => {
    await new LocalBackend(path).put("a", bytes, { metadata: { dtype: "<f4" } });
    const before = await readPair(new LocalBackend(path), "a");
    for (const operation of ["rename", "setModified", "fstat"]) {
      const files = hookedFiles((name, place) => {
        if (name === operation && (operation !== "rename" || place.endsWith("/a"))) {
          throw platformError("EIO");
        }
      });
      const failed = await new LocalBackend(path, { files }).put("a", new Uint8Array(1), {
        metadata: { mtime },
      })
        .then(() => false, () => true);
      assert(failed, operation);
      assertEquals(await readPair(new LocalBackend(path), "a"), before, operation);
    }
    assertNotEquals(before, undefined);
  }));
