/**
 * What the formats say of a stored array: the header of .npy files, the metadata of cottoncandy's raw format; and the array over the bytes that they describe.
 *
 * @module
 */
export { arrayFromBytes, type ArrayHeader } from "../from_bytes.ts";
export { headerText, isNDArray } from "../ndarray.ts";
export { NPY_MAGIC, type NpyHeader, type NpyHeaderResult, parseNpyHeader } from "./npy_header.ts";
export { DESCR_KEY, parseRawMetadata, type RawHeader, rawMetadata } from "./raw.ts";
