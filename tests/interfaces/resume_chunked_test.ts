import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend, ObjectInfo } from "../../backends/backend.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../crypto/mod.ts";
import { type NDArray, ndarray } from "../../lib/array/mod.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
} from "../../lib/errors.ts";
import { abortUploads, listUploads } from "../../lib/objects/capabilities/mod.ts";
import { memoryResumeStore, type ResumeStore } from "../../lib/objects/resuming/mod.ts";
import { type ChunkedWriteOptions, openChunked, writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { delegate } from "../backends/delegate.ts";
import { inDirectory } from "../backends/local/directory.ts";

const LENGTH = 10;
/** Two items a chunk: five chunks. */
const CHUNKS = 2;

function ramp(add = 0, length = LENGTH) {
  return ndarray(Float32Array.from({ length }, (_, i) => i + add), [length]);
}

/** A store whose line breaks when it is told to, and which tells what was put. */
class Scene {
  readonly store: Backend;
  readonly resume: ResumeStore = memoryResumeStore();
  readonly warnings: CottonCandyWarning[] = [];
  puts: string[] = [];
  /** The name of an object that can't be stored; by `lost` it can, and the answer is lost. */
  broken: string | undefined;
  lost = false;
  readonly backend: Backend;

  constructor(store: Backend = new MemoryBackend()) {
    this.store = store;
    this.backend = delegate(store, {
      put: async (key, body, options) => {
        const fails = key === this.broken;
        if (!fails || this.lost) {
          const result = await store.put(key, body, options);
          this.puts.push(key.slice(key.indexOf("/") + 1));
          if (!fails) return result;
        }
        throw new ConnectionError("the line is dead", { key, committed: this.lost ? "unknown" : "no" });
      },
    });
  }

  async write(array: NDArray = ramp(), options: ChunkedWriteOptions = {}) {
    this.puts = [];
    return await writeChunked(this.backend, "a", array, {
      chunks: CHUNKS,
      concurrency: 1,
      resume: this.resume,
      onWarning: (warning) => void this.warnings.push(warning),
      ...options,
    });
  }

  /** An upload that breaks off. */
  async breakOff(at = "a/pt0003", array: NDArray = ramp(), options: ChunkedWriteOptions = {}) {
    this.broken = at;
    const error = await assertRejects(
      () => this.write(array, options),
      ConnectionError,
      "the same call goes on",
    );
    this.broken = undefined;
    assertEquals(await this.resume.list(), [error.resume ?? "none"]);
    return error;
  }

  async read(): Promise<unknown> {
    return (await (await openChunked(this.backend, "a")).toArray()).toNested();
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const entry of this.store.list()) keys.push((entry as ObjectInfo).key);
    return keys;
  }

  kinds(): string[] {
    return this.warnings.map(({ kind }) => kind);
  }

  async assertDone(array: NDArray = ramp()) {
    assertEquals(await this.read(), array.toNested());
    assertEquals(await this.resume.list(), [], "nothing is remembered");
    const { length } = await this.keys();
    assertEquals(length, 1 + Math.ceil(array.size / CHUNKS), "nothing is left behind");
  }
}

const isWhole = ["pt0000", "pt0001", "pt0002", "pt0003", "pt0004", "metadata.json"];

for (
  const [name, work] of Object.entries({
    memory: (test: (store: Backend) => Promise<void>) => test(new MemoryBackend()),
    "a directory": (test: (store: Backend) => Promise<void>) =>
      inDirectory((directory) => test(new LocalBackend(directory))),
    "an encrypted store": (test: (store: Backend) => Promise<void>) =>
      test(new EncryptingBackend(new MemoryBackend(), aesKeys(generateAesKey()))),
  })
) {
  Deno.test(`a chunked upload that broke off goes on with the same call, and sends no chunk again: ${name}`, () =>
    work(async (store) => {
      const scene = new Scene(store);
      const error = await scene.breakOff();
      assertEquals([error.committed, await store.head("a/metadata.json")], ["no", undefined]);
      const loaded: number[] = [];
      const result = await scene.write(ramp(), {
        onProgress: (progress) => void loaded.push(progress.loaded),
      });
      assertEquals(scene.puts, ["pt0003", "pt0004", "metadata.json"]);
      assertEquals([result.key, result.size, result.chunks], ["a/metadata.json", loaded.at(-1), [[
        2,
        2,
        2,
        2,
        2,
      ]]]);
      await scene.assertDone();
      assertEquals(scene.warnings, []);
    }));
}

