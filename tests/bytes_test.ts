import { assertEquals, assertRejects } from "@std/assert";
import { GrowingBuffer, readGrowing } from "../lib/bytes.ts";
import { UnsupportedError } from "../lib/errors.ts";
import { streamOf } from "../lib/streams/mod.ts";

Deno.test("memory grows with the data, to their length exactly", async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);
  for (const first of [0, 1, 64, 999, 1000, 5000]) {
    for (const pieceLength of [1, 7, 300, 1000]) {
      const read = await readGrowing(streamOf(bytes, pieceLength), 1000, first);
      assertEquals(read, bytes);
      assertEquals(read.buffer.byteLength, 1000);
    }
  }
  assertEquals((await readGrowing(streamOf(new Uint8Array(0)), 0, 64)).length, 0);
});

Deno.test("a length that lies costs what has come", async () => {
  let pulls = 0;
  const failing = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulls++ === 10) controller.error(new RangeError("cut"));
      else controller.enqueue(new Uint8Array(10));
    },
  });
  await assertRejects(() => readGrowing(failing, 2 ** 52, 16), RangeError, "cut");
});

Deno.test("where memory ends, the stream is cancelled", async () => {
  let reason: unknown = "not cancelled";
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: (why) => void (reason = why),
  });
  await assertRejects(() => readGrowing(stream, 2 ** 53 - 1, 2 ** 53 - 1), UnsupportedError, "lazily");
  assertEquals(reason, undefined);
});

Deno.test("a growing buffer holds what was appended, and gives it away at its exact length", () => {
  const buffer = new GrowingBuffer({ first: 4, most: 10 });
  assertEquals([buffer.length, buffer.bytes.length], [0, 0]);
  const piece = Uint8Array.of(1, 2, 3);
  buffer.append(piece);
  piece.fill(9);
  assertEquals([...buffer.bytes], [1, 2, 3]);
  assertEquals(buffer.bytes.buffer.byteLength, 4);
  for (const more of [[4, 5], [], [6, 7, 8, 9], [10, 11, 12]]) buffer.append(Uint8Array.from(more));
  assertEquals(buffer.length, 12, "`most` is no limit of what may come");
  const taken = buffer.take();
  assertEquals([...taken], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assertEquals(taken.buffer.byteLength, 12);
  buffer.append(Uint8Array.of(7));
  assertEquals([...buffer.bytes], [7]);
  assertEquals(taken[0], 1, "what was given away is no longer the buffer's");
});
