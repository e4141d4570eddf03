import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { arrayFromBytes, type NDArray, ndarray } from "../../lib/array/mod.ts";
import { SparseArray } from "../../lib/array/sparse/mod.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  ConnectionError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PartialFailureError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { DefaultInterface } from "../../lib/interface/array.ts";
import { openChunked, writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeDict } from "../../lib/stored_arrays/dict.ts";
import { type RawWriteOptions, readRaw, writeRaw } from "../../lib/stored_arrays/raw.ts";
import { readSparse, writeSparse } from "../../lib/stored_arrays/sparse.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { delegate } from "../backends/delegate.ts";
import type { GoldenEntry } from "../golden.ts";
import { denied, refusing } from "./failing.ts";
import { forEachStore, withStore } from "./stores.ts";

async function keysOf(backend: Backend, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list({ prefix })) if ("key" in entry) keys.push(entry.key);
  return keys;
}

async function textOf(backend: Backend, key: string): Promise<string> {
  return new TextDecoder().decode(await (await backend.open(key)).read());
}

/** Names, dtypes, shapes and bytes. */
function partsOf(sparse: SparseArray): string[] {
  return Object.entries<NDArray>({ ...sparse.parts }).map(([name, part]) =>
    `${name} ${part.dtype} [${part.shape}] ${part.toBytes().toHex()}`
  ).sort();
}

function csr(first = 1): SparseArray<"csr"> {
  return new SparseArray("csr", [2, 3], { data: [first, 2, 3], indices: [0, 2, 1], indptr: [0, 2, 3] });
}

/** One of each format, with values of several dtypes. */
const arrays: readonly SparseArray[] = [
  csr(),
  new SparseArray("csc", [2, 3], { data: Float32Array.of(1, 2), indices: [0, 1], indptr: [0, 1, 1, 2] }),
  new SparseArray("bsr", [2, 4], {
    data: ndarray(Int8Array.of(1, 2, 3, 4), [1, 2, 2]),
    indices: [1],
    indptr: [0, 1],
  }),
  new SparseArray("coo", [2, 3], {
    row: BigInt64Array.of(1n, 1n),
    col: BigInt64Array.of(2n, 2n),
    data: [true, true],
  }),
  new SparseArray("dia", [3, 3], { data: [[1n, 2n, 3n], [4n, 5n, 6n]], offsets: [0, -1] }),
  new SparseArray("coo", [1, 1], {
    row: [0],
    col: [0],
    data: ndarray(Float64Array.of(1, -2), [1], { dtype: "<c16" }),
  }),
  new SparseArray("csr", [1, 2], {
    data: arrayFromBytes(new Uint8Array([1, 2]), { dtype: ">i2", shape: [1] }),
    indices: [1],
    indptr: [0, 1],
  }),
  new SparseArray("csr", [0, 5], { data: [], indices: [], indptr: [0] }),
  new SparseArray("coo", [4, 0], { row: [], col: [], data: new BigUint64Array() }),
];

const GENERATION = "cc-generation";

