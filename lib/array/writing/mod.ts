/**
 * Arrays as bytes to be stored, whole or cut into chunks. A door of its own, so that a page which only reads does not load this.
 *
 * @module
 */
export { asNDArray } from "../creation.ts";
export { bytesOf, contiguousBytes } from "./bytes.ts";
export { bufferChunks, chunksFrom, type ChunkSpec, normaliseAxis } from "./chunk_lengths.ts";
export { npyEncode, npyHeader, type NpyHeaderInit, npySize } from "./npy.ts";
export { type Chunk, cutArray, recutSlabs, type Slabs } from "./recut.ts";
