import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Backend, Progress } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  ConnectionError,
  InvalidArgumentError,
  NotFoundError,
  PartialFailureError,
} from "../../lib/errors.ts";
import { platformFiles } from "../../lib/file_access.ts";
import { planDownload } from "../../lib/files/download_directory.ts";
import type { CottonCandyWarning } from "../../lib/warnings.ts";
import { type DirectoryProgress, downloadDirectory, uploadDirectory } from "../../lib/files/mod.ts";
import { memoryResumeStore } from "../../lib/objects/resuming/mod.ts";
import { DefaultInterface } from "../../mod.ts";
import { encode, pattern } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";
import { inDirectory, tree } from "../backends/local/directory.ts";
import { forEachStore, type OpenNewStore, type OpenStore, withStore } from "./stores.ts";

function withBoth(
  open: OpenNewStore,
  test: (store: OpenStore, directory: string) => Promise<void>,
): Promise<void> {
  return inDirectory((directory) => withStore(open, (store) => test(store, directory)));
}

/** Writes files that hold their own path. */
async function plant(directory: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await Deno.mkdir(`${directory}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${directory}/${path}`, path);
  }
}

async function keysOf(backend: Backend): Promise<string[]> {
  return (await Array.fromAsync(backend.list())).map((entry) => "key" in entry ? entry.key : entry.prefix);
}

async function store(backend: Backend, keys: readonly string[]): Promise<void> {
  for (const key of keys) await backend.put(key, encode(key));
}

const FILES = [".hidden", "a", "b c", "deep/.dot/x", "deep/y", "deep/é#%41+"];

