/**
 * How arrays are stored: the .npy format, cottoncandy's raw format (items in the body, the rest in metadata), and typed arrays from a stream of items.
 *
 * @module
 */
export { npyDecode, npyEncode, type NpyOptions, npySize, type NpyStream, readNpy } from "./npy.ts";
export {
  type NpyHeader,
  npyHeader,
  type NpyHeaderInit,
  type NpyHeaderResult,
  parseNpyHeader,
} from "./npy_header.ts";
export { DESCR_KEY, parseRawMetadata, type RawHeader, rawMetadata } from "./raw.ts";
export { typedChunks } from "./typed_chunks.ts";
