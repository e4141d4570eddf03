// Whether what is stored is whole: a good bucket has nothing wrong, and damage of each kind is found.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { compressBytes } from "../../codecs/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../crypto/mod.ts";
import type { Backend } from "../../backends/backend.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { ConnectionError, IntegrityError, NotFoundError } from "../../lib/errors.ts";
import { writeJson } from "../../lib/objects/json.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { openArray } from "../../lib/stored_arrays/identify/mod.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import { SparseArray, writeSparse } from "../../lib/stored_arrays/sparse.ts";
import { verifyObjects, type VerifyResult } from "../../lib/stored_arrays/verify/mod.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { delegate } from "../backends/delegate.ts";
import { forEachStore, withStore } from "./stores.ts";

const ramp = ndarray(Float32Array.from({ length: 600 }, (_, i) => Math.sin(i)), [20, 30]);

async function fill(backend: Backend): Promise<void> {
  for (const compression of ["gzip", "Zstd", "LZ4", "BZ2", false] as const) {
    await writeRaw(backend, `raw/${compression || "plain"}`, ramp, { compression });
  }
  await writeNpy(backend, "a.npy", ramp);
  await writeNpz(backend, "a.npz", new Map([["x", await openArray(backend, "a.npy")]]));
  await writeChunked(backend, "chunks", ramp, { chunks: [7, 30], compression: "Zstd" });
  await writeZarr(backend, "z.zarr", ramp, { chunks: [7, 8] });
  await writeSparse(backend, "s", new SparseArray("coo", [3, 3], { row: [0], col: [1], data: [2] }));
  await writeJson(backend, "info.json", { tr: 2.2 });
  await backend.put("scan.nii.gz", await compressBytes("gzip", new Uint8Array(5000).fill(7)));
  await backend.put("notes.txt", new TextEncoder().encode("fine"));
  await backend.put("empty", new Uint8Array());
}

async function verify(backend: Backend, name = ""): Promise<VerifyResult[]> {
  const results: VerifyResult[] = [];
  for await (const result of verifyObjects(backend, name)) results.push(result);
  return results.sort((a, b) => a.name < b.name ? -1 : 1);
}

function damaged(results: readonly VerifyResult[]): string[] {
  return results.flatMap((result) => result.ok ? [] : [result.name]);
}

forEachStore((store, open) => {
  Deno.test(`verify on ${store}: a good bucket has nothing wrong`, () =>
    withStore(open, async ({ backend }) => {
      await fill(backend);
      const results = await verify(backend);
      assertEquals(
        results.flatMap((result) => result.ok ? [] : [`${result.name}: ${result.error.message}`]),
        [],
      );
      const kinds = Object.fromEntries(results.map(({ name, kind }) => [name, kind]));
      assertEquals(
        ["raw/Zstd", "a.npy", "a.npz", "chunks", "z.zarr", "s", "info.json", "notes.txt", "chunks/pt0000"]
          .map((name) => kinds[name]),
        ["raw", "npy", "npz", "chunked", "zarr", "sparse", "json", "text", "raw"],
      );
      // Zarr's chunks are read with their array.
      assert(!results.some(({ name }) => name.startsWith("z.zarr/c/")));
      assert(results.find(({ name }) => name === "a.npy")?.bytes === 128 + 2400);
    }));
});

/** Damages an object, whose metadata stay. */
async function damage(
  backend: Backend,
  key: string,
  how: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
): Promise<void> {
  const reader = await backend.open(key);
  await backend.put(key, how(await reader.read()), { metadata: reader.info.metadata });
}

const cut = (bytes: Uint8Array<ArrayBuffer>) => bytes.slice(0, -9);
const flip = (bytes: Uint8Array<ArrayBuffer>) =>
  bytes.map((byte, i) => i === bytes.length - 40 ? byte ^ 1 : byte);

Deno.test("verify: damage of each kind is found, and nothing else", async () => {
  const cases: [key: string, how: typeof cut, found: string[]][] = [
    ["raw/plain", cut, ["raw/plain"]],
    ["raw/gzip", cut, ["raw/gzip"]],
    ["raw/gzip", flip, ["raw/gzip"]],
    ["raw/Zstd", flip, ["raw/Zstd"]],
    ["raw/LZ4", cut, ["raw/LZ4"]],
    ["raw/BZ2", flip, ["raw/BZ2"]],
    ["a.npy", cut, ["a.npy"]],
    ["a.npy", () => new Uint8Array(), ["a.npy"]],
    ["a.npy", (bytes) => bytes.map((byte, i) => i === 0 ? byte ^ 1 : byte), ["a.npy"]],
    ["a.npz", () => new Uint8Array(), ["a.npz"]],
    ["a.npz", (bytes) => bytes.map((byte, i) => i === 0 ? byte ^ 1 : byte), ["a.npz"]],
    // Within the array: 128 bytes of header come first.
    ["a.npz", (bytes) => bytes.map((byte, i) => i === 400 ? byte ^ 1 : byte), ["a.npz"]],
    ["a.npz", cut, ["a.npz"]],
    ["chunks/pt0001", flip, ["chunks/pt0001"]],
    ["chunks/metadata.json", cut, ["chunks/metadata.json"]],
    ["z.zarr/c/1/1", flip, ["z.zarr"]],
    ["z.zarr/zarr.json", cut, ["z.zarr/zarr.json"]],
    ["info.json", cut, ["info.json"]],
    ["scan.nii.gz", cut, ["scan.nii.gz"]],
    ["s/data", cut, ["s/data"]],
  ];
  for (const [key, how, found] of cases) {
    const backend = new MemoryBackend();
    await fill(backend);
    await damage(backend, key, how);
    const results = await verify(backend);
    assertEquals(damaged(results), found, key);
    const result = results.find(({ ok }) => !ok);
    assert(
      result && !result.ok && result.error instanceof IntegrityError &&
        result.error.key === (found[0] === "z.zarr" ? key : found[0]),
      key,
    );
  }
});

