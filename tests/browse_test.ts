/** The object-store browser; tests/browser/ is about web browsers. */
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { compareKeys } from "../backends/arguments.ts";
import type { Backend } from "../backends/backend.ts";
import { MemoryBackend } from "../backends/memory/mod.ts";
import { ndarray } from "../lib/array/mod.ts";
import { browse, type Browser, type BrowserNode } from "../lib/browse/mod.ts";
import { attributeOf, attributesOf, isLiteral, stemsOf } from "../lib/browse/names.ts";
import {
  AccessDeniedError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../lib/errors.ts";
import { getBrowser } from "../lib/open/mod.ts";
import { getInterface } from "../lib/open/mod.ts";
import { writeNpy } from "../lib/stored_arrays/npy.ts";
import { writeRaw } from "../lib/stored_arrays/raw.ts";
import { forEachStore, withStore } from "./interfaces/stores.ts";
import { LONG_KEY, ODD_KEYS, plant } from "./interfaces/tree.ts";

/** The same backend, and what was asked of it. */
function counted(backend: Backend): { backend: Backend; calls: string[] } {
  const calls: string[] = [];
  const proxy = new Proxy(backend, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        const [what] = given;
        const asked = name === "list" && typeof what === "object" && what && "prefix" in what
          ? what.prefix
          : what;
        calls.push(`${String(name)} ${asked}`);
        return Reflect.apply(value, target, given);
      };
    },
  });
  return { backend: proxy, calls };
}

/** A fresh store in memory with these keys. */
async function planted(...keys: string[]): Promise<Backend> {
  const backend = new MemoryBackend();
  await plant(backend, keys);
  return backend;
}

const notReserved = () => false;

Deno.test("attributes are those that Python's cottoncandy gives", () => {
  // As cottoncandy 0.4.0 answered for a directory with children of these names.
  const python: Record<string, string> = {
    "...": "...",
    "..y": "..y",
    "..z.q": "..z_DOT_q",
    ".hid": ".hid",
    ".hid.txt": ".hid_DOT_txt",
    "1num": "NUM_1num",
    "9-x.tar.gz": "NUM_9_x.tar_DOT_gz",
    "-m": "_m",
    "a b+c": "a b+c",
    "a..b": "a._DOT_b",
    "a.b.c": "a.b_DOT_c",
    "a_b-c.d-e": "a_b_c_DOT_d_e",
    "class": "class",
    "x.tar.": "x.tar_DOT_",
    "x.": "x_DOT_",
    "²x": "²x",
    "é": "é",
    "٣x": "٣x",
    "q.npy": "q_DOT_npy",
    "1-z": "NUM_1_z",
  };
  for (const [name, attribute] of Object.entries(python)) assertEquals(attributeOf(name), attribute, name);
});

Deno.test("children with one attribute are numbered, and none is lost", () => {
  const attributes = attributesOf(["x_DOT_y", "x.y", "a.b", "a-b", "a_b", "a_b_2", "a b"], notReserved);
  assertEquals([...attributes].sort(), [
    ["a b", "a b"],
    ["a_DOT_b", "a.b"],
    ["a_b", "a_b"],
    ["a_b_2", "a_b_2"], // a name of its own, which "a-b" does not take
    ["a_b_3", "a-b"],
    ["x_DOT_y", "x_DOT_y"],
    ["x_DOT_y_2", "x.y"],
  ]);
  assertEquals(
    [...attributesOf(["p-q-r", "p-q_r", "p_q-r"], notReserved)],
    [["p_q_r", "p-q-r"], ["p_q_r_2", "p-q_r"], ["p_q_r_3", "p_q-r"]],
    "by their UTF-8 bytes where none has the name",
  );
});

Deno.test("what means something already gets a line behind it", () => {
  const reserved = (attribute: string) => ["keys", "then"].includes(attribute);
  assertEquals(
    [...attributesOf(["keys", "keys_", "then", "keys.x"], reserved)],
    [["keys__2", "keys"], ["keys_DOT_x", "keys.x"], ["keys_", "keys_"], ["then_", "then"]],
  );
});

