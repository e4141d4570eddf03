// Objects, their names and their metadata between Python's cottoncandy and here.
import { assertEquals, assertRejects } from "@std/assert";
import { NotFoundError } from "../../mod.ts";
import { each } from "./each.ts";
import { environments, PythonError, Reference } from "./reference.ts";
import { sharedStores } from "./stores.ts";

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

  for (const { name: storeName, python: store, cci } of await sharedStores(`objects-${environment}`)) {
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
      const metadata = { subject: "sub01", "repetition-time": "2.0", note: 'a, b = c; "d" <e>', empty: "" };
      await python.uploadObject(store, "metadata/python", bytes, {
        Subject: "sub01",
        ...metadata,
        subject: "sub02",
      });
      const { metadata: read } = await cci.getObject("metadata/python");
      assertEquals({ ...read }, { ...metadata, subject: read.subject });
      await cci.uploadObject("metadata/ours", bytes, { metadata });
      assertEquals((await python.downloadObject(store, "metadata/ours")).metadata, metadata);
      // Written again without metadata: nothing of the old ones stays.
      await cci.uploadObject("metadata/python", bytes);
      assertEquals((await python.downloadObject(store, "metadata/python")).metadata, {});
      await python.uploadObject(store, "metadata/ours", bytes);
      assertEquals({ ...(await cci.getObject("metadata/ours")).metadata }, {});
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
