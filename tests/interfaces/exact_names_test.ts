/** What a listing gives reaches exactly its object, with every method, or is refused; on all stores, below prefixes too. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend, DeleteResult, ObjectInfo } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  AccessDeniedError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PartialFailureError,
} from "../../lib/errors.ts";
import { DefaultInterface, EncryptedInterface } from "../../lib/interface/mod.ts";
import { aesKeys, generateAesKey } from "../../crypto/mod.ts";
import { removeObjects } from "../../lib/tree/mod.ts";
import { collect } from "../../lib/async.ts";
import { decode, encode, get } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";
import { forEachStore, withStore } from "./stores.ts";
import { keysOf } from "./tree.ts";

/** Keys, and those that cleaning makes of them. */
const TWINS: [key: string, clean: string][] = [
  ["x//y", "x/y"],
  ["/lead", "lead"],
  ["//two", "two"],
  ["a///b", "a/b"],
  ["end//", "end/"],
  ["dot/.//z", "dot/./z"],
  ["up/..//z", "up/../z"],
];

async function plant(backend: Backend, prefix = "") {
  for (const key of TWINS.flat()) await backend.put(prefix + key, encode(`at ${key}`));
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

forEachStore((store, open) => {
  for (const prefix of ["", "sub/"]) {
    const below = prefix === "" ? "" : " below a prefix";

    Deno.test(`${store}: a listed name is read, described, copied, moved, replaced and deleted as exactly that${below}`, () =>
      withStore(open, async ({ backend }) => {
        await plant(backend, prefix);
        const cci = new DefaultInterface(backend, { prefix, onWarning: () => {} });
        const listed = (await Array.fromAsync(cci.getObjects())).map(({ key }) => key);
        assertEquals(new Set(listed), new Set(TWINS.flat()));
        assertEquals(new Set(await cci.glob("**")), new Set(listed));
        for (const name of listed) {
          assertEquals(text(await cci.downloadObject(name)), `at ${name}`);
          assertEquals((await cci.getObject(name)).key, prefix + name);
          assert(await cci.existsObject(name));
          assertEquals(
            text(new Uint8Array(await new Response((await cci.downloadStream(name)).content).arrayBuffer())),
            `at ${name}`,
          );
          if (!name.endsWith("/")) assertEquals((await cci.glob(name)).filter((key) => key === name), [name]);
        }
        for (const [key, clean] of TWINS) {
          await cci.uploadJson(key, [key]);
          assertEquals(await cci.downloadJson(key), [key]);
          await cci.cp(key, "copy", { overwrite: true });
          assertEquals(await cci.downloadJson("copy"), [key]);
          assertEquals((await cci.mv(key, "moved", { overwrite: true })).key, `${prefix}moved`);
          assertEquals(await cci.downloadJson("moved"), [key]);
          // It is gone, and its twin is not taken for it.
          await assertRejects(() => cci.downloadObject(key), NotFoundError);
          await assertRejects(() => cci.rm(key), NotFoundError);
          await assertRejects(() => cci.rm(key, { recursive: true }), NotFoundError);
          await assertRejects(() => cci.mv(key, "elsewhere"), NotFoundError);
          assertEquals(await cci.existsObject(key), false);
          await cci.uploadObject(key, "again");
          assertEquals(decode(await get(backend, prefix + key)), "again");
          assertEquals(decode(await get(backend, prefix + clean)), `at ${clean}`);
          assertEquals((await cci.rm(key)).deleted, [key]);
          assertEquals(decode(await get(backend, prefix + clean)), `at ${clean}`);
        }
      }));

    Deno.test(`${store}: a name that was typed is cleaned, where nothing is stored under exactly it${below}`, () =>
      withStore(open, async ({ backend }) => {
        const cci = new DefaultInterface(backend, { prefix, onWarning: () => {} });
        assertEquals((await cci.uploadObject("//a//b", "1")).key, `${prefix}a/b`);
        assertEquals(text(await cci.downloadObject("/a///b")), "1");
        assertEquals(await cci.glob("/a//*"), ["a/b"]);
        assertEquals(await cci.ls("//a//"), ["a/b"]);
        assertEquals((await cci.rm("/a//b", { dryRun: true })).deleted, ["a/b"]);
        assertEquals((await cci.rm("/a//b")).deleted, ["a/b"]);
      }));

    Deno.test(`${store}: nothing is deleted by a name of something else: without a listing before, and by trees${below}`, () =>
      withStore(open, async ({ backend, other }) => {
        for (const place of [backend, other]) await plant(place, prefix);
        const cci = new DefaultInterface(backend, { prefix, onWarning: () => {} });
        for (const [key] of TWINS) {
          assertEquals((await cci.rm(key, { recursive: key.startsWith("a") })).deleted, [key]);
          // As a caller does who was told that it is not known whether it worked.
          await assertRejects(() => cci.rm(key), CottonCandyError);
        }
        assertEquals((await keysOf(backend)).sort(), TWINS.map(([, clean]) => prefix + clean).sort());
        const trees = new DefaultInterface(other, { prefix, onWarning: () => {} });
        assertEquals((await trees.rm("x//", { recursive: true })).deleted, ["x//y"]);
        await assertRejects(() => trees.rm("x//", { recursive: true }), NotFoundError);
        await assertRejects(() => trees.rm("a//*", { recursive: true }), InvalidArgumentError, '"a/*"');
        await assertRejects(() => trees.rm("/", { recursive: true }), InvalidArgumentError, "everything");
        await assertRejects(
          () => trees.mv("/", "all", { recursive: true }),
          InvalidArgumentError,
          "everything",
        );
        assertEquals((await trees.cp("a//", "b", { recursive: true })).copied.map(({ key }) => key), [
          `${prefix}b//b`,
        ]);
      }));

    Deno.test(`${store}: ls gives names of directories that lead to them alone${below}`, () =>
      withStore(open, async ({ backend }) => {
        await plant(backend, prefix);
        const cci = new DefaultInterface(backend, { prefix, onWarning: () => {} });
        assertEquals(await cci.lsdir("x"), ["x//", "x/y"]);
        assertEquals(await cci.lsdir("x//"), ["x//y"]);
        assertEquals(await cci.ls("x//"), ["x//y"]);
        assertEquals((await cci.ls("x/*")).includes("x/"), false);
        assert((await cci.lsdir("/")).includes("x"), "the root is the root");
        assertEquals((await cci.rm((await cci.lsdir("x"))[0], { recursive: true })).deleted, ["x//y"]);
        assertEquals(await cci.lsdir("x"), ["x/y"]);
      }));
  }

  Deno.test(`${store}: arrays, dictionaries, browsers and files under such names`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend, { onWarning: () => {} });
      for (const [at, value] of [["d//a", 1], ["d/a", 2]] as const) {
        const plain = new DefaultInterface(backend, { onWarning: () => {} });
        await plain.uploadRawArray("spare", Int16Array.of(value));
        await backend.copy("spare", at);
      }
      await cci.rm("spare");
      const value = async (name: string) => (await cci.downloadRawArray(name)).get(0);
      assertEquals([await value("d//a"), await value("d/a")], [1, 2]);
      assertEquals(await (await cci.openRawArray("d//a")).slice(0).then((item) => item.get()), 1);
      const { d } = await cci.cloud2dict("/");
      assert(d !== null && !("dtype" in d));
      assertEquals(Object.keys(d), ["", "a"]);
      const only = await cci.cloud2dict("d", { keys: "/a" });
      assertEquals(Object.keys(only), [""]);
      const dataset = await cci.cloud2dataset("d");
      assertEquals([(await dataset.load("/a")).get(0), (await dataset.load("a")).get(0)], [1, 2]);
      assertEquals((await (await cci.cloud2dataset("d//")).load("a")).get(0), 1);
      const browser = await cci.getBrowser();
      const found = await browser.glob();
      assertEquals(found, ["d//a", "d/a"]);
      for (const [index, name] of found.entries()) {
        assertEquals((await browser.load(name)).get(0), index + 1);
        assertEquals((await browser.child(name).load()).get(0), index + 1);
      }
      await backend.put("c//part/old", encode("x"));
      const { key } = await cci.uploadDaskArray("c//part", Float32Array.of(1, 2, 3));
      assertEquals(key, "c//part/metadata.json");
      assertEquals((await (await cci.downloadDaskArray("c//part/")).toArray()).toNested(), [1, 2, 3]);
      await cci.dict2cloud("c//part", { v: Int8Array.of(4) });
      assertEquals(
        (await keysOf(backend)).filter((key) => key.startsWith("c/") && !key.startsWith("c//part/")),
        [],
      );
      const directory = await Deno.makeTempDir();
      try {
        await cci.downloadToFile("d//a", `${directory}/a`);
        assertEquals((await Deno.readFile(`${directory}/a`))[0], 1);
        await cci.downloadDirectory("d//", `${directory}/d`);
        assertEquals((await Deno.readFile(`${directory}/d/a`))[0], 1);
        await Deno.writeTextFile(`${directory}/d/new`, "new");
        const { uploaded } = await cci.uploadFromDirectory(`${directory}/d`, "d//");
        assertEquals(uploaded.map(({ key }) => key), ["d//a", "d//new"]);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    }));
});

