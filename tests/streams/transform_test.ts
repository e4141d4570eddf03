import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../lib/errors.ts";
import {
  type ByteIterable,
  GeneratorTransform,
  readAll,
  streamFrom,
  streamOf,
} from "../../lib/streams/mod.ts";
import { caught, endlessly, silent, turns } from "./helpers.ts";

type Piece = Uint8Array<ArrayBuffer>;

/** A stage that records how its life went. */
function observed(body: (source: ByteIterable) => AsyncIterable<Piece>) {
  const log: unknown[] = [];
  const stage = new GeneratorTransform(async function* (source) {
    try {
      yield* body(source);
      log.push("end");
    } catch (error) {
      log.push(error);
      throw error;
    } finally {
      log.push("finally");
    }
  });
  return { stage, log, writer: stage.writable.getWriter(), reader: stage.readable.getReader() };
}

async function* identity(source: ByteIterable): AsyncIterable<Piece> {
  for await (const bytes of source) yield bytes.slice();
}

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("GeneratorTransform is a TransformStream and passes what its generator gives", async () => {
  const stage = new GeneratorTransform(identity);
  assert(stage instanceof TransformStream);
  assertEquals(await readAll(streamOf(bytes(1, 2, 3, 4, 5), 2).pipeThrough(stage)), bytes(1, 2, 3, 4, 5));
});

Deno.test("GeneratorTransform drops empty pieces on both sides", async () => {
  const got: number[] = [];
  const stage = new GeneratorTransform(async function* (source) {
    for await (const piece of source) {
      got.push(piece.length);
      yield new Uint8Array(0);
      yield piece.slice();
      yield new Uint8Array(0);
    }
    yield new Uint8Array(0);
  });
  const pieces: number[] = [];
  const source = ReadableStream.from([bytes(), bytes(1), bytes(), bytes(), bytes(2, 3), bytes()]);
  for await (const piece of source.pipeThrough(stage)) pieces.push(piece.length);
  assertEquals(got, [1, 2]);
  assertEquals(pieces, [1, 2]);
});

Deno.test("GeneratorTransform does nothing before it is read, and holds one piece", async () => {
  let started = false;
  let given = 0;
  const stage = new GeneratorTransform(async function* (source) {
    started = true;
    yield* identity(source);
  });
  const piped = endlessly(() => given++).pipeThrough(stage);
  await turns();
  assertEquals(started, false);
  assert(given <= 2, `${given} pieces were read ahead`);
  await piped.cancel();
});

Deno.test("GeneratorTransform expands one piece only as fast as it is read", async () => {
  let made = 0;
  const stage = new GeneratorTransform(async function* (source) {
    for await (const _ of source) for (; made < 1000; made++) yield bytes(made & 255);
  });
  const reader = streamOf(bytes(1)).pipeThrough(stage).getReader();
  for (let i = 0; i < 3; i++) await reader.read();
  await turns();
  assertEquals(made, 2);
  await reader.cancel();
});

Deno.test("GeneratorTransform: a second loop over the source goes on where the first stopped", async () => {
  const stage = new GeneratorTransform(async function* (source) {
    for await (const header of source) {
      yield bytes(100 + header[0]);
      break;
    }
    yield* identity(source);
  });
  assertEquals(await readAll(streamOf(bytes(1, 2, 3), 1).pipeThrough(stage)), bytes(101, 2, 3));
});

Deno.test("GeneratorTransform: pieces may be asked for ahead of time", async () => {
  const stage = new GeneratorTransform(async function* (source) {
    const from = source[Symbol.asyncIterator]();
    const asked = [from.next(), from.next(), from.next()];
    for (const step of await Promise.all(asked)) if (!step.done) yield step.value.slice();
    assertEquals((await from.next()).done, true);
  });
  assertEquals(await readAll(streamOf(bytes(1, 2), 1).pipeThrough(stage)), bytes(1, 2));
});

Deno.test("GeneratorTransform: close() waits for the generator's end and fails with its error", async () => {
  const failure = new Error("the tail is wrong");
  const { writer, reader } = observed(async function* (source) {
    yield* identity(source);
    throw failure;
  });
  let closed = false;
  const closing = caught(writer.close()).finally(() => closed = true);
  await turns();
  assertEquals(closed, false);
  assertStrictEquals(await caught(reader.read()), failure);
  assertStrictEquals(await closing, failure);
  assertStrictEquals(await caught(writer.closed), failure);
});

Deno.test("GeneratorTransform: close() settles once all is read", async () => {
  const { writer, reader, log } = observed(identity);
  const written = writer.write(bytes(1));
  const closed = writer.close();
  assertEquals((await reader.read()).value, bytes(1));
  await written;
  assertEquals((await reader.read()).done, true);
  await closed;
  assertEquals(log, ["end", "finally"]);
});

