import type { ByteRange, Progress } from "../backends/mod.ts";
import { InvalidArgumentError, NotFoundError, PreconditionFailedError } from "../lib/errors.ts";
import { readAll } from "../lib/streams/mod.ts";
import { collect } from "../lib/async.ts";
import { assert, assertBytes, assertRejects } from "./assert.ts";
import { decode, encode, get, pattern, type Register, using } from "./case.ts";
import { checkProgress } from "./putting.ts";

const MiB = 1024 * 1024;

/** Ranges of an object of ten bytes, and what they give. */
const RANGES: readonly [ByteRange, string][] = [
  [{ offset: 0 }, "0123456789"],
  [{ offset: 3 }, "3456789"],
  [{ offset: 9 }, "9"],
  [{ offset: 10 }, ""],
  [{ offset: 11 }, ""],
  [{ offset: 10_000, length: 5 }, ""],
  [{ offset: 0, length: 1 }, "0"],
  [{ offset: 2, length: 3 }, "234"],
  [{ offset: 2, length: 0 }, ""],
  [{ offset: 8, length: 100 }, "89"],
  [{ offset: 0, length: 10 }, "0123456789"],
  [{ suffix: 3 }, "789"],
  [{ suffix: 10 }, "0123456789"],
  [{ suffix: 1000 }, "0123456789"],
  [{ suffix: 0 }, ""],
];

const WRONG: readonly ByteRange[] = [
  { offset: -1 },
  { offset: 1.5 },
  { offset: NaN },
  { offset: 0, length: -1 },
  { offset: 0, length: 0.5 },
  { suffix: -1 },
  { suffix: NaN },
];

