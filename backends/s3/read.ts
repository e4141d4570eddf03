import { NotFoundError } from "../../lib/errors.ts";
import { forEachConcurrent } from "../../lib/streams/concurrent.ts";
import type {
  ByteRange,
  Checksum,
  ObjectHead,
  ObjectReader,
  OpenOptions,
  RequestOptions,
} from "../backend.ts";
import { Crc } from "../checksum/crc.ts";
import { checkKey } from "../keys.ts";
import { destination, type Extent, resolveRange } from "../range.ts";
import { Gate } from "./gate.ts";
import { isCrc } from "./guard.ts";
import { headObject } from "./head.ts";
import { changed, request, type Response, type Wanted } from "./response.ts";
import { sectionPieces } from "./pieces.ts";
import { sectionsOf } from "./sections.ts";
import type { S3Store } from "./store.ts";
import { byteStreamFrom } from "./stream.ts";
import { checkable, checkBytes, checkCrc, verifierOf } from "./verify.ts";

/** Bytes a request where several run at once. */
const PART = 8 * 1024 * 1024;
/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 6;

/** Opens one version of an object: with the request whose bytes are read first. */
export async function openObject(
  store: S3Store,
  key: string,
  options: OpenOptions = {},
): Promise<ObjectReader> {
  const { range, parallel = false, ifMatch: etag, signal } = options;
  checkKey(key);
  // Checks the numbers; how much there is, only the store can tell.
  resolveRange(range, 0);
  const wanted = firstRequest(range, parallel);
  if (wanted) {
    const response = await request(store, key, { ...wanted, etag }, signal);
    if (response) return new S3Reader(store, response.info, options, response);
  }
  // No byte is wanted, or there is none in that range: then there is no body to learn the rest from.
  const info = await headObject(store, key, signal);
  if (!info) {
    throw new NotFoundError(`there is no "${key}" in bucket "${store.bucket}".`, {
      key,
      bucket: store.bucket,
    });
  }
  if (etag !== undefined && info.etag !== etag.replace(/^"(.*)"$/, "$1")) throw changed(key, store.bucket);
  return new S3Reader(store, info, options);
}

/** What the first request fetches; `undefined` when the range holds nothing. */
function firstRequest(range: ByteRange | undefined, parallel: boolean): Wanted | undefined {
  if (!range) return parallel ? { start: 0, end: PART } : {};
  if ("suffix" in range) {
    if (range.suffix === 0) return undefined;
    return { suffix: parallel ? Math.min(PART, range.suffix) : range.suffix };
  }
  const { offset, length } = range;
  if (length === 0) return undefined;
  const end = length === undefined ? undefined : offset + length;
  return { start: offset, end: parallel ? Math.min(end ?? Infinity, offset + PART) : end };
}

/** Reads one version. */
class S3Reader implements ObjectReader {
  readonly info: ObjectHead;
  readonly #store: S3Store;
  readonly #options: OpenOptions;
  readonly #opened: Extent;
  #first?: Response;

  constructor(store: S3Store, info: ObjectHead, options: OpenOptions, first?: Response) {
    this.#store = store;
    this.info = info;
    this.#options = options;
    this.#opened = resolveRange(options.range, info.size);
    this.#first = first;
  }

