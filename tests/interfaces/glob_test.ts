import { assertEquals, assertRejects } from "@std/assert";
import { S3Backend } from "../../backends/s3/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { FileSystemInterface } from "../../lib/interface/filesystem.ts";
import { timestamp } from "../../lib/objects/mod.ts";
import { globObjects } from "../../lib/tree/glob.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { startS3 } from "../servers/s3.ts";
import { forEachStore, withStore } from "./stores.ts";
import { LONG_KEY, ODD_KEYS, plant, printed, quoted } from "./tree.ts";

const TREE = [
  "data",
  "data/exp",
  "data/exp/f1",
  "data/exp/sub/f2",
  "data/exp2/h1",
  "data/experiment.txt",
  "data/x/",
  "zeta.txt",
];

forEachStore((store, open) => {
  Deno.test(`${store}: glob finds objects as shells do, and as Python does if told so`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const fnmatch = { semantics: "fnmatch" } as const;
      for (
        const [pattern, path, python] of [
          ["**", TREE, TREE],
          ["*", ["data", "zeta.txt"], TREE],
          ["data/*", ["data/exp", "data/experiment.txt"], TREE.slice(1, -1)],
          ["data/exp*", ["data/exp", "data/experiment.txt"], TREE.slice(1, -2)],
          ["data/**/f?", ["data/exp/f1", "data/exp/sub/f2"], ["data/exp/f1", "data/exp/sub/f2"].slice(0)],
          ["*.txt", ["zeta.txt"], ["data/experiment.txt", "zeta.txt"]],
          ["{zeta,data/experiment}.txt", ["data/experiment.txt", "zeta.txt"], []],
          ["data/exp{,2}/*1", ["data/exp/f1", "data/exp2/h1"], []],
          ["data/[!e]*/", ["data/x/"], ["data/x/"]],
          ["data/*/", ["data/x/"], ["data/x/"]],
          ["data/[e]xp", ["data/exp", "data/exp/f1", "data/exp/sub/f2"], ["data/exp"]],
          ["data/exp[", [], []],
          ["/data//exp/*", ["data/exp/f1"], ["data/exp/f1", "data/exp/sub/f2"]],
        ] as const
      ) {
        assertEquals(await cci.glob(pattern), [...path], pattern);
        assertEquals(await cci.glob(pattern, fnmatch), [...python], `fnmatch ${pattern}`);
      }
    }));

  Deno.test(`${store}: without wildcards glob finds an object and all below, never a name that goes on`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      assertEquals(await cci.glob("data/exp"), ["data/exp", "data/exp/f1", "data/exp/sub/f2"]);
      assertEquals(await cci.glob("data/exp/"), ["data/exp/f1", "data/exp/sub/f2"]);
      assertEquals(await cci.glob("data/x"), ["data/x/"]);
      assertEquals(await cci.glob("data/x/"), ["data/x/"]);
      assertEquals(await cci.glob("data/exp/f"), []);
      assertEquals(await cci.glob("data/ex"), []);
      assertEquals(await cci.glob("missing"), []);
      for (const root of ["", "/"]) assertEquals(await cci.glob(root), TREE);
      // Python's plain prefix match.
      assertEquals(await cci.glob("data/exp", { semantics: "fnmatch" }), TREE.slice(1, 6));
      assertEquals(await cci.glob("", { semantics: "fnmatch" }), TREE);
    }));

  Deno.test(`${store}: glob gives names below a prefix, whatever characters it has`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["p[x]{a,b}*/q/x", "p[x]{a,b}*/y", "px/q/x", "p[x]{a,b}*", "p[x]{a,b}*/"]);
      const cci = new FileSystemInterface(backend, { prefix: "p[x]{a,b}*" });
      for (const pattern of ["**", "", "{q/*,y}"]) {
        assertEquals(await cci.glob(pattern), ["q/x", "y"], pattern);
      }
      assertEquals(await cci.glob("q"), ["q/x"]);
      assertEquals(await cci.glob("*", { semantics: "fnmatch" }), ["q/x", "y"]);
    }));

  Deno.test(`${store}: glob finds odd names exactly`, () =>
    withStore(open, async ({ backend }) => {
      const keys = [...ODD_KEYS, LONG_KEY];
      await plant(backend, keys);
      const cci = new FileSystemInterface(backend);
      assertEquals(new Set(await cci.glob("**")), new Set(keys));
      for (const key of keys) {
        assertEquals(await cci.glob(quoted(key)), [key]);
        // In Python's way only a class quotes.
        const python = key.replace(/[*?[]/g, "[$&]");
        assertEquals((await cci.glob(python, { semantics: "fnmatch" })).includes(key), true, key);
        const last = Array.from(key).at(-1) ?? "";
        if (last !== "/") {
          const found = await cci.glob(`${quoted(key.slice(0, -last.length))}?`);
          assertEquals(found.includes(key), true, key);
        }
      }
    }));

  Deno.test(`${store}: limit cuts what is found, in order`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      assertEquals(await cci.glob("**/*1", { limit: 1 }), ["data/exp/f1"]);
      assertEquals(await cci.glob("data/exp", { limit: 2 }), ["data/exp", "data/exp/f1"]);
      assertEquals(await cci.glob("**", { limit: 0 }), []);
      assertEquals(await cci.glob("**", { pageSize: 1 }), TREE);
    }));

  Deno.test(`${store}: bad patterns are refused, and an abort rejects with its reason`, () =>
    withStore(open, async ({ backend, s3 }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      const before = s3?.requests.length;
      for (const pattern of ["../*", "a/../../*", "{1..99999}", "x".repeat(5000), "\ud800*"]) {
        await assertRejects(() => cci.glob(pattern), InvalidArgumentError);
        await assertRejects(() => cci.search(pattern), InvalidArgumentError);
      }
      await assertRejects(() => cci.glob("*", { limit: -1 }), InvalidArgumentError);
      await assertRejects(() => cci.glob("*", { pageSize: 0.5 }), InvalidArgumentError);
      assertEquals(s3?.requests.length, before);
      const reason = new Error("enough");
      for (const pattern of ["**", "data", "data/*"]) {
        const error = await assertRejects(() => cci.glob(pattern, { signal: AbortSignal.abort(reason) }));
        assertEquals(error, reason);
      }
    }));

  Deno.test(`${store}: search prints a table with a count, and gives it back`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["a/1", "a/22", "b"]);
      const cci = new FileSystemInterface(backend);
      let report = "";
      const lines = await printed(async () => void (report = await cci.search("a/*")));
      assertEquals(lines, [report]);
      const [one, two] = await Array.fromAsync(globObjects(backend, "a/*"));
      assertEquals(
        report,
        `a/1     ${timestamp(one.lastModified)} 0.0M\na/22    ${timestamp(two.lastModified)} 0.0M\n` +
          'Found 2 objects matching "a/*"',
      );
      await printed(async () => void (report = await cci.search("none*")));
      assertEquals(report, 'Found 0 objects matching "none*"');
      let names: string[] = [];
      assertEquals(
        (await printed(async () => void (names = await cci.glob("a/*", { verbose: true }))))[0].split("\n")
          .at(-1),
        'Found 2 objects matching "a/*"',
      );
      assertEquals(names, ["a/1", "a/22"]);
      assertEquals(await printed(() => cci.glob("**")), []);
    }));
});

