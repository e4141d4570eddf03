/** Uploads that go on on a disk: what is read again, and what is never taken for what has arrived. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BodyFrom, UploadToken } from "../../../backends/backend.ts";
import { LocalBackend } from "../../../backends/local/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../../crypto/mod.ts";
import { crcOf } from "../../../lib/checksums.ts";
import { IntegrityError, NotFoundError } from "../../../lib/errors.ts";
import { pattern } from "../../../testing/case.ts";
import { inDirectory, tree } from "./directory.ts";

const MiB = 2 ** 20;
const bytes = pattern(5 * MiB + 7);
const size = bytes.length;

const streamed = (from: number, to = size) =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (from >= to) return controller.close();
      controller.enqueue(bytes.slice(from, Math.min(to, from + 100_000)));
      from += 100_000;
    },
  }, { highWaterMark: 0 });

/** A body that fails after so many bytes, as a line that breaks. */
function broken(until: number): ReadableStream<Uint8Array> {
  const whole = streamed(0, until).getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await whole.read();
      if (done) throw new Error("cut");
      controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

/** A version that notes from where on it is read. */
function version(name: string, more: Partial<BodyFrom> = {}): { bodyFrom: BodyFrom; asked: number[] } {
  const asked: number[] = [];
  const open = (offset: number) => {
    asked.push(offset);
    return streamed(offset);
  };
  return { bodyFrom: { version: name, open, ...more }, asked };
}

/** Runs `work` with an upload of which a little more than three MiB have arrived. */
function withUpload(
  work: (
    c: { backend: LocalBackend; directory: string; token: UploadToken; upload: string },
  ) => Promise<void>,
): Promise<void> {
  return inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    const token = await backend.startUpload("a/large", { size, metadata: { run: "7" } });
    const { bodyFrom } = version("one");
    await assertRejects(
      () => backend.resumeUpload(token, broken(3 * MiB + 5000), { bodyFrom }),
      Error,
      "cut",
    );
    const upload = `${directory}/.cottoncandy/uploads/${token.state.uploadId}`;
    await work({ backend, directory, token, upload });
  });
}

const never = () =>
  new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error("read")) }, { highWaterMark: 0 });
const left = async (directory: string) => (await tree(directory)).filter((path) => path.startsWith("."));

Deno.test("of the version that it was begun with the rest alone is read, and the whole held against its checksum", () =>
  withUpload(async ({ backend, directory, token }) => {
    const checksum = { algorithm: "CRC32", value: (await crcOf("CRC32", bytes)).toBase64() } as const;
    const { bodyFrom, asked } = version("one", { checksum });
    await backend.resumeUpload(token, never(), { bodyFrom });
    assertEquals(asked, [3 * MiB]);
    assertEquals(await Deno.readFile(`${directory}/a/large`), bytes);
    assertEquals((await backend.head("a/large"))?.metadata, { run: "7" });
    assertEquals(await left(directory), []);
  }));

Deno.test("another checksum than that of the whole is an IntegrityError, and nothing is stored", () =>
  withUpload(async ({ backend, token }) => {
    const { bodyFrom } = version("one", { checksum: { algorithm: "CRC32", value: "AAAAAA==" } });
    const error = await assertRejects(
      () => backend.resumeUpload(token, never(), { bodyFrom }),
      IntegrityError,
    );
    assertEquals([error.committed, await backend.head("a/large")], ["no", undefined]);
  }));

Deno.test("of another version all is read, and what is there held against it", () =>
  withUpload(async ({ backend, directory, token }) => {
    const { bodyFrom, asked } = version("two");
    await backend.resumeUpload(token, streamed(0), { bodyFrom });
    assertEquals(asked, []);
    assertEquals(await Deno.readFile(`${directory}/a/large`), bytes);
  }));

Deno.test("blocks of two versions are not taken for one's", () =>
  withUpload(async ({ backend, directory, token }) => {
    const two = version("two");
    await assertRejects(() => backend.resumeUpload(token, broken(4 * MiB + 1), two), Error, "cut");
    const one = version("one");
    await backend.resumeUpload(token, streamed(0), one);
    assertEquals([one.asked, two.asked], [[], []]);
    assertEquals(await Deno.readFile(`${directory}/a/large`), bytes);
  }));

