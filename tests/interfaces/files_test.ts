import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Backend, Progress } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  UnsupportedError,
} from "../../lib/errors.ts";
import { downloadTo } from "../../lib/files/download_file.ts";
import { downloadFile, uploadFile } from "../../lib/files/mod.ts";
import { DefaultInterface } from "../../mod.ts";
import { assertBytes } from "../../testing/assert.ts";
import { encode, pattern } from "../../testing/case.ts";
import { delegate } from "../backends/delegate.ts";
import { inDirectory, tree } from "../backends/local/directory.ts";
import { hookedFiles, platformError } from "../backends/local/hooked_files.ts";
import { onS3 } from "../backends/s3/setup.ts";
import { forEachStore, type OpenNewStore, type OpenStore, withStore } from "./stores.ts";

const MiB = 2 ** 20;

/** Runs a test with a fresh store and a directory of its own. */
function withBoth(
  open: OpenNewStore,
  test: (store: OpenStore, directory: string) => Promise<void>,
): Promise<void> {
  return inDirectory((directory) => withStore(open, (store) => test(store, directory)));
}

/** A store whose bodies break off, or never go on, after some bytes. */
function breaking(
  backend: Backend,
  after: number,
  end: (controller: ReadableStreamDefaultController) => void,
): Backend {
  return delegate(backend, {
    async open(key, options) {
      const reader = await backend.open(key, options);
      return {
        info: reader.info,
        read: (range, options) => reader.read(range, options),
        close: () => reader.close(),
        stream: () => {
          let given = false;
          return new ReadableStream({
            pull(controller) {
              if (given) return end(controller);
              given = true;
              controller.enqueue(new Uint8Array(after));
            },
          }, { highWaterMark: 0 });
        },
      };
    },
  });
}

