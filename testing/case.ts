/** What every case is given, and what cases are written with. */
import { collect } from "../lib/async.ts";
import type { Backend, ObjectInfo, ObjectReader, Prefix } from "../backends/mod.ts";

/** A store to be held to the contract. */
export interface TestStore {
  /** An empty bucket, or one whose objects of other cases don't disturb: each case works below a prefix of its own. */
  readonly backend: Backend;
  /** Another way to the same objects, for a store that is read only: it stores and deletes what the cases are to read. */
  readonly writer?: Pick<Backend, "put" | "delete">;
  /** The same store with the same credentials, opened as another process would; default `backend` itself. */
  reopen?(): Backend | Promise<Backend>;
  /** Frees whatever the store took. */
  dispose?(): Promise<void>;
  /** What failed puts may have left: temporary files, multipart uploads. Empty when all is well. */
  leftovers?(): Promise<readonly string[]>;
}

/** Who runs the cases, and what the store is known not to do; everything else is expected of it. */
export interface ConformanceOptions {
  /** Registers a case with a test runner, such as Node's or Vitest's `test`; default `Deno.test`. */
  readonly test?: (name: string, run: () => Promise<void>) => void;
  /** Keys that this store can't hold (a stand-in that decodes or normalises them); left out with their reason in the name. */
  readonly unsupportedKeys?: readonly string[];
  /** Nothing can be stored: only the cases of reading and listing run, on what each store's `writer` stores. */
  readonly readOnly?: boolean;
  /** How many objects the listing of many has; default 2500. */
  readonly many?: number;
  /** How many bytes of metadata it has room for at least; default 2048. */
  readonly metadataLimit?: number;
  /** Who opens an object at the moment when it is replaced may be told that there is none. */
  readonly missedWhileReplaced?: boolean;
  /** Left out, by the case's name. */
  readonly skip?: readonly string[];
}

/** One case: it works below `prefix`, which is its own. */
export interface Case {
  readonly backend: Backend;
  readonly prefix: string;
  readonly options: ConformanceOptions;
  /** What stores where the backend can't. */
  readonly writer?: TestStore["writer"];
  /** The store as another process would open it. */
  reopen(): Promise<Backend>;
  /** Asserts that nothing was left behind. */
  clean(): Promise<void>;
}

/** Registers a case. */
export type Register = (
  name: string,
  run: (c: Case) => Promise<void>,
  when?: (backend: Backend) => boolean,
) => void;

export const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Bytes that differ everywhere, so that a piece in a wrong place shows. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const count = Math.ceil(length / 4);
  const words = new Uint32Array(count);
  let x = seed;
  for (let i = 0; i < count; i++) words[i] = x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
  return new Uint8Array(words.buffer, 0, length);
}

/** A stream that gives `bytes` in pieces of odd lengths, and counts what was pulled. */
export function oddStream(
  bytes: Uint8Array<ArrayBuffer>,
  lengths: readonly number[] = [1, 65_537, 3, 1_000_003, 17],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  let i = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset === bytes.byteLength) return controller.close();
      controller.enqueue(
        bytes.slice(offset, offset += Math.min(lengths[i++ % lengths.length], bytes.byteLength - offset)),
      );
    },
  }, { highWaterMark: 0 });
}

/** Reads a whole object. */
export async function get(backend: Backend, key: string): Promise<Uint8Array<ArrayBuffer>> {
  return await using(await backend.open(key), (reader) => reader.read());
}

/** Closes a reader whatever happens. */
export async function using<T>(reader: ObjectReader, work: (reader: ObjectReader) => Promise<T>): Promise<T> {
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

/** Waits for all of them, and then throws what the first of them threw: nothing goes on behind a case that has failed. */
export async function together(work: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

/** Keys and prefixes of a listing, without `below`. */
export async function names(entries: AsyncIterable<ObjectInfo | Prefix>, below: string): Promise<string[]> {
  return (await collect(entries)).map((entry) =>
    ("key" in entry ? entry.key : entry.prefix).slice(below.length)
  );
}

/** Puts small objects that hold their own key, several at once. */
export async function fillWith(c: Pick<Case, "backend" | "prefix">, keys: readonly string[]): Promise<void> {
  for (let i = 0; i < keys.length; i += 16) {
    await Promise.all(
      keys.slice(i, i + 16).map((key) => c.backend.put(c.prefix + key, encode(c.prefix + key))),
    );
  }
}
