import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { compress, decompress } from "../../codecs/mod.ts";
import {
  AlreadyExistsError,
  CottonCandyError,
  InvalidArgumentError,
  NotFoundError,
} from "../../lib/errors.ts";
import { download, upload } from "../../lib/objects/pipeline.ts";
import { chunk, progress, readAll, streamOf } from "../../lib/streams/mod.ts";
import { delegate } from "../backends/delegate.ts";

/** A source that counts what has been read of it, and knows why it was cancelled. */
function countingSource(pieces: number, pieceLength: number) {
  const state = { read: 0, cancelled: undefined as unknown };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (state.read === pieces) return controller.close();
      state.read++;
      // Noise, so that no stage can hold much of it in little memory.
      controller.enqueue(noise(pieceLength));
    },
    cancel(reason) {
      state.cancelled = reason;
    },
  }, { highWaterMark: 0 });
  return { state, stream };
}

function noise(byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  for (let i = 0; i < byteLength; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
  return bytes;
}

/** A memory backend whose puts read one piece and then wait to be let on. */
function slowBackend(): { backend: Backend; letOn: () => void; taken: () => number } {
  const memory = new MemoryBackend();
  let release = () => {};
  const opened = new Promise<void>((resolve) => release = resolve);
  let taken = 0;
  const backend = delegate(memory, {
    put(key, body, options) {
      if (body instanceof Uint8Array) return memory.put(key, body, options);
      const gate = new TransformStream<Uint8Array, Uint8Array>(
        {
          async transform(piece, controller) {
            taken++;
            await opened;
            controller.enqueue(piece);
          },
        },
        undefined,
        { highWaterMark: 0 },
      );
      return memory.put(key, body.pipeThrough(gate), options);
    },
  });
  return { backend, letOn: () => release(), taken: () => taken };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

Deno.test("what goes through a pipeline comes back through its mirror image", async () => {
  const backend = new MemoryBackend();
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const target = upload(backend, "//a//b", { metadata: { run: "7" }, contentType: "application/x-test" });
  await streamOf(bytes, 1000).pipeThrough(compress("Zstd", { size: bytes.length })).pipeThrough(chunk(777))
    .pipeTo(target);
  const result = await target.result;
  assertEquals([result.key, result.metadata], ["a/b", { run: "7" }]);
  const source = download(backend, "a/b");
  assertEquals((await source.info).contentType, "application/x-test");
  assertEquals(await readAll(source.pipeThrough(decompress("Zstd"))), bytes);
  assertEquals((await readAll(download(backend, "a/b", { range: { suffix: 5 } }))).length, 5);
});

Deno.test("back-pressure holds from end to end: a slow sink bounds how much of a fast source is read", async () => {
  const { backend, letOn, taken } = slowBackend();
  const { state, stream } = countingSource(500, 10_000);
  const done = stream
    .pipeThrough(progress(() => {}))
    .pipeThrough(compress("gzip"))
    .pipeThrough(decompress("gzip"))
    .pipeThrough(chunk(10_000))
    .pipeTo(upload(backend, "slow"));
  await pause();
  assertEquals(taken(), 1, "the sink has taken one piece and holds it");
  // The stages hold a few pieces of 64 KiB each.
  assert(state.read < 60, `${state.read} of 500 pieces were read while nothing was stored`);
  const before = state.read;
  await pause();
  assertEquals(state.read, before, "and nothing more is read while the sink waits");
  letOn();
  await done;
  assertEquals(state.read, 500);
  assertEquals((await backend.head("slow"))?.size, 5_000_000);
});

Deno.test("a download is read only as fast as it is consumed, and cancelling it is clean", async () => {
  const backend = new MemoryBackend();
  await backend.put("big", new Uint8Array(20_000_000));
  const seen: number[] = [];
  const source = download(backend, "big", { onProgress: ({ loaded }) => seen.push(loaded) });
  const reader = source.getReader();
  await reader.read();
  await pause();
  assert(Math.max(0, ...seen) <= 4_000_000, `${Math.max(...seen)} bytes were read for one piece`);
  await reader.cancel(new Error("enough"));
});

for (
  const [stage, wrap] of [
    ["a source that fails", (stream: ReadableStream<Uint8Array>, error: Error) => failing(stream, error)],
    [
      "a stage that fails",
      (stream: ReadableStream<Uint8Array>, error: Error) =>
        stream.pipeThrough(
          new TransformStream<Uint8Array, Uint8Array>({
            transform() {
              throw error;
            },
          }),
        ),
    ],
  ] as const
) {
  Deno.test(`${stage} stores nothing, keeps what was there and reaches the other end`, async () => {
    const backend = new MemoryBackend();
    await backend.put("kept", new Uint8Array([1, 2, 3]));
    const error = new Error("broken in the middle");
    const { state, stream } = countingSource(50, 5000);
    const target = upload(backend, "kept");
    const piped = wrap(stream, error).pipeThrough(compress("gzip")).pipeThrough(chunk(1000)).pipeTo(target);
    assertStrictEquals(await assertRejects(() => piped), error);
    await assertRejects(() => target.result);
    assertEquals((await backend.head("kept"))?.size, 3);
    if (stage === "a stage that fails") assertStrictEquals(state.cancelled, error);
  });
}

function failing(stream: ReadableStream<Uint8Array>, error: Error): ReadableStream<Uint8Array> {
  let pieces = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        if (pieces++ === 10) controller.error(error);
        else controller.enqueue(piece);
      },
    }),
  );
}

