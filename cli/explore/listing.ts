/**
 * Listings of a store as `ListObjectsV2` gives them, which `backends/web` reads: so that the page needs no client of its own.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 *
 * @module
 */
import type { Backend, ObjectInfo, Prefix } from "../../backends/backend.ts";
import { abortable } from "../../lib/async.ts";
import { fromBase64Url, toBase64Url } from "../../lib/base64.ts";

/** How many entries an answer has at most, as of S3. */
const PAGE = 1000;
/** Listings that are kept open between one page and the next. */
const KEPT = 8;
/** Behind every key that begins as a prefix does. */
const LAST_CHARACTER = "\u{10ffff}";

type Entry = ObjectInfo | Prefix;

/**
 * A store's listings, a page an answer. Where a page ends, the listing is kept for the next: stores that look through a whole directory for each
 * listing would do that again for each page. Which page comes next, the token says alone, so that one that is asked for again, its answer lost, is the same.
 */
export class Listings {
  readonly #backend: Backend;
  readonly #root: string;
  readonly #open = new Map<string, AsyncIterator<Entry>>();

  /** Lists only what begins with `root`. */
  constructor(backend: Backend, root: string) {
    this.#backend = backend;
    this.#root = root;
  }

  /** The answer to a question in S3's parameters. */
  async answer(query: URLSearchParams, signal: AbortSignal): Promise<string> {
    const prefix = query.get("prefix") ?? "";
    const delimiter = query.get("delimiter") ?? "";
    const token = query.get("continuation-token");
    const wanted = Math.min(PAGE, Math.max(1, Math.trunc(Number(query.get("max-keys") ?? PAGE)) || PAGE));
    if (!prefix.startsWith(this.#root)) return xml([], undefined);
    const place = (last: string) => JSON.stringify([prefix, delimiter, last]);
    let last = token === null ? query.get("start-after") ?? "" : fromToken(token);
    const kept = token === null ? undefined : this.#open.get(place(last));
    this.#open.delete(place(last));
    const entries = kept ?? this.#begin(prefix, delimiter, last);
    const page: Entry[] = [];
    while (page.length < wanted) {
      const { value, done } = await abortable(entries.next(), signal).catch((error) => {
        entries.return?.().catch(() => {});
        throw error;
      });
      if (done) return xml(page, undefined);
      last = nameOf(value);
      page.push(value);
    }
    this.#keep(place(last), entries);
    return xml(page, toToken(last));
  }

  async *#begin(prefix: string, delimiter: string, last: string): AsyncGenerator<Entry, void, void> {
    const isSummed = delimiter !== "" && last.length > prefix.length && last.endsWith(delimiter);
    const entries = this.#backend.list({
      prefix,
      ...(delimiter === "" ? {} : { delimiter }),
      ...(last === "" ? {} : { startAfter: isSummed ? last + LAST_CHARACTER : last }),
    });
    for await (const entry of entries) if (nameOf(entry) !== last) yield entry;
  }

  #keep(place: string, entries: AsyncIterator<Entry>): void {
    this.#open.set(place, entries);
    for (const [oldest, entries] of this.#open) {
      if (this.#open.size <= KEPT) break;
      this.#open.delete(oldest);
      entries.return?.().catch(() => {});
    }
  }

  /** Ends the listings that are kept. */
  close(): void {
    for (const entries of this.#open.values()) entries.return?.().catch(() => {});
    this.#open.clear();
  }
}

function nameOf(entry: Entry): string {
  return "key" in entry ? entry.key : entry.prefix;
}

function toToken(name: string): string {
  return toBase64Url(new TextEncoder().encode(name));
}

function fromToken(token: string): string {
  const bytes = fromBase64Url(token);
  return bytes === undefined ? "" : new TextDecoder().decode(bytes);
}

function xml(page: readonly Entry[], token: string | undefined): string {
  const entries = page.map((entry) =>
    "key" in entry
      ? `<Contents><Key>${
        encodeURIComponent(entry.key)
      }</Key><LastModified>${entry.lastModified.toISOString()}</LastModified>${
        entry.etag === undefined ? "" : `<ETag>${escaped(`"${entry.etag}"`)}</ETag>`
      }<Size>${entry.size}</Size></Contents>`
      : `<CommonPrefixes><Prefix>${encodeURIComponent(entry.prefix)}</Prefix></CommonPrefixes>`
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${
    token !== undefined
  }</IsTruncated>${token === undefined ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`}${
    entries.join("")
  }</ListBucketResult>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
