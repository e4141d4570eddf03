/** What is copied, skipped and deleted, and what is refused. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Backend } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { aesKeys, EncryptingBackend, generateAesKey } from "../../crypto/mod.ts";
import {
  AccessDeniedError,
  ConnectionError,
  IntegrityError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
  QuotaError,
} from "../../lib/errors.ts";
import { sync, SyncError, type SyncOptions } from "../../lib/sync/mod.ts";
import { delegate } from "../backends/delegate.ts";
import { contents, directoryPlace, fill, told } from "./places.ts";

async function lines(from: Backend, to: Backend, options: SyncOptions = {}): Promise<string[]> {
  const { onAction, lines } = told();
  await sync({ backend: from }, { backend: to }, { ...options, onAction });
  return lines();
}

async function stores(
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>> = {},
): Promise<[MemoryBackend, MemoryBackend]> {
  const [from, to] = [new MemoryBackend(), new MemoryBackend()];
  await fill(from, source);
  await fill(to, target);
  return [from, to];
}

Deno.test("each object is copied or skipped with its reason, and what only the target has stays", async () => {
  const [from, to] = await stores({ a: "12", b: "12", c: "12" }, { b: "123", c: "34", d: "" });
  assertEquals(await lines(from, to), ["copy a missing", "copy b size", "copy c unknown"]);
  assertEquals(await contents(to), { a: "12", b: "12", c: "12", d: "" });
});

Deno.test("a dry run tells what a sync does, and changes nothing", async () => {
  const [from, to] = await stores({ a: "12", b: "12", c: "12" }, { b: "12", d: "", e: "" });
  const options = { delete: true, compare: "size" } as const;
  const before = await contents(to);
  const planned = told();
  const plan = await sync({ backend: from }, { backend: to }, {
    ...options,
    dryRun: true,
    onAction: planned.onAction,
  });
  assertEquals(await contents(to), before);
  const done = told();
  assertEquals(await sync({ backend: from }, { backend: to }, { ...options, onAction: done.onAction }), plan);
  assertEquals(plan, { copied: 2, skipped: 1, deleted: 2, bytes: 4, failed: 0 });
  assertEquals(done.lines(), planned.lines());
  assertEquals(Object.keys(await contents(to)), ["a", "b", "c"]);
});

Deno.test("the first filter that matches decides, and what is excluded is neither copied nor deleted", async () => {
  const names = { "a.tmp": "", "keep.tmp": "", "x/b.tmp": "", "x/c": "", "cache/d": "", "x/cache/e": "" };
  const [from, to] = await stores(names, { "old.tmp": "", old: "", "cache/old": "" });
  const filters = [{ include: "keep.tmp" }, { exclude: "*.tmp" }, { exclude: "cache/" }];
  assertEquals(await lines(from, to, { filters, delete: true }), [
    "copy keep.tmp missing",
    "copy x/c missing",
    "delete old absent",
  ]);
  const [again, none] = await stores(names);
  assertEquals(await lines(again, none, { filters: [{ include: "x/**" }] }), [
    "copy x/b.tmp missing",
    "copy x/c missing",
    "copy x/cache/e missing",
  ]);
  for (const exclude of ["cache", "cache/", "**/cache", "cach?"]) {
    const [some, none] = await stores(names, { "cache/old": "" });
    assertEquals(await lines(some, none, { filters: [{ exclude }], delete: true }), [
      "copy a.tmp missing",
      "copy keep.tmp missing",
      "copy x/b.tmp missing",
      "copy x/c missing",
    ], exclude);
  }
  const [part, rest] = await stores({ "a/b/c": "", "x/a/b/c": "", "a/bc": "" });
  for (const exclude of ["/a/b", "a/b"]) {
    assertEquals(await lines(part, rest, { filters: [{ exclude }], dryRun: true }), [
      "copy a/bc missing",
      "copy x/a/b/c missing",
    ], exclude);
  }
  for (const filter of [{}, { include: "" }, { include: "a", exclude: "b" }]) {
    await assertRejects(
      () => lines(from, to, { filters: JSON.parse(JSON.stringify([filter])) }),
      InvalidArgumentError,
      "a filter is",
    );
  }
});