  stream(range?: ByteRange, options: RequestOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const extent = this.#extent(range);
    const gate = new Gate(this.#both(options.signal));
    const first = this.#takeFirst(extent);
    return byteStreamFrom(ending(this.#checked(extent, first, gate.signal), () => gate.close()), (reason) => {
      gate.fail(reason);
      gate.close();
      // Nobody else would, when nothing has been read.
      first?.body.cancel(reason).catch(() => {});
    });
  }

  async read(
    range?: ByteRange,
    options: RequestOptions & { into?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const extent = this.#extent(range);
    const signal = this.#both(options.signal);
    signal?.throwIfAborted();
    const target = destination(extent, options.into);
    const first = this.#takeFirst(extent);
    const sections = sectionsOf(extent, first, PART);
    if (sections.length === 1) {
      let filled = 0;
      for await (const piece of this.#checked(extent, first, signal)) {
        target.set(piece, filled);
        filled += piece.length;
      }
    } else if (sections.length > 1) {
      await this.#readParallel(extent, sections, target, first, signal);
      this.#report(extent.length, extent.length);
    } else {
      this.#report(0, 0);
    }
    return target;
  }

  async close(): Promise<void> {
    const first = this.#first;
    this.#first = undefined;
    await first?.body.cancel().catch(() => {});
  }

  /** Each part into its own place, wherever the others are. */
  async #readParallel(
    extent: Extent,
    sections: readonly Extent[],
    target: Uint8Array<ArrayBuffer>,
    first: Response | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { key, etag, size } = this.info;
    const store = this.#store;
    // The checksum of a whole object comes with no part of it.
    const asking = extent.length === size ? this.#askChecksum(signal) : undefined;
    let checksum: Checksum | undefined;
    asking?.then((told) => checksum = told);
    const crcs: (Crc | undefined)[] = [];
    let unused = first;
    let loaded = 0;
    try {
      await forEachConcurrent(sections, async ({ offset, length }, index, ended) => {
        const body = unused && within(unused, offset) ? unused : undefined;
        if (body) unused = undefined;
        const section = { key, start: offset, end: offset + length, etag, encoded: this.#encoded };
        // Known by now, as a rule; otherwise it is made up for below.
        const crc = checksum && isCrc(checksum.algorithm) ? new Crc(checksum.algorithm) : undefined;
        let position = offset - extent.offset;
        for await (const piece of sectionPieces(store, section, body, ended)) {
          target.set(piece, position);
          crc?.update(piece);
          position += piece.length;
          loaded += piece.length;
          if (loaded < extent.length) this.#report(loaded, extent.length);
        }
        crcs[index] = crc;
      }, { concurrency: this.#options.concurrency ?? store.options.concurrency ?? CONCURRENCY, signal });
    } finally {
      await unused?.body.cancel().catch(() => {});
    }
    const told = await asking;
    if (!told) return;
    if (!isCrc(told.algorithm)) return await checkBytes(store, this.info, told, target);
    const sum = new Crc(told.algorithm);
    for (const [index, { offset, length }] of sections.entries()) {
      const start = offset - extent.offset;
      sum.append(crcs[index] ?? new Crc(told.algorithm).update(target.subarray(start, start + length)));
    }
    checkCrc(store, this.info, told, sum);
  }

  /** The whole object's checksum, where the store tells it. That it does not is no reason to fail. */
  async #askChecksum(signal: AbortSignal | undefined): Promise<Checksum | undefined> {
    const store = this.#store;
    if (store.options.checksums === false) return undefined;
    try {
      const head = await headObject(store, this.info.key, signal);
      return head && head.etag === this.info.etag ? checkable(store, head) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The bytes of an extent; where it is the whole object they are checked before the last has been said to be the last. */
  async *#checked(
    extent: Extent,
    first: Response | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const { key, etag, size } = this.info;
    const { offset, length } = extent;
    const verifier = length === size ? verifierOf(this.#store, this.info) : undefined;
    const section = { key, start: offset, end: offset + length, etag, encoded: this.#encoded };
    let loaded = 0;
    for await (const piece of sectionPieces(this.#store, section, first, signal)) {
      verifier?.update(piece);
      loaded += piece.length;
      if (loaded < length) this.#report(loaded, length);
      yield piece;
    }
    await verifier?.finish();
    this.#report(length, length);
  }

  get #encoded(): boolean {
    return this.info.contentEncoding !== undefined;
  }

  /** The body that opening brought, where the extent begins in it; it is used once. */
  #takeFirst({ offset, length }: Extent): Response | undefined {
    const first = this.#first;
    if (!first || length === 0) return undefined;
    const starts = first.start <= offset && offset < first.end;
    // A suffix in parts begins with its last part.
    const ends = first.start > offset && first.end === offset + length;
    if (!starts && !ends) return undefined;
    this.#first = undefined;
    return first;
  }

  #extent(range: ByteRange | undefined): Extent {
    return range ? resolveRange(range, this.info.size) : this.#opened;
  }

  #both(signal: AbortSignal | undefined): AbortSignal | undefined {
    const own = this.#options.signal;
    return own && signal ? AbortSignal.any([own, signal]) : own ?? signal;
  }

  #report(loaded: number, total: number): void {
    this.#options.onProgress?.({ key: this.info.key, loaded, total, done: loaded === total });
  }
}

function within({ start, end }: Response, offset: number): boolean {
  return start <= offset && offset < end;
}

/** Calls `done` when the pieces have come to their end, whatever that is. */
async function* ending<T>(pieces: AsyncIterable<T>, done: () => void): AsyncGenerator<T, void, void> {
  try {
    yield* pieces;
  } finally {
    done();
  }
}
