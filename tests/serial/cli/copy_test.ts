/** cp, mv and sync over memory, disk and the stand-in for S3. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { cli, records } from "../../cli/run.ts";
import { contents } from "../../sync/places.ts";
import { inDirectory, keysOf, memory } from "../../cli/store.ts";
import { withS3 } from "./s3.ts";

/** The files of a directory, with what is in them. */
async function filesOf(directory: string, below = ""): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(`${directory}/${below}`)) {
    if (isDirectory) Object.assign(all, await filesOf(directory, `${below}${name}/`));
    else all[below + name] = await Deno.readTextFile(`${directory}/${below}${name}`);
  }
  return all;
}

Deno.test("cli: cp of a file and an object: into directories with its name, else under the new one", () =>
  inDirectory({ "a.txt": "a", "d/x": "x" }, async (directory) => {
    const { backend, url } = await memory();
    for (const target of ["", "/", "/dir/", "/other"]) {
      const ran = await cli(["cp", `${directory}/a.txt`, `${url}${target}`]);
      assertEquals([ran.code, ran.out], [0, ""], ran.err);
      assertMatch(ran.err, /^copied 1 object, 1 B in /);
    }
    assertEquals(await contents(backend), { "a.txt": "a", "dir/a.txt": "a", other: "a" });
    assertEquals((await cli(["cp", `${url}/other`, `${directory}/d`])).code, 0);
    assertEquals((await cli(["cp", `${url}/other`, `${directory}/new/dir/`])).code, 0);
    assertEquals((await cli(["cp", `${url}/other`, `${directory}/a.txt2`])).code, 0);
    assertEquals(await filesOf(directory), {
      "a.txt": "a",
      "a.txt2": "a",
      "d/x": "x",
      "d/other": "a",
      "new/dir/other": "a",
    });
  }));

Deno.test("cli: cp -r copies what is in a directory; of several sources each with its name", () =>
  inDirectory({ "d/a": "a", "d/e/b": "b", "f/c": "c", g: "g" }, async (directory) => {
    const { backend, url } = await memory();
    assertEquals((await cli(["cp", "-r", `${directory}/d`, `${url}/p`])).code, 0);
    assertEquals(await contents(backend), { "p/a": "a", "p/e/b": "b" });
    const several = await memory();
    const sources = ["d", "f/", "g"].map((name) => `${directory}/${name}`);
    assertEquals((await cli(["cp", "-r", ...sources, `${several.url}/p`])).code, 2);
    assertEquals((await cli(["cp", "-r", ...sources, `${several.url}/p/`])).code, 0);
    assertEquals(await contents(several.backend), { "p/d/a": "a", "p/d/e/b": "b", "p/f/c": "c", "p/g": "g" });
    assertEquals((await cli(["cp", "-r", `${url}/p`, `${directory}/back/here`])).code, 0);
    assertEquals(await filesOf(`${directory}/back/here`), { a: "a", "e/b": "b" });
    assertEquals((await cli(["cp", "-r", url, `${several.url}/all`])).code, 0);
    assertEquals((await keysOf(several.backend)).filter((key) => key.startsWith("all")), [
      "all/p/a",
      "all/p/e/b",
    ]);
  }));

Deno.test("cli: cp of what matches, below the last directory without wildcards", async () => {
  const { url } = await memory(["s/sub1/x.npy", "s/sub1/y", "s/sub2/x.npy", "s/sub2/d/x.npy"]);
  const to = await memory();
  assertEquals((await cli(["cp", `${url}/s/sub*/*.npy`, `${to.url}/t`])).code, 0);
  assertEquals(await keysOf(to.backend), ["t/sub1/x.npy", "t/sub2/x.npy"]);
  assertEquals((await cli(["cp", `${url}/s/nothing*`, `${to.url}/t`])).code, 1);
});

