import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import {
  AlreadyExistsError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { bucketTable } from "../../lib/interface/buckets.ts";
import { bucketInfo } from "../../lib/interface/mod.ts";
import { BasicInterface, DefaultInterface } from "../../mod.ts";
import { printed } from "./printed.ts";
import { forEachStore, type OpenNewStore, withStore } from "./stores.ts";

forEachStore((store, open) => {
  if (store === "local" || store === "Drive") {
    Deno.test(`${store}: there are no buckets, and it says so`, () =>
      withStore(open, async ({ backend }) => {
        const cci = new DefaultInterface(backend);
        for (
          const work of [
            () => cci.createBucket("new"),
            () => cci.rmBucket("new"),
            () => cci.setBucket("new"),
            () => cci.existsBucket("new"),
            () => cci.getBucket(),
            () => cci.listBuckets(),
            () => cci.showBuckets(),
          ]
        ) {
          await assertRejects(work, UnsupportedError, "has no buckets");
        }
        assertEquals(cci.bucketName, backend.bucket);
      }));
    return;
  }

  const fresh = () => `new-${crypto.randomUUID()}`;

  Deno.test(`${store}: a bucket that is made becomes the current one, and can be removed again`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend);
      const name = fresh();
      assert(!await cci.existsBucket(name));
      await cci.createBucket(name);
      assertEquals(cci.bucketName, name);
      assert(await cci.existsBucket(name));
      await cci.uploadObject("a", "1");
      assertEquals(await backend.head("a"), undefined, "the object is in the new bucket");
      await assertRejects(() => cci.createBucket(name), AlreadyExistsError, name);
      await assertRejects(() => cci.rmBucket(name), PreconditionFailedError, "not empty");
      assertEquals(cci.bucketName, name, "a bucket that could not be removed is still current");
      await cci.rm("a");
      await cci.rmBucket(name);
      assert(!await cci.existsBucket(name));
    }));

  Deno.test(`${store}: when the current bucket was removed none is, until one is chosen`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend);
      const name = fresh();
      await cci.createBucket(name);
      await cci.rmBucket(name);
      assertEquals(cci.bucketName, undefined);
      for (
        const work of [
          () => cci.uploadObject("a", "1"),
          () => cci.downloadObject("a"),
          () => cci.uploadRawArray("a", [1]),
          () => cci.ls(""),
          () => cci.getBucket(),
          () => cci.getSize(),
        ]
      ) {
        await assertRejects(work, InvalidArgumentError, "no bucket is current");
      }
      assertThrows(() => cci.backend, InvalidArgumentError, name);
      assert(!await cci.existsBucket(name));
      assert((await cci.listBuckets()).length > 0);
      const { bucket = "" } = backend;
      await cci.setBucket(bucket);
      await cci.uploadObject("a", "1");
      assert(await backend.head("a"));
    }));

  Deno.test(`${store}: removing another bucket leaves the current one alone; one that isn't there can't be removed`, () =>
    withStore(open, async ({ backend, other }) => {
      const cci = new BasicInterface(backend);
      const { bucket = "" } = other;
      await cci.rmBucket(bucket);
      assertEquals([cci.bucketName, await cci.existsBucket(bucket)], [backend.bucket, false]);
      await assertRejects(() => cci.rmBucket(bucket), NotFoundError, bucket);
      await cci.createBucket(bucket);
    }));

  Deno.test(`${store}: another bucket is chosen only when it is there, and names stay below the prefix`, () =>
    withStore(open, async ({ backend, other }) => {
      const cci = new BasicInterface(backend, { prefix: "lab" });
      await assertRejects(() => cci.setBucket(fresh()), NotFoundError, "createBucket");
      assertEquals(cci.bucketName, backend.bucket);
      const { bucket = "" } = other;
      await cci.setBucket(bucket);
      assertEquals([cci.bucketName, cci.prefix], [bucket, "lab/"]);
      await cci.uploadObject("a", "1");
      assert(await other.head("lab/a"));
      assertEquals(await backend.head("lab/a"), undefined);
    }));

  Deno.test(`${store}: names of new buckets keep the prefix that a lab has agreed on`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend, { mandatoryBucketPrefix: "ada_" });
      const name = fresh();
      await assertRejects(() => cci.createBucket(name), InvalidArgumentError, '"ada_"');
      assert(!await cci.existsBucket(name));
      assertEquals(cci.bucketName, backend.bucket);
      const free = new BasicInterface(backend, { mandatoryBucketPrefix: "new-" });
      await free.createBucket(name);
      await free.rmBucket(name);
    }));

  Deno.test(`${store}: buckets are told of and shown as Python shows them`, () =>
    withStore(open, async ({ backend, other }) => {
      const cci = new BasicInterface(backend);
      const info = await cci.getBucket();
      assertEquals(info.name, backend.bucket);
      assert(info.created instanceof Date && Math.abs(info.created.getTime() - Date.now()) < 600_000);
      const names = (await cci.listBuckets()).map(({ name }) => name);
      assert(names.includes(backend.bucket ?? "") && names.includes(other.bucket ?? ""));
      assertEquals(names, [...names].sort());
      await assertRejects(() => bucketInfo(backend, fresh()), NotFoundError);
      let table = "";
      const text = await printed(async () => table = await cci.showBuckets());
      assertEquals(text, table);
      assertEquals(table.split("\n").length, names.length);
      assertMatch(
        table,
        new RegExp(`^${backend.bucket?.padEnd(40)} \\d{4}/\\d\\d/\\d\\d \\(\\d\\d:\\d\\d:\\d\\d\\)$`, "m"),
      );
    }));

  Deno.test(`${store}: an abort rejects with the signal's reason, and nothing is made`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend);
      const name = fresh();
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      for (
        const work of [
          () => cci.createBucket(name, { signal }),
          () => cci.setBucket(name, { signal }),
          () => cci.listBuckets({ signal }),
        ]
      ) {
        assertEquals(await assertRejects(work), reason);
      }
      assert(!await cci.existsBucket(name));
    }));
});

