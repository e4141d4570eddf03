import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend, Checksum, ObjectReader } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { toBase64 } from "../../lib/base64.ts";
import { crcOf, digestOf } from "../../lib/checksums.ts";
import {
  AlreadyExistsError,
  ConnectionError,
  CottonCandyError,
  IntegrityError,
  PreconditionFailedError,
} from "../../lib/errors.ts";
import { downloadTo } from "../../lib/files/download_file.ts";
import { downloadDirectory, downloadFile } from "../../lib/files/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { startS3 } from "../servers/s3.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { encode, pattern } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";
import { inDirectory, tree } from "../backends/local/directory.ts";
import { hookedFiles, platformError } from "../backends/local/hooked_files.ts";

const MiB = 2 ** 20;
const RANGE = 8 * MiB;
/** Four ranges, the last one short. */
const BYTES = pattern(3 * RANGE + 5);
const OTHER = pattern(3 * RANGE + 5, 2);

/** A store that tells which ranges are read, and breaks off when it is told to. */
class Scene {
  readonly store = new MemoryBackend();
  readonly offsets: number[] = [];
  readonly warnings: CottonCandyWarning[] = [];
  checksum: Checksum | undefined;
  /** Is asked before each range is read. */
  before: (offset: number) => void | Promise<void> = () => {};
  readonly backend: Backend = delegate(this.store, {
    open: async (key, options) => this.#told(await this.store.open(key, options)),
  });
  readonly onWarning = (warning: CottonCandyWarning) => void this.warnings.push(warning);

  #told(reader: ObjectReader): ObjectReader {
    return {
      info: { ...reader.info, ...(this.checksum ? { checksum: this.checksum } : {}) },
      stream: (range, options) => reader.stream(range, options),
      read: async (range, options) => {
        if (!range || !("offset" in range)) throw new Error("a range was to be read");
        await this.before(range.offset);
        this.offsets.push(range.offset / RANGE);
        return await reader.read(range, options);
      },
      close: () => reader.close(),
    };
  }

  /** Breaks off at a range, once. */
  breakAt(index: number): void {
    this.before = (offset) => {
      if (offset !== index * RANGE) return;
      this.before = () => {};
      throw new ConnectionError("the line is dead");
    };
  }

  async download(directory: string, options = {}): Promise<void> {
    const { onWarning } = this;
    await downloadFile(this.backend, "scan", `${directory}/scan`, {
      resume: true,
      concurrency: 1,
      onWarning,
      ...options,
    });
  }
}

/** A download of which two ranges have arrived. */
function withBroken(work: (scene: Scene, directory: string) => Promise<void>): Promise<void> {
  return inDirectory(async (directory) => {
    const scene = new Scene();
    await scene.store.put("scan", BYTES);
    scene.breakAt(2);
    const error = await assertRejects(() => scene.download(directory), ConnectionError, "is kept in");
    assertEquals(error.resume, `${directory}/scan.part`);
    assertEquals(await tree(directory), ["scan.part", "scan.part.cottoncandy"]);
    assertEquals(scene.offsets.splice(0), [0, 1]);
    await work(scene, directory);
  });
}

async function assertDone(directory: string, bytes = BYTES): Promise<void> {
  assertEquals(await tree(directory), ["scan"]);
  assert(await sameAs(`${directory}/scan`, bytes), "the file is the object");
}

async function sameAs(path: string, bytes: Uint8Array): Promise<boolean> {
  return toBase64(await digestOf("MD5", await Deno.readFile(path))) ===
    toBase64(await digestOf("MD5", bytes.slice()));
}

Deno.test("a download that broke off fetches what is missing, and no more", () =>
  withBroken(async (scene, directory) => {
    const loaded: number[] = [];
    await scene.download(directory, {
      onProgress: (progress: { loaded: number }) => void loaded.push(progress.loaded),
    });
    assertEquals(scene.offsets, [2, 3]);
    assertEquals(loaded, [RANGE, 2 * RANGE, 3 * RANGE, BYTES.length, BYTES.length]);
    await assertDone(directory);
    assertEquals(scene.warnings, []);
  }));

