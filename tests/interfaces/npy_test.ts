import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { type NDArray, ndarray } from "../../lib/array/mod.ts";
import { IntegrityError, InvalidArgumentError, NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import { openNpy, readNpyObject, writeNpy } from "../../lib/stored_arrays/npy.ts";
import { delegate } from "../backends/delegate.ts";

function ramp(...shape: number[]): NDArray {
  const count = shape.reduce((a, b) => a * b, 1);
  return ndarray(Float32Array.from({ length: count }, (_, i) => i), shape);
}

function assertSame(actual: NDArray, expected: NDArray): void {
  assertEquals([actual.dtype, actual.shape, actual.toBytes()], [
    expected.dtype,
    expected.shape,
    expected.toBytes(),
  ]);
}

Deno.test("npy objects of any layout come back bit for bit, whole and lazily", async () => {
  const backend = new MemoryBackend();
  const structured = ndarray(new Uint8Array(24).map((_, i) => i), [2], {
    dtype: "|V12",
    fields: [{ name: "a", dtype: "<f8", offset: 0 }, { name: "b", dtype: "<i4", offset: 8 }],
  });
  for (
    const array of [
      ramp(3, 4),
      ramp(3, 4).transpose(),
      ramp(8).slice([null, null, -3]),
      ramp(0, 2),
      ndarray(new Float32Array(1), []),
      structured,
    ]
  ) {
    await writeNpy(backend, "a.npy", array);
    const back = await readNpyObject(backend, "a.npy");
    assertSame(back, array);
    assertEquals(back.fields, array.fields);
    const lazy = await openNpy(backend, "a.npy");
    assertEquals([lazy.shape, lazy.dtype, lazy.sliceable], [array.shape, array.dtype, true]);
    assertSame(await lazy.toArray(), array);
  }
});

Deno.test("the array is a view of the file's buffer: nothing is copied", async () => {
  const backend = new MemoryBackend();
  await writeNpy(backend, "a.npy", ramp(100));
  const { data } = await readNpyObject(backend, "a.npy");
  assertEquals([data.byteOffset, data.buffer.byteLength], [128, 528]);
  const into = new Float32Array(100);
  assertStrictEquals((await readNpyObject(backend, "a.npy", { into })).data.buffer, into.buffer);
  assertEquals(into[99], 99);
  await assertRejects(
    () => readNpyObject(backend, "a.npy", { into: new Float32Array(9) }),
    InvalidArgumentError,
  );
});

Deno.test("a lazy npy array asks for its header once and then for what it needs", async () => {
  const backend = new MemoryBackend();
  await writeNpy(backend, "a.npy", ramp(1000, 1000));
  const asked: unknown[] = [];
  const counting = delegate(backend, {
    open: (key, options) => (asked.push(options?.range), backend.open(key, options)),
  });
  const lazy = await openNpy(counting, "a.npy");
  assertEquals((await lazy.slice(1, [0, 2])).toNested(), [1000, 1001]);
  assertEquals(asked, [{ offset: 0, length: 4096 }, { offset: 128 + 4000, length: 8 }]);
});

Deno.test("a header longer than the first read is read to its end", async () => {
  const backend = new MemoryBackend();
  const fields = Array.from(
    { length: 400 },
    (_, i) => ({ name: `field_with_a_long_name_${i}`, dtype: "<i2" as const, offset: 2 * i }),
  );
  const array = ndarray(new Uint8Array(1600).fill(7), [2], { dtype: "|V800", fields });
  await writeNpy(backend, "wide.npy", array);
  assertSame(await (await openNpy(backend, "wide.npy")).toArray(), array);
});

Deno.test("what is no npy file, is cut short or holds objects is a typed error that names it", async () => {
  const backend = new MemoryBackend();
  await writeNpy(backend, "good", ramp(100));
  const bytes = await (await backend.open("good")).read();
  const objects = new TextEncoder().encode("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n");
  const pickled = new Uint8Array([
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    objects.length,
    0,
    ...objects,
    0x80,
    4,
  ]);
  for (const length of [0, 5, 9, 40, 127, 128, 300, bytes.length - 1]) {
    await backend.put("short", bytes.slice(0, length));
    await assertRejects(() => readNpyObject(backend, "short"), IntegrityError, "short");
    await assertRejects(() => openNpy(backend, "short"), IntegrityError, "short");
    await assertRejects(
      () => readNpyObject(backend, "short", { into: new Float32Array(100) }),
      IntegrityError,
    );
  }
  await backend.put("text", new TextEncoder().encode("no array at all, but long enough to have a header"));
  await assertRejects(() => readNpyObject(backend, "text"), IntegrityError, "text");
  await backend.put("pickled", pickled);
  await assertRejects(() => readNpyObject(backend, "pickled"), UnsupportedError);
  await assertRejects(() => openNpy(backend, "pickled"), UnsupportedError);
  await assertRejects(() => readNpyObject(backend, "missing"), NotFoundError, "missing");
});
