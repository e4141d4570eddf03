import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { LocalBackend } from "../../backends/local.ts";
import { MemoryBackend } from "../../backends/memory.ts";
import { arrayFromBytes, type DType, type NDArray } from "../../lib/array/mod.ts";
import { InvalidArgumentError, NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import { ArrayInterface } from "../../lib/interfaces/array.ts";
import { BasicInterface, InterfaceObject } from "../../lib/interfaces/basic.ts";
import { DefaultInterface } from "../../lib/interfaces/default.ts";
import { FileSystemInterface } from "../../lib/interfaces/filesystem.ts";
import { forEachStore, withStore } from "./stores.ts";
import { bodyOf, keysOf, ODD_KEYS, plant } from "./tree.ts";

/** The 72 arrays of the round trips in Python's own tests: order × dtype × whole, empty slice or some rows. */
function* pythonsArrays(): Generator<NDArray> {
  const dtypes: DType[] = [
    "<f2",
    "<f4",
    "<f8",
    "|i1",
    "<i2",
    "<i4",
    "<i8",
    "|u1",
    "<u2",
    "<u4",
    "<i8",
    "<f8",
  ];
  for (const order of ["C", "F"] as const) {
    for (const dtype of dtypes) {
      const whole = filled(dtype, [20, 10, 5], order);
      yield whole;
      yield whole.slice(null, null, [10, null]);
      yield filled(dtype, [3, 10, 5], order);
    }
  }
}

function filled(dtype: DType, shape: readonly number[], order: "C" | "F"): NDArray {
  const bytes = new Uint8Array(shape.reduce((product, length) => product * length, Number(dtype.slice(2))));
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7919) % 101;
  return arrayFromBytes(bytes, { dtype, shape, order });
}

