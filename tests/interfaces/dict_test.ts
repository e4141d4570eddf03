import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { arrayFromBytes, isNDArray, type NDArray, ndarray } from "../../lib/array/mod.ts";
import type { ArrayTree } from "../../lib/stored_arrays/array_tree.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PartialFailureError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { DefaultInterface } from "../../lib/interface/array.ts";
import { type ArrayDict, type DictWriteOptions, readDict, writeDict } from "../../lib/stored_arrays/dict.ts";
import { readRaw, writeRaw } from "../../lib/stored_arrays/raw.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { delegate } from "../backends/delegate.ts";
import { forEachStore, withStore } from "./stores.ts";

async function keysOf(backend: Backend, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list({ prefix })) if ("key" in entry) keys.push(entry.key);
  return keys;
}

/** A dictionary as plain JSON: of each array its dtype, shape and bytes. */
function shown(dict: ArrayDict): unknown {
  return Object.entries(dict).map(([name, value]) => [
    name,
    value === null
      ? null
      : isNDArray(value)
      ? [value.dtype, value.shape.join(), value.toBytes().toHex()]
      : shown(value),
  ]);
}

function arrayAt(dict: ArrayDict, ...names: string[]): NDArray {
  let value: NDArray | ArrayDict | null = dict;
  for (const name of names) {
    assert(value !== null && !isNDArray(value), name);
    value = value[name];
  }
  assert(isNDArray(value), names.join("/"));
  return value;
}

function silent(): void {}

/** In the order in which it is listed. */
const tree: ArrayTree = {
  a: ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]).transpose(),
  deep: {
    dat01: new Map<string, NDArray | number>([["x", 5], ["y", ndarray(new Uint8Array(0), [0, 3])]]),
    dat02: [[1, 2], [3, 4]],
  },
  n: 2.5,
  "odd names": { "%41": "été", "a.b": true, "x+y": 7n },
  typed: Int16Array.of(-1, 1),
};

