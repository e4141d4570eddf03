import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { IntegrityError } from "../../lib/errors.ts";
import { streamOf } from "../../lib/streams/mod.ts";
import { ByteCursor } from "../../lib/stored_arrays/byte_cursor.ts";

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

Deno.test("a cursor gives the bytes of any places, upwards, whatever the pieces", async () => {
  for (const piece of [1, 3, 7, 50, 1000]) {
    const cursor = new ByteCursor(streamOf(bytes, piece));
    for (const [place, length] of [[0, 1], [1, 0], [3, 10], [13, 5], [60, 39]]) {
      const target = new Uint8Array(length);
      await cursor.fill(place, target);
      assertEquals(target, bytes.slice(place, place + length));
      assertEquals(cursor.place, place + length);
    }
    assertEquals(await cursor.end(100), 0);
  }
});

Deno.test("the end is where it was expected, beyond it, or too early", async () => {
  assertEquals(await new ByteCursor(streamOf(bytes, 7)).end(90), 10);
  await assertRejects(
    () => new ByteCursor(streamOf(bytes, 7)).end(101),
    IntegrityError,
    "end after 100 bytes",
  );
  const cursor = new ByteCursor(streamOf(bytes, 7));
  await assertRejects(() => cursor.fill(98, new Uint8Array(3)), IntegrityError, "end after 100 bytes");
});

Deno.test("a cursor gives the stream back, cancelled or read", async () => {
  let reason: unknown;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel: (given) => void (reason = given),
  });
  const cursor = new ByteCursor(endless);
  await cursor.fill(5, new Uint8Array(20));
  const error = new Error("enough");
  await cursor.cancel(error);
  assertStrictEquals(reason, error);
  assert(!endless.locked);
  const read = streamOf(bytes);
  await new ByteCursor(read).end(100);
  assert(!read.locked);
});

Deno.test("errors of the stream come through", async () => {
  const error = new Error("gone");
  const cursor = new ByteCursor(new ReadableStream({ pull: (controller) => controller.error(error) }));
  assertStrictEquals(await assertRejects(() => cursor.fill(0, new Uint8Array(1))), error);
  await cursor.cancel(error);
});
