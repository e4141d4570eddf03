/**
 * Reads one version of an object by HTTP requests: one after the other where the bytes are streamed, several at once where they go into memory. A
 * body that breaks off is taken up again where it broke, and a whole object is held against its checksum.
 *
 * @module
 */
import { loadOnce } from "../../lib/async.ts";
import { ConnectionError, IntegrityError } from "../../lib/errors.ts";
import { forEachConcurrent } from "../../lib/concurrent.ts";
import type { Extent } from "../arguments.ts";
import type { ByteRange, ObjectHead, OpenOptions, RequestOptions } from "../backend.ts";
import { BaseReader, type Reading } from "../base_reader.ts";
import { bodyPieces, byteStreamFrom } from "./body.ts";
import { NetworkFailure } from "./failure.ts";
import { Patience, type RetryPolicy, sleep } from "./retry.ts";
import type { ExpectedBytes } from "./verifier.ts";
import { CommitGate } from "./commit_gate.ts";

/** A body that has begun to arrive. */
export interface RemoteBody {
  /** Where in the object it begins. */
  readonly start: number;
  /** Where in the object it ends, exclusive. */
  readonly end: number;
  /** The bytes from `start` to `end`. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** One version of one object in a store that is reached by HTTP: what {@linkcode RemoteReader} needs to read it. */
export interface RemoteObject {
  /** What the store told of it. */
  readonly info: ObjectHead;
  /** The bucket, for errors. */
  readonly bucket?: string;
  /** How often, and for how long, a body that breaks off is taken up again. */
  readonly policy: RetryPolicy;
  /** Milliseconds without a byte after which a body counts as broken. */
  readonly idle: number;
  /** Requests at once for one object where nothing else is said. */
  readonly concurrency: number;
  /** Bytes a request where several run at once; default {@linkcode PART}. `Infinity` where a part can't be had without what precedes it. */
  readonly partLength?: number;
  /** A body that breaks off can be taken up again where it broke, and is of the same version then. */
  readonly resumable: boolean;
  /**
   * Asks for bytes of this version, from `start` to `end`, exclusive.
   *
   * @throws {PreconditionFailedError} when the version is gone.
   */
  request(start: number, end: number, signal: AbortSignal | undefined): Promise<RemoteBody>;
  /** What all of the object's bytes are held against; `undefined` where the store has told nothing. */
  expected(signal: AbortSignal | undefined): ExpectedBytes | undefined;
  /** Asks for that beside a read in parts, where no answer of a part tells it. */
  askExpected?(signal: AbortSignal | undefined): Promise<ExpectedBytes | undefined>;
  /**
   * Called when the bytes of a range have arrived, or of an object that nothing could be held against: throws `PreconditionFailedError` when they may be of another version. Absent where the store
   * answers for the version itself.
   */
  confirm?(signal: AbortSignal | undefined): Promise<void>;
}

/** Bytes a request where several run at once. */
export const PART = 8 * 1024 * 1024;

/** Reads one version of an object by HTTP requests: resumed where they break, checked where the store tells what to check. */
export class RemoteReader extends BaseReader {
  readonly #object: RemoteObject;
  #first?: RemoteBody;

  /**
   * A reader of one version.
   *
   * @param options What it was opened with.
   * @param first The body that opening brought, where it brought one.
   */
  constructor(object: RemoteObject, options: OpenOptions, first?: RemoteBody) {
    super(object.info, options);
    this.#object = object;
    this.#first = first;
  }

