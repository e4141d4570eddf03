/**
 * Opening an encrypted object, and reading it.
 *
 * @module
 */
import { type Extent, resolveRange } from "../../backends/arguments.ts";
import type {
  Backend,
  ByteRange,
  ObjectHead,
  ObjectReader,
  OpenOptions,
  RequestOptions,
} from "../../backends/backend.ts";
import { BaseReader, type Reading } from "../../backends/base_reader.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import {
  type EncryptionScheme,
  notAuthenticError,
  type SegmentCipher,
  type SegmentedPayload,
  type UnsealedObject,
  type WholePayload,
} from "../scheme.ts";
import { type Measure, measure, openSegments, plainOffset } from "../segments.ts";
import { byteStreamOf, piecesOf, StoredBytes } from "../sources.ts";
import { cutSpan, firstFetch, type Span, spanOf, storedExtent } from "./spans.ts";

/** Stored bytes a request where several run at once. */
const SECTION = 8 * 1024 * 1024;
/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 4;

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>;

/** Plain bytes as they come, and how to end them early. */
interface Reads {
  readonly pieces: Pieces;
  readonly stop: (reason: unknown) => void;
}

/** What is known of one version of an object. */
interface Known {
  /** What the store told. */
  readonly head: ObjectHead;
  /** Its checked metadata. */
  readonly unsealed: UnsealedObject;
  /** Its body's cipher. */
  readonly payload: SegmentedPayload;
}

/** How many versions are remembered. */
const MOST = 64;

/**
 * The versions that were read last, so that the parts of one are read without its header being fetched for each. A version counts as known only with the very
 * metadata that were checked: an etag alone can outlive them.
 */
export class VersionCache {
  readonly #known = new Map<string, Known>();

  /** The version of an object with this etag. */
  get(key: string, etag: string | undefined): Known | undefined {
    const known = this.#known.get(key);
    return etag !== undefined && known?.head.etag === etag ? known : undefined;
  }

  /** Remembers a version, where the store gives versions names. */
  set(known: Known): void {
    const { key, etag } = known.head;
    if (etag === undefined) return;
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST) this.#known.delete(oldest);
  }
}

/** Whether two answers of the store tell of the same bytes under the same metadata. */
function sameVersion(a: ObjectHead, b: ObjectHead): boolean {
  const names = Object.keys(a.metadata);
  return a.etag === b.etag && a.size === b.size && names.length === Object.keys(b.metadata).length &&
    names.every((name) => Object.hasOwn(b.metadata, name) && a.metadata[name] === b.metadata[name]);
}

/** What opening needs of the backend. */
interface Opener {
  /** The store of encrypted objects. */
  readonly store: Backend;
  /** The scheme of an object as a rule. */
  readonly scheme: EncryptionScheme;
  /** Versions that were read last. */
  readonly cache: VersionCache;
  /** Checks the metadata of a stored object. */
  unseal(head: ObjectHead): Promise<UnsealedObject>;
}

/**
 * Opens an encrypted object: its first request fetches the header, and of a whole object or of its beginning the bytes as well. Its metadata and header
 * are checked before it is given.
 */
export async function openEncrypted(
  opener: Opener,
  key: string,
  options: OpenOptions,
): Promise<ObjectReader> {
  const { store, scheme, cache } = opener;
  const { range, onProgress: _, ...passed } = options;
  // Checks the numbers; how much there is, only the store can tell.
  resolveRange(range, 0);
  const known = range && cache.get(key, options.ifMatch);
  const layout = known?.payload.cipher.layout ?? scheme.layout;
  const fetch = firstFetch(layout, scheme.headerHint, range, known !== undefined);
  const stored = await store.open(key, { ...passed, range: fetch });
  let beginning: Beginning | undefined;
  try {
    // Whatever the store calls it: what was asked for is the key that it must be bound to.
    const info = { ...stored.info, key };
    let unsealed: UnsealedObject;
    let payload: SegmentedPayload | WholePayload;
    if (known && sameVersion(known.head, info)) {
      ({ unsealed, payload } = known);
    } else {
      unsealed = await opener.unseal(info);
      payload = await unsealed.payload(async (length) => {
        if (!beginning || beginning.end < Math.min(length, info.size)) {
          // A header that is longer than what was asked for is asked for again.
          await beginning?.stored.cancel();
          beginning = beginningOf(stored, fetch, length, options);
        }
        return await beginning.stored.bytes.first(length);
      });
      if (payload.kind === "segments") cache.set({ head: info, unsealed, payload });
    }
    const { checksum: _checksum, ...told } = info;
    const plain = (size: number): ObjectHead => ({ ...told, size, metadata: unsealed.metadata });
    if (payload.kind === "whole") {
      await beginning?.stored.cancel();
      const size = await payload.plainSize(info.size, (length) => stored.read({ suffix: length }));
      return new WholeReader(plain(size), stored, payload, options);
    }
    const { cipher } = payload;
    const measured = measure(cipher.layout, info.size);
    if (!measured) throw notAuthenticError(key);
    return new SegmentReader(
      plain(measured.plainSize),
      { stored, cipher, measure: measured, beginning },
      options,
    );
  } catch (error) {
    await beginning?.stored.cancel(error);
    await stored.close();
    throw error;
  }
}

