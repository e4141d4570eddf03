import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { IntegrityError, InvalidArgumentError, NotFoundError } from "../../lib/errors.ts";
import { DefaultInterface } from "../../lib/interface/array.ts";
import { Dataset, openDataset } from "../../lib/stored_arrays/dataset.ts";
import { writeDict } from "../../lib/stored_arrays/dict.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import { forEachStore, withStore } from "./stores.ts";

forEachStore((store, open) => {
  Deno.test(`datasets on ${store}: groups and arrays, one step at a time`, async () => {
    await withStore(open, async ({ backend, s3 }) => {
      await writeDict(backend, "lab/d", { roi: { v1: [1, 2], "v4.lh": { x: 3 } }, tr: 2.5, "roi-b": 4 });
      await writeDict(backend, "lab/d2", { other: 1 });
      const cci = new DefaultInterface(backend, { prefix: "lab" });
      const dataset = await cci.cloud2dataset("/d/");
      assertEquals([dataset.key, await dataset.keys()], ["lab/d", ["roi", "roi-b", "tr"]]);
      s3?.requests.splice(0);
      const roi = dataset.group("roi");
      const x = roi.group("v4.lh/x");
      if (s3) assertEquals(s3.requests, []);
      assertEquals([roi.key, await roi.keys()], ["lab/d/roi", ["v1", "v4.lh"]]);
      assertEquals((await roi.load("v1")).toNested(), [1, 2]);
      assertEquals((await dataset.load("roi/v4.lh/x")).get(), 3);
      assertEquals([(await x.load()).get(), await x.keys()], [3, []]);
      assertEquals((await dataset.load("/tr")).get(), 2.5);
    });
  });

  Deno.test(`datasets on ${store}: a group is not loaded as an array, and what isn't there is not found`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeDict(backend, "d", { roi: { v1: [1], v4: [2] } });
      const dataset = await openDataset(backend, "d");
      const error = await assertRejects(() => dataset.load("roi"), InvalidArgumentError, '"v1", "v4"');
      assertEquals(error.key, "d/roi");
      await assertRejects(() => dataset.load(), InvalidArgumentError, '"roi"');
      assertEquals((await assertRejects(() => dataset.load("roi/v2"), NotFoundError)).key, "d/roi/v2");
      await assertRejects(() => dataset.group("no").keys(), NotFoundError);
      await assertRejects(() => openDataset(backend, "no"), NotFoundError);
      await assertRejects(() => openDataset(backend, "d/ro"), NotFoundError);
      await assertRejects(() => dataset.load("../d/roi/v1"), InvalidArgumentError);
      assertThrows(() => dataset.group(""), InvalidArgumentError);
      assertThrows(() => dataset.group("a/../.."), InvalidArgumentError);
      await backend.put("d/roi/text", new TextEncoder().encode("hello"));
      await assertRejects(() => dataset.load("roi/text"), IntegrityError, "d/roi/text");
    });
  });

  Deno.test(`datasets on ${store}: the whole bucket, one array, a name that is both`, async () => {
    await withStore(open, async ({ backend }) => {
      await assertRejects(() => openDataset(backend, ""), NotFoundError);
      await writeDict(backend, "", { a: 1, b: { c: 2 } });
      const whole = await openDataset(backend, "/");
      assertEquals([whole.key, await whole.keys(), (await whole.load("b/c")).get()], ["", ["a", "b"], 2]);
      await assertRejects(() => whole.load(), InvalidArgumentError, '"a", "b"');
      assertEquals((await (await openDataset(backend, "a")).load()).get(), 1);
      await writeRaw(backend, "b", [5]);
      assertEquals(await whole.keys(), ["a", "b"]);
      assertEquals((await whole.load("b")).toNested(), [5]);
      assertEquals(await whole.group("b").keys(), ["c"]);
      await backend.put("e/", new Uint8Array());
      assertEquals(await whole.group("e").keys(), []);
    });
  });

  Deno.test(`datasets on ${store}: signals of the dataset and of a call end it`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeDict(backend, "d", { a: 1 });
      const abort = new AbortController();
      const dataset = await openDataset(backend, "d", { signal: abort.signal });
      const reason = new Error("enough");
      const own = AbortSignal.abort(reason);
      assertStrictEquals(await assertRejects(() => dataset.load("a", { signal: own })), reason);
      assertStrictEquals(await assertRejects(() => dataset.keys({ signal: own })), reason);
      assertEquals((await dataset.load("a")).get(), 1);
      abort.abort(reason);
      assertStrictEquals(await assertRejects(() => dataset.load("a")), reason);
      assertStrictEquals(await assertRejects(() => dataset.group("x").keys()), reason);
    });
  });

  if (store === "local") return;
  Deno.test(`datasets on ${store}: names are complete beyond a page`, async () => {
    await withStore(open, async ({ backend }) => {
      for (let i = 0; i < 1100; i += 100) {
        const names = Array.from({ length: 100 }, (_, j) => `d/k${i + j}/x`);
        await Promise.all(names.map((name) => backend.put(name, new Uint8Array())));
      }
      const dataset = new Dataset(backend, "d");
      assertEquals((await dataset.keys()).length, 1100);
      await assertRejects(() => dataset.load(), InvalidArgumentError, "and 1090 more");
    });
  });
});
