/**
 * What reading and writing raw arrays may be told.
 *
 * @module
 */
import type { Compression, ReadOptions, WriteOptions } from "../objects/mod.ts";
import { READ_OPTIONS, WRITE_OPTIONS } from "../objects/reading/mod.ts";
import type { OptionTable } from "../options.ts";

/** Options of all that stores raw arrays. */
export interface RawWriteOptions extends WriteOptions {
  /**
   * A codec's name, `false` for none, or `true`, the default: a sample of the array is compressed, and the array is stored raw where that
   * saves less than a tenth, and as `"gzip"` otherwise.
   */
  readonly compression?: Compression;
  /** How hard to compress, in the codec's own scale; its page names range and default. */
  readonly level?: number;
  /**
   * In how many workers codecs may run at most, `false` for none. They are started for arrays of 32 MiB and more (what is smaller goes to those that are there, where a number is given), each takes streams or parts of its own, and they end with the work;
   * what is stored is the same. Each takes 30 to 50 MiB of memory. Default: in Deno and pages one for each processor, four at most; to read one less, and none where that leaves one;
   * elsewhere none. Codecs run on the calling thread where no worker can be started (Deno without `--allow-read` of this library's files, a page whose CSP forbids it, code bundled into one
   * file, platforms that have none), and a warning says so to who gave a number.
   */
  readonly workers?: number | false;
}

/** Options of {@linkcode writeRaw}. */
export interface SliceableWriteOptions extends RawWriteOptions {
  /**
   * Whether slices are to be read without the rest: the array is stored as it is, and `openRaw` reads parts of it. Default false. With `compression` or `level` it is
   * an error; the interface's default of `compression` does not count.
   */
  readonly sliceable?: boolean;
}

/** Options of {@linkcode readRaw} and {@linkcode openRaw}. */
export interface RawReadOptions extends ReadOptions {
  /**
   * In which order the items lie in the object. `"stored"`, the default, decides as Python's cottoncandy does: by the metadata, but always C
   * for codecs other than gzip. `"C"` and `"F"` overrule that: objects written by Python from read-only arrays say F where they are C, and
   * draw a warning.
   */
  readonly order?: "stored" | "C" | "F";
  /** In how many workers codecs may run; see {@linkcode RawWriteOptions}. */
  readonly workers?: number | false;
}

/**
 * What a raw array is, where its object's metadata don't tell: options of {@linkcode readRaw} and {@linkcode openRaw}. What is said counts, the rest is taken from the metadata.
 */
export interface RawDescription {
  /** What the items are, as `numpy.dtype.str`: `"<f4"`. */
  readonly dtype?: string;
  /** Items along each axis. */
  readonly shape?: readonly number[];
  /** How the items are compressed: a codec's name, or `false`, which it is where neither this nor the metadata say anything. */
  readonly compression?: string | false;
}

/** The names of {@linkcode RawDescription}. */
export const RAW_DESCRIPTION: OptionTable<RawDescription> = { dtype: true, shape: true, compression: true };
/** The names of {@linkcode RawWriteOptions}. */
export const RAW_WRITE_OPTIONS: OptionTable<RawWriteOptions> = {
  ...WRITE_OPTIONS,
  compression: true,
  level: true,
  workers: true,
};
/** The names of {@linkcode SliceableWriteOptions}. */
export const SLICEABLE_WRITE_OPTIONS: OptionTable<SliceableWriteOptions> = {
  ...RAW_WRITE_OPTIONS,
  sliceable: true,
};
/** The names of {@linkcode RawReadOptions}. */
export const RAW_READ_OPTIONS: OptionTable<RawReadOptions> = { ...READ_OPTIONS, order: true, workers: true };
