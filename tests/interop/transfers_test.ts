// What is synced, and what two processes have uploaded, is for Python what it was.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalBackend } from "../../backends/local/mod.ts";
import { memoryResumeStore } from "../../lib/objects/resuming/mod.ts";
import { sync } from "../../lib/sync/mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { pattern } from "../../testing/case.ts";
import { type ArrayCase, everyDtype, everyShape, ours } from "./arrays.ts";
import { each } from "./each.ts";
import { Reference } from "./reference.ts";
import { sharedStores } from "./stores.ts";

const MiB = 2 ** 20;
/** A copy knows nothing of dtypes: one of each kind that is told in a way of its own. */
const kinds = ["be-f8", "U3", "M8", "c16", "nested"];
const cases: readonly ArrayCase[] = [...everyShape, ...everyDtype.filter(({ name }) => kinds.includes(name))];
const python = new Reference("current");
Deno.test.afterAll(() => python[Symbol.asyncDispose]());
const [local, moto] = await sharedStores("transfers", { partSize: 5 * MiB });

Deno.test("arrays that are synced from a directory to S3, to a directory and to S3 again are Python's as they were", async () => {
  const path = await Deno.makeTempDir({ prefix: "cottoncandy-interop-" });
  try {
    for (const array of cases) {
      await local.cci.uploadRawArray(`first/ours/${array.name}`, ours(array, "C"), { compression: false });
      await python.uploadRaw(local.python, `first/python/${array.name}`, { ...array, dtype: array.descr }, {
        compression: "Zstd",
        metadata: { subject: "sub01" },
      });
    }
    const there = { backend: new LocalBackend(path), prefix: "second" };
    // Each as Python opens it, and as a place to sync.
    const places = [
      [local.python, { backend: local.cci.backend, prefix: "first" }],
      [moto.python, { backend: moto.cci.backend, prefix: "first" }],
      [{ backend: "local", path }, there],
      [moto.python, { backend: moto.cci.backend, prefix: "third" }],
    ] as const;
    for (const [i, [, to]] of places.entries()) {
      if (i === 0) continue;
      const from = places[i - 1][1];
      // What was stored this very second may change unseen in it: the next run would copy it once more.
      await new Promise((resolve) => setTimeout(resolve, 2100));
      const { copied, skipped } = await sync(from, to);
      assertEquals([copied, skipped], [2 * cases.length, 0]);
      const again = await sync(from, to, { compare: "time" });
      assertEquals([again.copied, again.skipped], [0, 2 * cases.length]);
    }
    await each(
      places.slice(2),
      ([store, { prefix }]) => `${store.backend} ${prefix}`,
      async ([store, { prefix }]) => {
        for (const { name, dtype, shape, bytes } of cases) {
          for (const writer of ["ours", "python"]) {
            const read = await python.downloadRaw(store, `${prefix}/${writer}/${name}`);
            assertEquals([read.dtype, read.shape, read.bytes.toHex()], [dtype, shape, bytes.toHex()], name);
          }
        }
      },
    );
    const [{ name }] = cases;
    const { metadata } = await python.downloadObject(moto.python, `third/python/${name}`);
    assertEquals(metadata["subject"], "sub01");
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("a file whose upload broke off and went on is read by Python, with its metadata", async () => {
  const path = await Deno.makeTempFile({ prefix: "cottoncandy-interop-" });
  try {
    const bytes = pattern(12 * MiB + 5);
    await Deno.writeFile(path, bytes);
    const resume = memoryResumeStore();
    const stop = new AbortController();
    const options = { resume, metadata: { subject: "sub01" }, concurrency: 1 };
    await assertRejects(() =>
      moto.cci.uploadFromFile(path, "resumed", {
        ...options,
        signal: stop.signal,
        onProgress: ({ loaded }) => void (loaded > 6 * MiB && stop.abort()),
      })
    );
    assertEquals((await resume.list()).length, 1);
    const loaded: number[] = [];
    await moto.cci.uploadFromFile(path, "resumed", {
      ...options,
      onProgress: (progress) => loaded.push(progress.loaded),
    });
    assert(loaded[0] > 4 * MiB, "what arrived before is not sent again");
    const { body, metadata } = await python.downloadObject(moto.python, "resumed");
    assertBytes(body, bytes);
    assertEquals(metadata, { subject: "sub01" });
  } finally {
    await Deno.remove(path);
  }
});
