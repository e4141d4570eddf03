/** Every format through `EncryptedInterface`: nothing readable is stored, and everything comes back. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import * as zarr from "zarrita";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey, generateRsaKeys } from "../../crypto/mod.ts";
import {
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { zarrStore } from "../../lib/stored_arrays/zarr/mod.ts";
import { readAll } from "../../lib/streams/mod.ts";
import {
  DefaultInterface,
  EncryptedInterface,
  getEncryptedInterface,
  getInterface,
  ndarray,
} from "../../mod.ts";
import { decode } from "../../testing/case.ts";
import { startS3 } from "../servers/s3.ts";
import { passphrase, pem } from "./vectors.ts";

const key = generateAesKey();
const keys = aesKeys(key);

function setup(): { store: MemoryBackend; cci: EncryptedInterface } {
  const store = new MemoryBackend();
  return { store, cci: new EncryptedInterface(store, { keys }) };
}

const matrix = ndarray(Float32Array.from({ length: 600_000 }, (_, i) => i), [600, 1000]);

for (const compression of [false, true, "gzip", "Zstd", "LZ4"] as const) {
  Deno.test(`raw arrays, compression ${compression}`, async () => {
    const { store, cci } = setup();
    await cci.uploadRawArray("a", matrix, { compression, metadata: { subject: "S01" } });
    const back = await cci.downloadRawArray("a");
    assertEquals([back.shape, back.dtype], [[600, 1000], "<f4"]);
    assertEquals(back.toBytes(), matrix.toBytes());
    assertEquals((await cci.getObject("a")).metadata.subject, "S01");
    // Without the key there is nothing to read.
    assertEquals((await store.head("a"))?.metadata["cc-encryption"], "AES");
    await assertRejects(
      () => new EncryptedInterface(store, { keys: aesKeys(generateAesKey()) }).downloadRawArray("a"),
      IntegrityError,
    );
  });
}

Deno.test("lazy slices of raw and npy arrays, from one version", async () => {
  const { cci } = setup();
  await cci.uploadRawArray("raw", matrix, { compression: false });
  await cci.uploadNpyArray("npy", matrix);
  for (const lazy of [await cci.openRawArray("raw"), await cci.openNpyArray("npy")]) {
    assert(lazy.sliceable);
    const slice = await lazy.slice([300, 305], [10, 20]);
    assertEquals(slice.toBytes(), matrix.slice([300, 305], [10, 20]).toBytes());
    assertEquals((await lazy.slice(-1)).toBytes(), matrix.slice(-1).toBytes());
    assertEquals((await lazy.toArray()).toBytes(), matrix.toBytes());
  }
  assertEquals((await cci.downloadNpyArray("npy")).toBytes(), matrix.toBytes());
  const lazy = await cci.openRawArray("raw");
  await cci.uploadRawArray("raw", [1]);
  await assertRejects(() => lazy.slice(0), CottonCandyError);
});

Deno.test("chunked, sparse and nested arrays: every part is bound to its place", async () => {
  const { store, cci } = setup();
  await cci.uploadDaskArray("dask", matrix, { chunks: [200, 1000] });
  const chunked = await cci.downloadDaskArray("dask");
  assertEquals((await chunked.toArray()).toBytes(), matrix.toBytes());
  await cci.dict2cloud("dict", { a: [1, 2], deep: { b: [3] } });
  const dict = Object(await cci.cloud2dict("dict"));
  assertEquals([dict.a.toNested(), dict.deep.b.toNested()], [[1, 2], [3]]);
  const parts = (await cci.glob("dask/**")).filter((name) => /pt|\d{4}/.test(name));
  assert(parts.length >= 3, parts.join());
  await store.copy(parts[0], parts[1]);
  await assertRejects(async () => await (await cci.downloadDaskArray("dask")).toArray(), IntegrityError);
});

Deno.test("sparse arrays of every format; a part in another's place, and one of another array", async () => {
  const { store, cci } = setup();
  const data = Float64Array.of(5, 6, 7, 8);
  const parts = { indices: [0, 2, 1, 3], indptr: [0, 2, 3, 4], data };
  await cci.uploadSparseArray("csr", { format: "csr", shape: [3, 4], parts });
  await cci.uploadSparseArray("later", {
    format: "csr",
    shape: [3, 4],
    parts: { ...parts, data: [1, 2, 3, 4] },
  });
  await cci.uploadSparseArray("coo", {
    format: "coo",
    shape: [1, 2],
    parts: { row: [0], col: [1], data: [7] },
  });
  assertEquals((await cci.downloadSparseArray("csr")).toDense().toNested(), [
    [5, 0, 6, 0],
    [0, 7, 0, 0],
    [0, 0, 0, 8],
  ]);
  assertEquals((await cci.downloadSparseArray("coo")).toDense().toNested(), [[0, 7]]);
  for (const from of ["csr/indices", "later/data"]) {
    await store.copy(from, "csr/data");
    await assertRejects(() => cci.downloadSparseArray("csr"), IntegrityError);
  }
});

Deno.test("zarrita: arrays and parts of them, and no fill values for what is not authentic", async () => {
  const { store, cci } = setup();
  const root = zarr.root(zarrStore(cci.backend, "x.zarr"));
  const created = await zarr.create(root, {
    dtype: "float32",
    shape: [600, 1000],
    chunkShape: [200, 1000],
    codecs: [{ name: "bytes", configuration: { endian: "little" } }],
    fillValue: -1,
  });
  await zarr.set(created, null, matrix.toZarrita());
  const array = await zarr.open(zarr.root(zarrStore(cci.backend, "x.zarr")), { kind: "array" });
  assert(array.is("float32"));
  const part = await zarr.get(array, [zarr.slice(190, 210), zarr.slice(0, 1000, 7)]);
  assertEquals(
    ndarray(part.data, part.shape, { stride: part.stride }).toBytes(),
    matrix.slice([190, 210], [null, null, 7]).toBytes(),
  );
  const range = await zarrStore(cci.backend, "x.zarr").getRange("/c/1/0", { suffixLength: 8 });
  assertEquals(range?.toHex(), matrix.slice([399, 400], [998, 1000]).toBytes().toHex());
  await store.copy("x.zarr/c/0/0", "x.zarr/c/1/0");
  await assertRejects(() => zarr.get(array, [300, null]), IntegrityError);
  await store.put("x.zarr/zarr.json", await (await store.open("x.zarr/zarr.json")).read());
  await assertRejects(() => zarr.open(root), IntegrityError);
});

Deno.test("JSON, pickles, text and streams of unknown length", async () => {
  const { store, cci } = setup();
  await cci.uploadJson("json", { secret: "tumour" });
  await cci.uploadPickle("pickle", { secret: "tumour" });
  await cci.uploadObject("text", "tumour");
  await cci.uploadObject("stream", new Blob(["tumour", new Uint8Array(3_000_000)]).stream());
  assertEquals(JSON.stringify(await cci.downloadJson("json")), '{"secret":"tumour"}');
  assertEquals(decode(await cci.downloadObject("text")), "tumour");
  assertEquals((await cci.downloadObject("stream", { range: { offset: 2_000_000, length: 5 } })).length, 5);
  const { content, info } = await cci.downloadStream("stream", { range: { suffix: 10 } });
  assertEquals((await new Response(content).bytes()).length, 10);
  assertEquals(info.size, 3_000_006);
  for (const name of ["json", "pickle", "text", "stream"]) {
    assert(!decode(await (await store.open(name)).read()).includes("tumour"), name);
  }
  assertEquals(await cci.getSize({ prefix: "text" }), 6);
});

Deno.test("files and directories", async () => {
  const { cci } = setup();
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/up/deep`, { recursive: true });
    await Deno.writeTextFile(`${directory}/up/a`, "one");
    await Deno.writeTextFile(`${directory}/up/deep/b`, "two");
    await cci.uploadFromDirectory(`${directory}/up`, "dir", { recursive: true });
    await cci.downloadDirectory("dir", `${directory}/down`);
    assertEquals(await Deno.readTextFile(`${directory}/down/a`), "one");
    assertEquals(await Deno.readTextFile(`${directory}/down/deep/b`), "two");
    await cci.downloadToFile("dir/deep/b", `${directory}/b`);
    assertEquals(await Deno.readTextFile(`${directory}/b`), "two");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a file that is not authentic leaves nothing behind", async () => {
  const { store, cci } = setup();
  const directory = await Deno.makeTempDir();
  try {
    await cci.uploadObject("a", new Uint8Array(3_000_000));
    const bytes = await (await store.open("a")).read();
    bytes[2_500_000] ^= 1;
    const { metadata } = (await store.head("a")) ?? {};
    await store.put("a", bytes, { metadata });
    await assertRejects(() => cci.downloadToFile("a", `${directory}/a`), IntegrityError);
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("finding and deleting needs no key, and goes for objects that are damaged", async () => {
  const { store, cci } = setup();
  await cci.uploadObject("dir/a", "x");
  await store.put("dir/b", new Uint8Array(3));
  const { publicKey } = await generateRsaKeys({ bits: 2048 });
  const writer = await getEncryptedInterface(store, { encryption: "RSA", publicKey });
  assert(writer instanceof DefaultInterface);
  for (const other of [cci, writer]) {
    assertEquals(await other.ls("dir"), ["dir/a", "dir/b"]);
    assertEquals(await other.existsObject("dir/b"), true);
    assertEquals(await other.existsObject("dir/c"), false);
    await assertRejects(() => other.existsObject("dir/c", { raiseErr: true }), NotFoundError);
  }
  await assertRejects(() => cci.downloadObject("dir/b"), IntegrityError);
  await writer.uploadObject("dir/c", "by somebody else");
  await assertRejects(() => writer.downloadObject("dir/c"), UnsupportedError);
  assertEquals((await writer.rm("dir", { recursive: true })).deleted, ["dir/a", "dir/b", "dir/c"]);
  assertEquals(await cci.ls("**"), []);
});

Deno.test("another bucket of the same store is encrypted too", async () => {
  const { store, cci } = setup();
  await cci.createBucket("second");
  assert(cci.backend instanceof EncryptingBackend);
  assertEquals(cci.bucketName, "second");
  await cci.uploadObject("a", "hidden");
  assert(!decode(await (await store.withBucket("second").open("a")).read()).includes("hidden"));
  await cci.cp("a", "b", { destBucket: "memory" });
  await cci.setBucket("memory");
  assertEquals(decode(await cci.downloadObject("b")), "hidden");
});

Deno.test("opening by name: AES, RSA from text and from files, age; under a prefix", async () => {
  const name = `encrypted-${crypto.randomUUID()}`;
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/key.pem`, pem["pbes2 aes-128 sha1"]);
    await Deno.symlink(`${directory}/key.pem`, `${directory}/link.pem`);
    await Deno.writeTextFile(`${directory}/pub.pem`, pem.spki);
    const options = [
      [{ key }, { encryption: "AES", key }],
      [{ encryption: "RSA", publicKey: pem.spki }, { encryption: "RSA", privateKey: pem.pkcs1 }],
      [
        { encryption: "RSA", publicKey: `${directory}/pub.pem` },
        { encryption: "RSA", privateKey: `${directory}/link.pem`, passphrase },
      ],
      [{ encryption: "age", passphrase: "a b c", workFactor: 10 }, {
        encryption: "age",
        passphrase: "a b c",
      }],
    ] as const;
    for (const [write, read] of options) {
      const writer = await getEncryptedInterface(`memory://${name}/lab`, write);
      await writer.uploadJson("x", { is: "here" });
      assertEquals(writer.prefix, "lab/");
      const reader = await getEncryptedInterface(`memory://${name}/lab`, read);
      assertEquals(JSON.stringify(await reader.downloadJson("x")), '{"is":"here"}');
    }
    for (
      const [wrong, code] of [
        [{ key: "short" }, "InvalidArgument"],
        [{ encryption: "RSA" }, "InvalidArgument"],
        [{ encryption: "RSA", publicKey: `${directory}/missing.pem` }, "NotFound"],
        [{ encryption: "RSA", publicKey: "line\nline" }, "InvalidArgument"],
        [{ encryption: "ROT13", key }, "InvalidArgument"],
        [{ key, legacy: "write" }, "InvalidArgument"],
        [{}, "InvalidArgument"],
        [{ key: 7 }, "InvalidArgument"],
        [{ encryption: "RSA", privateKey: new Uint8Array(5) }, "InvalidArgument"],
        [{ encryption: "RSA", privateKey: pem.pkcs8, passphrase: 7 }, "InvalidArgument"],
        [{ encryption: "age", identities: 7 }, "InvalidArgument"],
        [{ encryption: "age", recipients: {} }, "InvalidArgument"],
        [{ encryption: "age", passphrase: 7 }, "InvalidArgument"],
        [undefined, "InvalidArgument"],
      ] as const
    ) {
      const given: Record<string, unknown> | undefined = wrong && { ...wrong };
      const error = await assertRejects(
        async () => await Reflect.apply(getEncryptedInterface, undefined, [name, given]),
        CottonCandyError,
      );
      assertEquals(error.code, code, error.message);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a key in the place of a file's name is not told", async () => {
  const bare = pem.pkcs8.replaceAll(/-----.*-----|\s/g, "");
  for (const text of [bare, `${bare.slice(0, 240)}\n`, ` ${bare}`]) {
    for (const which of ["publicKey", "privateKey"]) {
      const error = await assertRejects(
        () => getEncryptedInterface("memory://x", { encryption: "RSA", [which]: text }),
        InvalidArgumentError,
        "BEGIN",
      );
      assert(!Deno.inspect(error).includes(bare.slice(20, 60)));
    }
  }
});

Deno.test("aborts and retries on S3: the same ciphertext is sent again, nothing is left behind", async () => {
  const s3 = await startS3({ buckets: ["bucket"] });
  try {
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const cci = await getEncryptedInterface(`s3://bucket?endpoint=${s3.endpoint}`, {
      key,
      accessKeyId,
      secretAccessKey,
      onWarning: () => {},
    });
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const large = new Blob(Array.from({ length: 300 }, () => bytes));
    await cci.uploadObject("large", large.stream());
    assertEquals(await cci.downloadObject("large"), new Uint8Array(await large.arrayBuffer()));
    const stop = new AbortController();
    const reason = new Error("enough");
    const failure = await assertRejects(() =>
      cci.uploadObject("other", large.stream(), {
        signal: stop.signal,
        onProgress: ({ loaded }) => loaded > 5_000_000 && stop.abort(reason),
      })
    );
    assertEquals(failure, reason);
    assertEquals([...s3.store.buckets.values()].flatMap(({ uploads }) => [...uploads.keys()]), []);
    assertEquals(await cci.existsObject("other"), false);
  } finally {
    await s3.shutdown();
  }
});

Deno.test("a plain interface takes nothing encrypted for data: it says how to open the store", async () => {
  const { privateKey } = await generateRsaKeys();
  const noise = Float32Array.from({ length: 12 }, (_, i) => i);
  for (
    const keys of [
      { encryption: "AES", key },
      { encryption: "RSA", privateKey },
      { encryption: "age", passphrase: "correct horse", workFactor: 10 },
    ] as const
  ) {
    const store = new MemoryBackend();
    const cci = await getEncryptedInterface(store, keys);
    await cci.uploadRawArray("raw", noise, { compression: false });
    await cci.uploadRawArray("zipped", noise, { compression: "gzip" });
    await cci.uploadNpyArray("npy", noise);
    await cci.uploadDaskArray("dask", ndarray(noise), { chunks: [5], compression: false });
    await cci.uploadSparseArray("sparse", {
      format: "csr",
      shape: [1, 2],
      parts: { indices: [0], indptr: [0, 1], data: [7] },
    });
    await cci.dict2cloud("dict", { a: noise });
    await cci.uploadJson("json", { a: 1 });
    await cci.uploadPickle("pickle", [1, 2]);
    await cci.uploadObject("zarr/c/0", new Uint8Array(8));
    const plain = await getInterface(store);
    const reads: [string, () => Promise<unknown>][] = [
      ["raw", () => plain.downloadRawArray("raw")],
      ["raw", () => plain.openRawArray("raw")],
      ["zipped", () => plain.downloadRawArray("zipped")],
      ["npy", () => plain.downloadNpyArray("npy")],
      ["npy", () => plain.downloadNpyArray("npy", { into: new Float32Array(12) })],
      ["npy", () => plain.openNpyArray("npy")],
      ["dask/metadata.json", () => plain.downloadDaskArray("dask")],
      ["dask/pt0000", () => plain.downloadRawArray("dask/pt0000")],
      ["sparse/metadata.json", () => plain.downloadSparseArray("sparse")],
      ["dict/a", () => plain.cloud2dict("dict")],
      ["json", () => plain.downloadJson("json")],
      ["pickle", () => plain.downloadPickle("pickle")],
      ["zarr/c/0", () => Promise.resolve(zarrStore(store, "zarr").get("/c/0"))],
    ];
    for (const [name, read] of reads) {
      const error = await assertRejects(read, UnsupportedError, `encrypted (${keys.encryption})`, name);
      assertEquals(error.key, name);
    }
    // Its parts too, whoever wrote their description.
    await plain.uploadJson("dask/metadata.json", Object(await cci.downloadJson("dask/metadata.json")));
    const parts = await plain.downloadDaskArray("dask");
    await assertRejects(() => parts.toArray(), UnsupportedError, `encrypted (${keys.encryption})`);
    // What is only moved may be.
    const bytes = await plain.downloadObject("raw");
    assertEquals(bytes, await readAll((await store.open("raw")).stream()));
  }
});

Deno.test("an argument that makes no sense is refused", async () => {
  const { cci } = setup();
  await assertRejects(
    () => cci.uploadObject("a", "x", { metadata: { "cc-key": "x" } }),
    InvalidArgumentError,
  );
  await assertRejects(() => cci.cp("a", "b"), NotFoundError);
});