Deno.test("cli: cp refuses what makes no sense, and says what would", async () => {
  const { backend, url } = await memory(["d/a", "d/b", "one"]);
  for (
    const [args, says, code] of [
      [[`${url}/d`, `${url}/e`], "is a directory: to take all that is in it, give -r", 2],
      [[`${url}/missing`, `${url}/e`], "there is nothing at", 1],
      [["-r", `${url}/missing`, `${url}/e`], "there is nothing to take at", 1],
      [[`${url}/one`, `${url}/one`], "onto itself", 2],
      [["-r", `${url}/d`, `${url}/d/e`], "choose places apart", 2],
      [[`${url}/one`], "a source and a destination", 2],
      [["--no-clobber", "--if-size-differs", `${url}/one`, `${url}/e`], "give one of them", 2],
      [["--concurrency", "0", `${url}/one`, `${url}/e`], "no whole number from 1", 2],
      [["-r", "-", `${url}/e`], "it can only be copied", 2],
      [["-", `${url}/e/`], "name the object", 2],
      [["--json", `${url}/one`, "-"], "can't both go to standard output", 2],
    ] as const
  ) {
    const ran = await cli(["cp", ...args]);
    assertEquals(ran.code, code, `${args.join(" ")}: ${ran.err}`);
    assertStringIncludes(ran.err + ran.out, says);
  }
  assertEquals(await keysOf(backend), ["d/a", "d/b", "one"]);
});

Deno.test("cli: cp from standard input and to standard output, bytes as they are", async () => {
  const { backend, url } = await memory();
  const bytes = crypto.getRandomValues(new Uint8Array(50_000));
  const ran = await cli(["cp", "-", `${url}/x`], { stdin: bytes });
  assertEquals(ran.code, 0, ran.err);
  assertEquals(await (await backend.open("x")).read(), bytes);
  const back = await cli(["cp", `${url}/x`, "-"]);
  assertEquals(back.code, 0);
  assertMatch(back.err, /^copied 1 object, 48\.8 KiB in /);
  assertEquals(back.bytes, bytes);
  const kept = await cli(["cp", "--no-clobber", "-", `${url}/x`], { stdin: "other" });
  assertEquals(kept.code, 1);
  assertEquals((await backend.head("x"))?.size, 50_000);
  assertEquals(
    (await cli(["cp", "-n", "-", `${url}/y`], { stdin: "other" })).out,
    `would copy standard input to ${url}/y\n`,
  );
});

Deno.test("cli: cp leaves what is there, where it is told to", async () => {
  const from = await memory({ a: "new", b: "longer" });
  for (
    const [option, expected] of [
      ["--no-clobber", { a: "old", b: "old" }],
      ["--if-size-differs", { a: "old", b: "longer" }],
      ["--concurrency=2", { a: "new", b: "longer" }],
    ] as const
  ) {
    for (const recursive of [true, false]) {
      const to = await memory({ a: "old", b: "old" });
      const args = recursive ? ["-r", from.url, to.url] : [`${from.url}/a`, `${from.url}/b`, `${to.url}/`];
      const ran = await cli(["cp", option, ...args]);
      assertEquals(ran.code, 0, ran.err);
      assertEquals(await contents(to.backend), { ...expected });
      if (option === "--no-clobber") assertEquals(ran.err, "copied 0 objects, 2 skipped\n");
    }
  }
});

Deno.test("cli: filters count in their order, and a dry run copies nothing", async () => {
  const { url } = await memory(["p/a.npy", "p/b.tmp", "p/d/c.npy", "p/d/keep.tmp"]);
  const to = await memory();
  const filters = ["--include", "keep.*", "--exclude", "*.tmp"];
  const dry = await cli(["cp", "-rn", ...filters, `${url}/p`, `${to.url}/q`]);
  assertEquals(
    dry.out.trimEnd().split("\n").sort(),
    ["a.npy", "d/c.npy", "d/keep.tmp"].map((name) => `would copy ${url}/p/${name} to ${to.url}/q/${name}`),
  );
  assertEquals(dry.err, "dry run: would have copied 3 objects\n");
  assertEquals(await keysOf(to.backend), []);
  await cli(["cp", "-r", ...filters, `${url}/p`, `${to.url}/q`]);
  assertEquals(await keysOf(to.backend), ["q/a.npy", "q/d/c.npy", "q/d/keep.tmp"]);
  const swapped = await memory();
  await cli(["cp", "-r", "--exclude", "*.tmp", "--include", "keep.*", `${url}/p`, `${swapped.url}/q`]);
  assertEquals(await keysOf(swapped.backend), ["q/a.npy", "q/d/c.npy"]);
});

