import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { chunk, streamFrom, streamOf } from "../../lib/streams/mod.ts";
import { caught, endlessly, randomNumbers, turns } from "./helpers.ts";

async function pieces(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>[]> {
  return await Array.fromAsync(stream);
}

Deno.test("chunk cuts streams of random pieces into equal ones, and loses nothing", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const below = randomNumbers(seed);
    const length = below(4) === 0 ? below(10) : below(5000);
    const byteLength = 1 + below(below(2) ? 8 : 1500);
    const data = new Uint8Array(length).map(() => below(256));
    const source = function* () {
      for (let at = 0; at < length;) {
        // Empty pieces, tiny ones, and ones that span several cuts.
        const size = [0, 1, below(7), byteLength, below(3 * byteLength), below(4000)][below(6)];
        yield data.subarray(at, at += size);
      }
    };
    const got = await pieces(ReadableStream.from(source()).pipeThrough(chunk(byteLength)));
    const lengths = got.map((piece) => piece.length);
    const whole = Math.floor(length / byteLength);
    const expected = new Array(whole).fill(byteLength).concat(
      length % byteLength ? [length % byteLength] : [],
    );
    assertEquals(lengths, expected, `seed ${seed}`);
    let at = 0;
    for (const piece of got) {
      for (const byte of piece) {
        if (byte !== data[at++]) throw new Error(`seed ${seed}: byte ${at - 1} is wrong`);
      }
    }
  }
});

Deno.test("chunk gives no piece for an empty stream, whatever empty pieces it has", async () => {
  assertEquals(await pieces(streamOf(new Uint8Array(0)).pipeThrough(chunk(4))), []);
  const empties = ReadableStream.from([new Uint8Array(0), new Uint8Array(0)]);
  assertEquals(await pieces(empties.pipeThrough(chunk(4))), []);
});

Deno.test("chunk passes pieces that fit through uncopied", async () => {
  const data = new Uint8Array(10).map((_, i) => i);
  const got = await pieces(streamOf(data, 10).pipeThrough(chunk(4)));
  assertEquals(got.map((piece) => [...piece]), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  assertStrictEquals(got[0].buffer, data.buffer);
  assertStrictEquals(got[1].buffer, data.buffer);
});

Deno.test("chunk's own pieces have each a buffer of its own", async () => {
  const got = await pieces(streamOf(new Uint8Array(12).fill(7), 3).pipeThrough(chunk(4)));
  assertEquals(got.map((piece) => piece.length), [4, 4, 4]);
  assertEquals(new Set(got.map((piece) => piece.buffer)).size, 3);
  for (const piece of got) assertEquals(piece.buffer.byteLength, 4);
});

Deno.test("chunk copies shared memory, which could change while it is sent", async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(1);
  const got: Uint8Array[] = [];
  for await (const piece of ReadableStream.from([shared]).pipeThrough(chunk(4))) got.push(piece);
  shared.fill(2);
  assertEquals(got.map((piece) => [...piece]), [[1, 1, 1, 1], [1, 1, 1, 1]]);
  assert(got.every((piece) => piece.buffer instanceof ArrayBuffer));
});

Deno.test("chunk refuses lengths that are no positive whole number", () => {
  for (const wrong of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => chunk(wrong), InvalidArgumentError, `${wrong}`);
  }
});

Deno.test("chunk gives the whole pieces before its source's failure, and never a short one", async () => {
  const failure = new Error("cut off");
  const source = streamFrom(async function* () {
    yield new Uint8Array(3);
    yield new Uint8Array(3);
    throw failure;
  }());
  const reader = source.pipeThrough(chunk(4)).getReader();
  assertEquals((await reader.read()).value?.length, 4);
  assertStrictEquals(await caught(reader.read()), failure);
});

Deno.test("chunk reads no more than the piece it fills, and one ahead", async () => {
  let given = 0;
  const reader = endlessly(() => given++, 10).pipeThrough(chunk(30)).getReader();
  assertEquals((await reader.read()).value?.length, 30);
  await turns();
  assert(given <= 5, `${given} pieces of the source were read for one of chunk`);
  await reader.cancel();
});
