/**
 * The suite of the package as it is installed: the same code in Node, Bun and Deno (check.ts builds and starts it), which knows nothing but the package's
 * public names. It asks what depends on the runtime: codecs, ciphers, files, requests. The rest is the business of the other tests.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type DefaultInterface,
  generateAgeIdentity,
  generateRsaKeys,
  getEncryptedInterface,
  getInterface,
  type InterfaceOptions,
  isNDArray,
  MemoryBackend,
  type NDArray,
  ndarray,
} from "@cottoncandy/cottoncandy";
import { LocalBackend } from "@cottoncandy/cottoncandy/backends/local";
import { S3Backend } from "@cottoncandy/cottoncandy/backends/s3";
import { compress, decompress, listCodecs } from "@cottoncandy/cottoncandy/codecs";
import { generateAesKey } from "@cottoncandy/cottoncandy/crypto";
import { IntegrityError } from "@cottoncandy/cottoncandy/errors";
import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
import { conformance } from "@cottoncandy/cottoncandy/testing";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { goldenCases, type GoldenEntry } from "../golden.ts";
import npz from "../vectors/npz.json" with { type: "json" };

/** What check.ts started for the suite, in processes of their own. */
interface Surroundings {
  readonly s3: {
    readonly endpoint: string;
    readonly credentials: { accessKeyId: string; secretAccessKey: string };
  };
  /** A web server with `U3.npy` of tests/vectors/npy. */
  readonly web: string;
  /** Where tests/vectors/cottoncandy-0.4.0.json is. */
  readonly vectors: string;
  readonly drive: { readonly endpoint: string; readonly token: string };
}

const { s3, drive, web, vectors }: Surroundings = JSON.parse(process.env.SUITE ?? "");
const { entries }: { entries: readonly GoldenEntry[] } = JSON.parse(await readFile(vectors, "utf8"));

type Test = (name: string, run: () => Promise<void>) => void;

/** Each runtime's own test runner: what a user of the package would take. */
async function runner(): Promise<Test> {
  if ("Bun" in globalThis) {
    const name = "bun:test";
    const { setDefaultTimeout, test } = await import(name);
    setDefaultTimeout(120_000);
    return test;
  }
  const { test } = await import("node:test");
  return (name, run) => void test(name, run);
}

const test = await runner();

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "cottoncandy-suite-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const bucket = `suite-${crypto.randomUUID()}`;
const s3Options = {
  endpoint: s3.endpoint,
  credentials: s3.credentials,
  region: "us-east-1",
  forcePathStyle: true,
};

/** Enough for a second page of a listing of S3. */
const MANY = 1100;

conformance("memory", () => ({ backend: new MemoryBackend() }), { test, many: MANY });

conformance("local", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cottoncandy-suite-"));
  return { backend: new LocalBackend(directory), dispose: () => rm(directory, { recursive: true }) };
}, { test, many: MANY });

let cases = 0;
conformance("S3", async () => {
  const name = `${bucket}-${++cases}`;
  const backend = new S3Backend({ ...s3Options, bucket: name });
  await backend.buckets.create(name);
  return { backend };
}, { test, many: MANY });

for (const { name, check } of await goldenCases(entries)) test(`Python's ${name}`, check);

const wave = Float32Array.from({ length: 300 * 1000 }, (_, i) => Math.round(100 * Math.sin(i / 100)));
const volume = ndarray(Float64Array.from({ length: 24 }, (_, i) => i / 3), [2, 3, 4]);

function arrays(): [name: string, array: NDArray][] {
  return [
    ["wave", ndarray(wave, [300, 1000])],
    ["strided", volume.slice(null, [null, null, 2], [null, null, -1])],
    ["int64", ndarray(BigInt64Array.of(1n, -(2n ** 63n), 2n ** 63n - 1n))],
    ["text", ndarray(Uint32Array.of(97, 0x1f366, 0, 98, 99, 100), [2], { dtype: "<U3" })],
    ["half", ndarray(Uint16Array.of(0x3c00, 0xc000), [2], { dtype: "<f2" })],
    ["empty", ndarray(new Float32Array(0), [3, 0, 2])],
  ];
}

