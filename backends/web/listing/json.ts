/**
 * A listing that somebody wrote into a file: a JSON array of names, or of objects.
 *
 * @module
 */
import { IntegrityError, UnsupportedError } from "../../../lib/errors.ts";
import { compareKeys } from "../../arguments.ts";
import type { ListOptions, ObjectInfo } from "../../backend.ts";
import type { ListCursor } from "../../listing.ts";
import { placeAt } from "../address.ts";
import { plainTag } from "../answers.ts";
import type { WebStore } from "../store.ts";
import { askIndex } from "./answer.ts";
import { completed, type IndexEntry } from "./names.ts";

/** Reads the list, and gives its objects in the order of their keys. */
export async function* walkJson(
  store: WebStore,
  url: string,
  cursor: ListCursor,
  options: ListOptions,
): AsyncGenerator<ObjectInfo, void, void> {
  if (!URL.canParse(url, store.address.base)) {
    throw new UnsupportedError(`\`listing\` names ${JSON.stringify(url)}, which is no URL`);
  }
  const { text } = await askIndex(store, url, placeAt(new URL(url, store.address.base)), options.signal);
  const entries = new Map<string, IndexEntry>();
  for (const [i, item] of itemsOf(url, text).entries()) {
    const entry = entryOf(item);
    if (!entry) throw new IntegrityError(`item ${i} of ${url} is no name, and no object with a \`key\``);
    entries.set(entry.key, entry);
  }
  const sorted = [...entries.values()].sort((a, b) => compareKeys(a.key, b.key));
  yield* completed(store, sorted, cursor, options);
}

function itemsOf(url: string, text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new IntegrityError(`${url} is no JSON, and was named as the list of what there is`, { cause });
  }
  if (Array.isArray(value)) return value;
  throw new IntegrityError(
    `${url} holds no array: a list of names is one, or a list of objects with \`key\``,
  );
}

function entryOf(item: unknown): IndexEntry | undefined {
  if (typeof item === "string") return item === "" ? undefined : { key: item };
  if (typeof item !== "object" || item === null) return undefined;
  const { key, name, size, lastModified, etag }: Partial<Record<string, unknown>> = { ...item };
  const named = key ?? name;
  if (typeof named !== "string" || named === "") return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return { key: named };
  const modified = typeof lastModified === "string" || typeof lastModified === "number"
    ? new Date(lastModified)
    : new Date(0);
  return {
    key: named,
    size,
    lastModified: Number.isNaN(modified.getTime()) ? new Date(0) : modified,
    etag: typeof etag === "string" ? plainTag(etag) : undefined,
  };
}
