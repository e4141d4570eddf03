import type { Extent } from "../../backends/arguments.ts";
import type {
  ByteRange,
  ObjectHead,
  ObjectReader,
  OpenOptions,
  RequestOptions,
} from "../../backends/backend.ts";
import { BaseReader, type Reading } from "../../backends/base_reader.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { forEachConcurrent } from "../../lib/streams/mod.ts";
import { notAuthentic, type SegmentCipher, type WholePayload } from "../scheme.ts";
import { type Measure, openSegments, piecesOf, within } from "../segments.ts";
import { plainStream } from "./putting.ts";
import { type Beginning, cutSpan, type Span, spanOf, StoredBytes, storedExtent } from "./spans.ts";

/** Stored bytes a request where several run at once. */
export const SECTION = 8 * 1024 * 1024;
/** Requests at once for one object where nothing else is said. */
const CONCURRENCY = 4;

type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>;

/** What a reader of segments reads from. */
export interface SegmentedBody {
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

  /** Plain bytes of an extent, and how to end them early. */
  protected abstract pieces(reading: Reading): { pieces: Pieces; stop: (reason: unknown) => void };

  override stream(range?: ByteRange, options?: RequestOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
    const reading = this.reading(range, options);
    const { pieces, stop } = this.pieces(reading);
    return plainStream(this.reported(pieces, reading.extent.length), stop, reading.signal);
  }

  override async close(): Promise<void> {
    await this.#stored.close();
  }

  protected override async fill(target: Uint8Array<ArrayBuffer>, reading: Reading): Promise<void> {
    const { pieces, stop } = this.pieces(reading);
    await this.fillFrom(target, piecesOf(plainStream(pieces, stop, reading.signal)));
  }
}

/** Reads a body in segments: of a range just those that hold it. */
export class SegmentReader extends DecryptingReader {
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
    await beginning?.cancel();
    await super.close();
  }

  protected override pieces(reading: Reading): { pieces: Pieces; stop: (reason: unknown) => void } {
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
      for await (const piece of piecesOf(plainStream(pieces, stop, ended))) {
        target.set(piece, place);
        place += piece.length;
        loaded += piece.length;
        if (loaded < extent.length) this.report(loaded, extent.length);
      }
    }, { concurrency: this.options.concurrency ?? CONCURRENCY, signal });
  }

  #spanOf({ range = this.options.range, extent }: Reading): Span | undefined {
    const { cipher: { layout }, measure } = this.#body;
    return spanOf(layout, measure, range, extent);
  }

  #open(span: Span, signal: AbortSignal | undefined): { pieces: Pieces; stop: (reason: unknown) => void } {
    const { stored, cipher } = this.#body;
    const { layout } = cipher;
    const source = this.#storedBytes(storedExtent(layout, span, stored.info.size), span.first, signal);
    const plain = openSegments(cipher, source, span);
    return {
      pieces: within(layout, span.first, plain, { ...span.extent, drain: span.ends, key: this.info.key }),
      stop: (reason) => source.cancel(reason),
    };
  }

  /** Stored bytes: those that opening brought, once, and the others by requests of their own. */
  #storedBytes({ offset, length }: Extent, first: number, signal: AbortSignal | undefined): StoredBytes {
    const { stored } = this.#body;
    const end = offset + length;
    const beginning = this.#beginning;
    if (first > 0 || !beginning || beginning.end > end) {
      return new StoredBytes(() => stored.stream({ offset, length }, { signal }));
    }
    this.#beginning = undefined;
    const rest = end - beginning.end;
    return new StoredBytes(
      () => beginning.rest(offset),
      ...(rest > 0 ? [() => stored.stream({ offset: beginning.end, length: rest }, { signal })] : []),
    );
  }
}

/** Reads a body that can only be read as a whole. */
export class WholeReader extends DecryptingReader {
  readonly #stored: ObjectReader;
  readonly #payload: WholePayload;

  /** Reads a body whose size has been found. */
  constructor(info: ObjectHead, stored: ObjectReader, payload: WholePayload, options: OpenOptions) {
    super(info, stored, options);
    this.#stored = stored;
    this.#payload = payload;
  }

  protected override pieces(
    { extent: { offset, length }, signal }: Reading,
  ): { pieces: Pieces; stop: (reason: unknown) => void } {
    const { key, size } = this.info;
    if (offset > 0 || length < size) {
      throw new UnsupportedError(
        `"${key}" is encrypted in a way that can only be read as a whole: download all of it`,
        {
          key,
        },
      );
    }
    const stop = new AbortController();
    const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const plain = this.#stored.stream({ offset: 0 }, { signal: ended }).pipeThrough(this.#payload.decrypt());
    return { pieces: whole(plain, length, key), stop: (reason) => stop.abort(reason) };
  }
}

async function* whole(plain: ReadableStream<Uint8Array<ArrayBuffer>>, length: number, key: string): Pieces {
  let given = 0;
  for await (const piece of piecesOf(plain)) {
    given += piece.length;
    if (given > length) throw notAuthentic(key);
    yield piece;
  }
  if (given < length) throw notAuthentic(key);
}

async function* nothing(): Pieces {}
