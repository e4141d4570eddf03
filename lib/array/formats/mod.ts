/**
 * TODO: what this folder is for.
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
