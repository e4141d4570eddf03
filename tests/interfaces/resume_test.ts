import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Backend, UploadToken } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  AlreadyExistsError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  PartialFailureError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../crypto/mod.ts";
import { uploadFile } from "../../lib/files/mod.ts";
import { writeInParts } from "../../lib/objects/in_parts/mod.ts";
import { FileResumeStore } from "../../lib/objects/resuming/file_store.ts";
import {
  fileResumeStore,
  memoryResumeStore,
  type ResumeRecord,
  type ResumeStore,
} from "../../lib/objects/resuming/mod.ts";
import { streamOf } from "../../lib/streams/mod.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { DefaultInterface } from "../../mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { pattern } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";
import { inDirectory, tree } from "../backends/local/directory.ts";
import { hookedFiles, platformError } from "../backends/local/hooked_files.ts";

const MiB = 2 ** 20;
const SIZE = 9 * MiB;

/** A store in memory that takes uploads up, tells what it was asked, and breaks connections when it is told to. */
class Scene {
  readonly store = new MemoryBackend();
  readonly calls: string[] = [];
  readonly warnings: CottonCandyWarning[] = [];
  readonly tokens: UploadToken[] = [];
  /** After how many bytes of the body the connection breaks; once. */
  breakAfter: number | undefined;
  /** Is called when so many bytes have been read. */
  atBreak: () => unknown = () => new ConnectionError("the line is dead", { committed: "no" });
  readonly backend: Backend = delegate(this.store, {
    startUpload: async (key, options) => {
      this.calls.push("start");
      const token = await this.store.startUpload(key, options);
      this.tokens.push(token);
      return token;
    },
    resumeUpload: (token, body, options) => {
      this.calls.push("resume");
      return this.store.resumeUpload(token, this.#breaking(body), options);
    },
    abortUpload: (token, options) => {
      this.calls.push("abort");
      return this.store.abortUpload(token, options);
    },
    put: (key, body, options) => {
      this.calls.push("put");
      return this.store.put(key, body, options);
    },
  });
  readonly onWarning = (warning: CottonCandyWarning) => void this.warnings.push(warning);

  kinds(): string[] {
    return this.warnings.map(({ kind }) => kind);
  }

  async bytes(key: string): Promise<Uint8Array> {
    return await (await this.store.open(key)).read();
  }

  #breaking(body: Uint8Array | ReadableStream<Uint8Array>): Uint8Array | ReadableStream<Uint8Array> {
    const after = this.breakAfter;
    this.breakAfter = undefined;
    if (after === undefined || body instanceof Uint8Array) return body;
    let read = 0;
    return body.pipeThrough(
      new TransformStream({
        transform: (piece, controller) => {
          if (read >= after) throw this.atBreak();
          read += piece.length;
          controller.enqueue(piece);
        },
      }),
    );
  }
}

/** A file, and an upload of it that has broken off half-way. */
async function withBroken(
  work: (scene: Scene, path: string, resume: ResumeStore, bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const scene = new Scene();
    const path = `${directory}/scan`;
    const bytes = pattern(SIZE);
    await Deno.writeFile(path, bytes);
    const resume = fileResumeStore(`${directory}/state/uploads`);
    scene.breakAfter = SIZE / 2;
    const { onWarning } = scene;
    const error = await assertRejects(
      () => uploadFile(scene.backend, path, "scan", { resume, onWarning }),
      ConnectionError,
      "the same call goes on",
    );
    assertEquals(error.committed, "no");
    assertEquals(await resume.list(), [error.resume ?? "none"]);
    assertEquals(await scene.store.head("scan"), undefined);
    scene.calls.length = 0;
    await work(scene, path, resume, bytes);
  });
}

Deno.test("an upload that broke off goes on with the same call, and is forgotten when it is done", () =>
  withBroken(async ({ backend, calls, warnings, store, ...scene }, path, resume, bytes) => {
    const loaded: number[] = [];
    const result = await uploadFile(backend, path, "scan", {
      resume,
      onWarning: scene.onWarning,
      onProgress: (progress) => void loaded.push(progress.loaded),
    });
    assertEquals(calls, ["resume"]);
    assertEquals([result.key, result.size, result.metadata], ["scan", SIZE, {}]);
    assertBytes(await (await store.open("scan")).read(), bytes);
    assertEquals(loaded.at(-1), SIZE);
    assertEquals([await resume.list(), warnings], [[], []]);
  }));