forEachStore((name, open) => {
  Deno.test(`${name}: a tree goes up and comes back as it was`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await plant(`${directory}/up`, FILES);
      await Deno.mkdir(`${directory}/up/empty/er`, { recursive: true });
      const cci = new DefaultInterface(backend, { prefix: "lab" });
      const { uploaded } = await cci.uploadFromDirectory(`${directory}/up`, "sub01", { recursive: true });
      assertEquals(uploaded.map(({ key }) => key), FILES.map((path) => `lab/sub01/${path}`));
      assertEquals(uploaded.map(({ size }) => size), FILES.map((path) => encode(path).length));
      assertEquals(await keysOf(backend), FILES.map((path) => `lab/sub01/${path}`));
      await store(backend, ["lab/sub011/not-below", "lab/sub01"]);

      const progress: Progress[] = [];
      const { downloaded } = await cci.downloadDirectory("sub01", `${directory}/down`, {
        onProgress: (report) => progress.push(report),
      });
      assertEquals(await tree(`${directory}/down`), FILES);
      for (const path of FILES) assertEquals(await Deno.readTextFile(`${directory}/down/${path}`), path);
      assertEquals(
        downloaded,
        FILES.map((path) => ({
          key: `lab/sub01/${path}`,
          path: `${directory}/down/${path}`,
          size: encode(path).length,
        })),
      );
      assertEquals(
        progress.filter(({ done }) => done).map(({ key }) => key).sort(),
        FILES.map((path) => `lab/sub01/${path}`).sort(),
      );
    }));

  Deno.test(`${name}: without recursive, directories below are left out, as Python leaves them`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await plant(directory, FILES);
      await Deno.symlink(`${directory}/deep`, `${directory}/link`);
      const { uploaded } = await uploadDirectory(backend, new URL(`file://${directory}`), "");
      assertEquals(uploaded.map(({ key }) => key), [".hidden", "a", "b c"]);
      await uploadDirectory(backend, directory);
      assertEquals((await keysOf(backend)).filter((key) => key.startsWith(directory.slice(1))).length, 3);
      const empty = await Deno.makeTempDir({ dir: directory });
      assertEquals(await uploadDirectory(backend, empty, "empty"), { uploaded: [], skipped: [] });
    }));

  Deno.test(`${name}: symbolic links are followed, but never in a circle; what has no content is told`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await plant(directory, ["up/a", "up/in/b", "outside/c"]);
      await Deno.symlink(`${directory}/outside`, `${directory}/up/linked`);
      await Deno.symlink("../a", `${directory}/up/in/file`);
      const { uploaded } = await uploadDirectory(backend, `${directory}/up`, "one", { recursive: true });
      assertEquals(uploaded.map(({ key }) => key), ["one/a", "one/in/b", "one/in/file", "one/linked/c"]);
      await Deno.symlink("..", `${directory}/up/in/circle`);
      await Deno.symlink("nowhere", `${directory}/up/dangling`);
      const error = await assertRejects(
        () => uploadDirectory(backend, `${directory}/up`, "two", { recursive: true }),
        PartialFailureError,
        "uploaded 4 and failed for 2",
      );
      assertEquals([...error.done].sort(), ["two/a", "two/in/b", "two/in/file", "two/linked/c"]);
      assertEquals(
        error.failed.map(({ key, error }) => [key, error instanceof NotFoundError]),
        [[`${directory}/up/dangling`, true], [`${directory}/up/in/circle`, false]],
      );
      assertEquals((await keysOf(backend)).filter((key) => key.startsWith("two/")).length, 4);
    }));

  Deno.test(`${name}: bad directories and options are typed errors, and nothing is stored`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await plant(directory, ["a"]);
      const cci = new DefaultInterface(backend);
      await assertRejects(
        () => cci.uploadFromDirectory(`${directory}/missing`, "x"),
        NotFoundError,
        "missing",
      );
      await assertRejects(
        () => cci.uploadFromDirectory(`${directory}/a`, "x"),
        InvalidArgumentError,
        "uploadFromFile",
      );
      await assertRejects(() => cci.uploadFromDirectory("", "x"), InvalidArgumentError);
      await assertRejects(() => cci.uploadFromDirectory(directory, "../x"), InvalidArgumentError, '".."');
      await assertRejects(
        () => cci.uploadFromDirectory(directory, "x", { concurrency: 0 }),
        InvalidArgumentError,
      );
      await assertRejects(
        () => cci.uploadFromDirectory(directory, "x", { metadata: { order: "C" } }),
        InvalidArgumentError,
        "reserved",
      );
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      assertEquals(await assertRejects(() => cci.uploadFromDirectory(directory, "x", { signal })), reason);
      assertEquals(await keysOf(backend), []);
      await cci.uploadFromDirectory(directory, "x", { metadata: { run: "1" } });
      assertEquals((await cci.getObject("x/a")).metadata, { run: "1" });
      const error = await assertRejects(
        () => cci.uploadFromDirectory(directory, "x", { overwrite: false }),
        PartialFailureError,
      );
      assert(error.cause instanceof AlreadyExistsError);
    }));

  Deno.test(`${name}: some files fail, the others are stored, and the error names both`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await plant(directory, ["a", "b", "c"]);
      const refusing = delegate(backend, {
        put: (key, body, options) =>
          key.endsWith("/b")
            ? Promise.reject(new AccessDeniedError("not this one", { key }))
            : backend.put(key, body, options),
      });
      const error = await assertRejects(
        () => uploadDirectory(refusing, directory, "x"),
        PartialFailureError,
        "not this one",
      );
      assertEquals([[...error.done].sort(), error.failed.map(({ key }) => key)], [["x/a", "x/c"], ["x/b"]]);
      assertEquals(await keysOf(backend), ["x/a", "x/c"]);

      const withheld = delegate(backend, {
        open: (key, options) =>
          key.endsWith("/c")
            ? Promise.reject(new AccessDeniedError("nor this one", { key }))
            : backend.open(key, options),
      });
      await store(backend, ["x/only/c"]);
      const other = await assertRejects(
        () => downloadDirectory(withheld, "x", `${directory}/down`),
        PartialFailureError,
        "downloaded 1 and failed for 2",
      );
      assertEquals([other.done, other.failed.map(({ key }) => key)], [["x/a"], ["x/c", "x/only/c"]]);
      assertEquals(await tree(`${directory}/down`), ["a"], "no directory is left without a file");
    }));

  Deno.test(`${name}: a store that can't be reached is not asked for every file`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await plant(directory, Array.from({ length: 40 }, (_, i) => `f${i}`));
      let asked = 0;
      const gone = delegate(backend, {
        put: () => {
          asked++;
          return Promise.reject(new ConnectionError("no answer"));
        },
      });
      const error = await assertRejects(
        () => uploadDirectory(gone, directory, "x", { concurrency: 4 }),
        PartialFailureError,
        "no answer",
      );
      assert(asked <= 8, `${asked}`);
      assertEquals([error.done, error.failed.length], [[], asked]);
    }));

  Deno.test(`${name}: keys that would leave the directory, or are in each other's way, are refused before anything is written`, () =>
    withBoth(open, async ({ backend }, directory) => {
      const odd = [
        "d/../up",
        "d/./here",
        "d//root",
        "d/a//b",
        "d/nul\0",
        "d/..",
        "d/x/../../y",
        `d/${"é".repeat(128)}`,
      ];
      for (const key of odd) {
        // No store holds all of these: what is listed is what counts.
        const listing = delegate(backend, {
          async *list() {
            yield { key: "d/good", size: 4, lastModified: new Date() };
            yield { key, size: 4, lastModified: new Date() };
          },
        });
        const error = await assertRejects(
          () => downloadDirectory(listing, "d", `${directory}/down`),
          InvalidArgumentError,
          "nothing was written",
        );
        assertEquals(error.key, key);
      }
      await store(backend, ["d/a", "d/a/b"]);
      await assertRejects(
        () => downloadDirectory(backend, "d", `${directory}/down`),
        InvalidArgumentError,
        '"d/a"',
      );
      assertEquals(await tree(directory), []);
    }));

  Deno.test(`${name}: what is on disk already is not run over`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await store(backend, ["d/a", "d/b/c"]);
      await plant(directory, ["one/b", "two/a/x", "three/a", "outside/x", "file"]);
      await Deno.mkdir(`${directory}/four`);
      await Deno.symlink(`${directory}/outside`, `${directory}/four/b`);
      const before = await tree(directory);
      const into = (name: string, options = {}) =>
        downloadDirectory(backend, "d", `${directory}/${name}`, options);
      await assertRejects(() => into("one"), InvalidArgumentError, "must be a directory");
      await assertRejects(() => into("two"), InvalidArgumentError, "is a directory");
      await assertRejects(() => into("three", { overwrite: false }), AlreadyExistsError, "three/a");
      await assertRejects(() => into("four"), InvalidArgumentError, "symbolic link");
      await assertRejects(() => into("file"), InvalidArgumentError, "is a file");
      await assertRejects(() => into("no/where"), NotFoundError, "make it first");
      assertEquals(await tree(directory), before);
      await into("three");
      assertEquals(await Deno.readTextFile(`${directory}/three/a`), "d/a");
      await into("outside");
      assertEquals(await tree(`${directory}/outside`), ["a", "b/c", "x"]);
    }));

  Deno.test(`${name}: what can be downloaded: a directory, all there is, and no wildcards but one at the end`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await store(backend, ["d/a", "d2/b", "e"]);
      await downloadDirectory(backend, "d/*", `${directory}/one`);
      assertEquals(await tree(`${directory}/one`), ["a"]);
      await downloadDirectory(backend, "/", `${directory}/all`);
      assertEquals(await tree(`${directory}/all`), ["d/a", "d2/b", "e"]);
      await assertRejects(
        () => downloadDirectory(backend, "d*", `${directory}/none`),
        NotFoundError,
        "wildcards",
      );
      await assertRejects(() => downloadDirectory(backend, "e", `${directory}/none`), NotFoundError, '"e/"');
      await assertRejects(() => downloadDirectory(backend, "d", ""), InvalidArgumentError);
      await assertRejects(
        () => downloadDirectory(backend, "d", `${directory}/none`, { concurrency: -1 }),
        InvalidArgumentError,
      );
      assertEquals(await tree(directory), ["all/d/a", "all/d2/b", "all/e", "one/a"]);
    }));

  Deno.test(`${name}: placeholders of directories are left out`, () =>
    withBoth(open, async ({ backend }, directory) => {
      for (const key of ["d/", "d/empty/"]) await backend.put(key, new Uint8Array());
      await store(backend, ["d/e/", "d/e/f"]);
      const warnings: CottonCandyWarning[] = [];
      const { downloaded } = await downloadDirectory(backend, "d", `${directory}/down`, {
        onWarning: (warning) => void warnings.push(warning),
      });
      assertEquals(downloaded.map(({ key }) => key), ["d/e/f"]);
      assertEquals(await tree(`${directory}/down`), ["e/f"]);
      assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["left-out", "d/e/"]]);
    }));

  Deno.test(`${name}: an abort ends it all, and leaves no half of a file`, () =>
    withBoth(open, async ({ backend }, directory) => {
      const keys = Array.from({ length: 12 }, (_, i) => `d/${i % 3}/f${i}`);
      await store(backend, keys);
      const reason = new Error("enough");
      const control = new AbortController();
      let count = 0;
      const error = await assertRejects(() =>
        downloadDirectory(backend, "d", `${directory}/down`, {
          signal: control.signal,
          concurrency: 2,
          onProgress: ({ done }) => {
            if (done && ++count === 3) control.abort(reason);
          },
        })
      );
      assertEquals(error, reason);
      const left = await tree(`${directory}/down`);
      assert(left.length >= 3 && left.length < keys.length, left.join());
      for (const path of left) {
        assertEquals(await Deno.readTextFile(`${directory}/down/${path}`), `d/${path}`);
      }
    }));
});