Deno.test("verify: bytes behind the items of a raw array are told of", async () => {
  const backend = new MemoryBackend();
  await fill(backend);
  await damage(backend, "raw/plain", (bytes) => new Uint8Array([...bytes, 1, 2, 3]));
  const [result] = await verify(backend, "raw/plain");
  assert(result.ok && result.note === "3 bytes follow its items");
});

Deno.test("verify: what is missing is found, or told of", async () => {
  const backend = new MemoryBackend();
  await fill(backend);
  for await (const _ of backend.delete(["chunks/pt0001", "s/row", "z.zarr/c/0/0"]));
  const results = await verify(backend);
  assertEquals(damaged(results), ["chunks", "s"]);
  const zarr = results.find(({ name }) => name === "z.zarr");
  assert(zarr?.ok && zarr.note === "1 of 12 chunks are not stored: they are fill values");
  // A part of another upload.
  await writeChunked(backend, "chunks", ramp, { chunks: [7, 30], compression: false });
  await writeChunked(backend, "other", ramp, { chunks: [7, 30], compression: false });
  const other = await backend.open("other/pt0000");
  const [name] = (await verify(backend, "chunks")).flatMap(({ name }) => /pt/.test(name) ? [name] : []);
  await backend.put(name, await other.read(), { metadata: other.info.metadata });
  assertEquals(damaged(await verify(backend, "chunks")), ["chunks"]);
});

Deno.test("verify: an array that can't be opened is damaged, or told of where only its codec or dtype is not known", async () => {
  const backend = new MemoryBackend();
  const document = (key: string, text: string) => backend.put(key, new TextEncoder().encode(text));
  await document("lost.zarr/zarr.json", '{"zarr_format": 3, "node_type": "array", "shape": [3]}');
  await document("lost/metadata.json", '{"dask": {}, "shape": [4], "dtype": "<f4"}');
  await document("mine/metadata.json", '{"subject": 7}');
  await document(
    "delta.zarr/.zarray",
    '{"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i4", "order": "C", "fill_value": 0, "compressor": null, "filters": [{"id": "delta", "dtype": "<i4"}]}',
  );
  for (const chunk of ["0", "1"]) await backend.put(`delta.zarr/${chunk}`, new Uint8Array(8));
  const results = await verify(backend);
  assertEquals(damaged(results), ["lost", "lost.zarr"]);
  const delta = results.find(({ name }) => name === "delta.zarr");
  assert(delta?.ok && delta.bytes === 16 && /read as bytes, .*delta/.test(delta.note ?? ""));
  // They are read: what the store can't give is not passed over.
  const gone = delegate(backend, {
    open: (key, options) =>
      key === "delta.zarr/1" ? Promise.reject(new NotFoundError("gone")) : backend.open(key, options),
  });
  assertEquals(damaged(await verify(gone, "delta.zarr")), ["delta.zarr"]);
});

Deno.test("verify: encrypted objects are checked by who has the key, and noted by who has not", async () => {
  const outer = new MemoryBackend();
  const backend = new EncryptingBackend(outer, aesKeys(generateAesKey()));
  await fill(backend);
  assertEquals(damaged(await verify(backend)), []);
  const closed = await verify(outer, "notes.txt");
  assert(closed[0].ok && /encrypted/.test(closed[0].note ?? ""));
  await damage(outer, "notes.txt", flip);
  assertEquals(damaged(await verify(backend)), ["notes.txt"]);
});

Deno.test("verify: how far each object has been read is told while it is, and to its end", async () => {
  const backend = new MemoryBackend();
  const { size } = await backend.put("plain", new Uint8Array(5_000_000));
  await writeRaw(backend, "raw", ndarray(new Float64Array(100_000), [100_000]), { compression: "gzip" });
  const told = new Map<string, number[]>();
  const onProgress = ({ key, loaded }: { readonly key: string; readonly loaded: number }) =>
    void told.set(key, [...told.get(key) ?? [], loaded]);
  for await (const { ok, name, bytes } of verifyObjects(backend, "", { onProgress })) {
    assert(ok);
    assertEquals(told.get(name)?.at(-1), bytes);
  }
  assert((told.get("plain") ?? []).some((loaded) => loaded > 0 && loaded < size), `${told.get("plain")}`);
});

Deno.test("verify: one object, nothing, a store that is gone, and an early end", async () => {
  const backend = new MemoryBackend();
  await fill(backend);
  assertEquals((await verify(backend, "raw/gzip")).map(({ name }) => name), ["raw/gzip"]);
  await assertRejects(() => verify(backend, "none"), NotFoundError);
  const gone = delegate(backend, {
    open: () => Promise.reject(new ConnectionError("gone")),
  });
  await assertRejects(() => verify(gone), ConnectionError);
  let count = 0;
  for await (const _ of verifyObjects(backend, "", { concurrency: 1 })) if (++count === 2) break;
  assertEquals(count, 2);
  const controller = new AbortController();
  await assertRejects(
    async () => {
      for await (const _ of verifyObjects(backend, "", { signal: controller.signal })) {
        controller.abort(
          new Error("stop"),
        );
      }
    },
    Error,
    "stop",
  );
});