forEachStore((store, open) => {
  // Item 1 of Python cottoncandy's own tests.
  Deno.test(`${store}: files go up and come back, bytes and text`, () =>
    withBoth(open, async ({ backend }, directory) => {
      const cci = new DefaultInterface(backend, { prefix: "testcc" });
      await Deno.writeFile(`${directory}/bytes`, new Uint8Array([0, 255, 10, 13]));
      await Deno.writeTextFile(`${directory}/text`, "hello, Zoë\n");
      const { key, size } = await cci.uploadFromFile(`${directory}/bytes`, "sub/bytes");
      assertEquals([key, size], ["testcc/sub/bytes", 4]);
      await cci.uploadFromFile(new URL(`file://${directory}/text`), "sub/text", {
        metadata: { run: "1" },
        contentType: "text/plain",
      });
      assertEquals([...await cci.downloadObject("sub/bytes")], [0, 255, 10, 13]);
      assertEquals(new TextDecoder().decode(await cci.downloadObject("sub/text")), "hello, Zoë\n");
      const { metadata, contentType } = await cci.getObject("sub/text");
      assertEquals([metadata, contentType], [{ run: "1" }, "text/plain"]);

      const back = await cci.downloadToFile("sub/bytes", `${directory}/back`);
      assertEquals(back, { key: "testcc/sub/bytes", path: `${directory}/back`, size: 4 });
      assertEquals([...await Deno.readFile(`${directory}/back`)], [0, 255, 10, 13]);
      await cci.rm("sub", { recursive: true });
      assertEquals(await cci.glob("**"), []);
      assertEquals(await tree(directory), ["back", "bytes", "text"]);
    }));

  Deno.test(`${store}: a large file goes both ways in pieces, with progress`, () =>
    withBoth(open, async ({ backend }, directory) => {
      const bytes = pattern(20 * MiB + 7);
      await Deno.writeFile(`${directory}/big`, bytes);
      const up: Progress[] = [];
      const { size } = await uploadFile(backend, `${directory}/big`, "big", {
        onProgress: (p) => up.push(p),
      });
      assertEquals(size, bytes.length);
      const down: Progress[] = [];
      await downloadFile(backend, "big", `${directory}/back`, {
        onProgress: (p) =>
          down.push({ ...p, ...(p.done ? { there: Deno.statSync(`${directory}/back`).size } : {}) }),
      });
      assertBytes(await Deno.readFile(`${directory}/back`), bytes);
      for (const reports of [up, down]) {
        assert(reports.length > 3, `${reports.length} reports`);
        assertEquals(reports.filter(({ done }) => done).length, 1);
        const { key, loaded, total, done } = reports.at(-1) ?? {};
        assertEquals([key, loaded, total, done], ["big", bytes.length, bytes.length, true]);
        for (let i = 1; i < reports.length; i++) assert(reports[i].loaded >= reports[i - 1].loaded);
      }
      assertEquals(
        Reflect.get(down.at(-1) ?? {}, "there"),
        bytes.length,
        "done means that the file is there",
      );
    }));

  Deno.test(`${store}: an empty file, and one that does not know its size`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await Deno.writeFile(`${directory}/empty`, new Uint8Array());
      assertEquals((await uploadFile(backend, `${directory}/empty`, "empty")).size, 0);
      await downloadFile(backend, "empty", `${directory}/back`);
      assertEquals((await Deno.stat(`${directory}/back`)).size, 0);
      if (Deno.build.os !== "linux") return;
      assert((await uploadFile(backend, "/proc/self/status", "status")).size > 100);
    }));

  Deno.test(`${store}: where no name is given it is the path, as in Python`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await Deno.writeTextFile(`${directory}/a`, "1");
      const cci = new DefaultInterface(backend, { prefix: "p" });
      assertEquals((await uploadFile(backend, `${directory}/a`)).key, `${directory}/a`.slice(1));
      assertEquals((await cci.uploadFromFile(`${directory}/a`)).key, `p${directory}/a`);
      assertEquals((await cci.uploadFromFile(new URL(`file://${directory}/a`))).key, `p${directory}/a`);
      await assertRejects(() => cci.uploadFromFile(`${directory}/a`, ""), InvalidArgumentError, "name");
    }));

  Deno.test(`${store}: what can't be uploaded is a typed error, and nothing is stored`, () =>
    withBoth(open, async ({ backend }, directory) => {
      const cci = new DefaultInterface(backend);
      await Deno.writeTextFile(`${directory}/a`, "1");
      await Deno.symlink(`${directory}/nowhere`, `${directory}/dangling`);
      await Deno.symlink(`${directory}/circle`, `${directory}/circle`);
      await assertRejects(() => cci.uploadFromFile(`${directory}/missing`, "x"), NotFoundError, "missing");
      await assertRejects(() => cci.uploadFromFile(`${directory}/a/b`, "x"), NotFoundError, "a/b");
      await assertRejects(() => cci.uploadFromFile(`${directory}/dangling`, "x"), NotFoundError, "dangling");
      await assertRejects(
        () => cci.uploadFromFile(`${directory}/circle`, "x"),
        InvalidArgumentError,
        "circle",
      );
      await assertRejects(
        () => cci.uploadFromFile(directory, "x"),
        InvalidArgumentError,
        "uploadFromDirectory",
      );
      await assertRejects(() => cci.uploadFromFile("", "x"), InvalidArgumentError, "path");
      await assertRejects(() => cci.uploadFromFile(new URL("http://a/b"), "x"), InvalidArgumentError);
      const unchecked = () => Reflect.apply(cci.uploadFromFile, cci, [undefined, "x"]);
      await assertRejects(unchecked, InvalidArgumentError, "is no path");
      await assertRejects(() => cci.uploadFromFile(`${directory}/a\0b`, "x"), CottonCandyError);
      await assertRejects(() => cci.uploadFromFile(`${directory}/a`, "../x"), InvalidArgumentError, '".."');
      await assertRejects(
        () => cci.uploadFromFile(`${directory}/a`, "x", { metadata: { dtype: "f" } }),
        InvalidArgumentError,
      );
      if (Deno.build.os === "linux") {
        await assertRejects(() => cci.uploadFromFile("/dev/zero", "x"), InvalidArgumentError, "stream");
      }
      assertEquals(await cci.glob("**"), []);
      await cci.uploadFromFile(`${directory}/a`, "x");
      await assertRejects(
        () => cci.uploadFromFile(`${directory}/a`, "x", { overwrite: false }),
        AlreadyExistsError,
      );
    }));

  Deno.test(`${store}: a symbolic link is followed both ways, and stays one`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await Deno.writeTextFile(`${directory}/file`, "old");
      await Deno.symlink(`${directory}/file`, `${directory}/link`);
      await uploadFile(backend, `${directory}/link`, "a");
      await backend.put("a", encode("new"));
      await downloadFile(backend, "a", `${directory}/link`);
      assert((await Deno.lstat(`${directory}/link`)).isSymlink);
      assertEquals(await Deno.readTextFile(`${directory}/file`), "new");
      await Deno.remove(`${directory}/file`);
      await downloadFile(backend, "a", `${directory}/link`);
      assertEquals(
        await Deno.readTextFile(`${directory}/link`),
        "new",
        "a link that leads nowhere is replaced",
      );
    }));

  Deno.test(`${store}: what can't be downloaded is a typed error, and nothing is touched`, () =>
    withBoth(open, async ({ backend }, directory) => {
      const cci = new DefaultInterface(backend);
      await Deno.writeTextFile(`${directory}/file`, "old");
      await cci.uploadObject("a", "new");
      await assertRejects(() => cci.downloadToFile("missing", `${directory}/file`), NotFoundError, "missing");
      await assertRejects(() => cci.downloadToFile("missing", `${directory}/new`), NotFoundError, "missing");
      await assertRejects(
        () => cci.downloadToFile("a", `${directory}/no/where/file`),
        NotFoundError,
        "make it first",
      );
      await assertRejects(() => cci.downloadToFile("a", `${directory}/file/x`), NotFoundError, "file");
      await assertRejects(() => cci.downloadToFile("a", directory), InvalidArgumentError, "is a directory");
      await assertRejects(
        () => cci.downloadToFile("a", `${directory}/new/`),
        InvalidArgumentError,
        "name the file",
      );
      await assertRejects(() => cci.downloadToFile("a", ""), InvalidArgumentError);
      await assertRejects(() => cci.downloadToFile("../a", `${directory}/x`), InvalidArgumentError);
      await assertRejects(
        () => cci.downloadToFile("a", `${directory}/file`, { overwrite: false }),
        AlreadyExistsError,
        "file",
      );
      await assertRejects(() => cci.downloadToFile("a", `${directory}/${"x".repeat(300)}`), CottonCandyError);
      if (Deno.build.os === "linux") {
        await assertRejects(
          () => cci.downloadToFile("a", "/dev/null"),
          InvalidArgumentError,
          "downloadStream",
        );
        await assertRejects(() => cci.downloadToFile("a", "/proc/nothing-here"), CottonCandyError);
      }
      assertEquals(await tree(directory), ["file"]);
      assertEquals(await Deno.readTextFile(`${directory}/file`), "old");
      await cci.downloadToFile("a", `${directory}/fresh`, { overwrite: false });
      await cci.downloadToFile("a", `${directory}/file`);
      assertEquals(await Deno.readTextFile(`${directory}/file`), "new");
      assertEquals(await tree(directory), ["file", "fresh"]);
    }));

  Deno.test(`${store}: a download that breaks off, is short, or is aborted leaves the old file and nothing else`, () =>
    withBoth(open, async ({ backend }, directory) => {
      await backend.put("a", pattern(3 * MiB));
      await Deno.writeTextFile(`${directory}/file`, "old");
      const broken = new Error("the wire broke");
      const cases: [Backend, Error | typeof IntegrityError][] = [
        [breaking(backend, MiB, (controller) => controller.error(broken)), broken],
        [breaking(backend, MiB, (controller) => controller.close()), IntegrityError],
        [breaking(backend, 4 * MiB, (controller) => controller.close()), IntegrityError],
      ];
      for (const [store, expected] of cases) {
        const error = await assertRejects(() => downloadFile(store, "a", `${directory}/file`));
        if (expected instanceof Error) assertEquals(error, expected);
        else assert(error instanceof expected, `${error}`);
      }
      // Aborted while the store is silent.
      const control = new AbortController();
      const silent = breaking(backend, MiB, () => {
        control.abort(broken);
        return new Promise(() => {});
      });
      assertEquals(
        await assertRejects(() => downloadFile(silent, "a", `${directory}/file`, { signal: control.signal })),
        broken,
      );
      assertEquals(
        await assertRejects(() =>
          downloadFile(backend, "a", `${directory}/file`, { signal: control.signal })
        ),
        broken,
      );
      assertEquals(await tree(directory), ["file"]);
      assertEquals(await Deno.readTextFile(`${directory}/file`), "old");
    }));

  Deno.test(`${store}: an upload that is aborted, or whose file shrinks, stores nothing`, () =>
    withBoth(open, async ({ backend, s3 }, directory) => {
      const path = `${directory}/big`;
      await Deno.writeFile(path, pattern(24 * MiB));
      const reason = new Error("enough");
      const control = new AbortController();
      assertEquals(
        await assertRejects(() =>
          uploadFile(backend, path, "a", { signal: control.signal, onProgress: () => control.abort(reason) })
        ),
        reason,
      );
      const shrinking = delegate(backend, {
        put: (key, body, options) => {
          Deno.truncateSync(path, 100);
          return backend.put(key, body, options);
        },
      });
      await assertRejects(() => uploadFile(shrinking, path, "a"), IntegrityError, "cut short");
      assertEquals(await backend.head("a"), undefined);
      const uploads = [...s3?.store.buckets.values() ?? []].flatMap(({ uploads }) => [...uploads.keys()]);
      assertEquals(uploads, []);
    }));
});