Deno.test("a part of a directory tells what the whole says of an attribute", () => {
  // Names made of what the rules are about; a linear congruential generator, so that each run is the same.
  let state = 7;
  const random = (below: number) => (state = (state * 48271) % 2147483647) % below;
  const pieces = ["a", "_", "-", ".", "1", "NUM", "_2", "DOT", "NUM_1", "x", "keys", "_DOT_"];
  const reserved = (attribute: string) => attribute === "keys" || attribute === "a";
  let collisions = 0;
  for (let round = 0; round < 300; round++) {
    const names = new Set<string>();
    while (names.size < 25) {
      names.add(Array.from({ length: 1 + random(4) }, () => pieces[random(pieces.length)]).join(""));
    }
    const all = attributesOf([...names], reserved);
    assertEquals(new Set(all.values()), names, "every child has an attribute");
    assertEquals(all.size, names.size);
    for (const [attribute, name] of all) {
      assert(!reserved(attribute));
      if (attributeOf(name) !== attribute) collisions++;
      if (isLiteral(attribute)) {
        assertEquals(attribute, name);
        continue;
      }
      const some = [...names].filter((each) => stemsOf(attribute).some((stem) => each.startsWith(stem)));
      assertEquals(attributesOf(some, reserved).get(attribute), name, attribute);
    }
  }
  assert(collisions > 300, `${collisions} collisions were tried`);
});

