/** The tests of Python's cottoncandy, one by one and by their numbers in its acceptance list, on every store. Arrays are compared bit by bit, there only nearly. */
import { assert, assertEquals } from "@std/assert";
import { LocalBackend } from "../backends/local/mod.ts";
import { arrayFromBytes, isNDArray, type NDArray, ndarray } from "../lib/array/mod.ts";
import { DefaultInterface } from "../lib/interface/array.ts";
import { EncryptedInterface } from "../lib/interface/encrypted.ts";
import { pythonsArrays } from "./interfaces/pythons_arrays.ts";
import { forEachStore, type OpenStore, withStore } from "./interfaces/stores.ts";
import { keysOf } from "./interfaces/tree.ts";

/** What the objects' names begin with, as there. */
const DIRECTORY = "testcc_1c0ffee5/py3.11.2";
const NAME = `${DIRECTORY}/test_0ddba115`;
const MiB = 2 ** 20;

interface Case extends OpenStore {
  readonly cci: DefaultInterface;
}

forEachStore((store, open) => {
  function accept(number: number, name: string, test: (place: Case) => Promise<void>): void {
    Deno.test(`${store}: ${number} ${name}`, () =>
      withStore(open, async (opened) => {
        await test({ ...opened, cci: new DefaultInterface(opened.backend) });
        for (const backend of [opened.backend, opened.other]) {
          const cci = new DefaultInterface(backend);
          if ((await keysOf(backend)).length > 0) await cci.rm("testcc_1c0ffee5", { recursive: true });
          assertEquals(await keysOf(backend), [], "what the test stored is gone with its directory");
          if (backend instanceof LocalBackend) assertEquals(await entries(backend.bucket), []);
        }
      }));
  }

  /** A test of all 72 arrays. */
  function acceptEach(
    number: number,
    name: string,
    test: (array: NDArray, place: Case) => Promise<void>,
  ): void {
    accept(number, name, async (place) => {
      let count = 0;
      for (const array of pythonsArrays()) {
        await test(array, place);
        count++;
      }
      assertEquals(count, 72);
    });
  }

  accept(1, "roundtrip.test_upload_from_file", async ({ cci }) => {
    const path = await Deno.makeTempFile();
    try {
      const bytes = Uint8Array.from({ length: 1024 }, (_, i) => i * 31);
      await Deno.writeFile(path, bytes);
      await cci.uploadFromFile(path, NAME);
      assertEquals(await cci.downloadObject(NAME), bytes);
      const text = "Zuckerwatte, 'cotton candy', 綿菓子\n";
      await Deno.writeTextFile(path, text);
      await cci.uploadFromFile(path, NAME);
      assertEquals(new TextDecoder().decode(await cci.downloadObject(NAME)), text);
      assertEquals(await cci.rm(DIRECTORY, { recursive: true }), { deleted: [NAME] });
      assertEquals(await cci.existsObject(NAME), false);
    } finally {
      await Deno.remove(path);
    }
  });

  accept(2, "roundtrip.test_upload_json", async ({ cci }) => {
    await cci.uploadJson(NAME, { hello: 0, bye: "bye!" });
    assertEquals(await cci.downloadJson(NAME), { hello: 0, bye: "bye!" });
  });

  accept(3, "roundtrip.test_pickle_upload", async ({ cci }) => {
    await cci.uploadPickle(NAME, { hello: 0, bye: "bye!" });
    assertEquals(await cci.downloadPickle(NAME), { hello: 0, bye: "bye!" });
  });

  acceptEach(4, "roundtrip.test_upload_npy_upload", async (array, { cci }) => {
    await cci.uploadNpyArray(NAME, array);
    assertSame(await cci.downloadNpyArray(NAME), array);
  });

  acceptEach(5, "roundtrip.test_upload_raw_array", async (array, { cci }) => {
    await cci.uploadRawArray(NAME, array);
    assertSame(await cci.downloadRawArray(NAME), array);
  });

  acceptEach(6, "roundtrip.test_upload_raw_array_uncompressed", async (array, { cci }) => {
    const { size, metadata } = await cci.uploadRawArray(NAME, array, { compression: false });
    assertEquals([size, metadata.compression], [array.toBytes().length, "False"]);
    assertSame(await cci.downloadRawArray(NAME), array);
  });

  acceptEach(7, "roundtrip.test_upload_dask_array", async (array, { cci }) => {
    await cci.uploadDaskArray(NAME, array);
    assertSame(await (await cci.downloadDaskArray(NAME)).toArray(), array);
  });

  acceptEach(8, "roundtrip.test_dict2cloud", async (array, { cci }) => {
    const dat01 = Float64Array.from({ length: 15 }, (_, i) => Math.sin(i));
    const dat02 = Float64Array.from({ length: 30 }, (_, i) => Math.cos(i));
    await cci.dict2cloud(NAME, { arr1: array, deep: { dat01, dat02 } });
    const { arr1, deep, ...more } = await cci.cloud2dict(NAME);
    assert(isNDArray(arr1));
    assertSame(arr1, array);
    assert(deep !== null && !isNDArray(deep));
    assertEquals([Object.keys(more), Object.keys(deep)], [[], ["dat01", "dat02"]]);
    assert(isNDArray(deep.dat01) && isNDArray(deep.dat02));
    assertSame(deep.dat01, ndarray(dat01));
    assertSame(deep.dat02, ndarray(dat02));
  });

  acceptEach(9, "roundtrip.test_copy", async (array, { cci }) => {
    await cci.uploadRawArray(NAME, array, { metadata: { subject: "S1" } });
    await cci.cp(NAME, `${NAME}_copy`, { overwrite: true });
    assertEquals(await cci.existsObject(NAME), true);
    assertSame(await cci.downloadRawArray(`${NAME}_copy`), array);
    assertEquals((await cci.getObject(`${NAME}_copy`)).metadata, (await cci.getObject(NAME)).metadata);
  });

  acceptEach(10, "roundtrip.test_move", async (array, { cci }) => {
    await cci.uploadRawArray(NAME, array, { metadata: { subject: "S1" } });
    await cci.mv(NAME, `${NAME}_moved`, { overwrite: true });
    assertEquals(await cci.existsObject(NAME), false);
    assertSame(await cci.downloadRawArray(`${NAME}_moved`), array);
    assertEquals((await cci.getObject(`${NAME}_moved`)).metadata.subject, "S1");
  });

  accept(11, "big.test_upload_raw_array", async ({ cci, s3 }) => {
    const data = noise(200 * MiB / 8 + 1);
    for (const order of ["C", "F"] as const) {
      const header = { dtype: "<f8", shape: [data.length], order } as const;
      const array = arrayFromBytes(new Uint8Array(data.buffer), header);
      const { size } = await cci.uploadRawArray(`${NAME}_${order}`, array, { compression: false });
      assertEquals(size, 200 * MiB + 8);
      const into = new Float64Array(data.length);
      const read = await cci.downloadRawArray(`${NAME}_${order}`, { into });
      assertEquals([read.dtype, read.shape], ["<f8", [data.length]]);
      assertSameNumbers(into, data);
    }
    if (s3) assert(s3.requests.filter(({ operation }) => operation === "UploadPart").length > 2);
  });

  accept(12, "compression.test_upload_raw_array", async ({ cci }) => {
    const side = Math.ceil(Math.sqrt(101 * MiB / 8));
    const data = noise(side * side);
    const stored = ndarray(data, [side, side]);
    for (const array of [stored.transpose(), stored]) {
      const { metadata } = await cci.uploadRawArray(NAME, array, { compression: "Zstd" });
      assertEquals([metadata.compression, metadata.shape, metadata.dtype], [
        "Zstd",
        `${side},${side}`,
        "<f8",
      ]);
      const read = await cci.downloadRawArray(NAME);
      assertEquals([read.dtype, read.shape], ["<f8", [side, side]]);
      // The axes as they lie in memory, first the array's own and then what was read.
      const again = array === stored ? read : read.transpose().toContiguous();
      assert(again.is("<f8"));
      assertSameNumbers(again.toContiguous().data, data);
    }
  });

  accept(13, "localclient.test_delete_cleans_up_empty_directories", async ({ cci, backend }) => {
    await cci.uploadRawArray(`${DIRECTORY}/a/b/c`, [1, 2, 3]);
    await cci.rm(`${DIRECTORY}/a/b/c`);
    for (const name of [DIRECTORY, `${DIRECTORY}/a`, `${DIRECTORY}/a/b`, `${DIRECTORY}/a/b/c`]) {
      assertEquals(await cci.existsObject(name), false);
      assertEquals([await cci.ls(name), await cci.glob(name)], [[], []]);
    }
    assertEquals(await cci.ls(""), []);
    if (backend instanceof LocalBackend) assertEquals(await entries(backend.bucket), []);
    for (const name of [`${DIRECTORY}/a/b`, `${DIRECTORY}/a`]) {
      await cci.uploadRawArray(name, [4]);
      assertEquals((await cci.downloadRawArray(name)).get(0), 4);
      await cci.rm(name);
    }
    await cci.uploadRawArray(`${DIRECTORY}/sub/x`, [5]);
    await cci.uploadRawArray(`${DIRECTORY}/sub/y/z`, [6]);
    await cci.uploadRawArray(`${DIRECTORY}/kept`, [7]);
    await cci.rm(`${DIRECTORY}/sub`, { recursive: true });
    assertEquals(await cci.glob(DIRECTORY), [`${DIRECTORY}/kept`]);
    if (backend instanceof LocalBackend) {
      assertEquals((await entries(backend.bucket)).filter((name) => name.includes("sub")), []);
    }
  });

  accept(14, "localclient.test_move_cleans_up_empty_directories", async ({ cci, backend }) => {
    const [from, to] = [`${DIRECTORY}/a/b/from`, `${DIRECTORY}/to`];
    await cci.uploadRawArray(from, [1.5]);
    await cci.mv(from, to, { overwrite: true });
    for (const name of [`${DIRECTORY}/a`, `${DIRECTORY}/a/b`, from]) {
      assertEquals([await cci.existsObject(name), await cci.lsdir(name)], [false, []]);
    }
    assertEquals(await cci.glob(DIRECTORY), [to]);
    if (backend instanceof LocalBackend) {
      assertEquals((await entries(backend.bucket)).filter((name) => /\/a(\/|$)/.test(name)), []);
    }
    await cci.rm(to);
    assertEquals(await cci.glob(DIRECTORY), []);
    await cci.uploadRawArray(`${DIRECTORY}/a`, [2]);
    await cci.uploadRawArray(to, [3]);
    assertEquals(await cci.glob(DIRECTORY), [`${DIRECTORY}/a`, to]);
  });

  accept(
    15,
    "localclient.test_move_cleans_up_source_bucket_directories_across_buckets",
    async ({ backend, other }) => {
      // Two folders of Drive are no buckets of one store.
      if (!backend.withBucket) return;
      const options = { sourceBucket: backend.bucket, destBucket: other.bucket };
      const [from, to] = [`${DIRECTORY}/a/b/from`, `${DIRECTORY}/to`];
      for (const client of [backend, other]) {
        await new DefaultInterface(backend).uploadRawArray(from, [1.5], { metadata: { sub: "01" } });
        await new DefaultInterface(client).mv(from, to, options);
        assertEquals([await keysOf(backend), await keysOf(other)], [[], [to]]);
        if (backend instanceof LocalBackend && other instanceof LocalBackend) {
          assertEquals(await entries(backend.bucket), [], "up to the root, which stays");
          assertEquals((await entries(other.bucket)).slice(-2), [`/${to}`, `/${to}.meta.json`]);
        }
        const there = new DefaultInterface(other);
        assertEquals((await there.downloadRawArray(to)).get(0), 1.5);
        assertEquals((await there.getObject(to)).metadata.sub, "01");
        await there.rm(to);
      }
    },
  );
});

