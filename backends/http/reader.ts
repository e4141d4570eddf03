import { forEachConcurrent } from "../../lib/streams/concurrent.ts";
import type { ByteRange, ObjectHead, ObjectReader, OpenOptions, RequestOptions } from "../backend.ts";
import { destination, type Extent, resolveRange } from "../range.ts";
import { Gate } from "./gate.ts";
import { sectionPieces } from "./pieces.ts";
import type { RemoteBody, RemoteObject } from "./remote_object.ts";
import { sectionsOf } from "./sections.ts";
import { byteStreamFrom } from "./stream.ts";

/** Bytes a request where several run at once. */
export const PART = 8 * 1024 * 1024;

/** Reads one version of an object by HTTP requests: resumed where they break, checked where the store tells what to check. */
export class RemoteReader implements ObjectReader {
  /** What the store told of the version. */
  readonly info: ObjectHead;
  readonly #object: RemoteObject;
  readonly #options: OpenOptions;
  readonly #opened: Extent;
  #first?: RemoteBody;

  /**
   * A reader of one version.
   *
   * @param options What it was opened with.
   * @param first The body that opening brought, where it brought one.
   */
  constructor(object: RemoteObject, options: OpenOptions, first?: RemoteBody) {
    this.#object = object;
    this.info = object.info;
    this.#options = options;
    this.#opened = resolveRange(options.range, this.info.size);
    this.#first = first;
  }

  /** The bytes of a range as a byte stream. */
  stream(range?: ByteRange, options: RequestOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const extent = this.#extent(range);
    const gate = new Gate(this.#both(options.signal));
    const first = this.#takeFirst(extent, false);
    return byteStreamFrom(ending(this.#checked(extent, first, gate.signal), () => gate.close()), (reason) => {
      gate.fail(reason);
      gate.close();
      // Nobody else would, when nothing has been read.
      first?.body.cancel(reason).catch(() => {});
    });
  }

  /** The bytes of a range in memory. */
  async read(
    range?: ByteRange,
    options: RequestOptions & { into?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const extent = this.#extent(range);
    const signal = this.#both(options.signal);
    if (signal?.aborted) await this.close();
    signal?.throwIfAborted();
    const target = destination(extent, options.into);
    const first = this.#takeFirst(extent, true);
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

  /** Gives up the body that opening brought. */
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
    first: RemoteBody | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const object = this.#object;
    const verifier = extent.length === this.info.size ? object.partsVerifier(signal) : undefined;
    let unused = first;
    let loaded = 0;
    try {
      await forEachConcurrent(sections, async (section, index, ended) => {
        const body = unused && within(unused, section.offset) ? unused : undefined;
        if (body) unused = undefined;
        const see = verifier?.part(index);
        let position = section.offset - extent.offset;
        for await (const piece of sectionPieces(object, section, body, ended)) {
          target.set(piece, position);
          see?.(piece);
          position += piece.length;
          loaded += piece.length;
          if (loaded < extent.length) this.#report(loaded, extent.length);
        }
      }, { concurrency: this.#options.concurrency ?? object.concurrency, signal });
    } finally {
      await unused?.body.cancel().catch(() => {});
    }
    if (verifier) await verifier.finish(sections, target);
    else await object.confirm?.(signal);
  }

  /** The bytes of an extent; they are checked before the last has been said to be the last. */
  async *#checked(
    extent: Extent,
    first: RemoteBody | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const object = this.#object;
    const { length } = extent;
    const verifier = length === this.info.size ? object.verifier(signal) : undefined;
    let loaded = 0;
    for await (const piece of sectionPieces(object, extent, first, signal)) {
      verifier?.update(piece);
      loaded += piece.length;
      if (loaded < length) this.#report(loaded, length);
      yield piece;
    }
    if (verifier) await verifier.finish();
    else if (length > 0) await object.confirm?.(signal);
    this.#report(length, length);
  }

  /** The body that opening brought, where the extent begins in it, or `parts` of it are read wherever they are and it is the last; it is used once. */
  #takeFirst({ offset, length }: Extent, parts: boolean): RemoteBody | undefined {
    const first = this.#first;
    if (!first || length === 0) return undefined;
    const starts = first.start <= offset && offset < first.end;
    // A suffix in parts begins with its last part.
    const ends = parts && first.start > offset && first.end === offset + length;
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

function within({ start, end }: RemoteBody, offset: number): boolean {
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