Deno.test("cli: mv deletes what it has copied, in any store", () =>
  inDirectory({ "d/a": "a", "d/e/b": "b", one: "1" }, async (directory) => {
    const { backend, url } = await memory();
    assertEquals((await cli(["mv", `${directory}/one`, `${url}/dir/`])).code, 0);
    assertEquals((await cli(["mv", `${directory}/d`, `${url}/p`])).code, 2, "it is a directory");
    const moved = await cli(["mv", "-r", `${directory}/d`, `${url}/p`]);
    assertEquals(moved.code, 0);
    assertMatch(moved.err, /^moved 2 objects, /);
    assertEquals(await contents(backend), { "dir/one": "1", "p/a": "a", "p/e/b": "b" });
    assertEquals(Object.keys(await filesOf(directory)), []);
    assertEquals((await cli(["mv", `${url}/p/a`, `${url}/p/c`])).code, 0);
    assertEquals((await cli(["mv", "-rn", `${url}/p`, `${url}/q`])).code, 0);
    assertEquals(await keysOf(backend), ["dir/one", "p/c", "p/e/b"]);
    assertEquals((await cli(["mv", "--no-clobber", `${url}/p/c`, `${url}/dir/one`])).code, 0);
    assertEquals(await keysOf(backend), ["dir/one", "p/c", "p/e/b"]);
  }));

Deno.test("cli: sync copies what differs, and deletes only when told to", () =>
  inDirectory({ "s/a": "a", "s/d/b": "b" }, async (directory) => {
    const { backend, url } = await memory({ "t/old": "old", "t/keep.log": "log" });
    const [source, target] = [`${directory}/s`, `${url}/t`];
    const first = await cli(["sync", source, target]);
    assertEquals(first.code, 0, first.err);
    assertMatch(first.err, /^copied 2 objects, /);
    const second = await cli(["sync", source, target]);
    assertEquals(second.err, "copied 0 objects, 2 skipped\n");
    const args = ["sync", "--delete", "--exclude", "*.log", source, target];
    const dry = await cli([...args, "-n"]);
    assertEquals(dry.out, `would delete ${url}/t/old\n`);
    assertEquals((await cli([...args, "--max-delete", "0"])).code, 1);
    assertEquals((await keysOf(backend)).includes("t/old"), true);
    const done = records(await cli([...args, "--json"]));
    const summary = done.at(-1);
    assertEquals([summary?.done, summary?.skipped, summary?.deleted, summary?.exit], [0, 2, 1, 0]);
    assertEquals(await keysOf(backend), ["t/a", "t/d/b", "t/keep.log"]);
    await Deno.mkdir(`${directory}/empty`);
    const empty = await cli(["sync", "--delete", `${directory}/empty`, target]);
    assertEquals(empty.code, 1);
    assertStringIncludes(empty.err, "Nothing was deleted");
    assertEquals((await cli(["sync", "--max-delete", "1", source, target])).code, 2);
    assertEquals((await cli(["sync", "--compare", "colour", source, target])).code, 2);
    assertEquals((await cli(["sync", `${source}/a`, target])).code, 2);
    assertEquals((await cli(["sync", source])).code, 2);
  }));

Deno.test("cli: what fails of some is told with its name, and the rest is right", () =>
  withS3(["bucket"], (s3, at) =>
    inDirectory({ a: "a", b: "b", c: "c" }, async (directory) => {
      s3.inject({
        operation: "PutObject",
        key: "p/b",
        kind: "status",
        status: 403,
        code: "AccessDenied",
        times: Infinity,
      });
      const ran = await cli(["cp", "-r", directory, at("s3://bucket/p")]);
      assertEquals(ran.code, 1);
      assertStringIncludes(ran.err, "p/b");
      assertMatch(ran.err, /copied 2 objects, .*1 failed\n$/);
      const lines = records(await cli(["cp", "-r", "--json", directory, at("s3://bucket/p")]));
      const failed = lines.filter(({ ok }) => ok === false);
      assertEquals(failed.map(({ source, target }) => [source, target]), [[
        `${directory}/b`,
        "s3://bucket/p/b",
      ]]);
      assertEquals(lines.at(-1)?.failed, 1);
      assert(!ran.err.includes("    at "), "no stacks");
      const debug = await cli(["cp", "-r", "--log-level", "debug", directory, at("s3://bucket/p")]);
      assertStringIncludes(debug.err, "    at ");
      assertStringIncludes(debug.err, `copied ${directory}/a to s3://bucket/p/a`);
      const quiet = await cli(["cp", "-rq", directory, at("s3://bucket/q")]);
      assertEquals([quiet.code, quiet.out, quiet.err], [0, "", ""]);
    })));

