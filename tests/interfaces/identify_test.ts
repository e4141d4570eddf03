// What there is under a name: every kind, on every store; what lies about itself; what it costs.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { HttpBackend } from "../../backends/web/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../crypto/mod.ts";
import { asNDArray, ndarray, parseDescr } from "../../lib/array/mod.ts";
import { encodePng, toImageData } from "../../lib/array/plotting/mod.ts";
import {
  AccessDeniedError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { writeJson } from "../../lib/objects/json.ts";
import { writePickle } from "../../lib/objects/pickle.ts";
import { writeObject } from "../../lib/objects/mod.ts";
import { writeChunked } from "../../lib/stored_arrays/chunked/mod.ts";
import { writeDict } from "../../lib/stored_arrays/dict.ts";
import { identify, type Identity, openArray } from "../../lib/stored_arrays/identify/mod.ts";
import { writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import { SparseArray, writeSparse } from "../../lib/stored_arrays/sparse.ts";
import { writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import vectors from "../vectors/npz.json" with { type: "json" };
import { filesOf, startWeb } from "../servers/web.ts";
import { delegate } from "../backends/delegate.ts";
import { forEachStore, withStore } from "./stores.ts";

const ramp = ndarray(Float32Array.from({ length: 12 }, (_, i) => i), [3, 4]);
const array = { dtype: "<f4", shape: [3, 4], byteLength: 48 } as const;
const [{ stored }] = vectors;
const archive = Uint8Array.fromBase64(stored);

/** An identity, without what stores tell of every object in ways of their own. */
function plain(found: Identity): Record<string, unknown> {
  const { metadata: _metadata, lastModified: _time, etag: _etag, contentType: _type, size: _size, ...rest } =
    {
      metadata: undefined,
      lastModified: undefined,
      etag: undefined,
      contentType: undefined,
      size: undefined,
      ...found,
    };
  return rest;
}

forEachStore((store, open) => {
  Deno.test(`identify on ${store}: every kind of thing`, () =>
    withStore(open, async ({ backend }) => {
      await writeRaw(backend, "a/raw", ramp, { compression: "Zstd" });
      await writeRaw(backend, "a/plain", ramp.transpose(), { sliceable: true });
      await writeNpy(backend, "a/x.npy", ramp.transpose());
      await backend.put("a/x.npz", archive);
      await writeChunked(backend, "a/chunks", ramp, { chunks: [2, 4], compression: "gzip" });
      await writeZarr(backend, "a/z.zarr", ramp, { chunks: [2, 2] });
      const csr = new SparseArray("coo", [3, 3], { row: [0, 2], col: [1, 0], data: Float32Array.of(1, 2) });
      await writeSparse(backend, "a/sparse", csr, { compression: false });
      await writeDict(backend, "a/dict", { inner: { v: [1, 2] } });
      await writeJson(backend, "a/info", { tr: 2.2 });
      await writePickle(backend, "a/p", [1, "x"]);
      await writeObject(backend, "a/notes", "two runs were lost ☃\n");
      await backend.put("a/picture", await encodePng(toImageData(ramp)));
      await backend.put("a/bytes", Uint8Array.of(0, 1, 2, 255));

      const of = async (name: string) => plain(await identify(backend, name));
      assertEquals(await of("a/raw"), {
        kind: "raw",
        key: "a/raw",
        ...array,
        order: "C",
        codec: "Zstd",
        sliceable: false,
      });
      const turned = { ...array, shape: [4, 3] };
      assertEquals(await of("/a//plain"), {
        kind: "raw",
        key: "a/plain",
        ...turned,
        order: "C",
        codec: false,
        sliceable: true,
      });
      assertEquals(await of("a/x.npy"), {
        kind: "npy",
        key: "a/x.npy",
        ...turned,
        order: "F",
        codec: false,
        sliceable: true,
      });
      const npz = await of("a/x.npz");
      assertEquals(npz.kind, "npz");
      assert(Array.isArray(npz.names) && npz.names.includes("a"));
      const member = await of("a/x.npz/a");
      assertEquals([member.kind, member.key, member.member, member.dtype, member.shape], [
        "npz-member",
        "a/x.npz",
        "a",
        "<f8",
        [2, 3, 4],
      ]);
      assertEquals(await of("a/chunks"), {
        kind: "chunked",
        key: "a/chunks",
        ...array,
        chunks: [[2, 1], [4]],
        codec: "gzip",
        sliceable: true,
      });
      assertEquals(await of("a/chunks/"), await of("a/chunks"));
      assertEquals(await of("a/z.zarr"), {
        kind: "zarr",
        key: "a/z.zarr",
        version: 3,
        ...array,
        chunkShape: [2, 2],
        codec: "Zstd",
        sliceable: true,
      });
      assertEquals(await of("a/sparse"), {
        kind: "sparse",
        key: "a/sparse",
        format: "coo",
        shape: [3, 3],
        dtype: "<f4",
        codec: false,
        stored: 2,
      });
      assertEquals(await of("a/dict"), { kind: "folder", key: "a/dict" });
      assertEquals(await of(""), { kind: "folder", key: "" });
      for (
        const [name, kind] of Object.entries({ info: "json", p: "pickle", notes: "text", bytes: "bytes" })
      ) {
        assertEquals(await of(`a/${name}`), { kind, key: `a/${name}` });
      }
      assertEquals(await of("a/picture"), { kind: "image", key: "a/picture", mediaType: "image/png" });
      for (const name of ["a/none", "a/x.npz/none", "none.npz/a"]) {
        await assertRejects(() => identify(backend, name), NotFoundError, undefined, name);
      }
    }));
});

Deno.test("identify: what claims to be something else says why not", async () => {
  const backend = new MemoryBackend();
  const problem = async (name: string) => {
    const found = await identify(backend, name);
    return [found.kind, "problem" in found ? found.problem : undefined];
  };
  await backend.put("objects", Uint8Array.of(1, 2), {
    metadata: { dtype: "|O", shape: "2", compression: "False", order: "C" },
  });
  assertEquals((await problem("objects"))[0], "bytes");
  assert(/Python objects/.test(String((await problem("objects"))[1])));
  await backend.put("short", new Uint8Array(10), {
    metadata: { dtype: "<f4", shape: "3,4", compression: "False", order: "C" },
  });
  assertEquals(await problem("short"), ["raw", "it has 10 of the 48 bytes that its metadata promise"]);
  await backend.put("cut.npy", new TextEncoder().encode("x").fill(0));
  assertEquals(await problem("cut.npy"), ["bytes", undefined]);
  await backend.put("lies.npy", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 255, 255));
  assertEquals((await problem("lies.npy"))[0], "bytes");
  assert(/cut off/.test(String((await problem("lies.npy"))[1])));
  await backend.put("cut.npz", archive.subarray(0, -30));
  assert(/zip archive/.test(String((await problem("cut.npz"))[1])));
  // Any zip archive: a document of an office program, say.
  await backend.put("cut.docx", archive.subarray(0, -30));
  assertEquals(await problem("cut.docx"), ["bytes", undefined]);

  await writeChunked(backend, "lost", ramp, { chunks: [2, 4], compression: "gzip" });
  for await (const _ of backend.delete(["lost/pt0000"]));
  assert(/lost its part "lost\/pt0000"/.test(String((await problem("lost"))[1])));
  await backend.put("broken/metadata.json", new TextEncoder().encode('{"dask": 3, "shape": [1]}'));
  assertEquals((await problem("broken"))[0], "folder");
  assert(/no chunked array/.test(String((await problem("broken"))[1])));
  await backend.put("mine/metadata.json", new TextEncoder().encode('{"title": "a folder of mine"}'));
  assertEquals(await problem("mine"), ["folder", undefined]);
  await backend.put("mine2/metadata.json", new TextEncoder().encode("no JSON"));
  assertEquals(await problem("mine2"), ["folder", undefined]);
  await backend.put(
    "odd.zarr/zarr.json",
    new TextEncoder().encode('{"zarr_format": 3, "node_type": "array"}'),
  );
  assert(/no Zarr array/.test(String((await problem("odd.zarr"))[1])));
  await backend.put("group/zarr.json", new TextEncoder().encode('{"zarr_format": 3, "node_type": "group"}'));
  assertEquals(plain(await identify(backend, "group")), { kind: "zarr-group", key: "group", version: 3 });
  await backend.put("group2/.zgroup", new TextEncoder().encode('{"zarr_format": 2}'));
  assertEquals(plain(await identify(backend, "group2")), { kind: "zarr-group", key: "group2", version: 2 });
});

Deno.test("identify: what is encrypted says so to who has no key, and is what it is to who has it", async () => {
  const outer = new MemoryBackend();
  const backend = new EncryptingBackend(outer, aesKeys(generateAesKey()));
  await writeRaw(backend, "betas", ramp, { compression: false });
  await writeObject(backend, "notes", "secret");
  const open = await identify(backend, "betas");
  assertEquals([open.kind, "encryption" in open], ["raw", false]);
  const closed = await identify(outer, "betas");
  assert(closed.kind === "raw" && closed.encryption !== undefined && closed.problem === undefined);
  const notes = await identify(outer, "notes");
  assert(notes.kind === "bytes" && notes.encryption !== undefined);
  await writeChunked(backend, "volume", ramp, { chunks: 2 });
  assertEquals((await identify(backend, "volume")).kind, "chunked");
  const folder = await identify(outer, "volume");
  assert(folder.kind === "folder" && folder.encryption === closed.encryption);
  const other = new EncryptingBackend(outer, aesKeys(generateAesKey()));
  const refused = await identify(other, "volume");
  assert(refused.kind === "folder" && refused.problem !== undefined, "with another key");
  await assertRejects(() => openArray(outer, "volume"), UnsupportedError, "getEncryptedInterface");
});

Deno.test("identify: a URL of one object says why that can't be read, and has the arrays of an archive below it", async () => {
  const files = filesOf({ "all.npz": { bytes: archive } });
  await using web = await startWeb({ files });
  const one = (name: string) => new HttpBackend(`${web.url}/${name}`, { oneObject: true, retries: 1 });
  const whole = await identify(one("all.npz"), "all.npz");
  assert(whole.kind === "npz");
  const found = await identify(one("all.npz"), `all.npz/${whole.names[0]}`);
  assert(found.kind === "npz-member" && found.member === whole.names[0]);
  await assertRejects(() => identify(one("gone.npy"), "gone.npy"), NotFoundError);
  await assertRejects(() => identify(one("all.npz"), "other"), InvalidArgumentError, "one object");
  await using locked = await startWeb({ files, authorization: "Bearer right" });
  const refused = new HttpBackend(`${locked.url}/all.npz`, { oneObject: true, retries: 1 });
  await assertRejects(() => identify(refused, "all.npz"), AccessDeniedError);
});

Deno.test("identify: structured dtypes have their fields; text is told from bytes", async () => {
  const backend = new MemoryBackend();
  const { dtype, fields } = parseDescr([["x", "<f4"], ["n", "<i2"]]);
  await writeNpy(backend, "s.npy", ndarray(new Uint8Array(12), [2], { dtype, fields }));
  const found = await identify(backend, "s.npy");
  assert(found.kind === "npy" && found.fields?.map(({ name }) => name).join() === "x,n");
  const kinds: Record<string, [Uint8Array<ArrayBuffer>, string]> = {
    // A character of two bytes lies across the end of what is looked at.
    "long": [new TextEncoder().encode(`x${"ö".repeat(5000)}`), "text"],
    "latin": [Uint8Array.of(0x66, 0xfc, 0x72), "bytes"],
    "terminal": [new TextEncoder().encode("\x1b[1mbold\x1b[0m"), "text"],
    "empty": [new Uint8Array(), "bytes"],
    "list": [new TextEncoder().encode("[1, 2]"), "json"],
    "almost": [new TextEncoder().encode("[1, 2] and more"), "text"],
    "set": [new TextEncoder().encode(`[${"1,".repeat(5000)}1]`), "json"],
    "bmi.txt": [new TextEncoder().encode("BMI of all subjects"), "text"],
  };
  for (const [name, [bytes, kind]] of Object.entries(kinds)) {
    await backend.put(name, bytes);
    assertEquals((await identify(backend, name)).kind, kind, name);
  }
});

Deno.test("identify: an object costs one request of a few kilobytes", async () => {
  const memory = new MemoryBackend();
  await writeRaw(memory, "raw", asNDArray(new Float64Array(100_000)), { sliceable: true });
  await writeNpy(memory, "x.npy", asNDArray(new Float64Array(100_000)));
  let [requests, bytes] = [0, 0];
  const counted = delegate(memory, {
    async open(key, options) {
      requests++;
      const range = options?.range;
      bytes += range && "length" in range ? range.length ?? Infinity : Infinity;
      return await memory.open(key, options);
    },
    head() {
      throw new Error("not needed");
    },
  });
  await identify(counted, "raw");
  await identify(counted, "x.npy");
  assertEquals(requests, 2);
  assert(bytes <= 8192, `${bytes}`);
});