Deno.test("options that make no sense, and places in each other, are refused before anything is done", async () => {
  const [from, to] = await stores({ "a/b": "", "c/d": "" });
  const wrong: SyncOptions[] = [
    { compare: JSON.parse('"newest"') },
    { maxDelete: -1, delete: true },
    { maxDelete: 3 },
    { allowEmptySource: true },
    { concurrency: 0 },
    { delete: true, ...JSON.parse('{ "dry_run": true }') },
  ];
  for (const options of wrong) await assertRejects(() => lines(from, to, options), InvalidArgumentError);
  for (const [a, b] of [["a", "a"], ["", "a"], ["a/b", "a"]]) {
    await assertRejects(
      () => sync({ backend: from, prefix: a }, { backend: from, prefix: b }),
      InvalidArgumentError,
      "choose places apart",
    );
  }
  assertEquals((await sync({ backend: from, prefix: "a" }, { backend: from, prefix: "a2" })).copied, 1);
  assertEquals(await contents(to), {});
});

Deno.test("places in each other are refused behind encryption too; in its own place what is there can be encrypted", async () => {
  const store = new MemoryBackend();
  const encrypting = new EncryptingBackend(store, aesKeys(generateAesKey()));
  const place = (backend: Backend, prefix: string) => ({ backend, prefix });
  await fill(encrypting, { "secret/1": "one", "secret/2": "two" });
  for (
    const [from, to] of [
      [place(encrypting, "secret"), place(store, "")],
      [place(store, ""), place(encrypting, "secret")],
      [place(encrypting, ""), place(new EncryptingBackend(store, aesKeys(generateAesKey())), "secret")],
    ]
  ) {
    await assertRejects(() => sync(from, to, { delete: true }), InvalidArgumentError, "choose places apart");
  }
  assertEquals(await contents(encrypting), { "secret/1": "one", "secret/2": "two" });
  await fill(store, { "plain/1": "one" });
  await sync(place(store, "plain"), place(encrypting, "plain"), { compare: "always" });
  assertEquals((await contents(encrypting))["plain/1"], "one");
});

Deno.test("one object that can't be copied keeps no other from it, and keeps everything from being deleted", async () => {
  const [from, to] = await stores({ a: "1", b: "2", c: "3" }, { old: "" });
  const denied = delegate(from, {
    open: (key, options) =>
      key === "b" ? Promise.reject(new AccessDeniedError("no")) : from.open(key, options),
  });
  const { onAction, lines } = told();
  const error = await assertRejects(
    () => sync({ backend: denied }, { backend: to, prefix: "" }, { delete: true, onAction }),
    SyncError,
    'synced 2 and failed for 1: "b": no',
  );
  assertEquals(error.result, { copied: 2, skipped: 0, deleted: 0, bytes: 2, failed: 1 });
  assertEquals(error.failed.map(({ key }) => key), ["b"]);
  assertEquals(lines(), ["copy a missing", "copy b missing AccessDeniedError", "copy c missing"]);
  assertEquals(await contents(to), { a: "1", c: "3", old: "" });
});

