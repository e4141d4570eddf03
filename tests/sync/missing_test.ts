/** `compare: "missing"`, where somebody stores an object after the target was listed. */
import { assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { AlreadyExistsError, PreconditionFailedError } from "../../lib/errors.ts";
import { memoryResumeStore } from "../../lib/entries/resume.ts";
import { sync, SyncError, transferObject } from "../../lib/sync/mod.ts";
import { delegate } from "../backends/delegate.ts";
import { startS3 } from "../servers/s3.ts";
import { contents, directoryPlace, fill, openers, told } from "./places.ts";

/** The store, in which somebody stores `theirs` right before the first write to it. */
function raced(store: Backend, theirs: Readonly<Record<string, string>>): Backend {
  let raced = false;
  const race = async () => {
    if (raced) return;
    raced = true;
    await fill(store, theirs);
  };
  return delegate(store, {
    put: async (...args) => {
      await race();
      return await store.put(...args);
    },
    copy: async (...args) => {
      await race();
      return await store.copy(...args);
    },
    startUpload: store.startUpload && (async (...args) => {
      const token = await store.startUpload!(...args);
      await race();
      return token;
    }),
    move: store.move && (async (...args) => {
      await race();
      return await store.move!(...args);
    }),
  });
}

for (const [name, open] of openers()) {
  Deno.test(`${name}: "missing" leaves what is stored after the listing, where the store decides on it`, async () => {
    for (const move of [false, true]) {
      const { backend, dispose } = await open();
      try {
        if (!backend.capabilities.atomicCreate) continue;
        const from = new MemoryBackend();
        await fill(from, { a: "ours", b: "ours" });
        const progress: string[] = [];
        const { onAction, lines } = told();
        const done = await sync({ backend: from }, { backend: raced(backend, { a: "theirs" }) }, {
          ...{ compare: "missing", move, concurrency: 1, onAction },
          onProgress: ({ bytes, objects }) =>
            progress.push(`${objects.done}/${objects.found} ${bytes.done}/${bytes.found}`),
        });
        assertEquals(done, { copied: 1, skipped: 1, deleted: 0, bytes: 4, failed: 0 });
        assertEquals(lines(), ["copy b missing", "skip a exists"]);
        assertEquals(progress.at(-1), "2/2 4/4");
        assertEquals(await contents(backend), { a: "theirs", b: "ours" });
        assertEquals(Object.keys(await contents(from)), move ? ["a"] : ["a", "b"]);
        const source = { backend: from, name: "a" };
        const target = { backend: raced(backend, { "c": "theirs" }), name: "c" };
        const one = await transferObject(source, target, { compare: "missing", move });
        assertEquals(one, { action: "skip", reason: "exists", name: "c", size: 4 });
        assertEquals((await contents(backend)).c, "theirs");
        await fill(backend, { "x/a": "ours" });
        const within = raced(backend, { "y/a": "theirs" });
        await sync({ backend: within, prefix: "x" }, { backend: within, prefix: "y" }, {
          compare: "missing",
          move,
        });
        const { "x/a": x, "y/a": y } = await contents(backend);
        assertEquals([x, y], ["ours", "theirs"]);
      } finally {
        await dispose();
      }
    }
  });
}

Deno.test("an upload that is remembered replaces nothing that came meanwhile", async () => {
  const [from, to, resume] = [new MemoryBackend(), new MemoryBackend(), memoryResumeStore()];
  await from.put("a", new Uint8Array(9 * 1024 * 1024));
  const done = await sync({ backend: from }, { backend: raced(to, { a: "theirs" }) }, {
    compare: "missing",
    resume,
  });
  assertEquals([done.copied, done.skipped], [0, 1]);
  assertEquals(await contents(to), { a: "theirs" });
});

Deno.test("a copy whose answer is lost is not told as somebody else's", async () => {
  const s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const retries = { attempts: 3, delay: 1 };
  const to = new S3Backend({
    ...{ bucket: "bucket", endpoint, region, credentials, retries },
    conditionalWrites: true,
  });
  try {
    const from = new MemoryBackend();
    await fill(from, { a: "ours" });
    s3.inject({ operation: "PutObject", kind: "loseAnswer", times: 1 });
    const { failed: [{ error }] } = await assertRejects(
      () => sync({ backend: from }, { backend: to }, { compare: "missing", move: true }),
      SyncError,
    );
    assertEquals([error instanceof AlreadyExistsError && error.committed], ["unknown"]);
    assertEquals([await contents(from), await contents(to)], [{ a: "ours" }, { a: "ours" }]);
  } finally {
    to.close();
    await s3.shutdown();
  }
});

for (const theirs of [undefined, "theirs"]) {
  Deno.test(`a file that is changed while it is copied is copied again over its own copy${theirs ? " alone" : ""}`, async () => {
    await using from = await directoryPlace();
    const store = new MemoryBackend();
    await Deno.writeTextFile(`${from.path}/a`, "1");
    let puts = 0;
    const slow = delegate(store, {
      put: async (key, body, options) => {
        const result = await store.put(key, body, options);
        if (++puts > 1) return result;
        await Deno.writeTextFile(`${from.path}/a`, "22");
        if (theirs !== undefined) await fill(store, { a: theirs });
        await new Promise((resolve) => setTimeout(resolve, 600));
        return result;
      },
    });
    const copied = sync(from, { backend: slow }, { compare: "missing" });
    if (theirs === undefined) assertEquals((await copied).copied, 1);
    else {
      const { failed: [{ error }] } = await assertRejects(() => copied, SyncError);
      assertEquals(error instanceof PreconditionFailedError, true);
    }
    assertEquals(await contents(store), { a: theirs ?? "22" });
  });
}
