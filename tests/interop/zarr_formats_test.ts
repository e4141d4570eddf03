// Zarr arrays that are opened and written without zarrita, held against Python's zarr.
import { assert, assertEquals } from "@std/assert";
import { LocalBackend } from "../../backends/local/mod.ts";
import { arrayFromBytes, parseDType } from "../../lib/array/mod.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { openZarr, writeZarr } from "../../lib/stored_arrays/zarr/mod.ts";
import { cases, python } from "./zarr_python.ts";

Deno.test("Zarr without zarrita: what Python writes is read, chunks, shards, codecs and byte orders", async () => {
  const path = await Deno.makeTempDir();
  try {
    const read = cases.map(({ path }) => path);
    const expected = await python({ kind: "local", path }, { write: cases, read });
    const backend = new LocalBackend(path);
    const unread: string[] = [];
    for (const { path: name } of cases) {
      const want = expected[name];
      try {
        const array = await (await openZarr(backend, name)).toArray();
        assertEquals(array.shape, want.shape, name);
        const native = Uint8Array.from(array.toBytes());
        if (array.dtype.startsWith(">")) swapItems(native, Number(array.dtype.slice(2)));
        assertEquals(native.toBase64(), want.data, name);
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error;
        unread.push(name);
      }
    }
    // Blosc's other compressors.
    assertEquals(unread.filter((name) => !/blosc/.test(name)), []);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("Zarr without zarrita: what is written here is what Python's zarr reads, any dtype", async () => {
  const path = await Deno.makeTempDir();
  try {
    const backend = new LocalBackend(path);
    const dtypes = [
      "|b1",
      "|i1",
      "<u2",
      ">i4",
      "<i8",
      ">u8",
      "<f2",
      ">f4",
      "<f8",
      "<c8",
      ">c16",
      "<M8[ns]",
      "<m8[10us]",
      "|S4",
    ];
    const expected: Record<string, string> = {};
    for (const text of dtypes) {
      const dtype = parseDType(text);
      const itemsize = Number(/\d+/.exec(text.slice(1))?.[0]);
      const bytes = Uint8Array.from(
        { length: 35 * itemsize },
        (_, i) => text === "|b1" ? i % 2 : i * 37 % 120 + 1,
      );
      const compression = text.includes("f") ? "gzip" : text.includes("i") ? false : "Zstd";
      const name = text.replace(/\W/g, "") + (text.startsWith(">") ? "-big" : "");
      await writeZarr(backend, name, arrayFromBytes(bytes, { dtype, shape: [5, 7] }), {
        chunks: [2, 3],
        compression,
        attributes: { text },
      });
      if (text.startsWith(">")) swapItems(bytes, text.includes("c") ? itemsize / 2 : itemsize);
      expected[name] = bytes.toBase64();
    }
    const read = await python({ kind: "local", path }, { read: Object.keys(expected) });
    for (const [name, data] of Object.entries(expected)) {
      assertEquals([read[name].shape, read[name].data], [[5, 7], data], name);
      assert(typeof read[name].attributes.text === "string");
    }
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

function swapItems(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