forEachStore((store, open) => {
  Deno.test(`sparse arrays on ${store}: every format comes back bit for bit, whatever the codec`, async () => {
    await withStore(open, async ({ backend }) => {
      for (const compression of [true, false, "gzip", "Zstd"] as const) {
        for (const [i, array] of arrays.entries()) {
          await writeSparse(backend, `all/${i}`, array, { compression });
          const back = await readSparse(backend, `all/${i}`);
          assertEquals([back.format, back.shape], [array.format, array.shape]);
          assertEquals(partsOf(back), partsOf(array));
          assertEquals(back.toDense().toBytes(), array.toDense().toBytes());
        }
      }
    });
  });

  Deno.test(`sparse arrays on ${store}: a folder as Python writes it`, async () => {
    await withStore(open, async ({ backend }) => {
      const options = { metadata: { Run: "7" }, compression: "gzip", contentType: "text/x-test" } as const;
      const result = await writeSparse(backend, "//sp//csr/", csr(), options);
      assertEquals(await keysOf(backend), [
        "sp/csr/data",
        "sp/csr/indices",
        "sp/csr/indptr",
        "sp/csr/metadata.json",
      ]);
      assertEquals(
        await textOf(backend, "sp/csr/metadata.json"),
        '{"type": "csr", "attrs": ["data", "indices", "indptr"], "shape": [2, 3]}',
      );
      let size = 0;
      for await (const entry of backend.list()) if ("size" in entry) size += entry.size;
      assertEquals([result.key, result.size, result.metadata.run], ["sp/csr/metadata.json", size, "7"]);
      const about = await backend.head("sp/csr/metadata.json");
      const { [GENERATION]: generation, ...user } = about!.metadata;
      assertEquals([user, about!.contentType], [{ run: "7" }, "text/x-test"]);
      const { metadata } = (await backend.head("sp/csr/indptr"))!;
      assertEquals(metadata, {
        dtype: "<i4",
        shape: "3",
        compression: "gzip",
        order: "C",
        [GENERATION]: generation,
      });
      assertEquals((await readRaw(backend, "sp/csr/indices")).toNested(), [0, 2, 1]);
    });
  });

  Deno.test(`sparse arrays on ${store}: lil and dok are stored as csr`, async () => {
    await withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend, { prefix: "lab" });
      const rows = [{ indices: [2, 0], data: [1, 2] }, { indices: [], data: [] }];
      await cci.uploadSparseArray("lil", { format: "lil", shape: [2, 3], rows });
      const entries = new Map<[number, number], number>([[[1, 0], 4]]);
      await cci.uploadSparseArray("dok", { format: "dok", shape: [2, 3], entries, dtype: "|i1" });
      assertEquals((await keysOf(backend)).length, 8);
      const [lil, dok] = [await cci.downloadSparseArray("lil"), await cci.downloadSparseArray("/dok")];
      assertEquals([lil.format, lil.toDense().toNested()], ["csr", [[2, 0, 1], [0, 0, 0]]]);
      assertEquals([dok.format, dok.dtype, dok.toDense().toNested()], ["csr", "|i1", [[0, 0, 0], [4, 0, 0]]]);
      const record = { format: "coo", shape: [1, 2], parts: { row: [0], col: [1], data: [7] } } as const;
      await cci.uploadSparseArray("record", record);
      assertEquals((await cci.downloadSparseArray("record")).toDense().toNested(), [[0, 7]]);
    });
  });

  Deno.test(`sparse arrays on ${store}: one that is there is replaced, and its other parts are removed`, async () => {
    await withStore(open, async ({ backend }) => {
      await writeSparse(backend, "a", csr());
      await writeRaw(backend, "a/notes", [1]);
      await writeSparse(backend, "a", arrays[4]);
      assertEquals(await keysOf(backend), ["a/data", "a/metadata.json", "a/notes", "a/offsets"]);
      assertEquals((await readSparse(backend, "a")).format, "dia");
      await writeSparse(backend, "a", csr(9));
      assertEquals((await readSparse(backend, "a")).toDense().get(0, 0), 9);
      const error = await assertRejects(
        () => writeSparse(backend, "a", csr(), { overwrite: false }),
        AlreadyExistsError,
      );
      assertEquals([error.key, error.committed], ["a/metadata.json", "no"]);
      assertEquals((await readSparse(backend, "a")).toDense().get(0, 0), 9);
      // A part that belongs to nothing is not overwritten either, nor removed.
      await writeRaw(backend, "b/indices", [5]);
      await assertRejects(() => writeSparse(backend, "b", csr(), { overwrite: false }), AlreadyExistsError);
      assertEquals(await keysOf(backend, "b"), ["b/indices"]);
      await writeSparse(backend, "c", csr(), { overwrite: false });
      assertEquals((await readSparse(backend, "c")).nnz, 3);
    });
  });

  for (const wrong of ["a/indices", "a/metadata.json"]) {
    Deno.test(`sparse arrays on ${store}: when "${wrong}" can't be stored nothing of it is left`, async () => {
      await withStore(open, async ({ backend }) => {
        const upload = (options?: RawWriteOptions) =>
          writeSparse(refusing(backend, wrong), "a", csr(), options);
        const error = await assertRejects(() => upload(), AccessDeniedError, wrong);
        assertEquals([error.key, await keysOf(backend)], [wrong, []]);
        // What was there is lost, which a warning tells, and readers hear of.
        await writeSparse(backend, "a", csr());
        const warnings: CottonCandyWarning[] = [];
        const onWarning = (warning: CottonCandyWarning) => void warnings.push(warning);
        await assertRejects(() => upload({ onWarning }), AccessDeniedError);
        assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["leftover", "a"]]);
        const lost = await assertRejects(() => readSparse(backend, "a"), NotFoundError, "has lost its part");
        assert(lost.key?.startsWith("a/"));
      });
    });
  }

  Deno.test(`sparse arrays on ${store}: an abort in mid-way leaves nothing, and rejects with its reason`, async () => {
    await withStore(open, async ({ backend }) => {
      const abort = new AbortController();
      const reason = new Error("enough");
      const slow = delegate(backend, {
        async put(key, body, options) {
          const result = await backend.put(
            key,
            body,
            key.endsWith("indptr") ? options : { ...options, signal: undefined },
          );
          if (key === "a/data") abort.abort(reason);
          return result;
        },
      });
      const { signal } = abort;
      const error = await assertRejects(() => writeSparse(slow, "a", csr(), { signal, concurrency: 2 }));
      assertStrictEquals(error, reason);
      assertEquals(await keysOf(backend), []);
      await writeSparse(backend, "a", csr());
      assertStrictEquals(await assertRejects(() => readSparse(backend, "a", { signal })), reason);
    });
  });

  Deno.test(`sparse arrays on ${store}: what is missing is a NotFoundError`, async () => {
    await withStore(open, async ({ backend }) => {
      const error = await assertRejects(
        () => readSparse(backend, "no/such"),
        NotFoundError,
        "no sparse array",
      );
      assertEquals(error.key, "no/such/metadata.json");
      await writeSparse(backend, "a", csr());
      for await (const { error } of backend.delete(["a/indptr"])) assertEquals(error, undefined);
      const lost = await assertRejects(
        () => readSparse(backend, "a"),
        NotFoundError,
        '"a" has lost its part "a/indptr"',
      );
      assertEquals(lost.key, "a/indptr");
    });
  });
});

