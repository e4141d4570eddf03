/** Stores to run commands over. */
import { MemoryBackend } from "../../backends/memory/mod.ts";
import type { Backend } from "../../backends/backend.ts";

/** Stores objects: what stands after each key, or the key itself. */
export async function plant(
  backend: Backend,
  objects: readonly string[] | Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Array.isArray(objects) ? objects.map((key) => [key, key]) : Object.entries(objects);
  for (const [key, text] of entries) await backend.put(key, new TextEncoder().encode(text));
}

let count = 0;

/** A store in memory that nobody else uses, and its URL. */
export async function memory(
  objects: readonly string[] | Readonly<Record<string, string>> = [],
): Promise<{ backend: MemoryBackend; url: string }> {
  const name = `cli-${++count}`;
  const backend = new MemoryBackend(name);
  await plant(backend, objects);
  return { backend, url: `memory://${name}` };
}

/** All keys of a store. */
export async function keysOf(backend: Backend): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list()) if ("key" in entry) keys.push(entry.key);
  return keys;
}

const HOUR_AGO = new Date(Date.now() - 3_600_000);

/** A directory that goes with the test, with files of an hour ago. */
export async function inDirectory(
  files: Readonly<Record<string, string>>,
  work: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "cottoncandy-cli-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = `${directory}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
      // What was written this very moment, sync copies once more.
      await Deno.utime(path, HOUR_AGO, HOUR_AGO);
    }
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
