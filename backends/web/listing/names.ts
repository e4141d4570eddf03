import type { ListOptions, ObjectInfo } from "../../backend.ts";
import { isWanted, type ListCursor } from "../../listing.ts";
import { plainTag } from "../answers.ts";
import { headWebObject } from "../read.ts";
import type { WebStore } from "../store.ts";

/** What an index tells of an object: all of it, or its name alone. */
export type IndexEntry = ObjectInfo | { readonly key: string; readonly size?: undefined };

/** An entry of what JSON tells of an object, whatever the types of that: its name alone where no size is told. */
export function toldEntry(
  key: string,
  { size, modified, etag }: { readonly size: unknown; readonly modified: unknown; readonly etag: unknown },
): IndexEntry {
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return { key };
  const time = typeof modified === "string" || typeof modified === "number"
    ? new Date(modified).getTime()
    : 0;
  return {
    key,
    size,
    lastModified: new Date(Number.isNaN(time) ? 0 : time),
    etag: typeof etag === "string" ? plainTag(etag) : undefined,
  };
}

/** How many objects are asked for at once, once it is clear that more than a few are wanted. */
const AT_ONCE = 16;

/** Completes what an index tells: of an object whose name alone it knows, the server is asked. One that is gone by then is left out. */
export async function* completed(
  store: WebStore,
  entries: readonly IndexEntry[],
  cursor: ListCursor,
  { delimiter, signal }: ListOptions,
): AsyncGenerator<ObjectInfo, void, void> {
  let atOnce = 1;
  for (let i = 0; i < entries.length;) {
    const some: IndexEntry[] = [];
    for (; i < entries.length && some.length < atOnce; i++) {
      const entry = entries[i];
      if (!isWanted(cursor, entry.key)) continue;
      // What is summed up needs no more than its name.
      if (some.length > 0 && isSummed(entry.key, cursor, delimiter)) break;
      some.push(entry);
      if (isSummed(entry.key, cursor, delimiter)) {
        i++;
        break;
      }
    }
    atOnce = Math.min(2 * atOnce, AT_ONCE);
    const found = await Promise.all(some.map(async (entry) => {
      const { key } = entry;
      if (entry.size !== undefined) return entry;
      if (isSummed(key, cursor, delimiter)) return { key, size: 0, lastModified: new Date(0) };
      const head = await headWebObject(store, key, { signal });
      return head && { key, size: head.size, lastModified: head.lastModified, etag: head.etag };
    }));
    for (const info of found) if (info) yield info;
  }
}

function isSummed(key: string, { prefix }: ListCursor, delimiter: string | undefined): boolean {
  return delimiter !== undefined && delimiter !== "" && key.indexOf(delimiter, prefix.length) >= 0;
}