Deno.test("GeneratorTransform: an error of the generator reaches reader, writer and source as it is", async () => {
  const failure = new Error("bad data");
  let cancelled: unknown;
  const source = new ReadableStream<Piece>({
    pull: (controller) => controller.enqueue(bytes(1)),
    cancel: (reason) => void (cancelled = reason),
  });
  const stage = new GeneratorTransform(async function* (source) {
    for await (const piece of source) {
      yield piece.slice();
      throw failure;
    }
  });
  const reader = stage.readable.getReader();
  const piping = caught(source.pipeTo(stage.writable));
  assertEquals((await reader.read()).value, bytes(1));
  assertStrictEquals(await caught(reader.read()), failure);
  assertStrictEquals(await caught(reader.read()), failure, "a second read says the same");
  assertStrictEquals(await piping, failure);
  assertStrictEquals(cancelled, failure);
});

Deno.test("GeneratorTransform: a write that waits fails with the generator's error", async () => {
  const failure = new Error("gone wrong without reading");
  // deno-lint-ignore require-yield
  const { writer, reader } = observed(async function* () {
    await turns();
    throw failure;
  });
  const write = caught(writer.write(bytes(1)));
  const later = caught(writer.write(bytes(2)));
  assertStrictEquals(await caught(reader.read()), failure);
  assertStrictEquals(await write, failure);
  assertStrictEquals(await later, failure);
  assertStrictEquals(await caught(writer.write(bytes(3))), failure);
});

Deno.test("GeneratorTransform: an early end closes the reader and stops the writer, as terminate() does", async () => {
  let cancelled: unknown;
  const source = new ReadableStream<Piece>({
    pull: (controller) => controller.enqueue(bytes(7)),
    cancel: (reason) => void (cancelled = reason),
  });
  const stage = new GeneratorTransform(async function* (source) {
    for await (const piece of source) {
      yield piece.slice();
      return;
    }
  });
  assertEquals(await readAll(source.pipeThrough(stage)), bytes(7));
  await turns();
  assert(cancelled instanceof TypeError);
});

Deno.test("GeneratorTransform: an early end fails the write that waits, and is no failure once the writer has closed", async () => {
  const early = observed(async function* (source) {
    for await (const piece of source) {
      yield piece.slice();
      return;
    }
  });
  const first = early.writer.write(bytes(1));
  const second = caught(early.writer.write(bytes(2)));
  assertEquals((await early.reader.read()).value, bytes(1));
  await first;
  assertEquals((await early.reader.read()).done, true);
  assert(await second instanceof TypeError);
  assert(await caught(early.writer.closed) instanceof TypeError);

  const exact = observed(async function* (source) {
    for await (const piece of source) {
      yield piece.slice();
      return;
    }
  });
  exact.writer.write(bytes(1));
  const closed = exact.writer.close();
  assertEquals((await exact.reader.read()).value, bytes(1));
  assertEquals((await exact.reader.read()).done, true);
  await closed;
});

Deno.test("abort reaches a generator that awaits input as a throw, and the reader with exactly the reason", async () => {
  const reason = { told: "so" };
  const { writer, reader, log } = observed(identity);
  const read = caught(reader.read());
  await turns();
  await writer.abort(reason);
  assertStrictEquals(await read, reason);
  assertStrictEquals(await caught(reader.closed), reason);
  assertEquals(log, [reason, "finally"]);
});

Deno.test("abort reaches a generator that stands at a yield as a throw, and the reader without another read", async () => {
  const reason = new Error("stop");
  const { writer, reader, log } = observed(identity);
  writer.write(bytes(1));
  assertEquals((await reader.read()).value, bytes(1));
  await writer.abort(reason);
  assertEquals(log, [reason, "finally"]);
  assertStrictEquals(await caught(reader.closed), reason);
});

Deno.test("abort does not wait for a reader that never comes, though a write does", async () => {
  const reason = new Error("stop");
  const { writer, reader, log } = observed(identity);
  const write = caught(writer.write(bytes(1)));
  await turns();
  await writer.abort(reason);
  assertStrictEquals(await write, reason);
  assertStrictEquals(await caught(reader.read()), reason);
  assertEquals(log, [], "a generator that never ran has nothing to clean up");
});

Deno.test("abort gives the reader its reason, whatever the generator makes of it", async () => {
  const reason = new Error("stop");
  for (
    const stubborn of [
      async function* (source: ByteIterable) {
        try {
          yield* identity(source);
        } catch {
          throw new Error("dressed up");
        }
      },
      async function* (source: ByteIterable) {
        try {
          yield* identity(source);
        } catch {
          while (true) yield bytes(0);
        }
      },
      async function* (source: ByteIterable) {
        try {
          yield* identity(source);
        } finally {
          await Promise.reject(new Error("clean-up fails"));
        }
      },
    ]
  ) {
    for (const reads of [0, 1]) {
      const { writer, reader, log } = observed(stubborn);
      writer.write(bytes(1)).catch(() => {});
      if (reads) assertEquals((await reader.read()).value, bytes(1));
      const read = reads ? caught(reader.read()) : undefined;
      await turns();
      await writer.abort(reason);
      assertStrictEquals(await (read ?? caught(reader.read())), reason);
      assertEquals(log.filter((entry) => entry === "finally").length, reads);
    }
  }
});

