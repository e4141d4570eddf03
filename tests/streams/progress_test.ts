import { assertEquals, assertStrictEquals } from "@std/assert";
import { progress, readAll, streamFrom, streamOf } from "../../lib/streams/mod.ts";
import { caught, turns } from "./helpers.ts";

Deno.test("progress counts what passes and says once that it is all", async () => {
  const seen: [number, boolean][] = [];
  const data = new Uint8Array(10).map((_, i) => i);
  const stream = streamOf(data, 4).pipeThrough(progress((loaded, done) => seen.push([loaded, done])));
  assertEquals(await readAll(stream), data);
  assertEquals(seen, [[4, false], [8, false], [10, false], [10, true]]);
});

Deno.test("progress of nothing is 0, done", async () => {
  const seen: [number, boolean][] = [];
  await readAll(
    streamOf(new Uint8Array(0)).pipeThrough(progress((loaded, done) => seen.push([loaded, done]))),
  );
  assertEquals(seen, [[0, true]]);
});

Deno.test("progress reports only what has been asked for", async () => {
  const seen: number[] = [];
  const reader = streamOf(new Uint8Array(10), 1).pipeThrough(progress((loaded) => seen.push(loaded)))
    .getReader();
  await turns();
  assertEquals(seen, []);
  await reader.read();
  await turns();
  assertEquals(seen, [1]);
  await reader.cancel();
});

Deno.test("progress never says done after a failure or a cancel", async () => {
  const seen: boolean[] = [];
  const failure = new Error("cut off");
  const failing = streamFrom(async function* () {
    yield new Uint8Array(1);
    throw failure;
  }());
  assertStrictEquals(
    await caught(readAll(failing.pipeThrough(progress((_, done) => seen.push(done))))),
    failure,
  );
  const reader = streamOf(new Uint8Array(2), 1).pipeThrough(progress((_, done) => seen.push(done)))
    .getReader();
  await reader.read();
  await reader.cancel();
  await turns();
  assertEquals(seen, [false, false]);
});

Deno.test("an error of the report ends the stream on both sides", async () => {
  const failure = new Error("the bar broke");
  let cancelled: unknown;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: (reason) => void (cancelled = reason),
  });
  const stream = source.pipeThrough(progress(() => {
    throw failure;
  }));
  assertStrictEquals(await caught(readAll(stream)), failure);
  await turns();
  assertStrictEquals(cancelled, failure);
});