Deno.test("holes that several ranges at once leave are filled", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    await scene.store.put("scan", BYTES);
    // The first one never comes; the others have arrived when it breaks.
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.before = async (offset) => {
      if (offset > 0) return;
      await promise;
      throw new ConnectionError("the line is dead");
    };
    const onProgress = ({ loaded }: { loaded: number }) =>
      void (loaded === BYTES.length - RANGE && resolve());
    await assertRejects(() => scene.download(directory, { concurrency: 4, onProgress }), ConnectionError);
    scene.before = () => {};
    scene.offsets.length = 0;
    await scene.download(directory, { concurrency: 4 });
    assertEquals(scene.offsets, [0]);
    await assertDone(directory);
  }));

Deno.test("an abort keeps what has arrived, and rejects with its reason", () =>
  withBroken(async (scene, directory) => {
    const control = new AbortController();
    const reason = new Error("enough");
    scene.before = (offset) => {
      if (offset === 3 * RANGE) control.abort(reason);
    };
    const asked = await scene.download(directory, { signal: control.signal }).catch((error) => error);
    assertEquals(asked, reason);
    scene.before = () => {};
    scene.offsets.length = 0;
    await scene.download(directory);
    assertEquals(scene.offsets, [3]);
    await assertDone(directory);
  }));

Deno.test("another version of the object begins anew, with a warning", () =>
  withBroken(async (scene, directory) => {
    await scene.store.put("scan", OTHER);
    await scene.download(directory);
    assertEquals(scene.offsets, [0, 1, 2, 3]);
    assertEquals(scene.warnings.map(({ kind }) => kind), ["resume"]);
    await assertDone(directory, OTHER);
  }));

Deno.test("an object that is small now leaves nothing of what was begun", () =>
  withBroken(async (scene, directory) => {
    await scene.store.put("scan", pattern(5));
    await scene.download(directory);
    await assertDone(directory, pattern(5));
  }));

Deno.test("an object that is replaced meanwhile ends the download, and leaves nothing", () =>
  withBroken(async (scene, directory) => {
    scene.before = () => Promise.reject(new PreconditionFailedError("it was replaced"));
    await assertRejects(() => scene.download(directory), PreconditionFailedError);
    assertEquals(await tree(directory), []);
  }));

for (
  const [what, damage, fetched] of [
    ["a flipped bit", async (path: string) => {
      const bytes = await Deno.readFile(path);
      bytes[RANGE + 7] ^= 1;
      await Deno.writeFile(path, bytes);
    }, [1, 2, 3]],
    ["an end that was cut off", (path: string) => Deno.truncate(path, RANGE + 7), [1, 2, 3]],
    ["all of it gone", (path: string) => Deno.remove(path), [0, 1, 2, 3]],
    ["a record without an end", (path: string) => Deno.truncate(`${path}.cottoncandy`, 20), [0, 1, 2, 3]],
    ["an empty record", (path: string) => Deno.truncate(`${path}.cottoncandy`), [0, 1, 2, 3]],
    ["a torn entry", async (path: string) => {
      const { size } = await Deno.stat(`${path}.cottoncandy`);
      await Deno.truncate(`${path}.cottoncandy`, size - 3);
    }, [1, 2, 3]],
    [
      "bytes behind its end",
      (path: string) => Deno.writeFile(path, new Uint8Array(BYTES.length), { append: true }),
      [0, 1, 2, 3],
    ],
    ["a record that lies", async (path: string) => {
      const text = await Deno.readTextFile(`${path}.cottoncandy`);
      await Deno.writeTextFile(`${path}.cottoncandy`, text + "00000000\n00000000\n");
    }, [2, 3]],
  ] as const
) {
  Deno.test(`damage between two runs is fetched again: ${what}`, () =>
    withBroken(async (scene, directory) => {
      await damage(`${directory}/scan.part`);
      await scene.download(directory);
      assertEquals(scene.offsets, [...fetched]);
      await assertDone(directory);
    }));
}

