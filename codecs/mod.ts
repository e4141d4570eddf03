/**
 * Compression as `TransformStream`s, in the formats that Python's cottoncandy and numcodecs read and write. A codec's code is loaded when
 * a stream of it is first read, and {@linkcode registerCodec} adds another. Nothing here knows of storage or arrays.
 *
 * @module
 */
export type {
  ByteTransform,
  Codec,
  CodecCode,
  CodecEntry,
  CodecLevels,
  DecodeOptions,
  Decoder,
  DecoderCode,
  DecoderEntry,
  EncodeOptions,
  EncodePlan,
  Pieces,
} from "./codec.ts";
export {
  type AnyCodecName,
  bz2,
  type CodecName,
  codecNamed,
  compress,
  compressBytes,
  decompress,
  gzip,
  listCodecs,
  lz4,
  registerCodec,
  WRITTEN_CODECS,
  zlib,
  zstd,
} from "./registry.ts";