forEachStore((store, open) => {
  Deno.test(`dictionaries on ${store}: any depth and any array, bit for bit`, async () => {
    await withStore(open, async ({ backend }) => {
      for (const compression of [true, false, "Zstd"] as const) {
        const root = `//lab/${compression}/`;
        const { key, size, objects, metadata } = await writeDict(backend, root, tree, {
          compression,
          metadata: { Study: "x" },
        });
        assertEquals([key, metadata], [`lab/${compression}`, { study: "x" }]);
        assertEquals(objects.map((object) => object.key.slice(key.length + 1)), [
          "a",
          "deep/dat01/x",
          "deep/dat01/y",
          "deep/dat02",
          "n",
          "odd names/%41",
          "odd names/a.b",
          "odd names/x+y",
          "typed",
        ]);
        assertEquals(size, objects.reduce((sum, { size }) => sum + size, 0));
        for (const { key } of objects) assertEquals((await backend.head(key))!.metadata.study, "x");
        const dict = await readDict(backend, root);
        assertEquals(shown(dict), [
          ["a", ["<f4", "2,2", "0000803f000040400000004000008040"]],
          ["deep", [
            ["dat01", [["x", ["<f8", "", "0000000000001440"]], ["y", ["|u1", "0,3", ""]]]],
            ["dat02", ["<f8", "2,2", "000000000000f03f000000000000004000000000000008400000000000001040"]],
          ]],
          ["n", ["<f8", "", "0000000000000440"]],
          ["odd names", [
            ["%41", ["<U3", "", "e900000074000000e9000000"]],
            ["a.b", ["|b1", "", "01"]],
            ["x+y", ["<i8", "", "0700000000000000"]],
          ]],
          ["typed", ["<i2", "2", "ffff0100"]],
        ]);
      }
    });
  });

  Deno.test(`dictionaries on ${store}: nothing leaves the root`, async () => {
    await withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend, { prefix: "lab" });
      await cci.dict2cloud("d", { "/abs": 1, "x/y": 2, deep: { "//lead": 3 } });
      assertEquals(await keysOf(backend), ["lab/d/abs", "lab/d/deep/lead", "lab/d/x/y"]);
      const out: ArrayTree[] = [{ "../x": 1 }, { a: { "../../../x": 1 } }, { "/../x": 1 }, {
        "a/../../x": 1,
      }];
      for (const climbing of out) {
        await assertRejects(() => cci.dict2cloud("d", climbing), InvalidArgumentError, "leads out");
      }
      await assertRejects(() => cci.dict2cloud("../other", { a: 1 }), InvalidArgumentError);
      await assertRejects(() => cci.cloud2dict("../d"), InvalidArgumentError);
      await assertRejects(() => cci.cloud2dict("d", { keys: ["../../x"] }), InvalidArgumentError);
      assertEquals(await keysOf(backend), ["lab/d/abs", "lab/d/deep/lead", "lab/d/x/y"]);
      const dict = await cci.cloud2dict("d");
      assertEquals([arrayAt(dict, "x", "y").get(), arrayAt(dict, "deep", "lead").get()], [2, 3]);
    });
  });

  Deno.test(`dictionaries on ${store}: the whole bucket or prefix is a root as well`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeDict(backend, "/", { a: 1, b: { c: 2 } });
      assertEquals(await keysOf(backend), ["a", "b/c"]);
      assertEquals(arrayAt(await readDict(backend, ""), "b", "c").get(), 2);
      const cci = new DefaultInterface(backend, { prefix: "b" });
      await cci.dict2cloud("", { d: 3 });
      assertEquals(Object.keys(await cci.cloud2dict("/")), ["c", "d"]);
      assertEquals(Object.keys(await cci.cloud2dict("", { keys: "d" })), ["d"]);
    });
  });

  Deno.test(`dictionaries on ${store}: keys choose what is read`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeDict(backend, "r", tree);
      await writeDict(backend, "r", { "deep2": 1, "deep/dat01x": 2 });
      const read = async (keys: string | string[]) =>
        shown(await readDict(backend, "r", { keys })) as [string, unknown][];
      assertEquals((await read("n")).map(([name]) => name), ["n"]);
      assertEquals((await read(["typed", "n", "/n/"])).map(([name]) => name), ["typed", "n"]);
      assertEquals(await read(["deep/dat01"]), [
        ["deep", [["dat01", [["x", ["<f8", "", "0000000000001440"]], ["y", ["|u1", "0,3", ""]]]]]],
      ]);
      const both = await readDict(backend, "r", { keys: ["deep/dat01/x", "deep", "n"] });
      assertEquals(Object.keys(both), ["deep", "n"]);
      assertEquals(arrayAt(both, "deep", "dat01", "x").get(), 5);
      assertEquals(arrayAt(both, "deep", "dat01x").get(), 2);
      assertEquals(await read([]), []);
      const error = await assertRejects(() => read(["n", "deep/no", "a"]), NotFoundError, '"deep/no"');
      assertEquals(error.key, "r/deep/no");
      // Only whole names.
      await assertRejects(() => read(["dee"]), NotFoundError);
      await assertRejects(() => read([""]), InvalidArgumentError);
    });
  });

  Deno.test(`dictionaries on ${store}: what is no array is null, and what is hidden is told`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeDict(backend, "r", { a: 1, deep: { b: 2 } });
      await backend.put("r/notes.txt", new TextEncoder().encode("hello"));
      await backend.put("r/deep/none", new Uint8Array(8), {
        metadata: { dtype: "|O", shape: "", compression: "False", order: "C" },
      });
      await backend.put("r/folder/", new Uint8Array());
      const warnings: CottonCandyWarning[] = [];
      const onWarning = (warning: CottonCandyWarning) => void warnings.push(warning);
      assertEquals(shown(await readDict(backend, "r", { onWarning })), [
        ["a", ["<f8", "", "000000000000f03f"]],
        ["deep", [["b", ["<f8", "", "0000000000000040"]], ["none", null]]],
        ["notes.txt", null],
      ]);
      assertEquals(warnings.map(({ kind, key }) => `${kind} ${key}`).sort(), [
        "metadata r/deep/none",
        "metadata r/notes.txt",
      ]);

      warnings.length = 0;
      await writeRaw(backend, "r/deep", [9]);
      const dict = await readDict(backend, "r", { onWarning, keys: ["deep", "deep/b", "a"] });
      assertEquals([Object.keys(dict), arrayAt(dict, "deep").toNested()], [["deep", "a"], [9]]);
      assertEquals(warnings.map(({ kind, key }) => `${kind} ${key}`), ["hidden r/deep"]);
      assertEquals(arrayAt(await readDict(backend, "r", { onWarning }), "deep").toNested(), [9]);
      assertEquals(arrayAt(await readDict(backend, "r/deep", { onWarning: silent }), "b").get(), 2);
    });
  });

  Deno.test(`dictionaries on ${store}: nothing there is a NotFoundError`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeRaw(backend, "r/a", [1]);
      await writeRaw(backend, "r2", [1]);
      const error = await assertRejects(() => readDict(backend, "no/such"), NotFoundError, "nothing below");
      assertEquals(error.key, "no/such");
      await assertRejects(() => readDict(backend, "r/a"), NotFoundError, "downloadRawArray");
      await assertRejects(() => readDict(backend, "r2"), NotFoundError, "downloadRawArray");
      await backend.put("empty/", new Uint8Array());
      assertEquals(await readDict(backend, "empty"), Object.create(null));
    });
  });

  Deno.test(`dictionaries on ${store}: a corrupt array is an IntegrityError, not a null`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeDict(backend, "r", { a: [1, 2], b: [3, 4] }, { compression: "gzip" });
      const { metadata } = (await backend.head("r/b"))!;
      await backend.put("r/b", new Uint8Array(5), { metadata });
      const error = await assertRejects(() => readDict(backend, "r"), IntegrityError);
      assertEquals(error.key, "r/b");
      await backend.put("r/b", new Uint8Array(16), { metadata: { ...metadata, dtype: "<f16" } });
      await assertRejects(() => readDict(backend, "r"), UnsupportedError, "r/b");
      assertEquals(Object.keys(await readDict(backend, "r", { keys: ["a"] })), ["a"]);
    });
  });

  Deno.test(`dictionaries on ${store}: an abort rejects with its reason`, async () => {
    await withStore(open, async ({ backend }) => {
      const abort = new AbortController();
      const reason = new Error("enough");
      const counting = delegate(backend, {
        async put(key, body, options) {
          const result = await backend.put(key, body, options);
          if (key === "r/2") abort.abort(reason);
          return result;
        },
      });
      const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [String(i), i]));
      const { signal } = abort;
      assertStrictEquals(
        await assertRejects(() => writeDict(counting, "r", many, { signal, concurrency: 2 })),
        reason,
      );
      assert((await keysOf(backend)).length < 10);
      assertStrictEquals(await assertRejects(() => readDict(backend, "r", { signal })), reason);
    });
  });
});

