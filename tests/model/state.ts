/** What is stored, as the model has it: names and bytes, and nothing of how a store keeps them. */
import { createHash } from "node:crypto";
import type { Backend } from "../../backends/backend.ts";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { MTIME } from "../../lib/content_time.ts";
import { isNDArray } from "../../lib/array/mod.ts";
import { ArrayInterface } from "../../lib/interface/mod.ts";
import { GENERATION_KEY } from "../../lib/objects/reading/mod.ts";

/** An object. */
export interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The same for equal objects. */
  readonly print: string;
}

/** All objects, by their full keys. */
export type State = ReadonlyMap<string, Stored>;

/** An object of some bytes. Which upload a part is of, and when a copy's source was last changed, does not tell it from another: it is of no content. */
export function stored(bytes: Uint8Array<ArrayBuffer>, metadata: Readonly<Record<string, string>>): Stored {
  const { [GENERATION_KEY]: _upload, [MTIME]: _time, ...plain } = metadata;
  const entries = Object.entries(plain).sort(([a], [b]) => a < b ? -1 : 1);
  return { bytes, metadata, print: digest(bytes, JSON.stringify(entries)) };
}

function digest(...parts: (Uint8Array | string)[]): string {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** Reads an object; `undefined` when there is none. */
export async function readStored(backend: Backend, key: string): Promise<Stored> {
  const reader = await backend.open(key);
  try {
    return stored(await reader.read(), reader.info.metadata);
  } finally {
    await reader.close();
  }
}

/** What is done to objects in memory, where nothing goes wrong and nobody else is. */
export async function inMemory<T>(
  state: State,
  prefix: string,
  work: (cci: ArrayInterface) => Promise<T>,
): Promise<{ readonly after: State; readonly answer: T }> {
  const backend = new MemoryBackend();
  for (const [key, { bytes, metadata }] of state) await backend.put(key, bytes, { metadata });
  const answer = await work(new ArrayInterface(backend, { prefix, onWarning() {}, workers: false }));
  const after = new Map<string, Stored>();
  for await (const entry of backend.list()) {
    if ("key" in entry) after.set(entry.key, await readStored(backend, entry.key));
  }
  return { after, answer };
}

/** A value as text: equal for equal values. */
export function canonical(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes ${digest(value)}`;
  if (isNDArray(value)) return `${value.dtype}[${value.shape}] ${digest(value.toBytes())}`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(", ")}]`;
  if (value instanceof Map) return canonical(Object.fromEntries(value));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
    return `{${entries.map(([name, each]) => `${name}: ${canonical(each)}`).join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