Deno.test("an encrypted file goes on; one that was given its old time back is encrypted anew, under another key", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    const { onWarning } = scene;
    const secret = generateAesKey();
    const open = () => new EncryptingBackend(scene.backend, aesKeys(secret));
    const path = `${directory}/scan`;
    const bytes = pattern(SIZE);
    await Deno.writeFile(path, bytes);
    const resume = fileResumeStore(`${directory}/state`);
    const upload = () => uploadFile(open(), path, "scan", { resume, onWarning, metadata: { run: "7" } });
    for (const change of [false, true, true]) {
      // What has only just changed is encrypted anew: the time of its last change may be coarse, and another change have the same.
      if (!change) await new Promise((resolve) => setTimeout(resolve, 3000));
      scene.calls.length = scene.warnings.length = 0;
      scene.breakAfter = SIZE / 2;
      await assertRejects(upload, ConnectionError, "the same call goes on");
      if (change) {
        const { mtime } = await Deno.stat(path);
        bytes[SIZE - 2 * MiB] ^= 1;
        await Deno.writeFile(path, bytes);
        await Deno.utime(path, mtime ?? 0, mtime ?? 0);
      }
      await upload();
      const anew = ["abort", "start", "resume"];
      assertEquals(scene.calls, ["start", "resume", ...(change ? anew : ["resume"])]);
      const reader = await open().open("scan");
      assertEquals([await reader.read(), reader.info.metadata], [bytes, { run: "7" }]);
      assertEquals([scene.kinds(), await resume.list()], [change ? ["resume"] : [], []]);
    }
    const stream = writeInParts(open(), "stream", streamOf(bytes), { resume, size: SIZE });
    await assertRejects(() => stream, InvalidArgumentError, "a stream is not");
    assertEquals(await scene.store.head("stream"), undefined);
  }));

Deno.test("a record is a file that its owner alone may read, and says nothing of metadata", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    await Deno.writeFile(`${directory}/scan`, pattern(SIZE));
    const resume = fileResumeStore(new URL(`file://${directory}/state/uploads`));
    scene.breakAfter = MiB;
    await assertRejects(() =>
      uploadFile(scene.backend, `${directory}/scan`, "scan", { resume, metadata: { subject: "Ada" } })
    );
    const [name] = await resume.list();
    const path = `${directory}/state/uploads/${name}.json`;
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals((await Deno.stat(`${directory}/state/uploads`)).mode! & 0o777, 0o700);
    const text = await Deno.readTextFile(path);
    assert(!text.includes("Ada"), text);
    assertEquals((await resume.get(name))?.source.id, `${directory}/scan`);
    await uploadFile(scene.backend, `${directory}/scan`, "scan", { resume, metadata: { subject: "Ada" } });
    assertEquals((await scene.store.head("scan"))?.metadata, { subject: "Ada" });
    assertEquals(await tree(`${directory}/state`), ["uploads/"]);
  }));

for (
  const [change, make] of [
    ["its bytes and time", async (path: string) => await Deno.writeFile(path, pattern(SIZE, 2))],
    ["its length", async (path: string) => await Deno.writeFile(path, pattern(SIZE + 1))],
    ["it is small now", async (path: string) => await Deno.writeFile(path, pattern(5))],
  ] as const
) {
  Deno.test(`a file that was changed is uploaded anew, and what was begun is ended: ${change}`, () =>
    withBroken(async (scene, path, resume) => {
      await make(path);
      await Deno.utime(path, new Date(), new Date(Date.now() + 5000));
      await uploadFile(scene.backend, path, "scan", { resume, onWarning: scene.onWarning });
      const small = (await Deno.stat(path)).size < 10;
      assertEquals(scene.calls, small ? ["abort", "put"] : ["abort", "start", "resume"]);
      assertBytes(await scene.bytes("scan"), await Deno.readFile(path));
      assertEquals(scene.kinds(), ["resume"]);
      assertEquals(await resume.list(), []);
      await assertRejects(() => scene.store.resumeUpload(scene.tokens[0], pattern(SIZE)));
    }));
}