/** The methods of the interfaces of Python's cottoncandy, as it documents them. */
const METHODS = `
  cloud2dataset cloud2dict dict2cloud download_dask_array download_npy_array download_raw_array download_sparse_array upload_dask_array
  upload_npy_array upload_raw_array upload_sparse_array
  bucket_name create_bucket download_json download_object download_pickle download_stream download_to_file exists_bucket exists_object get_bucket
  get_bucket_objects get_bucket_size get_object get_objects get_size mpu_fileobject pathjoin rm_bucket set_bucket show_buckets show_objects
  upload_from_directory upload_from_file upload_json upload_object upload_pickle
  cp download_directory get_browser get_object_owner glob glob_google_drive glob_s3 ls lsdir mv rm search
`.trim().split(/\s+/);

Deno.test("every method of Python's interfaces has its place, by its name in camel case", () => {
  assertEquals(METHODS.length, 49);
  const names = METHODS.map((name) =>
    name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  );
  for (const { prototype } of [DefaultInterface, EncryptedInterface]) {
    assertEquals(names.filter((name) => !(name in prototype)), []);
  }
});

function assertSame(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
  assertEquals(actual.toBytes(), expected.toBytes());
}

/** `assertEquals` takes minutes for so many. */
function assertSameNumbers(actual: Float64Array, expected: Float64Array): void {
  assertEquals(actual.length, expected.length);
  const different = actual.findIndex((value, i) => value !== expected[i]);
  assertEquals(different, -1, "the first number that differs");
}

/** Numbers that hardly compress, and are the same each time. */
function noise(length: number): Float64Array<ArrayBuffer> {
  const words = new Uint32Array(2 * length);
  let state = 2463534242;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    // No sign and a small exponent in the upper half: no NaN, which would be unlike itself.
    words[i] = i % 2 === 0 ? state : state & 0x3fffffff;
  }
  return new Float64Array(words.buffer);
}

/** All files and directories below a directory, but for what the backend keeps for itself. */
async function entries(directory: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(directory + below)) {
    const path = `${below}/${entry.name}`;
    if (path === "/.cottoncandy") continue;
    found.push(path);
    if (entry.isDirectory) found.push(...await entries(directory, path));
  }
  return found.sort();
}
