/**
 * Directories as web servers show them: pages with links (nginx, Apache, lighttpd, `python -m http.server` and others), and the JSON of nginx and Caddy.
 *
 * Sources: https://nginx.org/en/docs/http/ngx_http_autoindex_module.html, https://caddyserver.com/docs/caddyfile/directives/file_server#browse,
 * https://httpd.apache.org/docs/2.4/mod/mod_autoindex.html
 *
 * @module
 */
import { IntegrityError, NotFoundError, UnsupportedError } from "../../../lib/errors.ts";
import { compareKeys } from "../../arguments.ts";
import type { ListOptions, ObjectInfo } from "../../backend.ts";
import { type ListCursor, mayHold } from "../../listing.ts";
import { unescaped } from "../../xml.ts";
import type { WebStore } from "../store.ts";
import { askIndex, type IndexAnswer } from "./answer.ts";
import { completed, type IndexEntry, toldEntry } from "./names.ts";

/** Walks the directories that the cursor asks for, in the order of keys. */
export async function* walkPages(
  store: WebStore,
  cursor: ListCursor,
  options: ListOptions,
): AsyncGenerator<ObjectInfo, void, void> {
  const { prefix } = cursor;
  yield* walkDirectory(store, prefix.slice(0, prefix.lastIndexOf("/") + 1), cursor, options);
}

async function* walkDirectory(
  store: WebStore,
  directory: string,
  cursor: ListCursor,
  options: ListOptions,
): AsyncGenerator<ObjectInfo, void, void> {
  const entries = await readDirectory(store, directory, options.signal);
  entries.sort((a, b) => compareKeys(a.key, b.key));
  for (let i = 0; i < entries.length;) {
    const { key } = entries[i];
    if (!key.endsWith("/")) {
      let end = i;
      while (end < entries.length && !entries[end].key.endsWith("/")) end++;
      yield* completed(store, entries.slice(i, end), cursor, options);
      i = end;
      continue;
    }
    i++;
    if (!mayHold(cursor, key)) continue;
    const { delimiter } = options;
    const isSummed = key.startsWith(cursor.prefix) && !!delimiter &&
      key.includes(delimiter, cursor.prefix.length);
    if (isSummed) yield { key, size: 0, lastModified: new Date(0) };
    else yield* walkDirectory(store, key, cursor, options);
  }
}

/** What is in a directory: the keys of directories end in a slash. One that is missing is empty, but for the base itself. */
async function readDirectory(
  store: WebStore,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<IndexEntry[]> {
  const place = store.address.placeOf(directory);
  // Caddy gives JSON where it is wanted, with sizes and times.
  const accept = "application/json, text/html;q=0.9, */*;q=0.1";
  const answer = await askIndex(store, directory, place, signal, { accept, expected: [404, 410] });
  if (answer.status !== 200) {
    if (directory !== "") return [];
    throw new NotFoundError(`there is no ${store.name} (status ${answer.status}): check the URL`);
  }
  if (answer.type === "application/json") return jsonEntries(store, directory, answer);
  return htmlEntries(store, directory, answer);
}

/** Titles of the pages that servers make: any other page has links to whatever its writer chose. */
const TITLE = /<title>[^<]*\b(?:index of|directory listing|directory:|listing of|files? (?:in|within))\b/i;
const LINK = /<a\s(?:[^<>]*?\s)?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi;

function htmlEntries(store: WebStore, directory: string, { text, type }: IndexAnswer): IndexEntry[] {
  if (!TITLE.test(text)) {
    throw new UnsupportedError(
      `${store.name} shows "${directory}" as ${
        type || "something"
      } that is no directory's index of a kind that is known (nginx, Apache, Caddy, lighttpd, python -m http.server): it can't be listed by \`listing: "autoindex"\``,
    );
  }
  const base = baseOf(store, directory);
  const keys = new Set<string>();
  for (const [, double, single, bare] of text.matchAll(LINK)) {
    const href = unescaped(double ?? single ?? bare);
    const url = URL.canParse(href, base) ? new URL(href, base) : undefined;
    // Other hosts, the directory above, and links that sort by a column.
    if (url?.origin !== base.origin || !url.pathname.startsWith(base.pathname)) continue;
    const encoded = url.pathname.slice(base.pathname.length);
    if (!isMember(encoded)) continue;
    const name = decoded(store, encoded);
    if (isMember(name)) keys.add(directory + name);
  }
  return [...keys].map((key) => ({ key }));
}

/** Whether a name is one within the directory: with a slash in it, it leads elsewhere, and from there maybe round and round. */
function isMember(name: string): boolean {
  return /^[^/]+\/?$/.test(name);
}

/** The directory's URL, to resolve links by. Of its own name every character is encoded, so that nothing of it is taken for a link's `..`. */
function baseOf(store: WebStore, directory: string): URL {
  const { protocol, hostname, port, path } = store.address.placeOf(directory);
  return new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`);
}

function decoded(store: WebStore, name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new IntegrityError(`${store.name} lists "${name}", which is not UTF-8: no name can stand for it`, {
      cause,
    });
  }
}

function jsonEntries(store: WebStore, directory: string, { text }: IndexAnswer): IndexEntry[] {
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch (cause) {
    throw new IntegrityError(`${store.name} shows "${directory}" as JSON that is none`, { cause });
  }
  const entries = Array.isArray(items) ? items.map((item) => jsonEntry(directory, item)) : [undefined];
  return entries.map((entry) => {
    if (entry) return entry;
    throw new UnsupportedError(
      `${store.name} shows "${directory}" as JSON that is no directory's index of a kind that is known (nginx, Caddy)`,
    );
  });
}

/** nginx: `name type mtime size`; Caddy: `name is_dir mod_time size`, with a slash behind directories' names. */
function jsonEntry(directory: string, item: unknown): IndexEntry | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { name, type, is_dir, mtime, mod_time, size, etag }: Partial<Record<string, unknown>> = { ...item };
  if (typeof name !== "string" || !isMember(name)) return undefined;
  const plain = name.replace(/\/$/, "");
  if (type === "directory" || is_dir === true) return { key: `${directory}${plain}/` };
  if (type !== "file" && is_dir !== false && type !== undefined) return { key: directory + plain };
  const modified = typeof mtime === "string" ? mtime : mod_time;
  return toldEntry(directory + plain, { size, modified, etag });
}
