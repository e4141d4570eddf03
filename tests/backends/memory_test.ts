import { assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { conformance } from "../../testing/mod.ts";

conformance(
  "memory",
  () => {
    const name = `conformance-${crypto.randomUUID()}`;
    return Promise.resolve({
      backend: new MemoryBackend(name),
      reopen: () => new MemoryBackend(name),
      dispose: () => Promise.resolve(),
    });
  },
);

Deno.test("backends of one name share their objects, those without a name don't", async () => {
  const name = `shared-${crypto.randomUUID()}`;
  const one = new MemoryBackend(name);
  await one.put("a", new Uint8Array([1]));
  assertEquals((await new MemoryBackend(name).head("a"))?.size, 1);
  assertEquals(one.name, `memory://${name}`);
  assertEquals(await new MemoryBackend().head("a"), undefined);
  assertEquals(await new MemoryBackend("memory").head("a"), undefined);
  assertEquals((await one.buckets.list()).some((bucket) => bucket.name === name), true);
});

Deno.test("a size that is a lie is not trusted with memory", async () => {
  const backend = new MemoryBackend();
  const body = () => new Blob(["abc"]).stream();
  await assertRejects(() => backend.put("a", body(), { size: 2 ** 50 }), Error, "the data end after 3 of");
  assertEquals(await backend.head("a"), undefined);
});

Deno.test("bytes in shared memory are copied", async () => {
  const backend = new MemoryBackend();
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([1, 2, 3]);
  await backend.put("a", shared);
  shared.fill(0);
  assertEquals([...await (await backend.open("a")).read()], [1, 2, 3]);
});

Deno.test("an object can be put over itself while it is being read", async () => {
  const backend = new MemoryBackend();
  await backend.put("a", new Uint8Array(100_000).fill(1));
  await backend.put("a", (await backend.open("a")).stream());
  assertEquals((await backend.head("a"))?.size, 100_000);
});
