// How the stages behave as streams: back-pressure, bombs, aborts from either side, use after an error.
import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { type CodecName, compress, decompress } from "../../codecs/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";
import { codecs } from "./implementations.ts";
import { concat, noise, runs, smooth } from "./samples.ts";

const MiB = 1024 * 1024;

for (const { name, encode, decode, codec } of codecs) {
  Deno.test(`${name}: there and back, at every size and level`, async () => {
    for (
      const bytes of [0, 1, 2, 13, 100, 5000, 70_000, 400_000].flatMap((n) => [smooth(n), noise(n), runs(n)])
    ) {
      const stored = await readAll(streamOf(bytes, 33_333).pipeThrough(encode({ size: bytes.length })));
      const back = await readAll(streamOf(stored, 1000).pipeThrough(decode({ size: bytes.length })));
      assertEquals(back, bytes);
    }
    const bytes = concat(smooth(20_000), runs(20_000));
    const { min, max } = codec.levels;
    for (const level of new Set([min, min + 1, Math.min(max, 9), max])) {
      const stored = await readAll(streamOf(bytes).pipeThrough(encode({ size: bytes.length, level })));
      assertEquals(await readAll(streamOf(stored).pipeThrough(decode())), bytes);
    }
  });

  Deno.test(`${name}: large data in small and large pieces`, async () => {
    const bytes = concat(
      smooth(3 * MiB),
      noise(MiB),
      runs(3 * MiB),
      new Uint8Array(5 * MiB),
      smooth(2 * MiB, 9),
    );
    const stored = await readAll(streamOf(bytes, 4 * MiB).pipeThrough(encode({ size: bytes.length })));
    for (const pieceLength of [777, stored.length]) {
      const back = await readAll(streamOf(stored, pieceLength).pipeThrough(decode({ size: bytes.length })));
      // Not assertEquals: it would print millions of lines.
      assert(back.length === bytes.length && back.every((byte, i) => byte === bytes[i]));
    }
  });

  Deno.test(`${name}: the level has an effect`, async () => {
    const bytes = concat(smooth(150_000), runs(250_000), smooth(150_000, 5));
    const { min, max } = codec.levels;
    const sizes = await Promise.all([min, max].map(async (level) => {
      return (await readAll(streamOf(bytes).pipeThrough(encode({ size: bytes.length, level })))).length;
    }));
    assert(sizes[0] !== sizes[1]);
  });

  Deno.test(`${name}: a stream of another length than announced`, async () => {
    for (const size of [0, 99, 101]) {
      await assertRejects(
        () => readAll(streamOf(new Uint8Array(100)).pipeThrough(encode({ size }))),
        IntegrityError,
      );
    }
  });

  Deno.test(`${name}: options out of range`, () => {
    for (const level of [-1e9, 1e9, 1.5, NaN]) {
      assertThrows(() => encode({ level, size: 1 }), InvalidArgumentError);
    }
    for (const size of [-1, 1.5, NaN, Infinity]) {
      assertThrows(() => encode({ size }), InvalidArgumentError);
      assertThrows(() => decode({ size }), InvalidArgumentError);
    }
  });

  // Brotli's pieces are the platform's, which gives all that is in one piece at once.
  const bounded = name !== "Brotli";
  Deno.test({ name: `${name}: a slow reader holds back what feeds it`, ignore: !bounded }, async () => {
    // Long runs, which expand a thousandfold, and noise, so that they don't melt into a few bytes.
    const bytes = concat(
      ...Array.from({ length: 32 }, (_, i) => concat(noise(60_000, i), new Uint8Array(2 * MiB))),
    );
    const size = bytes.length;
    const stored = await readAll(streamOf(bytes).pipeThrough(encode({ size, level: 1 })));
    let taken = 0;
    const pieceLength = Math.ceil(stored.length / 100);
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = stored.subarray(taken, taken + pieceLength);
        taken += piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        else controller.close();
      },
    }, { highWaterMark: 0 });
    const reader = source.pipeThrough(decode({ size })).getReader();
    const { value } = await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert(value && value.length <= 2 * MiB, `a piece of ${value?.length} bytes`);
    assertLess(taken, stored.length / 4);
    let length = value.length;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      assert(piece.value.length <= 2 * MiB);
      length += piece.value.length;
    }
    assertEquals(length, size);
  });

  for (const [direction, make] of [["decoder", decode], ["encoder", encode]] as const) {
    const input = async () => {
      const bytes = noise(2 * MiB);
      if (direction === "encoder") return bytes;
      return await readAll(streamOf(bytes).pipeThrough(encode({ size: bytes.length })));
    };
    const options = { size: 2 * MiB };

    Deno.test(`${name}, ${direction}: cancelled by its reader`, async () => {
      const cancelled = Promise.withResolvers<unknown>();
      const bytes = await input();
      let at = 0;
      const source = new ReadableStream<Uint8Array>({
        pull(controller) {
          // It has no end: once everything is sent, it waits for ever.
          if (at >= bytes.length) return new Promise(() => {});
          controller.enqueue(bytes.slice(at, at += 50_000));
        },
        cancel: cancelled.resolve,
      }, { highWaterMark: 0 });
      const reader = source.pipeThrough(make(options)).getReader();
      const first = reader.read();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const reason = new Error("enough");
      await reader.cancel(reason);
      await first.catch(() => {});
      assertEquals(await cancelled.promise, reason);
    });

    Deno.test(`${name}, ${direction}: aborted by its writer`, async () => {
      const bytes = await input();
      const { readable, writable } = make(options);
      const writer = writable.getWriter();
      const reading = readAll(readable);
      reading.catch(() => {});
      await writer.write(bytes.subarray(0, 300_000));
      const reason = new DOMException("stop", "AbortError");
      await writer.abort(reason);
      assertEquals(await reading.then(() => undefined, (error) => error), reason);
    });

    Deno.test(`${name}, ${direction}: its source fails`, async () => {
      const bytes = await input();
      const reason = new RangeError("cut");
      let pulls = 0;
      const source = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulls++ < 3) controller.enqueue(bytes.subarray(pulls * 1000 - 1000, pulls * 1000));
          else controller.error(reason);
        },
      });
      assertEquals(
        await readAll(source.pipeThrough(make(options))).then(() => undefined, (error) => error),
        reason,
      );
    });

    Deno.test(`${name}, ${direction}: a signal ends a pipe`, async () => {
      const bytes = await input();
      const controller = new AbortController();
      const stage = make(options);
      let at = 0;
      const source = new ReadableStream<Uint8Array>({
        async pull(c) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          c.enqueue(bytes.slice(at, at += 1000));
        },
      });
      const reason = new Error("timeout");
      setTimeout(() => controller.abort(reason), 20);
      const piped = source.pipeTo(stage.writable, { signal: controller.signal });
      const [feed, end] = await Promise.allSettled([piped, readAll(stage.readable)]);
      assert(feed.status === "rejected" && feed.reason === reason);
      assert(end.status === "rejected" && end.reason === reason);
    });
  }

  Deno.test(`${name}: after an error, each further use fails, too`, async () => {
    const { readable, writable } = decode();
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    const reader = readable.getReader();
    reader.closed.catch(() => {});
    const bad = noise(100_000);
    const writing = writer.write(bad).then(() => writer.close());
    writing.catch(() => {});
    const read = async () => {
      while (!(await reader.read()).done);
    };
    await assertRejects(read, IntegrityError);
    await assertRejects(() => reader.read(), IntegrityError);
    await assertRejects(() => writer.write(bad));
  });
}

Deno.test("names of no codec, and codecs that can't be written", () => {
  for (const name of ["", "False", "None", "true", "snappy", "constructor", "gzip ", "blosc2"]) {
    assertThrows(() => decompress(name), UnsupportedError, "LZ4");
  }
  for (const name of ["zstd", "LZMA", "toString", "GZIP"]) {
    assertThrows(() => compress(name as CodecName), UnsupportedError, "Zstd");
  }
  for (
    const name of ["gzip", "GZip", "GZIP", "zlib", "ZSTD", "lz4", "bz2", "lzma", "blosc", "SHUFFLE", "base64"]
  ) {
    decompress(name);
  }
});

Deno.test("LZ4 wants a size, within its limit", () => {
  assertThrows(() => compress("LZ4"), InvalidArgumentError, "size");
  assertThrows(() => compress("LZ4", { size: 0x7E000001 }), InvalidArgumentError, "Zstd");
});
