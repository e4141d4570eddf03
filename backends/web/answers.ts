/**
 * What a web server's answers tell of an object, and whether they account for what was asked.
 *
 * @module
 */
import { IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import type { ObjectHead } from "../backend.ts";
import { type AnsweredExtent, parseContentRange } from "../transport/mod.ts";
import { metadataNote } from "./errors.ts";
import type { WebAnswer, WebStore } from "./store.ts";

/** An ETag without quotes, and without the mark of a weak one: servers mark those of compressed answers, and the bytes that are read are the same. */
export function plainTag(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, "").replace(/^"(.*)"$/, "$1") || undefined;
}

/** A number of bytes as a header tells it. */
export function countOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** The headers in which object stores give metadata: those of S3, of Google's and of Microsoft's. */
const METADATA = /^x-(?:amz|goog|ms)-meta-(.+)$/;

/** What an answer tells of an object of `size` bytes. */
export function webHeadOf(store: WebStore, key: string, { headers }: WebAnswer, size: number): ObjectHead {
  const metadata: Record<string, string> = {};
  for (const [header, value] of Object.entries(headers)) {
    const name = METADATA.exec(header)?.[1];
    if (name !== undefined) metadata[name] = value;
  }
  const modified = Date.parse(headers["last-modified"] ?? "");
  return {
    key,
    size,
    lastModified: new Date(Number.isNaN(modified) ? 0 : modified),
    etag: plainTag(headers.etag),
    metadata,
    metadataNote: metadataNote(store.browser),
    contentType: headers["content-type"],
    contentEncoding: contentEncodingOf(headers["content-encoding"]),
  };
}

function contentEncodingOf(header: string | undefined): string | undefined {
  return header === undefined || /^\s*(identity)?\s*$/i.test(header) ? undefined : header;
}

/** Whether an answer tells of the version that an earlier one told of, as far as that told it. */
export function isSameVersion(answer: ObjectHead, known: ObjectHead): boolean {
  if (answer.size !== known.size) return false;
  if (answer.etag !== undefined && known.etag !== undefined) return answer.etag === known.etag;
  const [time, knownTime] = [answer.lastModified.getTime(), known.lastModified.getTime()];
  // A version that was told by its ETag, and now by nothing, may be any.
  if (known.etag !== undefined && time === 0) return false;
  return time === knownTime;
}

/**
 * Whether an answer is a page that stands for something else: servers of single-page applications, and those that want a login first, show one with status 200
 * whatever is missing. What has a name of a page may be one.
 */
export function isPageInstead({ headers }: WebAnswer, key: string): boolean {
  return /^(text\/html|application\/xhtml\+xml)\b/i.test(headers["content-type"] ?? "") &&
    !/\.x?html?$/i.test(key);
}

/** What to ask for of an object's bytes: those from `start` on, up to `end`, exclusive, or the last `suffix`. */
export type WantedExtent = { readonly start: number; readonly end?: number } | { readonly suffix: number };

/** The `Range` header that asks for bytes. */
export function rangeOf(wanted: WantedExtent): string {
  if ("suffix" in wanted) return `bytes=-${wanted.suffix}`;
  return `bytes=${wanted.start}-${wanted.end === undefined ? "" : wanted.end - 1}`;
}

/**
 * Which bytes an answer with status 206 holds, checked against the question. A page may not be shown the range: then it is taken to be what was asked for, if the number of
 * bytes fits.
 *
 * @param size The object's size, where it is known.
 * @returns `undefined` where the object's size is needed, and not told.
 */
export function answeredPart(
  store: WebStore,
  key: string,
  wanted: WantedExtent,
  { headers }: WebAnswer,
  size: number | undefined,
): AnsweredExtent | undefined {
  const { "content-range": range } = headers;
  const length = countOf(headers["content-length"]);
  const contradiction = (what: string) =>
    new IntegrityError(
      `${store.name}'s answer for "${key}" contradicts itself or the question: ${
        rangeOf(wanted)
      } was asked for, and ${what} came`,
      { key },
    );
  if (range === undefined) {
    if (!store.browser) throw contradiction("a part of which is not said where it begins");
    if ("suffix" in wanted) return undefined;
    const { start, end } = wanted;
    const whole = size ?? (end === undefined && length !== undefined ? start + length : undefined);
    if (whole === undefined) return undefined;
    const answered = { start, end: Math.min(end ?? whole, whole), size: whole };
    if (length !== undefined && length !== answered.end - start) throw contradiction(`${length} bytes`);
    return answered;
  }
  const answered = parseContentRange(range);
  if (!answered) throw contradiction(`"${range}"`);
  const first = "suffix" in wanted ? Math.max(0, answered.size - wanted.suffix) : wanted.start;
  const last = "suffix" in wanted ? answered.size : Math.min(wanted.end ?? answered.size, answered.size);
  const isCut = length !== undefined && length !== answered.end - answered.start;
  if (answered.start !== first || answered.end !== last || isCut) {
    throw contradiction(`"${range}"${length === undefined ? "" : ` in ${length} bytes`}`);
  }
  return answered;
}

/** The error where nobody says how long an object is. */
export function unknownSizeError(store: WebStore, key: string): UnsupportedError {
  return new UnsupportedError(
    `${store.name} does not tell how long "${key}" is: it makes it anew for each request, or compresses it on its way. What is told neither length nor version can't be read safely; get it with fetch()`,
    { key },
  );
}
