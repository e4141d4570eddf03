import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { S3Backend } from "../../backends/s3/mod.ts";
import {
  AlreadyExistsError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { ArrayInterface, BasicInterface, DefaultInterface, InterfaceObject } from "../../mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { encode, pattern } from "../../testing/case.ts";
import { onS3, streamed } from "../backends/s3/setup.ts";
import { forEachStore, withStore } from "./stores.ts";

const MiB = 2 ** 20;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

forEachStore((store, open) => {
  Deno.test(`${store}: bytes, text, blobs and streams go in, and come out whole, in part and as streams`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend, { prefix: "lab" });
      const { buffer } = encode("hello");
      for (
        const body of ["hello", encode("hello"), buffer, new Blob(["hello"]), new Blob(["hello"]).stream()]
      ) {
        const { key, size } = await cci.uploadObject("//a//b", body);
        assertEquals([key, size], ["lab/a/b", 5]);
        assertEquals(text(await cci.downloadObject("a/b")), "hello");
      }
      assertEquals(text(await cci.downloadObject("a/b", { range: { offset: 1, length: 3 } })), "ell");
      assertEquals(text(await cci.downloadObject("a/b", { range: { suffix: 2 } })), "lo");
      const { content, info, metadata } = await cci.downloadStream("a/b", { range: { offset: 3 } });
      assertEquals([await new Response(content).text(), info.size, metadata], ["lo", 5, {}]);
      assertEquals((await cci.getObject("a/b")).key, "lab/a/b");
      assertEquals(await cci.getSize(), 5);
      assert(await cci.existsObject("a/b"));
      assert(!await cci.existsObject("a"));
      await assertRejects(() => cci.existsObject("a", { raiseErr: true }), NotFoundError, "lab/a");
      await assertRejects(() => cci.getObject("a"), NotFoundError, "lab/a");
      await assertRejects(() => cci.uploadObject("a/b", "2", { overwrite: false }), AlreadyExistsError);
    }));

  Deno.test(`${store}: bytes are read into memory that is given, and into none that doesn't fit`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend);
      await cci.uploadObject("a", "hello");
      const memory = new Uint8Array(7).fill(1);
      const into = memory.subarray(1, 6);
      assertStrictEquals(await cci.downloadObject("a", { into }), into);
      assertEquals(text(into), "hello");
      assertEquals([memory[0], memory[6]], [1, 1]);
      const part = new Uint8Array(3);
      await cci.downloadObject("a", { range: { offset: 1, length: 3 }, into: part });
      assertEquals(text(part), "ell");
      for (
        const wrong of [
          new Uint8Array(4),
          new Uint8Array(6),
          new Float32Array(5),
          new Uint8Array(new SharedArrayBuffer(5)),
        ]
      ) {
        const options = {};
        Reflect.set(options, "into", wrong); // what TypeScript would refuse
        await assertRejects(() => cci.downloadObject("a", options), InvalidArgumentError, "into");
      }
      // Nothing is left open.
      assertEquals(text(await cci.downloadObject("a")), "hello");
    }));

  Deno.test(`${store}: another bucket can be looked into without leaving this one`, () =>
    withStore(open, async ({ backend, other }) => {
      const cci = new BasicInterface(backend);
      const bucketName = other.bucket;
      if (!backend.withBucket) {
        return void await assertRejects(() => cci.getObject("a", { bucketName: "b" }), UnsupportedError);
      }
      await other.put("a", encode("there"));
      assertEquals((await cci.getObject("a", { bucketName })).size, 5);
      assert(await cci.existsObject("a", { bucketName }));
      assert(!await cci.existsObject("a"));
      assert(!await cci.existsObject("a", { bucketName: backend.bucket }));
      assertEquals(cci.bucketName, backend.bucket);
    }));

  Deno.test(`${store}: bad names, bodies and options are refused, and streams that go with them are cancelled`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend);
      const cases: [string, object][] = [
        ["", {}],
        ["/", {}],
        ["../a", {}],
        ["a/../../b", {}],
        ["\ud800", {}],
        ["a", { metadata: { shape: "1" } }],
        ["a", { metadata: { "CC-x": "1" } }],
        ["a", { metadata: { x: "é" } }],
        ["a", { metadata: { x: "y".repeat(70_000) } }],
      ];
      for (const [name, options] of cases) {
        for (const upload of ["uploadObject", "mpuFileobject"] as const) {
          const cancelled: unknown[] = [];
          const stream = new ReadableStream<Uint8Array>({ cancel: (reason) => void cancelled.push(reason) }, {
            highWaterMark: 0,
          });
          const error = await assertRejects(() => cci[upload](name, stream, options), InvalidArgumentError);
          assertEquals(cancelled, [error], JSON.stringify([name, options]));
        }
      }
      const locked = new Blob(["x"]).stream();
      locked.getReader();
      await assertRejects(() => cci.uploadObject("a", locked), InvalidArgumentError, "locked");
      assertEquals(await Array.fromAsync(cci.getObjects()), []);
    }));

  Deno.test(`${store}: mpuFileobject stores streams of any length`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend, { prefix: "p" });
      const bytes = pattern(11 * MiB + 5);
      const { key, size, metadata } = await cci.mpuFileobject("big", streamed(bytes), {
        bufferSize: 5 * MiB,
        metadata: { run: "1" },
      });
      assertEquals([key, size, metadata], ["p/big", bytes.length, { run: "1" }]);
      assertBytes(await cci.downloadObject("big"), bytes);
      assertEquals((await cci.mpuFileobject("small", streamed(pattern(3)))).size, 3);
      assertEquals((await cci.mpuFileobject("none", streamed(pattern(0)))).size, 0);
      for (const bufferSize of [0, -1, 1.5, NaN, Infinity]) {
        await assertRejects(
          () => cci.mpuFileobject("x", streamed(pattern(3)), { bufferSize }),
          InvalidArgumentError,
          "bufferSize",
        );
      }
      assert(!await cci.existsObject("x"));
    }));
});