function assertSame(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
  const [a, b] = [actual.toBytes(), expected.toBytes()];
  assert(a.length === b.length && a.every((byte, i) => byte === b[i]), "the same bytes");
}

for (const { name } of listCodecs().written) {
  test(`${name} writes what it reads, in pieces of any length`, async () => {
    const bytes = new Uint8Array(wave.buffer);
    const packed = await readAll(streamOf(bytes, 65_537).pipeThrough(compress(name, { size: bytes.length })));
    assert(packed.length < bytes.length);
    for (const length of [packed.length, 4093]) {
      const plain = await readAll(
        streamOf(packed, length).pipeThrough(decompress(name, { size: bytes.length })),
      );
      assert(plain.length === bytes.length && plain.every((byte, i) => byte === bytes[i]));
    }
  });

  test(`${name}: what is cut off is found out`, async () => {
    const packed = await readAll(
      streamOf(new Uint8Array(wave.buffer)).pipeThrough(compress(name, { size: wave.byteLength })),
    );
    for (const length of [0, 1, packed.length >> 1, packed.length - 1]) {
      const cut = streamOf(packed.subarray(0, length)).pipeThrough(
        decompress(name, { size: wave.byteLength }),
      );
      await assertRejects(() => readAll(cut), IntegrityError, undefined, `${length} bytes`);
    }
  });
}

/** Everything an interface stores, in a store that is empty. */
async function everything(cci: DefaultInterface): Promise<void> {
  for (const [name, array] of arrays()) {
    for (const compression of [false, "gzip", "Zstd"]) {
      await cci.uploadRawArray(`raw/${name}`, array, { compression, overwrite: true });
      assertSame(await cci.downloadRawArray(`raw/${name}`), array);
    }
    await cci.uploadNpyArray(`npy/${name}.npy`, array);
    assertSame(await cci.downloadNpyArray(`npy/${name}.npy`), array);
  }
  await cci.uploadRawArray("lazy", volume, { compression: false });
  assertSame(await (await cci.openRawArray("lazy")).slice(1, [1, 3]), volume.slice(1, [1, 3]));
  await cci.uploadDaskArray("chunked", ndarray(wave, [300, 1000]), { chunks: [100, 400] });
  assertSame(await (await cci.downloadDaskArray("chunked")).toArray(), ndarray(wave, [300, 1000]));
  await cci.dict2cloud("dict", { volume, deep: { wave: ndarray(wave) } });
  const { deep } = await cci.cloud2dict("dict");
  assert(deep && !isNDArray(deep) && isNDArray(deep.wave));
  assertSame(deep.wave, ndarray(wave));
  await cci.uploadSparseArray("sparse", {
    format: "coo",
    shape: [9, 9],
    parts: { data: [1.5], row: [0], col: [8] },
  });
  assertEquals((await cci.downloadSparseArray("sparse")).nnz, 1);
  await cci.uploadJson("json", { hello: [0, "bye", null] });
  assertEquals(await cci.downloadJson("json"), { hello: [0, "bye", null] });
  await cci.uploadPickle("pickle", { hello: 0, volume });
  const pickled = Object(await cci.downloadPickle("pickle"));
  assert(isNDArray(pickled.volume));
  assertSame(pickled.volume, volume);
  const [archive] = npz;
  await cci.uploadObject("archive.npz", Uint8Array.from(atob(archive.stored), (c) => c.charCodeAt(0)));
  assert((await cci.openNpz("archive.npz")).names.length > 0);
  await files(cci);
  assertEquals(await cci.glob("raw/w*"), ["raw/wave"]);
  await cci.cp("raw", "copy", { recursive: true });
  await cci.mv("copy", "moved", { recursive: true });
  assertSame(await cci.downloadRawArray("moved/wave"), ndarray(wave, [300, 1000]));
  for (const name of await cci.ls("")) await cci.rm(name, { recursive: true });
  assertEquals(await cci.ls(""), []);
}

