// deno-lint-ignore-file no-console -- it prints what it counted
/**
 * How many requests of Google Drive each operation takes, counted by the stand-in.
 *
 *     deno run -A bench/gdrive_requests.ts
 *
 * @module
 */
import { GDriveBackend } from "../backends/gdrive/mod.ts";
import { FOLDER, startDrive } from "../tests/servers/gdrive.ts";

await using drive = await startDrive();
const backend = new GDriveBackend({
  endpoint: drive.endpoint,
  credentials: () => Promise.resolve(drive.token()),
});

async function count(what: string, work: () => Promise<unknown>): Promise<void> {
  drive.requests.splice(0);
  await work();
  const operations = drive.requests.map(({ operation }) => operation ?? "?");
  const told = operations.length > 12 ? "" : operations.join(" ");
  console.log(`${what.padEnd(34)} ${String(operations.length).padStart(5)}  ${told}`);
}

async function read(key: string, range?: { offset: number; length: number }): Promise<void> {
  const reader = await backend.open(key, { range });
  await reader.read();
  await reader.close();
}

async function each<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const bytes = (length: number) => new Uint8Array(length);
await count("first object, in two new folders", () => backend.put("lab/a/first", bytes(10)));
await count("new object", () => backend.put("lab/a/x", bytes(10)));
await count("new object of 6 MB", () => backend.put("lab/a/large", bytes(6_000_000)));
await count("written anew", () => backend.put("lab/a/x", bytes(20)));
await count("head", () => backend.head("lab/a/x"));
await count("read", () => read("lab/a/x"));
await count("read 6 MB", () => read("lab/a/large"));
await count("read a range", () => read("lab/a/large", { offset: 5, length: 10 }));
await count("copy", () => backend.copy("lab/a/x", "lab/a/y"));
await count("copy over an object", () => backend.copy("lab/a/x", "lab/a/y"));
await count("delete", () => each(backend.delete(["lab/a/y"])));

for (let folder = 0; folder < 400; folder++) {
  const { id } = drive.store.add({ name: `sub${folder}`, mimeType: FOLDER });
  for (let i = 0; i < 50; i++) drive.store.add({ name: `run${i}`, text: "x", parents: [id] });
}
await count("list 20,003 objects in 402 folders", () => each(backend.list()));
await count("list the 401 directories", () => each(backend.list({ delimiter: "/" })));
const keys = (await each(backend.list({ prefix: "sub1" }))).flatMap((entry) =>
  "key" in entry ? [entry.key] : []
);
await count(`delete ${keys.length} objects`, () => each(backend.delete(keys)));
backend.close();