Deno.test("a sparse array that makes no sense stores nothing", async () => {
  const backend = new MemoryBackend();
  const parts = { data: [1], indices: [5], indptr: [0, 1] };
  await assertRejects(
    () => writeSparse(backend, "a", { format: "csr", shape: [1, 2], parts }),
    InvalidArgumentError,
    '"a": these parts make no sparse array: indices holds 5',
  );
  await assertRejects(
    () => writeSparse(backend, "a", csr(), { metadata: { dtype: "x" } }),
    InvalidArgumentError,
    "reserved",
  );
  await assertRejects(() => writeSparse(backend, "", csr()), InvalidArgumentError);
  await assertRejects(() => writeSparse(backend, "../a", csr()), InvalidArgumentError);
  assertEquals(await keysOf(backend), []);
});

Deno.test("an upload that says nothing of how it ended leaves the parts where all may be stored", async () => {
  const backend = new MemoryBackend();
  const unsure = (wrong: string) =>
    delegate(backend, {
      async put(key, body, options) {
        const result = await backend.put(key, body, options);
        if (key === wrong) throw new ConnectionError("no answer", { key, committed: "unknown" });
        return result;
      },
    });
  await assertRejects(() => writeSparse(unsure("a/metadata.json"), "a", csr()), ConnectionError);
  assertEquals((await readSparse(backend, "a")).nnz, 3);
  await assertRejects(() => writeSparse(unsure("b/data"), "b", csr()), ConnectionError);
  assertEquals(await keysOf(backend, "b"), []);
});

