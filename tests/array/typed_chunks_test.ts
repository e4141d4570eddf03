import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { type DType, type TypedArray, typedChunks } from "../../lib/array/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { streamFrom, streamOf } from "../../lib/streams/mod.ts";

async function collect(stream: ReadableStream<TypedArray>): Promise<TypedArray[]> {
  const pieces: TypedArray[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}

const bytes = Uint8Array.from({ length: 240 }, (_, i) => i * 31);

Deno.test("whatever the pieces, the items are the same", async () => {
  const dtypes: [DType, (buffer: ArrayBuffer) => TypedArray][] = [
    ["|u1", (buffer) => new Uint8Array(buffer)],
    ["<i2", (buffer) => new Int16Array(buffer)],
    ["<f4", (buffer) => new Float32Array(buffer)],
    ["<i8", (buffer) => new BigInt64Array(buffer)],
    ["<c16", (buffer) => new Float64Array(buffer)],
    ["<U5", (buffer) => new Uint32Array(buffer)],
    ["|S3", (buffer) => new Uint8Array(buffer)],
    ["|V12", (buffer) => new Uint8Array(buffer)],
    ["<m8[s]", (buffer) => new BigInt64Array(buffer)],
  ];
  for (const [dtype, whole] of dtypes) {
    const expected = whole(bytes.slice().buffer);
    const itemsize = Number.parseInt(dtype.slice(2)) * (dtype[1] === "U" ? 4 : 1);
    for (const pieceLength of [1, 3, 7, 8, 24, 31, 64, 240]) {
      const pieces = await collect(streamOf(bytes, pieceLength).pipeThrough<TypedArray>(typedChunks(dtype)));
      const all = new Uint8Array(240);
      let at = 0;
      for (const piece of pieces) {
        assertEquals(piece.constructor, expected.constructor);
        assert(piece.byteLength > 0);
        assertEquals(piece.byteLength % itemsize, 0);
        all.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at);
        at += piece.byteLength;
      }
      assertEquals([at, all], [240, bytes], `${dtype} in ${pieceLength}`);
    }
  }
});

Deno.test("aligned pieces are views of what came in", async () => {
  const pieces = await collect(streamOf(bytes, 64).pipeThrough<TypedArray>(typedChunks("<f4")));
  assertEquals(pieces.length, 4);
  for (const piece of pieces) assertStrictEquals<ArrayBufferLike>(piece.buffer, bytes.buffer);
  assertEquals(pieces.map(({ byteOffset }) => byteOffset), [0, 64, 128, 192]);
  // Pieces that cut items, yet bring the rest back into alignment: one item is put together, the rest viewed.
  const parts = (async function* () {
    yield bytes.subarray(0, 6);
    yield bytes.subarray(6, 240);
  })();
  const views = await collect(streamFrom(parts).pipeThrough<TypedArray>(typedChunks("<f4")));
  assertEquals(views.map((piece) => [piece.length, piece.buffer === bytes.buffer]), [[1, true], [1, false], [
    58,
    true,
  ]]);
});

Deno.test("byte-swapped numbers come out native, and the source stays as it is", async () => {
  const source = Uint8Array.of(0, 1, 0, 2, 255, 254);
  for (const pieceLength of [1, 2, 3, 6]) {
    const pieces = await collect(streamOf(source, pieceLength).pipeThrough<TypedArray>(typedChunks(">i2")));
    assert(pieces.every((piece) => piece instanceof Int16Array));
    assertEquals(pieces.flatMap((piece) => [...piece].map(Number)), [1, 2, -2]);
  }
  assertEquals(source, Uint8Array.of(0, 1, 0, 2, 255, 254));
  const swapped: ReadableStream<Float64Array> = streamOf(new Uint8Array(8)).pipeThrough(typedChunks(">f8"));
  assertEquals(await collect(swapped), [Float64Array.of(0)]);
});

Deno.test("an end within an item is an error, after the whole items", async () => {
  for (const length of [1, 7, 9, 239]) {
    let items = 0;
    const error = await assertRejects(async () => {
      for await (const piece of streamOf(bytes.subarray(0, length), 10).pipeThrough(typedChunks("<f8"))) {
        items += piece.length;
      }
    }, IntegrityError);
    assert(error.message.includes(`${length % 8} bytes into an item`));
    assertEquals(items, Math.floor(length / 8));
  }
  await assertRejects(
    () => collect(streamOf(bytes).pipeThrough<TypedArray>(typedChunks("|S0"))),
    IntegrityError,
  );
});

Deno.test("empty streams and empty pieces", async () => {
  assertEquals(await collect(streamOf(new Uint8Array(0)).pipeThrough<TypedArray>(typedChunks("<f8"))), []);
  const parts = (async function* () {
    yield new Uint8Array(0);
    yield bytes.subarray(0, 8);
    yield new Uint8Array(0);
  })();
  assertEquals((await collect(streamFrom(parts).pipeThrough<TypedArray>(typedChunks("<f8")))).length, 1);
});

Deno.test("errors and cancels pass through", async () => {
  const failing = (async function* () {
    yield bytes;
    throw new RangeError("broken");
  })();
  await assertRejects(
    () => collect(streamFrom(failing).pipeThrough<TypedArray>(typedChunks("<f4"))),
    RangeError,
    "broken",
  );
  let cancelled: unknown;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(8)),
    cancel: (reason) => void (cancelled = reason),
  });
  const reader = endless.pipeThrough(typedChunks("<f4")).getReader();
  await reader.read();
  await reader.cancel("enough");
  assertEquals(cancelled, "enough");
});

Deno.test("dtypes that can't be are refused at once", () => {
  // @ts-expect-error -- callers without types
  assertThrows(() => typedChunks("|O"), UnsupportedError);
  // @ts-expect-error -- callers without types
  assertThrows(() => typedChunks("nonsense"), InvalidArgumentError);
});
