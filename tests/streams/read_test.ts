import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { fill, readAll, readExactly, streamFrom, streamOf } from "../../lib/streams/mod.ts";
import { caught, randomNumbers } from "./helpers.ts";

interface Observed {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  cancelled?: unknown;
  /** Buffers that were brought to be filled. */
  readonly brought: number[];
}

/** The data in pieces of the given length, by a stream without BYOB. */
function plain(data: Uint8Array, pieceLength: number): Observed {
  const observed: Observed = {
    brought: [],
    stream: new ReadableStream({
      pull(controller) {
        if (at >= data.length) return controller.close();
        controller.enqueue(data.slice(at, at += pieceLength));
      },
      cancel(reason) {
        observed.cancelled = reason;
      },
    }, { highWaterMark: 0 }),
  };
  let at = 0;
  return observed;
}

/** The same by a byte stream, which fills the buffers that readers bring. */
function byob(data: Uint8Array, pieceLength: number): Observed {
  const observed: Observed = {
    brought: [],
    stream: new ReadableStream({
      type: "bytes",
      pull(controller) {
        const request = controller.byobRequest;
        if (at >= data.length) {
          controller.close();
          request?.respond(0);
          return;
        }
        const view = request?.view;
        if (!request || !view) return controller.enqueue(data.slice(at, at += pieceLength));
        observed.brought.push(view.buffer.byteLength);
        const length = Math.min(pieceLength, view.byteLength, data.length - at);
        new Uint8Array(view.buffer, view.byteOffset, length).set(data.subarray(at, at += length));
        request.respond(length);
      },
      cancel(reason) {
        observed.cancelled = reason;
      },
    }, { highWaterMark: 0 }),
  };
  let at = 0;
  return observed;
}

const sources = { plain, byob };
const numbered = (length: number) => new Uint8Array(length).map((_, i) => i % 251);

for (const [name, make] of Object.entries(sources)) {
  Deno.test(`readExactly, ${name}: gives the bytes of any length in pieces of any length`, async () => {
    const below = randomNumbers(7);
    for (let i = 0; i < 30; i++) {
      const data = numbered(below(3) ? below(2000) : below(3));
      const { stream } = make(data, 1 + below(500));
      assertEquals(await readExactly(stream, data.length), data);
      assertEquals(stream.locked, false);
    }
  });

  Deno.test(`readExactly, ${name}: a stream that ends early is an IntegrityError that says both lengths`, async () => {
    for (const [length, expected] of [[0, 1], [9, 10], [10, 1000]]) {
      const source = make(numbered(length), 4);
      await assertRejects(
        () => readExactly(source.stream, expected),
        IntegrityError,
        `${length} of ${expected}`,
      );
      assertEquals(source.stream.locked, false);
    }
  });

  Deno.test(`readExactly, ${name}: excess is an IntegrityError, and cancels the stream`, async () => {
    for (const expected of [0, 1, 9]) {
      const source = make(numbered(20), 10);
      const error = await assertRejects(
        () => readExactly(source.stream, expected),
        IntegrityError,
        `${expected}`,
      );
      assertStrictEquals(source.cancelled, error);
      assertEquals(source.stream.locked, false);
    }
  });

  Deno.test(`readExactly, ${name}: drains excess where asked to, and meets an error in it`, async () => {
    const source = make(numbered(300_000), 70_000);
    assertEquals(await readExactly(source.stream, 5, { excess: "drain" }), numbered(5));
    assertEquals(source.cancelled, undefined);
  });

  Deno.test(`readExactly, ${name}: lengths that can't be are typed errors, and cancel the stream`, async () => {
    for (const wrong of [-1, 1.5, NaN, Infinity]) {
      const source = make(numbered(3), 3);
      const error = await assertRejects(
        () => readExactly(source.stream, wrong),
        InvalidArgumentError,
        `${wrong}`,
      );
      assertStrictEquals(source.cancelled, error);
      assertEquals(source.stream.locked, false);
    }
    const source = make(numbered(3), 3);
    const error = await assertRejects(
      () => readExactly(source.stream, 2 ** 52),
      UnsupportedError,
      `${2 ** 52}`,
    );
    assertStrictEquals(source.cancelled, error);
  });

  Deno.test(`fill, ${name}: fills a view in place and nothing beside it`, async () => {
    const buffer = new ArrayBuffer(12);
    const target = new Uint8Array(buffer, 1, 10);
    assertEquals(await fill(make(numbered(10).map((x) => x + 1), 3).stream, target), 0);
    assertEquals([...new Uint8Array(buffer)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]);
    assertStrictEquals(target.buffer, buffer);
    assertEquals(buffer.byteLength, 12, "still attached");
  });

  Deno.test(`fill, ${name}: too short, too long, and drained`, async () => {
    const short = make(numbered(5), 2);
    await assertRejects(() => fill(short.stream, new Uint8Array(6)), IntegrityError, "5 of 6");
    const long = make(numbered(5), 2);
    const target = new Uint8Array(3);
    const error = await assertRejects(() => fill(long.stream, target), IntegrityError);
    assertStrictEquals(long.cancelled, error);
    assertEquals(long.stream.locked, false);
    assertEquals(await fill(make(numbered(5), 2).stream, target, { excess: "drain" }), 2);
    assertEquals([...target], [0, 1, 2]);
    assertEquals(await fill(make(numbered(0), 2).stream, new Uint8Array(0)), 0);
  });

  Deno.test(`readAll, ${name}: gives everything, up to its limit`, async () => {
    assertEquals(await readAll(make(numbered(1000), 33).stream), numbered(1000));
    assertEquals(await readAll(make(numbered(0), 1).stream), new Uint8Array(0));
    assertEquals(await readAll(make(numbered(10), 3).stream, { limit: 10 }), numbered(10));
    const source = make(numbered(1000), 10);
    const error = await assertRejects(
      () => readAll(source.stream, { limit: 15 }),
      InvalidArgumentError,
      "15",
    );
    assertStrictEquals(source.cancelled, error);
    assertEquals(source.stream.locked, false);
  });
}

