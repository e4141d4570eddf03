/**
 * The contract of compression codecs: each is a pair of `TransformStream`s, one for each direction.
 *
 * @module
 */

/** Codecs that can be written, by the names that are stored in an object's metadata. */
export type CodecName = "gzip" | "Zlib" | "Zstd" | "LZ4" | "BZ2";

/** A stage that takes bytes and gives bytes. */
export type ByteTransform = TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>;

/** Options of an encoder. */
export interface EncodeOptions {
  /** How hard to try, in the codec's own scale; each codec's page names its range and default. */
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

/** What reads one compression format. */
export interface Decoder {
  /** Its name, for messages. */
  readonly name: string;
  /** Decompresses; anything but a complete, correct stream ends in `IntegrityError`, as far as the format can tell. */
  decode(options?: DecodeOptions): ByteTransform;
}

/** What reads and writes one compression format. */
export interface Codec extends Decoder {
  /** Its name in metadata. */
  readonly name: CodecName;
  /** The lowest and highest level, and the one taken by default. */
  readonly levels: { readonly min: number; readonly max: number; readonly default: number };
  /**
   * Compresses: what comes out is one stream that Python's numcodecs and cottoncandy read.
   *
   * @throws {InvalidArgumentError} at once, when `level` or `size` is not a whole number in range.
   */
  encode(options?: EncodeOptions): ByteTransform;
}