forEachStore((store, open) => {
  Deno.test(`${store}: walks, lists, describes and loads`, () =>
    withStore(open, async ({ backend }) => {
      const bucket = backend.bucket ?? backend.name;
      const array = ndarray(new Float64Array(131_072), [2, 65_536]);
      array.set(5, 1, 7);
      const exact = { compression: false } as const;
      await writeRaw(backend, "sweet-project/sub01.grp/betas", array, exact);
      await writeRaw(backend, "sweet-project/sub01.grp/9.x", 3, exact);
      await writeRaw(backend, "sweet-project/sub01.grp/deep/vector", [1, 2, 3], { compression: "gzip" });
      await writeNpy(backend, "sweet-project/mask.npy", [[true, false]]);
      await writeNpy(backend, "sweet-project/unnamed", [7]);
      await backend.put("sweet-project/notes", new Uint8Array(157_286));
      await backend.put("sweet-project/sub01.grp/plain", new Uint8Array(3));

      const browser = await browse(backend);
      assertEquals(Object.keys(browser), ["sweet_project"]);
      assertEquals(
        await browser.describe(),
        `cottoncandy-path <bucket:${bucket}> `,
        "Python's, with its space",
      );
      assertEquals(browser.fullpath, "");

      const project = await browser.sweet_project;
      assertEquals(project.fullpath, "sweet-project");
      assertEquals(Object.keys(project), ["mask_DOT_npy", "notes", "sub01_DOT_grp", "unnamed"]);
      assertEquals(await project.keys(), ["mask.npy", "notes", "sub01.grp", "unnamed"]);
      assertEquals(await project.ls(), [
        "sweet-project/mask.npy",
        "sweet-project/notes",
        "sweet-project/sub01.grp",
        "sweet-project/unnamed",
      ]);
      assertEquals(await project.describe(), `cottoncandy-path <bucket:${bucket}> sweet-project`);
      assertEquals(await project.notes.describe(), `cottoncandy-file <bucket:${bucket}> [0.1MB]`);
      assertEquals(await project.notes.keys(), []);

      const group = await browser.sweet_project.sub01_DOT_grp;
      assertEquals(group.fullpath, "sweet-project/sub01.grp");
      assertEquals(await group.keys(), ["9.x", "betas", "deep", "plain"]);
      assertEquals(Object.keys(group), ["NUM_9_DOT_x", "betas", "deep", "plain"]);
      assertEquals(await group.describe(), `<cottoncandy-group <bucket:${bucket}> (sub01.grp: 4 keys)>`);
      const dataset = `cottoncandy-dataset <bucket:${bucket} [1.0MB:shape=(2,65536)]>`;
      assertEquals(await group.betas.describe(), dataset);
      assertEquals(
        await group.NUM_9_DOT_x.describe(),
        `cottoncandy-dataset <bucket:${bucket} [0.0MB:shape=()]>`,
      );
      assertEquals(await group.deep.describe(), `<cottoncandy-group <bucket:${bucket}> (deep: 1 keys)>`);
      assertEquals(await group.plain.describe(), `<cottoncandy-group <bucket:${bucket}> (plain: 0 keys)>`);
      assertEquals(await browser.glob(), [
        "sweet-project/mask.npy",
        "sweet-project/notes",
        "sweet-project/sub01.grp/9.x",
        "sweet-project/sub01.grp/betas",
        "sweet-project/sub01.grp/deep/vector",
        "sweet-project/sub01.grp/plain",
        "sweet-project/unnamed",
      ]);
      assertEquals(await group.deep.glob(), ["sweet-project/sub01.grp/deep/vector"]);
      assertEquals(await project.notes.glob(), ["sweet-project/notes"]);

      assertEquals((await group.load("betas")).get(1, 7), 5);
      assertEquals((await group.betas.load()).get(1, 7), 5);
      assertEquals((await browser.sweet_project.sub01_DOT_grp.betas.load()).shape, [2, 65_536]);
      assertEquals((await group.load("9.x")).get(), 3);
      assertEquals((await group.load("NUM_9_DOT_x")).get(), 3, "a key of Python's");
      assertEquals((await group.load("deep/vector")).toNested(), [1, 2, 3]);
      assertEquals((await project.load("mask.npy")).toNested(), [[true, false]]);
      assertEquals((await project.mask_DOT_npy.load()).toNested(), [[true, false]]);
      assertEquals((await project.unnamed.load()).toNested(), [7], "an .npy file whatever its name");
      const into = new Float64Array(131_072);
      assertStrictEquals((await group.betas.load(undefined, { into })).data.buffer, into.buffer);
      assertEquals(into[65_543], 5);

      const error = await assertRejects(() => project.notes.load(), IntegrityError);
      assertEquals(error.key, "sweet-project/notes");
      await assertRejects(() => group.load("nope"), NotFoundError, "sub01.grp/nope");
      await assertRejects(() => group.load("no_pe"), NotFoundError, "sub01.grp/no_pe");
      await assertRejects(() => group.load(), InvalidArgumentError, '"9.x", "betas", "deep", "plain"');
      await assertRejects(() => browser.load(), InvalidArgumentError, '"sweet-project"');
      await assertRejects(() => group.load(""), InvalidArgumentError, "needs a name");
      await assertRejects(() => browser.nope.load(), NotFoundError);
    }));

  Deno.test(`${store}: what is absent is NotFoundError, however it is asked for`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["a/b", "ab/c"]);
      const browser = await browse(backend);
      const asks: ((node: BrowserNode) => PromiseLike<unknown>)[] = [
        (node) => node,
        (node) => node.keys(),
        (node) => node.ls(),
        (node) => node.glob(),
        (node) => node.describe(),
        (node) => node.load(),
      ];
      for (const ask of asks) {
        const absent = [
          browser.nope,
          browser.no_pe,
          browser.a.nope.deeper,
          browser["a/nope"],
          browser.a.b.c,
          browser.child("a/x"),
        ];
        for (const node of absent) {
          const error = await assertRejects(async () => await ask(node), NotFoundError);
          assertEquals(error.key, node.fullpath);
        }
      }
      assertEquals((await browser["a/b"]).fullpath, "a/b", "a literal path");
      // A name that is the beginning of another is no directory.
      await assertRejects(async () => await browse(backend).child("a/").child("c"), NotFoundError);
    }));

  Deno.test(`${store}: odd names, and names of methods, are all reached`, () =>
    withStore(open, async ({ backend }) => {
      const methods = [
        "__proto__",
        "child",
        "constructor",
        "describe",
        "fullpath",
        "glob",
        "hasOwnProperty",
        "keys",
        "load",
        "ls",
        "then",
        "toJSON",
        "toString",
        "valueOf",
      ];
      await plant(backend, [...ODD_KEYS, LONG_KEY, ...methods.map((name) => `m/${name}`)]);
      const odd = await browse(backend).odd;
      const names = [...new Set(ODD_KEYS.map((key) => key.split("/")[1]))].sort(compareKeys);
      assertEquals(await odd.keys(), names);
      assertEquals(Object.keys(odd).length, names.length);
      for (const name of names) {
        const key = ODD_KEYS.find((each) => each.startsWith(`odd/${name}`) && each.split("/")[1] === name);
        const isFile = key === `odd/${name}`;
        const node = await odd[name];
        assertEquals(node.fullpath, `odd/${name}`);
        assertEquals((await node.describe()).startsWith("cottoncandy-file"), isFile, name);
        assertEquals(await node.glob(), [key]);
      }
      for (const node of Object.values(odd)) assertEquals((await node).fullpath, node.fullpath);

      const long = browse(backend).child(LONG_KEY);
      assertEquals((await long.describe()).startsWith("cottoncandy-file"), true, "1024 bytes");

      const m = await browse(backend).m;
      assertEquals(Object.keys(m), methods.map((name) => `${name}_`).sort());
      for (const name of methods) {
        for (const node of [m.child(name), m[`${name}_`], browse(backend).m[`${name}_`]]) {
          assertEquals((await node).fullpath, `m/${name}`);
          assertEquals(await node.glob(), [`m/${name}`]);
        }
      }
      assertEquals(Object.getPrototypeOf(m), Object.getPrototypeOf(odd));
      assertEquals(typeof m.keys, "function");
    }));

  Deno.test(`${store}: below a prefix, paths are relative and the rest is out of sight`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["lab/x.grp/a", "lab/x.grp/b", "lab/", "lab2/y", "other"]);
      const browser = await browse(backend, { root: "lab/" });
      assertEquals(await browser.keys(), ["x.grp"]);
      assertEquals(await browser.ls(), ["x.grp"]);
      assertEquals(await browser.glob(), ["x.grp/a", "x.grp/b"]);
      assertEquals(await browser.x_DOT_grp.ls(), ["x.grp/a", "x.grp/b"]);
      assertEquals((await browser.x_DOT_grp.a).fullpath, "x.grp/a");
      const bucket = backend.bucket ?? backend.name;
      assertEquals(await browser.describe(), `cottoncandy-path <bucket:${bucket}> lab`);
      await assertRejects(async () => await browser.y, NotFoundError);
      for (const out of ["..", "../lab2", "a/../../other"]) {
        assertThrows(() => browser.child(out), InvalidArgumentError, "leads out");
        assertThrows(() => browser[out], InvalidArgumentError, "leads out");
        await assertRejects(() => browser.load(out), InvalidArgumentError, "leads out");
      }
    }));

  Deno.test(`${store}: collisions are walked to, without a listing first too`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["x.y/1", "x_DOT_y/2", "NUM_1/3", "1/4", "p-q/5", "p.q/6", "p_q_2/7"]);
      const expected: Record<string, string> = {
        NUM_1: "NUM_1",
        NUM_1_2: "1",
        p_DOT_q: "p.q",
        p_q: "p-q",
        p_q_2: "p_q_2",
        x_DOT_y: "x_DOT_y",
        x_DOT_y_2: "x.y",
      };
      const listed = await browse(backend);
      assertEquals(Object.keys(listed).sort(), Object.keys(expected));
      for (const [attribute, name] of Object.entries(expected)) {
        assertEquals((await listed[attribute]).fullpath, name);
        assertEquals((await browse(backend)[attribute]).fullpath, name, attribute);
        assertEquals((await browse(backend)[name]).fullpath, name, "its own name works as well");
      }
    }));
});

