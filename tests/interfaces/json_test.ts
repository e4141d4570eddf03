import { assertEquals, assertRejects } from "@std/assert";
import { AlreadyExistsError, IntegrityError, InvalidArgumentError, NotFoundError } from "../../lib/errors.ts";
import type { JsonValue } from "../../lib/json.ts";
import { readJson, writeJson } from "../../lib/objects/json.ts";
import { BasicInterface } from "../../mod.ts";
import { encode } from "../../testing/case.ts";
import { forEachStore, withStore } from "./stores.ts";

forEachStore((store, open) => {
  // Item 2 of Python cottoncandy's own tests.
  Deno.test(`${store}: JSON comes back as it was`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend, { prefix: "testcc" });
      const { key, metadata } = await cci.uploadJson("dict", { hello: 0, bye: "bye!" });
      assertEquals([key, metadata], ["testcc/dict", {}]);
      assertEquals(await cci.downloadJson("dict"), { hello: 0, bye: "bye!" });
      assertEquals(
        new TextDecoder().decode(await cci.downloadObject("dict")),
        '{"hello": 0, "bye": "bye!"}',
        "what json.dumps writes",
      );
    }));

  Deno.test(`${store}: any value at the top, Python's numbers, and text of any language`, () =>
    withStore(open, async ({ backend }) => {
      const values: JsonValue[] = [
        null,
        true,
        -0,
        1e300,
        NaN,
        -Infinity,
        "Zoë 日本 \u0000 \ud83d\ude00",
        [],
        {},
        [1, [NaN, { a: Infinity }]],
        12345678901234567890n,
        { "NaN": "NaN" },
      ];
      for (const value of values) {
        await writeJson(backend, "a/b", value);
        assertEquals(await readJson(backend, "a/b"), value);
      }
    }));

  Deno.test(`${store}: what JSON can't hold is refused, and nothing is stored or lost`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend);
      await cci.uploadJson("a", 1);
      const cycle: unknown[] = [];
      cycle.push(cycle);
      for (const value of [undefined, () => 1, Symbol("s"), new Map(), new Float32Array(2), cycle]) {
        await assertRejects(() => cci.uploadJson("a", value), InvalidArgumentError, '"a"');
      }
      assertEquals(await cci.downloadJson("a"), 1);
      await assertRejects(() => cci.uploadJson("a", 2, { overwrite: false }), AlreadyExistsError);
      await assertRejects(() => cci.uploadJson("", 2), InvalidArgumentError);
      await assertRejects(() => cci.uploadJson("a", 2, { metadata: { shape: "1" } }), InvalidArgumentError);
    }));

  Deno.test(`${store}: objects that are no JSON are an error that names them`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend, { prefix: "p" });
      for (const bytes of [encode(""), encode("{"), encode("{} x"), new Uint8Array([0x22, 0xff, 0x22])]) {
        await cci.uploadObject("odd", bytes);
        await assertRejects(() => cci.downloadJson("odd"), IntegrityError, '"p/odd"');
      }
      await assertRejects(() => cci.downloadJson("missing"), NotFoundError, "p/missing");
    }));

  Deno.test(`${store}: options of writes reach the store`, () =>
    withStore(open, async ({ backend }) => {
      const cci = new BasicInterface(backend);
      await cci.uploadJson("a", 1, { metadata: { Run: "7" }, contentType: "application/json" });
      const { metadata, contentType } = await cci.getObject("a");
      assertEquals([metadata, contentType], [{ run: "7" }, "application/json"]);
      const reason = new Error("enough");
      assertEquals(
        await assertRejects(() => cci.downloadJson("a", { signal: AbortSignal.abort(reason) })),
        reason,
      );
    }));
});
