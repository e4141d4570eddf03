/** The directory, its rights and its readers. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalBackend } from "../../../backends/local/mod.ts";
import { LocalRoot } from "../../../backends/local/paths.ts";
import { sweep } from "../../../backends/local/temporary.ts";
import {
  AccessDeniedError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
} from "../../../lib/errors.ts";
import { platformFiles } from "../../../lib/file_access.ts";
import { readAll } from "../../../lib/streams/mod.ts";
import { collect } from "../../../lib/async.ts";
import { assertBytes } from "../../../testing/assert.ts";
import { encode, names, pattern } from "../../../testing/case.ts";
import { inDirectory, readPair, temporaryFiles, tree } from "./directory.ts";
import { hookedFiles, platformError } from "./hooked_files.ts";

Deno.test("a directory that is missing is a NotFoundError that says what to do; with create it is made", async () => {
  await inDirectory(async (directory) => {
    const missing = `${directory}/not/there`;
    const backend = new LocalBackend(missing);
    for (
      const use of [
        () => backend.head("a"),
        () => backend.open("a"),
        () => backend.put("a", encode("x")),
        () => backend.copy("a", "b"),
        () => collect(backend.list()),
      ]
    ) {
      const error = await assertRejects(use, NotFoundError, "create: true");
      assert(error.message.includes(missing));
    }
    assertEquals(await tree(directory), []);
    const made = new LocalBackend(missing, { create: true });
    assertEquals(await made.head("a"), undefined);
    await assertRejects(() => made.open("a"), NotFoundError);
    assertEquals(await collect(made.list()), []);
    assertEquals(await collect(made.delete(["a"])), [{ key: "a" }]);
    assertEquals(await tree(directory), [], "reading makes nothing");
    await made.put("a", encode("x"));
    assertEquals((await readPair(backend, "a"))?.text, "x");
    await Deno.writeTextFile(`${directory}/file`, "");
    await assertRejects(() => new LocalBackend(`${directory}/file`).put("a", encode("x")), NotFoundError);
    await assertRejects(
      () => new LocalBackend(`${directory}/file`, { create: true }).put("a", encode("x")),
      CottonCandyError,
    );
  });
  await assertRejects(() => Promise.resolve().then(() => new LocalBackend("")), InvalidArgumentError);
});

Deno.test("a copy from another directory", async () => {
  await inDirectory(async (directory) => {
    const one = new LocalBackend(`${directory}/one`, { create: true });
    const two = new LocalBackend(`${directory}/two`, { create: true });
    await one.put("a/b", encode("x"), { metadata: { n: "1" } });
    await two.copy("a/b", "a/b", { fromBucket: `${directory}/one` });
    assertEquals((await readPair(two, "a/b"))?.metadata, { n: "1" });
    await assertRejects(() => two.copy("a/b", "c", { fromBucket: `${directory}/three` }), NotFoundError);
  });
});

Deno.test("deleting removes the directories it empties, and at last our own", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    await backend.put("a/b/c/d", encode("x"));
    await backend.put("a/e", encode("x"));
    await backend.put("f//g", encode("x"));
    await collect(backend.delete(["a/b/c/d"]));
    assertEquals((await tree(directory)).filter((path) => !path.startsWith(".")), ["a/e", "a/e.meta.json"]);
    await collect(backend.delete(["a/e", "f//g"]));
    assertEquals(await tree(directory), []);
  });
});

Deno.test("temporary files that nobody has written to for a day are swept away, others are not", async () => {
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}/.cottoncandy`);
    const old = `${directory}/.cottoncandy/tmp-old.meta.json`;
    const young = `${directory}/.cottoncandy/tmp-young.meta.json`;
    const other = `${directory}/.cottoncandy/other`;
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const path of [old, young, other]) await Deno.writeTextFile(path, "");
    for (const path of [old, other]) await Deno.utime(path, yesterday, yesterday);
    const backend = new LocalBackend(directory);
    assertEquals(await names(backend.list(), ""), []);
    await backend.put("a", encode("x"));
    assertEquals(await temporaryFiles(directory), [".cottoncandy/tmp-young.meta.json"]);
    await sweep(await LocalRoot.find(platformFiles(), directory), Date.now() + 1000);
    assertEquals(await temporaryFiles(directory), []);
    assertEquals(await Deno.readTextFile(other), "");
  });
});

Deno.test("the directory of temporary files goes with the last write, and is made again under who begins another", async () => {
  await inDirectory(async (directory) => {
    const own = `${directory}/.cottoncandy`;
    let vanishing = 20;
    const files = hookedFiles(async (operation, path) => {
      // As another process does that has just ended its own write.
      if (operation === "create" && path.startsWith(own) && vanishing-- > 0) {
        await Deno.remove(own).catch(() => {});
      }
    });
    const backend = new LocalBackend(directory, { files });
    await backend.put("a", encode("x"));
    await Promise.all(["b", "c", "d"].map((key) => backend.copy("a", key)));
    await assertRejects(() => backend.put("e", encode("x"), { size: 2 }), IntegrityError);
    assertEquals([vanishing < 0, await tree(directory)], [true, [
      "a",
      "a.meta.json",
      "b",
      "b.meta.json",
      "c",
      "c.meta.json",
      "d",
      "d.meta.json",
    ]]);
    const kept = `${own}/note`;
    await Deno.mkdir(own);
    await Deno.writeTextFile(kept, "");
    await backend.put("a", encode("y"));
    assertEquals((await tree(directory))[0], ".cottoncandy/note");
  });
});

Deno.test("failures of the file system are typed, and say what to do", async () => {
  for (
    const [code, type, hint] of [
      ["ENOSPC", CottonCandyError, "free some space"],
      ["EDQUOT", CottonCandyError, "quota"],
      ["EACCES", AccessDeniedError, "permission"],
      ["EROFS", AccessDeniedError, "read-only"],
      ["EIO", CottonCandyError, "made up"],
      ["EMFILE", CottonCandyError, "too many open files"],
      ["EXDEV", CottonCandyError, "another file system"],
    ] as const
  ) {
    await inDirectory(async (directory) => {
      let cancelled = false;
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => controller.enqueue(new Uint8Array(300_000)),
        cancel: () => void (cancelled = true),
      }, { highWaterMark: 0 });
      let count = 0;
      const files = hookedFiles((operation) => {
        if (operation === "write" && ++count === 3) throw platformError(code);
      });
      const error = await assertRejects(
        () => new LocalBackend(directory, { files }).put("a", body),
        type,
        hint,
      );
      assertEquals(error.committed, "no");
      assertEquals(error.key, "a");
      assert(cancelled);
      assertEquals(await tree(directory), []);
    });
  }
});

Deno.test("a disk that is really full", { ignore: Deno.build.os !== "linux" }, async () => {
  // A process may only write files of half a MiB: the kernel refuses the rest as it would on a full disk.
  await inDirectory(async (directory) => {
    const script = `
      import { LocalBackend } from ${JSON.stringify(import.meta.resolve("../../../backends/local/mod.ts"))};
      const backend = new LocalBackend(${JSON.stringify(directory)});
      await backend.put("small", new Uint8Array(1000));
      try {
        await backend.put("large", new Uint8Array(2_000_000));
      } catch (error) {
        Deno.stdout.writeSync(new TextEncoder().encode(error.name + ": " + error.message + " " + error.committed));
      }`;
    await Deno.writeTextFile(`${directory}.ts`, script);
    try {
      const { stdout } = await new Deno.Command("sh", {
        args: [
          "-c",
          `trap '' XFSZ; ulimit -f 1024; exec "$0" run -A --no-lock --config "$1" "$2"`,
          Deno.execPath(),
          CONFIG,
          `${directory}.ts`,
        ],
        stderr: "inherit",
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert(
        text.startsWith("QuotaError: ") && text.includes("free some space") && text.endsWith(" no"),
        text,
      );
    } finally {
      await Deno.remove(`${directory}.ts`);
    }
    assertEquals(await tree(directory), ["small", "small.meta.json"]);
  });
});

const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

Deno.test("Deno without permission is an AccessDeniedError that names the flags", {
  permissions: { read: false, write: false },
}, async () => {
  const backend = new LocalBackend("/tmp");
  await assertRejects(() => backend.head("a"), AccessDeniedError, "--allow-read");
  await assertRejects(() => backend.put("a", encode("x")), AccessDeniedError, "--allow-write");
  await assertRejects(() => collect(backend.list()), AccessDeniedError, "--allow-read");
});

Deno.test("a file that is cut short while it is read is an IntegrityError", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    const bytes = pattern(4_000_000);
    for (const how of ["read", "stream"] as const) {
      await backend.put("a", bytes);
      const reader = await backend.open("a");
      await Deno.truncate(`${directory}/a`, 1_500_000);
      const error = await assertRejects(
        () => how === "read" ? reader.read() : readAll(reader.stream()),
        IntegrityError,
        "1500000 of 4000000",
      );
      assertEquals(error.key, "a");
      await reader.close();
    }
  });
});

Deno.test("a file that is written into while it is read is a PreconditionFailedError", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    for (const how of ["read", "stream"] as const) {
      await backend.put("a", pattern(3_000_000));
      const reader = await backend.open("a");
      await new Promise((resolve) => setTimeout(resolve, 20));
      await Deno.writeFile(`${directory}/a`, pattern(3_000_000, 2));
      await assertRejects(
        () => how === "read" ? reader.read() : readAll(reader.stream()),
        PreconditionFailedError,
      );
      await reader.close();
    }
  });
});

Deno.test("an open reader keeps its version; once its range is read, another version is refused", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    const old = pattern(3_000_000, 1);
    await backend.put("a", old);
    const open = await backend.open("a");
    const done = await backend.open("a", { range: { offset: 0, length: 4 } });
    await done.read();
    assertBytes(await done.read({ suffix: 10 }), old.subarray(-10));
    await backend.put("a", pattern(3_000_000, 2));
    assertBytes(await open.read({ offset: 10, length: 10 }), old.subarray(10, 20));
    assertBytes(await readAll(open.stream({ offset: 5 })), old.subarray(5));
    assertBytes(await open.read(), old);
    await assertRejects(() => open.read(), PreconditionFailedError);
    await assertRejects(() => done.read(), PreconditionFailedError);
    await assertRejects(() => readAll(done.stream()), PreconditionFailedError);
    await collect(backend.delete(["a"]));
    await assertRejects(() => done.read(), PreconditionFailedError);
    await open.close();
    await done.close();
  });
});

Deno.test(
  "a reader's file is closed whatever is done with it",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await inDirectory(async (directory) => {
      const backend = new LocalBackend(directory);
      await backend.put("a", pattern(5_000_000));
      const open = async () => {
        const all = await Array.fromAsync(
          Deno.readDir("/proc/self/fd"),
          ({ name }) => Deno.readLink(`/proc/self/fd/${name}`).catch(() => ""),
        );
        return all.filter((path) => path.startsWith(directory)).length;
      };
      await backend.head("a");
      await (await backend.open("a")).close();
      await (await backend.open("a")).read();
      await readAll((await backend.open("a")).stream());
      await (await backend.open("a")).stream().cancel();
      const half = (await backend.open("a")).stream().getReader();
      await half.read();
      await half.cancel();
      const stop = new AbortController();
      const aborted = (await backend.open("a", { signal: stop.signal })).stream().getReader();
      const pending = aborted.read();
      stop.abort(new Error("enough"));
      await pending.catch(() => {});
      const abandoned = await backend.open("a");
      await abandoned.stream().getReader().read();
      await abandoned.close();
      await assertRejects(() => backend.open("a", { ifMatch: "another" }), PreconditionFailedError);
      await assertRejects(() => backend.open("a", { range: { offset: -1 } }), InvalidArgumentError);
      // An operation that was under way ends in a thread of its own.
      for (const end = performance.now() + 60_000; await open() > 0 && performance.now() < end;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assertEquals(await open(), 0);
    });
  },
);

Deno.test("an abort while another process holds the lock is heard, and nobody's turn is lost", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    await backend.put("old", encode("x"));
    const release = await platformFiles().lock(await Deno.realPath(directory));
    const stop = new AbortController();
    const reason = new Error("no patience");
    const put = backend.put("a", encode("x"), { signal: stop.signal });
    const deleted = collect(backend.delete(["old"], { signal: stop.signal }));
    const patient = backend.put("b", encode("y"));
    // Both are written, and wait for their turn.
    while ((await temporaryFiles(directory)).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stop.abort(reason);
    const reasons = await Promise.all([assertRejects(() => put), assertRejects(() => deleted)]);
    assertEquals(reasons, [reason, reason]);
    assertEquals((await temporaryFiles(directory)).length, 1, "of the one that still waits");
    release();
    await patient;
    assertEquals(await names(backend.list(), ""), ["b", "old"]);
    assertEquals(await temporaryFiles(directory), []);
  });
});

Deno.test("etags change with every version, however fast they follow", async () => {
  await inDirectory(async (directory) => {
    const backend = new LocalBackend(directory);
    const etags = new Set<string | undefined>();
    for (let i = 0; i < 200; i++) etags.add((await backend.put("a", encode("same size"))).etag);
    assertEquals(etags.size, 200);
  });
});

Deno.test("several processes: one creator wins, each replacement counts, pairs stay whole", async () => {
  await inDirectory(async (directory) => {
    const store = `${directory}/store`;
    await Deno.mkdir(store);
    const backend = new LocalBackend(store);
    await backend.put("counter", encode("0"), { metadata: { n: "0" } });
    const script = `
      import { LocalBackend } from ${JSON.stringify(import.meta.resolve("../../../backends/local/mod.ts"))};
      const backend = new LocalBackend(${JSON.stringify(store)});
      let won = 0;
      for (let i = 0; i < 30; i++) {
        await backend.put("once/" + i, new TextEncoder().encode(Deno.args[0]), { ifAbsent: true, metadata: { by: Deno.args[0] } })
          .then(() => won++, (error) => { if (error.code !== "AlreadyExists") throw error; });
        for (;;) {
          const reader = await backend.open("counter");
          const n = Number(new TextDecoder().decode(await reader.read())) ;
          if (reader.info.metadata.n !== String(n)) throw new Error("a mixed pair");
          const done = await backend.put("counter", new TextEncoder().encode(String(n + 1)),
            { ifMatch: reader.info.etag, metadata: { n: String(n + 1) } })
            .then(() => true, (error) => { if (error.code !== "PreconditionFailed") throw error; });
          if (done) break;
        }
        await backend.put("deep/er/" + Deno.args[0], new Uint8Array(10));
        for await (const { error } of backend.delete(["deep/er/" + Deno.args[0]])) if (error) throw error;
      }
      Deno.stdout.writeSync(new TextEncoder().encode(String(won)));`;
    await Deno.writeTextFile(`${directory}/writer.ts`, script);
    const outputs = await Promise.all(["1", "2", "3"].map((name) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-lock", "--config", CONFIG, `${directory}/writer.ts`, name],
        stderr: "inherit",
      }).output()
    ));
    const won = outputs.map(({ stdout }) => Number(new TextDecoder().decode(stdout)));
    assert(outputs.every(({ success }) => success));
    assertEquals(won.reduce((a, b) => a + b), 30);
    assertEquals(await readPair(backend, "counter"), {
      text: "90",
      metadata: { n: "90" },
      contentType: undefined,
    });
    for (let i = 0; i < 30; i++) {
      const pair = await readPair(backend, `once/${i}`);
      assertEquals(pair?.metadata.by, pair?.text);
    }
    assertEquals(await temporaryFiles(store), []);
  });
});
