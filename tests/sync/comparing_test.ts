/** What is taken to be the same, rule by rule: files are changed as people and programs change them. */
import { assertEquals } from "@std/assert";
import { LocalBackend } from "../../backends/local/mod.ts";
import { type FileAccess, platformFiles } from "../../lib/file_access.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { sync, type SyncOptions, type SyncPlace } from "../../lib/sync/mod.ts";
import { type FakeS3, startS3 } from "../servers/s3.ts";
import { delegate } from "../backends/delegate.ts";
import { directoryPlace, fill, told } from "./places.ts";

interface Bucket extends AsyncDisposable {
  readonly s3: FakeS3;
  readonly backend: S3Backend;
  /** Operations since it was last asked. */
  asked(): string[];
}

/** A bucket whose clock says that it is a minute from now, unless told otherwise: what is stored is stored long after files were made. */
async function bucket(skew = 0): Promise<Bucket> {
  const s3 = await startS3({ buckets: ["bucket"] });
  s3.clockSkew = skew;
  const backend = new S3Backend({
    bucket: "bucket",
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.credentials,
  });
  return {
    s3,
    backend,
    asked: () => s3.requests.splice(0).map(({ operation }) => `${operation}`),
    async [Symbol.asyncDispose]() {
      backend.close();
      await s3.shutdown();
    },
  };
}

async function lines(from: SyncPlace, to: SyncPlace, options: SyncOptions = {}): Promise<string[]> {
  const { onAction, lines } = told();
  await sync(from, to, { ...options, onAction });
  return lines();
}

/** As if what the bucket holds had been stored ten seconds later than it was: long after its files were touched. */
function later({ s3 }: Bucket): void {
  const { objects } = s3.store.bucket("bucket");
  for (const [key, object] of objects) {
    objects.set(key, { ...object, lastModified: new Date(object.lastModified.getTime() + 10_000) });
  }
}

const OLD = new Date("2020-02-02T02:02:02.222Z");

/** Writes files whose times are years ago, as those of an archive. */
async function archive(path: string, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(texts)) {
    await Deno.mkdir(`${path}/${name}/..`.replace(/[^/]+\/\.\.$/, ""), { recursive: true });
    await Deno.writeTextFile(`${path}/${name}`, text);
    await Deno.utime(`${path}/${name}`, OLD, OLD);
  }
}

for (const hours of [0, -1, 1]) {
  Deno.test(`directory to S3, whose clock is ${hours} hours ahead: the second time only lists, and what was touched is asked for`, async () => {
    await using from = await directoryPlace();
    await using to = await bucket(hours * 3_600_000);
    await archive(from.path, { "a/1": "one", "a/2": "two", b: "bee" });
    assertEquals((await lines(from, to)).length, 3);
    assertEquals((await to.backend.head("a/1"))?.metadata.mtime, "1580608922.222");
    to.asked();
    // Stored this very second: what was touched just now may have been touched since.
    assertEquals(await lines(from, to), ["skip a/1 time", "skip a/2 time", "skip b time"]);
    assertEquals(to.asked().filter((operation) => operation === "HeadObject").length, 3);
    later(to);
    assertEquals(await lines(from, to), ["skip a/1 unchanged", "skip a/2 unchanged", "skip b unchanged"]);
    assertEquals(to.asked(), ["ListObjectsV2"]);
  });
}

/** The runtime's files, as if all that was done to them until now had been done an hour before; what follows is done in another second, which is all that Deno tells. */
async function filesOfAnHourAgo(): Promise<FileAccess> {
  const files = platformFiles();
  const now = Math.floor(Date.now() / 1000) * 1000 + 999;
  const shifted = (time: number) => time > OLD.getTime() + 1e11 && time <= now ? time - 3_600_000 : time;
  await new Promise((resolve) => setTimeout(resolve, now - Date.now() + 10));
  return {
    ...files,
    stat: async (path) => {
      const stat = await files.stat(path);
      return { ...stat, changed: shifted(stat.changed), modified: shifted(stat.modified) };
    },
  };
}