Deno.test("S3: parts have the size that mpuFileobject was given, whatever the store was told", async () => {
  await onS3(async ({ backend, s3 }) => {
    const cci = new BasicInterface(backend);
    const sizes = () =>
      s3.requests.splice(0)
        .filter(({ operation }) => operation === "UploadPart")
        .sort((a, b) => Number(a.query.partNumber) - Number(b.query.partNumber))
        .map(({ headers }) => Number(headers["content-length"]));
    await cci.mpuFileobject("a", streamed(pattern(17 * MiB)), { bufferSize: 6 * MiB });
    assertEquals(sizes(), [6 * MiB, 6 * MiB, 5 * MiB]);
    await cci.mpuFileobject("b", streamed(pattern(17 * MiB)));
    assertEquals(sizes(), [10 * MiB, 7 * MiB], "that of the backend");
    await cci.uploadObject("c", pattern(11 * MiB));
    assertEquals(sizes(), [10 * MiB, MiB]);
    for (const bufferSize of [5 * MiB - 1, 5 * 1024 * MiB + 1]) {
      await assertRejects(
        () => cci.mpuFileobject("d", streamed(pattern(3)), { bufferSize }),
        InvalidArgumentError,
        "5 MiB to 5 GiB",
      );
    }
    assert(!await cci.existsObject("d"));
  }, { partSize: 10 * MiB });
});

Deno.test("interfaces are what they say, and can be made of any backend", async () => {
  await onS3(async ({ backend }) => {
    const cci = new DefaultInterface(backend, { prefix: "//a//b" });
    for (const kind of [InterfaceObject, BasicInterface, ArrayInterface]) assert(cci instanceof kind);
    assert(cci.backend instanceof S3Backend);
    assertEquals([cci.prefix, cci.bucketName], ["a/b/", "bucket"]);
    assertEquals(cci.pathjoin("a", "b", ""), "a/b/");
    assertThrows(() => new BasicInterface(backend, { prefix: "../a" }), InvalidArgumentError);
    await Promise.resolve();
  });
});

Deno.test("S3: the interface's ACL goes with every write, a call's own comes before it", async () => {
  await onS3(async ({ backend, s3 }) => {
    const cci = new BasicInterface(backend, { acl: "authenticated-read" });
    await cci.uploadObject("a", "1");
    await cci.uploadJson("b", 1, { acl: "private" });
    await cci.uploadJson("c", 1, { acl: undefined });
    assertEquals(
      s3.requests.filter(({ operation }) => operation === "PutObject").map(({ headers }) =>
        headers["x-amz-acl"]
      ),
      ["authenticated-read", "private", "authenticated-read"],
    );
  });
});