Deno.test("bytes that changed behind the file's time are noticed by the store, and uploaded anew", () =>
  withBroken(async (scene, path, resume) => {
    const { mtime } = await Deno.stat(path);
    const bytes = pattern(SIZE);
    bytes[MiB] ^= 1;
    await Deno.writeFile(path, bytes);
    await Deno.utime(path, mtime!, mtime!);
    await uploadFile(scene.backend, path, "scan", { resume, onWarning: scene.onWarning });
    assertEquals(scene.calls, ["resume", "abort", "start", "resume"]);
    assertBytes(await scene.bytes("scan"), bytes);
    assertEquals(scene.kinds(), ["resume"]);
  }));

Deno.test("other options begin anew: they are told to the store when an upload begins", () =>
  withBroken(async (scene, path, resume) => {
    await uploadFile(scene.backend, path, "scan", {
      resume,
      contentType: "image/x-scan",
      onWarning: scene.onWarning,
    });
    assertEquals(scene.calls, ["abort", "start", "resume"]);
    assertEquals((await scene.store.head("scan"))?.contentType, "image/x-scan");
    assertEquals(scene.kinds(), ["resume"]);
  }));

Deno.test("an upload that the store has forgotten begins anew", () =>
  withBroken(async (scene, path, resume, bytes) => {
    await scene.store.abortUpload(scene.tokens[0]);
    await uploadFile(scene.backend, path, "scan", { resume, onWarning: scene.onWarning });
    assertEquals(scene.calls.filter((call) => call !== "abort"), ["resume", "start", "resume"]);
    assertBytes(await scene.bytes("scan"), bytes);
    assertEquals([scene.kinds(), await resume.list()], [["resume"], []]);
  }));

Deno.test("an upload that was complete, its answer lost, is told as done", () =>
  withBroken(async (scene, path, resume, bytes) => {
    await scene.store.resumeUpload(scene.tokens[0], bytes);
    await uploadFile(scene.backend, path, "scan", { resume, onWarning: scene.onWarning });
    assertEquals([scene.calls, scene.kinds(), await resume.list()], [["resume"], [], []]);
  }));

const tampered: readonly (readonly [string, (record: ResumeRecord) => unknown])[] = [
  ["of another store", ({ token, ...rest }) => ({ ...rest, token: { ...token, store: "memory://else" } })],
  ["of another key", ({ token, ...rest }) => ({ ...rest, token: { ...token, key: "other" } })],
  ["of another length", ({ token, ...rest }) => ({ ...rest, token: { ...token, size: 5 } })],
  ["without what the store needs", ({ token, ...rest }) => ({ ...rest, token: { ...token, state: {} } })],
  ["without a token", ({ token: _, ...rest }) => rest],
  ["of another version", (record) => ({ ...record, version: 2 })],
  ["of no record at all", () => []],
];
for (const [what, change] of tampered) {
  Deno.test(`a record that was tampered with is dropped with a warning: ${what}`, () =>
    withBroken(async (scene, path, resume, bytes) => {
      const [name] = await resume.list();
      const record = await resume.get(name);
      assert(record);
      await Deno.writeTextFile(
        path.replace(/scan$/, `state/uploads/${name}.json`),
        JSON.stringify(change(record)),
      );
      await uploadFile(scene.backend, path, "scan", { resume, onWarning: scene.onWarning });
      assertBytes(await scene.bytes("scan"), bytes);
      assert(scene.kinds().includes("resume"), scene.kinds().join());
      assertEquals(await resume.list(), []);
    }));
}

