import { compareKeys } from "./arguments.ts";
import type { ListOptions, ObjectInfo, Prefix } from "./backend.ts";

/** What a listing has come to: a store that walks a tree need not look at what is known to be summed up or past. */
export interface ListCursor {
  /** Only keys that start with this matter. */
  readonly prefix: string;
  /** Only keys after this one matter. */
  readonly after: string;
  /** Keys that start with this are summed up already. */
  summed?: string;
}

/** Whether a key is one that the listing still asks for. */
export function isWanted({ prefix, after, summed }: ListCursor, key: string): boolean {
  return key.startsWith(prefix) && (after === "" || compareKeys(key, after) > 0) &&
    !(summed !== undefined && key.startsWith(summed));
}

/** Whether a directory, named with its slash, may hold keys that the listing still asks for. */
export function mayHold({ prefix, after, summed }: ListCursor, directory: string): boolean {
  return (directory.startsWith(prefix) || prefix.startsWith(directory)) &&
    (after === "" || after.startsWith(directory) || compareKeys(directory, after) > 0) &&
    !(summed !== undefined && directory.startsWith(summed));
}

/**
 * Sums up keys by a delimiter, as S3 does: of what follows the prefix, everything up to and with the first delimiter is one entry.
 *
 * @param options The listing's options; `startAfter` is applied to keys, before they are summed up.
 * @param walk Gives objects in the order of their keys' UTF-8 bytes. It may give more than the cursor asks for.
 */
export async function* listed(
  options: ListOptions,
  walk: (cursor: ListCursor) => AsyncIterable<ObjectInfo> | Iterable<ObjectInfo>,
): AsyncIterable<ObjectInfo | Prefix> {
  const { delimiter, signal } = options;
  const cursor: ListCursor = { prefix: options.prefix ?? "", after: options.startAfter ?? "" };
  signal?.throwIfAborted();
  for await (const info of walk(cursor)) {
    signal?.throwIfAborted();
    const { key } = info;
    if (!isWanted(cursor, key)) continue;
    const end = delimiter ? key.indexOf(delimiter, cursor.prefix.length) : -1;
    if (!delimiter || end < 0) {
      yield info;
      continue;
    }
    cursor.summed = key.slice(0, end + delimiter.length);
    yield { prefix: cursor.summed };
  }
  signal?.throwIfAborted();
}
