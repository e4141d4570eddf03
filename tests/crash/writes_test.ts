/** That the table has every kind of write: each public method, each function over a store, and each command either is in it or is said here to need no line. */
import { assertEquals } from "@std/assert";
import { COMMANDS } from "../../cli/commands/mod.ts";
import { DefaultInterface, EncryptedInterface } from "../../lib/interface/mod.ts";
import config from "../../deno.json" with { type: "json" };
import { WRITES } from "./writes.ts";

/** Methods, and functions over a store, that change nothing. */
const READ = [
  ["backend", "bucketName", "prefix", "pathjoin", "toString", "toJSON"],
  // How methods are made: they are for subclasses.
  ["below", "inBucket", "reading", "rooted", "run", "writing"],
  ["downloadObject", "downloadStream", "downloadJson", "downloadPickle", "getObject", "existsObject"],
  ["downloadRawArray", "openRawArray", "downloadNpyArray", "openNpyArray", "openNpz", "downloadDaskArray"],
  ["downloadSparseArray", "cloud2dict", "cloud2dataset", "getTags", "getObjectOwner", "presign"],
  ["ls", "lsdir", "glob", "globS3", "globGoogleDrive", "search", "getBrowser", "getObjects"],
  ["getBucketObjects", "getSize", "getBucketSize", "showObjects", "listVersions", "listUploads"],
  ["existsBucket", "getBucket", "listBuckets", "showBuckets"],
  ["download", "headObject", "listObjects", "objectOwner", "objectTags", "openStream", "presignUrl"],
  ["readObject", "totalSize", "openRaw", "readRaw", "openNpy", "readNpyObject", "openChunked", "readSparse"],
  ["openDataset", "readDict", "identify", "openArray", "openIdentified", "readJson", "readPickle"],
  ["globObjects", "listDirectory", "listNamedEntries", "listNames", "browse", "verifyObjects", "openZarr"],
  ["zarrStore"],
].flat();

/** What each command writes by, as the table names it; or why it is not there. */
const WRITTEN_BY: Readonly<Record<string, readonly string[] | string>> = {
  ...Object.fromEntries(
    ["ls", "tree", "du", "stat", "cat", "head", "explore", "verify", "presign", "completions"]
      .map((command) => [command, "changes nothing"]),
  ),
  plot: ["an object replaced"],
  put: ["an array converted", "a raw and an npy array", "a Zarr array", "a chunked array that goes on"],
  get: ["an npz archive", "a raw and an npy array", "a stream"],
  convert: ["an array converted"],
  cp: ["a transfer that goes on", "a directory synced to the store", "a stream"],
  mv: ["a tree moved by sync", "files moved into the store by sync"],
  sync: ["a directory synced to the store", "a tree moved by sync"],
  rm: ["a removed object", "a removed tree"],
  mkdir: ["a new bucket"],
  rb: ["a removed tree", "a removed bucket"],
  uploads: ["unfinished uploads ended"],
  keygen: "writes a file of its own, which is never the same: power_loss/keygen_test.ts",
  login: "writes a file of its own, whole or not at all: tests/backends/gdrive",
};

/** The sources of functions, by their names. */
type Sources = ReadonlyMap<string, string>;

/** The public methods of the interfaces. */
function methods(): Sources {
  const found = new Map<string, string>();
  for (const type of [DefaultInterface, EncryptedInterface]) {
    for (let level = type.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
        if (name !== "constructor") found.set(name, String(value ?? ""));
      }
    }
  }
  return found;
}

/** The exported functions whose first argument is a store, or a place in one. */
async function functions(): Promise<Sources> {
  const found = new Map<string, string>();
  for (const path of Object.values(config.exports)) {
    const module: Record<string, unknown> = await import(new URL(`../../${path}`, import.meta.url).href);
    for (const [name, value] of Object.entries(module)) {
      if (/^(?:async )?function\*? \w+\((?:backend|from)\b/.test(String(value))) {
        found.set(name, String(value));
      }
    }
  }
  return found;
}

Deno.test("each public method and function that writes is in the table of writes, by itself or by what calls it", async () => {
  const [ofInterfaces, overStores] = [methods(), await functions()];
  const covered = new Set<string>();
  const follow = (source: string, call: RegExp, callees: Sources) => {
    for (const [, name] of source.matchAll(call)) {
      if (covered.has(name)) continue;
      covered.add(name);
      follow(callees.get(name) ?? "", /(?<![.\w])(\w+)\(/g, overStores);
    }
  };
  for (const { run } of WRITES) {
    follow(String(run), /\bcci\.(\w+)\(/g, ofInterfaces);
    follow(String(run), /(?<![.\w])(\w+)\(/g, overStores);
  }
  const all = [...ofInterfaces.keys(), ...overStores.keys()];
  const unknown = all.filter((name) => !covered.has(name) && !READ.includes(name));
  assertEquals(unknown, [], "they write: give them a line in writes.ts; or they don't: say so here");
  assertEquals(READ.filter((name) => !all.includes(name)), [], "there are none of these names");
});

Deno.test("each command that writes does it by what is in the table of writes", () => {
  const commands = Object.values(COMMANDS).flatMap((group) => Object.keys(group));
  assertEquals(Object.keys(WRITTEN_BY).sort(), commands.sort());
  const lines = Object.values(WRITTEN_BY).flatMap((by) => typeof by === "string" ? [] : by);
  assertEquals(lines.filter((name) => !WRITES.some((write) => write.name === name)), []);
});