Deno.test("what can't be stored stores nothing", async () => {
  const backend = new MemoryBackend();
  const bad: [unknown, string][] = [
    [{ a: 1, b: { c: null } }, '"b/c" can\'t be stored: it is null'],
    [{ a: 1, b: () => 1 }, '"b"'],
    [{ a: 1, b: new Date() }, "Date"],
    [{ a: 1, "b/": 1 }, '"b"'],
    [{ a: 1, "": 1 }, "names nothing"],
    [{ a: 1, "a/b": 1 }, '"a"'],
    [{ a: 1, ["x".repeat(1100)]: 1 }, "1024 bytes"],
  ];
  for (const [dict, message] of bad) {
    const error = await assertRejects(
      () => writeDict(backend, "r", dict as ArrayTree),
      InvalidArgumentError,
      message,
    );
    assert(error.key?.startsWith("r"), error.key);
  }
  const options: DictWriteOptions[] = [
    { metadata: { shape: "x" } },
    { metadata: { a: "x".repeat(70_000) } },
    { compression: "nonsense" as "gzip" },
    { concurrency: 0 },
    { inFlight: -1 },
  ];
  for (const option of options) {
    const error = await assertRejects(() => writeDict(backend, "r", { a: 1, b: 2 }, option));
    assert(error instanceof InvalidArgumentError || error instanceof UnsupportedError, String(error));
  }
  assertEquals(await keysOf(backend), []);
  const { objects, size } = await writeDict(backend, "r", { a: {}, b: {} });
  assertEquals([objects, size, await keysOf(backend)], [[], 0, []]);
});

