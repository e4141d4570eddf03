/**
 * The contract of codecs, and the stages that run them: what every codec is spared to check is checked here.
 *
 * @module
 */
import { checkOptions, type OptionTable } from "../lib/options.ts";
import { GrowingBuffer, unshared } from "../lib/bytes.ts";
import { CottonCandyError, IntegrityError, InvalidArgumentError } from "../lib/errors.ts";
import { type ByteIterable, GeneratorTransform } from "../lib/streams/mod.ts";

/** A stage that takes bytes and gives bytes. */
export type ByteTransform = TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>;

/** Pieces of bytes on their way through a codec, such as a `ReadableStream` of them. */
export type Pieces = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** Options of an encoder. */
export interface EncodeOptions {
  /** How hard to try, in the codec's own scale, `levels`. */
  readonly level?: number;
  /** Length of the uncompressed bytes. A stream of another length fails with `IntegrityError`. LZ4 can't do without it. */
  readonly size?: number;
}

/** Options of a decoder. */
export interface DecodeOptions {
  /**
   * Length that the decoded bytes must have, where known. Data that decode to fewer or more bytes fail with `IntegrityError`, as soon
   * as that is known.
   */
  readonly size?: number;
}

const ENCODE_OPTIONS: OptionTable<EncodeOptions> = { level: true, size: true };
const LEVEL_OPTION: OptionTable<Pick<EncodeOptions, "level">> = { level: true };
const DECODE_OPTIONS: OptionTable<DecodeOptions> = { size: true };

/** The lowest and highest level of a codec, whole numbers, and the one taken by default. */
export interface CodecLevels {
  /** The lowest. */
  readonly min: number;
  /** The highest. */
  readonly max: number;
  /** What is taken where none is given. */
  readonly default: number;
}

/** What an encoder works with: the options, checked. */
export interface EncodePlan {
  /** In the codec's range. */
  readonly level: number;
  /** How many bytes the source gives, where that is known. */
  readonly size?: number;
}

/**
 * The code that reads a format.
 *
 * It reads `source` only as its output is asked for. The source's own errors pass through; any other error than a `CottonCandyError` is
 * told as damage, an `IntegrityError`.
 */
export interface DecoderCode {
  /** Decodes all of `source`; `size` is how many bytes that gives, where it is known. Whatever comes out is counted against it. */
  decode(source: Pieces, size?: number): Pieces;
}

/** The code that reads and writes a format, such as a module that exports `encode` and `decode`. */
export interface CodecCode extends DecoderCode {
  /** Encodes all of `source`, whose length is checked on the way, into one complete object. */
  encode(source: Pieces, plan: EncodePlan): Pieces;
  /** Encodes bytes in memory in one call, where that costs less than a stream: the same format, complete. Nothing else runs meanwhile, so only little is given to it. */
  encodeBytes?(bytes: Uint8Array<ArrayBuffer>, plan: EncodePlan): Uint8Array<ArrayBuffer>;
}

/** How a format that is only read is found. */
export interface DecoderEntry {
  /** Further names of the format in metadata, such as numcodecs' identifier; its own name is always one. Case makes no difference. */
  readonly ids?: readonly string[];
  /** Without levels nothing is written. */
  readonly levels?: undefined;
  /** Loads the code when a stream of it is first read: `() => import("./some_codec.ts")`. */
  load(): Promise<DecoderCode>;
}

/** How a codec is found, and what has to be checked before its code is there. */
export interface CodecEntry extends Pick<DecoderEntry, "ids"> {
  /** The range of `level`. */
  readonly levels: CodecLevels;
  /** For formats that begin with the content's length: an encoder must be told `size`, of at most `max` bytes. */
  readonly size?: { readonly max: number };
  /** Loads the code when a stream of it is first read: `() => import("./some_codec.ts")`. */
  load(): Promise<CodecCode>;
}

/** What reads one compression format. */
export interface Decoder {
  /** Its name in metadata. */
  readonly name: string;
  /** Decompresses; anything but a complete, correct stream ends in `IntegrityError`, as far as the format can tell. */
  decode(options?: DecodeOptions): ByteTransform;
}

/** What reads and writes one compression format. */
export interface Codec extends Decoder {
  /** The range of `level`. */
  readonly levels: CodecLevels;
  /**
   * Compresses: what comes out is one stream that Python's numcodecs and cottoncandy read.
   *
   * @throws {InvalidArgumentError} at once, when `level` or `size` is not a whole number in range.
   */
  encode(options?: EncodeOptions): ByteTransform;
  /**
   * Compresses bytes in memory: what comes out has the same format as that of `encode`.
   *
   * @throws {InvalidArgumentError} when `level` is not a whole number in range.
   */
  encodeBytes(bytes: Uint8Array, options?: Pick<EncodeOptions, "level">): Promise<Uint8Array<ArrayBuffer>>;
}