Deno.test("something that is both an object and a directory is one child", async () => {
  const backend = await planted("both", "both/in", "marked/", "x.grp/", "x.grp/y");
  const browser = await browse(backend);
  assertEquals(await browser.keys(), ["both", "marked", "x.grp"]);
  assertEquals(await browser.both.keys(), ["in"]);
  assertEquals(await browser.both.glob(), ["both", "both/in"]);
  assertEquals((await browser.both.describe()).split(" ")[0], "cottoncandy-path");
  assertEquals(await browser.marked.keys(), [], "a placeholder is not its own child");
  assertEquals((await browser.marked.describe()).split(" ")[0], "cottoncandy-path");
  assert((await browser.x_DOT_grp.describe()).includes("(x.grp: 1 keys)"));
});

Deno.test("HDF-like groups are told by any part of their path", async () => {
  const backend = await planted("a.hdf5/b/c", "b.arrx/c", "c.GRP/d", "grp/d", "d.h5");
  const browser = await browse(backend);
  const kinds: string[] = [];
  const nodes = [browser.a_DOT_hdf5.b, browser.b_DOT_arrx, browser.c_DOT_GRP, browser.grp, browser.d_DOT_h5];
  for (const node of nodes) kinds.push((await node.describe()).split(" ")[0]);
  const group = "<cottoncandy-group";
  assertEquals(kinds, [group, group, "cottoncandy-path", "cottoncandy-path", group]);
  assert(
    (await browse(backend, { root: "a.hdf5/" }).b.describe()).startsWith(group),
    "the root's path counts",
  );
});

