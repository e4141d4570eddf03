import { assert, assertEquals, assertRejects } from "@std/assert";
import { ByteReader } from "../../codecs/reader.ts";
import { IntegrityError } from "../../lib/errors.ts";
import { streamOf } from "../../lib/streams/mod.ts";

async function* inPieces(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

const NUMBERS = Uint8Array.from({ length: 200 }, (_, i) => i);

Deno.test("whatever the pieces are, runs of any length are the bytes one after the other", async () => {
  for (const piece of [1, 2, 7, 64, 200]) {
    for (const length of [1, 3, 8, 65]) {
      const reader = new ByteReader("X", streamOf(NUMBERS, piece));
      let at = 0;
      for (; at + length <= NUMBERS.length; at += length) {
        assertEquals(await reader.peek(length), NUMBERS.subarray(at, at + length));
        assertEquals(await reader.take(length), NUMBERS.subarray(at, at + length));
      }
      const about = `pieces of ${piece}, runs of ${length}`;
      assertEquals([...await reader.peek(length)], [...NUMBERS.subarray(at)], about);
      if (at < NUMBERS.length) await assertRejects(() => reader.take(length), IntegrityError);
      await reader.skip(NUMBERS.length - at);
      assert(await reader.atEnd(), about);
    }
  }
});

Deno.test("what lies across two pieces is copied, and nothing of the second beyond it", async () => {
  const second = NUMBERS.slice(10);
  const reader = new ByteReader("X", inPieces(NUMBERS.slice(0, 10), second));
  await reader.skip(8);
  assertEquals([...await reader.peek(3)], [8, 9, 10]);
  assertEquals([...await reader.take(5)], [8, 9, 10, 11, 12]);
  const rest = await reader.takeAny();
  assert(rest.buffer === second.buffer && rest.length === 187);
});

Deno.test("what is given back comes before what has come meanwhile", async () => {
  const reader = new ByteReader("X", inPieces(NUMBERS.slice(0, 10), NUMBERS.slice(10)));
  await reader.skip(8);
  await reader.peek(4);
  // The bytes that were looked at, and those behind them.
  const taken = await reader.takeAny();
  reader.giveBack(taken.subarray(1));
  assertEquals([...await reader.take(191)], [...NUMBERS.subarray(9)]);
  assert(await reader.atEnd());
});