Deno.test("S3: a bucket's ACL is sent when it is given, and only then", async () => {
  const [open] = s3Only();
  for (const acl of [undefined, "public-read"]) {
    await withStore(open, async ({ backend, s3 }) => {
      const cci = new BasicInterface(backend, { acl: "bucket-owner-full-control" });
      await cci.createBucket("made", { acl });
      const request = s3?.requests.find(({ operation }) => operation === "CreateBucket");
      assert(request);
      assertEquals(request.headers["x-amz-acl"], acl);
      await assertRejects(() => cci.createBucket("other", { acl: "no-such-acl" }), InvalidArgumentError);
    });
  }
});

Deno.test("S3: who may not list buckets still hears of the current one", async () => {
  const [open] = s3Only();
  await withStore(open, async ({ backend, s3 }) => {
    s3?.inject({
      kind: "status",
      status: 403,
      code: "AccessDenied",
      operation: "ListBuckets",
      times: Infinity,
    });
    assertEquals(await new BasicInterface(backend).getBucket(), { name: "first" });
  });
});

function s3Only(): OpenNewStore[] {
  const found: OpenNewStore[] = [];
  forEachStore((store, open) => {
    if (store === "S3") found.push(open);
  });
  return found;
}

Deno.test("a bucket whose time is not known has none in the table", () => {
  const created = new Date(2026, 10, 23, 1, 53, 30);
  assertEquals(
    bucketTable([{ name: "a", created }, { name: "b".repeat(45), created }, { name: "c" }]),
    `a${" ".repeat(39)} 2026/11/23 (01:53:30)\n${"b".repeat(45)} 2026/11/23 (01:53:30)\nc`,
  );
});
