import { assert, assertEquals } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { openRaw, writeRaw } from "../../lib/stored_arrays/raw.ts";
import { delegate } from "../backends/delegate.ts";

const MiB = 1024 * 1024;

Deno.test("every other byte of a large array takes neither a request nor a step of its own", async () => {
  const memory = new MemoryBackend();
  const bytes = Uint8Array.from({ length: 40 * MiB + 5 }, (_, i) => i * 7 + (i >> 8));
  await writeRaw(memory, "a", bytes, { compression: false });
  let requests = 0;
  const counted = delegate(memory, {
    async open(key, options) {
      requests++;
      return await memory.open(key, options);
    },
  });
  const array = await openRaw(counted, "a");
  const start = performance.now();
  const { data } = await array.slice([1, null, 2]);
  // 20 million pieces that are moved one by one take many seconds.
  assert(performance.now() - start < 8000);
  assertEquals(requests, 6);
  assertEquals(data.length, 20 * MiB + 2);
  for (let i = 0; i < data.length; i++) if (data[i] !== bytes[2 * i + 1]) throw new Error(`wrong at ${i}`);
});

for (const order of ["C", "F"] as const) {
  Deno.test(`blocks of a lazy array are small whatever its shape, order ${order}`, async () => {
    const backend = new MemoryBackend();
    const numbers = Float32Array.from({ length: 10 * MiB }, (_, i) => i);
    const shapes = [[1, 10 * MiB], [2, 1, 5 * MiB], [5 * MiB, 2], [10, 1024, 1024], [1, 1, 10 * MiB, 1]];
    for (const shape of shapes) {
      const whole = order === "C"
        ? ndarray(numbers, shape)
        : ndarray(numbers, shape.toReversed()).transpose();
      await writeRaw(backend, "a", whole, { compression: false });
      const array = await openRaw(backend, "a");
      let items = 0;
      let count = 0;
      for await (const { origin, index, array: block } of array.blocks()) {
        assert(block.nbytes <= 16 * MiB, `[${block.shape}] of [${shape}]`);
        assertEquals(block.shape, index.map((i, axis) => array.chunks[axis][i]));
        assertEquals(block.get(...shape.map(() => 0)), whole.get(...origin));
        assertEquals(
          block.get(...shape.map(() => -1)),
          whole.get(...origin.map((start, axis) => start + block.shape[axis] - 1)),
        );
        items += block.size;
        count++;
      }
      assertEquals(items, numbers.length);
      assert(count <= 4, `${count} blocks of [${shape}]`);
    }
  });
}
