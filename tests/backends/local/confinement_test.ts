/** Nothing outside of the root is touched; what the file system can't hold is kept apart. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { compareKeys } from "../../../backends/arguments.ts";
import { LocalBackend } from "../../../backends/local/mod.ts";
import { escapedPlace, hexOfKey, isPlainFile, keyOfHex, plainPlace } from "../../../backends/local/paths.ts";
import { AccessDeniedError } from "../../../lib/errors.ts";
import { collect } from "../../../lib/async.ts";
import { encode, names } from "../../../testing/case.ts";
import { ODD_KEYS } from "../../../testing/keys.ts";
import { inDirectory, readPair, tree } from "./directory.ts";

Deno.test("keys that point out of the root stay within it", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/root/sub`, { recursive: true });
    await Deno.writeTextFile(`${directory}/outside`, "untouched");
    const backend = new LocalBackend(`${directory}/root`);
    const keys = [
      "../outside",
      "sub/../../outside",
      "..",
      `${directory}/outside`,
      "/etc/passwd",
      "a\0b",
      ".cottoncandy/escaped/61.object.meta.json",
      ".cottoncandy/x",
      ".cottoncandy",
    ];
    for (const key of keys) {
      assertEquals(await backend.head(key), undefined, key);
      await backend.put(key, encode(key), { metadata: { n: `${key.length}` } });
      assertEquals(await readPair(backend, key), {
        text: key,
        metadata: { n: `${key.length}` },
        contentType: undefined,
      });
    }
    assertEquals(await backend.head("a"), undefined);
    assertEquals(await names(backend.list(), ""), [...keys].sort(compareKeys));
    for (const { error } of await collect(backend.delete(keys))) assertEquals(error, undefined);
    assertEquals(await Deno.readTextFile(`${directory}/outside`), "untouched");
    assertEquals(await tree(directory), ["outside", "root/sub/"]);
  });
});

Deno.test("a symbolic link in place of our own directory is refused: nothing there is swept, written, listed or deleted", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/root`);
    await Deno.mkdir(`${directory}/elsewhere/escaped`, { recursive: true });
    for (const name of ["tmp-precious", "tmp-precious.meta.json", "escaped/2e.object.meta.json"]) {
      await Deno.writeTextFile(`${directory}/elsewhere/${name}`, "theirs");
      await Deno.utime(`${directory}/elsewhere/${name}`, new Date(0), new Date(0));
    }
    const before = await tree(`${directory}/elsewhere`);
    await Deno.writeTextFile(`${directory}/root/plain`, "x");
    await Deno.symlink(`${directory}/elsewhere`, `${directory}/root/.cottoncandy`);
    const backend = new LocalBackend(`${directory}/root`);
    for (const key of ["k", "plain", "."]) {
      await assertRejects(() => backend.put(key, encode("v")), AccessDeniedError, "symbolic link");
      await assertRejects(() => backend.put(key, encode("v"), { ifAbsent: true }));
    }
    await assertRejects(() => backend.copy("plain", "copy"), AccessDeniedError, "symbolic link");
    await assertRejects(() => backend.head("."), AccessDeniedError);
    await assertRejects(() => names(backend.list(), ""), AccessDeniedError);
    for (const key of [".", "plain"]) {
      const [{ error }] = await collect(backend.delete([key]));
      assert(error instanceof AccessDeniedError, key);
    }
    assertEquals(await tree(`${directory}/elsewhere`), before);
    assertEquals(await Deno.readTextFile(`${directory}/root/plain`), "x");
  });
});

Deno.test("symbolic links are neither followed nor listed nor replaced", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/root`);
    await Deno.mkdir(`${directory}/elsewhere`);
    await Deno.writeTextFile(`${directory}/elsewhere/file`, "untouched");
    await Deno.symlink(`${directory}/elsewhere`, `${directory}/root/directory`);
    await Deno.symlink(`${directory}/elsewhere/file`, `${directory}/root/file`);
    await Deno.symlink(`${directory}/nowhere`, `${directory}/root/dangling`);
    const backend = new LocalBackend(`${directory}/root`);
    await backend.put("plain", encode("x"));
    await Deno.remove(`${directory}/root/plain.meta.json`);
    await Deno.symlink(`${directory}/elsewhere/file`, `${directory}/root/plain.meta.json`);
    for (const key of ["directory/file", "file", "dangling", "directory/new", "plain"]) {
      await assertRejects(() => backend.open(key), AccessDeniedError);
      await assertRejects(() => backend.head(key), AccessDeniedError);
      await assertRejects(() => backend.copy(key, "copy"), AccessDeniedError);
      if (key === "plain") continue;
      await assertRejects(() => backend.put(key, encode("new")), AccessDeniedError);
      const [{ error }] = await collect(backend.delete([key]));
      assert(error instanceof AccessDeniedError);
    }
    await assertRejects(() => collect(backend.list({ prefix: "directory/" })), AccessDeniedError);
    assertEquals(await names(backend.list(), ""), ["plain"]);
    assertEquals(await tree(`${directory}/elsewhere`), ["file"]);
    assertEquals(await Deno.readTextFile(`${directory}/elsewhere/file`), "untouched");
  });
});

Deno.test("the root itself may be reached through a symbolic link", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/real`);
    await Deno.symlink(`${directory}/real`, `${directory}/link`);
    await new LocalBackend(`${directory}/link`).put("a/b", encode("x"));
    assertEquals((await readPair(new LocalBackend(`${directory}/real`), "a/b"))?.text, "x");
    assertEquals((await readPair(new LocalBackend(new URL(`file://${directory}/link`)), "a/b"))?.text, "x");
    assertEquals((await readPair(new LocalBackend(`file://${directory}/link`), "a/b"))?.text, "x");
  });
});

Deno.test("an object beside a directory of its name, in either order", async () => {
  for (const order of [["a", "a/b", "a/b/c"], ["a/b/c", "a/b", "a"], ["a/b", "a", "a/b/c"]]) {
    await inDirectory(async (directory) => {
      const backend = new LocalBackend(directory);
      for (const key of order) await backend.put(key, encode(key), { metadata: { key } });
      // The one that came first is where Python finds it.
      assertEquals(await Deno.readTextFile(`${directory}/${order[0]}`), order[0]);
      assertEquals(await names(backend.list(), ""), ["a", "a/b", "a/b/c"]);
      assertEquals(await names(backend.list({ delimiter: "/" }), ""), ["a", "a/"]);
      await backend.put(order[1], encode("replaced"), { metadata: { key: order[1] } });
      assertEquals((await readPair(backend, order[1]))?.text, "replaced");
      await collect(backend.delete([order[0]]));
      // What stood in the way is gone: the next version is a plain file again, and there is one object only.
      await backend.put(order[1], encode("plain again"), { metadata: { key: order[1] } });
      assertEquals((await readPair(backend, order[1]))?.text, "plain again");
      assertEquals((await names(backend.list(), "")).filter((key) => key === order[1]), [order[1]]);
      await collect(backend.delete(["a", "a/b", "a/b/c"]));
      assertEquals(await tree(directory), []);
    });
  }
});

Deno.test("foreign directories in the way: empty ones give way, others don't", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    await Deno.mkdir(`${directory}/empty`);
    await Deno.mkdir(`${directory}/empty.meta.json`);
    await Deno.mkdir(`${directory}/full/of`, { recursive: true });
    await Deno.mkdir(`${directory}/kept.meta.json/x`, { recursive: true });
    for (const key of ["empty", "full", "kept"]) {
      assertEquals(await backend.head(key), undefined);
      await backend.put(key, encode(key), { metadata: { key } });
      assertEquals(await readPair(backend, key), { text: key, metadata: { key }, contentType: undefined });
    }
    assertEquals(await names(backend.list(), ""), ["empty", "full", "kept"]);
    assertEquals(await Deno.readTextFile(`${directory}/empty`), "empty");
    // A plain object of Python's whose metadata can have no file.
    await Deno.writeTextFile(`${directory}/stuck`, "x");
    await Deno.mkdir(`${directory}/stuck.meta.json/x`, { recursive: true });
    await assertRejects(() => backend.put("stuck", encode("new")), Error, "directories stand");
    assertEquals((await readPair(backend, "stuck"))?.text, "x");
  });
});

Deno.test("what is no object is not listed: pipes, hidden parts, names too long for a metadata file", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    await backend.put("object", encode("x"));
    await new Deno.Command("mkfifo", { args: [`${directory}/pipe`] }).output();
    await Deno.writeTextFile(`${directory}/${"n".repeat(250)}`, "");
    await Deno.writeTextFile(`${directory}/orphan.meta.json`, "{}");
    await Deno.mkdir(`${directory}/no/objects/here`, { recursive: true });
    assertEquals(await names(backend.list(), ""), ["object"]);
    assertEquals(await names(backend.list({ delimiter: "/" }), ""), ["object"]);
    assertEquals(await backend.head("pipe"), undefined, "and opening a pipe does not wait for its writer");
    assertEquals(await backend.head("n".repeat(250)), undefined);
    assertEquals(await backend.head("no"), undefined);
  });
});

Deno.test("escaped names give the key back, and sort as keys do", () => {
  const keys = [
    ...ODD_KEYS,
    "x".repeat(100),
    "x".repeat(101),
    "x".repeat(200),
    "x".repeat(1024),
    "\u{1F36C}".repeat(256),
    "\0",
  ];
  const paths = new Map(keys.map((key) => {
    const { directory, data, sidecar } = escapedPlace(key);
    assertEquals(directory.slice(0, 2), [".cottoncandy", "escaped"]);
    for (const segment of [...directory, data, sidecar]) assert(segment.length <= 255 && segment !== "");
    assert(data.endsWith(".meta.json") && sidecar.endsWith(".meta.json"), "Python leaves such files out");
    const digits = directory.slice(2).join("") + data.slice(0, -".object.meta.json".length);
    assertEquals(keyOfHex(digits), key);
    return [[...directory, data].join("/"), key];
  }));
  assertEquals(paths.size, new Set(keys).size);
  const digits = keys.map(hexOfKey).sort();
  assertEquals(digits.map((hex) => keyOfHex(hex) ?? ""), [...keys].sort(compareKeys));
  for (const wrong of ["", "6", "xy", "6A", "ff", "eda080"]) assertEquals(keyOfHex(wrong), undefined);
});

Deno.test("on Windows, more names are escaped", () => {
  for (
    const key of [
      "a\\b",
      "..\\x",
      "c:",
      "c:/x",
      "nul",
      "sub/CON.txt",
      "com1",
      "dot.",
      "space ",
      "a?b",
      "a\tb",
      "a\\..\\b",
    ]
  ) {
    assertEquals(plainPlace(key, true), undefined, key);
  }
  for (const key of ["a/b", "console", "com10", ".hidden", "a b"]) assert(plainPlace(key, true), key);
  assert(isPlainFile("a\\b", false));
});

Deno.test("files in the escape area that are not ours are left alone", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    await backend.put("a//b", encode("x"));
    await Deno.writeTextFile(`${directory}/.cottoncandy/escaped/zz.object.meta.json`, "");
    await Deno.writeTextFile(`${directory}/.cottoncandy/escaped/note`, "");
    assertEquals(await names(backend.list(), ""), ["a//b"]);
  });
});
