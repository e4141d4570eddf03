/**
 * Statistics of stored arrays: the same as in memory, in one pass and bounded memory; and what can be sliced.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { delegate } from "../backends/delegate.ts";
import {
  DefaultInterface,
  IntegrityError,
  InvalidArgumentError,
  MemoryBackend,
  type NDArray,
  ndarray,
  UnsupportedError,
} from "../../mod.ts";

const STATISTICS = ["min", "max", "sum", "mean", "std"] as const;

function assertClose(actual: unknown, expected: unknown, told: string): void {
  if (typeof actual === "number" && typeof expected === "number") {
    assert(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${told}: ${actual}, ${expected}`);
  } else assertEquals(actual, expected, told);
}

// More than one block of 16 MiB.
const large = ndarray(Float32Array.from({ length: 5_000_000 }, (_, i) => i % 1000 / 7), [50, 100, 1000]);

for (
  const [name, array] of [["<f4", large], ["<i8", ndarray(BigInt64Array.of(5n, -7n, 2n ** 60n))]] as const
) {
  Deno.test(`a stored array has the statistics of the one in memory (${name})`, async () => {
    const backend = new MemoryBackend();
    const cci = new DefaultInterface(backend, { onWarning: () => {} });
    await cci.uploadRawArray("raw", array, { sliceable: true });
    await cci.uploadRawArray("gzip", array, { compression: "gzip", level: 1 });
    await cci.uploadDaskArray("chunked", array, {
      chunks: array.shape.map((n) => Math.ceil(n / 3)),
      compression: "LZ4",
    });
    // Items of F order, compressed: blocks follow each other as they are stored.
    const mirrored = array.transpose().toContiguous();
    const fortran = new Blob([mirrored.toBytes()]).stream().pipeThrough(new CompressionStream("gzip"));
    await backend.put("F", fortran, {
      metadata: { dtype: array.dtype, shape: array.shape.join(), order: "F", compression: "gzip" },
    });
    const stored = [
      await cci.openRawArray("raw"),
      await cci.openRawArray("gzip"),
      await cci.openRawArray("F"),
      await cci.downloadDaskArray("chunked"),
    ];
    for (const lazy of stored) {
      for (const statistic of STATISTICS) {
        assertClose(await lazy[statistic](), array[statistic](), `${lazy} ${statistic}`);
      }
      const sums = (await lazy.sum({ axis: 0 })).toContiguous();
      assertEquals([sums.dtype, sums.shape], [array.dtype, array.shape.slice(1)]);
      const expected = [...array.sum({ axis: 0 })];
      [...sums].forEach((sum, index) => assertClose(sum, expected[index], `${lazy} ${index}`));
    }
  });
}

Deno.test("a compressed array is decoded once, block by block, and held to its end", async () => {
  const memory = new MemoryBackend();
  let opened = 0;
  const backend = delegate(memory, {
    open(key, options) {
      opened++;
      return memory.open(key, options);
    },
  });
  const cci = new DefaultInterface(backend, { onWarning: () => {} });
  await cci.uploadRawArray("a", large, { compression: "Zstd", level: 1 });
  const lazy = await cci.openRawArray("a");
  opened = 0;
  const blocks: NDArray[] = [];
  for await (const { origin, array } of lazy.blocks()) {
    assert(array.nbytes <= 16 * 2 ** 20);
    assertEquals(array.get(0, 0, 0), large.get(...origin));
    blocks.push(array);
  }
  assertEquals([opened, blocks.length > 1], [1, true]);
  // Who has seen enough gives the stream back.
  for await (const _ of lazy.blocks()) break;
  const { body, ...head } = { body: await cci.downloadObject("a"), ...await cci.getObject("a") };
  await memory.put("cut", body.subarray(0, body.length - 100), { metadata: { ...head.metadata } });
  await assertRejects(async () => (await cci.openRawArray("cut")).mean(), IntegrityError);
});

Deno.test("opening what each slice has to read whole says so at once, once", async () => {
  const kinds: string[] = [];
  const cci = new DefaultInterface(new MemoryBackend(), {
    onWarning: ({ kind, message }) => kinds.push(kind, message),
  });
  await cci.uploadRawArray("a", new Float64Array(100), { compression: "gzip" });
  const lazy = await cci.openRawArray("a");
  assertEquals(lazy.sliceable, false);
  assertEquals(kinds, [
    "read-whole",
    '"a" is compressed (gzip), so that each slice reads it whole: to read parts, store it with { sliceable: true }',
  ]);
  await lazy.slice(3);
  assertEquals(kinds.length, 2);
  await cci.uploadRawArray("a", new Float64Array(100), { sliceable: true });
  assertEquals((await cci.openRawArray("a")).sliceable, true);
  assertEquals(kinds.length, 2);
});

Deno.test("an array is either sliceable or compressed; the interface's default gives way", async () => {
  const cci = new DefaultInterface(new MemoryBackend(), { compression: "gzip" });
  const array = new Float64Array(1000);
  for (const options of [{ compression: "Zstd" }, { compression: true }, { level: 3 }]) {
    await assertRejects(
      () => cci.uploadRawArray("a", array, { ...options, sliceable: true }),
      InvalidArgumentError,
      "either sliceable or compressed",
    );
  }
  assertEquals(await cci.existsObject("a"), false);
  await cci.uploadRawArray("a", array, { sliceable: true });
  const head = await cci.getObject("a");
  assertEquals([head.size, head.metadata.compression], [8000, "False"]);
  await cci.uploadRawArray("a", array, { sliceable: true, compression: false });
  await cci.uploadRawArray("b", array, { sliceable: false });
  assertEquals((await cci.getObject("b")).metadata.compression, "gzip");
});

Deno.test("statistics of stored arrays end with the signal, and refuse what has none", async () => {
  const cci = new DefaultInterface(new MemoryBackend());
  await cci.uploadRawArray("a", large, { sliceable: true });
  await cci.uploadRawArray("text", ["a", "b"], { sliceable: true });
  const lazy = await cci.openRawArray("a");
  await assertRejects(() => lazy.sum({ signal: AbortSignal.abort() }), DOMException);
  await assertRejects(() => lazy.sum({ axis: 3 }), InvalidArgumentError, "no axis 3");
  await assertRejects(async () => (await cci.openRawArray("text")).min(), UnsupportedError);
});
