/**
 * Reading stored arrays: the .npy format, cottoncandy's raw format (items in the body, the rest in metadata), typed arrays from a stream of items, and
 * arrays over bytes.
 *
 * @module
 */
export { arrayFromBytes, type ArrayHeader } from "../from_bytes.ts";
export { isNDArray } from "../ndarray.ts";
export { npyDecode, type NpyOptions, type NpyStream, readNpy } from "./npy.ts";
export { NPY_MAGIC, type NpyHeader, type NpyHeaderResult, parseNpyHeader } from "./npy_header.ts";
export { DESCR_KEY, parseRawMetadata, type RawHeader, rawMetadata } from "./raw.ts";
export { typedChunks } from "./typed_chunks.ts";