Deno.test("who lists or ends uploads leaves a record that can't be read, such as a newer version's", () =>
  inDirectory(async (directory) => {
    const newer = `${JSON.stringify({ version: 2 })}\n`;
    await Deno.writeTextFile(`${directory}/0123.json`, newer);
    const resume = fileResumeStore(directory);
    const cci = new DefaultInterface(new MemoryBackend());
    const warnings: CottonCandyWarning[] = [];
    const options = { resume, onWarning: (warning: CottonCandyWarning) => void warnings.push(warning) };
    assertEquals(await Array.fromAsync(cci.listUploads(options)), []);
    assertEquals(await cci.abortUploads({ ...options, olderThan: 0 }), []);
    assertEquals(warnings.map(({ kind }) => kind), ["resume", "resume"]);
    assertEquals(await Deno.readTextFile(`${directory}/0123.json`), newer);
  }));

Deno.test("a record of which half was written, by another program, is dropped with a warning", () =>
  withBroken(async (scene, path, resume, bytes) => {
    const [name] = await resume.list();
    const file = path.replace(/scan$/, `state/uploads/${name}.json`);
    await Deno.truncate(file, 40);
    await assertRejects(() => resume.get(name), IntegrityError);
    await uploadFile(scene.backend, path, "scan", { resume, onWarning: scene.onWarning });
    assertBytes(await scene.bytes("scan"), bytes);
    assertEquals(scene.kinds(), ["resume"]);
  }));

for (const operation of ["create", "write", "sync", "rename"]) {
  Deno.test(`where a record can't be kept, nothing is sent and nothing is left: ${operation}`, () =>
    inDirectory(async (directory) => {
      const scene = new Scene();
      await Deno.writeFile(`${directory}/scan`, pattern(SIZE));
      const files = hookedFiles((name) => {
        if (name === operation) throw platformError("ENOSPC");
      });
      const resume = new FileResumeStore(files, `${directory}/state`);
      const error = await assertRejects(
        () => uploadFile(scene.backend, `${directory}/scan`, "scan", { resume }),
        CottonCandyError,
        "the disk or quota is full",
      );
      assertMatch(error.message, /state\/[0-9a-f]+\.json can't be written/);
      assertEquals(scene.calls, ["start", "abort"]);
      assertEquals(await tree(`${directory}/state`), []);
      assertEquals(await scene.store.head("scan"), undefined);
      await assertRejects(() => scene.store.resumeUpload(scene.tokens[0], pattern(SIZE)));
    }));
}

Deno.test("an abort keeps what has arrived, and rejects with its reason", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    const bytes = pattern(SIZE);
    await Deno.writeFile(`${directory}/scan`, bytes);
    const resume = memoryResumeStore();
    const control = new AbortController();
    const reason = new Error("enough");
    const asked = await uploadFile(scene.backend, `${directory}/scan`, "scan", {
      resume,
      signal: control.signal,
      onProgress: ({ loaded }) => void (loaded > SIZE / 2 && control.abort(reason)),
    }).catch((error) => error);
    assertEquals(asked, reason);
    assertEquals((await resume.list()).length, 1);
    assertEquals(scene.calls, ["start", "resume"]);
    await uploadFile(scene.backend, `${directory}/scan`, "scan", { resume });
    assertEquals(scene.calls, ["start", "resume", "resume"]);
    assertBytes(await scene.bytes("scan"), bytes);
  }));

Deno.test("a file that is changed while it is read is not stored", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    const path = `${directory}/scan`;
    await Deno.writeFile(path, pattern(SIZE));
    const resume = memoryResumeStore();
    let changed = false;
    const onProgress = ({ loaded }: { loaded: number }) => {
      if (changed || loaded < SIZE / 2) return;
      changed = true;
      Deno.writeFileSync(path, pattern(SIZE, 2));
      Deno.utimeSync(path, new Date(), new Date(Date.now() + 5000));
    };
    await assertRejects(
      () => uploadFile(scene.backend, path, "scan", { resume, onProgress }),
      IntegrityError,
      "was changed while it was read",
    );
    assertEquals(await scene.store.head("scan"), undefined);
    assertEquals(scene.calls, ["start", "resume"]);
    await uploadFile(scene.backend, path, "scan", { resume, onWarning: scene.onWarning });
    assertBytes(await scene.bytes("scan"), pattern(SIZE, 2));
  }));

