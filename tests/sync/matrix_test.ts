/** From store to store, in a ring: what arrives, and that a second sync sends nothing. Each is read once and written once; what depends on both has its rules in comparing_test.ts. */
import { assertEquals } from "@std/assert";
import { sync } from "../../lib/sync/mod.ts";
import { contents, fill, openers, told } from "./places.ts";

const TEXTS = {
  "a/1": "one",
  "a/2": "two, which is longer",
  "a/b/3": "",
  "a/\u{1F36C}": "sweet",
  "a/\uFF5E": "tilde",
  "a b": "not below",
};
const OBJECTS = Object.fromEntries(Object.entries(TEXTS).filter(([key]) => key.startsWith("a/")));
const below = (prefix: string) =>
  Object.fromEntries(Object.entries(OBJECTS).map(([key, text]) => [prefix + key.slice(2), text]));

const all = openers();
/** After each store the one to which it is synced; the encrypting ones between others. Two directories compare by times alone: they are no step of the ring. */
const ring = ["memory", "local", "encrypted memory", "S3", "encrypted local", "Drive"];
const steps = ring.map((source, i) => [source, ring[(i + 1) % ring.length]]);
assertEquals([...ring].sort(), [...all.keys()].sort(), "a store is missing in the ring");

for (const [source, target] of [...steps, ["local", "local"]]) {
  const [openSource, openTarget] = [all.get(source)!, all.get(target)!];
  Deno.test(`sync from ${source} to ${target}: all arrives, and is the same the second time`, async () => {
    const from = await openSource();
    const to = await openTarget();
    try {
      if (from.s3) from.s3.clockSkew = -5000;
      await fill(from.backend, TEXTS);
      await from.backend.put("a/array", new Uint8Array([1, 2]), { metadata: { dtype: "|u1", shape: "2" } });
      if (from.s3) from.s3.clockSkew = 0;
      await new Promise((resolve) => setTimeout(resolve, 30));
      await fill(to.backend, { "z/old": "stays", "x/y": "other" });
      const [a, b] = [{ backend: from.backend, prefix: "a" }, { backend: to.backend, prefix: "z" }];
      const first = await sync(a, b);
      assertEquals([first.copied, first.skipped, first.failed], [6, 0, 0]);
      assertEquals(await contents(to.backend), {
        "x/y": "other",
        ...below("z/"),
        "z/array": "\x01\x02",
        "z/old": "stays",
      });
      const { mtime, ...metadata } = (await to.backend.head("z/array"))!.metadata;
      assertEquals(metadata, { dtype: "|u1", shape: "2" });
      assertEquals(/^\d+(\.\d+)?$/.test(mtime), true);

      const second = told();
      const { copied, skipped } = await sync(a, b, { onAction: second.onAction });
      assertEquals([copied, skipped], [0, 6], second.lines().join("\n"));

      // Of the same size, so that something else must tell.
      await from.backend.put("a/1", new TextEncoder().encode("ONE"));
      const third = told();
      assertEquals(
        (await sync(a, b, { delete: true, onAction: third.onAction })).copied,
        1,
        third.lines().join("\n"),
      );
      assertEquals((await contents(to.backend))["z/1"], "ONE");
      assertEquals(Object.keys(await contents(to.backend)).includes("z/old"), false);
      assertEquals(Object.keys(await contents(to.backend)).includes("x/y"), true);
    } finally {
      await from.dispose();
      await to.dispose();
    }
  });
}