/** The object's first bytes: what the first request fetches, if it begins there. */
function beginningOf(
  stored: ObjectReader,
  fetch: OpenOptions["range"],
  headerLength: number,
  { parallel, signal }: OpenOptions,
): Beginning {
  const { size } = stored.info;
  const fetched = resolveRange(fetch, size);
  const brought = fetched.offset === 0 ? fetched.length : 0;
  // Of what is read in parts the first part only, so that the others are not read twice.
  const length = Math.max(headerLength, parallel ? Math.min(brought, SECTION) : brought);
  const end = Math.min(length, size);
  return { stored: new StoredBytes(() => stored.stream({ offset: 0, length: end }, { signal })), end };
}

/** An object's first stored bytes, which opening brought. */
interface Beginning {
  readonly stored: StoredBytes;
  /** Where in the object they end. */
  readonly end: number;
}

/** What a reader of segments reads from. */
interface SegmentedBody {
  /** The stored object. */
  readonly stored: ObjectReader;
  /** Opens its segments. */
  readonly cipher: SegmentCipher;
  /** How many there are, as far as the store's word goes; what is read to the end proves it. */
  readonly measure: Measure;
  /** The first stored bytes, where opening has brought more than the header. */
  readonly beginning?: Beginning;
}

/** Reads one version of an encrypted object: nothing leaves it that is not authentic. */
abstract class DecryptingReader extends BaseReader {
  readonly #stored: ObjectReader;

  constructor(info: ObjectHead, stored: ObjectReader, options: OpenOptions) {
    super(info, options);
    this.#stored = stored;
  }

  protected abstract pieces(reading: Reading): Reads;

  override stream(range?: ByteRange, options?: RequestOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
    const reading = this.reading(range, options);
    const { pieces, stop } = this.pieces(reading);
    return byteStreamOf(this.reported(pieces, reading.extent.length), stop, reading.signal);
  }

  override async close(): Promise<void> {
    await this.#stored.close();
  }

  protected override async fill(target: Uint8Array<ArrayBuffer>, reading: Reading): Promise<void> {
    const { pieces, stop } = this.pieces(reading);
    await this.fillFrom(target, piecesOf(byteStreamOf(pieces, stop, reading.signal)));
  }
}

/** Reads a body in segments: of a range just those that hold it. */
class SegmentReader extends DecryptingReader {
  readonly #body: SegmentedBody;
  #beginning: Beginning | undefined;

  /** Reads a body whose header has been read. */
  constructor(info: ObjectHead, body: SegmentedBody, options: OpenOptions) {
    super(info, body.stored, options);
    this.#body = body;
    this.#beginning = body.beginning;
  }

  override async close(): Promise<void> {
    const beginning = this.#beginning;
    this.#beginning = undefined;
    await beginning?.stored.cancel();
    await super.close();
  }

  protected override pieces(reading: Reading): Reads {
    const span = this.#spanOf(reading);
    return span ? this.#open(span, reading.signal) : { pieces: nothing(), stop: () => {} };
  }

