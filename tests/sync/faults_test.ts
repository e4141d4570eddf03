/** Syncs over connections that break, and what is left of those that are broken off. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../crypto/mod.ts";
import { ConnectionError, UnsupportedError } from "../../lib/errors.ts";
import { memoryResumeStore } from "../../lib/entries/resume.ts";
import { sync, SyncError } from "../../lib/sync/mod.ts";
import { startS3 } from "../servers/s3.ts";
import { delegate } from "../backends/delegate.ts";
import { contents, directoryPlace, fill } from "./places.ts";

/** The shortest that S3 takes. */
const PART = 5 * 1024 * 1024;
/** As many bytes of parts, none like another. */
const parted = (count: number) => new Uint8Array(new Uint32Array(count * PART / 4).map((_, i) => i).buffer);
const texts = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => [`${i}`.padStart(2, "0"), `text ${i}`]),
);

async function openS3(
  retries = 3,
): Promise<AsyncDisposable & { s3: Awaited<ReturnType<typeof startS3>>; backend: S3Backend }> {
  const s3 = await startS3({ buckets: ["bucket"] });
  const backend = new S3Backend({
    bucket: "bucket",
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.credentials,
    partSize: PART,
    retries: { attempts: retries, delay: 1 },
  });
  return {
    s3,
    backend,
    async [Symbol.asyncDispose]() {
      backend.close();
      await s3.shutdown();
    },
  };
}

Deno.test("connections that break on either side change nothing of what arrives", async () => {
  await using from = await openS3();
  await using to = await openS3();
  await fill(from.backend, texts);
  await from.backend.put("large", new Uint8Array(2 * PART).fill(7));
  from.s3.inject({ operation: "GetObject", kind: "cutResponse", afterBytes: 3, times: 5 });
  from.s3.inject({ operation: "GetObject", kind: "reset", skip: 10, times: 2 });
  to.s3.inject({ operation: "PutObject", kind: "reset", times: 3 });
  to.s3.inject({ operation: "PutObject", kind: "loseAnswer", skip: 5, times: 3 });
  to.s3.inject({ operation: "UploadPart", kind: "loseAnswer", times: 1 });
  assertEquals((await sync(from, to)).copied, 21);
  assertEquals(await contents(to.backend), await contents(from.backend));
  assertEquals(to.s3.store.bucket("bucket").uploads.size, 0);
});

Deno.test("bytes that were changed on their way are not stored, and the object is named", async () => {
  await using from = await openS3();
  await using to = await directoryPlace();
  await fill(from.backend, texts);
  from.s3.inject({ operation: "GetObject", key: "07", kind: "flipBit", times: Infinity });
  const error = await assertRejects(() => sync(from, to), SyncError);
  assertEquals([error.result.copied, error.failed.map(({ key }) => key)], [19, ["07"]]);
  assertEquals(Object.keys(await contents(to.backend)).includes("07"), false);
});

Deno.test("with resume, what was broken off goes on where it was, also of another process; without it nothing is left", async () => {
  await using from = await directoryPlace();
  await using to = await openS3(1);
  await Deno.writeFile(`${from.path}/large`, parted(4));
  await Deno.utime(`${from.path}/large`, 1e9, 1e9);
  const { uploads } = to.s3.store.bucket("bucket");
  const breakOff = () =>
    to.s3.inject({
      operation: "UploadPart",
      kind: "answer",
      body: "",
      status: 403,
      skip: 2,
      times: Infinity,
    });
  const parts = () => to.s3.requests.splice(0).filter(({ operation }) => operation === "UploadPart").length;

  const once = breakOff();
  await assertRejects(() => sync(from, to), SyncError);
  once.remove();
  assertEquals(uploads.size, 0);

  const resume = memoryResumeStore();
  const again = breakOff();
  const error = await assertRejects(() => sync(from, to, { resume }), SyncError);
  again.remove();
  assertEquals([error.failed[0].key, uploads.size], ["large", 1]);
  parts();
  assertEquals((await sync(from, to, { resume })).copied, 1);
  assertEquals([uploads.size, (await resume.list()).length], [0, 0]);
  const sent = parts();
  assert(sent > 0 && sent < 4, `${sent} parts`);
  assertEquals(to.s3.store.bytes("bucket", "large"), await Deno.readFile(`${from.path}/large`));
  assertEquals((await to.backend.head("large"))?.metadata.mtime, "1000000000");
});