/** Makes a decoder's stage. */
export function decoderStage(
  name: string,
  entry: DecoderEntry | CodecEntry,
  options: DecodeOptions = {},
): ByteTransform {
  checkOptions(options, DECODE_OPTIONS);
  const { size } = options;
  checkSize(size);
  return new GeneratorTransform(async function* (source) {
    const input = new WatchedSource(source);
    let length = 0;
    try {
      const code = await loaded(name, entry.load());
      for await (const piece of code.decode(input.pieces(), size)) {
        length += piece.byteLength;
        if (size !== undefined && length > size) {
          throw new IntegrityError(`${name}: the data decode to more than the ${size} bytes expected`);
        }
        yield piece;
      }
    } catch (error) {
      input.rethrow();
      if (error instanceof CottonCandyError) throw error;
      throw corruptError(name, error instanceof Error ? error.message : String(error), error);
    }
    input.rethrow();
    if (size !== undefined && length < size) {
      throw new IntegrityError(`${name}: the data decode to ${length} of the ${size} bytes expected`);
    }
  });
}

/** Makes an encoder's stage: checks the options at once, and the stream's length as it passes. */
export function encoderStage(name: string, entry: CodecEntry, options: EncodeOptions = {}): ByteTransform {
  checkOptions(options, ENCODE_OPTIONS);
  const plan = planOf(name, entry, options);
  return new GeneratorTransform(async function* (source) {
    const input = new WatchedSource(source);
    try {
      const code = await loaded(name, entry.load());
      yield* code.encode(input.pieces(plan.size), plan);
    } finally {
      input.rethrow();
    }
  });
}

/** Bytes up to which a codec may be run in one call, which takes milliseconds, and everything else waits for it. */
const ONE_CALL = 64 * 1024;

/** Encodes bytes in memory: little in one call, where the codec has one. */
export async function encodeBytes(
  name: string,
  entry: CodecEntry,
  bytes: Uint8Array,
  options: Pick<EncodeOptions, "level"> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions(options, LEVEL_OPTION);
  const plan = planOf(name, entry, { ...options, size: bytes.byteLength });
  const code = await loaded(name, entry.load());
  const source = unshared(bytes);
  if (code.encodeBytes && bytes.byteLength <= ONE_CALL) return code.encodeBytes(source, plan);
  const encoded = new GrowingBuffer();
  for await (const piece of code.encode(once(source), plan)) encoded.append(piece);
  return encoded.take();
}

async function* once(bytes: Uint8Array<ArrayBuffer>): Pieces {
  yield bytes;
}

/** What an encoder works with. */
function planOf(
  name: string,
  entry: CodecEntry,
  { level = entry.levels.default, size }: EncodeOptions,
): EncodePlan {
  const { min, max } = entry.levels;
  if (!Number.isInteger(level) || level < min || level > max) {
    throw new InvalidArgumentError(`${name} has the levels ${min} to ${max}, whole numbers, not ${level}`);
  }
  checkSize(size);
  if (entry.size && size === undefined) {
    throw new InvalidArgumentError(`${name} stores the length first: give \`size\``);
  }
  if (entry.size && size !== undefined && size > entry.size.max) {
    throw new InvalidArgumentError(
      `${name} takes at most ${entry.size.max} bytes, not ${size}: use gzip or Zstd`,
    );
  }
  return { level, size };
}

function checkSize(size: number | undefined): void {
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0)) {
    throw new InvalidArgumentError(`size must be a whole number of bytes, not ${size}`);
  }
}

async function loaded<T>(name: string, code: Promise<T>): Promise<T> {
  return await code.catch((cause) => {
    throw new CottonCandyError(
      `${name}: the codec's code could not be loaded; try again when its server is reachable`,
      {
        cause,
      },
    );
  });
}

/** A codec's input, in memory that is not shared, which the platform's streams don't take. It remembers how it failed: what a library makes of a failing source says little. */
class WatchedSource {
  readonly #source: ByteIterable;
  #failure: { readonly reason: unknown } | undefined;

  constructor(source: ByteIterable) {
    this.#source = source;
  }

  /** Throws what the source failed with, if it did. */
  rethrow(): void {
    if (this.#failure) throw this.#failure.reason;
  }

  /** The pieces, which must have `size` bytes in all where that is given. */
  async *pieces(size?: number): Pieces {
    let length = 0;
    try {
      for await (const piece of this.#source) {
        length += piece.byteLength;
        if (size !== undefined && length > size) {
          throw new IntegrityError(
            `the stream to compress has more than the ${size} bytes announced as its size`,
          );
        }
        yield unshared(piece);
      }
      if (size !== undefined && length < size) {
        throw new IntegrityError(
          `the stream to compress ends after ${length} of the ${size} bytes announced`,
        );
      }
    } catch (reason) {
      this.#failure = { reason };
      throw reason;
    }
  }
}

/** The error of compressed data that can't be right. */
export function corruptError(name: string, what: string, cause?: unknown): IntegrityError {
  return new IntegrityError(
    `${name}: ${what}; the stored data are damaged or not ${name} at all`,
    cause === undefined ? {} : { cause },
  );
}

/** The error of compressed data that other bytes follow. */
export function trailingError(name: string): IntegrityError {
  return new IntegrityError(
    `${name}: other bytes follow the end of the compressed data; something was appended to them, or the object is not ${name} alone`,
  );
}

/** The error of compressed data that stop too early. */
export function truncatedError(name: string): IntegrityError {
  return new IntegrityError(
    `${name}: the compressed data end too early; the object or the transfer was cut off`,
  );
}