Deno.test("parts that can't be removed after a failure are named; after an abort by a warning", async () => {
  const memory = new MemoryBackend();
  const stuck = delegate(refusing(memory, "a/metadata.json"), {
    async *delete(items, options) {
      for await (const item of items) {
        const key = typeof item === "string" ? item : item.key;
        if (key === "a/data") yield { key, error: denied(key) };
        else yield* memory.delete([item], options);
      }
    },
  });
  const error = await assertRejects(() => writeSparse(stuck, "a", csr()), PartialFailureError, "a/data");
  assertEquals([error.key, error.committed], ["a", "no"]);
  assertEquals([error.failed.map(({ key }) => key), [...error.done].sort()], [["a/data"], [
    "a/indices",
    "a/indptr",
  ]]);
  assertInstanceOf(error.cause, AccessDeniedError);
  assertEquals(await keysOf(memory), ["a/data"]);

  const abort = new AbortController();
  const warnings: CottonCandyWarning[] = [];
  const broken = delegate(memory, {
    async put(key, body, options) {
      const result = await memory.put(key, body, { ...options, signal: undefined });
      abort.abort(new Error("enough"));
      return result;
    },
    // deno-lint-ignore require-yield
    async *delete() {
      throw new ConnectionError("gone");
    },
  });
  const options = {
    signal: abort.signal,
    onWarning: (warning: CottonCandyWarning) => void warnings.push(warning),
  };
  assertStrictEquals(
    await assertRejects(() => writeSparse(broken, "b", csr(), options)),
    abort.signal.reason,
  );
  assertEquals(warnings.map(({ kind }) => kind), ["leftover"]);
  assert(warnings[0].message.includes('"b/'), warnings[0].message);
});

Deno.test("old parts that can't be removed are warned of", async () => {
  const memory = new MemoryBackend();
  await writeSparse(memory, "a", csr());
  const stuck = delegate(memory, {
    async *delete(items) {
      for await (const item of items) {
        yield { key: typeof item === "string" ? item : item.key, error: denied("x") };
      }
    },
  });
  const warnings: CottonCandyWarning[] = [];
  const onWarning = (warning: CottonCandyWarning) => void warnings.push(warning);
  await writeSparse(stuck, "a", arrays[4], { onWarning });
  assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["leftover", "a"]]);
  assert(/2 parts .* "a\/indices"/.test(warnings[0].message), warnings[0].message);
  assertEquals((await readSparse(memory, "a")).format, "dia");
});

Deno.test("a sparse array and a chunked one replace each other, and leave nothing of what was there", async () => {
  const backend = new MemoryBackend();
  const onWarning = ({ message }: CottonCandyWarning) => {
    throw new Error(message);
  };
  await writeRaw(backend, "a/notes", [1]);
  await writeChunked(backend, "a", [1, 2], { chunks: 1, onWarning });
  await writeSparse(backend, "a", csr(), { onWarning });
  assertEquals(await keysOf(backend), ["a/data", "a/indices", "a/indptr", "a/metadata.json", "a/notes"]);
  assertEquals((await readSparse(backend, "a")).nnz, 3);
  await assertRejects(() => writeChunked(backend, "a", [3], { overwrite: false }), AlreadyExistsError);
  await writeChunked(backend, "a", [3], { onWarning });
  assertEquals(await keysOf(backend), ["a/metadata.json", "a/notes", "a/pt0000"]);
  assertEquals((await (await openChunked(backend, "a")).toArray()).toNested(), [3]);

  // When it fails the other kind is still whole.
  const broken = delegate(backend, {
    async put(key, body, options) {
      if (key === "a/metadata.json") throw denied(key);
      return await backend.put(key, body, options);
    },
  });
  await assertRejects(() => writeSparse(broken, "a", csr(), { onWarning }), AccessDeniedError);
  assertEquals(await keysOf(backend), ["a/metadata.json", "a/notes", "a/pt0000"]);
  assertEquals((await (await openChunked(backend, "a")).toArray()).toNested(), [3]);
});