Deno.test("S3: a large file is fetched in ranges at once, of one version, and checked as a whole", async () => {
  await onS3(({ backend, s3 }) =>
    inDirectory(async (directory) => {
      const bytes = pattern(45 * MiB + 3);
      await backend.put("big", bytes);
      s3.requests.splice(0);
      await downloadFile(backend, "big", `${directory}/back`);
      assertBytes(await Deno.readFile(`${directory}/back`), bytes);
      const gets = s3.requests.splice(0).filter(({ operation }) => operation === "GetObject");
      assertEquals(gets.length, 6);
      assert(Math.max(...gets.map(({ concurrent }) => concurrent)) >= 3);
      assert(gets.slice(1).every(({ headers }) => headers["if-match"] && headers.range));

      s3.inject({ kind: "cutResponse", afterBytes: MiB, operation: "GetObject", skip: 2, times: 2 });
      await downloadFile(backend, "big", `${directory}/back`, { concurrency: 3 });
      assertBytes(await Deno.readFile(`${directory}/back`), bytes);
      s3.requests.splice(0);
      await downloadFile(backend, "big", `${directory}/back`, { concurrency: 1 });
      assertEquals(s3.requests.splice(0).length, 1);

      // Damaged on the way, below what TLS would notice: nothing but the whole's checksum tells.
      s3.inject({ kind: "flipBit", atByte: 5, operation: "GetObject", skip: 3 });
      await assertRejects(() => downloadFile(backend, "big", `${directory}/new`), IntegrityError, "checksum");
      s3.clearFaults();
      const replaced = s3.inject({
        kind: "run",
        operation: "GetObject",
        skip: 2,
        run: (store) => store.buckets.get("bucket")?.objects.clear(),
      });
      await assertRejects(() => downloadFile(backend, "big", `${directory}/new`), CottonCandyError);
      assertEquals(replaced.hits, 1);
      assertEquals(await tree(directory), ["back"]);
    })
  );
});

