import type { Progress } from "../backends/mod.ts";
import { IntegrityError, InvalidArgumentError, NotFoundError } from "../lib/errors.ts";
import { assert, assertBytes, assertRejects } from "./assert.ts";
import { decode, encode, get, oddStream, pattern, type Register, together } from "./case.ts";

const MiB = 1024 * 1024;

/** Storing: sizes, streams, metadata, and that it is all or nothing. */
export function putCases(test: Register): void {
  for (const size of [0, 1, 5 * MiB - 1, 5 * MiB, 5 * MiB + 1, 20 * MiB + 7]) {
    test(`bytes of ${size} come back`, async ({ backend, prefix }) => {
      const bytes = pattern(size);
      const result = await backend.put(prefix + "bytes", bytes);
      assert.deepEqual(result.key, prefix + "bytes");
      assert.deepEqual(result.size, size);
      const head = await backend.head(prefix + "bytes");
      assert.deepEqual(head?.size, size);
      assert.deepEqual(head?.key, prefix + "bytes");
      if (result.etag !== undefined) assert.deepEqual(head?.etag, result.etag);
      assertBytes(await get(backend, prefix + "bytes"), bytes);
    });

    test(`a stream of ${size} of unknown length, in odd pieces`, async ({ backend, prefix }) => {
      const bytes = pattern(size);
      const result = await backend.put(prefix + "stream", oddStream(bytes));
      assert.deepEqual(result.size, size);
      assertBytes(await get(backend, prefix + "stream"), bytes);
    });

    test(`a stream of ${size} with its size`, async ({ backend, prefix }) => {
      const bytes = pattern(size);
      await backend.put(prefix + "sized", oddStream(bytes), { size });
      assertBytes(await get(backend, prefix + "sized"), bytes);
    });
  }

  test("a sub-view stores its own bytes only, and later changes to it don't matter", async ({ backend, prefix }) => {
    const all = encode("..inside..");
    await backend.put(prefix + "view", all.subarray(2, 8));
    all.fill(0);
    assert.deepEqual(decode(await get(backend, prefix + "view")), "inside");
  });

  test("a stream whose source reuses its buffer", async ({ backend, prefix }) => {
    const piece = new Uint8Array(1000);
    let n = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (n === 20) return controller.close();
        controller.enqueue(piece.fill(n++).slice());
      },
    }, { highWaterMark: 0 });
    await backend.put(prefix + "reused", body);
    const back = await get(backend, prefix + "reused");
    assert.deepEqual(back.byteLength, 20_000);
    assert(back.every((byte, i) => byte === Math.floor(i / 1000)));
  });

  for (
    const [size, announced] of [
      [1000, 1001],
      [1000, 999],
      [0, 1],
      [1, 0],
      [6 * MiB, 12 * MiB],
      [12 * MiB, 6 * MiB],
    ] as const
  ) {
    test(`a stream of ${size} bytes that was announced with ${announced} stores nothing`, async ({ backend, prefix, clean }) => {
      await backend.put(prefix + "wrong", encode("old"));
      await assertRejects(
        () => backend.put(prefix + "wrong", oddStream(pattern(size)), { size: announced }),
        IntegrityError,
      );
      assert.deepEqual(decode(await get(backend, prefix + "wrong")), "old");
      await clean();
    });
  }

  test("bytes of another length than announced store nothing", async ({ backend, prefix }) => {
    await assertRejects(() => backend.put(prefix + "wrong", encode("abc"), { size: 4 }), IntegrityError);
    assert.deepEqual(await backend.head(prefix + "wrong"), undefined);
  });

  for (const at of [0, 100, 6 * MiB, 12 * MiB]) {
    test(`a source that fails after ${at} bytes stores nothing`, async ({ backend, prefix, clean }) => {
      // As if the source were a file that has gone, which must not be taken for a failure of the store.
      const failure = Object.assign(new Error("the source broke"), { code: "ENOENT", name: "NoSuchKey" });
      const failing = () => {
        let given = 0;
        return new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull(controller) {
            if (given >= at) return controller.error(failure);
            const piece = pattern(Math.min(256 * 1024, at - given));
            given += piece.byteLength;
            controller.enqueue(piece);
          },
        }, { highWaterMark: 0 });
      };
      assert.strictEqual(await assertRejects(() => backend.put(prefix + "new", failing()), Error), failure);
      assert.deepEqual(await backend.head(prefix + "new"), undefined);
      await backend.put(prefix + "old", encode("old"), { metadata: { kept: "yes" } });
      assert.strictEqual(await assertRejects(() => backend.put(prefix + "old", failing()), Error), failure);
      assert.deepEqual(decode(await get(backend, prefix + "old")), "old");
      assert.deepEqual((await backend.head(prefix + "old"))?.metadata, { kept: "yes" });
      await clean();
    });
  }

  test("a put replaces bytes, metadata and content type altogether", async ({ backend, prefix }) => {
    const key = prefix + "replaced";
    const first = await backend.put(key, encode("a longer text"), {
      metadata: { one: "1" },
      contentType: "text/plain",
    });
    const second = await backend.put(key, encode("short"), {
      metadata: { two: "2" },
      contentType: "text/csv",
    });
    const head = await backend.head(key);
    assert.deepEqual(head?.size, 5);
    assert.deepEqual(head?.metadata, { two: "2" });
    assert.deepEqual(head?.contentType, "text/csv");
    assert.deepEqual(decode(await get(backend, key)), "short");
    if (first.etag !== undefined) assert(first.etag !== second.etag);
    await backend.put(key, encode("bare"));
    assert.deepEqual((await backend.head(key))?.metadata, {});
  });

  test("metadata: keys in lower case, values kept, empty ones too", async ({ backend, prefix }) => {
    const metadata = {
      Shape: "2,3",
      "dtype": "<f8",
      "with-dash_and.dot": "a b  c",
      Empty: "",
      json: '{"a":[1,"é"]}',
    };
    await assertRejects(() => backend.put(prefix + "m", encode("x"), { metadata }), InvalidArgumentError);
    await backend.put(prefix + "m", encode("x"), {
      metadata: { ...metadata, json: '{"a":[1,2], "%41": "+&=;~"}' },
    });
    const expected = {
      shape: "2,3",
      dtype: "<f8",
      "with-dash_and.dot": "a b  c",
      empty: "",
      json: '{"a":[1,2], "%41": "+&=;~"}',
    };
    assert.deepEqual((await backend.head(prefix + "m"))?.metadata, expected);
    const reader = await backend.open(prefix + "m");
    assert.deepEqual(reader.info.metadata, expected);
    await reader.close();
  });

  test("metadata that no store can keep are refused before anything is read", async ({ backend, prefix }) => {
    const limit = backend.capabilities.metadataLimit;
    const wrong: Record<string, string>[] = [
      { name: "line\nbreak" },
      { name: "é" },
      { "é": "name" },
      { "": "no name" },
      { "a b": "space in the name" },
      { twice: "1", Twice: "2" },
    ];
    if (limit < 1e6) wrong.push({ big: "x".repeat(limit) });
    for (const metadata of wrong) {
      let pulled = 0;
      let cancelled = false;
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => (pulled++, controller.enqueue(new Uint8Array(1))),
        cancel: () => void (cancelled = true),
      }, { highWaterMark: 0 });
      await assertRejects(() => backend.put(prefix + "m", body, { metadata }), InvalidArgumentError);
      assert.deepEqual(pulled, 0);
      assert(cancelled, "the source was told");
    }
    assert.deepEqual(await backend.head(prefix + "m"), undefined);
  });

  test("the content type is kept", async ({ backend, prefix }) => {
    await backend.put(prefix + "t", encode("{}"), { contentType: "application/json; charset=utf-8" });
    assert.deepEqual((await backend.head(prefix + "t"))?.contentType, "application/json; charset=utf-8");
    const reader = await backend.open(prefix + "t");
    assert.deepEqual(reader.info.contentType, "application/json; charset=utf-8");
    await reader.close();
  });

  test("a content type that no header can carry is refused", async ({ backend, prefix }) => {
    for (
      const contentType of ["text/plain\r\nx-amz-acl: public-read", "text/plain\n", "a\0b", "é", " a", "a "]
    ) {
      for (const body of [encode("x"), oddStream(encode("x"))]) {
        const error = await assertRejects(
          () => backend.put(prefix + "t", body, { contentType }),
          InvalidArgumentError,
        );
        assert.deepEqual(error.committed, "no");
      }
    }
    assert.deepEqual(await backend.head(prefix + "t"), undefined);
  });

  test("a body that is none, or is being read elsewhere, is refused", async ({ backend, prefix }) => {
    const locked = oddStream(encode("abc"));
    const holder = locked.getReader();
    const refusal = await assertRejects(() => backend.put(prefix + "b", locked), InvalidArgumentError);
    assert.deepEqual([refusal.key, refusal.committed], [prefix + "b", "no"]);
    holder.releaseLock();
    await locked.cancel();
    const text = new ReadableStream({
      start: (controller) => (controller.enqueue("text"), controller.close()),
    });
    await assertRejects(() => backend.put(prefix + "b", text), InvalidArgumentError);
    for (const size of [-1, 1.5, NaN]) {
      for (const body of [encode("abc"), oddStream(encode("abc"))]) {
        const error = await assertRejects(
          () => backend.put(prefix + "b", body, { size }),
          InvalidArgumentError,
        );
        assert.deepEqual([error.key, error.committed], [prefix + "b", "no"]);
      }
    }
    const metadata = await assertRejects(
      () => backend.put(prefix + "b", encode("abc"), { metadata: { "a b": "c" } }),
      InvalidArgumentError,
    );
    assert.deepEqual([metadata.key, metadata.committed], [prefix + "b", "no"]);
    const unnamed = await assertRejects(() => backend.put("", encode("abc")), InvalidArgumentError);
    assert.deepEqual([unnamed.key, unnamed.committed], ["", "no"]);
    const other = await assertRejects(
      () => backend.put(prefix + "b", encode("abc"), { size: 2 }),
      IntegrityError,
    );
    assert.deepEqual([other.key, other.committed], [prefix + "b", "no"]);
    assert.deepEqual(await backend.head(prefix + "b"), undefined);
  });

  test("progress goes up and says when it is done", async ({ backend, prefix }) => {
    const bytes = pattern(6 * MiB);
    const seen: Progress[] = [];
    await backend.put(prefix + "p", oddStream(bytes), {
      size: bytes.byteLength,
      onProgress: (p) => seen.push(p),
    });
    checkProgress(seen, prefix + "p", bytes.byteLength);
    assert(seen.every((p) => p.total === bytes.byteLength));
    seen.length = 0;
    await backend.put(prefix + "p", bytes, { onProgress: (p) => seen.push(p) });
    checkProgress(seen, prefix + "p", bytes.byteLength);
    seen.length = 0;
    await backend.put(prefix + "p", new Uint8Array(0), { onProgress: (p) => seen.push(p) });
    checkProgress(seen, prefix + "p", 0);
    seen.length = 0;
    await assertRejects(
      () => backend.put(prefix + "p", encode("a"), { size: 2, onProgress: (p) => seen.push(p) }),
      Error,
    );
    assert(!seen.some((p) => p.done), "a failed put is never done");
  });

  test("concurrent puts to one key end in one whole version", async ({ backend, prefix }) => {
    const sizes = [1, 70_000, 1_000_000, 6 * MiB];
    await Promise.all(
      sizes.map((size) =>
        backend.put(prefix + "c", oddStream(pattern(size, size)), { metadata: { size: `${size}` } })
      ),
    );
    const reader = await backend.open(prefix + "c");
    const size = Number(reader.info.metadata.size);
    assert(sizes.includes(size));
    assertBytes(await reader.read(), pattern(size, size));
    await reader.close();
  });

  test("readers see the old object or the new one while it is replaced, never a mixture", async ({ backend, prefix, options }) => {
    const key = prefix + "replaced";
    const version = (n: number) =>
      backend.put(key, oddStream(pattern(1000 + n, 1000 + n), [100]), {
        metadata: { length: `${1000 + n}` },
      });
    await version(0);
    let writing = true;
    const open = async () => {
      try {
        return await backend.open(key);
      } catch (error) {
        if (error instanceof NotFoundError && options.missedWhileReplaced) return undefined;
        throw error;
      }
    };
    const read = async () => {
      let last = 0;
      while (writing) {
        const reader = await open();
        if (!reader) continue;
        const length = Number(reader.info.metadata.length);
        assert.deepEqual(reader.info.size, length, "size and metadata are of one version");
        assertBytes(await reader.read(), pattern(length, length));
        await reader.close();
        assert(length >= last, "an older version does not come back");
        last = length;
      }
    };
    const write = async () => {
      try {
        for (let n = 1; n <= 25; n++) await version(n);
      } finally {
        writing = false;
      }
    };
    await together([read(), read(), write()]);
  });

  test("a slow store holds a fast source back", async ({ backend, prefix }) => {
    // The source would give a gigabyte; the abort comes as soon as the store has taken some.
    const piece = new Uint8Array(64 * 1024);
    let given = 0;
    let taken = 0;
    let worst = 0;
    const stop = new AbortController();
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        controller.enqueue(piece);
        given += piece.byteLength;
        worst = Math.max(worst, given - taken);
        if (given >= 1024 * MiB) controller.close();
      },
    }, { highWaterMark: 0 });
    const put = backend.put(prefix + "slow", body, {
      signal: stop.signal,
      concurrency: 2,
      onProgress: ({ loaded }) => {
        taken = loaded;
        if (taken >= 24 * MiB) stop.abort(new Error("seen enough"));
      },
    });
    assert.strictEqual((await assertRejects(() => put, Error)).message, "seen enough");
    assert.isBelow(worst, 64 * MiB);
    assert.deepEqual(await backend.head(prefix + "slow"), undefined);
  });
}

/** Checks that reports are in order, and that the last one, and only that, says so. */
export function checkProgress(seen: readonly Progress[], key: string, total: number): void {
  assert(seen.length > 0, "there was a report");
  let last = 0;
  for (const [i, report] of seen.entries()) {
    assert.deepEqual(report.key, key);
    assert(report.loaded >= last, "loaded never goes back");
    assert.deepEqual(report.done, i === seen.length - 1);
    last = report.loaded;
  }
  assert.deepEqual(last, total);
}