forEachStore((store, open) => {
  Deno.test(`${store}: Python's test_copy: the copy is the array, and the source stays`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend);
      let count = 0;
      for (const array of pythonsArrays()) {
        const name = `testcc/py/test${++count}`;
        await cci.uploadRawArray(name, array);
        await cci.cp(name, `${name}_copy`, { overwrite: true });
        assertEquals(await cci.existsObject(name), true);
        const copy = await cci.downloadRawArray(`${name}_copy`);
        assertEquals([copy.dtype, copy.shape], [array.dtype, array.shape]);
        assertEquals(copy.toBytes(), array.toBytes());
      }
      assertEquals(count, 72);
      await cci.rm("testcc", { recursive: true });
      assertEquals(await keysOf(backend), []);
    }));

  Deno.test(`${store}: Python's test_move: the array is there, and the source is gone`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend);
      for (const array of pythonsArrays()) {
        await cci.uploadRawArray("testcc/from", array);
        await cci.mv("testcc/from", "testcc/to", { overwrite: true });
        assertEquals(await cci.existsObject("testcc/from"), false);
        const moved = await cci.downloadRawArray("testcc/to");
        assertEquals([moved.dtype, moved.shape], [array.dtype, array.shape]);
        assertEquals(moved.toBytes(), array.toBytes());
      }
      assertEquals(await keysOf(backend), ["testcc/to"]);
    }));

  Deno.test(`${store}: Python's test_delete_cleans_up_empty_directories`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend);
      await cci.uploadRawArray("root/a/b/c", [1, 2, 3]);
      await cci.rm("root/a/b/c");
      for (const name of ["root", "root/a", "root/a/b", "root/a/b/c"]) {
        assertEquals(await cci.existsObject(name), false);
        assertEquals(await cci.ls(name), []);
      }
      assertEquals(await cci.glob("root"), []);
      assertEquals(await cci.ls(""), []);
      if (backend instanceof LocalBackend) assertEquals(await entries(backend.bucket), []);
      // Objects can be named as directories were.
      await cci.uploadRawArray("root/a", [4]);
      assertEquals((await cci.downloadRawArray("root/a")).get(0), 4);
      await cci.rm("root/a");
      await cci.uploadRawArray("root/sub/x", [5]);
      await cci.uploadRawArray("root/sub/y/z", [6]);
      await cci.uploadRawArray("root/kept", [7]);
      await cci.rm("root/sub", { recursive: true });
      assertEquals(await cci.glob("root"), ["root/kept"]);
      if (backend instanceof LocalBackend) {
        assertEquals((await entries(backend.bucket)).filter((name) => name.includes("sub")), []);
      }
    }));

  Deno.test(`${store}: Python's test_move_cleans_up_empty_directories`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new DefaultInterface(backend);
      await cci.uploadRawArray("root/a/b/from", [1.5]);
      await cci.mv("root/a/b/from", "root/to", { overwrite: true });
      for (const name of ["root/a", "root/a/b", "root/a/b/from"]) {
        assertEquals(await cci.existsObject(name), false);
        assertEquals(await cci.lsdir(name), []);
      }
      assertEquals(await cci.glob("root"), ["root/to"]);
      if (backend instanceof LocalBackend) {
        assertEquals((await entries(backend.bucket)).filter((name) => /\/a(\/|$)/.test(name)), []);
      }
      await cci.rm("root/to");
      assertEquals(await cci.glob("root"), []);
      await cci.uploadRawArray("root/a", [2]);
      await cci.uploadRawArray("root/to", [3]);
      assertEquals(await cci.glob("root"), ["root/a", "root/to"]);
    }));

  Deno.test(`${store}: Python's test_move_cleans_up_source_bucket_directories_across_buckets`, () =>
    withStore(open, async ({ backend, other }) => {
      const options = { sourceBucket: backend.bucket, destBucket: other.bucket };
      for (const client of [backend, other]) {
        const cci = new DefaultInterface(client);
        await new DefaultInterface(backend).uploadRawArray("root/a/b/from", [1.5], {
          metadata: { sub: "01" },
        });
        await cci.mv("root/a/b/from", "root/to", options);
        assertEquals(await keysOf(backend), []);
        assertEquals(await keysOf(other), ["root/to"]);
        if (backend instanceof LocalBackend && other instanceof LocalBackend) {
          assertEquals(await entries(backend.bucket), [], "up to the root, which stays");
          assertEquals(await entries(other.bucket), ["/root", "/root/to", "/root/to.meta.json"]);
        }
        const there = new DefaultInterface(other);
        assertEquals((await there.downloadRawArray("root/to")).get(0), 1.5);
        assertEquals((await there.getObject("root/to")).metadata.sub, "01");
        await there.rm("root/to");
      }
    }));

  Deno.test(`${store}: odd names go through everything, and come back`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ODD_KEYS);
      const cci = new DefaultInterface(backend, { prefix: "odd" });
      const names = await cci.glob("**");
      assertEquals(names.length, ODD_KEYS.length);
      for (const name of names) {
        await cci.cp(name, `copy/${name}`);
        await cci.mv(`copy/${name}`, `moved/${name}`);
        assertEquals(await bodyOf(backend, `odd/moved/${name}`), `odd/${name}`);
        assertEquals(await cci.rm(`moved/${name}`), { deleted: [`moved/${name}`] });
      }
      assertEquals(await cci.glob("**"), names);
    }));

  Deno.test(`${store}: downloadDirectory writes what is below the prefix`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["p/data/x", "p/data/sub/y", "p/data2/z", "data/no"]);
      const cci = new DefaultInterface(backend, { prefix: "p" });
      const directory = await Deno.makeTempDir();
      try {
        for (const name of ["data", "data/*"]) {
          const { downloaded } = await cci.downloadDirectory(name, `${directory}/out`);
          assertEquals(downloaded.length, 2);
          assertEquals(await Deno.readTextFile(`${directory}/out/sub/y`), "p/data/sub/y");
          await Deno.remove(`${directory}/out`, { recursive: true });
        }
        assertEquals((await cci.downloadDirectory("/", `${directory}/all`)).downloaded.length, 3);
        await assertRejects(() => cci.downloadDirectory("none", `${directory}/none`), NotFoundError);
        await assertRejects(() => cci.downloadDirectory("..", `${directory}/none`), InvalidArgumentError);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    }));

  Deno.test(`${store}: getBrowser looks around below the prefix`, () =>
    withStore(open, async ({ backend }) => {
      await plant(backend, ["p/data/x", "p/top", "other"]);
      const browser = await new DefaultInterface(backend, { prefix: "p" }).getBrowser();
      assertEquals(await browser.ls(), ["data", "top"]);
    }));

  Deno.test(`${store}: owners are told where the store knows them`, () =>
    withStore(open, async ({ backend, s3 }) => {
      await plant(backend, ["p/a"]);
      const cci = new DefaultInterface(backend, { prefix: "p" });
      if (!s3) return void await assertRejects(() => cci.getObjectOwner("a"), UnsupportedError);
      assert((await cci.getObjectOwner("a")).id.length > 0);
      await assertRejects(() => cci.getObjectOwner("b"), NotFoundError);
      await assertRejects(() => cci.getObjectOwner(""), InvalidArgumentError);
    }));
});

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

