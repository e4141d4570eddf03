// Raw arrays between Python's cottoncandy and here: every dtype, layout, shape and codec, bit for bit, both ways.
import { assertEquals } from "@std/assert";
import { listCodecs } from "../../codecs/mod.ts";
import type { Compression, NDArray } from "../../mod.ts";
import { type ArrayCase, everyDtype, everyEmpty, everyShape, fieldsOf, large, ours } from "./arrays.ts";
import { each } from "./each.ts";
import { environments, type Layout, type ReadByPython, Reference } from "./reference.ts";
import { type SharedStore, storesFor } from "./stores.ts";

const names = listCodecs().written.map(({ name }) => name);
/** What both sides can be asked for. */
const compressions: readonly Compression[] = [...names, false, true];
/** Whose order Python heeds when it reads. */
const ordered: readonly Compression[] = ["gzip", false, true];

/** Each codec's levels that differ in kind; all codecs have their line. */
const levels: Record<string, readonly number[]> = {
  gzip: [0, 1, 6, 9],
  Zlib: [0, 1, 6, 9],
  Zstd: [1, 3, 9, 19],
  LZ4: [1],
  BZ2: [1, 9],
};
assertEquals(Object.keys(levels).sort(), names.toSorted(), "levels, above");

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());

  const stores = await storesFor(environment, "raw", { onWarning: unexpected });
  for (const store of stores) {
    const { cci } = store;
    for (const compression of compressions) {
      const title = `${compression} on ${store.name}, Python ${environment}`;
      const prefix = `raw/${compression}`;

      Deno.test(`raw arrays, ${title}: Python writes, we read`, async () => {
        await each(writtenByPython(store, compression), nameOf, async ({ array, layout }) => {
          const name = `${prefix}/python/${array.name}/${layout}`;
          await python.uploadRaw(store.python, name, { ...array, dtype: array.descr, layout }, {
            compression,
          });
          assertSameAsOurs(await cci.downloadRawArray(name), array);
        });
      });

      Deno.test(`raw arrays, ${title}: we write, Python reads`, async () => {
        await each(writtenByUs(store), nameOf, async ({ array, layout }) => {
          const name = `${prefix}/ours/${array.name}/${layout}`;
          await cci.uploadRawArray(name, ours(array, layout), { compression });
          assertSameAsPython(await python.downloadRaw(store.python, name), array);
          // Python knows no fields in raw arrays; here they come back.
          const array2 = await cci.downloadRawArray(name);
          assertSameAsOurs(array2, array);
          assertEquals(array2.fields, fieldsOf(array.descr));
        });
      });
    }

    Deno.test(`raw arrays on ${store.name}, Python ${environment}: what Python mislabels is read as Python reads it`, async () => {
      // Read-only arrays of two axes or more are stored in C order, but say F; see "order" in the README.
      const [array] = everyShape.filter(({ name }) => name === "5-d");
      await each(compressions, String, async (compression) => {
        const name = `read-only/${compression}`;
        await python.uploadRaw(store.python, name, { ...array, dtype: array.descr, layout: "read-only" }, {
          compression,
        });
        const warnings: string[] = [];
        const onWarning = ({ kind }: { kind: string }) => void warnings.push(kind);
        const asPython = await python.downloadRaw(store.python, name);
        assertSameAsOurs(await cci.downloadRawArray(name, { onWarning }), asPython);
        assertEquals(warnings, ordered.includes(compression) ? ["suspect-order"] : []);
        assertSameAsOurs(await cci.downloadRawArray(name, { order: "C" }), array);
      });
    });
  }

  Deno.test(`raw arrays, Python ${environment}: each level of each codec is read`, async () => {
    const [{ cci, python: store }] = stores;
    const cases = Object.entries(levels).flatMap(([codec, levels]) =>
      levels.flatMap((level) => large.map((array) => ({ codec, level, array })))
    );
    const nameOf = ({ codec, level, array }: typeof cases[number]) => `${codec} ${level} ${array.name}`;
    await each(cases, nameOf, async ({ codec, level, array }) => {
      const name = `levels/${codec}/${level}/${array.name}`;
      await cci.uploadRawArray(name, ours(array, "C"), { compression: codec, level });
      assertSameAsPython(await python.downloadRaw(store, name), array);
    });
  });
}

interface Case {
  readonly array: ArrayCase;
  readonly layout: Exclude<Layout, "read-only">;
}

function nameOf({ array, layout }: Case): string {
  return `${array.name} ${layout}`;
}

/** All that there is on the local store; on S3, which is slower, not every dtype in every layout. */
function* writtenByUs({ name }: SharedStore): Generator<Case> {
  for (const array of [...everyShape, ...everyEmpty]) yield { array, layout: "C" };
  for (const array of everyDtype) {
    const all = name === "local" || ["f4", "be-i2", "nested"].includes(array.name);
    for (const layout of all ? ["C", "F", "strided", "reversed"] as const : ["C"] as const) {
      yield { array, layout };
    }
  }
  if (name === "local") { for (const array of large) yield { array, layout: "C" }; }
}

/** The same, less what the reference can't write: arrays without items by numcodecs, times by anything else. */
function* writtenByPython(store: SharedStore, compression: Compression): Generator<Case> {
  const numcodecs = !["gzip", false, true].includes(compression);
  for (const { array, layout } of writtenByUs(store)) {
    if (numcodecs ? array.bytes.length > 0 : !/^[<>][Mm]8/.test(array.dtype)) yield { array, layout };
  }
}

interface Items {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

function assertSameAsOurs(
  array: NDArray,
  { dtype, shape, bytes }: Items,
): void {
  assertEquals([array.dtype, array.shape], [dtype, shape]);
  assertSameBytes(array.toBytes(), bytes);
}

function assertSameAsPython(array: ReadByPython, { dtype, shape, bytes }: Items): void {
  assertEquals([array.dtype, array.shape], [dtype, shape]);
  assertSameBytes(array.bytes, bytes);
}

/** assertEquals prints all that differs, which takes minutes for megabytes. */
function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length, "length in bytes");
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  if (at >= 0) throw new Error(`byte ${at} of ${expected.length} is ${actual[at]}, not ${expected[at]}`);
}

function unexpected({ kind, message }: { kind: string; message: string }): void {
  throw new Error(`a warning that nothing calls for: ${kind}: ${message}`);
}