Deno.test("when some arrays can't be stored, the others are, and the error tells which", async () => {
  const memory = new MemoryBackend();
  const denied = (key: string) =>
    new AccessDeniedError(`"${key}" may not be written`, { key, committed: "no" });
  const fails = delegate(memory, {
    async put(key, body, options) {
      if (key.endsWith("x")) throw denied(key);
      return await memory.put(key, body, options);
    },
  });
  const error = await assertRejects(
    () => writeDict(fails, "r", { a: 1, x: 2, deep: { b: 3, x: 4 } }, { concurrency: 1 }),
    PartialFailureError,
    'of the 4 arrays of "r", stored 2 and failed for 2',
  );
  assertEquals(error.done, ["r/a", "r/deep/b"]);
  assertEquals(error.failed.map(({ key }) => key), ["r/x", "r/deep/x"]);
  assertEquals(await keysOf(memory), ["r/a", "r/deep/b"]);
  await assertRejects(() => writeDict(fails, "r", { x: 2 }), AccessDeniedError);
  const exists = await assertRejects(
    () => writeDict(memory, "r", { a: 5, c: 6 }, { overwrite: false }),
    PartialFailureError,
  );
  assert(exists.failed[0].error instanceof AlreadyExistsError);
  assertEquals((await readRaw(memory, "r/a")).get(), 1);
});

Deno.test("names that objects inherit are names like any other", async () => {
  const backend = new MemoryBackend();
  const evil: ArrayTree = JSON.parse(
    '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}, "toString": 3}',
  );
  await writeDict(backend, "r", evil);
  const dict = await readDict(backend, "r");
  assertEquals(Object.keys(dict).sort(), ["__proto__", "constructor", "toString"]);
  assertEquals(arrayAt(dict, "__proto__", "polluted").get(), 1);
  assertEquals(arrayAt(dict, "constructor", "prototype", "polluted").get(), 2);
  assertEquals("polluted" in {}, false);
});

Deno.test("keys that nobody cleans are read as they are", async () => {
  const backend = new MemoryBackend();
  await writeRaw(backend, "other", [1]);
  const { metadata } = (await backend.head("other"))!;
  const bytes = await (await backend.open("other")).read();
  for (const key of ["r//a", "r/b//c", "r/./d"]) await backend.put(key, bytes, { metadata });
  const dict = await readDict(backend, "r");
  assertEquals(arrayAt(dict, "", "a").toNested(), [1]);
  assertEquals(arrayAt(dict, "b", "", "c").toNested(), [1]);
  assertEquals(arrayAt(dict, ".", "d").toNested(), [1]);
});

