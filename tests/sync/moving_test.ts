/** Moving, single objects, and what is copied whatever is there, from any store to any other. */
import { assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { CottonCandyError, InvalidArgumentError, NotFoundError } from "../../lib/errors.ts";
import { sync, SyncError, transferObject } from "../../lib/sync/mod.ts";
import { startS3 } from "../servers/s3.ts";
import { contents, fill, openers, told } from "./places.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const all = openers();
for (const [source, openSource] of all) {
  for (const [target, openTarget] of all) {
    // What is read and written is what sync does: what is deleted depends on the source. Within one store it is moved below.
    if (target !== "memory") continue;
    Deno.test(`${source} to ${target}: an object, and a tree, are moved with what belongs to them`, async () => {
      const from = await openSource();
      const to = await openTarget();
      try {
        await fill(from.backend, { "a/1": "one", "a/b/2": "two", ab: "stays" });
        await from.backend.put("x", bytes("ex"), { metadata: { dtype: "|u1" }, contentType: "text/plain" });
        const one = await transferObject({ backend: from.backend, name: "x" }, {
          backend: to.backend,
          name: "n/x",
        }, {
          move: true,
        });
        assertEquals([one.action, one.name, one.size], ["copy", "n/x", 2]);
        assertEquals((await to.backend.head("n/x"))?.metadata.dtype, "|u1");
        const { copied, failed } = await sync(
          { backend: from.backend, prefix: "a" },
          { backend: to.backend, prefix: "t" },
          { move: true, compare: "always" },
        );
        assertEquals([copied, failed], [2, 0]);
        assertEquals(await contents(to.backend), { "n/x": "ex", "t/1": "one", "t/b/2": "two" });
        assertEquals(await contents(from.backend), { ab: "stays" });
      } finally {
        await from.dispose();
        await to.dispose();
      }
    });
  }

  Deno.test(`${source}: within a store, objects are copied and moved, and never onto themselves`, async () => {
    const { backend, dispose } = await openSource();
    try {
      await fill(backend, { "a/1": "one", "a/2": "two" });
      const at = (name: string) => ({ backend, name });
      await transferObject(at("a/1"), at("c"));
      await transferObject(at("c"), at("d/c"), { move: true });
      assertEquals(await contents(backend), { "a/1": "one", "a/2": "two", "d/c": "one" });
      for (const move of [false, true]) {
        await assertRejects(
          () => transferObject(at("a/1"), at("a/1"), { move }),
          InvalidArgumentError,
          "onto itself",
        );
      }
      const tree = { backend, prefix: "a" };
      await assertRejects(
        () => sync(tree, { backend, prefix: "a/b" }, { move: true }),
        InvalidArgumentError,
        "choose places apart",
      );
      await sync(tree, { backend, prefix: "e" }, { move: true });
      assertEquals(await contents(backend), { "d/c": "one", "e/1": "one", "e/2": "two" });
    } finally {
      await dispose();
    }
  });
}

Deno.test("what is there is replaced, or left, as was asked", async () => {
  const from = new MemoryBackend();
  await fill(from, { "1": "new", "2": "new" });
  for (
    const [compare, expected, actions] of [
      ["always", { "1": "new", "2": "new" }, ["copy 1 asked", "copy 2 missing"]],
      ["missing", { "1": "old", "2": "new" }, ["skip 1 exists", "copy 2 missing"]],
      ["size", { "1": "old", "2": "new" }, ["skip 1 size", "copy 2 missing"]],
    ] as const
  ) {
    const [to, single] = [new MemoryBackend(), new MemoryBackend()];
    await fill(to, { "1": "old" });
    await fill(single, { "1": "old" });
    const { onAction, lines } = told();
    for (const dryRun of [true, false]) {
      await sync({ backend: from }, { backend: to }, { compare, onAction, dryRun });
    }
    assertEquals(lines(), [...actions, ...actions].sort());
    assertEquals(await contents(to), { ...expected });
    const done = await transferObject({ backend: from, name: "1" }, { backend: single, name: "1" }, {
      compare,
    });
    assertEquals(`${done.action} 1 ${done.reason}`, actions[0]);
    assertEquals(await contents(single), { "1": expected["1"] });
  }
});

Deno.test("a dry run of a move changes nothing", async () => {
  const [from, to] = [new MemoryBackend(), new MemoryBackend()];
  await fill(from, { "a/1": "one" });
  assertEquals((await sync({ backend: from }, { backend: to }, { move: true, dryRun: true })).copied, 1);
  const place = { backend: from, name: "a/1" };
  assertEquals(
    (await transferObject(place, { backend: to, name: "1" }, { move: true, dryRun: true })).action,
    "copy",
  );
  assertEquals([await contents(from), await contents(to)], [{ "a/1": "one" }, {}]);
});

Deno.test("what is moved while somebody replaces it is in both places, and the error says so", async () => {
  const from = new MemoryBackend();
  await fill(from, { a: "old" });
  const racing = new (class extends MemoryBackend {
    override async put(...args: Parameters<MemoryBackend["put"]>) {
      const result = await super.put(...args);
      await fill(from, { a: "new" });
      return result;
    }
  })();
  const error = await assertRejects(
    () => transferObject({ backend: from, name: "a" }, { backend: racing, name: "b" }, { move: true }),
    CottonCandyError,
    "is in both places now",
  );
  assertEquals(error.committed, "yes");
  assertEquals([await contents(from), await contents(racing)], [{ a: "new" }, { b: "old" }]);
  const failed = await assertRejects(
    () => sync({ backend: from }, { backend: racing }, { move: true }),
    SyncError,
  );
  assertEquals(failed.failed.map(({ key }) => key), ["a"]);
});

Deno.test("one bucket by two addresses is one place, and what is moved onto itself is kept", async () => {
  const s3 = await startS3({ buckets: ["bucket"] });
  const { region, credentials } = s3;
  const at = (endpoint: string) => new S3Backend({ bucket: "bucket", endpoint, region, credentials });
  const [from, slash, alias] = [
    at(s3.endpoint),
    at(`${s3.endpoint}/`),
    at(s3.endpoint.replace("127.0.0.1", "localhost")),
  ];
  try {
    await fill(from, { "a/b": "all of it" });
    await assertRejects(
      () =>
        sync({ backend: from, prefix: "a" }, { backend: slash, prefix: "a" }, {
          move: true,
          compare: "always",
        }),
      InvalidArgumentError,
      "choose places apart",
    );
    const other = { ...credentials, accessKeyId: "another" };
    const stranger = new S3Backend({
      bucket: "bucket",
      endpoint: `${s3.endpoint}/`,
      region,
      credentials: other,
    });
    await assertRejects(
      () => sync({ backend: from, prefix: "a" }, { backend: stranger }, { delete: true }),
      InvalidArgumentError,
      "choose places apart",
    );
    await assertRejects(
      () => transferObject({ backend: from, name: "a/b" }, { backend: slash, name: "a/b" }, { move: true }),
      InvalidArgumentError,
      "onto itself",
    );
    const error = await assertRejects(
      () =>
        sync({ backend: from, prefix: "a" }, { backend: alias, prefix: "a" }, {
          move: true,
          compare: "always",
        }),
      SyncError,
      "it is kept",
    );
    assertEquals(error.failed.map(({ key }) => key), ["a/b"]);
    assertEquals(await contents(from), { "a/b": "all of it" });
  } finally {
    for (const backend of [from, slash, alias]) backend.close();
    await s3.shutdown();
  }
});

Deno.test("a copy that is not what was copied keeps its source", async () => {
  const from = new MemoryBackend();
  await fill(from, { a: "all of it" });
  const losing = new (class extends MemoryBackend {
    override put(key: string) {
      return super.put(key, bytes("all"));
    }
  })();
  await assertRejects(
    () => transferObject({ backend: from, name: "a" }, { backend: losing, name: "b" }, { move: true }),
    CottonCandyError,
    "is not what was copied",
  );
  assertEquals(await contents(from), { a: "all of it" });
});

Deno.test("moving refuses what makes no sense", async () => {
  const [from, to] = [new MemoryBackend(), new MemoryBackend()];
  await assertRejects(
    () => sync({ backend: from }, { backend: to }, { move: true, delete: true }),
    InvalidArgumentError,
  );
  await fill(from, { there: "" });
  const missing = { backend: from, name: "missing" };
  await assertRejects(() => transferObject(missing, { backend: to, name: "x" }), NotFoundError);
  await assertRejects(
    () => transferObject({ backend: from, name: "there" }, { backend: to, name: "" }),
    InvalidArgumentError,
  );
});

Deno.test("a pattern that begins with / is of the place itself", async () => {
  const from = new MemoryBackend();
  await fill(from, { "p/x.npy": "", "p/d/x.npy": "", "p/d/e/y": "", "p/e/y": "" });
  for (
    const [pattern, names] of [
      ["/x.npy", ["x.npy"]],
      ["/*/x.npy", ["d/x.npy"]],
      ["/e/", ["e/y"]],
      ["x.npy", ["d/x.npy", "x.npy"]],
    ] as const
  ) {
    const to = new MemoryBackend();
    await sync({ backend: from, prefix: "p" }, { backend: to }, { filters: [{ include: pattern }] });
    assertEquals(Object.keys(await contents(to)).sort(), [...names], pattern);
  }
});