Deno.test("a walked node is awaited once, and gives a browser that is no promise", async () => {
  const { backend, calls } = counted(await planted("a/b/c"));
  const node: BrowserNode = browse(backend).a;
  assertEquals(calls, [], "walking asks nothing");
  const browser: Browser = await node;
  assertEquals(calls, ["list a/"]);
  assertEquals(browser.then, undefined);
  assertStrictEquals(await browser, browser);
  assertStrictEquals(await Promise.resolve(browser), browser);
  assertStrictEquals(await (async () => await Promise.resolve(browser))(), browser);
  assertEquals(calls.length, 1, "no await of a browser looks again");
  const [one, two] = await Promise.all([node, node]);
  assert(one !== two && calls.length === 3, "every await of a node does");
  assertEquals(await node.then(({ fullpath }) => fullpath), "a");
  assertEquals(await browse(backend).x.then(() => "found", (error) => error instanceof NotFoundError), true);
  assertEquals(await (async () => await browse(backend).a.b)().then((b) => Object.keys(b)), ["c"]);
});

Deno.test("children that are known are properties; await and calls bring them up to date", async () => {
  const backend = await planted("a/b/c");
  const root = browse(backend);
  assertEquals(Object.keys(root), [], "nothing is known yet");
  const browser = await root;
  assertEquals(Object.keys(root), ["a"], "the node that was awaited knows as much");
  assertStrictEquals(root.a, browser.a);
  const { a } = browser;
  assertEquals(Object.keys(a), []);
  await a;
  assertEquals(Object.keys(browser.a), ["b"], "completed a level further down");

  await plant(backend, ["a/d", "e"]);
  assertEquals(Object.keys(browser), ["a"]);
  assertEquals((await browser.e).fullpath, "e", "what is new is found nevertheless");
  assertEquals(await browser.keys(), ["a", "e"]);
  assertEquals(Object.keys(browser), ["a", "e"]);
  assertStrictEquals(browser.a, a, "with what is known of it");
  for await (const _ of backend.delete(["e"]));
  await browser.ls();
  assertEquals(Object.keys(browser), ["a"]);

  assert("a" in browser && !("nope" in browser) && Object.hasOwn(browser, "a"));
  assertThrows(() => Object.assign(browser, { nope: 1 }), TypeError);
  assertThrows(() => Object.assign(browser, { a: 1 }), TypeError);
  assertStrictEquals(browser.a, a);
});

