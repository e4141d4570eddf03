/**
 * TODO: what this folder is for.
 *
 * @module
 */
export { bufferChunks, type Chunks, type ChunkSpec, givenChunks, resolveAxis } from "./chunk_lengths.ts";
export { type DaskMetadata, daskMetadata, parseDaskMetadata } from "./dask_metadata.ts";
export { type Block, Grid, planBlocks, type Touch } from "./grid.ts";
export { type Chunk, cut, recut, type Slabs } from "./recut.ts";
