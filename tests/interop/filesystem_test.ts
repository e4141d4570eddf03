// Looking around, copying, moving and deleting: the answers and effects of Python's cottoncandy beside ours, on one bucket.
import { assertEquals } from "@std/assert";
import { each } from "./each.ts";
import { environments, Reference } from "./reference.ts";
import { storesFor } from "./stores.ts";

// No "%": Python decodes what it lists.
const keys = [
  "data/exp/f1",
  "data/exp/f1/below",
  "data/exp/sub/f2.npy",
  "data/exp2/h1",
  "data/experiment.txt",
  "data/a[1]/x",
  "data/[x]",
  "data/[x]y",
  "data/A-b.c",
  "data/été/日本語/🍦",
  "data/.hidden",
  "data/with space/+plus",
  "data/back\\slash",
  "data2/x",
  "top",
];

const globs = [
  "*",
  "data/*",
  "data/exp*",
  "data/exp",
  "data/exp/",
  "/data//exp*/f?",
  "*/f?",
  "*.npy",
  "data/[!a-e]*",
  "data/[A-Z]*",
  "data/[[]x]",
  "data/a[[]1]/*",
  "data/a[1]/*",
  "data/[x",
  "data/?",
  "data/{exp,exp2}/*",
  "data/**/f2.npy",
  "data/*/*/?",
  "data/back\\*",
  "none*",
  "none",
  "to",
];

const listings = [
  "data",
  "data/",
  "/data",
  "data/*",
  "data/exp",
  "data/exp/f1",
  "data/exp*",
  "data/exp?",
  "*",
  "*/*",
  "*/exp*/f*",
  "data/[!a-e]*",
  "data/*/*/*",
  "data/*t*",
  "top",
  "none",
  "none/*",
  "none*",
];

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());

  for (const { name: storeName, python: store, cci } of await storesFor(environment, "filesystem")) {
    // Python's local backend knows directories only, and answers most patterns by nothing or an error.
    if (storeName === "local") continue;
    const title = `${storeName}, Python ${environment}`;

    /** Deletes everything, and stores the tree below each of the prefixes. */
    const plant = async (...prefixes: string[]) => {
      if ((await cci.glob("**")).length > 0) await cci.rm("**", { recursive: true });
      for (const prefix of prefixes) {
        for (const key of keys) {
          await cci.uploadObject(prefix + key, key, { metadata: { number: `${keys.indexOf(key)}` } });
        }
      }
    };

    /** What there is below a prefix: names, bodies and metadata. */
    const treeAt = async (prefix: string) => {
      const found: string[] = [];
      for await (const { key } of cci.getObjects({ prefix })) {
        const { body, metadata } = await python.downloadObject(store, key);
        found.push(
          `${key.slice(prefix.length)}: ${new TextDecoder().decode(body)} ${JSON.stringify(metadata)}`,
        );
      }
      return found;
    };

    Deno.test(`glob on ${title}: the same names with the semantics "fnmatch"`, async () => {
      await plant("");
      await each(globs, String, async (pattern) => {
        const expected = await python.glob(store, pattern);
        assertEquals((await cci.glob(pattern, { semantics: "fnmatch" })).toSorted(), expected.toSorted());
      });
    });

    Deno.test(`ls and lsdir on ${title}: the same names`, async () => {
      await plant("");
      await each(listings, String, async (pattern) => {
        const expected = new Set(await python.ls(store, pattern));
        assertEquals((await cci.ls(pattern)).toSorted(), [...expected].sort());
        if (/[*?[]/.test(pattern)) return;
        const children = new Set(await python.lsdir(store, pattern));
        assertEquals((await cci.lsdir(pattern)).toSorted(), [...children].sort());
      });
    });

    Deno.test(`cp and mv on ${title}: the same tree afterwards`, async () => {
      await plant("python/", "ours/");
      for (const key of keys) {
        await python.copy(store, `python/${key}`, `python/copy/${key}`);
        await cci.cp(`ours/${key}`, `ours/copy/${key}`);
        await python.move(store, `python/${key}`, `python/moved/${key}`);
        await cci.mv(`ours/${key}`, `ours/moved/${key}`);
      }
      const tree = await treeAt("python/");
      assertEquals(tree.length, 2 * keys.length);
      assertEquals(await treeAt("ours/"), tree);
    });

    Deno.test(`rm on ${title}: the same tree afterwards, but for what Python takes too much`, async () => {
      await plant("python/", "ours/");
      for (const name of ["data/exp/f1", "data/[x]", "data/été/日本語/🍦", "top"]) {
        await python.remove(store, `python/${name}`);
        await cci.rm(`ours/${name}`);
      }
      for (const name of ["data/with space", "data2"]) {
        await python.remove(store, `python/${name}`, { recursive: true });
        await cci.rm(`ours/${name}`, { recursive: true });
      }
      const tree = await treeAt("python/");
      assertEquals(tree.length, keys.length - 6);
      assertEquals(await treeAt("ours/"), tree);
      await python.remove(store, "python/data/exp", { recursive: true });
      await cci.rm("ours/data/exp", { recursive: true });
      const lost = ["data/exp2/h1", "data/experiment.txt"];
      const left = new Set((await treeAt("ours/")).map((entry) => entry.split(":", 1)[0]));
      const leftByPython = (await treeAt("python/")).map((entry) => entry.split(":", 1)[0]);
      assertEquals([...left].filter((key) => !leftByPython.includes(key)), lost);
      assertEquals(leftByPython.filter((key) => !left.has(key)), []);
    });
  }
}