Deno.test("a .part that was not begun here is left alone", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    await scene.store.put("scan", BYTES);
    await Deno.writeTextFile(`${directory}/scan.part`, "a browser's");
    await assertRejects(() => scene.download(directory), AlreadyExistsError, "was not begun here");
    assertEquals(await Deno.readTextFile(`${directory}/scan.part`), "a browser's");
    assertEquals(await tree(directory), ["scan.part"]);
  }));

Deno.test("a full disk keeps what has arrived, and says so", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    await scene.store.put("scan", BYTES);
    let writes = 0;
    const files = hookedFiles((operation, path) => {
      if (operation === "write" && path.endsWith(".part") && ++writes === 3) throw platformError("ENOSPC");
    });
    const options = { resume: true, concurrency: 1 };
    const error = await assertRejects(
      () => downloadTo(files, scene.backend, "scan", `${directory}/scan`, options),
      CottonCandyError,
      "the disk or quota is full",
    );
    assertEquals(error.resume, `${directory}/scan.part`);
    scene.offsets.length = 0;
    await scene.download(directory);
    assertEquals(scene.offsets, [2, 3]);
    await assertDone(directory);
  }));

for (const algorithm of ["CRC32C", "CRC64NVME", "MD5", "SHA256"] as const) {
  Deno.test(`the whole is held against the store's checksum, taken up or not: ${algorithm}`, () =>
    inDirectory(async (directory) => {
      const scene = new Scene();
      await scene.store.put("scan", BYTES);
      const value = algorithm === "CRC32C" || algorithm === "CRC64NVME"
        ? (await crcOf(algorithm, BYTES)).toBase64()
        : toBase64(await digestOf(algorithm, BYTES));
      scene.checksum = { algorithm, value: value.replace(/^./, (first) => first === "A" ? "B" : "A") };
      await assertRejects(() => scene.download(directory), IntegrityError, `its ${algorithm} checksum`);
      assertEquals(await tree(directory), []);
      scene.checksum = { algorithm, value };
      scene.breakAt(2);
      await assertRejects(() => scene.download(directory), ConnectionError);
      await scene.download(directory);
      await assertDone(directory);
    }));
}

Deno.test("damage on the way from S3, which tells the checksum of all of an object with no part of it, is noticed at the end", () =>
  inDirectory(async (directory) => {
    const s3 = await startS3({ buckets: ["bucket"] });
    const { endpoint, region, credentials } = s3;
    const backend = new S3Backend({ bucket: "bucket", endpoint, region, credentials });
    try {
      const bytes = BYTES.subarray(0, RANGE + 5);
      await backend.put("key", bytes);
      const path = `${directory}/scan`;
      s3.inject({ operation: "GetObject", kind: "flipBit", skip: 1, times: 1 });
      await assertRejects(
        () => downloadFile(backend, "key", path, { resume: true }),
        IntegrityError,
        "its bytes were damaged",
      );
      assertEquals(await tree(directory), []);
      await downloadFile(backend, "key", path, { resume: true });
      await assertDone(directory, bytes);
    } finally {
      backend.close();
      await s3.shutdown();
    }
  }));

Deno.test("a .part that is a link is left alone, and so is what it leads to", () =>
  withBroken(async (scene, directory) => {
    await Deno.remove(`${directory}/scan.part`);
    await Deno.writeTextFile(`${directory}/precious`, "mine");
    await Deno.symlink(`${directory}/precious`, `${directory}/scan.part`);
    await assertRejects(
      () => downloadFile(scene.backend, "scan", `${directory}/scan`, { resume: true }),
      AlreadyExistsError,
      "is a symbolic link",
    );
    assertEquals(await Deno.readTextFile(`${directory}/precious`), "mine");
  }));

Deno.test("overwrite: false is kept at the end, too, and leaves nothing", () =>
  withBroken(async (scene, directory) => {
    scene.before = async (offset) => {
      if (offset === 3 * RANGE) await Deno.writeTextFile(`${directory}/scan`, "another program's");
    };
    await assertRejects(() => scene.download(directory, { overwrite: false }), AlreadyExistsError);
    assertEquals(await tree(directory), ["scan"]);
    assertEquals(await Deno.readTextFile(`${directory}/scan`), "another program's");
  }));