Deno.test("an aborted signal stops the upload, cancels the source with the reason and stores nothing", async () => {
  const { backend, letOn } = slowBackend();
  const { state, stream } = countingSource(1000, 100_000);
  const stop = new AbortController();
  const reason = new Error("the user left");
  const target = upload(backend, "gone", { signal: stop.signal });
  const piped = stream.pipeThrough(compress("Zlib")).pipeTo(target);
  await pause();
  stop.abort(reason);
  letOn();
  assertStrictEquals(await assertRejects(() => piped), reason);
  assertStrictEquals(await assertRejects(() => target.result), reason);
  assertStrictEquals(state.cancelled, reason);
  assertEquals(await backend.head("gone"), undefined);
});

Deno.test("the signal of pipeTo does the same", async () => {
  const { backend, letOn } = slowBackend();
  const { state, stream } = countingSource(1000, 100_000);
  const stop = new AbortController();
  const reason = new Error("the user left");
  const target = upload(backend, "gone");
  const piped = stream.pipeThrough(chunk(64_000)).pipeTo(target, { signal: stop.signal });
  await pause();
  stop.abort(reason);
  letOn();
  assertStrictEquals(await assertRejects(() => piped), reason);
  await assertRejects(() => target.result);
  assertStrictEquals(state.cancelled, reason);
  assertEquals(await backend.head("gone"), undefined);
});

Deno.test("a store that refuses reaches a source that is silent", async () => {
  const backend = new MemoryBackend();
  await backend.put("there", new Uint8Array(1));
  let cancelled: unknown;
  const silent = new ReadableStream<Uint8Array>({ cancel: (reason) => void (cancelled = reason) });
  const error = await assertRejects(
    () => silent.pipeTo(upload(backend, "there", { overwrite: false })),
    AlreadyExistsError,
  );
  assertStrictEquals(cancelled, error);
});

Deno.test("bad names and metadata are rejections, not exceptions", async () => {
  const backend = new MemoryBackend();
  await assertRejects(
    () => streamOf(new Uint8Array(1)).pipeTo(upload(backend, "../x")),
    InvalidArgumentError,
  );
  await assertRejects(
    () => streamOf(new Uint8Array(1)).pipeTo(upload(backend, "x", { metadata: { a: "ü" } })),
    InvalidArgumentError,
  );
  await assertRejects(() => readAll(download(backend, "")), InvalidArgumentError);
  await assertRejects(() => readAll(download(backend, "missing")), NotFoundError);
  await assertRejects(() => download(backend, "missing").info, NotFoundError);
});

Deno.test("a wrong size is an error that says that nothing was stored", async () => {
  const backend = new MemoryBackend();
  const target = upload(backend, "x", { size: 5 });
  const error = await assertRejects(() => streamOf(new Uint8Array(4)).pipeTo(target), CottonCandyError);
  assertEquals(error.code, "Integrity");
  assertEquals(await backend.head("x"), undefined);
});
