// .npy objects between Python's cottoncandy and here, both ways, and byte for byte the same file.
import { assertEquals } from "@std/assert";
import { everyDtype, everyEmpty, everyShape, fieldsOf, large, ours } from "./arrays.ts";
import { each } from "./each.ts";
import { environments, Reference } from "./reference.ts";
import { storesFor } from "./stores.ts";

for (const environment of environments) {
  const python = new Reference(environment);
  Deno.test.afterAll(() => python[Symbol.asyncDispose]());

  for (const { name: storeName, python: store, cci } of await storesFor(environment, "npy")) {
    const arrays = storeName === "local"
      ? [...everyDtype, ...everyShape, ...everyEmpty, ...large]
      : everyDtype;
    const cases = arrays.flatMap((array) =>
      (["C", "F", "strided", "reversed"] as const).filter((layout) =>
        layout === "C" || array.shape.length > 1
      )
        .map((layout) => ({ array, layout }))
    );
    const nameOf = ({ array, layout }: typeof cases[number]) => `${array.name} ${layout}`;

    Deno.test(`npy on ${storeName}, Python ${environment}: Python writes, we read`, async () => {
      await each(cases, nameOf, async ({ array, layout }) => {
        const name = `python/${array.name}/${layout}`;
        await python.uploadNpy(store, name, { ...array, dtype: array.descr, layout });
        const read = await cci.downloadNpyArray(name);
        assertEquals([read.dtype, read.shape, read.fields], [
          array.dtype,
          array.shape,
          fieldsOf(array.descr),
        ]);
        assertEquals(read.toBytes().toHex() === array.bytes.toHex(), true, "the items differ");
      });
    });

    Deno.test(`npy on ${storeName}, Python ${environment}: we write, Python reads, and would have written the same`, async () => {
      await each(cases, nameOf, async ({ array, layout }) => {
        const name = `ours/${array.name}/${layout}`;
        await cci.uploadNpyArray(name, ours(array, layout));
        const read = await python.downloadNpy(store, name);
        assertEquals([read.dtype, read.shape, read.descr], [array.dtype, array.shape, array.descr]);
        assertEquals(read.bytes.toHex() === array.bytes.toHex(), true, "the items differ");
        await python.uploadNpy(store, `python/${array.name}/${layout}`, {
          ...array,
          dtype: array.descr,
          layout,
        });
        assertEquals(
          (await cci.downloadObject(name)).toHex() ===
            (await cci.downloadObject(`python/${array.name}/${layout}`)).toHex(),
          true,
          "the files differ",
        );
      });
    });
  }
}