Deno.test("what fits into one part is put at once, and nothing is remembered", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    for (const size of [0, 1, 8 * MiB]) {
      await Deno.writeFile(`${directory}/scan`, pattern(size));
      await uploadFile(scene.backend, `${directory}/scan`, "scan", {
        resume: fileResumeStore(`${directory}/s`),
      });
      assertEquals((await scene.bytes("scan")).length, size);
    }
    assertEquals(scene.calls, ["put", "put", "put"]);
    assertEquals(await tree(directory), ["scan"]);
  }));

Deno.test("overwrite: false holds when the upload completes, and then nothing is left", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    await Deno.writeFile(`${directory}/scan`, pattern(SIZE));
    const resume = memoryResumeStore();
    scene.breakAfter = MiB;
    const upload = () => uploadFile(scene.backend, `${directory}/scan`, "scan", { resume, overwrite: false });
    await assertRejects(upload, ConnectionError);
    await scene.store.put("scan", pattern(3));
    await assertRejects(upload, AlreadyExistsError);
    assertEquals([(await scene.bytes("scan")).length, await resume.list()], [3, []]);
    assertEquals(scene.calls, ["start", "resume", "resume", "abort"]);
  }));

Deno.test("two at once with one record: both end well, the object is right, nothing is remembered", () =>
  withBroken(async (scene, path, resume, bytes) => {
    const both = [1, 2].map(() =>
      uploadFile(scene.backend, path, "scan", { resume, onWarning: scene.onWarning })
    );
    await Promise.all(both);
    assertBytes(await scene.bytes("scan"), bytes);
    assertEquals(await resume.list(), []);
  }));

Deno.test("two at once that both begin: the object is right, nothing is remembered", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    const bytes = pattern(SIZE);
    await Deno.writeFile(`${directory}/scan`, bytes);
    const resume = fileResumeStore(`${directory}/state`);
    await Promise.all([1, 2].map(() => uploadFile(scene.backend, `${directory}/scan`, "scan", { resume })));
    assertBytes(await scene.bytes("scan"), bytes);
    assertEquals(await resume.list(), []);
  }));

/** A stream of the bytes, in pieces. */
const stream = (bytes: Uint8Array) => streamOf(bytes, MiB);

Deno.test("a stream is taken up by the same bytes, given once more", async () => {
  const scene = new Scene();
  const bytes = pattern(SIZE);
  const resume = memoryResumeStore();
  const upload = (bytes: Uint8Array) =>
    writeInParts(scene.backend, "log", stream(bytes), { resume, size: SIZE, onWarning: scene.onWarning });
  scene.breakAfter = SIZE / 2;
  await assertRejects(() => upload(bytes), ConnectionError, "the same call goes on");
  const other = bytes.slice();
  other[5] ^= 1;
  await assertRejects(() => upload(other), IntegrityError);
  assertEquals(await scene.store.head("log"), undefined);
  await assertRejects(() => upload(bytes.subarray(0, SIZE - 1)), IntegrityError, "end after");
  assertEquals((await resume.list()).length, 1, "what has arrived is still there for the right one");
  await upload(bytes);
  assertBytes(await scene.bytes("log"), bytes);
  assertEquals([scene.calls.filter((call) => call === "start").length, await resume.list()], [1, []]);
});

Deno.test("a stream whose upload is gone begins anew where it was not read yet", async () => {
  const scene = new Scene();
  const bytes = pattern(SIZE);
  const resume = memoryResumeStore();
  const upload = (bytes: Uint8Array) =>
    writeInParts(scene.backend, "log", stream(bytes), { resume, size: SIZE, onWarning: scene.onWarning });
  scene.breakAfter = SIZE / 2;
  await assertRejects(() => upload(bytes));
  await scene.store.abortUpload(scene.tokens[0]);
  await upload(bytes);
  assertBytes(await scene.bytes("log"), bytes);
  assertEquals(scene.kinds(), ["resume"]);
});