Deno.test("two at once at one version: both end well", () =>
  withBroken(async (scene, directory) => {
    await Promise.all([scene.download(directory), scene.download(directory)]);
    await assertDone(directory);
  }));

Deno.test("two at once that both begin: both end well", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    await scene.store.put("scan", BYTES);
    await Promise.all([scene.download(directory), scene.download(directory)]);
    await assertDone(directory);
  }));

Deno.test("two at once at different versions: the file is one of them whole, and who lost says so", () =>
  withBroken(async (scene, directory) => {
    // The one at the old version waits with its last range until the new one has begun anew, and the other way round.
    const newBegan = Promise.withResolvers<void>();
    const oldEnded = Promise.withResolvers<void>();
    const slow = new Scene();
    await slow.store.put("scan", OTHER);
    scene.before = (offset) => offset === 3 * RANGE ? newBegan.promise : undefined;
    slow.before = (offset) => {
      if (offset !== 3 * RANGE) return;
      newBegan.resolve();
      return oldEnded.promise;
    };
    const lost = assertRejects(() => scene.download(directory), CottonCandyError, "another process has begun")
      .finally(oldEnded.resolve);
    while (scene.offsets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([slow.download(directory), lost]);
    await assertDone(directory, OTHER);
  }));

Deno.test("a store that names no versions, or gives no ranges, begins anew each time", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    await scene.store.put("scan", BYTES);
    const { etag: _, ...info } = (await scene.store.head("scan"))!;
    const nameless = delegate(scene.store, {
      open: async (key, options) => {
        const reader = await scene.store.open(key, options);
        return {
          info,
          stream: reader.stream.bind(reader),
          read: reader.read.bind(reader),
          close: reader.close.bind(reader),
        };
      },
    });
    await downloadFile(nameless, "scan", `${directory}/scan`, { resume: true });
    await assertDone(directory);
    const { capabilities } = scene.store;
    const rangeless = delegate(scene.store, { capabilities: { ...capabilities, ranges: false } });
    await downloadFile(rangeless, "scan", `${directory}/scan`, { resume: true });
    await assertDone(directory);
  }));

Deno.test("objects that have the names of unfinished files are files like any other", async () => {
  for (
    const others of [["scan.part"], ["scan.part.cottoncandy"], ["scan.part", "scan.part.cottoncandy"], [
      "scan.part/x",
    ]]
  ) {
    await inDirectory(async (directory) => {
      const store = new MemoryBackend();
      await store.put("d/scan", BYTES);
      for (const other of others) await store.put(`d/${other}`, encode(other));
      // What is small is there first.
      const slow = delegate(store, {
        async open(key, options) {
          const reader = await store.open(key, options);
          const read = reader.read.bind(reader);
          return {
            info: reader.info,
            stream: reader.stream.bind(reader),
            close: reader.close.bind(reader),
            read: async (range, options) => {
              while (
                key === "d/scan" &&
                (await tree(directory)).filter((path) => !path.startsWith(".")).length < others.length
              ) {
                await new Promise((resolve) => setTimeout(resolve, 5));
              }
              return await read(range, options);
            },
          };
        },
      });
      const { downloaded } = await downloadDirectory(slow, "d", directory, { resume: true });
      assertEquals(downloaded.length, others.length + 1);
      assertEquals(await tree(directory), ["scan", ...others]);
      for (const other of others) assertEquals(await Deno.readTextFile(`${directory}/${other}`), other);
    });
  }
});

Deno.test("a file whose name has no room for what is unfinished is written in one go", () =>
  inDirectory(async (directory) => {
    const scene = new Scene();
    await scene.store.put("scan", BYTES);
    const name = "n".repeat(250);
    await downloadFile(scene.backend, "scan", `${directory}/${name}`, { resume: true });
    assertEquals(await tree(directory), [name]);
  }));