Deno.test("parts of two uploads are no array; parts that another program wrote are warned of", async () => {
  const backend = new MemoryBackend();
  await writeSparse(backend, "old", csr(1));
  await writeSparse(backend, "new", csr(2));
  // In mid-way of a replacement.
  await backend.copy("new/data", "old/data");
  const error = await assertRejects(() => readSparse(backend, "old"), IntegrityError, "another upload");
  assertEquals(error.key, "old/data");
  // Written by Python, and being replaced from here.
  await backend.put(
    "old/metadata.json",
    new TextEncoder().encode(await textOf(backend, "new/metadata.json")),
  );
  await assertRejects(() => readSparse(backend, "old"), IntegrityError, "another upload");

  const warnings: CottonCandyWarning[] = [];
  await writeRaw(backend, "new/data", [7, 8, 9]);
  const sparse = await readSparse(backend, "new", { onWarning: (warning) => void warnings.push(warning) });
  assertEquals([sparse.toDense().get(0, 0), warnings.map(({ kind, key }) => [kind, key])], [7, [[
    "metadata",
    "new/data",
  ]]]);
});

Deno.test("parts that don't fit each other, and damaged ones, are IntegrityErrors", async () => {
  const cases: [string, unknown, string][] = [
    ["data", [1, 2], "as many"],
    ["data", [[1], [2], [3]], "takes 1"],
    ["indices", Int32Array.of(0, 2, 3), "there are 3 columns"],
    ["indices", [0, 2, 1], "dtype <f8"],
    ["indptr", Int32Array.of(0, 2), "must have 3"],
    ["indptr", Int32Array.of(0, 2, 4), "there are 3 indices"],
  ];
  for (const [part, array, message] of cases) {
    const backend = new MemoryBackend();
    await writeSparse(backend, "a", csr());
    await writeRaw(backend, `a/${part}`, array as number[]);
    const error = await assertRejects(
      () => readSparse(backend, "a", { onWarning: () => {} }),
      IntegrityError,
      message,
    );
    assertEquals(error.key, "a");
  }
  const backend = new MemoryBackend();
  await writeSparse(backend, "a", csr(), { compression: "gzip" });
  await writeRaw(backend, "a/data", ["x", "y", "z"]);
  await assertRejects(() => readSparse(backend, "a", { onWarning: () => {} }), UnsupportedError);
  await backend.put("a/data", new Uint8Array(3));
  await assertRejects(() => readSparse(backend, "a", { onWarning: () => {} }), IntegrityError, "a/data");
  const { metadata } = (await backend.head("a/indptr"))!;
  await backend.put("a/indptr", new Uint8Array(3), { metadata });
  await assertRejects(() => readSparse(backend, "a", { onWarning: () => {} }), IntegrityError);
});

Deno.test("metadata that describe no sparse array are told apart", async () => {
  const backend = new MemoryBackend();
  const read = async (text: string | Uint8Array) => {
    await backend.put(
      "a/metadata.json",
      typeof text === "string" ? new TextEncoder().encode(text) : Uint8Array.from(text),
    );
    return await readSparse(backend, "a");
  };
  for (
    const text of [
      "",
      "{",
      "[]",
      "null",
      '{"type": 5}',
      '{"type": "csr", "attrs": [], "shape": [1, 2]}',
      Uint8Array.of(0xff),
    ]
  ) {
    const error = await assertRejects(() => read(text), IntegrityError);
    assertEquals(error.key, "a/metadata.json");
  }
  await assertRejects(() => read('{"type": "dok", "attrs": [], "shape": [1, 2]}'), UnsupportedError, "dok");
  await writeChunked(backend, "chunked", [1, 2]);
  await assertRejects(() => readSparse(backend, "chunked"), IntegrityError, "downloadDaskArray");
  // A new array may take the place of what can't be read.
  await read("{").catch(() => {});
  await writeSparse(backend, "a", csr());
  assertEquals((await readSparse(backend, "a")).nnz, 3);
});