Deno.test("abort waits for the generator's clean-up", async () => {
  let clean = false;
  const { writer, reader } = observed(async function* (source) {
    try {
      yield* identity(source);
    } finally {
      await turns();
      clean = true;
    }
  });
  const read = caught(reader.read());
  await turns();
  await writer.abort("enough");
  assert(clean);
  assertEquals(await read, "enough");
});

Deno.test("abort while close() waits fails both with the reason", async () => {
  const reason = new Error("too late? no");
  const { writer, reader } = observed(identity);
  const closing = caught(writer.close());
  await turns();
  assertStrictEquals(await caught(writer.abort(reason)), reason);
  assertStrictEquals(await closing, reason);
  assertStrictEquals(await caught(reader.read()), reason);
});

Deno.test("abort after the end changes nothing", async () => {
  const { writer, reader } = observed(identity);
  const closed = writer.close();
  assertEquals((await reader.read()).done, true);
  await closed;
  await writer.abort("too late");
  await reader.closed;
});

Deno.test("cancel while a pull waits for input ends the generator and fails the writer with the reason", async () => {
  const reason = new Error("no more");
  const { writer, reader, log } = observed(identity);
  const read = reader.read();
  await turns();
  await reader.cancel(reason);
  assertEquals((await read).done, true);
  assertEquals(log, [reason, "finally"]);
  assertStrictEquals(await caught(writer.closed), reason);
  assertStrictEquals(await caught(writer.write(bytes(1))), reason);
});

Deno.test("cancel while the generator stands at a yield runs its finally blocks, and fails the write that waits", async () => {
  const reason = new Error("no more");
  const { writer, reader, log } = observed(identity);
  const first = writer.write(bytes(1));
  const second = caught(writer.write(bytes(2)));
  assertEquals((await reader.read()).value, bytes(1));
  await first;
  await reader.cancel(reason);
  assertEquals(log, ["finally"]);
  assertStrictEquals(await second, reason);
});

Deno.test("cancel while the generator works on something else waits for it, and drops what it gives", async () => {
  const work = Promise.withResolvers<void>();
  const { writer, reader, log } = observed(async function* (source) {
    await work.promise;
    yield bytes(1);
    yield* identity(source);
  });
  const read = reader.read();
  await turns();
  let ended = false;
  const cancelled = reader.cancel("enough").then(() => ended = true);
  await turns();
  assertEquals(ended, false);
  work.resolve();
  await cancelled;
  assertEquals((await read).done, true);
  assertEquals(log, ["finally"]);
  assertEquals(await caught(writer.closed), "enough");
});

Deno.test("cancel tells of a failing clean-up", async () => {
  const { writer, reader } = observed(async function* (source) {
    try {
      yield* identity(source);
    } finally {
      await Promise.reject(new Error("disk full"));
    }
  });
  writer.write(bytes(1));
  await reader.read();
  await assertRejects(() => reader.cancel(), Error, "disk full");
  await caught(writer.closed);
});

Deno.test("cancel while close() waits fails it with the reason", async () => {
  const { writer, reader } = observed(identity);
  const closing = caught(writer.close());
  await turns();
  await reader.cancel("enough");
  assertEquals(await closing, "enough");
});

Deno.test("cancel before anything ran ends the source", async () => {
  let cancelled: unknown;
  const source = new ReadableStream<Piece>({ cancel: (reason) => void (cancelled = reason) }, {
    highWaterMark: 0,
  });
  await source.pipeThrough(new GeneratorTransform(identity)).cancel("never mind");
  await turns();
  assertEquals(cancelled, "never mind");
});

Deno.test("breaking out of a chain of stages ends every generator in it, and the source", async () => {
  const ended: string[] = [];
  async function* source() {
    try {
      while (true) yield bytes(1);
    } finally {
      ended.push("source");
    }
  }
  const stage = (name: string) =>
    new GeneratorTransform(async function* (input) {
      try {
        yield* identity(input);
      } finally {
        ended.push(name);
      }
    });
  for await (const _ of streamFrom(source()).pipeThrough(stage("a")).pipeThrough(stage("b"))) break;
  await turns();
  assertEquals(ended.sort(), ["a", "b", "source"]);
});

