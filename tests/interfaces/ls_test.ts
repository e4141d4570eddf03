import { assertEquals, assertRejects } from "@std/assert";
import { S3Backend } from "../../backends/s3/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { FileSystemInterface } from "../../lib/interface/filesystem.ts";
import { collect } from "../../lib/async.ts";
import { listNamedEntries } from "../../lib/tree/mod.ts";
import { listNames } from "../../lib/tree/ls.ts";
import { startS3 } from "../servers/s3.ts";
import { forEachStore, withStore } from "./stores.ts";
import { LONG_KEY, ODD_KEYS, plant, printed, quoted } from "./tree.ts";

const TREE = [
  "a.txt",
  "data",
  "data/",
  "data/exp/f1",
  "data/exp/f2",
  "data/exp2/h1",
  "data/experiment.txt",
  "data/sub01/run1/x",
  "data/sub01/run2/x",
  "data/sub02/run1/y",
  "other/x",
];

forEachStore((store, open) => {
  Deno.test(`${store}: lsdir lists one directory`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      assertEquals(await cci.lsdir(), ["a.txt", "data", "other"]);
      for (const root of ["", "/", ".", "//"]) assertEquals(await cci.lsdir(root), await cci.lsdir(), root);
      const data = ["data/exp", "data/exp2", "data/experiment.txt", "data/sub01", "data/sub02"];
      for (const path of ["data", "data/", "/data", "data/*", "//data//"]) {
        assertEquals((await cci.lsdir(path)).sort(), data, path);
      }
      assertEquals(await cci.lsdir("data", { limit: 2 }), ["data/exp", "data/exp2"].slice(0, 2));
      assertEquals(await cci.lsdir("data/exp/f1"), []);
      assertEquals(await cci.lsdir("missing"), []);
      assertEquals(await cci.lsdir("dat"), []);
      for (const path of ["data/*/x", "da?a", "[d]ata", "*"]) {
        await assertRejects(() => cci.lsdir(path), InvalidArgumentError, "use ls");
      }
    }));

  Deno.test(`${store}: named entries are those of ls, with what the listing tells of objects`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      for (
        const [pattern, options] of [["", {}], ["data", {}], ["data/*/f?", {}], ["xp*", {
          root: "data/e",
        }]] as const
      ) {
        const entries = await collect(listNamedEntries(backend, pattern, options));
        const names = await listNames(backend, pattern, options);
        assertEquals([...new Set(entries.map(({ name }) => name))], names, pattern);
        for (const entry of entries) {
          if (entry.kind === "directory") assertEquals(entry.key, `${entry.name}/`);
          else {assertEquals(
              entry.size,
              (await backend.head(("root" in options ? options.root : "") + entry.key))?.size,
            );}
        }
      }
      // An object and a directory of one name are two.
      const kinds = (await collect(listNamedEntries(backend, ""))).map(({ kind, key }) => `${kind} ${key}`);
      assertEquals(kinds, ["object a.txt", "object data", "directory data/", "directory other/"]);
      assertEquals((await collect(listNamedEntries(backend, "", { limit: 2 }))).length, 2);
    }));

  Deno.test(`${store}: ls lists a directory, or what matches at one depth`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, TREE);
      const cci = new FileSystemInterface(backend);
      for (const root of ["", "/", ".", "*", "/*"]) {
        assertEquals(await cci.ls(root), ["a.txt", "data", "other"], root);
      }
      assertEquals(await cci.ls("data/exp"), ["data/exp/f1", "data/exp/f2"]);
      assertEquals(await cci.ls("data/exp/*"), ["data/exp/f1", "data/exp/f2"]);
      assertEquals((await cci.ls("data/exp*")).sort(), ["data/exp", "data/exp2", "data/experiment.txt"]);
      assertEquals(await cci.ls("data/sub0?"), ["data/sub01", "data/sub02"]);
      assertEquals(await cci.ls("data/sub*/run1"), ["data/sub01/run1", "data/sub02/run1"]);
      assertEquals(await cci.ls("data/sub*/*"), ["data/sub01/run1", "data/sub01/run2", "data/sub02/run1"]);
      assertEquals(await cci.ls("*/x"), ["other/x"]);
      assertEquals(await cci.ls("data/sub[!1]1"), ["data/sub01"]);
      assertEquals(await cci.ls("data/{sub01,exp}/*"), [
        "data/exp/f1",
        "data/exp/f2",
        "data/sub01/run1",
        "data/sub01/run2",
      ]);
      assertEquals(await cci.ls("{data/exp,other}/*"), ["data/exp/f1", "data/exp/f2", "other/x"]);
      assertEquals(await cci.ls("data/sub*", { limit: 1 }), ["data/sub01"]);
      assertEquals(await cci.ls("data/exp/f1"), []);
      assertEquals(await cci.ls("nothing*"), []);
      await assertRejects(() => cci.ls("../x*"), InvalidArgumentError);
      await assertRejects(() => cci.ls("{1..5000}"), InvalidArgumentError);
      await assertRejects(() => cci.ls("a", { limit: -1 }), InvalidArgumentError);
    }));

  Deno.test(`${store}: names are relative to the prefix, whatever characters it has`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["p*[1]/q/x", "p*[1]/q/y/z", "p*[1]", "pX1/q/no", "p*[1]/"]);
      const cci = new FileSystemInterface(backend, { prefix: "p*[1]" });
      assertEquals(await cci.ls(""), ["q"]);
      assertEquals(await cci.ls("*"), ["q"]);
      assertEquals(await cci.ls("q"), ["q/x", "q/y"]);
      assertEquals(await cci.ls("*/x"), ["q/x"]);
      assertEquals(await cci.lsdir("q/y"), ["q/y/z"]);
    }));

  Deno.test(`${store}: ls and lsdir give odd names exactly`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, [...ODD_KEYS, LONG_KEY]);
      const cci = new FileSystemInterface(backend);
      const expected = new Set(ODD_KEYS.map((key) => key.split("/").slice(0, 2).join("/")));
      assertEquals(new Set(await cci.lsdir("odd")), expected);
      assertEquals(new Set(await cci.ls("odd/*")), expected);
      assertEquals(await cci.ls("long"), [LONG_KEY]);
      for (const name of expected) {
        const last = Array.from(name).at(-1) ?? "";
        const pattern = `${quoted(name.slice(0, -last.length))}?`;
        assertEquals((await cci.ls(pattern)).includes(name), true, pattern);
      }
      for (const directory of ["odd/é", "odd/trail"]) {
        assertEquals((await cci.lsdir(directory)).every((name) => name.startsWith(`${directory}/`)), true);
      }
      await plant(backend, ["odd2/[x]{y}/deep"]);
      assertEquals(await cci.ls("odd2/\\[x]\\{y}"), ["odd2/[x]{y}/deep"]);
    }));

  Deno.test(`${store}: verbose prints names sorted, and gives them as listed`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["b", "a/x", "a-b"]);
      const cci = new FileSystemInterface(backend);
      let names: string[] = [];
      const lines = await printed(async () => void (names = await cci.ls("", { verbose: true })));
      assertEquals(names.length, 3);
      assertEquals(lines, ["a\na-b\nb"]);
      assertEquals(await printed(() => cci.ls("")), []);
    }));
});

Deno.test("S3: ls asks for one directory where only the last segment has wildcards", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  for (let i = 0; i < 3000; i++) s3.store.put("bucket", `data/big${i % 3}/${i}`, "x");
  for (const pattern of ["data", "data/*", "data/b*", "data/big[0-2]"]) {
    s3.requests.length = 0;
    assertEquals((await listNames(backend, pattern)).length, 3);
    assertEquals(s3.requests.length, 1, pattern);
  }
  s3.requests.length = 0;
  assertEquals((await listNames(backend, "*/big1")).join(), "data/big1");
  assertEquals(s3.requests.length, 3);
  backend.close();
});

Deno.test("S3: 2500 names in one directory all come", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  for (let i = 0; i < 2500; i++) s3.store.put("bucket", `d/${i}/x`, "x");
  const cci = new FileSystemInterface(backend);
  assertEquals((await cci.lsdir("d")).length, 2500);
  assertEquals((await cci.ls("d/*5")).length, 250);
  backend.close();
});