Deno.test("the folders of 2016 are read, under their names with and without the format", async () => {
  const backend = new MemoryBackend();
  const { data, indices, indptr } = csr().parts;
  await writeDict(backend, "m.csr", { data, indices, indptr, shape: BigInt64Array.of(2n, 3n) });
  const { row, col, data: values } = csr().toCoo().parts;
  await writeDict(backend, "deep/m.coo", { row, col, data: values, shape: Int32Array.of(2, 3) });
  for (const name of ["m", "m.csr", "deep/m", "deep/m.coo/"]) {
    assertEquals((await readSparse(backend, name)).toDense().toBytes(), csr().toDense().toBytes());
  }
  await assertRejects(() => readSparse(backend, "m.coo"), NotFoundError);
  await writeRaw(backend, "m.csr/shape", [2, 0.5]);
  await assertRejects(() => readSparse(backend, "m"), IntegrityError, "m.csr/shape");
  await writeRaw(backend, "m.csr/shape", Int32Array.of(2));
  await assertRejects(() => readSparse(backend, "m"), UnsupportedError, "m.csr/shape");

  await writeDict(backend, "short", { data, indices, indptr, shape: BigInt64Array.of(2n, 3n) });
  const text = '{"type": "csr", "attrs": ["data", "indices", "indptr", "shape"]}';
  await backend.put("short/metadata.json", new TextEncoder().encode(text));
  assertEquals((await readSparse(backend, "short")).toDense().toBytes(), csr().toDense().toBytes());
  await writeSparse(backend, "short", csr());
  assertEquals(await keysOf(backend, "short/"), [
    "short/data",
    "short/indices",
    "short/indptr",
    "short/metadata.json",
  ]);
});

Deno.test("what Python's cottoncandy 0.4.0 stored is read", async () => {
  const { entries }: { entries: GoldenEntry[] } = JSON.parse(
    await Deno.readTextFile(new URL("../vectors/cottoncandy-0.4.0.json", import.meta.url)),
  );
  const backend = new MemoryBackend();
  const inputs = new Map<string, string>();
  for (const { name, key, body_hex, s3_user_metadata, input } of entries) {
    if (!name.startsWith("sparse_") || !key) continue;
    await backend.put(key, Uint8Array.fromHex(body_hex), { metadata: s3_user_metadata });
    if (input) inputs.set(key.split("/")[1], input.c_order_hex);
  }
  assertEquals(inputs.size, 7);
  for (const [name, dense] of inputs) {
    const sparse = await readSparse(backend, `sp/${name}`);
    assertEquals(sparse.format, name === "lil" || name === "dok" ? "csr" : name);
    for (const same of [sparse, sparse.toCsr(), sparse.toCsc(), sparse.toCoo()]) {
      assertEquals(same.toDense().toBytes().toHex(), dense, name);
    }
    // What we write of it differs in nothing but the compression of the parts.
    await writeSparse(backend, `ours/${name}`, sparse);
    assertEquals(
      await textOf(backend, `ours/${name}/metadata.json`),
      await textOf(backend, `sp/${name}/metadata.json`),
    );
  }
});

Deno.test("progress of all parts is that of one transfer", async () => {
  const backend = new MemoryBackend();
  const up: number[] = [];
  const down: boolean[] = [];
  const { size } = await writeSparse(backend, "a", csr(), {
    onProgress: ({ key, loaded, done }) => void (assertEquals(key, "a"), done && up.push(loaded)),
  });
  assertEquals(up, [size]);
  await readSparse(backend, "a", {
    onProgress: ({ key, done }) => void (assertEquals(key, "a"), down.push(done)),
  });
  assertEquals([down.at(-1), down.filter(Boolean).length], [true, 1]);
});
