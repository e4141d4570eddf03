/**
 * What consoles, template strings and JSON show of stored arrays and of interfaces: what they are, without I/O and without secrets.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { S3Backend } from "../../backends/s3/mod.ts";
import {
  aesKeys,
  DefaultInterface,
  EncryptedInterface,
  generateAesKey,
  MemoryBackend,
  ndarray,
} from "../../mod.ts";
import { SparseArray } from "../../lib/stored_arrays/sparse.ts";
import { delegate } from "../backends/delegate.ts";

function shown(value: unknown): string {
  assertEquals(String(value), Deno.inspect(value));
  return String(value);
}

Deno.test("stored arrays show what they are, and ask the store for nothing", async () => {
  const memory = new MemoryBackend("lab");
  let requests = 0;
  const backend = delegate(memory, {
    open(key, options) {
      requests++;
      return memory.open(key, options);
    },
  });
  const cci = new DefaultInterface(backend, { onWarning: () => {} });
  const array = ndarray(new Float32Array(30), [2, 3, 5]);
  await cci.uploadRawArray("betas", array, { sliceable: true });
  await cci.uploadRawArray("small", array.slice(0, 0), { compression: "Zstd" });
  await cci.uploadDaskArray("bold", array, { chunks: [null, 2, 5] });
  const raw = await cci.openRawArray("betas");
  const compressed = await cci.openRawArray("small");
  const chunked = await cci.downloadDaskArray("bold");
  const dataset = await cci.cloud2dataset("bold");
  requests = 0;
  assertEquals(shown(raw), 'LazyArray("betas", shape=(2, 3, 5), dtype=float32)');
  assertEquals(
    shown(compressed),
    'LazyArray("small", shape=(5,), dtype=float32, compression="Zstd", sliceable=False)',
  );
  assertEquals(shown(chunked), 'ChunkedArray("bold", shape=(2, 3, 5), dtype=float32, chunksize=(2, 2, 5))');
  assertEquals(shown(dataset), `Dataset("bold", store="${backend.name}")`);
  assertEquals(JSON.parse(JSON.stringify([raw, dataset])), [
    { key: "betas", shape: [2, 3, 5], dtype: "<f4" },
    { key: "bold", store: backend.name },
  ]);
  assertEquals(requests, 0);
});

Deno.test("sparse arrays show format, shape, dtype and how many entries they have", () => {
  const sparse = new SparseArray("csr", [2, 3], { data: [1, 2, 3], indices: [0, 2, 1], indptr: [0, 2, 3] });
  assertEquals(shown(sparse), 'SparseArray("csr", shape=(2, 3), dtype=float64, nnz=3)');
  assertEquals(JSON.stringify(sparse), '{"format":"csr","shape":[2,3],"dtype":"<f8","nnz":3}');
});

Deno.test("interfaces show store and prefix, and no secret at any depth", () => {
  const secret = "wJalrXUtnFEMI";
  const store = new S3Backend({
    bucket: "lab",
    endpoint: "http://127.0.0.1:9",
    region: "us-east-1",
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: secret, sessionToken: secret },
  });
  const cci = new DefaultInterface(store, { prefix: "sub01" });
  assertEquals(shown(cci), 'DefaultInterface("s3://lab", prefix="sub01/")');
  assertEquals(shown(new DefaultInterface(store)), 'DefaultInterface("s3://lab")');
  const key = generateAesKey();
  const encrypted = new EncryptedInterface(store, { keys: aesKeys(key) });
  assert(shown(encrypted).startsWith("EncryptedInterface("));
  for (const value of [cci, encrypted, { cci, encrypted }]) {
    const texts = [
      JSON.stringify(value),
      Deno.inspect(value, { depth: 100, showHidden: true }),
      // What other tools than consoles look at: the object's own properties.
      JSON.stringify(Object.values(cci)),
    ];
    for (const text of texts) {
      for (const hidden of [secret, "AKIAEXAMPLE", key]) assert(!text.includes(hidden), text);
    }
  }
});