Deno.test("two keys that would be one file are refused, where disks take upper and lower case for one", () => {
  const plan = (foldsNames: boolean, ...keys: string[]) =>
    planDownload({ ...platformFiles(), foldsNames }, keys.map((key) => ({ key })), "d/", "/root").files
      .length;
  for (const keys of [["d/a", "d/A"], ["d/a/b", "d/A"], ["d/Sub/x", "d/sub/x"], ["d/\u00e9", "d/e\u0301"]]) {
    assertThrows(() => plan(true, ...keys), InvalidArgumentError, "one disk");
    assertEquals(plan(false, ...keys), 2);
  }
  assertEquals(plan(true, "d/Sub/x", "d/sub/y"), 2);
});

Deno.test("on Windows more names are refused", () => {
  const files = { ...platformFiles(), windows: true };
  const plan = (...keys: string[]) => planDownload(files, keys.map((key) => ({ key })), "d/", "/root");
  assertEquals(plan("d/a", "d/b/c").files.length, 2);
  for (const key of ["d/a\\b", "d/c:", "d/con", "d/NUL.txt", "d/dot.", "d/space ", "d/a?b"]) {
    assertThrows(() => plan(key), InvalidArgumentError, "Windows");
  }
});

Deno.test("as many files as asked for go at once", async () => {
  await inDirectory(async (directory) => {
    await plant(directory, Array.from({ length: 20 }, (_, i) => `f${i}`));
    const backend = new MemoryBackend();
    for (const [concurrency, expected] of [[1, 1], [3, 3], [undefined, 8]]) {
      let running = 0;
      let most = 0;
      const full = Promise.withResolvers<void>();
      // Too few are to fail, not to hang.
      const fallback = setTimeout(full.resolve, 10_000);
      const slow = delegate(backend, {
        async put(key, body, options) {
          most = Math.max(most, ++running);
          // Time for one more to come, if it were let in.
          if (running === expected) setTimeout(full.resolve, 20);
          await full.promise;
          running--;
          return await backend.put(key, body, options);
        },
      });
      await uploadDirectory(slow, directory, "x", { concurrency });
      clearTimeout(fallback);
      assertEquals(most, expected);
    }
  });
});

