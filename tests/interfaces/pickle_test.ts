// Pickles as objects, on every store.
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ndarray } from "../../lib/array/mod.ts";
import {
  AlreadyExistsError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { BasicInterface } from "../../lib/interface/basic.ts";
import { dumpPickle, readPickle, Tuple, writePickle } from "../../lib/objects/pickle.ts";
import { comparable } from "../array/pickle/described.ts";
import { forEachStore, withStore } from "./stores.ts";

forEachStore((name, open) => {
  Deno.test(`pickles on ${name}: values come back, below the interface's prefix`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend, { prefix: "lab" });
      const value = {
        subject: "sub01",
        shape: Tuple.of(2, 3),
        weights: ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
        runs: new Map<unknown, unknown>([[1, "a"], [Tuple.of("x", 2n ** 70n), new Set([null])]]),
        raw: Uint8Array.of(0, 255),
      };
      const result = await cci.uploadPickle("//fits//sub01", value, { metadata: { tr: "2.0" } });
      assertEquals(result.key, "lab/fits/sub01");
      const head = await cci.getObject("fits/sub01");
      assertEquals([head.size, head.metadata.tr], [result.size, "2.0"]);
      assertEquals(comparable(await cci.downloadPickle("fits/sub01")), comparable(value));
      await assertRejects(() => cci.uploadPickle("fits/sub01", 1, { overwrite: false }), AlreadyExistsError);
      await cci.uploadPickle("fits/sub01", null);
      assertEquals(await cci.downloadPickle("fits/sub01"), null);
    }));

  Deno.test(`pickles on ${name}: what is larger than a part or a piece`, () =>
    withStore(open, async ({ backend }) => {
      const value = {
        big: ndarray(new Uint32Array(3_000_000).map((_, i) => i * 2654435761)),
        more: "é".repeat(100_000),
      };
      const progress: number[] = [];
      const { size } = await writePickle(backend, "big", value, {
        onProgress: ({ loaded }) => progress.push(loaded),
      });
      assert(size > 12_000_000 && progress.at(-1) === size);
      const read = await readPickle(backend, "big");
      assert(
        comparable(read) !== undefined &&
          JSON.stringify(comparable(read)) === JSON.stringify(comparable(value)),
      );
    }));

  Deno.test(`pickles on ${name}: errors say which object it is about, and leave nothing behind`, () =>
    withStore(open, async ({ backend }) => {
      await assertRejects(() => readPickle(backend, "none"), NotFoundError);
      const refused = await assertRejects(
        () => writePickle(backend, "a//date", { at: new Date() }),
        InvalidArgumentError,
      );
      assertEquals([refused.key, await backend.head("a/date")], ["a/date", undefined]);
      await assertRejects(
        () => writePickle(backend, "m", 1, { metadata: { shape: "1" } }),
        InvalidArgumentError,
      );
      await backend.put("bad/cut", dumpPickle([1, 2, 3]).subarray(0, 8));
      await backend.put("bad/empty", new Uint8Array());
      await backend.put("bad/json", new TextEncoder().encode('{"a": 1}'));
      for (const key of ["bad/cut", "bad/empty", "bad/json"]) {
        assertEquals((await assertRejects(() => readPickle(backend, key), IntegrityError)).key, key);
      }
      await backend.put("bad/class", new TextEncoder().encode("cpandas.core.frame\nDataFrame\n(tR."));
      const error = await assertRejects(
        () => readPickle(backend, "bad/class"),
        UnsupportedError,
        "pandas.core.frame.DataFrame",
      );
      assertEquals(error.key, "bad/class");
    }));

  Deno.test(`pickles on ${name}: an abort rejects with its reason, and nothing is stored`, () =>
    withStore(open, async ({ backend }) => {
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      assertStrictEquals(await writePickle(backend, "a", 1, { signal }).catch((error) => error), reason);
      assertEquals(await backend.head("a"), undefined);
      await writePickle(backend, "a", 1);
      assertStrictEquals(await readPickle(backend, "a", { signal }).catch((error) => error), reason);
      const midway = new AbortController();
      const large = new Float64Array(2_000_000);
      const upload = writePickle(backend, "b", large, {
        signal: midway.signal,
        onProgress: () => midway.abort(reason),
      });
      const outcome = await upload.catch((error) => error);
      // An abort after the commit began comes too late.
      if (outcome !== reason) assertEquals(outcome.key, "b");
      else assertEquals(await backend.head("b"), undefined);
    }));

  Deno.test(`pickles on ${name}: a str of Python 2 in the encoding that is asked for`, () =>
    withStore(open, async ({ backend }) => {
      await backend.put("py2", Uint8Array.of(0x55, 2, 0xc3, 0xa9, 0x2e));
      const cci = new BasicInterface(backend);
      assertEquals(await cci.downloadPickle("py2"), "Ã©");
      assertEquals(await cci.downloadPickle("py2", { encoding: "utf-8" }), "é");
      assertEquals(await cci.downloadPickle("py2", { encoding: "bytes" }), Uint8Array.of(0xc3, 0xa9));
    }));
});