Deno.test("cli: what is encrypted on its way is decrypted on its way back", () =>
  inDirectory({ "d/a": "secret" }, async (directory) => {
    const { backend, url } = await memory();
    const key = ["--key-file", `${directory}/key`];
    assertEquals((await cli(["keygen", "aes", `${directory}/key`])).code, 0);
    assertEquals((await cli(["cp", "-r", `${directory}/d`, `${url}/p`, ...key])).code, 0);
    assert(!(await contents(backend))["p/a"].includes("secret"));
    assertEquals((await cli(["cp", `${url}/p/a`, "-", ...key])).out, "secret");
    assertEquals(
      (await cli(["sync", `${directory}/d`, `${url}/p`, ...key])).err,
      "copied 0 objects, 1 skipped\n",
    );
  }));

Deno.test("cli: a passphrase that something is encrypted by is asked for twice", () =>
  inDirectory({ a: "hello" }, async (directory) => {
    const { backend, url } = await memory();
    for (const command of [["cp"], ["sync"]]) {
      const source = command[0] === "cp" ? `${directory}/a` : directory;
      const slip = await cli([...command, source, `${url}/x`, "--passphrase"], {
        secret: ["right", "rihgt"],
      });
      assertEquals([slip.code, slip.err], [2, "error: that was another passphrase: nothing was done\n"]);
      assertEquals(await keysOf(backend), []);
    }
    const secret = ["right", "right"];
    assertEquals((await cli(["cp", `${directory}/a`, `${url}/x`, "--passphrase"], { secret })).code, 0);
    assertEquals((await cli(["cat", `${url}/x`, "--passphrase"], { secret: ["right"] })).out, "hello");
    assertEquals(
      (await cli(["cp", `${url}/x`, `${directory}/b`, "--passphrase"], { secret: ["right"] })).code,
      0,
    );
    const key = await cli(["keygen", "age", `${directory}/k`, "--passphrase"], { secret: ["a", "b"] });
    assertEquals(key.code, 2);
  }));

Deno.test("cli: an abort ends what is under way, and nothing of it is left", () =>
  withS3(["bucket"], (s3, at) =>
    inDirectory({}, async (directory) => {
      await Deno.writeFile(`${directory}/large`, new Uint8Array(24 * 2 ** 20));
      s3.inject({ operation: "UploadPart", kind: "delay", ms: 60_000, at: "answer", times: Infinity });
      const { InterruptedError } = await import("../../../cli/io.ts");
      for (const [by, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
        const controller = new AbortController();
        const running = cli(["cp", `${directory}/large`, at("s3://bucket/large")], {
          signal: controller.signal,
        });
        while (!s3.requests.some(({ operation }) => operation === "UploadPart")) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        controller.abort(new InterruptedError(by));
        const ran = await running;
        assertEquals([ran.code, ran.out], [code, ""]);
        assertStringIncludes(ran.err, "interrupted: copied 0, and nothing is left half done");
        assertEquals((await cli(["uploads", at("s3://bucket")])).out, "");
        assertEquals((await cli(["ls", at("s3://bucket")])).out, "");
        s3.requests.length = 0;
      }
      // Who may not end uploads is not told that nothing is left.
      s3.inject({
        ...{ operation: "AbortMultipartUpload", kind: "status", status: 403, code: "AccessDenied" },
        times: Infinity,
      });
      const denied = new AbortController();
      const running = cli(["cp", `${directory}/large`, at("s3://bucket/large")], { signal: denied.signal });
      while (!s3.requests.some(({ operation }) => operation === "UploadPart")) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      denied.abort(new InterruptedError("SIGINT"));
      const left = await running;
      assertEquals(left.code, 130);
      assertStringIncludes(
        left.err,
        'warning: the parts that were sent of "large" may still be in bucket "bucket"',
      );
      assertStringIncludes(left.err, "until `cottoncandy uploads --abort` ends the upload");
      assertStringIncludes(
        left.err,
        "interrupted: copied 0, and of what was under way something is left: see the warning\n",
      );
      assertStringIncludes((await cli(["uploads", at("s3://bucket")])).out, "s3://bucket/large\n");
      // A copy may have been stored, and its source not yet deleted.
      const controller = new AbortController();
      controller.abort(new InterruptedError("SIGINT"));
      const moved = await cli(["mv", `${directory}/large`, at("s3://bucket/large")], {
        signal: controller.signal,
      });
      assertEquals([moved.code, moved.err], [
        130,
        "interrupted: moved 0, and of what was under way some may be in both places: run it again\n",
      ]);
    })));
