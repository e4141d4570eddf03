import type { ByteRange, ObjectHead, ObjectReader, OnProgress, RequestOptions } from "../backend.ts";
import { byteStream } from "../byte_stream.ts";
import { destination, type Extent, resolveRange } from "../range.ts";
import type { MemoryVersion } from "./store.ts";

/** Reads one version in memory; it stays what it is when the object is replaced or deleted. */
export class MemoryReader implements ObjectReader {
  /** What is told of the version. */
  readonly info: ObjectHead;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #opened: Extent;
  readonly #signal?: AbortSignal;
  readonly #onProgress?: OnProgress;

  /** Opens a version. */
  constructor(
    { head, bytes }: MemoryVersion,
    options: { range?: ByteRange; signal?: AbortSignal; onProgress?: OnProgress },
  ) {
    this.info = head;
    this.#bytes = bytes;
    this.#opened = resolveRange(options.range, bytes.length);
    this.#signal = options.signal;
    this.#onProgress = options.onProgress;
  }

  /** The bytes of a range as a byte stream. */
  stream(range?: ByteRange, options: RequestOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { offset, length } = this.#extent(range);
    return byteStream({
      length,
      readInto: (view, from) => {
        view.set(this.#bytes.subarray(offset + from, offset + from + view.length));
        this.#report(from + view.length, length);
      },
    }, this.#both(options.signal));
  }

  /** The bytes of a range in memory of the caller's own. */
  // deno-lint-ignore require-await -- async, so that a wrong argument is a rejection
  async read(
    range?: ByteRange,
    options: RequestOptions & { into?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    this.#both(options.signal)?.throwIfAborted();
    const extent = this.#extent(range);
    const target = destination(extent, options.into);
    target.set(this.#bytes.subarray(extent.offset, extent.offset + extent.length));
    this.#report(extent.length, extent.length);
    return target;
  }

  /** Nothing is held open. */
  async close(): Promise<void> {}

  #extent(range: ByteRange | undefined): Extent {
    return range ? resolveRange(range, this.#bytes.length) : this.#opened;
  }

  #both(signal: AbortSignal | undefined): AbortSignal | undefined {
    return this.#signal && signal ? AbortSignal.any([this.#signal, signal]) : this.#signal ?? signal;
  }

  #report(loaded: number, total: number): void {
    this.#onProgress?.({ key: this.info.key, loaded, total, done: loaded === total });
  }
}
