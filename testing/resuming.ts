import { isResumable, type ResumableStore } from "../backends/arguments.ts";
import type { Progress, UploadToken } from "../backends/mod.ts";
import { collect } from "../lib/async.ts";
import {
  AlreadyExistsError,
  type CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  UnsupportedError,
} from "../lib/errors.ts";
import { assert, assertBytes, assertRejects } from "./assert.ts";
import { type Case, decode, encode, get, oddStream, pattern, type Register } from "./case.ts";

const MiB = 1024 * 1024;
const partSize = 5 * MiB;
/** What tells the bodies: stores that encrypt want to know. */
const source = "the pattern";

/** Whether a store begins no upload as it was opened: as Drive, with credentials that don't last. */
async function beginsNone(backend: ResumableStore, key: string): Promise<boolean> {
  try {
    await backend.abortUpload(await backend.startUpload(key, { source, size: 1 }));
    return false;
  } catch (error) {
    return error instanceof UnsupportedError;
  }
}

/** The token as another process finds it. */
const kept = (token: UploadToken): UploadToken => JSON.parse(JSON.stringify(token));

/** Resumes an upload until so many bytes have moved, and then breaks off by an abort. */
async function breakOff(
  backend: ResumableStore,
  token: UploadToken,
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
) {
  const stop = new AbortController();
  const reason = new Error("killed");
  const error = await assertRejects(
    () =>
      backend.resumeUpload(token, oddStream(bytes), {
        source,
        signal: stop.signal,
        concurrency: 1,
        onProgress: ({ loaded }) => {
          if (loaded >= at) stop.abort(reason);
        },
      }),
    Error,
  );
  assert.strictEqual(error, reason);
}

