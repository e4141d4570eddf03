import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  aesKeys,
  decrypt,
  encrypt,
  EncryptingBackend,
  generateAesKey,
  rsaKeys,
  TINK_LAYOUT,
} from "../../crypto/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { chunk, readAll, streamOf } from "../../lib/streams/mod.ts";
import { compress, decompress, download, EncryptedInterface, upload } from "../../mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { oddStream, pattern } from "../../testing/case.ts";
import { pem } from "./vectors.ts";

const keys = aesKeys(generateAesKey());
const { firstLength, segmentLength } = TINK_LAYOUT;
const MiB = 1024 * 1024;

for (
  const length of [
    0,
    1,
    firstLength - 1,
    firstLength,
    firstLength + 1,
    firstLength + segmentLength,
    5 * MiB + 3,
  ]
) {
  Deno.test(`${length} bytes there and back, in pieces of any length`, async () => {
    const plain = pattern(length);
    const stage = encrypt(keys, { name: "a", metadata: { n: "1" } });
    const stored = await readAll(oddStream(plain, [1, 70_001, 3, 1_500_003]).pipeThrough(stage));
    const metadata = await stage.metadata;
    for (const lengths of [[stored.length], [1, 39, 1, 100_000, 1_048_577]]) {
      const back = decrypt(keys, { name: "a", metadata });
      assertBytes(await readAll(oddStream(stored, lengths).pipeThrough(back)), plain);
      assertEquals(await back.metadata, { n: "1" });
    }
  });
}

Deno.test("the pipeline of the README: compress, encrypt, chunk, upload; download, decrypt, decompress", async () => {
  const backend = new MemoryBackend();
  const plain = pattern(3 * MiB);
  const name = "sub01/run1";
  const stage = encrypt(keys, { name, metadata: { run: "1" } });
  await streamOf(plain)
    .pipeThrough(compress("Zstd", { size: plain.length }))
    .pipeThrough(stage)
    .pipeThrough(chunk(MiB))
    .pipeTo(upload(backend, name, { metadata: await stage.metadata }));
  const stored = download(backend, name);
  const { metadata } = await stored.info;
  const back = stored
    .pipeThrough(decrypt(keys, { name, metadata }))
    .pipeThrough(decompress("Zstd"));
  assertBytes(await readAll(back), plain);
  const cci = new EncryptedInterface(backend, { keys });
  assertEquals((await cci.getObject(name)).metadata, { run: "1" });
});

Deno.test("metadata are known before the first byte is read, and names in any case are one", async () => {
  const stage = encrypt(keys, { name: "a", metadata: { Run: "1" } });
  const metadata = await stage.metadata;
  const stored = await readAll(streamOf(new Uint8Array([5])).pipeThrough(stage));
  const upper = Object.fromEntries(
    Object.entries(metadata).map(([entry, value]) => [entry.toUpperCase(), value]),
  );
  assertEquals([
    ...await readAll(streamOf(stored).pipeThrough(decrypt(keys, { name: "a", metadata: upper }))),
  ], [5]);
  await assertRejects(
    () => readAll(streamOf(stored).pipeThrough(decrypt(keys, { name: "b", metadata }))),
    IntegrityError,
  );
  await assertRejects(
    () => readAll(streamOf(stored).pipeThrough(decrypt(keys, { name: "a" }))),
    IntegrityError,
  );
});

Deno.test("any truncation and anything appended fails at the end, at the latest", async () => {
  const stage = encrypt(keys, { name: "a" });
  const stored = await readAll(streamOf(pattern(2 * MiB)).pipeThrough(stage));
  const metadata = await stage.metadata;
  const opened = async (bytes: Uint8Array) => {
    let count = 0;
    await assertRejects(async () => {
      for await (
        const piece of streamOf(bytes, 100_003).pipeThrough(decrypt(keys, { name: "a", metadata }))
      ) {
        count += piece.length;
      }
    }, IntegrityError);
    return count;
  };
  for (const length of [0, 1, 39, 40, 41, 56, MiB - 1, MiB, MiB + 1, MiB + 16, 2 * MiB, stored.length - 1]) {
    assert(await opened(stored.subarray(0, length)) <= length);
  }
  assert(await opened(new Uint8Array([...stored, 0])) <= 2 * MiB);
});

Deno.test("keys that can't write or read, and metadata that can't be: told by the stream and by metadata", async () => {
  const untyped = Object.assign({}, JSON.parse('{ "run": 7 }'));
  const cases = [
    [encrypt(aesKeys(new Uint8Array(24)), { name: "a" }), UnsupportedError],
    [encrypt(keys, { name: "a", metadata: { "CC-Key": "x" } }), InvalidArgumentError],
    // What would be read otherwise than it was written.
    [encrypt(keys, { name: "a", metadata: { "a,b": "x" } }), InvalidArgumentError],
    [encrypt(keys, { name: "a", metadata: { Run: "1", run: "2" } }), InvalidArgumentError],
    [encrypt(keys, { name: "a", metadata: untyped }), InvalidArgumentError],
    [encrypt(keys, { name: "" }), InvalidArgumentError],
    [encrypt(keys, { name: "\ud83c" }), InvalidArgumentError],
    [decrypt(await rsaKeys({ publicKey: pem.spki }), { name: "a" }), IntegrityError],
  ] as const;
  for (const [stage, type] of cases) {
    const failure = await readAll(streamOf(new Uint8Array(5)).pipeThrough(stage)).catch((error) => error);
    assert(failure instanceof type, `${failure}`);
    assertStrictEquals(await stage.metadata.catch((error) => error), failure);
  }
  // A stage that nobody uses is no unhandled rejection.
  decrypt(keys, { name: "a" });
  encrypt(aesKeys(new Uint8Array(24)), { name: "a" });
  await new Promise((resolve) => setTimeout(resolve, 10));
});

Deno.test("a failing source and a reader that stops end both sides", async () => {
  const failure = new Error("the source broke");
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(MiB));
      if (controller.desiredSize !== null && Math.random() > 0.7) controller.error(failure);
    },
  }, { highWaterMark: 0 });
  assertStrictEquals(
    await assertRejects(() => readAll(broken.pipeThrough(encrypt(keys, { name: "a" })))),
    failure,
  );
  let cancelled: unknown;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(300_000)),
    cancel: (reason) => void (cancelled = reason),
  }, { highWaterMark: 0 });
  const reader = endless.pipeThrough(encrypt(keys, { name: "a" })).getReader();
  for (let i = 0; i < 5; i++) assert(!(await reader.read()).done);
  await reader.cancel(failure);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertStrictEquals(cancelled, failure);
});

Deno.test("how much is held at once is bounded: a slow reader holds the source back", async () => {
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += MiB;
      if (pulled > 200 * MiB) throw new Error("the source was read to no end");
      controller.enqueue(new Uint8Array(MiB));
    },
  }, { highWaterMark: 0 });
  const reader = source.pipeThrough(encrypt(keys, { name: "a" })).getReader();
  let read = 0;
  for (let i = 0; i < 20; i++) {
    read += (await reader.read()).value?.length ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert(pulled - read <= 8 * MiB, `${pulled} bytes were read for ${read} given`);
  }
  await reader.cancel();
});

Deno.test("pieces in shared memory", async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(2 * MiB)).fill(7);
  const backend = new EncryptingBackend(new MemoryBackend(), keys);
  await backend.put("bytes", shared);
  await backend.put("stream", new ReadableStream({ start: (c) => (c.enqueue(shared), c.close()) }));
  for (const key of ["bytes", "stream"]) {
    assert((await (await backend.open(key)).read()).every((byte) => byte === 7));
  }
});
