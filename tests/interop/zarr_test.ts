// Zarr between Python's zarr and zarrita over this library's stores: versions 2 and 3, both ways.
import { assert, assertEquals } from "@std/assert";
import * as zarr from "zarrita";
import type { TypedArray } from "../../lib/array/mod.ts";
import { zarrStore } from "../../lib/stored_arrays/zarr/mod.ts";
import { type DefaultInterface, ndarray } from "../../mod.ts";
import { each } from "./each.ts";
import { type Case, cases, python, type PythonZarr, whole } from "./zarr_python.ts";
import { sharedStores } from "./stores.ts";

/** Item i of an array that Python wrote. */
function item({ empty, dtype }: Case, i: number): number {
  if (empty) return 1;
  const value = i * 7 % 100;
  return dtype === "|b1" ? Number(value > 49) : value;
}

/** The items of what zarrita read, in C order, as numbers. */
function itemsOf({ data, shape, stride }: zarr.Chunk<zarr.DataType>): number[] {
  if (data instanceof Array) throw new Error("numbers are expected");
  const numbers = "get" in data ? Uint8Array.from(data, Number) : data;
  return [...ndarray<TypedArray>(numbers, shape, { stride })].map(Number);
}

interface Place {
  readonly title: string;
  readonly prefix: string;
  readonly cci: DefaultInterface;
  readonly store: PythonZarr;
}

const places = (await sharedStores("zarr")).flatMap(({ name, python, cci }): Place[] => {
  if (python.backend === "local") {
    return [{ title: name, prefix: "a.zarr", cci, store: { kind: "local", path: `${python.path}/a.zarr` } }];
  }
  return (["obstore", "s3fs"] as const).map((kind) => {
    const prefix = `${kind}.zarr`;
    return { title: `${name}, Python by ${kind}`, prefix, cci, store: { ...python, kind, prefix } };
  });
});

for (const { title, prefix, cci, store } of places) {
  Deno.test(`Zarr on ${title}: Python writes, zarrita reads`, async () => {
    await python(store, {
      groups: [{ path: "v2", format: 2 }, { path: "v3", format: 3 }],
      write: cases,
      consolidate: ["v2", "v3"],
    });
    const root = zarr.root(zarrStore(cci.backend, prefix));
    await each(cases, ({ path }) => path, async (each) => {
      const array = await zarr.open(root.resolve(each.path), { kind: "array" });
      assertEquals([array.shape, array.attrs], [[...each.shape], { path: each.path }]);
      const expected = (i: number) => item(each, i);
      if (each.shape.length === 0) {
        const single: unknown = await zarr.get(array);
        assertEquals(single, expected(0));
        return;
      }
      assertEquals(itemsOf(await zarr.get(array)), Array.from({ length: 35 }, (_, i) => expected(i)));
      const part = await zarr.get(array, [zarr.slice(1, 5, 2), zarr.slice(2, 6)]);
      assertEquals(
        itemsOf(part),
        [1, 3].flatMap((row) => [2, 3, 4, 5].map((column) => expected(row * 7 + column))),
      );
    });
    for (const format of ["v2", "v3"] as const) {
      const group = await zarr.withConsolidatedMetadata(zarrStore(cci.backend, `${prefix}/${format}`), {
        format,
      });
      const arrays = group.contents().filter(({ kind }) => kind === "array").map(({ path }) => format + path);
      assertEquals(
        arrays.sort(),
        cases.map(({ path }) => path).filter((path) => path.startsWith(format)).sort(),
      );
    }
  });

  Deno.test(`Zarr on ${title}: zarrita writes, Python reads`, async () => {
    const root = zarr.root(zarrStore(cci.backend, prefix));
    const little = { name: "bytes", configuration: { endian: "little" } };
    const volume = ndarray(Float64Array.from({ length: 35 }, (_, i) => i / 3), [7, 5]).transpose();
    const compressors = {
      none: [],
      zstd: [{ name: "zstd", configuration: { level: 3, checksum: false } }],
      blosc: [{
        name: "blosc",
        configuration: { cname: "lz4", clevel: 5, shuffle: "shuffle", blocksize: 0, typesize: 8 },
      }],
      transposed: [],
    };
    const written: string[] = [];
    for (const [name, codecs] of Object.entries(compressors)) {
      const path = `ours/${name}`;
      const array = await zarr.create(root.resolve(path), {
        dtype: "float64",
        shape: [5, 7],
        chunkShape: [2, 3],
        codecs: [
          ...(name === "transposed" ? [{ name: "transpose", configuration: { order: [1, 0] } }] : []),
          little,
          ...codecs,
        ],
        fillValue: 0,
        attributes: { path },
      });
      await zarr.set(array, null, volume.toZarrita());
      written.push(path);
    }
    // zarrita makes no arrays of version 2: Python makes them, and zarrita fills them.
    const old = ["none", "zstd", "lz4", "blosc"].map((compressor) => ({
      ...whole,
      path: `ours/v2-${compressor}`,
      format: 2 as const,
      compressor,
      dtype: "<f8",
      empty: true,
    }));
    await python(store, { write: old });
    for (const { path } of old) {
      const array = await zarr.open(root.resolve(path), { kind: "array" });
      assert(array.is("float64"));
      await zarr.set(array, null, volume.toZarrita());
      written.push(path);
    }
    const read = await python(store, { read: written });
    const expected = volume.toBytes().toBase64();
    await each(written, String, (path) => {
      assertEquals(read[path], { dtype: "<f8", shape: [5, 7], data: expected, attributes: { path } });
      return Promise.resolve();
    });
  });
}