Deno.test("a stream of unknown length can't be taken up, and is cancelled", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
  await assertRejects(
    () => writeInParts(new MemoryBackend(), "log", body, { resume: memoryResumeStore() }),
    InvalidArgumentError,
    "give `size`",
  );
  assert(cancelled);
});

Deno.test("a store that can't take uploads up says so", () =>
  inDirectory(async (directory) => {
    await Deno.writeFile(`${directory}/scan`, pattern(5));
    const cannot = delegate(new MemoryBackend("plain"), { startUpload: undefined });
    const upload = (backend: Backend) =>
      uploadFile(backend, `${directory}/scan`, "scan", { resume: memoryResumeStore() });
    await assertRejects(() => upload(cannot), UnsupportedError, "leave `resume` away");
  }));

Deno.test("what is no resume store is refused", () =>
  inDirectory(async (directory) => {
    await Deno.writeFile(`${directory}/scan`, pattern(5));
    const wrong: unknown = { get: () => {} };
    await assertRejects(
      () =>
        Reflect.apply(uploadFile, undefined, [new MemoryBackend(), `${directory}/scan`, "a", {
          resume: wrong,
        }]),
      InvalidArgumentError,
      "fileResumeStore",
    );
    await assertRejects(() => fileResumeStore(directory).get("../scan"), InvalidArgumentError);
  }));

Deno.test("a directory of records: what is none of ours is left alone, what died unfinished goes after a day", () =>
  inDirectory(async (directory) => {
    const resume = fileResumeStore(directory);
    assertEquals(await resume.list(), []);
    const old = `${directory}/.ab-1.tmp`;
    for (const name of [".ab-1.tmp", ".ab-2.tmp", "notes.txt", "not a name.json"]) {
      await Deno.writeTextFile(`${directory}/${name}`, "…");
    }
    await Deno.utime(old, 0, 0);
    assertEquals(await resume.list(), []);
    assertEquals(await tree(directory), [".ab-2.tmp", "not a name.json", "notes.txt"]);
    await resume.delete("ab");
  }));

Deno.test("what a resume store remembers is listed and ended, on stores too that list nothing", () =>
  withBroken(async (scene, path, resume, bytes) => {
    const cci = new DefaultInterface(scene.backend);
    scene.breakAfter = MiB;
    await assertRejects(() => cci.uploadFromFile(path, "sub01/scan", { resume }), ConnectionError);
    await assertRejects(() => Array.fromAsync(cci.listUploads()), UnsupportedError);
    const listed = await Array.fromAsync(cci.listUploads({ resume }));
    assertEquals(listed.map(({ key, source }) => [key, source]), [["scan", path], ["sub01/scan", path]]);
    assertEquals(listed[0].started.toISOString(), scene.tokens[0].started);
    const elsewhere = new DefaultInterface(new MemoryBackend("elsewhere"));
    assertEquals(await Array.fromAsync(elsewhere.listUploads({ resume })), []);

    assertEquals(await cci.abortUploads({ resume, olderThan: 3600_000 }), []);
    const below = new DefaultInterface(scene.backend, { prefix: "sub01" });
    assertEquals((await below.abortUploads({ resume, olderThan: 0 })).map(({ key }) => key), ["scan"]);
    assertEquals((await Array.fromAsync(cci.listUploads({ resume }))).map(({ key }) => key), ["scan"]);
    await assertRejects(() => scene.store.resumeUpload(scene.tokens[1], bytes));
    await assertRejects(() => cci.abortUploads({ resume, olderThan: -1 }), InvalidArgumentError);
    await cci.abortUploads({ resume, olderThan: new Date() });
    assertEquals(await resume.list(), []);
  }));

Deno.test("an upload that can't be ended keeps its record, and is named", () =>
  withBroken(async (scene, _path, resume) => {
    const refusing = delegate(scene.backend, {
      abortUpload: () => Promise.reject(new ConnectionError("the line is dead")),
    });
    const error = await assertRejects(
      () => new DefaultInterface(refusing).abortUploads({ resume, olderThan: 0 }),
      PartialFailureError,
    );
    assertEquals(error.failed.map(({ key }) => key), ["scan"]);
    assertEquals((await resume.list()).length, 1);
  }));