Deno.test("an encrypted upload goes on too, from what tells its bytes from others", async () => {
  await using from = await directoryPlace();
  await using to = await openS3(1);
  await Deno.writeFile(`${from.path}/large`, parted(3));
  // What has only just changed is encrypted anew.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const backend = new EncryptingBackend(to.backend, aesKeys(generateAesKey()));
  const resume = memoryResumeStore();
  const broken = to.s3.inject({
    operation: "UploadPart",
    kind: "answer",
    body: "",
    status: 403,
    skip: 1,
    times: Infinity,
  });
  await assertRejects(() => sync(from, { backend }, { resume }), SyncError);
  broken.remove();
  assertEquals(to.s3.store.bucket("bucket").uploads.size, 1);
  to.s3.requests.length = 0;
  assertEquals((await sync(from, { backend }, { resume })).copied, 1);
  assertEquals(to.s3.requests.filter(({ operation }) => operation === "CreateMultipartUpload"), []);
  const reader = await backend.open("large");
  assertEquals(await reader.read(), await Deno.readFile(`${from.path}/large`));
  assertEquals(to.s3.store.bucket("bucket").uploads.size, 0);
});

Deno.test("a file that has only just changed is encrypted anew: another one may have the same times", async () => {
  await using from = await directoryPlace();
  const path = `${from.path}/large`;
  const store = new MemoryBackend();
  const headers: string[] = [];
  let broken = true;
  const backend = delegate(store, {
    async resumeUpload(token, body, options) {
      const bytes = new Uint8Array(await new Response(body as ReadableStream).arrayBuffer());
      headers.push(bytes.subarray(0, 40).join());
      if (broken) throw new ConnectionError("the line is dead", { committed: "no" });
      return await store.resumeUpload(token, bytes, options);
    },
  });
  const to = new EncryptingBackend(backend, aesKeys(generateAesKey()));
  const resume = memoryResumeStore();
  // Both within one second.
  while (Date.now() % 1000 > 100) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const fill of [1, 2]) {
    await Deno.writeFile(path, new Uint8Array(2 * PART).fill(fill));
    await Deno.utime(path, 1e9, 1e9);
    const run = () => sync(from, { backend: to }, { resume, onWarning: () => {} });
    if (broken) await assertRejects(run, ConnectionError);
    else await run();
    broken = false;
  }
  assertEquals(new Set(headers).size, headers.length, "no two bodies have one keystream");
  assertEquals((await (await to.open("large")).read())[0], 2);
});

Deno.test("resume is refused where the target can't", async () => {
  await using to = await directoryPlace();
  const from = new MemoryBackend();
  await fill(from, texts);
  await assertRejects(
    () =>
      sync({ backend: from }, { backend: delegate(to.backend, { startUpload: undefined }) }, {
        resume: memoryResumeStore(),
      }),
    UnsupportedError,
    "can't take up an upload",
  );
});

Deno.test("large objects are copied fewer at a time, so that memory is bounded", async () => {
  await using to = await directoryPlace();
  const one = new MemoryBackend();
  await one.put("one", new Uint8Array(33 * 1024 * 1024));
  const info = (await one.head("one"))!;
  const from = delegate(one, {
    async *list() {
      await Promise.resolve();
      for (let i = 0; i < 12; i++) yield { ...info, key: `${i}`.padStart(2, "0") };
    },
    open: (_key, options) => one.open("one", options),
  });
  let [open, most] = [0, 0];
  const counted = delegate(to.backend, {
    put: async (key, body, options) => {
      most = Math.max(most, ++open);
      // Nothing is written: it is about how many there are.
      if (body instanceof ReadableStream) await body.cancel();
      await new Promise((resolve) => setTimeout(resolve, 5));
      open--;
      return { key, size: options?.size ?? 0 };
    },
  });
  assertEquals((await sync({ backend: from }, { backend: counted })).copied, 12);
  assertEquals(most, 4);
});

Deno.test("a listing that breaks off while others are copied ends the sync, behind what was listed, and nothing is deleted", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 1500 }, (_, i) => [`${i}`.padStart(4, "0"), `text ${i}`]),
  );
  const broken = (backend: MemoryBackend) =>
    delegate(backend, {
      async *list(options) {
        let left = 1300;
        for await (const entry of backend.list(options)) {
          if (left-- === 0) throw new UnsupportedError("no more is listed");
          yield entry;
        }
      },
    });
  for (const side of ["source", "target"] as const) {
    const [from, to] = [new MemoryBackend(), new MemoryBackend()];
    await fill(from, many);
    await fill(to, { ...many, "0000": "", zzzz: "the source has none" });
    const [source, target] = side === "source" ? [broken(from), to] : [from, broken(to)];
    await assertRejects(
      () => sync({ backend: source }, { backend: target }, { delete: true, compare: "always" }),
      UnsupportedError,
      "no more is listed",
    );
    assertEquals((await contents(to))["0000"], "text 0");
    assertEquals((await contents(to)).zzzz, "the source has none");
  }
});