Deno.test("arrays that Python mislabels are read in the order asked for", async () => {
  const backend = new MemoryBackend();
  const metadata = { dtype: "|u1", shape: "2,2", compression: "False", order: "F" };
  await backend.put("r/a", Uint8Array.of(1, 2, 3, 4), { metadata });
  const warnings: string[] = [];
  const stored = await readDict(backend, "r", { onWarning: ({ kind }) => void warnings.push(kind) });
  assertEquals([arrayAt(stored, "a").toNested(), warnings], [[[1, 3], [2, 4]], ["suspect-order"]]);
  assertEquals(arrayAt(await readDict(backend, "r", { order: "C" }), "a").toNested(), [[1, 2], [3, 4]]);
});

forEachStore((store, open) => {
  if (store === "local") return;
  Deno.test(`dictionaries on ${store}: complete beyond a page of 1000, in few requests, several at once`, async () => {
    await withStore(open, async ({ backend, s3 }) => {
      const body = Uint8Array.of(7);
      const metadata = { dtype: "|u1", shape: "", compression: "False", order: "C" };
      // Few in folders of their own: Drive is asked for each of those.
      const names = Array.from({ length: 1205 }, (_, i) => i % 40 === 0 ? `k${i}/deep/er` : `k${i}`);
      for (let i = 0; i < names.length; i += 100) {
        await Promise.all(
          names.slice(i, i + 100).map((name) => backend.put(`r/${name}`, body, { metadata })),
        );
      }
      s3?.requests.splice(0);
      const dict = await readDict(backend, "r", { concurrency: 16 });
      assertEquals(Object.keys(dict).length, 1205);
      assertEquals(arrayAt(dict, "k1200", "deep", "er").get(), 7);
      assertEquals(arrayAt(dict, "k1204").get(), 7);
      if (!s3) return;
      const operations = s3.requests.map(({ operation }) => operation);
      assertEquals(operations.filter((operation) => operation === "ListObjectsV2").length, 2);
      assertEquals(operations.filter((operation) => operation === "GetObject").length, 1205);
      assertEquals(operations.length, 1207);
      const most = Math.max(...s3.requests.map(({ concurrent }) => concurrent));
      assert(most > 1 && most <= 16, String(most));
    });
  });
});

Deno.test("no more bytes are under way than allowed", async () => {
  const memory = new MemoryBackend();
  let [now, most] = [0, 0];
  const busy = (size: number) => {
    now += size;
    most = Math.max(most, now);
  };
  const slow = delegate(memory, {
    async put(key, body, options) {
      busy(options?.size ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 2));
      now -= options?.size ?? 0;
      return await memory.put(key, body, options);
    },
  });
  const tree = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`a${i}`, new Uint8Array(1000)]));
  await writeDict(slow, "r", tree, { compression: false, inFlight: 3000, concurrency: 12 });
  assertEquals([most, now], [3000, 0]);
  most = 0;
  const reading = delegate(memory, {
    async open(key, options) {
      const reader = await memory.open(key, options);
      busy(reader.info.size);
      await new Promise((resolve) => setTimeout(resolve, 2));
      now -= reader.info.size;
      return reader;
    },
  });
  await readDict(reading, "r", { inFlight: 3000, concurrency: 12 });
  assertEquals([most, now], [3000, 0]);
});

Deno.test("values of other byte orders and structures come back", async () => {
  const backend = new MemoryBackend();
  const swapped = arrayFromBytes(new Uint8Array([1, 2]), { dtype: ">i2", shape: [1] });
  const fields = [{ name: "x", dtype: "<i2", offset: 0 }, { name: "y", dtype: "|u1", offset: 2 }] as const;
  const structured = arrayFromBytes(new Uint8Array([1, 0, 2]), { dtype: "|V3", shape: [1], fields });
  await writeDict(backend, "r", { swapped, structured });
  const dict = await readDict(backend, "r");
  assertEquals([arrayAt(dict, "swapped").dtype, arrayAt(dict, "swapped").get(0)], [">i2", 258]);
  assertEquals(arrayAt(dict, "structured").get(0), { x: 1, y: 2 });
});
