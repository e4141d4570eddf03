/**
 * Arrays in parts: how one is cut into chunks, which chunks and bytes a selection needs, and the metadata of dask arrays as Python's cottoncandy
 * stores them.
 *
 * @module
 */
export { ascendingRange, type AxisRange, type Block, planBlocks, restoredOrder } from "./blocks.ts";
export { bufferChunks, type Chunks, chunksFrom, type ChunkSpec, normaliseAxis } from "./chunk_lengths.ts";
export { type DaskMetadata, daskMetadata, parseDaskMetadata } from "./dask_metadata.ts";
export { Grid, type Touch } from "./grid.ts";
export { type Chunk, cutArray, recutSlabs, type Slabs } from "./recut.ts";
