/**
 * Arrays as bytes to be stored. A door of its own, so that a page which only reads does not load this.
 *
 * @module
 */
export { asNDArray } from "../creation.ts";
export { bytesOf, contiguousBytes } from "./bytes.ts";
export { npyEncode, npyHeader, type NpyHeaderInit, npySize } from "./npy.ts";