for (const compression of [false, "gzip", true] as const) {
  Deno.test(`whether parts are raw is told right of parts that were there: ${compression}`, async () => {
    const scene = new Scene();
    const array = ndarray(new Float64Array(40000), [40000]);
    const options = { compression, chunks: 10000 };
    await scene.breakOff("a/pt0002", array, options);
    const { metadata } = await scene.write(array, options);
    assertEquals(scene.puts, ["pt0002", "pt0003", "metadata.json"]);
    assertEquals(metadata["cc-parts"], compression === false ? "raw" : undefined);
    assertEquals((await openChunked(scene.store, "a")).shape, [40000]);
  });
}

Deno.test("slabs are read again from their beginning, and chunks of other items are sent again", async () => {
  const scene = new Scene();
  const slabs = (add: number) => ({
    shape: [LENGTH],
    dtype: "<f4" as const,
    slabs: [ndarray(ramp().data.slice(0, 5), [5]), ndarray(ramp(add).data.slice(5), [5])],
  });
  scene.broken = "a/pt0004";
  const write = (add: number) =>
    writeChunked(scene.backend, "a", slabs(add), { chunks: CHUNKS, concurrency: 1, resume: scene.resume });
  await assertRejects(() => write(0), ConnectionError);
  scene.broken = undefined;
  scene.puts = [];
  await write(100);
  // The third chunk has one item of each slab.
  assertEquals(scene.puts, ["pt0002", "pt0003", "pt0004", "metadata.json"]);
  await scene.assertDone(ndarray(Float32Array.from([0, 1, 2, 3, 4, 105, 106, 107, 108, 109]), [LENGTH]));
});

for (
  const [change, array, options, count] of [
    ["another shape", ramp(0, 8), {}, 4],
    ["another dtype", ndarray(Int32Array.from(ramp().data), [LENGTH]), {}, 5],
    ["other chunks", ramp(), { chunks: 5 }, 2],
    ["another codec", ramp(), { compression: "Zstd" }, 5],
    ["another level", ramp(), { level: 2 }, 5],
    ["other metadata", ramp(), { metadata: { run: "7" } }, 5],
  ] as const
) {
  Deno.test(`an upload begins anew with a warning, and its chunks are removed: ${change}`, async () => {
    const scene = new Scene();
    await scene.breakOff();
    await scene.write(array, options);
    assertEquals(scene.puts.length, count + 1);
    assertEquals(scene.kinds(), ["resume"]);
    assertEquals((await scene.keys()).length, count + 1);
    assertEquals(await scene.read(), array.toNested());
    assertEquals(await scene.resume.list(), []);
  });
}

Deno.test("an array that is there stays until the new one is complete, and both kills leave it whole", async () => {
  const scene = new Scene();
  await writeChunked(scene.store, "a", ramp(50), { chunks: CHUNKS });
  await scene.breakOff("a/pt0007");
  assertEquals(await scene.read(), ramp(50).toNested());
  await scene.breakOff("a/pt0008");
  assertEquals(await scene.read(), ramp(50).toNested());
  assertEquals(scene.puts, ["pt0007"]);
  await scene.write();
  assertEquals(scene.puts, ["pt0008", "pt0009", "metadata.json"]);
  await scene.assertDone();
});

Deno.test("another array that was stored meanwhile is not damaged, whatever its parts are called", async () => {
  const scene = new Scene();
  await scene.breakOff();
  // Numbers from 3 on, since the leftover chunks have those before, which are removed then; from 8 on; and from 0 on.
  for (const add of [50, 60, 70]) await writeChunked(scene.store, "a", ramp(add), { chunks: CHUNKS });
  assert((await scene.keys()).includes("a/pt0000"));
  await scene.breakOff("a/pt0006");
  assertEquals(scene.kinds(), ["resume"]);
  assertEquals(await scene.read(), ramp(70).toNested());
  await scene.write();
  await scene.assertDone();
});