Deno.test("printing, copying and probing ask nothing and find no child", async () => {
  const { backend, calls } = counted(await planted("a/b", "9.x", "q r"));
  const waiting = browse(backend).a_b;
  const browser = await browse(backend);
  calls.length = 0;
  const name = backend.bucket;
  assertEquals(
    Deno.inspect(browser),
    `cottoncandy-path <bucket:${name}> { NUM_9_DOT_x, a, "q r" }`,
  );
  assertEquals(Deno.inspect(waiting), `cottoncandy-node <bucket:${name}> a_b (await it to look)`);
  assertEquals(Deno.inspect(browse(backend)), `cottoncandy-node <bucket:${name}> (await it to look)`);
  assertEquals(Deno.inspect({ deep: [waiting] }).includes("cottoncandy-node"), true);
  const { inspect } = await import("node:util");
  assertEquals(inspect(browser), Deno.inspect(browser));
  assertEquals(JSON.stringify({ browser, a: browser.a, waiting }), '{"browser":"","a":"a","waiting":"a_b"}');
  assertEquals(`${browser.a}`, "a");
  for (const node of [browser, waiting]) {
    assertEquals(Reflect.get(node, Symbol.toPrimitive), undefined);
    assertEquals(Reflect.get(node, Symbol.iterator), undefined);
    assertEquals(Reflect.get(node, Symbol.for("anything")), undefined);
    assertEquals(Reflect.get(Object.create(node), "nope"), undefined, "no node itself");
    assertEquals(Reflect.get(Object.getPrototypeOf(node), "nope"), undefined);
  }
  assertEquals(Object.keys({ ...browser }), ["NUM_9_DOT_x", "a", "q r"]);
  assertEquals(calls, []);
  await plant(backend, Array.from({ length: 30 }, (_, i) => `many/k${i}`));
  assert(Deno.inspect(await browser.many).endsWith("… 10 more }"), "cut, so that a page is enough");
});

Deno.test("what a REPL sees of a browser has no side effects and lists the children first", async () => {
  // What Deno's REPL does at a TAB behind `browser.` and `browser.a.`.
  const { Session } = await import("node:inspector");
  const browser = await browse(await planted("a/b", "a/c.d", "z"));
  await browser.a;
  const session = new Session();
  session.connect();
  Object.assign(globalThis, { completed: browser });
  try {
    const post = (method: string, parameters: object) =>
      new Promise<string>((resolve, reject) =>
        session.post(
          method,
          parameters,
          (error, told) => error ? reject(error) : resolve(JSON.stringify(told)),
        )
      );
    const properties = async (expression: string) => {
      const evaluated: { result: { objectId: string } } = JSON.parse(
        await post("Runtime.evaluate", { expression, throwOnSideEffect: true, timeout: 200 }),
      );
      const found: { result: { name: string }[] } = JSON.parse(
        await post("Runtime.getProperties", { objectId: evaluated.result.objectId }),
      );
      return found.result.map(({ name }) => name);
    };
    assertEquals((await properties("completed")).slice(0, 2), ["a", "z"]);
    assertEquals((await properties("completed.a")).slice(0, 2), ["b", "c_DOT_d"]);
    assert((await properties("completed")).includes("describe"));
  } finally {
    session.disconnect();
    Reflect.deleteProperty(globalThis, "completed");
  }
});