Deno.test("what a crash of the machine has spoilt is read again", async (t) => {
  const spoil: Record<string, [(upload: string) => Promise<void>, number | undefined]> = {
    "a byte of the second block": [async (upload) => {
      using file = await Deno.open(`${upload}/data.meta.json`, { write: true });
      await file.seek(MiB + 9, Deno.SeekMode.Start);
      await file.write(Uint8Array.of(0));
    }, MiB],
    "the end of the file": [(upload) => Deno.truncate(`${upload}/data.meta.json`, 2 * MiB + 1), 2 * MiB],
    "the end of the record": [async (upload) => {
      const record = `${upload}/blocks.meta.json`;
      await Deno.truncate(record, (await Deno.stat(record)).size - 1);
    }, 2 * MiB],
    "the record": [(upload) => Deno.writeTextFile(`${upload}/blocks.meta.json`, "{"), undefined],
  };
  for (const [what, [work, from]] of Object.entries(spoil)) {
    await t.step(what, () =>
      withUpload(async ({ backend, directory, token, upload }) => {
        await work(upload);
        const { bodyFrom, asked } = version("one");
        await backend.resumeUpload(token, from === undefined ? streamed(0) : never(), { bodyFrom });
        assertEquals(asked, from === undefined ? [] : [from]);
        assertEquals(await Deno.readFile(`${directory}/a/large`), bytes);
        assertEquals(await left(directory), []);
      }));
  }
});

Deno.test("killed between its place and its end, an upload is told as done, and nothing is read again", () =>
  withUpload(async ({ backend, directory, token, upload }) => {
    const one = version("one");
    // As far as the last step: the record is that of the whole.
    await assertRejects(() =>
      backend.resumeUpload(token, never(), {
        bodyFrom: { ...one.bodyFrom, checksum: { algorithm: "CRC32", value: "AAAAAA==" } },
      })
    );
    await Deno.mkdir(`${directory}/a`);
    await Deno.rename(`${upload}/data.meta.json`, `${directory}/a/large`);
    const { bodyFrom, asked } = version("one");
    assertEquals((await backend.resumeUpload(token, never(), { bodyFrom })).size, size);
    assertEquals([asked, await left(directory)], [[], []]);
    const other = new Uint8Array(size);
    await assertRejects(() => backend.resumeUpload(token, other), IntegrityError);
    await Deno.remove(`${directory}/a/large`);
    await assertRejects(() => backend.resumeUpload(token, streamed(0)), NotFoundError);
  }));

Deno.test("two that resume one upload at once are both told that it is done", () =>
  withUpload(async ({ backend, directory, token }) => {
    const other = new LocalBackend(directory);
    const results = await Promise.all(
      [backend, other].map((each) => each.resumeUpload(token, streamed(0))),
    );
    assertEquals(results[0], results[1]);
    assertEquals((await backend.head("a/large"))?.metadata, { run: "7" });
    assertEquals(await Deno.readFile(`${directory}/a/large`), bytes);
  }));

Deno.test("uploads that nobody has finished are listed and ended, by their age; objects are listed without them", () =>
  withUpload(async ({ backend, directory, token }) => {
    assertEquals(await Array.fromAsync(backend.list()), []);
    const [listed, ...more] = await Array.fromAsync(backend.listUploads({ prefix: "a/" }));
    assertEquals([listed.key, listed.uploadId, more], ["a/large", token.state.uploadId, []]);
    assertEquals(await Array.fromAsync(backend.listUploads({ prefix: "b" })), []);
    assertEquals(await backend.abortUploads({ olderThan: 60_000 }), []);
    assertEquals((await backend.abortUploads({ olderThan: 0 })).length, 1);
    assertEquals(await tree(directory), []);
    await assertRejects(() => backend.resumeUpload(token, streamed(0)), NotFoundError);
  }));

Deno.test("an upload whose process died before it had said what it would upload, or whose beginning was lost, is removed by its age", () =>
  withUpload(async ({ backend, directory, upload }) => {
    await backend.put("object", bytes.subarray(0, 10));
    const uploads = `${directory}/.cottoncandy/uploads`;
    await Deno.mkdir(`${uploads}/${crypto.randomUUID()}`);
    await Deno.truncate(`${upload}/begun.meta.json`);
    assertEquals(await Array.fromAsync(backend.listUploads()), []);
    assertEquals(await backend.abortUploads({ olderThan: 60_000 }), []);
    assertEquals(await backend.abortUploads({ olderThan: 0, prefix: "a/" }), []);
    assertEquals((await Array.fromAsync(Deno.readDir(uploads))).length, 2);
    assertEquals(await backend.abortUploads({ olderThan: 0 }), []);
    assertEquals(await tree(directory), ["object", "object.meta.json"]);
  }));

Deno.test("what encrypts reads all of a body, and hands on nothing that would give plain text", () =>
  inDirectory(async (directory) => {
    const backend = new EncryptingBackend(new LocalBackend(directory), aesKeys(generateAesKey()));
    const { startUpload, resumeUpload } = backend;
    assert(startUpload && resumeUpload);
    const source = "pattern";
    const token = await startUpload("a", { size, source });
    const { bodyFrom, asked } = version("one");
    await assertRejects(
      () => resumeUpload(token, broken(3 * MiB + 5000), { source, bodyFrom }),
      Error,
      "cut",
    );
    await resumeUpload(token, streamed(0), { source, bodyFrom });
    assertEquals([asked, await (await backend.open("a")).read()], [[], bytes]);
  }));
