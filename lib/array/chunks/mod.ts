/**
 * Arrays in parts: how long they are, which of them and which bytes a selection needs, and the metadata of dask arrays as Python's cottoncandy
 * stores them.
 *
 * @module
 */
export { ascendingRange, type AxisRange, type Block, planBlocks, restoredOrder } from "./blocks.ts";
export { bufferChunks, chunksFrom, type ChunkSpec, normaliseAxis } from "./chunk_lengths.ts";
export { type DaskMetadata, daskMetadata, parseDaskMetadata } from "./dask_metadata.ts";
export { type Band, type Cell, type Chunks, Grid, type Touch } from "./grid.ts";
export { resolveSelection } from "../slice.ts";
