/** From any store to any other: what arrives, and that a second sync sends nothing. */
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
for (const [source, openSource] of all) {
  for (const [target, openTarget] of all) {
    // What encrypts is a store like any other: to it and from it, from and to one of another kind.
    if (/encrypted/.test(source + target) && !/^(S3|local)$/.test(source) && !/^(S3|local)$/.test(target)) {
      continue;
    }
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
}
