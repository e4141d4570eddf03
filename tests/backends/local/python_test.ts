/** Files as Python's local backend writes and reads them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalBackend } from "../../../backends/local/mod.ts";
import { RESERVED_MEMBER } from "../../../backends/local/sidecar.ts";
import { IntegrityError } from "../../../lib/errors.ts";
import type { CottonCandyWarning } from "../../../lib/warnings.ts";
import { collect } from "../../../lib/async.ts";
import { encode, names } from "../../../testing/case.ts";
import { inDirectory, readPair, tree } from "./directory.ts";

const META = ".meta.json";

async function pythonPut(directory: string, key: string, text: string, metadata?: unknown) {
  const path = `${directory}/${key}`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
  if (metadata !== undefined) await Deno.writeTextFile(path + META, JSON.stringify(metadata, null, 4));
}

async function members(directory: string, key: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(`${directory}/${key}${META}`));
}

Deno.test("what Python wrote is read: native types, key case, no metadata file", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    await pythonPut(directory, "sub/array", "12345678", {
      Shape: "2,3",
      DTYPE: "<f8",
      n: 7,
      x: 1.5,
      yes: true,
      no: false,
      none: null,
      list: [1, "a"],
      text: "caf\u00e9 \u{1F36C}",
      __proto__: "not special",
    });
    await pythonPut(directory, "file", "no metadata");
    assertEquals((await backend.head("sub/array"))?.metadata, {
      shape: "2,3",
      dtype: "<f8",
      n: "7",
      x: "1.5",
      yes: "True",
      no: "False",
      none: "None",
      list: '[1,"a"]',
      text: "caf\u00e9 \u{1F36C}",
    });
    assertEquals(await readPair(backend, "file"), {
      text: "no metadata",
      metadata: {},
      contentType: undefined,
    });
    assertEquals(await names(backend.list(), ""), ["file", "sub/array"]);
    await backend.copy("sub/array", "copy");
    assertEquals((await backend.head("copy"))?.metadata.text, "caf\u00e9 \u{1F36C}");
  });
});

Deno.test("a metadata member called __proto__ is one like the others", async () => {
  await inDirectory(async (directory) => {
    await pythonPut(directory, "a", "x");
    await Deno.writeTextFile(`${directory}/a${META}`, '{"__proto__": "kept", "constructor": "too"}');
    const metadata = (await new LocalBackend(directory).head("a"))?.metadata ?? {};
    assertEquals(Object.entries(metadata), [["__proto__", "kept"], ["constructor", "too"]]);
  });
});

Deno.test("what we write is what Python reads: a plain file, and JSON with an indent of four", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    await backend.put("sub/a", encode("bytes"), {
      metadata: { Shape: "5", dtype: "|u1" },
      contentType: "x/y",
    });
    assertEquals(await Deno.readTextFile(`${directory}/sub/a`), "bytes");
    const text = await Deno.readTextFile(`${directory}/sub/a${META}`);
    assert(text.startsWith('{\n    "shape": "5",\n    "dtype": "|u1",\n    "cc-local": "'), text);
    for (const value of Object.values(await members(directory, "sub/a"))) {
      assertEquals(typeof value, "string");
    }
    assertEquals(await tree(directory), ["sub/a", `sub/a${META}`]);
    await backend.put("bare", encode("x"));
    assertEquals(Object.keys(await members(directory, "bare")), [RESERVED_MEMBER]);
    assertEquals(Object.keys((await backend.head("bare"))?.metadata ?? {}), []);
  });
});

Deno.test("after a replacement the metadata file holds nothing of the old version", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    await backend.put("a", encode("one"), { metadata: { secret: "old" } });
    await backend.put("a", encode("two"), { metadata: { open: "new" } });
    const text = await Deno.readTextFile(`${directory}/a${META}`);
    assert(!text.includes("secret") && !text.includes("previous"), text);
  });
});

Deno.test("Python replaces both files, or the data only, or the metadata only", async () => {
  await inDirectory(async (directory) => {
    const warnings: CottonCandyWarning[] = [];
    const options = { onWarning: (warning: CottonCandyWarning) => void warnings.push(warning) };
    const backend = new LocalBackend(directory);
    const ours = () => backend.put("a", encode("ours, and long"), { metadata: { by: "us" } });
    await ours();
    await pythonPut(directory, "a", "theirs", { by: "Python" });
    assertEquals((await backend.head("a", options))?.metadata, { by: "Python" });
    assertEquals(warnings, []);

    await ours();
    await pythonPut(directory, "a", "upload_from_file");
    assertEquals((await backend.head("a", options))?.metadata, {}, "metadata of other data are not applied");
    assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["metadata", "a"]]);

    await ours();
    // Only its time tells it apart.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await pythonPut(directory, "a", "ours, and LONG");
    assertEquals((await backend.head("a", options))?.metadata, {}, "nor to data of the same length");
    assertEquals(warnings.length, 2);

    await ours();
    await Deno.writeTextFile(`${directory}/a${META}`, '{"by": "hand"}');
    assertEquals((await backend.head("a", options))?.metadata, { by: "hand" });
    await Deno.remove(`${directory}/a${META}`);
    assertEquals((await backend.head("a", options))?.metadata, {});
    assertEquals(warnings.length, 2);

    // What had been stale is replaced like anything else.
    await ours();
    await pythonPut(directory, "a", "upload_from_file");
    await ours();
    assertEquals((await backend.head("a", options))?.metadata, { by: "us" });
  });
});

Deno.test("Python moves and copies our objects; the whole store is copied", async () => {
  await inDirectory(async (directory) => {
    const store = `${directory}/store`;
    await Deno.mkdir(store);
    const backend = new LocalBackend(store);
    const long = "x".repeat(20_000);
    for (const [key, text] of [["a", long], ["b", "short"], ["c", ""], ["d//e", "escaped"]]) {
      await backend.put(key, encode(text), { metadata: { name: key }, contentType: "x/y" });
    }
    // As Python's cp and mv do it.
    await Deno.copyFile(`${store}/a`, `${store}/copied`);
    await Deno.copyFile(`${store}/a${META}`, `${store}/copied${META}`);
    await Deno.rename(`${store}/b`, `${store}/moved`);
    await Deno.rename(`${store}/b${META}`, `${store}/moved${META}`);
    assertEquals(await readPair(backend, "copied"), {
      text: long,
      metadata: { name: "a" },
      contentType: "x/y",
    });
    assertEquals(await readPair(backend, "moved"), {
      text: "short",
      metadata: { name: "b" },
      contentType: "x/y",
    });
    assertEquals(await backend.head("b"), undefined);

    const { success } = await new Deno.Command("cp", { args: ["-r", store, `${directory}/backup`] }).output();
    assert(success);
    const backup = new LocalBackend(`${directory}/backup`);
    for (
      const [key, text] of [["a", long], ["copied", long], ["moved", "short"], ["c", ""], ["d//e", "escaped"]]
    ) {
      const name = key === "copied" ? "a" : key === "moved" ? "b" : key;
      assertEquals(await readPair(backup, key), { text, metadata: { name }, contentType: "x/y" });
    }
  });
});

Deno.test("a metadata file that is no JSON object is an IntegrityError that names it, and can be replaced", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    for (
      const text of ["", "{", "[1]", "null", '"text"', "{'a': 1}", "\u0000", " ".repeat(17 << 20) + "{}"]
    ) {
      await pythonPut(directory, "a", "data");
      await Deno.writeTextFile(`${directory}/a${META}`, text);
      const error = await assertRejects(() => backend.open("a"), IntegrityError, `a${META}`);
      assert(error.message.includes("remove it"));
      await assertRejects(() => backend.head("a"), IntegrityError);
      await assertRejects(() => backend.copy("a", "b"), IntegrityError);
      assertEquals(await names(backend.list(), ""), ["a"]);
      await backend.put("a", encode("new"), { metadata: { fine: "yes" } });
      assertEquals((await backend.head("a"))?.metadata, { fine: "yes" });
    }
    await Deno.writeTextFile(`${directory}/a${META}`, "{");
    assertEquals(await collect(backend.delete(["a"])), [{ key: "a" }]);
    assertEquals(await tree(directory), []);
  });
});

Deno.test("a metadata file that another program is just writing is waited for", async () => {
  await inDirectory(async (directory) => {
    await pythonPut(directory, "a", "data");
    await Deno.writeTextFile(`${directory}/a${META}`, '{"half');
    const head = new LocalBackend(directory).head("a");
    await new Promise((resolve) => setTimeout(resolve, 10));
    await Deno.writeTextFile(`${directory}/a${META}`, '{"whole": "yes"}');
    assertEquals((await head)?.metadata, { whole: "yes" });
  });
});

Deno.test("a reserved member that is not ours is hidden, and nothing else is made of it", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    for (
      const value of [
        5,
        null,
        "text",
        "{",
        "[]",
        "{}",
        '{"inode":1}',
        '{"inode":"1","size":"2","modified":3}',
        {
          inode: "1",
          size: 1,
          modified: 1,
        },
      ]
    ) {
      await pythonPut(directory, "a", "data", { a: "1", [RESERVED_MEMBER]: value });
      assertEquals((await backend.head("a"))?.metadata, { a: "1" }, JSON.stringify(value));
    }
    await assertRejects(
      () => backend.put("b", encode("x"), { metadata: { "CC-Local": "x" } }),
      Error,
      RESERVED_MEMBER,
    );
  });
});
