/**
 * Reading over plain HTTP: what is told of an object, and its bytes, all of one version.
 *
 * Versions are told by each answer's own ETag, or its Last-Modified, and compared here. `If-Match` would say no more: it can't have weak ETags, not all servers look at it,
 * and pages of other origins may send it only where CORS rules allow it.
 *
 * @module
 */
import { NotFoundError, UnsupportedError } from "../../lib/errors.ts";
import { checkKey, refuseVersion, resolveRange } from "../arguments.ts";
import type { ByteRange, HeadOptions, ObjectHead, ObjectReader, OpenOptions } from "../backend.ts";
import { objectNotFoundError, versionGoneError } from "../conditions.ts";
import { PART, type RemoteBody, type RemoteObject, RemoteReader } from "../transport/mod.ts";
import {
  answeredPart,
  countOf,
  isPageInstead,
  isSameVersion,
  plainTag,
  rangeOf,
  unknownSizeError,
  type WantedExtent,
  webHeadOf,
} from "./answers.ts";
import { refusalError } from "./errors.ts";
import type { WebAnswer, WebStore } from "./store.ts";

/** Statuses by which servers say that they don't know HEAD, or that a signature is for GET. */
const NO_HEAD = [400, 403, 405, 501];

/** What the server tells of an object; `undefined` when there is none. */
export async function headWebObject(
  store: WebStore,
  key: string,
  { versionId, signal }: HeadOptions = {},
): Promise<ObjectHead | undefined> {
  signal?.throwIfAborted();
  checkKey(key);
  refuseVersion(versionId, { key });
  if (store.knowsHead) {
    const answer = await store.send({
      method: "HEAD",
      key,
      place: store.address.placeOf(key),
      // Browsers ask for ranges without compression, and for everything else with it: then the length would be another.
      headers: store.browser ? { range: rangeOf({ start: 0 }) } : {},
    }, signal);
    const { status, headers } = answer;
    if (isMissing(answer, key)) return undefined;
    const size = countOf(headers["content-length"]);
    if ((status === 200 || status === 206) && size !== undefined) return webHeadOf(store, key, answer, size);
    // A range of an empty object is refused (416), and other lengths may be told by GET.
    if (status >= 300 && status !== 416 && !NO_HEAD.includes(status)) {
      throw refusalError(status, "HEAD", store.placeOf(key));
    }
  }
  const knew = store.knowsHead;
  // What refuses HEAD and answers GET knows no HEAD.
  store.knowsHead = false;
  try {
    const { info, body } = await requestBytes(store, key, leastOf(store), signal);
    await body?.body.cancel().catch(() => {});
    return info;
  } catch (error) {
    store.knowsHead = knew;
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The least to ask for to be told of an object: its first byte, or, by a page, to which the range may be hidden, all of it, of which nothing is read. */
function leastOf({ browser }: WebStore): WantedExtent {
  return browser ? { start: 0 } : { start: 0, end: 1 };
}

function isMissing(answer: WebAnswer, key: string): boolean {
  return answer.status === 404 || answer.status === 410 ||
    (answer.status < 300 && isPageInstead(answer, key));
}

/** Opens one version of an object: with the request whose bytes are read first. */
export async function openWebObject(
  store: WebStore,
  key: string,
  options: OpenOptions = {},
): Promise<ObjectReader> {
  const { range, parallel = false, ifMatch, versionId, signal } = options;
  signal?.throwIfAborted();
  checkKey(key);
  refuseVersion(versionId, { key });
  // Checks the numbers; how much there is, only the server can tell.
  resolveRange(range, 0);
  const wanted = firstWanted(range, parallel);
  const { info, body } = wanted
    ? await requestBytes(store, key, wanted, signal)
    : { info: await knownHead(store, key, signal), body: undefined };
  if (ifMatch !== undefined && info.etag !== plainTag(ifMatch)) {
    await body?.body.cancel().catch(() => {});
    throw versionGoneError(store.placeOf(key));
  }
  return new RemoteReader(remoteObject(store, info), options, body);
}

/** What the first request fetches; `undefined` when the range holds nothing. */
function firstWanted(range: ByteRange | undefined, parallel: boolean): WantedExtent | undefined {
  if (range && "suffix" in range) {
    const suffix = parallel ? Math.min(PART, range.suffix) : range.suffix;
    return suffix === 0 ? undefined : { suffix };
  }
  const { offset: start, length } = range ?? { offset: 0 };
  if (length === 0) return undefined;
  const end = length === undefined ? undefined : start + length;
  return { start, end: parallel ? Math.min(end ?? Infinity, start + PART) : end };
}

/** What the server tells of an object that must be there. */
async function knownHead(
  store: WebStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectHead> {
  const head = await headWebObject(store, key, { signal });
  if (head) return head;
  throw objectNotFoundError(store.placeOf(key));
}

/** What came of asking for bytes. */
interface Bytes {
  /** What the headers tell of the object. */
  readonly info: ObjectHead;
  /** The bytes, on their way; `undefined` where there are none in that range. */
  readonly body?: RemoteBody;
}

/**
 * Asks for bytes of an object.
 *
 * @param known What has been told of the object before.
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when the answer's headers contradict what was asked for, or each other.
 */
async function requestBytes(
  store: WebStore,
  key: string,
  wanted: WantedExtent,
  signal: AbortSignal | undefined,
  known?: ObjectHead,
): Promise<Bytes> {
  // A page may ask other servers for the end of an object only after it has asked whether it may; the length tells as much.
  if ("suffix" in wanted && store.browser) return await requestEnd(store, key, wanted.suffix, signal);
  const isWhole = "start" in wanted && wanted.start === 0 && wanted.end === undefined;
  // Pages ask for a range in any case: else their `fetch` would ask for compression, which servers may then do on the way.
  const asksRange = !isWhole || store.browser;
  const answer = await store.send({
    method: "GET",
    key,
    place: store.address.placeOf(key),
    headers: asksRange ? { range: rangeOf(wanted) } : {},
  }, signal);
  try {
    const { status, headers, body } = answer;
    if (isMissing(answer, key)) throw missingError(store, key, status);
    const partly = (start: number, end: number, size: number): Bytes => ({
      info: infoOf(store, key, answer, size),
      body: { start, end, body },
    });
    if (status === 206) {
      const part = answeredPart(store, key, wanted, answer, known?.size) ??
        // To a page the range may be hidden.
        (isWhole
          ? undefined
          : answeredPart(store, key, wanted, answer, await hiddenSize(store, key, answer, signal)));
      if (!part) throw unknownSizeError(store, key);
      return partly(part.start, part.end, part.size);
    }
    if (status === 200) {
      const size = countOf(headers["content-length"]);
      if (size === undefined && asksRange) throw unknownSizeError(store, key);
      // Some servers know ranges, but none from the end.
      const isPart = size === undefined || ("suffix" in wanted && wanted.suffix < size);
      if (!isPart) {
        if (asksRange && !isWhole && size > 0) store.learnNoRanges(key);
        return partly(0, size, size);
      }
    }
    await body.cancel();
    if (status === 416) return { info: await headBeyond(store, key, wanted, answer, signal) };
    if (status !== 200) throw refusalError(status, "GET", store.placeOf(key));
    if ("suffix" in wanted) return await requestEnd(store, key, wanted.suffix, signal);
    // The answer for a range has the length in another header.
    return await requestBytes(store, key, { start: 0, end: Number.MAX_SAFE_INTEGER }, signal, known);
  } catch (error) {
    await answer.body.cancel().catch(() => {});
    throw error;
  }
}

/** Asks for the last bytes of an object by its size. */
async function requestEnd(
  store: WebStore,
  key: string,
  suffix: number,
  signal: AbortSignal | undefined,
): Promise<Bytes> {
  const head = await knownHead(store, key, signal);
  if (head.size === 0) return { info: head };
  const start = Math.max(0, head.size - suffix);
  const bytes = await requestBytes(store, key, { start, end: head.size }, signal, head);
  if (isSameVersion(bytes.info, head)) return bytes;
  await bytes.body?.body.cancel().catch(() => {});
  throw versionGoneError(store.placeOf(key));
}

/** What is told of an object that ends before the range begins: the refusal has its length, and may have no more. */
async function headBeyond(
  store: WebStore,
  key: string,
  wanted: WantedExtent,
  answer: WebAnswer,
  signal: AbortSignal | undefined,
): Promise<ObjectHead> {
  const head = await headIfKnown(store, key, signal);
  if (head) return head;
  const told = /^bytes \*\/(\d+)$/.exec(answer.headers["content-range"] ?? "")?.[1];
  // Only of nothing there is no first byte, and no last.
  const size = countOf(told) ?? ("suffix" in wanted || wanted.start === 0 ? 0 : undefined);
  if (size === undefined) throw unknownSizeError(store, key);
  return webHeadOf(store, key, answer, size);
}

/** The size of an object of which a part came. It is asked for once, as long as the object is not written anew. */
async function hiddenSize(
  store: WebStore,
  key: string,
  answer: WebAnswer,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const { lastModified } = webHeadOf(store, key, answer, 0);
  const last = store.hidden.get(key);
  if (last?.lastModified.getTime() === lastModified.getTime() && lastModified.getTime() > 0) return last.size;
  const head = await headWebObject(store, key, { signal });
  if (store.hidden.size > 10_000) store.hidden.clear();
  if (head) store.hidden.set(key, head);
  return head?.size;
}

async function headIfKnown(
  store: WebStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ObjectHead | undefined> {
  return store.knowsHead ? await headWebObject(store, key, { signal }) : undefined;
}

/** What an answer tells of the object, if its bytes are those that are stored. */
function infoOf(store: WebStore, key: string, answer: WebAnswer, size: number): ObjectHead {
  const info = webHeadOf(store, key, answer, size);
  if (info.contentEncoding === undefined || !store.decodes) return info;
  throw new UnsupportedError(
    `"${key}" comes with Content-Encoding ${info.contentEncoding}, which \`fetch\` undoes here by itself: neither the stored bytes nor how many they are can be had. Store it without, or read it with fetch()`,
    { key },
  );
}

function missingError(store: WebStore, key: string, status: number): NotFoundError {
  const { place, ...details } = store.placeOf(key);
  if (status >= 400) return objectNotFoundError({ place, ...details });
  return new NotFoundError(
    `there is no object "${key}" in ${place}: the server shows a page (text/html) instead, as some do for what is missing, for a directory, or before a login. If the object is that page, get it with fetch().`,
    details,
  );
}

/** Requests at once for one object where nothing else is said: as many as browsers have connections to a server. */
const CONCURRENCY = 6;

/** One version of one object, as the server names it by its ETag or the time when it was written. */
function remoteObject(store: WebStore, info: ObjectHead): RemoteObject {
  return {
    info,
    policy: store.policy,
    idle: store.timeouts.idle,
    concurrency: store.options.concurrency ?? CONCURRENCY,
    resumable: info.etag !== undefined || info.lastModified.getTime() > 0,
    get partLength() {
      return store.knowsRanges ? PART : Infinity;
    },
    request: async (start, end, signal) => {
      try {
        const bytes = await requestBytes(store, info.key, { start, end }, signal, info);
        if (bytes.body && isSameVersion(bytes.info, info)) return bytes.body;
        await bytes.body?.body.cancel().catch(() => {});
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
      // Deleted, written anew, or shorter by now.
      throw versionGoneError(store.placeOf(info.key));
    },
    // Web servers tell no checksums.
    expected: () => undefined,
  };
}