Deno.test("names that lead out, or leave nothing, are refused with every method, and the way to them is told", async () => {
  const backend = new MemoryBackend();
  for (const key of ["../x", "x", "a/../../x", "/", "//"]) await backend.put(key, encode(key));
  const cci = new DefaultInterface(backend, { onWarning: () => {} });
  for (const name of ["../x", "a/../../x", "/", "//"]) {
    const calls = [
      () => cci.rm(name),
      () => cci.downloadObject(name),
      () => cci.uploadObject(name, "mine"),
      () => cci.cp(name, "copy"),
      () => cci.mv(name, "copy"),
      () => cci.getObject(name),
    ];
    for (const call of calls) await assertRejects(call, InvalidArgumentError);
  }
  await assertRejects(() => cci.rm("../x"), InvalidArgumentError, "`backend`");
  assertEquals(await keysOf(backend), ["../x", "/", "//", "a/../../x", "x"]);
});

Deno.test("encrypted objects under such names", async () => {
  const store = new MemoryBackend();
  const cci = new EncryptedInterface(store, { keys: aesKeys(generateAesKey()) });
  for (const [key, clean] of TWINS.slice(0, 3)) {
    await cci.backend.put(key, encode(`at ${key}`));
    await cci.backend.put(clean, encode(`at ${clean}`));
    assertEquals(text(await cci.downloadObject(key)), `at ${key}`);
    assertEquals((await cci.rotate(aesKeys(generateAesKey()), { prefix: key })).changed, [key]);
    assertEquals((await cci.rm(key)).deleted, [key]);
    await assertRejects(() => cci.rm(key), NotFoundError);
    assertEquals(text(await cci.downloadObject(clean)), `at ${clean}`);
  }
});

