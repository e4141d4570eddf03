import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { S3Backend } from "../../backends/s3/mod.ts";
import { InvalidArgumentError, NotFoundError } from "../../lib/errors.ts";
import { BasicInterface } from "../../lib/interface/basic.ts";
import { listObjects, objectTable, timestamp, totalSize } from "../../lib/objects/mod.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { startS3 } from "../servers/s3.ts";
import { forEachStore, withStore } from "./stores.ts";
import { LONG_KEY, ODD_KEYS, plant, printed } from "./tree.ts";

async function names(objects: AsyncIterable<{ readonly key: string }>): Promise<string[]> {
  return (await Array.fromAsync(objects)).map(({ key }) => key);
}

forEachStore((store, open) => {
  Deno.test(`${store}: objects are listed relative to the prefix, in order, cut by limit alone`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["a/z", "a/b", "a/b/c", "a2", "sub/", "sub/x", "b"]);
      const all = new BasicInterface(backend);
      assertEquals(await names(all.getObjects()), ["a/b", "a/b/c", "a/z", "a2", "b", "sub/", "sub/x"]);
      assertEquals(await names(all.getObjects({ prefix: "/" })), await names(all.getObjects()));
      assertEquals(await names(all.getObjects({ prefix: "a" })), ["a/b", "a/b/c", "a/z", "a2"]);
      assertEquals(await names(all.getObjects({ prefix: "//a//b" })), ["a/b", "a/b/c"]);
      assertEquals(await names(all.getObjects({ limit: 2 })), ["a/b", "a/b/c"]);
      assertEquals(await names(all.getObjects({ limit: 0 })), []);
      assertEquals((await names(all.getObjects({ pageSize: 2 }))).length, 7);
      assertEquals((await names(all.getObjects({ limit: Infinity }))).length, 7);
      const below = new BasicInterface(backend, { prefix: "a" });
      assertEquals(await names(below.getObjects()), ["b", "b/c", "z"]);
      assertEquals(await names(below.getObjects({ prefix: "b/" })), ["b/c"]);
      // The root's own placeholder has no name.
      assertEquals(await names(new BasicInterface(backend, { prefix: "sub" }).getObjects()), ["x"]);
      const [first] = await Array.fromAsync(below.getObjects());
      assertEquals(first.size, 3);
      assertInstanceOf(first.lastModified, Date);
      assertEquals(first.etag, (await backend.head("a/b"))?.etag);
    }));

  Deno.test(`${store}: sizes are of all objects, or below a prefix`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["a/1", "a/22", "b"]);
      const cci = new BasicInterface(backend);
      assertEquals(await cci.getSize(), 8);
      assertEquals(await cci.getSize({ prefix: "a/2" }), 4);
      assertEquals(await cci.getSize({ prefix: "none" }), 0);
      assertEquals(await new BasicInterface(backend, { prefix: "a" }).getSize(), 7);
    }));

  Deno.test(`${store}: odd keys are listed as they are`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, [...ODD_KEYS, LONG_KEY]);
      const listed = await names(new BasicInterface(backend).getObjects());
      assertEquals(listed.length, ODD_KEYS.length + 1);
      assertEquals(new Set(listed), new Set([...ODD_KEYS, LONG_KEY]));
      const cci = new BasicInterface(backend);
      for (const name of listed) assertEquals((await cci.getObject(name)).key, name);
    }));

  Deno.test(`${store}: the table has a line for each object`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["a/1", "b"]);
      const cci = new BasicInterface(backend);
      let text = "";
      const lines = await printed(async () => void (text = await cci.showObjects()));
      assertEquals(lines, [text]);
      const [a, b] = await Array.fromAsync(cci.getObjects());
      assertEquals(
        text,
        `a/1    ${timestamp(a.lastModified)} 0.0M\nb      ${timestamp(b.lastModified)} 0.0M`,
      );
      await printed(async () => void (text = await cci.showObjects({ limit: 1 })));
      assertEquals(text.split("\n").length, 1);
    }));

  Deno.test(`${store}: bad options are refused, and an abort rejects with its reason`, () =>
    withStore(open, async ({ backend, s3 }) => {
      await plant(backend, ["a", "b"]);
      const cci = new BasicInterface(backend);
      const before = s3?.requests.length;
      for (
        const options of [{ limit: -1 }, { limit: 1.5 }, { limit: NaN }, { pageSize: 0 }, { pageSize: -3 }]
      ) {
        await assertRejects(() => names(cci.getObjects(options)), InvalidArgumentError);
      }
      await assertRejects(() => names(cci.getObjects({ prefix: "../x" })), InvalidArgumentError);
      assertEquals(s3?.requests.length, before);
      const reason = new Error("enough");
      const controller = new AbortController();
      const seen: string[] = [];
      const listing = async () => {
        for await (const { key } of cci.getObjects({ signal: controller.signal })) {
          seen.push(key);
          controller.abort(reason);
        }
      };
      assertEquals(await assertRejects(listing), reason);
      assertEquals(seen, ["a"]);
      assertEquals(
        await assertRejects(() => totalSize(backend, { signal: AbortSignal.abort(reason) })),
        reason,
      );
    }));

  Deno.test(`${store}: a bucket that is missing is a NotFoundError`, () =>
    withStore(open, async ({ backend }) => {
      // A folder that is the root and is not there is tested with Drive.
      if (!backend.withBucket) return;
      const missing = backend.withBucket(
        backend.capabilities.buckets ? "missing" : `${backend.bucket}/missing`,
      );
      await assertRejects(() => names(new BasicInterface(missing).getObjects()), NotFoundError);
    }));
});