Deno.test("a chunk of somebody else under a name of the upload's is not taken for its own", async () => {
  const scene = new Scene();
  await scene.breakOff();
  const { metadata } = await scene.store.head("a/pt0001") ?? {};
  await scene.store.put("a/pt0001", new Uint8Array(8), {
    metadata: { ...metadata, "cc-generation": "another" },
  });
  await scene.store.put("a/pt0002", new Uint8Array(8), { metadata: { ...metadata, "cc-digest": "another" } });
  await scene.write();
  assertEquals(scene.puts, ["pt0001", "pt0002", "pt0003", "pt0004", "metadata.json"]);
  await scene.assertDone();
});

Deno.test("a lost answer to metadata.json is found by the same call, which sends nothing", async () => {
  const scene = new Scene();
  scene.lost = true;
  const error = await scene.breakOff("a/metadata.json");
  assertEquals(error.committed, "unknown");
  const result = await scene.write();
  assertEquals(scene.puts, []);
  assertEquals(Object.keys(result).sort(), ["chunks", "etag", "key", "metadata", "size", "versionId"]);
  await scene.assertDone();
});

Deno.test("a complete array whose record was left is never overwritten in place by another", async () => {
  const scene = new Scene();
  scene.lost = true;
  await scene.breakOff("a/metadata.json");
  const error = await assertRejects(() => scene.write(ramp(50)), IntegrityError, "call again");
  assertEquals([error.committed, scene.puts], ["no", []]);
  assertEquals(await scene.read(), ramp().toNested());
  await scene.write(ramp(50));
  await scene.assertDone(ramp(50));
});

Deno.test("with overwrite: false an upload goes on over its own chunks, and is ended by an array of somebody else", async () => {
  const scene = new Scene();
  const options = { overwrite: false };
  await scene.breakOff("a/pt0003", ramp(), options);
  await scene.write(ramp(1), options);
  assertEquals(scene.puts, isWhole);
  await scene.assertDone(ramp(1));

  const other = new Scene();
  await other.breakOff("a/pt0003", ramp(), options);
  await other.store.put("a/metadata.json", new TextEncoder().encode("{}"));
  await assertRejects(() => other.write(ramp(), options), AlreadyExistsError);
});

Deno.test("nothing is mixed by two processes that send two arrays for one record", async () => {
  const scene = new Scene();
  await scene.breakOff("a/pt0003");
  // While this one sends its last chunk, another process replaces the first.
  const intruder = new Scene(scene.store);
  const racing = delegate(scene.backend, {
    async put(key, body, options) {
      if (key === "a/pt0004") {
        await assertRejects(() =>
          writeChunked(
            delegate(intruder.backend, {
              put: (key, body, options) =>
                key === "a/pt0001"
                  ? Promise.reject(new ConnectionError("killed", { key }))
                  : scene.store.put(key, body, options),
            }),
            "a",
            ramp(50),
            { chunks: CHUNKS, concurrency: 1, resume: scene.resume },
          ), ConnectionError);
      }
      return await scene.backend.put(key, body, options);
    },
  });
  const options = { chunks: CHUNKS, concurrency: 1, resume: scene.resume };
  await assertRejects(() => writeChunked(racing, "a", ramp(), options), IntegrityError, "another process");
  assertEquals(await scene.store.head("a/metadata.json"), undefined);
  await scene.write();
  assertEquals(scene.puts, ["pt0000", "metadata.json"]);
  await scene.assertDone();
});

Deno.test("two processes that send one array at a time both end well", async () => {
  const scene = new Scene();
  await scene.breakOff("a/pt0002");
  await Promise.all([scene.write(), scene.write()]);
  await scene.assertDone();
});

Deno.test("an upload that another process completes or ends meanwhile changes nothing any more", async () => {
  for (const theirs of [ramp(50), undefined]) {
    const scene = new Scene();
    const { resume, store } = scene;
    const racing = delegate(store, {
      async put(key, body, options) {
        const result = await store.put(key, body, options);
        if (key !== "a/pt0001") return result;
        if (theirs) await writeChunked(store, "a", theirs, { chunks: CHUNKS, resume });
        else await abortUploads(store, { resume, olderThan: 0 });
        return result;
      },
    });
    const error = await assertRejects(
      () => writeChunked(racing, "a", ramp(), { chunks: CHUNKS, concurrency: 1, resume }),
      CottonCandyError,
    );
    assertEquals(error.name, theirs ? "IntegrityError" : "PreconditionFailedError");
    assertEquals([error.committed, error.resume, await resume.list()], ["no", undefined, []]);
    if (theirs) await scene.assertDone(theirs);
    else assertEquals(await scene.keys(), []);
  }
});

