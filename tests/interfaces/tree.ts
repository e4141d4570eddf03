/** Trees of small objects for the tests of the file system. */
import type { Backend } from "../../backends/backend.ts";

/** Stores an object under each key, whose body is the key. */
export async function plant(backend: Backend, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await backend.put(key, new TextEncoder().encode(key), {
      metadata: { planted: "yes" },
      contentType: "text/x-planted",
    });
  }
}

/** All full keys of a bucket, in order. */
export async function keysOf(backend: Backend): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list()) if ("key" in entry) keys.push(entry.key);
  return keys;
}

/** An object's body as text. */
export async function bodyOf(backend: Backend, key: string): Promise<string> {
  return new TextDecoder().decode(await (await backend.open(key)).read());
}

/** Keys that a careless client gets wrong: decoded, cut, normalised or taken for patterns. In the order in which they are listed. */
export const ODD_KEYS: readonly string[] = [
  "odd/ lead",
  "odd/#hash",
  "odd/%41",
  "odd/%2Fx",
  "odd/&?=",
  "odd/(1)",
  "odd/*",
  "odd/+plus+",
  "odd/.",
  "odd/.hidden",
  "odd/A",
  "odd/[x]",
  "odd/a b",
  "odd/back\\slash",
  "odd/brace{1,2}",
  "odd/quote'\"",
  "odd/tilde~",
  "odd/trail/",
  "odd/x.meta.json",
  "odd/é/日本",
  "odd/\uFF5E",
  "odd/\u{1F36C}",
];

/** A key of the longest kind: 1024 bytes. */
export const LONG_KEY = `long/${"é".repeat(509)}x`;

/** A pattern that means a name. */
export function quoted(name: string): string {
  return name.replace(/[\\*?[\]{}()!@+,|]/g, "\\$&");
}

/** What is printed meanwhile, instead of printing it. */
export async function printed(work: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const { console } = globalThis;
  const { log } = console;
  console.log = (...what: unknown[]) => void lines.push(what.join(" "));
  try {
    await work();
  } finally {
    console.log = log;
  }
  return lines;
}
