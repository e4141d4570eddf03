/**
 * TODO: what this folder is for.
 *
 * @module
 */
export { Dataset, openDataset } from "./dataset.ts";
export { LazyArray, type LazyBlock } from "./lazy_array.ts";