/** Up and down: a file that is sent in parts, and a directory. */
async function files(cci: DefaultInterface): Promise<void> {
  await inDirectory(async (directory) => {
    const bytes = new Uint8Array(12 * 2 ** 20).map((_, i) => i * 31 >> 3);
    await mkdir(join(directory, "up/deep"), { recursive: true });
    await writeFile(join(directory, "up/large"), bytes);
    await writeFile(join(directory, "up/deep/綿菓子.txt"), "cotton candy");
    await cci.uploadFromDirectory(join(directory, "up"), "tree", { recursive: true });
    await cci.downloadDirectory("tree", join(directory, "down"));
    assert(Buffer.from(bytes).equals(await readFile(join(directory, "down/large"))));
    assertEquals(await readFile(join(directory, "down/deep/綿菓子.txt"), "utf8"), "cotton candy");
    await cci.downloadToFile("tree/large", join(directory, "one"));
    assert(Buffer.from(bytes).equals(await readFile(join(directory, "one"))));
  });
}

test("everything in memory", async () => await everything(await getInterface(new MemoryBackend())));

test("everything in a directory", () =>
  inDirectory(async (directory) => {
    const { href } = new URL(`file://${directory}/store`);
    await everything(await getInterface(href, { createBucket: true }));
  }));

test("everything on S3", async () =>
  await everything(await getInterface(`s3://${bucket}-all`, { ...s3Options, createBucket: true })));

test("everything on Google Drive", async () => {
  const { endpoint, token } = drive;
  await everything(
    await getInterface(`gdrive://${bucket}`, { endpoint, credentials: () => Promise.resolve(token) }),
  );
});

test("plain URLs are read whole and by slices", async () => {
  const cci = await getInterface(web);
  const whole = await cci.downloadNpyArray("U3.npy");
  assert(whole.size > 1);
  assertSame(await (await cci.openNpyArray("U3.npy")).slice([1, 2]), whole.slice([1, 2]));
  assertEquals(await cci.existsObject("missing.npy"), false);
});

const rsa = await generateRsaKeys();
const age = await generateAgeIdentity();
for (
  const [name, keys] of Object.entries(
    {
      AES: { key: generateAesKey() },
      RSA: { encryption: "RSA", ...rsa },
      "age (identity)": { encryption: "age", recipients: age.recipient, identities: age.identity },
      "age (passphrase)": { encryption: "age", passphrase: "zuckerwatte", workFactor: 10 },
    } as const,
  )
) {
  test(`everything encrypted by ${name}`, async () =>
    await everything(await getEncryptedInterface(new MemoryBackend(), keys)));

  test(`encrypted by ${name} on S3: parts, ranges, and what was changed`, async () => {
    const options: InterfaceOptions = { ...s3Options, createBucket: true };
    const url = `s3://${bucket}-${name.toLowerCase().replaceAll(/\W+/g, "")}`;
    const cci = await getEncryptedInterface(url, { ...options, ...keys });
    await cci.uploadRawArray("large", ndarray(new Float64Array(2 ** 21).fill(1 / 3), [2048, 1024]), {
      compression: false,
    });
    const rows = await (await cci.openRawArray("large")).slice([2000, 2002]);
    assertSame(rows, ndarray(new Float64Array(2048).fill(1 / 3), [2, 1024]));
    const plain = await getInterface(url, options);
    const { metadata } = await plain.getObject("large");
    const bytes = await plain.downloadObject("large");
    bytes[bytes.length >> 1] ^= 1;
    await plain.backend.put("large", bytes, { metadata });
    await assertRejects(() => cci.downloadRawArray("large"), IntegrityError);
  });
}
