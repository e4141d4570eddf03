/** What interfaces do over plain HTTP: URLs that are opened, arrays in every format by their names, encrypted ones. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import * as zarr from "zarrita";
import type { Backend } from "../../../backends/mod.ts";
import { MemoryBackend } from "../../../backends/memory/mod.ts";
import { S3Backend } from "../../../backends/s3/mod.ts";
import { HttpBackend } from "../../../backends/web/mod.ts";
import { generateAesKey } from "../../../crypto/mod.ts";
import {
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { zarrStore } from "../../../lib/stored_arrays/zarr/mod.ts";
import { getEncryptedInterface, getInterface, ndarray } from "../../../mod.ts";
import { startS3 } from "../../servers/s3.ts";
import { startWeb, type WebServerOptions } from "../../servers/web.ts";
import npzVectors from "../../vectors/npz.json" with { type: "json" };
import { filesIn } from "../web_files.ts";

const array = ndarray(Float32Array.from({ length: 60 }, (_, i) => i / 2), [5, 12]);

async function serving(
  fill: (store: Backend) => Promise<unknown>,
  server: Omit<WebServerOptions, "files"> = {},
) {
  const store = new MemoryBackend();
  await fill(store);
  return await startWeb({ ...server, files: filesIn(store) });
}

Deno.test("web: a URL is opened by getInterface, and its arrays are read by name", async () => {
  await using web = await serving(async (store) => {
    const cci = await getInterface(store);
    await cci.uploadNpyArray("sub 01/betas.npy", array);
    for (const compression of [false, "LZ4", "Zstd"] as const) {
      await cci.uploadRawArray(`sub 01/raw-${compression}`, array, { compression });
    }
    await cci.uploadDaskArray("sub 01/chunked", array, { chunks: [2, 5] });
    await cci.uploadJson("sub 01/notes.json", { run: 1 });
  });
  const cci = await getInterface(`${web.url}/sub%2001`);
  assert(cci.backend instanceof HttpBackend);
  assertEquals(cci.backend.name, `${web.url}/sub%2001`);
  assertEquals((await cci.downloadNpyArray("betas.npy")).toNested(), array.toNested());
  const lazy = await cci.openNpyArray("betas.npy");
  assertEquals((await lazy.slice([1, 3], 4)).toNested(), [8, 14]);
  for (const compression of [false, "LZ4", "Zstd"] as const) {
    assertEquals((await cci.downloadRawArray(`raw-${compression}`)).toNested(), array.toNested());
  }
  assertEquals((await (await cci.openRawArray("raw-false")).slice(2)).toNested(), array.slice(2).toNested());
  const chunked = await cci.downloadDaskArray("chunked");
  assertEquals((await chunked.toArray()).toNested(), array.toNested());
  assertEquals(await cci.downloadJson("notes.json"), { run: 1 });
  assertEquals(await cci.existsObject("no"), false);
  await assertRejects(() => cci.uploadJson("x", 1), UnsupportedError, "s3://bucket");
  await assertRejects(() => cci.ls(""), UnsupportedError, "listing");
  await assertRejects(() => cci.rm("notes.json"), CottonCandyError, "plain HTTP");
  web.requests.forEach(({ method }) => assert(["GET", "HEAD"].includes(method)));
});

Deno.test("web: raw arrays without metadata are an error in words, and read by saying what they are", async () => {
  await using web = await serving(async (store) => {
    const cci = await getInterface(store);
    await cci.uploadRawArray("raw", array, { compression: false });
    await cci.uploadRawArray("gz", array, { compression: "gzip" });
  }, { metadata: null });
  const cci = await getInterface(web.url);
  const error = await assertRejects(() => cci.downloadRawArray("raw"), IntegrityError, "{ dtype, shape }");
  assertEquals(error.key, "raw");
  const [dtype, shape] = ["<f4", [5, 12]] as const;
  assertEquals((await cci.downloadRawArray("raw", { dtype, shape })).toNested(), array.toNested());
  const lazy = await cci.openRawArray("raw", { dtype: "float32", shape: [12, 5], order: "F" });
  assertEquals((await lazy.slice(3)).toNested(), array.reshape(5, 12).slice(null, 3).toNested());
  const compressed = { dtype, shape, compression: "gzip" };
  assertEquals((await cci.downloadRawArray("gz", compressed)).toNested(), array.toNested());
  assertEquals((await (await cci.openRawArray("gz", compressed)).slice(4, 0)).toNested(), 24);
  await assertRejects(() => cci.downloadRawArray("raw", { dtype, shape: [6, 12] }), IntegrityError, "288");
  await assertRejects(() => cci.downloadRawArray("raw", { dtype: "<f3", shape }), InvalidArgumentError);
  await assertRejects(() => cci.downloadRawArray("raw", { dtype, shape: [-1] }), InvalidArgumentError);
  await assertRejects(() => cci.downloadRawArray("raw", { dtype }), IntegrityError, "shape");
});

Deno.test("web: what is said of a raw array counts, the rest is taken from its metadata", async () => {
  await using web = await serving(async (store) => {
    await (await getInterface(store)).uploadRawArray("raw", array, { compression: "Zlib" });
  });
  const cci = await getInterface(web.url);
  assertEquals((await cci.downloadRawArray("raw", { shape: [60] })).shape, [60]);
  const bits = await cci.downloadRawArray("raw", { dtype: "<u4" });
  assertEquals(bits.toBytes(), array.toBytes());
});

Deno.test("web: npz archives and Zarr hierarchies are read by name", async () => {
  const [{ stored, arrays }] = npzVectors;
  await using web = await serving(async (store) => {
    await store.put("sub/a.npz", Uint8Array.fromBase64(stored));
    const root = zarr.root(zarrStore(store, "bold.zarr"));
    const bold = await zarr.create(root.resolve("run1"), {
      dtype: "float32",
      shape: [4, 6],
      chunkShape: [2, 3],
    });
    await zarr.set(bold, null, ndarray(Float32Array.from({ length: 24 }, (_, i) => i), [4, 6]).toZarrita());
  });
  const archive = await (await getInterface(`${web.url}/sub`)).openNpz("a.npz");
  assertEquals([...(await archive.read("a")).shape], arrays.a[1]);
  const store = zarrStore(new HttpBackend(web.url), "bold.zarr");
  const bold = await zarr.open(zarr.root(store).resolve("run1"), { kind: "array" });
  const { data } = await zarr.get(bold, [2, null]);
  assertEquals([...data as Float32Array], [12, 13, 14, 15, 16, 17]);
});

Deno.test("web: encrypted arrays are decrypted, whole and in parts", async () => {
  const key = generateAesKey();
  await using web = await serving(async (store) => {
    const cci = await getEncryptedInterface(store, { key });
    await cci.uploadNpyArray("betas.npy", array);
    await cci.uploadRawArray("raw", array, { compression: "LZ4" });
  });
  const cci = await getEncryptedInterface(web.url, { key });
  assertEquals((await (await cci.openNpyArray("betas.npy")).slice(1, [0, 3])).toNested(), [6, 6.5, 7]);
  assertEquals((await cci.downloadRawArray("raw")).toNested(), array.toNested());
  const plain = await getInterface(web.url);
  await assertRejects(() => plain.downloadNpyArray("betas.npy"), UnsupportedError, "encrypted");
});

Deno.test("web: a presigned URL is a store with one object", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const { endpoint, region, credentials } = s3;
  const store = new S3Backend({ bucket: "bucket", endpoint, region, credentials, conditionalWrites: true });
  const cci = await getInterface(store);
  await cci.uploadRawArray("sub01/run 1", array, { compression: false });
  const url = await store.presign("sub01/run 1");
  const one = await getInterface(url);
  const lazy = await one.openRawArray("run 1");
  assertEquals((await lazy.slice(0, [0, 2])).toNested(), [0, 0.5]);
  assertEquals((await one.getObject("run 1")).size, 240);
  assertEquals(await one.ls(""), ["run 1"]);
  const message = await assertRejects(() => one.downloadObject("run 2"), InvalidArgumentError, '"run 1"');
  assert(!message.message.includes("Signature") && !one.backend.name.includes("?"));
  assert(s3.requests.every(({ method, status }) => method !== "HEAD" || status !== 403), "no HEAD is tried");
  store.close();
});

Deno.test("web: one object without a signature, and names below a signed prefix", async () => {
  await using web = await serving(async (store) => {
    await (await getInterface(store)).uploadNpyArray("sub01/betas.npy", array);
  });
  const one = await getInterface(`${web.url}/sub01/betas.npy?key=1`, { oneObject: true });
  assertEquals((await one.downloadNpyArray("betas.npy")).shape, [5, 12]);
  const many = await getInterface(`${web.url}/sub01?X-Amz-Signature=abc`, { oneObject: false });
  assertEquals((await many.downloadNpyArray("betas.npy")).shape, [5, 12]);
  assertStringIncludes(web.requests.at(-1)?.url ?? "", "/sub01/betas.npy?X-Amz-Signature=abc");
});

Deno.test("web: what can't be opened, and options that can't be followed, are refused before anything is sent", async () => {
  const refused = async (what: () => Promise<unknown>, words: string) => {
    const error = await assertRejects(what, CottonCandyError, words);
    assert(!error.message.includes("hush"), error.message);
  };
  await refused(() => getInterface("https://user:hush@host/x"), "user name or password");
  await refused(() => getInterface("https://host/x#part"), '"#"');
  await refused(() => getInterface("https://"), "no URL");
  await refused(() => getInterface("https://host/dir/?X-Amz-Signature=hush"), "names no object");
  await refused(() => getInterface("host/x", { backend: "https" }), "whole URL");
  await refused(() => getInterface(undefined, { backend: "http" }), "whole URL");
  await refused(
    () => getInterface("https://host", { credentials: () => Promise.resolve("hush") }),
    "`headers`",
  );
  await refused(() => getInterface("https://host", { createBucket: true }), "nothing can be made");
  await refused(() => getInterface("https://host", { headers: { Range: "bytes=0-1" } }), '"range"');
  await refused(() => getInterface("https://host", { headers: { "x-key": "hu\nhush" } }), '"x-key"');
  // @ts-expect-error no such index
  await refused(() => getInterface("https://host", { listing: "ftp" }), "`listing` is");
  // @ts-expect-error neither
  await refused(() => getInterface("https://host", { listing: { json: 1 } }), "`listing` is");
  await refused(() => getInterface("https://host", { concurrency: 0 }), "concurrency");
  // @ts-expect-error a misspelled option
  assertThrows(() => new HttpBackend("https://host", { header: {} }), InvalidArgumentError, "headers");
  // @ts-expect-error a misspelled option
  assertThrows(() => new HttpBackend("https://host", { timeout: { idel: 1 } }), InvalidArgumentError, "idle");
  assertThrows(() => new HttpBackend("ftp://host"), InvalidArgumentError, "https://host/path");
  const backend = (await getInterface("https://host/x?token=hush", { credentials: "anonymous" })).backend;
  assertEquals(backend.name, "https://host/x");
});