Deno.test("in Deno's REPL nodes are awaited, shown and loaded", async () => {
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  const from = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  try {
    await Deno.writeTextFile(
      script,
      `import { browse } from ${from("../lib/browse/mod.ts")};
import { MemoryBackend } from ${from("../backends/memory/mod.ts")};
import { writeRaw } from ${from("../lib/stored_arrays/raw.ts")};
const backend = new MemoryBackend("repl");
await writeRaw(backend, "sweet-project/sub01.grp/betas", [1, 2, 3], { compression: false });
Object.assign(globalThis, { browser: await browse(backend) });
`,
    );
    const repl = new Deno.Command(Deno.execPath(), {
      args: [
        "repl",
        "-A",
        "--quiet",
        `--config=${new URL("../deno.json", import.meta.url).pathname}`,
        `--eval-file=${script}`,
      ],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const input = [
      "browser",
      "browser.sweet_project",
      "await browser.sweet_project",
      "const group = await browser.sweet_project.sub01_DOT_grp",
      "group",
      "(await group.betas.load()).toNested()",
      "await browser.nope",
    ];
    const [{ stdout }] = await Promise.all([
      repl.output(),
      new Blob([`${input.join("\n")}\n`]).stream().pipeTo(repl.stdin),
    ]);
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    assertEquals(lines.slice(0, 6), [
      "cottoncandy-path <bucket:repl> { sweet_project }",
      "cottoncandy-node <bucket:repl> sweet-project (await it to look)",
      "cottoncandy-path <bucket:repl> sweet-project { sub01_DOT_grp }",
      "undefined",
      "<cottoncandy-group <bucket:repl> (sub01.grp: 1 keys)> { betas }",
      "[ 1, 2, 3 ]",
    ]);
    assert(lines[6].startsWith("Uncaught NotFoundError: "), lines[6]);
  } finally {
    await Deno.remove(script);
  }
});

Deno.test("types: methods are methods, any other name is a node, and only nodes are promises", async () => {
  const node: BrowserNode = browse(await planted("a/b"));
  const browser: Browser = await node;
  const names: string[] = await browser.keys();
  const child: BrowserNode = browser.a;
  const none: undefined = browser.then;
  const awaited: Awaited<BrowserNode> = browser;
  const again: Awaited<Browser> = await child;
  assertEquals([names, child.fullpath, none, awaited.fullpath, again.fullpath], [
    ["a"],
    "a",
    undefined,
    "",
    "a",
  ]);
  // @ts-expect-error -- a node is no function, so a mistyped method is seen
  assertThrows(() => browser.kesy(), TypeError);
  // @ts-expect-error -- nor can children be set
  assertThrows(() => browser.b = child, TypeError);
});

Deno.test("requests: one listing for a directory, however deep; one more for a line in the name, and for a leaf", async () => {
  const { backend, calls } = counted(await planted("a/b/c/d", "a/s-1/x.y/z", "a/s2/q"));
  const count = async (work: () => PromiseLike<unknown>) => {
    calls.length = 0;
    await work();
    return [...calls];
  };
  assertEquals(await count(() => browse(backend).a.b.c), ["list a/b/c/"]);
  assertEquals(await count(() => browse(backend).a.s_1.x_DOT_y), [
    "list a/s",
    "list a/s-1/x",
    "list a/s-1/x.y/",
  ]);
  assertEquals(await count(() => browse(backend).a.b.c.d), ["list a/b/c/d/", "head a/b/c/d"]);
  assertEquals(await count(() => browse(backend).child("a/s-1").child("x.y")), ["list a/s-1/x.y/"]);
  const a = await browse(backend).a;
  assertEquals(await count(() => a.s_1), ["list a/s-1/"], "a known child has no need to be looked up");
  assertEquals(await count(() => a["s-1"]), ["list a/s-1/"]);
  const walked = browse(backend).a.s_1;
  await walked.keys();
  assertEquals(await count(() => walked.keys()), ["list a/s-1/"], "nor has one that was found");

  await writeRaw(backend, "a/raw_1", [1, 2]);
  await writeNpy(backend, "a/file.npy", [1, 2]);
  assertEquals(await count(() => a.load("raw_1")), ["open a/raw_1"]);
  assertEquals(await count(() => a.load("file.npy")), ["open a/file.npy"]);
  assertEquals(await count(() => a.child("raw_1").load()), ["open a/raw_1"]);
});

Deno.test("25,000 children: all are there, and only their own directory is listed", async () => {
  const backend = new MemoryBackend();
  const body = new Uint8Array();
  for (let i = 0; i < 25_000; i++) await backend.put(`big/c-${i}/deep`, body);
  const watched = counted(backend);
  const big = await browse(watched.backend).big;
  assertEquals(watched.calls, ["list big/"]);
  assertEquals(Object.keys(big).length, 25_000);
  assertEquals((await big.keys()).length, 25_000);
  assertEquals((await big.c_24999).fullpath, "big/c-24999");
});

forEachStore((store, open) => {
  if (store !== "S3") return;
  Deno.test("S3: pages of 1000 and no request per child", () =>
    withStore(open, async ({ backend, s3 }) => {
      assert(s3);
      for (let i = 0; i < 2500; i++) s3.store.put("first", `big/k-${i}`, "");
      for (let i = 0; i < 2500; i++) s3.store.put("first", `wide/k-${i}/deep`, "");
      for (const name of ["big", "wide"]) {
        s3.requests.length = 0;
        const node = await browse(backend)[name];
        assertEquals(Object.keys(node).length, 2500);
        assertEquals(s3.requests.map(({ operation }) => operation), Array(3).fill("ListObjectsV2"));
      }
      s3.requests.length = 0;
      assertEquals((await browse(backend).big.k_2499).fullpath, "big/k-2499");
      assertEquals(
        s3.requests.map(({ operation }) => operation),
        [...Array(4).fill("ListObjectsV2"), "HeadObject"],
        "a directory's names that begin alike, the child, and its head",
      );
    }));

  Deno.test("S3: refusals and missing buckets come out as what they are", () =>
    withStore(open, async ({ backend, s3 }) => {
      assert(s3);
      s3.store.put("first", "a_b", "x");
      s3.inject({ kind: "status", operation: "ListObjectsV2", status: 403, code: "AccessDenied" });
      await assertRejects(async () => await browse(backend).a_b, AccessDeniedError);
      s3.inject({ kind: "status", operation: "HeadObject", status: 403, code: "AccessDenied" });
      await assertRejects(async () => await browse(backend).a_b, AccessDeniedError);
      assertEquals((await browse(backend).a_b).fullpath, "a_b", "and the next try succeeds");
      assert(backend.withBucket);
      const missing = browse(backend.withBucket("missing"));
      await assertRejects(async () => await missing, NotFoundError, "missing");
      await assertRejects(() => missing.load("x"), NotFoundError, "missing");
    }));
});

Deno.test("an abort rejects with the signal's reason, in calls and in awaits", async () => {
  const backend = await planted("a/b");
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const node = browse(backend).a;
  const calls = [
    () => node.keys({ signal }),
    () => node.ls({ signal }),
    () => node.glob({ signal }),
    () => node.describe({ signal }),
    () => node.load("b", { signal }),
    async () => await browse(backend, { signal }).a,
    async () => await browse(backend, { signal }).a_b,
  ];
  for (const call of calls) assertStrictEquals(await assertRejects(call), reason);
  assertEquals(await node.keys(), ["b"], "the node is as good as before");
});

Deno.test("names that make no sense are refused at once", () => {
  const browser = browse(new MemoryBackend());
  for (const name of ["", "/", "//"]) {
    assertThrows(() => browser.child(name), InvalidArgumentError, "needs a name");
  }
  assertThrows(() => browser[""], InvalidArgumentError, "needs a name");
  assertThrows(() => browser.child("\ud800"), InvalidArgumentError, "unicode");
});

Deno.test("object arrays and unknown codecs stay what they are", async () => {
  const backend = new MemoryBackend();
  await backend.put("odd", new Uint8Array(4), {
    metadata: { dtype: "<f4", shape: "1", compression: "snappy", order: "C" },
  });
  await backend.put("object", new Uint8Array(8), {
    metadata: { dtype: "|O", shape: "1", compression: "False", order: "C" },
  });
  await assertRejects(() => browse(backend).odd.load(), UnsupportedError, "snappy");
  await assertRejects(() => browse(backend).object.load(), UnsupportedError);
  // A body that only begins like an .npy file is corrupt, and no kind of its own.
  await backend.put("cut.npy", new TextEncoder().encode("\u0093NUMPY"));
  await assertRejects(() => browse(backend).child("cut.npy").load(), IntegrityError);
  await assertRejects(() => browse(backend).load("missing_1"), NotFoundError);
});

Deno.test("getBrowser opens a target, and lists it", async () => {
  const name = `browse-${crypto.randomUUID()}`;
  const { backend, calls } = counted(new MemoryBackend(name));
  await plant(backend, ["lab/sub-01/x", "lab2/y"]);
  assertEquals(Object.keys(await getBrowser(`memory://${name}/lab`)), ["sub_01"]);
  assertEquals(Object.keys(await getBrowser(name, { backend: "memory" })), ["lab", "lab2"]);
  calls.length = 0;
  const browser: Browser = await getBrowser(backend);
  assertEquals(calls, ["list "]);
  assertEquals(browser.then, undefined);
  const directory = await Deno.makeTempDir();
  try {
    await assertRejects(() => getBrowser(`file://${directory}/nope`), NotFoundError);
    await plant(await getInterface(`file://${directory}`).then((cci) => cci.backend), ["x/y"]);
    assertEquals(Object.keys(await getBrowser(directory, { backend: "local" })), ["x"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  await assertRejects(() => getBrowser(""), InvalidArgumentError);
});
