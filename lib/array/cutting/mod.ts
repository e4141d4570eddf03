/**
 * Cuts arrays into chunks: how long they are, and the chunks themselves, of an array in memory or one that comes in slabs.
 *
 * @module
 */
export { bufferChunks, chunksFrom, type ChunkSpec, normaliseAxis } from "./chunk_lengths.ts";
export { type Chunk, cutArray, recutSlabs, type Slabs } from "./recut.ts";