Deno.test("a store that doesn't tell whether there is such an object: the clean name is asked for", async () => {
  const backend = delegate(new MemoryBackend(), {
    head: (key) => Promise.reject(new AccessDeniedError(`may not look at ${key}`)),
  });
  const cci = new DefaultInterface(backend);
  await cci.uploadObject("a/b", "1");
  const error = await assertRejects(() => cci.uploadObject("/a//b", "2"), AccessDeniedError, 'write "a/b"');
  assertEquals(error.committed, "no");
});

Deno.test("a listing that has more than it was asked for deletes nothing", async () => {
  const memory = new MemoryBackend();
  for (const key of ["other/precious", "p/y", "zz"]) await memory.put(key, encode(key));
  const backend = delegate(memory, { list: () => memory.list() });
  const cci = new DefaultInterface(backend, { onWarning: () => {} });
  const calls = [
    () => cci.rm("p", { recursive: true }),
    () => cci.rm("p/*", { recursive: true }),
    () => cci.mv("p", "q", { recursive: true }),
    () => cci.lsdir("p"),
    () => cci.glob("p/*"),
    () => cci.getSize({ prefix: "p/" }),
    () => cci.cloud2dict("p"),
  ];
  for (const call of calls) await assertRejects(call, IntegrityError, '"other/precious"');
  assertEquals(await keysOf(memory), ["other/precious", "p/y", "zz"]);
});

Deno.test("an object is listed twice, and deleted once", async () => {
  const memory = new MemoryBackend();
  for (const key of ["p/y", "p/z"]) await memory.put(key, encode(key));
  async function* twice(): AsyncGenerator<ObjectInfo> {
    for await (const entry of memory.list({ prefix: "p/" })) {
      if ("key" in entry) yield entry, yield entry;
    }
  }
  const { deleted } = await removeObjects(delegate(memory, { list: twice }), "p", { recursive: true });
  assertEquals(deleted, ["p/y", "p/z"]);
});

Deno.test("what the answer to a deletion doesn't tell of is not deleted", async () => {
  const answers: ((keys: string[]) => DeleteResult[])[] = [
    () => [],
    (keys) => keys.slice(1).map((key) => ({ key })),
    (keys) => keys.map((key) => ({ key: `${key} ` })),
  ];
  for (const answer of answers) {
    const memory = new MemoryBackend();
    for (const key of ["p/x", "p/y"]) await memory.put(key, encode(key));
    const backend = delegate(memory, {
      async *delete(items) {
        const keys = await collect((async function* () {
          for await (const item of items) yield typeof item === "string" ? item : item.key;
        })());
        yield* answer(keys);
      },
    });
    const cci = new DefaultInterface(backend, { onWarning: () => {} });
    const error = await assertRejects(() => cci.rm("p", { recursive: true }), PartialFailureError);
    assert(error.failed.some(({ key, error }) => key === "p/x" && error.message.includes("did not say")));
    const single = await assertRejects(() => cci.rm("p/x"), CottonCandyError, "did not say");
    assertEquals(single.committed, "unknown");
    await assertRejects(() => cci.mv("p/x", "moved"), CottonCandyError);
    assertEquals((await keysOf(memory)).filter((key) => key.startsWith("p/")), ["p/x", "p/y"]);
  }
});
