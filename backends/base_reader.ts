import { InvalidArgumentError } from "../lib/errors.ts";
import { type Extent, resolveRange } from "./arguments.ts";
import type { ByteRange, ObjectHead, ObjectReader, OpenOptions, RequestOptions } from "./backend.ts";

/** What one call of {@linkcode ObjectReader.read} or {@linkcode ObjectReader.stream} asks for. */
export interface Reading {
  /** The range as it was asked for; `undefined` where it is the one that was opened. */
  readonly range?: ByteRange;
  /** The bytes that it means. */
  readonly extent: Extent;
  /** Ends the reading: the signal that the object was opened with, or the call's own. */
  readonly signal?: AbortSignal;
}

/** What all readers of one version of an object share: what a range means, which signal counts, whom progress is told. */
export abstract class BaseReader implements ObjectReader {
  /** What the store told of the version. */
  readonly info: ObjectHead;
  /** What the object was opened with. */
  protected readonly options: OpenOptions;
  readonly #opened: Extent;

  /** A reader of one version. */
  constructor(info: ObjectHead, options: OpenOptions) {
    this.info = info;
    this.options = options;
    this.#opened = resolveRange(options.range, info.size);
  }

  /** The bytes of a range as a byte stream. */
  abstract stream(range?: ByteRange, options?: RequestOptions): ReadableStream<Uint8Array<ArrayBuffer>>;

  /** Gives up whatever is open and unread. */
  abstract close(): Promise<void>;

  /** Fills `target` with all bytes of `reading.extent`; reports progress up to, and without, the last byte. */
  protected abstract fill(target: Uint8Array<ArrayBuffer>, reading: Reading): void | Promise<void>;

  /** The bytes of a range in memory. */
  async read(
    range?: ByteRange,
    options: RequestOptions & { into?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const reading = this.reading(range, options);
    if (reading.signal?.aborted) await this.abandoned();
    reading.signal?.throwIfAborted();
    const { length } = reading.extent;
    const target = memoryFor(length, options.into);
    await this.fill(target, reading);
    this.report(length, length);
    return target;
  }

  /** Called when a reading is aborted before it begins: ends what only that reading would have used. */
  protected async abandoned(): Promise<void> {}

  /** What a call asks for. */
  protected reading(range: ByteRange | undefined, options: RequestOptions = {}): Reading {
    const { signal: own } = this.options;
    const { signal } = options;
    return {
      range,
      extent: range ? resolveRange(range, this.info.size) : this.#opened,
      signal: own && signal ? AbortSignal.any([own, signal]) : own ?? signal,
    };
  }

  /** Tells how many bytes of how many have been read. */
  protected report(loaded: number, total: number): void {
    this.options.onProgress?.({ key: this.info.key, loaded, total, done: loaded === total });
  }

  /** Copies pieces into `target`, one after the other; reports progress up to, and without, the last byte. */
  protected async fillFrom(
    target: Uint8Array<ArrayBuffer>,
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    let filled = 0;
    for await (const piece of pieces) {
      target.set(piece, filled);
      filled += piece.byteLength;
      if (filled < target.byteLength) this.report(filled, target.byteLength);
    }
  }

  /** Hands pieces on; reports progress, and the last byte once the pieces have come to their end without an error. */
  protected async *reported<T extends Uint8Array>(
    pieces: AsyncIterable<T>,
    total: number,
  ): AsyncGenerator<T, void, void> {
    let loaded = 0;
    for await (const piece of pieces) {
      loaded += piece.byteLength;
      if (loaded < total) this.report(loaded, total);
      yield piece;
    }
    this.report(total, total);
  }
}

/** The memory that a range is read into: the caller's, where it has the range's length, else new. */
function memoryFor(length: number, into: Uint8Array<ArrayBuffer> | undefined): Uint8Array<ArrayBuffer> {
  if (into !== undefined && !(into instanceof Uint8Array && into.buffer instanceof ArrayBuffer)) {
    throw new InvalidArgumentError("`into` is a Uint8Array to fill, over memory that isn't shared");
  }
  if (into && into.byteLength !== length) {
    throw new InvalidArgumentError(
      `the range has ${length} bytes and cannot fill \`into\`, which has ${into.byteLength}`,
    );
  }
  if (into) return into;
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new InvalidArgumentError(
      `${length} bytes do not fit into this process's memory; read a range, or a stream`,
      { cause },
    );
  }
}