  /** The bytes of a range as a byte stream. */
  override stream(range?: ByteRange, options?: RequestOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { extent, signal } = this.reading(range, options);
    const gate = new CommitGate(signal);
    const first = this.#takeFirst(extent, false);
    const pieces = this.reported(this.#checked(extent, first, gate.signal), extent.length);
    return byteStreamFrom(ending(pieces, () => gate.close()), (reason) => {
      gate.fail(reason);
      gate.close();
      // Nobody else would, when nothing has been read.
      first?.body.cancel(reason).catch(() => {});
    });
  }

  /** Gives up the body that opening brought. */
  override async close(): Promise<void> {
    const first = this.#first;
    this.#first = undefined;
    await first?.body.cancel().catch(() => {});
  }

  protected override async abandoned(): Promise<void> {
    await this.close();
  }

  protected override async fill(
    target: Uint8Array<ArrayBuffer>,
    { extent, signal }: Reading,
  ): Promise<void> {
    const first = this.#takeFirst(extent, true);
    const sections = sectionsOf(extent, first, this.#object.partLength ?? PART);
    if (sections.length > 1) await this.#readParallel(extent, sections, target, first, signal);
    // Of no bytes as well: an object that the store tells as empty has a checksum.
    else await this.fillFrom(target, this.#checked(extent, first, signal));
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
    const isWhole = extent.length === this.info.size;
    const known = isWhole ? object.expected(signal) : undefined;
    const asking = isWhole ? object.askExpected?.(signal) : undefined;
    const verifier = known || asking
      ? (await loadVerifier()).partsVerifierOf(asking ?? Promise.resolve(known), signal)
      : undefined;
    let unused = first;
    let loaded = 0;
    try {
      await forEachConcurrent(sections, async (section, index, ended) => {
        const body = unused && unused.start <= section.offset && section.offset < unused.end
          ? unused
          : undefined;
        if (body) unused = undefined;
        const start = section.offset - extent.offset;
        let position = start;
        for await (const piece of sectionPieces(object, section, body, ended)) {
          target.set(piece, position);
          position += piece.byteLength;
          loaded += piece.byteLength;
          if (loaded < extent.length) this.report(loaded, extent.length);
        }
        await verifier?.part(index, target.subarray(start, position));
      }, { concurrency: this.options.concurrency ?? object.concurrency, signal });
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
    const expected = extent.length === this.info.size ? object.expected(signal) : undefined;
    const verifier = expected && (await loadVerifier()).verifierOf(expected, extent.length);
    for await (const piece of sectionPieces(object, extent, first, signal)) {
      verifier?.update(piece);
      yield piece;
    }
    if (verifier) await verifier.finish();
    else if (extent.length > 0) await object.confirm?.(signal);
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
}

/** Loaded only where there is something to verify: not every store tells checksums, and a page that reads from such a one stays small. */
const loadVerifier = loadOnce(() => import("./verifier.ts"));

/** Calls `done` when the pieces have come to their end, whatever that is. */
async function* ending<T>(pieces: AsyncIterable<T>, done: () => void): AsyncGenerator<T, void, void> {
  try {
    yield* pieces;
  } finally {
    done();
  }
}

/**
 * Cuts an extent into pieces that are fetched at once. What a first answer holds, from the extent's start or up to its end, is a piece of its own.
 *
 * @param partLength Bytes a piece, at most, but for the first answer's.
 */
export function sectionsOf(
  { offset, length }: Extent,
  first: { readonly start: number; readonly end: number } | undefined,
  partLength: number,
): Extent[] {
  if (length === 0) return [];
  const end = offset + length;
  if (first && first.start <= offset) {
    const mine = Math.min(first.end, end) - offset;
    return [{ offset, length: mine }, ...cut(offset + mine, end, partLength)];
  }
  if (first) {
    return [...cut(offset, first.start, partLength), { offset: first.start, length: end - first.start }];
  }
  return cut(offset, end, partLength);
}

function cut(start: number, end: number, partLength: number): Extent[] {
  const sections: Extent[] = [];
  for (let offset = start; offset < end; offset += partLength) {
    sections.push({ offset, length: Math.min(partLength, end - offset) });
  }
  return sections;
}

/** Bytes after which a connection that broke counts as one that works. */
const PROGRESS = 1024 * 1024;

/**
 * Reads a part of an object to its very end, in pieces that are the reader's until the next one is asked for. A body that breaks off is resumed where it broke, with a new request for the rest of the same version. Ending the
 * iteration early ends the request.
 *
 * @param first A body that begins at, or before, the part's start, and is used as far as it goes.
 * @throws {IntegrityError} when the bytes are fewer or more than they must be.
 * @throws {ConnectionError} when the connection keeps breaking.
 * @throws {PreconditionFailedError} when the version is gone.
 */
export async function* sectionPieces(
  object: RemoteObject,
  { offset, length }: Extent,
  first: RemoteBody | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { info: { key }, bucket, policy, idle } = object;
  const end = offset + length;
  let position = offset;
  let response = first;
  let sinceFailure = 0;
  const patience = new Patience(policy);
  while (position < end || response) {
    response ??= await object.request(position, end, signal);
    const { body, end: bodyEnd } = response;
    let skip = position - response.start;
    let at = response.start;
    response = undefined;
    try {
      for await (let piece of bodyPieces(body, { idle, signal })) {
        at += piece.byteLength;
        if (at > bodyEnd) {
          throw new IntegrityError(`more bytes of "${key}" came than were announced`, { key, bucket });
        }
        if (skip >= piece.byteLength) {
          skip -= piece.byteLength;
          continue;
        }
        piece = piece.subarray(skip, Math.min(piece.byteLength, skip + end - position));
        skip = 0;
        position += piece.byteLength;
        sinceFailure += piece.byteLength;
        if (piece.byteLength > 0) yield piece;
        if (position >= end && at < bodyEnd) return;
      }
      if (at < bodyEnd) throw new NetworkFailure("broken", `the body ended after ${at} of ${bodyEnd} bytes`);
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      signal?.throwIfAborted();
      if (sinceFailure >= PROGRESS) patience.reset();
      sinceFailure = 0;
      const wait = patience.next();
      if (!object.resumable || wait === undefined) {
        throw new ConnectionError(
          `the body of "${key}" broke off at byte ${position} of ${end} and could not be resumed (${error.message}). Try again.`,
          { key, bucket, cause: error },
        );
      }
      await sleep(wait, signal);
    }
  }
}