Deno.test("abortUploads ends an upload of chunks, and removes those alone; a complete array stays", async () => {
  const scene = new Scene();
  await writeChunked(scene.store, "a", ramp(50), { chunks: CHUNKS });
  await scene.store.put("a/pt0100", new Uint8Array(3));
  await scene.breakOff("a/pt0007");
  const before = (await scene.keys()).length;
  const { resume } = scene;
  const listed = await Array.fromAsync(listUploads(scene.backend, { resume }));
  assertEquals(listed.map(({ key, source }) => [key, source]), [["a/metadata.json", ""]]);
  assertEquals((await abortUploads(scene.backend, { resume, olderThan: 60000 })).length, 0);
  assertEquals((await abortUploads(scene.backend, { resume, olderThan: 0 })).map(({ key }) => key), [
    "a/metadata.json",
  ]);
  assertEquals(before - (await scene.keys()).length, 2);
  assertEquals([await scene.read(), await resume.list()], [ramp(50).toNested(), []]);

  scene.lost = true;
  await scene.breakOff("a/metadata.json");
  await abortUploads(scene.backend, { resume, olderThan: 0 });
  assertEquals([await scene.read(), await resume.list()], [ramp().toNested(), []]);
});

Deno.test("ending an upload of chunks ends the uploads of those alone, and none of what has a name that begins like one", () =>
  inDirectory(async (directory) => {
    const scene = new Scene(new LocalBackend(directory));
    await scene.breakOff("a/pt0002");
    const names = ["pt0001", "pt0001.backup", "pt00010", "pt0001/x", "pt0100"];
    for (const name of names) await scene.store.startUpload!(`a/${name}`, { size: 5 });
    const { resume } = scene;
    await scene.write(ramp(50), { resume });
    assertEquals(
      (await Array.fromAsync(listUploads(scene.store))).map(({ key }) => key.slice(2)),
      ["pt0001.backup", "pt0001/x", "pt00010", "pt0100"],
    );
  }));

Deno.test("ending an upload of chunks leaves what somebody else stores in their place meanwhile", async () => {
  const scene = new Scene();
  await scene.breakOff("a/pt0003");
  const racing = delegate(scene.store, {
    async *delete(items, options) {
      await scene.store.put("a/pt0001", new Uint8Array([7]));
      yield* scene.store.delete(items, options);
    },
  });
  const { resume } = scene;
  await abortUploads(racing, { resume, olderThan: 0 });
  assertEquals([await scene.keys(), await resume.list()], [["a/pt0001"], []]);
});

Deno.test("an abort keeps what has arrived; what fails before anything is stored is forgotten", async () => {
  const scene = new Scene();
  const abort = new AbortController();
  const reason = new Error("enough");
  const slow = delegate(scene.backend, {
    async put(key, body, options) {
      if (key === "a/pt0002") abort.abort(reason);
      options?.signal?.throwIfAborted();
      return await scene.backend.put(key, body, options);
    },
  });
  const options = { chunks: CHUNKS, concurrency: 1, resume: scene.resume, signal: abort.signal };
  assertEquals(await assertRejects(() => writeChunked(slow, "a", ramp(), options)), reason);
  assertEquals([await scene.keys(), (await scene.resume.list()).length], [["a/pt0000", "a/pt0001"], 1]);
  await scene.write();
  assertEquals(scene.puts, ["pt0002", "pt0003", "pt0004", "metadata.json"]);
  await scene.assertDone();

  const none = new Scene();
  const error = await assertRejects(
    () => none.write(ramp(), { compression: "none" as "gzip" }),
    CottonCandyError,
  );
  assert(!error.message.includes("kept"), error.message);
  assertEquals([await none.resume.list(), await none.keys()], [[], []]);
});

Deno.test("who may not read is told so before anything is stored", async () => {
  const scene = new Scene();
  const blind = delegate(scene.backend, {
    open: (key) => Promise.reject(new AccessDeniedError("no", { key })),
  });
  const options = { chunks: CHUNKS, resume: scene.resume };
  await assertRejects(() => writeChunked(blind, "a", ramp(), options), AccessDeniedError);
  assertEquals([scene.puts, await scene.resume.list()], [[], []]);
});