/** Reading: ranges, memory, streams, versions. */
export function readCases(test: Register): void {
  test("what is missing is a NotFoundError that names the key, or undefined", async ({ backend, prefix }) => {
    const key = prefix + "missing";
    assert.deepEqual(await backend.head(key), undefined);
    const error = await assertRejects(() => backend.open(key), NotFoundError);
    assert.deepEqual(error.key, key);
    await assertRejects(() => backend.open(key, { range: { offset: 5, length: 2 } }), NotFoundError);
    await assertRejects(() => backend.open(key, { parallel: true }), NotFoundError);
    await backend.put(key + "/below", encode("x"));
    assert.deepEqual(await backend.head(key), undefined, "a prefix of another key is no object");
    await assertRejects(() => backend.open(key), NotFoundError);
  });

  test("ranges given to open", async ({ backend, prefix }) => {
    await backend.put(prefix + "r", encode("0123456789"));
    for (const [range, expected] of RANGES) {
      const what = JSON.stringify(range);
      assert.deepEqual(
        await using(await backend.open(prefix + "r", { range }), async (r) => decode(await r.read())),
        expected,
        what,
      );
      assert.deepEqual(
        await using(
          await backend.open(prefix + "r", { range }),
          async (r) => decode(await readAll(r.stream())),
        ),
        expected,
        what,
      );
      await using(await backend.open(prefix + "r", { range }), (r) => {
        assert.deepEqual(r.info.size, 10, "the object's size, not the range's");
        return Promise.resolve();
      });
    }
  });

  test("ranges given to read and stream", async ({ backend, prefix }) => {
    await backend.put(prefix + "r", encode("0123456789"));
    const reader = await backend.open(prefix + "r", { range: { offset: 2, length: 3 } });
    for (const [range, expected] of RANGES) {
      assert.deepEqual(decode(await reader.read(range)), expected, JSON.stringify(range));
      assert.deepEqual(decode(await readAll(reader.stream(range))), expected, JSON.stringify(range));
    }
    assert.deepEqual(decode(await reader.read()), "234", "the range that was opened");
    assert.deepEqual(decode(await reader.read()), "234", "and once more");
    assert.deepEqual(decode(await readAll(reader.stream())), "234");
    await reader.close();
    await reader.close();
  });

  test("a range that ends where the opened one does, and begins before it", async ({ backend, prefix }) => {
    await backend.put(prefix + "r", encode("0123456789"));
    for (const read of ["read", "stream"] as const) {
      const reader = await backend.open(prefix + "r", { range: { offset: 5 } });
      const wanted = { offset: 2, length: 8 };
      const bytes = read === "read" ? await reader.read(wanted) : await readAll(reader.stream(wanted));
      assert.deepEqual(decode(bytes), "23456789", read);
      await reader.close();
    }
  });

  test("ranges of an empty object are empty", async ({ backend, prefix }) => {
    await backend.put(prefix + "empty", new Uint8Array(0));
    for (const range of [undefined, { offset: 0 }, { offset: 0, length: 5 }, { offset: 7 }, { suffix: 4 }]) {
      const reader = await backend.open(prefix + "empty", { range });
      assert.deepEqual(reader.info.size, 0);
      assert.deepEqual((await reader.read()).byteLength, 0);
      assert.deepEqual((await reader.read({ offset: 0, length: 1 })).byteLength, 0);
      assert.deepEqual((await readAll(reader.stream())).byteLength, 0);
      await reader.close();
    }
  });

  test("wrong ranges are InvalidArgumentErrors", async ({ backend, prefix }) => {
    await backend.put(prefix + "r", encode("0123456789"));
    const reader = await backend.open(prefix + "r");
    for (const range of WRONG) {
      await assertRejects(() => backend.open(prefix + "r", { range }), InvalidArgumentError);
      await assertRejects(() => reader.read(range), InvalidArgumentError);
      assert.throws(() => reader.stream(range), InvalidArgumentError);
    }
    await reader.close();
  });

  test("reading into the caller's memory", async ({ backend, prefix }) => {
    const bytes = pattern(3 * MiB);
    await backend.put(prefix + "into", bytes);
    const reader = await backend.open(prefix + "into");
    const memory = new Uint8Array(bytes.byteLength + 2).fill(7);
    const into = memory.subarray(1, 1 + bytes.byteLength);
    const filled = await reader.read(undefined, { into });
    assert.strictEqual(filled.buffer, memory.buffer, "filled in place");
    assertBytes(filled, bytes);
    assert.deepEqual([memory[0], memory[memory.byteLength - 1]], [7, 7]);
    assertBytes(
      await reader.read({ offset: 5, length: 100 }, { into: new Uint8Array(100) }),
      bytes.subarray(5, 105),
    );
    await reader.close();
  });

  test("memory of another length than the range is refused", async ({ backend, prefix }) => {
    await backend.put(prefix + "into", encode("0123456789"));
    for (
      const [range, length] of [[undefined, 9], [undefined, 11], [{ offset: 8, length: 4 }, 4], [{
        suffix: 3,
      }, 2]] as const
    ) {
      const reader = await backend.open(prefix + "into");
      await assertRejects(() => reader.read(range, { into: new Uint8Array(length) }), InvalidArgumentError);
      await reader.close();
    }
  });

  test("what was read is the reader's own: changing it changes nothing stored", async ({ backend, prefix }) => {
    await backend.put(prefix + "own", encode("stored"));
    (await get(backend, prefix + "own")).fill(0);
    const reader = await backend.open(prefix + "own");
    for (const piece of await collect(reader.stream())) piece.fill(0);
    await reader.close();
    assert.deepEqual(decode(await get(backend, prefix + "own")), "stored");
  });

  test("a large object, its parts read concurrently", async ({ backend, prefix }) => {
    const bytes = pattern(20 * MiB + 3);
    await backend.put(prefix + "large", bytes);
    const whole = await backend.open(prefix + "large", { parallel: true, concurrency: 4 });
    assertBytes(await whole.read(), bytes);
    await whole.close();
    const range = { offset: 1_234_567, length: 17 * MiB };
    const part = await backend.open(prefix + "large", { range, parallel: true });
    const into = new Uint8Array(range.length);
    assertBytes(
      await part.read(undefined, { into }),
      bytes.subarray(range.offset, range.offset + range.length),
    );
    await part.close();
  });

  test("several reads of one reader at once", async ({ backend, prefix }) => {
    const bytes = pattern(2 * MiB);
    await backend.put(prefix + "many", bytes);
    const reader = await backend.open(prefix + "many", { range: { offset: 0, length: 1000 } });
    await Promise.all(Array.from({ length: 16 }, async (_, i) => {
      const offset = i * 120_001;
      assertBytes(await reader.read({ offset, length: 5000 }), bytes.subarray(offset, offset + 5000));
      assertBytes(
        await readAll(reader.stream({ offset, length: 70_000 })),
        bytes.subarray(offset, offset + 70_000),
      );
    }));
    await reader.close();
  });

  test("a stream fills a BYOB reader's own buffers", async ({ backend, prefix }) => {
    const bytes = pattern(300_000);
    await backend.put(prefix + "byob", bytes);
    const object = await backend.open(prefix + "byob");
    const reader = object.stream().getReader({ mode: "byob" });
    let buffer = new Uint8Array(100_001);
    let offset = 0;
    while (true) {
      const { done, value } = await reader.read(buffer);
      if (value) {
        assertBytes(value, bytes.subarray(offset, offset + value.byteLength));
        offset += value.byteLength;
        buffer = new Uint8Array(value.buffer);
      }
      if (done) break;
    }
    assert.deepEqual(offset, bytes.byteLength);
    await object.close();
  });

  test("a stream that is cancelled midway, and one that is never read", async ({ backend, prefix }) => {
    const bytes = pattern(12 * MiB);
    await backend.put(prefix + "cancel", bytes);
    const object = await backend.open(prefix + "cancel");
    const reader = object.stream().getReader();
    const { value } = await reader.read();
    assert(value && value.byteLength > 0 && value.byteLength < bytes.byteLength);
    await reader.cancel(new Error("enough"));
    assertBytes(await object.read({ suffix: 10 }), bytes.subarray(bytes.byteLength - 10));
    await object.close();
    await (await backend.open(prefix + "cancel")).close();
    const unread = await backend.open(prefix + "cancel");
    await unread.stream().cancel();
    await unread.close();
    for await (const piece of (await backend.open(prefix + "cancel")).stream()) {
      assert(piece.byteLength > 0);
      break;
    }
  });

  test("a slow sink holds the download back", async ({ backend, prefix }) => {
    await backend.put(prefix + "slow", pattern(20 * MiB));
    const seen: number[] = [];
    const object = await backend.open(prefix + "slow", { onProgress: ({ loaded }) => seen.push(loaded) });
    const reader = object.stream().getReader();
    let read = 0;
    while (read < MiB) read += (await reader.read()).value?.byteLength ?? MiB;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert((seen.at(-1) ?? 0) <= read + 8 * MiB, `${seen.at(-1)} bytes were fetched for ${read} read`);
    await reader.cancel();
    await object.close();
  });

  test("a reader stays with its version when the object is replaced or deleted", async ({ backend, prefix }) => {
    const key = prefix + "pinned";
    const old = pattern(9 * MiB, 1);
    const expectOld = async (read: () => Promise<Uint8Array>, expected: Uint8Array) => {
      try {
        assertBytes(await read(), expected);
      } catch (error) {
        assert(error instanceof PreconditionFailedError, `${error}`);
      }
    };
    for (
      const change of [() => backend.put(key, pattern(9 * MiB, 2)), () => collect(backend.delete([key]))]
    ) {
      await backend.put(key, old);
      const unread = await backend.open(key);
      const read = await backend.open(key, { range: { offset: 0, length: 10 } });
      await read.read();
      const streaming = await backend.open(key);
      const stream = streaming.stream();
      await change();
      await expectOld(() => unread.read(), old);
      await expectOld(() => read.read({ offset: 100, length: 50 }), old.subarray(100, 150));
      await expectOld(() => read.read({ suffix: 50 }), old.subarray(old.byteLength - 50));
      await expectOld(() => readAll(stream), old);
      await Promise.all([unread.close(), read.close(), streaming.close()]);
    }
  });

  test("open with ifMatch reads that version only", async ({ backend, prefix }) => {
    const { etag } = await backend.put(prefix + "m", encode("one"));
    if (etag === undefined) return;
    assert.deepEqual(
      await using(await backend.open(prefix + "m", { ifMatch: etag }), async (r) => decode(await r.read())),
      "one",
    );
    await backend.put(prefix + "m", encode("two!"));
    await assertRejects(() => backend.open(prefix + "m", { ifMatch: etag }), PreconditionFailedError);
    await assertRejects(
      () => backend.open(prefix + "m", { ifMatch: etag, range: { offset: 1, length: 1 } }),
      PreconditionFailedError,
    );
  });

  test("progress of reading and of streaming", async ({ backend, prefix }) => {
    const bytes = pattern(6 * MiB);
    await backend.put(prefix + "p", bytes);
    const seen: Progress[] = [];
    const onProgress = (progress: Progress) => void seen.push(progress);
    await using(await backend.open(prefix + "p", { onProgress }), (r) => r.read());
    checkProgress(seen, prefix + "p", bytes.byteLength);
    seen.length = 0;
    await using(await backend.open(prefix + "p", { onProgress }), (r) => readAll(r.stream()));
    checkProgress(seen, prefix + "p", bytes.byteLength);
    seen.length = 0;
    await using(await backend.open(prefix + "p", { onProgress, parallel: true }), (r) => r.read());
    checkProgress(seen, prefix + "p", bytes.byteLength);
  });
}
