/**
 * Cuts arrays into chunks, of an array in memory or one that comes in slabs.
 *
 * @module
 */
export { type Chunk, cutArray, recutSlabs, type Slabs } from "./recut.ts";
