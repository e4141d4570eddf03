/**
 * Which stored bytes hold which plain ones.
 *
 * @module
 */
import type { Extent } from "../../backends/arguments.ts";
import type { ByteRange } from "../../backends/backend.ts";
import type { SegmentLayout } from "../scheme.ts";
import { type Measure, plainOffset, segmentAt, storedOffset } from "../segments.ts";

/** Segments that follow each other, and what is wanted of them. */
export interface Span {
  /** The plain bytes that are wanted. */
  readonly extent: Extent;
  /** The first segment. */
  readonly first: number;
  /** The segment after the last. */
  readonly end: number;
  /** Whether the last segment is the object's. */
  readonly ends: boolean;
}

/**
 * The segments that an extent needs. Whatever reaches the object's end, or lies beyond it, needs the last one, which alone tells that it is the end.
 *
 * @returns `undefined` when nothing is wanted, so that nothing has to be read.
 */
export function spanOf(
  layout: SegmentLayout,
  { segments, plainSize }: Measure,
  range: ByteRange | undefined,
  extent: Extent,
): Span | undefined {
  if (range && ("suffix" in range ? range.suffix : range.length) === 0) return undefined;
  const { offset, length } = extent;
  const last = offset + length >= plainSize ? segments - 1 : segmentAt(layout, offset + length - 1);
  return {
    extent,
    first: Math.min(segmentAt(layout, offset), last),
    end: last + 1,
    ends: last === segments - 1,
  };
}

/** Cuts a span into several of `count` segments each. */
export function cutSpan(layout: SegmentLayout, span: Span, count: number): Span[] {
  const spans: Span[] = [];
  const { extent } = span;
  for (let first = span.first; first < span.end; first += count) {
    const end = Math.min(first + count, span.end);
    const start = Math.max(extent.offset, plainOffset(layout, first));
    const stop = end === span.end ? extent.offset + extent.length : plainOffset(layout, end);
    spans.push({
      extent: { offset: start, length: stop - start },
      first,
      end,
      ends: span.ends && end === span.end,
    });
  }
  return spans;
}

/** Where a span's stored bytes are. */
export function storedExtent(layout: SegmentLayout, { first, end, ends }: Span, storedSize: number): Extent {
  const offset = storedOffset(layout, first);
  return { offset, length: (ends ? storedSize : storedOffset(layout, end)) - offset };
}

/**
 * What to fetch first for a range of plain bytes, while the object's size is not known.
 *
 * @param layout How the body is cut, where that is known.
 * @param headerHint How much to fetch to learn it.
 * @param known Whether the header need not be read.
 * @returns `undefined` for the whole object.
 */
export function firstFetch(
  layout: SegmentLayout | undefined,
  headerHint: number,
  range: ByteRange | undefined,
  known: boolean,
): ByteRange | undefined {
  if (!range) return undefined;
  const header = { offset: 0, length: headerHint };
  if (!layout || "suffix" in range) return header;
  const first = segmentAt(layout, range.offset);
  if (first > 0 && !known) return header;
  const offset = first === 0 ? 0 : storedOffset(layout, first);
  if (range.length === undefined) return { offset };
  const end = storedOffset(layout, segmentAt(layout, range.offset + Math.max(1, range.length) - 1) + 1);
  // Beyond what numbers count, which is beyond every object's end.
  return Number.isSafeInteger(end) ? { offset, length: end - offset } : header;
}

/** Streams of stored bytes one after the other, each opened when its turn comes. Can be given up at any time, also while a piece is waited for. */
export class StoredBytes implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #streams: readonly (() => ReadableStream<Uint8Array<ArrayBuffer>>)[];
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #cancelled: { readonly reason: unknown } | undefined;

  /** Of these streams. */
  constructor(...streams: readonly (() => ReadableStream<Uint8Array<ArrayBuffer>>)[]) {
    this.#streams = streams;
  }

  /** The pieces; to be asked for once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    for (const open of this.#streams) {
      this.#throwIfCancelled();
      const reader = this.#reader = open().getReader();
      let ended = false;
      try {
        while (true) {
          const { done, value } = await reader.read();
          this.#throwIfCancelled();
          if (done) break;
          yield value;
        }
        ended = true;
      } finally {
        // What became of a stream that nobody wants any more is no matter.
        if (!ended) await reader.cancel().catch(() => {});
        reader.releaseLock();
      }
    }
  }

  /** Ends it: whoever waits for a piece gets the reason. */
  cancel(reason: unknown): void {
    this.#cancelled ??= { reason };
    this.#reader?.cancel(reason).catch(() => {});
  }

  #throwIfCancelled(): void {
    if (this.#cancelled) throw this.#cancelled.reason;
  }
}

/** Opens a stream of stored bytes. */
type Open = (offset: number, length: number) => ReadableStream<Uint8Array<ArrayBuffer>>;

/** The first stored bytes of an object, of which the header is read before it is known what the others are. */
export class Beginning {
  readonly #open: Open;
  readonly #size: number;
  #end: number;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array();

  /**
   * Begins to read.
   *
   * @param size Stored bytes of the object.
   * @param length How many of them to ask for to begin with.
   */
  constructor(open: Open, size: number, length: number) {
    this.#open = open;
    this.#size = size;
    this.#end = Math.min(length, size);
    this.#reader = open(0, this.#end).getReader();
  }

  /** Where in the object that ends which has been asked for. */
  get end(): number {
    return this.#end;
  }

  /** The first bytes, as many as are asked for or as there are. */
  async first(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#bytes.length < length) {
      if (!this.#reader) {
        if (this.#end === this.#size) break;
        const start = this.#end;
        this.#end = Math.min(length, this.#size);
        this.#reader = this.#open(start, this.#end - start).getReader();
      }
      const { done, value } = await this.#reader.read();
      if (done) this.#reader = undefined;
      else this.#append(value);
    }
    return this.#bytes.slice(0, length);
  }

  /** All bytes from `offset` to `end`; `offset` lies in what has been read already. To be called once. */
  rest(offset: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const reader = this.#reader;
    let waiting: Uint8Array<ArrayBuffer> | undefined = this.#bytes.subarray(offset);
    this.#bytes = new Uint8Array();
    return new ReadableStream({
      async pull(controller) {
        if (waiting && waiting.length > 0) {
          controller.enqueue(waiting);
          waiting = undefined;
          return;
        }
        const step = await reader?.read();
        if (!step || step.done) controller.close();
        else controller.enqueue(step.value);
      },
      cancel: (reason) => reader?.cancel(reason),
    }, { highWaterMark: 0 });
  }

  /** Gives up what has not been read. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#reader?.cancel(reason).catch(() => {});
  }

  #append(bytes: Uint8Array<ArrayBuffer>): void {
    const both = new Uint8Array(this.#bytes.length + bytes.length);
    both.set(this.#bytes);
    both.set(bytes, this.#bytes.length);
    this.#bytes = both;
  }
}