Deno.test("a file or directory without permission is an AccessDeniedError, and nothing is left", async () => {
  await inDirectory(async (directory) => {
    const script = `${directory}/script.ts`;
    const { href: memory } = new URL("../../backends/memory/mod.ts", import.meta.url);
    const { href: files } = new URL("../../lib/files/mod.ts", import.meta.url);
    await Deno.writeTextFile(
      script,
      `import { MemoryBackend } from "${memory}";
       import { uploadFile, downloadFile } from "${files}";
       const backend = new MemoryBackend();
       await backend.put("a", new Uint8Array(3));
       for (const work of [() => uploadFile(backend, "${script}", "b"), () => downloadFile(backend, "a", "${directory}/x")]) {
         try { await work(); console.log("done"); } catch (error) { console.log(error.name + ": " + error.message); }
       }`,
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--config", new URL("../../deno.json", import.meta.url).pathname, script],
      env: { NO_COLOR: "1" },
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    assertEquals(lines.length, 2, new TextDecoder().decode(stderr));
    for (const line of lines) assertMatch(line, /^AccessDeniedError: .*--allow-read and --allow-write/);
    assertEquals(await tree(directory), ["script.ts"]);
  });
});

Deno.test("a full disk, missing rights and other failures of the file system are typed errors, and nothing is left", async () => {
  const backend = new MemoryBackend();
  await backend.put("a", new Uint8Array(10));
  await inDirectory(async (directory) => {
    const path = `${directory}/file`;
    await Deno.writeTextFile(path, "old");
    for (
      const [operation, code, kind, message] of [
        ["write", "ENOSPC", CottonCandyError, "full"],
        ["write", "EDQUOT", CottonCandyError, "full"],
        ["write", "EIO", CottonCandyError, "EIO"],
        ["create", "EACCES", AccessDeniedError, "permission"],
        ["create", "EROFS", AccessDeniedError, "read-only"],
        ["create", "EMFILE", CottonCandyError, "concurrency"],
        ["create", "ENOENT", NotFoundError, "no such"],
        ["rename", "EPERM", AccessDeniedError, "permission"],
        ["rename", "EISDIR", InvalidArgumentError, "directory"],
      ] as const
    ) {
      const files = hookedFiles((done) => {
        if (done === operation) throw platformError(code);
      });
      const error = await assertRejects(() => downloadTo(files, backend, "a", path, {}), kind, message);
      assert(error.message.startsWith(path), error.message);
      assertEquals(await tree(directory), ["file"], `${operation} ${code}`);
    }
    assertEquals(await Deno.readTextFile(path), "old");
  });
});

Deno.test("overwrite: false loses no race, and does without links where there are none", async () => {
  const backend = new MemoryBackend();
  await backend.put("a", encode("ours"));
  await inDirectory(async (directory) => {
    const path = `${directory}/file`;
    const late = delegate(backend, {
      async open(key, options) {
        const reader = await backend.open(key, options);
        // Somebody else makes the file while it is downloaded.
        await Deno.writeTextFile(path, "theirs");
        return reader;
      },
    });
    await assertRejects(
      () => downloadFile(late, "a", path, { overwrite: false }),
      AlreadyExistsError,
      "another program",
    );
    assertEquals(await Deno.readTextFile(path), "theirs");
    const unlinked = hookedFiles((operation) => {
      if (operation === "link") throw platformError("EPERM");
    });
    await downloadTo(unlinked, backend, "a", `${directory}/other`, { overwrite: false });
    assertEquals(await Deno.readTextFile(`${directory}/other`), "ours");
    assertEquals(await tree(directory), ["file", "other"]);
  });
});

Deno.test("what a process that was killed has left of a download goes a day later, and nothing else", async () => {
  const backend = new MemoryBackend();
  await backend.put("a", encode("whole"));
  await inDirectory(async (directory) => {
    const name = () => `.cottoncandy-${crypto.randomUUID()}.tmp`;
    const [stale, young, other] = [name(), name(), ".cottoncandy-notes.tmp"];
    for (const name of [stale, young, other]) await Deno.writeTextFile(`${directory}/${name}`, "half");
    const hour = 60 * 60 * 1000;
    for (const [name, hours] of [[stale, 25], [young, 23], [other, 25]] as const) {
      const time = new Date(Date.now() - hours * hour);
      await Deno.utime(`${directory}/${name}`, time, time);
    }
    await downloadFile(backend, "a", `${directory}/file`);
    assertEquals(await tree(directory), [young, other, "file"].sort());
  });
});

Deno.test("where there are no files, as in a browser, these methods say so", async () => {
  const script = `
    delete globalThis.process;
    const { MemoryBackend, DefaultInterface } = await import(${
    JSON.stringify(new URL("../../mod.ts", import.meta.url).href)
  });
    const cci = new DefaultInterface(new MemoryBackend());
    await cci.uploadObject("a", "1");
    for (
      const work of [
        () => cci.uploadFromFile("/a", "b"),
        () => cci.downloadToFile("a", "/b"),
        () => cci.uploadFromDirectory("/a", "b"),
        () => cci.downloadDirectory("a", "/b"),
      ]
    ) {
      try { await work(); console.log("done"); } catch (error) { console.log(error.name); }
    }`;
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/script.ts`, script);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--config",
        new URL("../../deno.json", import.meta.url).pathname,
        `${directory}/script.ts`,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(
      new TextDecoder().decode(stdout).trim().split("\n"),
      Array(4).fill(UnsupportedError.name),
      new TextDecoder().decode(stderr),
    );
  });
});
