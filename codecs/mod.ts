/**
 * Compression as `TransformStream`s, in the formats that Python's cottoncandy and numcodecs read and write. What is heavy is
 * loaded when a stream first needs it. Nothing here knows of storage or arrays.
 *
 * @module
 */

export { bz2 } from "./bz2/mod.ts";
export type { ByteTransform, Codec, CodecName, DecodeOptions, Decoder, EncodeOptions } from "./codec.ts";
export { gzip, zlib } from "./deflate.ts";
export { lz4 } from "./lz4/mod.ts";
export { codecNamed, compress, decompress } from "./names.ts";
export { zstd } from "./zstd/mod.ts";