Deno.test("DefaultInterface is an ArrayInterface and a FileSystemInterface", () => {
  const backend = new MemoryBackend();
  class Special extends DefaultInterface {}
  class Disk extends FileSystemInterface {}
  for (const cci of [new DefaultInterface(backend), new Special(backend)]) {
    for (
      const kind of [DefaultInterface, ArrayInterface, FileSystemInterface, BasicInterface, InterfaceObject]
    ) {
      assertInstanceOf(cci, kind);
    }
    assertEquals(cci instanceof Disk, false);
  }
  const disk = new Disk(backend);
  assertInstanceOf(disk, FileSystemInterface);
  assertInstanceOf(disk, BasicInterface);
  assertEquals([disk instanceof DefaultInterface, disk instanceof ArrayInterface], [false, false]);
  for (
    const value of [new ArrayInterface(backend), new BasicInterface(backend), {}, null, undefined, 1, Disk]
  ) {
    assertEquals(value instanceof FileSystemInterface, false);
  }
  assertEquals(Object.create(null) instanceof FileSystemInterface, false);
});

Deno.test("DefaultInterface has every method of FileSystemInterface, and no other's is lost", () => {
  const descriptor = (prototype: object, name: string) => Object.getOwnPropertyDescriptor(prototype, name);
  const methods = Object.getOwnPropertyNames(FileSystemInterface.prototype).filter((name) =>
    name !== "constructor"
  );
  assert(methods.length >= 10);
  for (const name of methods) {
    assertEquals(
      descriptor(DefaultInterface.prototype, name),
      descriptor(FileSystemInterface.prototype, name),
      name,
    );
    assertEquals(
      descriptor(ArrayInterface.prototype, name),
      undefined,
      `${name} would hide ArrayInterface's`,
    );
  }
  assertEquals(new DefaultInterface(new MemoryBackend()).constructor, DefaultInterface);
});

Deno.test("a subclass overrides mixed-in methods and calls them by super", async () => {
  class Loud extends DefaultInterface {
    override async ls(pattern: string): Promise<string[]> {
      return (await super.ls(pattern)).map((name) => name.toUpperCase());
    }
  }
  const backend = new MemoryBackend();
  await plant(backend, ["a/x"]);
  assertEquals(await new Loud(backend).ls(""), ["A"]);
});

Deno.test("instanceof narrows a type", async () => {
  const cci: BasicInterface = new DefaultInterface(new MemoryBackend());
  if (!(cci instanceof FileSystemInterface)) throw new Error("it is one");
  assertEquals(await cci.ls(""), []);
});

Deno.test("errors of names come as rejections, never thrown at once", async () => {
  const cci = new DefaultInterface(new MemoryBackend());
  const calls: (() => Promise<unknown>)[] = [
    () => cci.ls("../x"),
    () => cci.lsdir(".."),
    () => cci.glob("../*"),
    () => cci.cp("..", "x"),
    () => cci.mv("x", ""),
    () => cci.rm(""),
    () => cci.getObjectOwner("/"),
    () => cci.downloadDirectory("..", "x"),
    () => cci.search("{1..100000}"),
  ];
  for (const call of calls) {
    const promise = call();
    assertInstanceOf(promise, Promise);
    await assertRejects(() => promise, InvalidArgumentError);
  }
});