Deno.test("readExactly has a byte stream fill its own buffer: no copy of it is made", async () => {
  const source = byob(numbered(100), 30);
  const bytes = await readExactly(source.stream, 100);
  assertEquals(bytes.buffer.byteLength, 100);
  assertEquals(source.brought, [100, 100, 100, 100]);
});

Deno.test("a stream's own error comes through as it is, at the start, in the middle and in drained excess", async () => {
  const failure = new Error("connection lost");
  for (const type of ["bytes", undefined] as const) {
    for (const before of [0, 2, 6]) {
      let given = 0;
      const pull = (
        controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | ReadableByteStreamController,
      ) => {
        if (given >= before) throw failure;
        given += 2;
        controller.enqueue(new Uint8Array(2));
      };
      const broken = (): ReadableStream<Uint8Array<ArrayBuffer>> => {
        given = 0;
        return type ? new ReadableStream({ type, pull }) : new ReadableStream({ pull }, { highWaterMark: 0 });
      };
      for (
        const read of [
          (stream: ReadableStream<Uint8Array>) => readExactly(stream, 4, { excess: "drain" }),
          (stream: ReadableStream<Uint8Array>) => fill(stream, new Uint8Array(4), { excess: "drain" }),
          (stream: ReadableStream<Uint8Array>) => readAll(stream),
        ]
      ) {
        const stream = broken();
        assertStrictEquals(await caught(read(stream)), failure);
        assertEquals(stream.locked, false);
      }
    }
  }
});

Deno.test("a locked stream is refused and stays its owner's", async () => {
  const stream = streamOf(numbered(3));
  const reader = stream.getReader();
  await assertRejects(() => readExactly(stream, 3), TypeError);
  await assertRejects(() => fill(stream, new Uint8Array(3)), TypeError);
  await assertRejects(() => readAll(stream), TypeError);
  assertEquals((await reader.read()).value, numbered(3));
});

Deno.test("a stream that was cancelled before is too short, not a crash", async () => {
  for (const make of Object.values(sources)) {
    const { stream } = make(numbered(3), 3);
    await stream.cancel();
    await assertRejects(() => readExactly(stream, 3), IntegrityError, "0 of 3");
  }
});

Deno.test("a failing cancel does not hide the failure", async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(9)),
    cancel: () => Promise.reject(new Error("cancel fails too")),
  });
  await assertRejects(() => fill(stream, new Uint8Array(3)), IntegrityError);
});

Deno.test("what is filled is what a file's and a blob's streams give", async () => {
  const data = numbered(200_000);
  assertEquals(await readExactly(new Blob([data]).stream(), data.length), data);
  assertEquals(await readExactly(streamFrom(new Blob([data]).stream()), data.length), data);
  const body = new Response(data).body;
  assert(body);
  assertEquals(await readExactly(body, data.length), data);
});
