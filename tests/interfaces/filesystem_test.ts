import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { InvalidArgumentError, NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import {
  ArrayInterface,
  BasicInterface,
  DefaultInterface,
  FileSystemInterface,
  InterfaceObject,
} from "../../lib/interface/mod.ts";
import { forEachStore, withStore } from "./stores.ts";
import { bodyOf, ODD_KEYS, plant } from "./tree.ts";

forEachStore((store, open) => {
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
    withStore(open, async ({ backend }) => {
      await plant(backend, ["p/a"]);
      const cci = new DefaultInterface(backend, { prefix: "p" });
      if (!backend.owner) return void await assertRejects(() => cci.getObjectOwner("a"), UnsupportedError);
      assert((await cci.getObjectOwner("a")).id.length > 0);
      await assertRejects(() => cci.getObjectOwner("b"), NotFoundError);
      await assertRejects(() => cci.getObjectOwner(""), InvalidArgumentError);
    }));
});

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
    const value of [new BasicInterface(backend), {}, null, undefined, 1, Disk]
  ) {
    assertEquals(value instanceof FileSystemInterface, false);
  }
  assertEquals(Object.create(null) instanceof FileSystemInterface, false);
});

Deno.test("no interface hides a method of those before it, but EncryptedInterface, which needs no key to look and delete", () => {
  const chain = [InterfaceObject, BasicInterface, FileSystemInterface, ArrayInterface, DefaultInterface];
  const methods = chain.map(({ prototype }) =>
    Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor")
  );
  assert(methods.flat().length >= 50);
  assertEquals(new Set(methods.flat()).size, methods.flat().length);
  assertEquals(new DefaultInterface(new MemoryBackend()).constructor, DefaultInterface);
});

Deno.test("a subclass overrides methods and calls them by super", async () => {
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