Deno.test("one progress tells of each file of a directory, and of all", () =>
  inDirectory(async (directory) => {
    const sizes = [0, 1, 300_000, 5_000_000];
    for (const size of sizes) await Deno.writeFile(`${directory}/${size}`, pattern(size));
    const total = sizes.reduce((a, b) => a + b);
    const backend = new MemoryBackend();
    const check = (reports: readonly DirectoryProgress[]) => {
      for (const { files, bytes } of reports) assertEquals([files.total, bytes.total], [sizes.length, total]);
      for (let i = 1; i < reports.length; i++) {
        assert(reports[i].bytes.loaded >= reports[i - 1].bytes.loaded, "bytes only grow");
        assert(reports[i].files.done >= reports[i - 1].files.done, "files only grow");
      }
      const { files, bytes, done } = reports[reports.length - 1];
      assertEquals([files.done, bytes.loaded, done], [sizes.length, total, true]);
      assertEquals(reports.filter(({ done }) => done).length, sizes.length);
    };
    const up: DirectoryProgress[] = [];
    await uploadDirectory(backend, directory, "d", { onProgress: (report) => void up.push(report) });
    check(up);
    const down: DirectoryProgress[] = [];
    await downloadDirectory(backend, "d", `${directory}/down`, {
      onProgress: (report) => void down.push(report),
    });
    check(down);
  }));

