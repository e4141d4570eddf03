// Objects, their names and their metadata between Python's cottoncandy and here.
import { assertEquals, assertRejects } from "@std/assert";
import { IntegrityError, ndarray, NotFoundError } from "../../mod.ts";
import { each } from "./each.ts";
import { environments, PythonError, Reference } from "./reference.ts";
import { storesFor } from "./stores.ts";

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i * 7 % 256);

const names = [
  "plain",
  "a/b/c.bin",
  "/leading//double///slash",
  "with space and + plus",
  "percent%41 and %2F",
  "question?hash#star*",
  'quote\'s "and" <angle> & co',
  "ünïcödé/日本語/🍦",
  "dots/a..b/...c",
  "back\\slash",
];

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());

  for (const { name: storeName, python: store, cci } of await storesFor(environment, "objects")) {
    const title = `${storeName}, Python ${environment}`;

    Deno.test(`object names on ${title}: Python writes, we read`, async () => {
      await each(names, String, async (name) => {
        await python.uploadObject(store, `python/${name}`, bytes);
        assertEquals(await cci.downloadObject(`python/${name}`), bytes);
      });
    });

    Deno.test(`object names on ${title}: we write, Python reads`, async () => {
      await each(names, String, async (name) => {
        await cci.uploadObject(`ours/${name}`, bytes);
        assertEquals((await python.downloadObject(store, `ours/${name}`)).body, bytes);
        assertEquals(await python.exists(store, `ours/${name}`), true);
      });
    });

    Deno.test(`metadata on ${title}: both ways`, async () => {
      const metadata: Record<string, string> = {
        subject: "sub01",
        "repetition-time": "2.0",
        note: 'a, b = c; "d" <e>',
        empty: "",
      };
      await python.uploadObject(store, "metadata/python", bytes, metadata);
      assertEquals({ ...(await cci.getObject("metadata/python")).metadata }, metadata);
      await cci.uploadObject("metadata/ours", bytes, { metadata });
      assertEquals(seen(await python.downloadObject(store, "metadata/ours")), metadata);
      // Written again without metadata: nothing of the old ones stays.
      await cci.uploadObject("metadata/python", bytes);
      assertEquals(seen(await python.downloadObject(store, "metadata/python")), {});
      await python.uploadObject(store, "metadata/ours", bytes);
      assertEquals({ ...(await cci.getObject("metadata/ours")).metadata }, {});
    });

    Deno.test(`what Python copies and moves on ${title} stays readable`, async () => {
      const array = ndarray(Float32Array.from({ length: 600 }, (_, i) => i / 7), [20, 30]);
      for (const compression of [false, "gzip"] as const) {
        await cci.uploadRawArray("moved/from", array, { compression, metadata: { subject: "sub01" } });
        // The reference's local backend can't copy into a directory that isn't there.
        await cci.uploadObject("moved/to/other", bytes);
        await python.copy(store, "moved/from", "moved/to/copy");
        await python.move(store, "moved/from", "moved/to/move");
        for (const name of ["moved/to/copy", "moved/to/move"]) {
          assertEquals((await cci.downloadRawArray(name)).toNested(), array.toNested());
          assertEquals((await cci.getObject(name)).metadata["subject"], "sub01");
          assertEquals((await python.downloadRaw(store, name)).bytes, array.toBytes());
        }
        assertEquals(await cci.existsObject("moved/from"), false);
      }
    });

    Deno.test(`a file that Python puts in an object's place on ${title} does not get that object's metadata`, async () => {
      await cci.uploadRawArray("replaced", new Float64Array(10), { compression: false });
      await python.uploadFromFile(store, "replaced", bytes);
      const warnings = new Set<string>();
      const onWarning = ({ kind }: { kind: string }) => void warnings.add(kind);
      assertEquals(await cci.downloadObject("replaced", { onWarning }), bytes);
      assertEquals({ ...(await cci.getObject("replaced", { onWarning })).metadata }, {});
      await assertRejects(() => cci.downloadRawArray("replaced", { onWarning }), IntegrityError);
      // S3 has forgotten them; the local sidecar is still there, and said to be stale.
      assertEquals([...warnings], storeName === "local" ? ["metadata"] : []);
    });

    Deno.test(`bodies on ${title}: empty, text and stream`, async () => {
      await python.uploadObject(store, "bodies/empty-python", new Uint8Array());
      assertEquals(await cci.downloadObject("bodies/empty-python"), new Uint8Array());
      await cci.uploadObject("bodies/empty", new Uint8Array());
      assertEquals((await python.downloadObject(store, "bodies/empty")).body, new Uint8Array());
      await cci.uploadObject("bodies/text", "Zuckerwatte: ü");
      assertEquals(
        (await python.downloadObject(store, "bodies/text")).body,
        new TextEncoder().encode("Zuckerwatte: ü"),
      );
      await cci.uploadObject("bodies/stream", ReadableStream.from([bytes, bytes.subarray(0, 3), bytes]));
      assertEquals((await python.downloadObject(store, "bodies/stream")).body.length, 10_003);
    });

    Deno.test(`JSON on ${title}: Python's text is read, ours is read by Python`, async () => {
      const value = { name: "ü🍦", list: [1, 2.5, null, true], nested: { a: { b: [] } } };
      await python.uploadJson(store, "json/python", value);
      assertEquals(JSON.parse(new TextDecoder().decode(await cci.downloadObject("json/python"))), value);
      await cci.uploadObject("json/ours", JSON.stringify(value));
      assertEquals(await python.downloadJson(store, "json/ours"), value);
    });

    if (store.backend === "local") {
      Deno.test(`metadata on ${title}: Python's own types are read as text`, async () => {
        await python.uploadObject(store, "typed", bytes, { Runs: 3, scale: 2.5, good: true });
        assertEquals({ ...(await cci.getObject("typed")).metadata }, {
          runs: "3",
          scale: "2.5",
          good: "True",
        });
      });
    }

    Deno.test(`what is missing on ${title} is missing for both`, async () => {
      await assertRejects(() => python.downloadRaw(store, "no/such"), PythonError, "not found");
      await assertRejects(() => cci.downloadRawArray("no/such"), NotFoundError);
      assertEquals([await python.exists(store, "no/such"), await cci.existsObject("no/such")], [
        false,
        false,
      ]);
    });
  }
}

/** Metadata as Python's user sees them: those that begin with `cc-` are the library's own. */
function seen({ metadata }: { metadata: Record<string, string> }): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith("cc-")));
}