Deno.test("a source that fails reaches the end of a chain of stages as it is", async () => {
  const failure = new Error("connection lost");
  async function* source() {
    yield bytes(1);
    await turns();
    throw failure;
  }
  const stage = () => new GeneratorTransform(identity);
  const reader = streamFrom(source()).pipeThrough(stage()).pipeThrough(stage()).getReader();
  assertEquals((await reader.read()).value, bytes(1));
  assertStrictEquals(await caught(reader.read()), failure);
});

Deno.test("a signal given to the last pipe of a chain reaches its source with its reason", async () => {
  const reason = new Error("user left");
  const abort = new AbortController();
  let cancelled: unknown;
  const source = new ReadableStream<Piece>({
    start: (controller) => controller.enqueue(bytes(1)),
    cancel: (reason) => void (cancelled = reason),
  });
  let aborted: unknown;
  const sink = new WritableStream<Piece>({ abort: (reason) => void (aborted = reason) });
  const piping = caught(
    source.pipeThrough(new GeneratorTransform(identity)).pipeThrough(new GeneratorTransform(identity)).pipeTo(
      sink,
      {
        signal: abort.signal,
      },
    ),
  );
  await turns();
  abort.abort(reason);
  assertStrictEquals(await piping, reason);
  await turns();
  assertStrictEquals(cancelled, reason);
  assertStrictEquals(aborted, reason);
});

Deno.test("a piece that is no Uint8Array is a typed error on both sides", async () => {
  for (
    const [wrong, name] of [["text", "string"], [new ArrayBuffer(2), "ArrayBuffer"], [null, "object"], [
      new Float32Array(1),
      "Float32Array",
    ]]
  ) {
    const { writer, reader, log } = observed(identity);
    const read = caught(reader.read());
    await turns();
    // A JavaScript caller has no types that would stop it.
    const write: (piece: never) => Promise<void> = (piece) => writer.write(piece);
    const error = await assertRejects(
      () => Reflect.apply(write, undefined, [wrong]),
      InvalidArgumentError,
      `${name}`,
    );
    assertStrictEquals(await read, error);
    assertStrictEquals(await caught(writer.closed), error);
    await turns();
    assertEquals(log, [error, "finally"]);
  }
});

Deno.test("a stage that throws at once throws from the constructor", () => {
  assertThrows(
    () =>
      new GeneratorTransform(() => {
        throw new InvalidArgumentError("no such level");
      }),
    InvalidArgumentError,
    "no such level",
  );
});

Deno.test("a stage may be an iterable without return and throw", async () => {
  const bare = () =>
    new GeneratorTransform((source) => ({
      [Symbol.asyncIterator]() {
        const from = source[Symbol.asyncIterator]();
        return {
          async next() {
            const step = await from.next();
            return step.done ? step : { done: false, value: step.value.slice() };
          },
        };
      },
    }));
  assertEquals(await readAll(streamOf(bytes(1, 2), 1).pipeThrough(bare())), bytes(1, 2));

  const cancelled = bare();
  const read = cancelled.readable.getReader();
  const pending = read.read();
  await read.cancel("enough");
  assertEquals((await pending).done, true);

  const aborted = bare();
  const reading = caught(aborted.readable.getReader().read());
  await aborted.writable.abort("enough");
  assertEquals(await reading, "enough");
});

Deno.test("cancel is no failure when the generator's clean-up meets its reason", async () => {
  const stage = new GeneratorTransform(async function* (source) {
    try {
      for await (const piece of source) yield piece.slice();
    } finally {
      for await (const _ of source);
    }
  });
  const reader = streamOf(bytes(1, 2, 3), 1).pipeThrough(stage).getReader();
  await reader.read();
  await reader.cancel(new Error("enough"));
});

Deno.test("no way of ending leaves an unhandled rejection", async () => {
  await silent(async () => {
    const pieces = () => streamOf(bytes(1, 2, 3), 1);
    const failing = () =>
      new GeneratorTransform(async function* (source) {
        for await (const piece of source) {
          yield piece.slice();
          throw new Error("bad data");
        }
      });
    await pieces().pipeThrough(failing()).cancel("never read");
    await caught(readAll(pieces().pipeThrough(failing()).pipeThrough(new GeneratorTransform(identity))));
    const early = new GeneratorTransform(async function* () {
      yield bytes(1);
    });
    assertEquals(await readAll(pieces().pipeThrough(early)), bytes(1));

    // Writers and readers whose promises nobody looks at; what write() and abort() give is the caller's.
    for (const end of ["abort", "cancel"] as const) {
      const stage = new GeneratorTransform(async function* (source) {
        const from = source[Symbol.asyncIterator]();
        from.next();
        from.next();
        yield bytes(1);
        yield bytes(2);
      });
      const writer = stage.writable.getWriter();
      const reader = stage.readable.getReader();
      await reader.read();
      if (end === "abort") await writer.abort("enough");
      else await reader.cancel("enough");
    }
  });
});