Deno.test("files that are there already are skipped, changed ones are not", () =>
  inDirectory(async (directory) => {
    const backend = new MemoryBackend();
    const up = `${directory}/up`;
    await plant(up, ["same", "longer", "newer", "deep/same"]);
    const long = new Date(Date.now() - 3600_000);
    for (const name of ["same", "longer", "newer", "deep/same"]) {
      await Deno.utime(`${up}/${name}`, long, long);
    }
    // When a file came to its place is told to the second by Deno: what is stored in that one is stored once more.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const upload = () => {
      const reports: DirectoryProgress[] = [];
      const onProgress = (report: DirectoryProgress) => void reports.push(report);
      return uploadDirectory(backend, up, "d", { recursive: true, skipExisting: true, onProgress })
        .then((
          { uploaded, skipped },
        ) => [uploaded.map(({ key }) => key), skipped, reports.at(-1)?.files.total]);
    };
    assertEquals(await upload(), [["d/deep/same", "d/longer", "d/newer", "d/same"], [], 4]);
    await Deno.writeTextFile(`${up}/longer`, "longer than it was");
    await Deno.utime(`${up}/longer`, long, long);
    await Deno.utime(`${up}/newer`, new Date(), new Date(Date.now() + 60_000));
    await store(backend, ["d/else"]);
    assertEquals(await upload(), [["d/longer", "d/newer"], ["d/deep/same", "d/same"], 2]);
    // Of the same size and an older time, as what is unpacked or copied with its time may be.
    await Deno.writeTextFile(`${directory}/other`, "else");
    await Deno.utime(`${directory}/other`, long, long);
    await Deno.rename(`${directory}/other`, `${up}/same`);
    const [again] = await upload();
    assert(Array.isArray(again) && again.includes("d/same"));

    // A file's time comes from a clock that the system moves on every few milliseconds only.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const down = `${directory}/down`;
    const download = (options = {}) =>
      downloadDirectory(backend, "d", down, { skipExisting: true, ...options })
        .then(({ downloaded, skipped }) => [downloaded.map(({ key }) => key), skipped]);
    const all = ["d/deep/same", "d/else", "d/longer", "d/newer", "d/same"];
    assertEquals(await download(), [all, []]);
    assertEquals(await download({ overwrite: false }), [[], all]);
    await Deno.writeTextFile(`${down}/longer`, "cut");
    await Deno.utime(`${down}/same`, long, long);
    await assertRejects(() => download({ overwrite: false }), AlreadyExistsError);
    assertEquals(await download(), [["d/longer", "d/same"], ["d/deep/same", "d/else", "d/newer"]]);
    assertEquals(await Deno.readTextFile(`${down}/longer`), "longer than it was");
  }));

Deno.test("a directory goes on where it broke off: what is there is skipped, what was begun is taken up", () =>
  inDirectory(async (directory) => {
    const memory = new MemoryBackend();
    let dead = true;
    const calls: string[] = [];
    const backend = delegate(memory, {
      startUpload: (key, options) => (calls.push(`start ${key}`), memory.startUpload(key, options)),
      resumeUpload: (token, body, options) => {
        calls.push(`resume ${token.key}`);
        if (dead) return Promise.reject(new ConnectionError("the line is dead", { committed: "no" }));
        return memory.resumeUpload(token, body, options);
      },
    });
    await Deno.mkdir(`${directory}/up`);
    await Deno.writeFile(`${directory}/up/large`, pattern(9 * 2 ** 20));
    await Deno.writeFile(`${directory}/up/a small one`, pattern(5));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const resume = memoryResumeStore();
    const upload = () =>
      uploadDirectory(backend, `${directory}/up`, "d", { resume, skipExisting: true, concurrency: 1 });
    const error = await assertRejects(upload, PartialFailureError);
    assertEquals([error.done, error.failed.map(({ key }) => key)], [["d/a small one"], ["d/large"]]);
    assertEquals((await resume.list()).length, 1);
    dead = false;
    calls.length = 0;
    const { uploaded, skipped } = await upload();
    assertEquals([uploaded.map(({ key }) => key), skipped], [["d/large"], ["d/a small one"]]);
    assertEquals([calls, await resume.list()], [["resume d/large"], []]);
  }));

Deno.test("ten thousand files: no more are open than go up at once", () =>
  inDirectory(async (directory) => {
    const names = Array.from({ length: 10_000 }, (_, i) => `f${i}`);
    for (const name of names) Deno.writeTextFileSync(`${directory}/${name}`, name);
    let open = 0;
    let most = 0;
    const memory = new MemoryBackend();
    const backend = delegate(memory, {
      async put(key, body, options) {
        most = Math.max(most, ++open);
        try {
          return await memory.put(key, body, options);
        } finally {
          open--;
        }
      },
    });
    const { uploaded } = await uploadDirectory(backend, directory, "d", {
      concurrency: 3,
      onProgress: () => {},
    });
    assertEquals([uploaded.length, most], [names.length, 3]);
  }));
