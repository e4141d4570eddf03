// Pickles between Python's cottoncandy and here: everything they can hold, in every protocol, and random nests of it.
import { assert, assertEquals } from "@std/assert";
import { dumpPickle, type PickleValue, Tuple } from "../../lib/array/pickle/mod.ts";
import { arrayFromBytes } from "../../lib/array/mod.ts";
import { ndarray } from "../../mod.ts";
import { comparable, type Described, expected } from "../array/pickle/described.ts";
import { each } from "./each.ts";
import { environments, Reference } from "./reference.ts";
import { storesFor } from "./stores.ts";

const protocols = [0, 1, 2, 3, 4, 5];
const seeds = Array.from({ length: 150 }, (_, seed) => seed);

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());

  for (const { name: storeName, python: store, cci } of await storesFor(environment, "pickle")) {
    const title = `${storeName}, Python ${environment}`;

    Deno.test(`pickles on ${title}: methods on both sides`, async () => {
      const value: Described = { dict: [[{ str: "a" }, { list: [{ int: "1" }, { str: "é" }, null, true] }]] };
      await python.uploadPickle(store, "python", value);
      assertEquals(await cci.downloadPickle("python"), { a: [1, "é", null, true] });
      const { size } = await cci.uploadPickle("ours", {
        a: [1, "é", null, true],
        b: new Float64Array(100_000),
      });
      assertEquals((await python.downloadObject(store, "ours")).body.length, size);
      const read = expected(await python.downloadPickle(store, "ours"));
      assertEquals(
        comparable(read),
        comparable({ a: [1, "é", null, true], b: ndarray(new Float64Array(100_000)) }),
      );
    });

    if (storeName !== "local") continue;

    Deno.test(`pickles on ${title}: Python's are read, and ours of the same are the same to Python`, async () => {
      const cases = await python.pickleCases(store, "cases");
      assert(cases.length > 50);
      await each(cases.entries(), ([, [name]]) => name, async ([index, [, described]]) => {
        for (const protocol of protocols) {
          const read = await cci.downloadPickle(`cases/${index}/${protocol}`);
          assertEquals(comparable(read), comparable(expected(described)), `protocol ${protocol}`);
          await cci.uploadPickle("again", read);
          assertSame(await python.downloadPickle(store, "again"), described);
        }
      });
    });

    Deno.test(`pickles on ${title}: random values, both ways`, async () => {
      await each(seeds, String, async (seed) => {
        const described = await python.pickleRandom(store, "random", seed);
        for (const protocol of protocols) {
          const read: PickleValue = await cci.downloadPickle(`random/${protocol}`);
          assertEquals(comparable(read), comparable(expected(described)), `protocol ${protocol}`);
        }
        await cci.uploadPickle("random/ours", expected(described));
        assertSame(await python.downloadPickle(store, "random/ours"), described);
      });
    });

    Deno.test(`pickles on ${title}: what only JavaScript writes`, async () => {
      const lone = "\ud800 and \udfff";
      const value = {
        surrogates: [lone, `${lone}🧠`],
        numbers: [-0, 2 ** 53, 1e300, 2n ** 53n, -(2n ** 63n), 255n, 7n],
        clamped: new Uint8ClampedArray([1, 2]),
        half: new Float16Array([0.5, -2]),
        absent: undefined,
        holes: [1, , 3],
        reversed: ndarray(Int16Array.of(1, 2, 3)).slice([null, null, -1]),
        keys: new Map<unknown, unknown>([[Tuple.of(1, new Set([2])), 1], [new Uint8Array([1]), 2], [{
          re: 1,
          im: 1,
        }, 3]]),
      };
      await cci.uploadPickle("ours", value);
      const read = expected(await python.downloadPickle(store, "ours"));
      assertEquals(comparable(read), {
        object: [
          ["clamped", { dtype: "|u1", fields: undefined, shape: [2], items: "0102" }],
          ["half", { dtype: "<f2", fields: undefined, shape: [2], items: "003800c0" }],
          ["holes", { list: ["number 1", null, "number 3"] }],
          ["keys", {
            map: [
              [{ tuple: ["number 1", { set: ['"number 2"'] }] }, "number 1"],
              ["bytes 01", "number 2"],
              [{ object: [["im", "number 1"], ["re", "number 1"]] }, "number 3"],
            ],
          }],
          ["numbers", {
            list: [
              "-0",
              "number 9007199254740992",
              "number 1e+300",
              "bigint 9007199254740992",
              "bigint -9223372036854775808",
              "number 255",
              "number 7",
            ],
          }],
          ["reversed", { dtype: "<i2", fields: undefined, shape: [3], items: "030002000100" }],
          ["surrogates", { list: [JSON.stringify(lone), JSON.stringify(`${lone}🧠`)] }],
        ],
      });
    });

    Deno.test(`pickles on ${title}: what contains itself, and what comes twice`, async () => {
      const list: unknown[] = [];
      const tuple = Tuple.of(list);
      list.push(tuple, 1);
      const long = Tuple.from<unknown>([1, 2, 3, list]);
      list.push(long);
      const map = new Map<string, unknown>([["list", list]]);
      map.set("map", map);
      const bytes = dumpPickle(map);
      await cci.uploadObject("cycle", bytes);
      assertEquals(await python.inspectCycle(store, "cycle"), true);
    });
  }
}

/**
 * That Python has read what it had: floats without a fraction have become the ints that they are equal to, and an OrderedDict a dict in its
 * order. Arrays are in native byte order, into which numpy turns all arrays (but structures) that it reads from pickles, its own too.
 */
function assertSame(actual: Described, wanted: Described): void {
  assertEquals(comparable(expected(plain(actual))), comparable(expected(plain(wanted))));
}

function plain(described: Described): Described {
  return JSON.parse(JSON.stringify(described), (key, value) => {
    if (key === "array" && value.descr === null && value.dtype.startsWith(">")) {
      const native = arrayFromBytes(Uint8Array.fromHex(value.hex), value).toNative();
      return { ...value, dtype: native.dtype, hex: native.toBytes().toHex() };
    }
    return typeof value === "object" && value !== null && "ordered" in value
      ? { dict: value.ordered }
      : value;
  });
}