Deno.test("old names of glob warn and do the same", async () => {
  const { MemoryBackend } = await import("../../backends/memory/mod.ts");
  const backend = new MemoryBackend();
  await plant(backend, ["a", "b"]);
  const warnings: CottonCandyWarning[] = [];
  const cci = new FileSystemInterface(backend, { onWarning: (warning) => void warnings.push(warning) });
  assertEquals(await cci.globS3("*"), ["a", "b"]);
  assertEquals(await cci.globGoogleDrive("b*"), ["b"]);
  assertEquals(warnings.map(({ kind }) => kind), ["deprecated", "deprecated"]);
});

Deno.test("S3: glob asks for what can match, and no more", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  for (let i = 0; i < 4000; i++) {
    s3.store.put("bucket", `data/sub${i % 4}/${String(i).padStart(4, "0")}.npy`, "x");
  }
  const count = async (pattern: string): Promise<[found: number, requests: number]> => {
    s3.requests.length = 0;
    const found = (await Array.fromAsync(globObjects(backend, pattern))).length;
    return [found, s3.requests.length];
  };
  assertEquals(await count("**"), [4000, 4]);
  assertEquals(await count("data/sub1/*"), [1000, 1]);
  assertEquals(await count("data/sub1"), [1000, 2]); // the object is looked up
  assertEquals(await count("data/sub[12]/*0.npy"), [200, 4]);
  assertEquals(await count("data/sub{1,3}/*"), [2000, 2]);
  assertEquals(await count("data/*"), [0, 1]); // one directory, not its 4000 objects
  backend.close();
});