  protected override async fill(target: Uint8Array<ArrayBuffer>, reading: Reading): Promise<void> {
    const { extent, signal } = reading;
    const { layout } = this.#body.cipher;
    const stride = layout.segmentLength + layout.tagLength;
    const count = Math.max(1, Math.floor(SECTION / stride));
    const span = this.#spanOf(reading);
    if (!this.options.parallel || !span || span.end - span.first <= count) {
      return await super.fill(target, reading);
    }
    let loaded = 0;
    await forEachConcurrent(cutSpan(layout, span, count), async (part, _, ended) => {
      const { pieces, stop } = this.#open(part, ended);
      let place = part.extent.offset - extent.offset;
      for await (const piece of piecesOf(byteStreamOf(pieces, stop, ended))) {
        target.set(piece, place);
        place += piece.byteLength;
        loaded += piece.byteLength;
        if (loaded < extent.length) this.report(loaded, extent.length);
      }
    }, { concurrency: this.options.concurrency ?? CONCURRENCY, signal });
  }

  #spanOf({ range = this.options.range, extent }: Reading): Span | undefined {
    const { cipher: { layout }, measure } = this.#body;
    return spanOf(layout, measure, range, extent);
  }

  #open(span: Span, signal: AbortSignal | undefined): Reads {
    const { stored, cipher } = this.#body;
    const { layout } = cipher;
    const { offset, length } = storedExtent(layout, span, stored.info.size);
    const end = offset + length;
    const request = (start: number) => () =>
      stored.stream({ offset: start, length: end - start }, { signal });
    // What opening brought is read once; the rest comes by a request of its own.
    const beginning = span.first === 0 && (this.#beginning?.end ?? Infinity) <= end
      ? this.#beginning
      : undefined;
    const source = beginning?.stored ?? new StoredBytes(request(offset));
    if (beginning) this.#beginning = undefined;
    if (beginning && beginning.end < end) source.push(request(beginning.end));
    const segments = openSegments(cipher, source.bytes.from(beginning ? offset : 0), span);
    const skip = span.extent.offset - plainOffset(layout, span.first);
    return {
      pieces: bytesWithin(segments, { ...span.extent, offset: skip }, span.ends, this.info.key),
      stop: (reason) => source.cancel(reason),
    };
  }
}

/** Reads a body that can only be read as a whole. */
class WholeReader extends DecryptingReader {
  readonly #stored: ObjectReader;
  readonly #payload: WholePayload;

  /** Reads a body whose size has been found. */
  constructor(info: ObjectHead, stored: ObjectReader, payload: WholePayload, options: OpenOptions) {
    super(info, stored, options);
    this.#stored = stored;
    this.#payload = payload;
  }

  protected override pieces({ extent: { offset, length }, signal }: Reading): Reads {
    const { key, size } = this.info;
    if (offset > 0 || length < size) {
      throw new UnsupportedError(
        `"${key}" is encrypted in a way that can only be read as a whole: download all of it`,
        { key },
      );
    }
    const stop = new AbortController();
    const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const plain = this.#stored.stream({ offset: 0 }, { signal: ended }).pipeThrough(this.#payload.decrypt());
    return {
      pieces: exactly(plain, length, key),
      stop: (reason) => stop.abort(reason),
    };
  }
}

/** Pieces that must have as many bytes as were told. */
async function* exactly(plain: ReadableStream<Uint8Array<ArrayBuffer>>, length: number, key: string): Pieces {
  let left = length;
  for await (const piece of piecesOf(plain)) {
    left -= piece.byteLength;
    if (left < 0) throw notAuthenticError(key);
    yield piece;
  }
  if (left > 0) throw notAuthenticError(key);
}

async function* nothing(): Pieces {}

/**
 * An extent of the plain bytes of segments.
 *
 * @param drain Whether to read up to the source's end, so that the end is known to be one.
 * @throws {IntegrityError} when there are fewer than are wanted: then somebody has told a wrong size.
 */
async function* bytesWithin(
  segments: Pieces,
  { offset, length }: Extent,
  drain: boolean,
  key: string,
): Pieces {
  let skip = offset;
  let left = length;
  for await (const bytes of segments) {
    const start = Math.min(skip, bytes.byteLength);
    skip -= start;
    const piece = bytes.subarray(start, start + left);
    left -= piece.byteLength;
    if (piece.byteLength > 0) yield piece;
    if (left === 0 && !drain) return;
  }
  if (left > 0) throw notAuthenticError(key);
}