Deno.test("old names warn and do the same", async () => {
  const warnings: CottonCandyWarning[] = [];
  const { MemoryBackend } = await import("../../backends/memory/mod.ts");
  const backend = new MemoryBackend();
  await plant(backend, ["a", "b"]);
  const cci = new BasicInterface(backend, { onWarning: (warning) => void warnings.push(warning) });
  assertEquals(await names(cci.getBucketObjects({ prefix: "b" })), ["b"]);
  assertEquals(await cci.getBucketSize(), 2);
  assertEquals(warnings.map(({ kind }) => kind), ["deprecated", "deprecated"]);
});

Deno.test("S3: a listing asks for pages as they are needed, and for no more than the limit", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  for (let i = 0; i < 2500; i++) s3.store.put("bucket", `k${i}`, "x");
  assertEquals((await names(listObjects(backend))).length, 2500);
  assertEquals(s3.requests.length, 3);
  s3.requests.length = 0;
  assertEquals((await names(listObjects(backend, { limit: 1500 }))).length, 1500);
  assertEquals(s3.requests.length, 2);
  s3.requests.length = 0;
  assertEquals((await names(listObjects(backend, { limit: 10 }))).length, 10);
  assertEquals(s3.requests.map(({ query }) => query["max-keys"]), ["10"]);
  s3.requests.length = 0;
  for await (const _ of listObjects(backend)) break;
  assertEquals(s3.requests.length, 1);
  backend.close();
});

Deno.test("the table's columns and sizes are Python's", () => {
  const lastModified = new Date(2026, 10, 3, 1, 53, 30);
  const line = (key: string, size: number) => objectTable([{ key, size, lastModified }]);
  assertEquals(timestamp(lastModified), "2026/11/03 (01:53:30)");
  assertEquals(line("data/exp/f1", 0), "data/exp/f1    2026/11/03 (01:53:30) 0.0M");
  const MIB = 2 ** 20;
  // round(x, 1) in Python: halves go to the even digit.
  for (
    const [size, text] of [
      [MIB / 4, "0.2M"],
      [MIB * 0.75, "0.8M"],
      [MIB * 12.5, "12.5M"],
      [MIB * 0.05 | 0, "0.0M"],
      [MIB * 1.06 | 0, "1.1M"],
      [1024 * MIB, "1024.0M"],
      [52429, "0.1M"],
    ] as const
  ) assertEquals(line("x", size).split(" ").at(-1), text, String(size));
  const long = "n".repeat(80);
  const table = objectTable([{ key: long, size: 0, lastModified }, { key: "é𝄞", size: 0, lastModified }]);
  assertEquals(table.split("\n").map((each) => Array.from(each).indexOf("2")), [81, 71]);
  assertEquals(objectTable([]), "");
});
