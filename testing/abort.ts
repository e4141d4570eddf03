import { collect } from "../lib/async.ts";
import { assert, assertRejects } from "./assert.ts";
import { decode, encode, fillWith, get, pattern, type Register } from "./case.ts";

const MiB = 1024 * 1024;

/** Aborts: every promise rejects with the signal's reason, and nothing is left behind. */
export function abortCases(test: Register): void {
  test("aborted before it began, everything rejects with the reason and does nothing", async ({ backend, prefix }) => {
    const reason = Object.assign(new Error("never mind"), { code: "ENOENT" });
    const signal = AbortSignal.abort(reason);
    const key = prefix + "a";
    await backend.put(key, encode("kept"));
    let cancelled: unknown;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ cancel: (why) => void (cancelled = why) }, {
      highWaterMark: 0,
    });
    const rejects = async (what: () => Promise<unknown>) =>
      assert.strictEqual(await assertRejects(what, Error), reason);
    await rejects(() => backend.head(key, { signal }));
    await rejects(() => backend.open(key, { signal }));
    await rejects(() => backend.put(key, encode("new"), { signal }));
    await rejects(() => backend.put(key, body, { signal }));
    assert.strictEqual(cancelled, reason, "the source was told");
    await rejects(() => backend.copy(key, prefix + "b", { signal }));
    await rejects(() => collect(backend.list({ prefix, signal })));
    await rejects(() => collect(backend.delete([key], { signal })));
    if (backend.buckets) await rejects(async () => await backend.buckets?.list({ signal }));
    const reader = await backend.open(key);
    await rejects(() => reader.read(undefined, { signal }));
    await rejects(() => collect(reader.stream(undefined, { signal })));
    await reader.close();
    assert.deepEqual(decode(await get(backend, key)), "kept");
    assert.deepEqual(await backend.head(prefix + "b"), undefined);
  });

  for (const at of [0, 100, 6 * MiB, 18 * MiB]) {
    test(`an abort while a source keeps silent after ${at} bytes`, async ({ backend, prefix, clean }) => {
      const key = prefix + "silent";
      await backend.put(key, encode("old"), { metadata: { kept: "yes" } });
      const stop = new AbortController();
      const reason = Object.assign(new Error("no patience"), { code: "EACCES" });
      let given = 0;
      let cancelled: unknown;
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          if (given < at) {
            const piece = pattern(Math.min(at - given, MiB));
            given += piece.byteLength;
            return controller.enqueue(piece);
          }
          setTimeout(() => stop.abort(reason), 20);
          return new Promise(() => {});
        },
        cancel: (why) => void (cancelled = why),
      }, { highWaterMark: 0 });
      assert.strictEqual(
        await assertRejects(() => backend.put(key, body, { signal: stop.signal }), Error),
        reason,
      );
      assert.strictEqual(cancelled, reason);
      assert.deepEqual(decode(await get(backend, key)), "old");
      assert.deepEqual((await backend.head(key))?.metadata, { kept: "yes" });
      await clean();
    });
  }

  test("an abort while bytes are being put", async ({ backend, prefix, clean }) => {
    const stop = new AbortController();
    const reason = new Error("changed my mind");
    let stored = false;
    const put = backend.put(prefix + "bytes", pattern(20 * MiB), {
      signal: stop.signal,
      onProgress: ({ done }) => {
        stored ||= done;
        stop.abort(reason);
      },
    });
    // An abort that comes after the commit began is too late: then the object is there, whole.
    const outcome = await put.then(() => "stored", (error) => error);
    if (stored || outcome === "stored") {
      assert.deepEqual((await backend.head(prefix + "bytes"))?.size, 20 * MiB);
    } else {
      assert.strictEqual(outcome, reason);
      assert.deepEqual(await backend.head(prefix + "bytes"), undefined);
    }
    await clean();
  });

  test("an abort after a put has resolved changes nothing", async ({ backend, prefix }) => {
    const stop = new AbortController();
    await backend.put(prefix + "late", encode("stored"), { signal: stop.signal });
    stop.abort(new Error("too late"));
    assert.deepEqual(decode(await get(backend, prefix + "late")), "stored");
  });

  test("an abort while a stream is read", async ({ backend, prefix }) => {
    await backend.put(prefix + "s", pattern(12 * MiB));
    for (const where of ["open", "stream"] as const) {
      const stop = new AbortController();
      const reason = new Error(`stopped by ${where}`);
      const object = await backend.open(prefix + "s", where === "open" ? { signal: stop.signal } : {});
      const reader = object.stream(undefined, where === "stream" ? { signal: stop.signal } : {}).getReader();
      assert(!(await reader.read()).done);
      stop.abort(reason);
      const failure = await assertRejects(async () => {
        while (!(await reader.read()).done);
      }, Error);
      assert.strictEqual(failure, reason);
      await object.close();
    }
  });

  test("an abort while a listing or a deletion goes on", async ({ backend, prefix }) => {
    await fillWith({ backend, prefix }, [
      "a",
      "b",
      "c",
      "d",
      "e",
    ]);
    const stop = new AbortController();
    const reason = new Error("seen enough");
    let seen = 0;
    const failure = await assertRejects(async () => {
      for await (const _ of backend.list({ prefix, pageSize: 2, signal: stop.signal })) {
        if (++seen === 1) stop.abort(reason);
      }
    }, Error);
    assert.strictEqual(failure, reason);
    assert(seen < 5);
    const other = new AbortController();
    async function* keys() {
      yield prefix + "a";
      other.abort(reason);
      yield prefix + "b";
    }
    assert.strictEqual(
      await assertRejects(() => collect(backend.delete(keys(), { signal: other.signal })), Error),
      reason,
    );
    assert(await backend.head(prefix + "c"));
  });
}
