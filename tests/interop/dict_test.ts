// Dictionaries of arrays between Python's cottoncandy and here, both ways.
import { assert, assertEquals } from "@std/assert";
import { type ArrayDict, type ArrayTree, isNDArray } from "../../mod.ts";
import { type ArrayCase, everyDtype, everyEmpty, everyShape, ours } from "./arrays.ts";
import {
  environments,
  type PythonTree,
  type ReadByPython,
  Reference,
  type TreeReadByPython,
} from "./reference.ts";
import { storesFor } from "./stores.ts";

const arrays: readonly ArrayCase[] = [...everyDtype, ...everyShape, ...everyEmpty];

/** One line an array: its name, dtype, shape and bytes. */
type Lines = Map<string, string>;

function line(dtype: string, shape: readonly number[], bytes: Uint8Array): string {
  return `${dtype} [${shape}] ${bytes.toBase64()}`;
}

function linesOf(dict: ArrayDict, above = "", lines: Lines = new Map()): Lines {
  for (const [name, value] of Object.entries(dict)) {
    if (value === null) lines.set(above + name, "null");
    else if (isNDArray(value)) lines.set(above + name, line(value.dtype, value.shape, value.toBytes()));
    else linesOf(value, `${above}${name}/`, lines);
  }
  return lines;
}

function theirLines(
  tree: TreeReadByPython | ReadByPython | null,
  above = "",
  lines: Lines = new Map(),
): Lines {
  assert(tree instanceof Map);
  for (const [name, value] of tree) {
    if (value === null) lines.set(above + name, "null");
    else if (value instanceof Map) theirLines(value, `${above}${name}/`, lines);
    else lines.set(above + name, line(value.dtype, value.shape, value.bytes));
  }
  return lines;
}

function expected(cases: readonly ArrayCase[], above: string): Lines {
  return new Map(cases.map(({ name, dtype, shape, bytes }) => [above + name, line(dtype, shape, bytes)]));
}

function sorted(lines: Lines): [string, string][] {
  return [...lines].sort(([a], [b]) => a < b ? -1 : 1);
}

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());
  const warnings: string[] = [];
  const onWarning = ({ kind, key }: { kind: string; key?: string }) => void warnings.push(`${kind} ${key}`);
  for (
    const { name: store, python: place, cci } of await storesFor(environment, "dict", { onWarning })
  ) {
    const title = `on ${store}, Python ${environment}`;
    // Python stores no times by gzip.
    const writable = arrays.filter(({ dtype }) => !/^[<>][Mm]8/.test(dtype));

    Deno.test(`dictionaries ${title}: Python writes, we read`, async () => {
      warnings.length = 0;
      const every: PythonTree = new Map(
        writable.map((array) => [array.name, { array: { ...array, dtype: array.descr } }]),
      );
      const tree: PythonTree = new Map<string, PythonTree | { value: unknown }>([
        ["deep", new Map([["every", every]])],
        ["int", { value: 42 }],
        ["float", { value: 2.5 }],
        ["bool", { value: true }],
        ["text", { value: "été" }],
        ["list", { value: [1, 2, 3] }],
        ["nested/name", { value: [1.5] }],
        ["with space", new Map([["%41", { value: 1 }], ["a+b.c", { value: 2 }]])],
      ]);
      await python.uploadDict(place, "python", tree, { study: "x" });
      const dict = await cci.cloud2dict("python");
      const i8 = (...values: bigint[]) => new Uint8Array(BigInt64Array.from(values).buffer);
      const f8 = (value: number) => new Uint8Array(Float64Array.of(value).buffer);
      assertEquals(
        sorted(linesOf(dict)),
        sorted(
          new Map([
            ...expected(writable, "deep/every/"),
            ["int", line("<i8", [], i8(42n))],
            ["float", line("<f8", [], f8(2.5))],
            ["bool", line("|b1", [], Uint8Array.of(1))],
            ["text", line("<U3", [], new Uint8Array(Uint32Array.of(0xe9, 0x74, 0xe9).buffer))],
            ["list", line("<i8", [3], i8(1n, 2n, 3n))],
            ["nested/name", line("<f8", [1], f8(1.5))],
            ["with space/%41", line("<i8", [], i8(1n))],
            ["with space/a+b.c", line("<i8", [], i8(2n))],
          ]),
        ),
      );
      assertEquals(warnings, []);
      assertEquals((await cci.getObject("python/deep/every/f4")).metadata.study, "x");
    });

    Deno.test(`dictionaries ${title}: we write, Python reads`, async () => {
      const every: ArrayTree = new Map(arrays.map((array) => [array.name, ours(array, "C")]));
      await cci.dict2cloud("ours", {
        deep: { every },
        n: 2.5,
        big: 7n,
        yes: true,
        text: "été",
        list: [[1, 2], [3, 4]],
        "a/b": Int16Array.of(5),
        "/lead": 1n,
        "with space": { "a+b.c": 2n },
      }, { metadata: { study: "x" } });
      const small = await python.downloadDict(place, "ours");
      const f8 = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);
      const i8 = (value: bigint) => new Uint8Array(BigInt64Array.of(value).buffer);
      assertEquals(
        sorted(theirLines(small)),
        sorted(
          new Map([
            ...expected(arrays, "deep/every/"),
            ["n", line("<f8", [], f8(2.5))],
            ["big", line("<i8", [], i8(7n))],
            ["yes", line("|b1", [], Uint8Array.of(1))],
            ["text", line("<U3", [], new Uint8Array(Uint32Array.of(0xe9, 0x74, 0xe9).buffer))],
            ["list", line("<f8", [2, 2], f8(1, 2, 3, 4))],
            ["a/b", line("<i2", [1], new Uint8Array(Int16Array.of(5).buffer))],
            ["lead", line("<i8", [], i8(1n))],
            ["with space/a+b.c", line("<i8", [], i8(2n))],
          ]),
        ),
      );
      const keys = await python.downloadDict(place, "ours", ["n", "a"]);
      assertEquals([...theirLines(keys).keys()].sort(), ["a/b", "n"]);
    });

    Deno.test(`dictionaries ${title}: what Python stores of None, and other objects, are null on both sides`, async () => {
      const tree: PythonTree = new Map<string, { value: unknown }>([["a", { value: 1 }], ["none", {
        value: null,
      }]]);
      await python.uploadDict(place, "odd", tree);
      await cci.uploadJson("odd/info.json", { a: 1 });
      warnings.length = 0;
      const lines = linesOf(await cci.cloud2dict("odd"));
      assertEquals([lines.get("none"), lines.get("info.json"), lines.size], ["null", "null", 3]);
      assertEquals(warnings.sort(), ["metadata odd/info.json", "metadata odd/none"]);
      const theirs = theirLines(await python.downloadDict(place, "odd", ["a", "info.json"]));
      assertEquals([...theirs], [["a", lines.get("a")], ["info.json", "null"]]);
    });

    Deno.test(`datasets ${title}: of what Python wrote`, async () => {
      await python.uploadDict(place, "set", new Map([["g", new Map([["x", { value: 3 }]])]]));
      const dataset = await cci.cloud2dataset("set");
      assertEquals([await dataset.keys(), (await dataset.load("g/x")).get()], [["g"], 3n]);
    });
  }
}