Deno.test("directory to S3: what was changed, given an old time or moved into place, of the same size, is noticed, and nothing else is asked for", async () => {
  await using from = await directoryPlace();
  await using to = await bucket();
  const { path } = from;
  await archive(path, { edited: "1", dated: "1", moved: "1", "dir/a": "1", "kept/a": "1", untouched: "1" });
  await archive(path, { "new/a": "2", ".moved": "2" });
  // Older than their copies, which is what aws-cli goes by.
  const older = new Date("2019-01-01T00:00:00Z");
  for (const name of ["new/a", ".moved"]) await Deno.utime(`${path}/${name}`, older, older);
  const options = { filters: [{ exclude: "new/" }, { exclude: ".moved" }, { exclude: "old/" }] };
  await lines(from, to, options);
  const place = { backend: new LocalBackend(path, { files: await filesOfAnHourAgo() }) };
  await Deno.writeTextFile(`${path}/edited`, "2");
  await Deno.writeTextFile(`${path}/dated`, "2");
  await Deno.utime(`${path}/dated`, older, older);
  await Deno.rename(`${path}/.moved`, `${path}/moved`);
  await Deno.rename(`${path}/dir`, `${path}/old`);
  await Deno.rename(`${path}/new`, `${path}/dir`);
  to.asked();
  assertEquals(await lines(place, to, options), [
    "copy dated time",
    "copy dir/a time",
    "copy edited time",
    "copy moved time",
    "skip kept/a unchanged",
    "skip untouched unchanged",
  ]);
  assertEquals(to.asked().filter((operation) => operation === "HeadObject").length, 4);
  assertEquals(new TextDecoder().decode(to.s3.store.bytes("bucket", "dir/a")), "2");
});

Deno.test("a directory that is named by a link which leads elsewhere now is looked at anew", async () => {
  await using place = await directoryPlace();
  const to = new MemoryBackend();
  const { path } = place;
  await archive(path, { "v1/a": "1", "v2/a": "2" });
  const other = new Date("2021-01-01T00:00:00Z");
  await Deno.utime(`${path}/v2/a`, other, other);
  await Deno.symlink(`${path}/v1`, `${path}/current`);
  await lines({ backend: new LocalBackend(`${path}/current`) }, { backend: to });
  const from = { backend: new LocalBackend(`${path}/current`, { files: await filesOfAnHourAgo() }) };
  assertEquals(await lines(from, { backend: to }), ["skip a unchanged"]);
  await Deno.remove(`${path}/current`);
  await Deno.symlink(`${path}/v2`, `${path}/current`);
  assertEquals(await lines(from, { backend: to }), ["copy a time"]);
});

Deno.test("S3 to directory: plain files with the objects' times, and the second time asks only for what says its own", async () => {
  await using from = await bucket(-5000);
  await using to = await directoryPlace();
  await fill(from.backend, { a: "1", "b/c": "2" });
  await from.backend.put("timed", new Uint8Array([1]), {
    metadata: { mtime: "1580608922.222" },
    contentType: "text/x",
  });
  await from.backend.put("array", new Uint8Array([1]), { metadata: { dtype: "|u1", shape: "1" } });
  from.s3.clockSkew = 0;
  assertEquals((await lines(from, to)).length, 4);
  const names: string[] = [];
  for await (const { name } of Deno.readDir(to.path)) names.push(name);
  assertEquals(names.filter((name) => !name.startsWith(".")).sort(), [
    "a",
    "array",
    "array.meta.json",
    "b",
    "timed",
  ]);
  assertEquals((await Deno.stat(`${to.path}/timed`)).mtime, OLD);
  const listed = from.s3.store.get("bucket", "a")!.lastModified.getTime();
  assertEquals(
    Math.floor((await Deno.stat(`${to.path}/a`)).mtime!.getTime() / 1000),
    Math.floor(listed / 1000),
  );
  from.asked();
  assertEquals(await lines(from, to), ["skip a time", "skip array time", "skip b/c time", "skip timed time"]);
  assertEquals(from.asked(), ["ListObjectsV2", "HeadObject"]);
  // Edited there, and given an old time.
  await Deno.writeTextFile(`${to.path}/a`, "X");
  await Deno.utime(`${to.path}/a`, OLD, OLD);
  await Deno.writeTextFile(`${to.path}/b/c`, "X");
  assertEquals((await lines(from, to)).filter((line) => line.startsWith("copy")), [
    "copy a time",
    "copy b/c time",
  ]);
  assertEquals(await Deno.readTextFile(`${to.path}/a`), "1");
});