/** Uploads that go on in another process, where the store has such. */
export function resumeCases(register: Register): void {
  const test = (
    name: string,
    run: (c: Case & { readonly backend: ResumableStore }) => Promise<void>,
  ) =>
    register(name, async (c) => {
      const { backend, prefix } = c;
      if (!isResumable(backend)) return;
      try {
        await run({ ...c, backend });
      } catch (error) {
        // Asked only then, so that on other stores a case sees no upload but its own.
        if (!await beginsNone(backend, `${prefix}any`)) throw error;
      }
    }, isResumable);

  test("an upload that broke off goes on in another process", async ({ backend, prefix, reopen, clean }) => {
    const key = prefix + "ü + %41";
    const bytes = pattern(17 * MiB + 5);
    await backend.put(key, encode("old"));
    const token = await backend.startUpload(key, {
      source,
      size: bytes.byteLength,
      metadata: { Run: "7" },
      contentType: "application/x-betas",
      partSize,
    });
    assert.strictEqual(token.store, backend.identity ?? backend.name);
    assert.deepEqual(kept(token), token, "it is plain JSON");
    await breakOff(backend, token, bytes, 1);
    await breakOff(backend, kept(token), bytes, 11 * MiB);
    assert.strictEqual(decode(await get(backend, key)), "old");
    const other = await reopen();
    assert.isTrue(isResumable(other));
    if (!isResumable(other)) return;
    const reports: Progress[] = [];
    const result = await other.resumeUpload(kept(token), oddStream(bytes), {
      source,
      onProgress: (report) => reports.push(report),
    });
    const head = await backend.head(key);
    assert.deepEqual([result.key, result.size, result.etag], [key, bytes.byteLength, head?.etag]);
    assert.deepEqual([head?.size, head?.metadata, head?.contentType], [
      bytes.byteLength,
      { run: "7" },
      "application/x-betas",
    ]);
    assertBytes(await get(backend, key), bytes);
    for (const [i, { loaded, total, done }] of reports.entries()) {
      assert.isAtLeast(loaded, reports[i - 1]?.loaded ?? 0);
      assert.deepEqual([total, done], [bytes.byteLength, i === reports.length - 1]);
    }
    assert.strictEqual(reports.at(-1)?.loaded, bytes.byteLength);
    await clean();
  });

  test("a resumed upload takes bytes in memory, none, and few", async ({ backend, prefix, clean }) => {
    for (const size of [0, 1, 6 * MiB]) {
      const key = `${prefix}${size}`;
      const bytes = pattern(size);
      const token = await backend.startUpload(key, { source, size, partSize });
      if (size > MiB) await breakOff(backend, token, bytes, 4 * MiB);
      assert.strictEqual((await backend.resumeUpload(token, bytes, { source })).size, size);
      assertBytes(await get(backend, key), bytes);
    }
    await clean();
  });

  test("a body that fails leaves its upload to be resumed", async ({ backend, prefix, clean }) => {
    const key = prefix + "failing";
    const bytes = pattern(7 * MiB);
    const token = await backend.startUpload(key, { source, size: bytes.byteLength, partSize });
    const reason = new Error("the disk is gone");
    let given = 0;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (given === 6 * MiB) throw reason;
        controller.enqueue(bytes.slice(given, given += MiB));
      },
    }, { highWaterMark: 0 });
    assert.strictEqual(
      await assertRejects(() => backend.resumeUpload(token, body, { source }), Error),
      reason,
    );
    assert.deepEqual(await backend.head(key), undefined);
    await backend.resumeUpload(token, oddStream(bytes), { source });
    assertBytes(await get(backend, key), bytes);
    await clean();
  });

  test("an upload that was begun is aborted, more than once", async ({ backend, prefix, clean }) => {
    const key = prefix + "aborted";
    const bytes = pattern(6 * MiB);
    const pending = async () => {
      if (backend.listUploads) return (await collect(backend.listUploads({ prefix: key }))).length;
    };
    const token = await backend.startUpload(key, { source, size: bytes.byteLength, partSize });
    if (backend.listUploads) assert.strictEqual(await pending(), 1);
    await breakOff(backend, token, bytes, 4 * MiB);
    for (let times = 0; times < 2; times++) await backend.abortUpload(kept(token));
    if (backend.listUploads) assert.strictEqual(await pending(), 0);
    const error = await assertRejects(
      () => backend.resumeUpload(token, oddStream(bytes), { source }),
      NotFoundError,
    );
    assert.deepEqual([error.committed, error.key], ["no", key]);
    assert.deepEqual(await backend.head(key), undefined);
    await clean();
  });

  test("an upload is not resumed with other bytes", async ({ backend, prefix, clean }) => {
    const bytes = pattern(6 * MiB);
    const other = bytes.slice();
    other[77] ^= 1;
    const bodies = [
      oddStream(other),
      bytes.subarray(1),
      oddStream(bytes.subarray(1)),
      oddStream(pattern(6 * MiB + 1)),
    ];
    for (const [i, body] of bodies.entries()) {
      const key = `${prefix}${i}`;
      const token = await backend.startUpload(key, { source, size: bytes.byteLength, partSize });
      await breakOff(backend, token, bytes, 4 * MiB);
      const error = await assertRejects(() => backend.resumeUpload(token, body, { source }), IntegrityError);
      assert.strictEqual(error.committed, "no");
      assert.deepEqual(await backend.head(key), undefined);
      await backend.abortUpload(token);
    }
    await clean();
  });

  test("conditions of an upload decide when it begins, and when it completes", async (c) => {
    const { backend, prefix, clean } = c;
    const key = prefix + "new";
    const body = pattern(MiB);
    const size = body.byteLength;
    const refused = async (
      run: () => Promise<unknown>,
      errorClass: new (message: string) => CottonCandyError,
    ) => assert.strictEqual((await assertRejects(run, errorClass)).committed, "no");
    const first = await backend.startUpload(key, { source, size, ifAbsent: true });
    const { etag } = await backend.put(key, encode("another's"));
    await refused(() => backend.startUpload(key, { source, size, ifAbsent: true }), AlreadyExistsError);
    await refused(() => backend.resumeUpload(first, body, { source }), AlreadyExistsError);
    const second = await backend.startUpload(key, { source, size, ifMatch: etag });
    await backend.put(key, encode("another's again"));
    await refused(() => backend.startUpload(key, { source, size, ifMatch: etag }), PreconditionFailedError);
    await refused(() => backend.resumeUpload(second, body, { source }), PreconditionFailedError);
    assert.strictEqual(decode(await get(backend, key)), "another's again");
    for (const token of [first, second]) await backend.abortUpload(token);
    const current = (await backend.head(key))?.etag;
    await backend.resumeUpload(await backend.startUpload(key, { source, size, ifMatch: current }), body, {
      source,
    });
    await backend.resumeUpload(
      await backend.startUpload(prefix + "newer", { source, size, ifAbsent: true }),
      body,
      { source },
    );
    assertBytes(await get(backend, key), body);
    await clean();
  });

  test("an upload that was completed, its answer lost, is told as such", async ({ backend, prefix, clean }) => {
    for (const ifAbsent of [false, true]) {
      const key = `${prefix}${ifAbsent}`;
      const bytes = pattern(ifAbsent ? 10 : 6 * MiB);
      const options = { source, size: bytes.byteLength, metadata: { run: "7" }, ifAbsent, partSize };
      const token = await backend.startUpload(key, options);
      const { etag } = await backend.resumeUpload(token, oddStream(bytes), { source });
      const again = await backend.resumeUpload(kept(token), oddStream(bytes), { source });
      assert.deepEqual([again.key, again.size, again.etag], [key, bytes.byteLength, etag]);
      await backend.abortUpload(token);
      assertBytes(await get(backend, key), bytes);
    }
    await clean();
  });

  test("an upload that nobody could begin", async ({ backend, prefix, clean }) => {
    const key = prefix + "wrong";
    for (const size of [-1, 0.5, NaN]) {
      await assertRejects(() => backend.startUpload(key, { source, size }), InvalidArgumentError);
    }
    const missing = { source, size: 1 };
    Reflect.deleteProperty(missing, "size");
    await assertRejects(() => backend.startUpload(key, missing), InvalidArgumentError);
    await assertRejects(() => backend.startUpload("", { source, size: 1 }), InvalidArgumentError);
    await assertRejects(
      () => backend.startUpload(key, { source, size: 1, metadata: { a: "ü" } }),
      InvalidArgumentError,
    );
    await clean();
  });

  test("tokens of other stores, and what is none, are refused", async ({ backend, prefix, clean }) => {
    const token = await backend.startUpload(prefix + "token", { source, size: 3 });
    const wrong = [
      { store: `${token.store}-other` },
      { version: 2 },
      { key: "" },
      { key: 1 },
      { size: -1 },
      { size: "3" },
      { started: "yesterday" },
      { state: null },
      { state: [] },
      { state: {} },
    ];
    for (const change of wrong) {
      const hostile = Object.assign(kept(token), change);
      let cancelled = false;
      const body = new ReadableStream({ cancel: () => void (cancelled = true) }, { highWaterMark: 0 });
      const error = await assertRejects(
        () => backend.resumeUpload(hostile, body, { source }),
        InvalidArgumentError,
      );
      assert.deepEqual([error.committed, cancelled], ["no", true], JSON.stringify(change));
      await assertRejects(() => backend.abortUpload(hostile), InvalidArgumentError);
    }
    await backend.resumeUpload(token, encode("abc"), { source });
    assert.strictEqual(decode(await get(backend, prefix + "token")), "abc");
    await clean();
  });

  test("aborted before it began, resuming does nothing", async ({ backend, prefix, clean }) => {
    const reason = new Error("never mind");
    const signal = AbortSignal.abort(reason);
    const token = await backend.startUpload(prefix + "a", { source, size: 3 });
    const rejects = async (run: () => Promise<unknown>) =>
      assert.strictEqual(await assertRejects(run, Error), reason);
    await rejects(() => backend.startUpload(prefix + "b", { source, size: 3, signal }));
    await rejects(() => backend.resumeUpload(token, encode("abc"), { source, signal }));
    await rejects(() => backend.abortUpload(token, { signal }));
    assert.deepEqual(await backend.head(prefix + "a"), undefined);
    await backend.abortUpload(token);
    await clean();
  });
}
