/**
 * A listing that somebody wrote into a file: a JSON array of names, or of objects.
 *
 * @module
 */
import { IntegrityError, UnsupportedError } from "../../../lib/errors.ts";
import { compareKeys } from "../../arguments.ts";
import type { ListOptions, ObjectInfo } from "../../backend.ts";
import type { ListCursor } from "../../listing.ts";
import { shownUrl } from "../../options.ts";
import { placeAt } from "../address.ts";
import type { WebStore } from "../store.ts";
import { askIndex } from "./answer.ts";
import { completed, type IndexEntry, toldEntry } from "./names.ts";

/** Reads the list, and gives its objects in the order of their keys. */
export async function* walkJson(
  store: WebStore,
  url: string,
  cursor: ListCursor,
  options: ListOptions,
): AsyncGenerator<ObjectInfo, void, void> {
  if (!URL.canParse(url, store.address.base)) {
    throw new UnsupportedError(`\`listing\` names ${JSON.stringify(shownUrl(url))}, which is no URL`);
  }
  // Its query may be a signature.
  const name = shownUrl(url);
  const { text } = await askIndex(store, name, placeAt(new URL(url, store.address.base)), options.signal);
  const entries = new Map<string, IndexEntry>();
  for (const [i, item] of itemsOf(name, text).entries()) {
    const entry = entryOf(item);
    if (!entry) throw new IntegrityError(`item ${i} of ${name} is no name, and no object with a \`key\``);
    entries.set(entry.key, entry);
  }
  const sorted = [...entries.values()].sort((a, b) => compareKeys(a.key, b.key));
  yield* completed(store, sorted, cursor, options);
}

function itemsOf(name: string, text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new IntegrityError(`${name} is no JSON, and was named as the list of what there is`, { cause });
  }
  if (Array.isArray(value)) return value;
  throw new IntegrityError(
    `${name} holds no array: a list of names is one, or a list of objects with \`key\``,
  );
}

function entryOf(item: unknown): IndexEntry | undefined {
  if (typeof item === "string") return item === "" ? undefined : { key: item };
  if (typeof item !== "object" || item === null) return undefined;
  const { key, name, size, lastModified, etag }: Partial<Record<string, unknown>> = { ...item };
  const named = key ?? name;
  if (typeof named !== "string" || named === "") return undefined;
  return toldEntry(named, { size, modified: lastModified, etag });
}