Deno.test("S3 to S3: other ETags of the same bytes are settled by checksums, and by times", async () => {
  await using from = await bucket(-5000);
  await using to = await bucket();
  await fill(from.backend, { a: "1", b: "2" });
  from.s3.clockSkew = 0;
  await lines(from, to);
  from.asked();
  to.asked();
  assertEquals(await lines(from, to), ["skip a etag", "skip b etag"]);
  assertEquals([...from.asked(), ...to.asked()], ["ListObjectsV2", "ListObjectsV2"]);
  const { objects } = to.s3.store.bucket("bucket");
  for (const key of ["a", "b"]) {
    objects.set(key, { ...objects.get(key)!, etag: "0123456789abcdef0123456789abcdef-2" });
  }
  objects.set("b", { ...objects.get("b")!, checksum: undefined });
  assertEquals(await lines(from, to), ["skip a checksum", "skip b time"]);
  await from.backend.put("a", new TextEncoder().encode("3"), {
    metadata: { mtime: objects.get("a")!.metadata.mtime },
  });
  assertEquals(await lines(from, to), ["copy a checksum", "skip b time"]);
});

Deno.test("checksums are computed of what has none, and see what times don't", async () => {
  await using from = await directoryPlace();
  await using to = await bucket();
  await archive(from.path, { a: "1", b: "2" });
  await lines(from, to);
  assertEquals(await lines(from, to, { compare: "checksum" }), ["skip a checksum", "skip b checksum"]);
  // Changed by who hides it.
  await archive(from.path, { a: "X" });
  assertEquals(await lines(from, to), ["skip a time", "skip b time"]);
  assertEquals(await lines(from, to, { compare: "checksum" }), ["copy a checksum", "skip b checksum"]);
  // From a store that tells no checksum to one that tells none.
  const [x, y] = [new MemoryBackend(), new MemoryBackend()];
  await fill(x, { a: "1", b: "2" });
  await fill(y, { a: "1", b: "3" });
  assertEquals(await lines({ backend: x }, { backend: y }, { compare: "checksum" }), [
    "copy b checksum",
    "skip a checksum",
  ]);
});

Deno.test("objects that others stored: by default the file's own history decides, by time and etag nothing but what is told", async () => {
  await using from = await directoryPlace();
  await using to = await bucket();
  await archive(from.path, { a: "1" });
  to.s3.store.put("bucket", "a", "2");
  later(to);
  assertEquals(await lines(from, to, { dryRun: true }), ["skip a unchanged"]);
  assertEquals(await lines(from, to, { dryRun: true, compare: "time" }), ["copy a unknown"]);
  assertEquals(await lines(from, to, { dryRun: true, compare: "etag" }), ["copy a etag"]);
  assertEquals(await lines(from, to, { dryRun: true, compare: "size" }), ["skip a size"]);
  assertEquals(await lines(from, to, { dryRun: true, compare: "checksum" }), ["copy a checksum"]);
});

Deno.test("a copy of what may be replaced within the tick of its clock is made once more", async () => {
  await using from = await bucket();
  await using to = await directoryPlace();
  await fill(from.backend, { a: "1" });
  assertEquals(await lines(from, to), ["copy a missing"]);
  await fill(from.backend, { a: "2" });
  assertEquals(await lines(from, to), ["copy a time"]);
  assertEquals(await Deno.readTextFile(`${to.path}/a`), "2");
});

Deno.test("a file that is changed after it was read, and before the store has answered, is copied again", async () => {
  await using from = await directoryPlace();
  const store = new MemoryBackend();
  await archive(from.path, { a: "1" });
  let puts = 0;
  const slow = delegate(store, {
    put: async (key, body, options) => {
      if (++puts === 1) {
        await Deno.writeTextFile(`${from.path}/a`, "2");
        await new Promise((resolve) => setTimeout(resolve, 600));
      }
      return await store.put(key, body, options);
    },
  });
  assertEquals(await lines(from, { backend: slow }), ["copy a missing"]);
  assertEquals([puts, new TextDecoder().decode(await (await store.open("a")).read())], [2, "2"]);
});