Deno.test("a store that can't be reached or is full ends it all at once", async () => {
  for (const failure of [new ConnectionError("gone"), new QuotaError("full")]) {
    const [from, to] = await stores(
      Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${i}`, "x"])),
      { old: "" },
    );
    let puts = 0;
    const failing = delegate(to, { put: () => (puts++, Promise.reject(failure)) });
    const thrown = await assertRejects(() => lines(from, failing, { delete: true, concurrency: 4 }));
    assertEquals(thrown, failure);
    assertEquals(puts <= 4, true, `${puts} puts`);
    assertEquals(await contents(to), { old: "" });
  }
});

Deno.test("failures are counted, and the first thousand are named", async () => {
  const [from, to] = await stores(Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`${i}`, ""])));
  const failing = delegate(to, { put: () => Promise.reject(new AccessDeniedError("no")) });
  const error = await assertRejects(() => lines(from, failing), SyncError, "failed for 1200");
  assertEquals([error.failed.length, error.result.failed], [1000, 1200]);
});

Deno.test("an empty source empties nothing unless that is said, nor does a listing that fails", async () => {
  const [from, to] = await stores({}, { a: "1" });
  await assertRejects(
    () => lines(from, to, { delete: true }),
    PreconditionFailedError,
    "pass allowEmptySource: true",
  );
  const failing = delegate(from, {
    // deno-lint-ignore require-yield
    async *list() {
      await Promise.resolve();
      throw new NotFoundError("no such bucket");
    },
  });
  await assertRejects(() => lines(failing, to, { delete: true, allowEmptySource: true }), NotFoundError);
  assertEquals(await contents(to), { a: "1" });
  assertEquals(await lines(from, to, { delete: true, allowEmptySource: true }), ["delete a absent"]);
});

Deno.test("more than maxDelete is not deleted at all, and what goes from the source meanwhile is left for the next time", async () => {
  const [from, to] = await stores({ a: "1" }, { a: "1", b: "", c: "" });
  await assertRejects(
    () => lines(from, to, { delete: true, maxDelete: 1 }),
    PreconditionFailedError,
    "2 objects",
  );
  assertEquals(Object.keys(await contents(to)), ["a", "b", "c"]);
  // The second listing finds the source emptied.
  let listings = 0;
  const emptied = delegate(from, {
    list: (options) => ++listings > 1 ? new MemoryBackend().list(options) : from.list(options),
  });
  assertEquals(
    (await lines(emptied, to, { delete: true, maxDelete: 2 })).filter((line) => /^delete/.test(line)).length,
    2,
  );
  assertEquals(Object.keys(await contents(to)).length, 1);
});

Deno.test("deletions that fail are named", async () => {
  const [from, to] = await stores({ a: "1" }, { b: "", c: "" });
  const failing = delegate(to, {
    async *delete(items) {
      for await (const item of items) {
        const key = typeof item === "string" ? item : item.key;
        if (key === "b") yield { key, error: new AccessDeniedError("no") };
      }
    },
  });
  const error = await assertRejects(() => lines(from, failing, { delete: true }), SyncError, "no");
  assertEquals(error.failed.map(({ key, error }) => `${key} ${error.message.includes("did not say")}`), [
    "b false",
    "c true",
  ]);
  assertEquals(error.result, { copied: 1, skipped: 0, deleted: 0, bytes: 1, failed: 2 });
});

Deno.test("a listing out of order is an error, since what seems to be missing may follow", async () => {
  const [from, to] = await stores({ a: "1", b: "" }, { b: "" });
  const unordered = delegate(from, {
    async *list(options) {
      const all = await Array.fromAsync(from.list(options));
      yield* all.reverse();
    },
  });
  await assertRejects(() => lines(unordered, to, { delete: true }), IntegrityError, "out of order");
});

Deno.test("what a directory has that is no object is told, and what was stored under its name is not deleted", async () => {
  await using from = await directoryPlace();
  const { path } = from;
  await Deno.mkdir(`${path}/d`);
  await Deno.mkdir(`${path}/outside`);
  for (const name of ["d/a", "d/a.meta.json", "d/b.meta.json"]) {
    await Deno.writeTextFile(`${path}/${name}`, "{}");
  }
  await Deno.symlink(`${path}/d/a`, `${path}/d/link`);
  await Deno.symlink(`${path}/outside`, `${path}/linked`);
  await Deno.symlink(`${path}/outside`, `${path}/excluded`);
  assertEquals((await new Deno.Command("mkfifo", { args: [`${path}/pipe`] }).output()).code, 0);
  const to = new MemoryBackend();
  await fill(to, {
    "d/link": "1",
    "linked/x/y": "2",
    pipe: "3",
    "d/linked": "",
    "linked.old": "",
    "d/b.meta.json": "4",
  });
  const options = { delete: true, filters: [{ exclude: "excluded" }] };
  for (const dryRun of [true, false]) {
    const warnings: (string | undefined)[] = [];
    const { deleted } = await sync(from, { backend: to }, {
      ...options,
      dryRun,
      onWarning: ({ kind, key }) => kind === "left-out" && warnings.push(key),
    });
    assertEquals(warnings.sort(), ["d/b.meta.json", "d/link", "linked", "pipe"]);
    assertEquals(deleted, 2);
  }
  assertEquals(Object.keys(await contents(to)), ["d/a", "d/b.meta.json", "d/link", "linked/x/y", "pipe"]);
});

Deno.test({
  name: "files whose names are not UTF-8 are told of, and what the target has by such a name is not deleted",
  // Others' file systems refuse them.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using from = await directoryPlace();
    const script = `cd "$1" && touch good replaced\ufffd "$(printf 'bad\\377')" && ` +
      `mkdir "$(printf 'dir\\376')" && touch "$(printf 'dir\\376')/in"`;
    const made = new Deno.Command("sh", { args: ["-c", script, "sh", from.path] });
    assertEquals((await made.output()).code, 0);
    const to = new MemoryBackend();
    await fill(to, { "bad\ufffd": "1", "dir\ufffd/in": "2", gone: "3" });
    const warnings: string[] = [];
    const { copied, deleted } = await sync(from, { backend: to }, {
      delete: true,
      onWarning: ({ kind, message }) => void warnings.push(`${kind} ${message}`),
    });
    assertEquals([copied, deleted, warnings.length], [2, 1, 2]);
    for (const warning of warnings) assertMatch(warning, /^left-out .*\ufffd.* its name is not UTF-8/);
    assertEquals(Object.keys(await contents(to)), ["bad\ufffd", "dir\ufffd/in", "good", "replaced\ufffd"]);
  },
});

Deno.test("an abort ends it with its reason, and leaves nothing half-written", async () => {
  await using target = await directoryPlace();
  const from = new MemoryBackend();
  await from.put("large", new Uint8Array(32 * 1024 * 1024));
  await from.put("small", new Uint8Array(10));
  const control = new AbortController();
  const reason = new Error("enough");
  const thrown = await assertRejects(() =>
    sync({ backend: from }, { backend: target.backend }, {
      signal: control.signal,
      onProgress: ({ bytes }) => bytes.done > 10 * 1024 * 1024 && control.abort(reason),
    })
  );
  assertEquals(thrown, reason);
  assertEquals(Object.keys(await contents(target.backend)).includes("large"), false);
  const left = await Array.fromAsync(Deno.readDir(`${target.path}/.cottoncandy`)).catch(() => []);
  assertEquals(left, []);
});

Deno.test("progress ends with all that was found, and counts what is stored", async () => {
  const [from, to] = await stores({ a: "12", b: "345", c: "6" }, { a: "12" });
  const all: string[] = [];
  await sync({ backend: from }, { backend: to }, {
    compare: "size",
    concurrency: 1,
    onProgress: ({ listed, objects, bytes }) =>
      all.push(`${listed} ${objects.done}/${objects.found} ${bytes.done}/${bytes.found}`),
  });
  assertEquals(all.at(0), "false 1/1 0/0");
  assertEquals(all.at(-1), "true 3/3 4/4");
});

Deno.test("within one store objects are copied by the store, between buckets too", async () => {
  const name = crypto.randomUUID();
  const [from, to] = [new MemoryBackend(`${name}-a`), new MemoryBackend(`${name}-b`)];
  await fill(from, { a: "1", "b/c": "2" });
  const unread = delegate(from, { open: () => Promise.reject(new Error("was read")) });
  // A proxy is no backend of the store, so that it takes the same one twice.
  assertEquals((await sync({ backend: from }, { backend: to })).copied, 2);
  assertEquals(await contents(to), { a: "1", "b/c": "2" });
  assertEquals((await sync({ backend: unread, prefix: "b" }, { backend: unread, prefix: "d" })).copied, 1);
  assertEquals((await from.head("d/c"))?.size, 1);
});

Deno.test("hundreds of thousands of objects are compared in 48 MiB", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      // To hold all of them would take twice as much.
      "--v8-flags=--max-old-space-size=48",
      "--allow-env",
      new URL("many_main.ts", import.meta.url).pathname,
      "200000",
    ],
  }).output();
  assertEquals(success, true, new TextDecoder().decode(stderr));
  assertEquals(new TextDecoder().decode(stdout).trim(), "200000");
});

Deno.test("what is told is waited for, so that a slow listener has few actions before it", async () => {
  const [from, to] = [new MemoryBackend(), new MemoryBackend()];
  const names = Array.from({ length: 60 }, (_, i) => `${i}`.padStart(2, "0"));
  await fill(from, Object.fromEntries(names.map((name) => [name, name])));
  await fill(to, { extra: "" });
  let [waiting, most] = [0, 0];
  const onAction = async () => {
    most = Math.max(most, ++waiting);
    await new Promise((resolve) => setTimeout(resolve, 1));
    waiting--;
  };
  for (const options of [{ delete: true }, {}, { dryRun: true, compare: "always" }] as const) {
    await sync({ backend: from }, { backend: to }, { ...options, concurrency: 4, onAction });
  }
  assert(most <= 5, `${most} at once`);
  const refuse = () => Promise.reject(new Error("nobody listens"));
  await assertRejects(
    () => sync({ backend: from }, { backend: to }, { onAction: refuse }),
    Error,
    "nobody listens",
  );
});
