/**
 * Arrays in a store: raw array objects, `.npy` objects, chunked and sparse arrays, dictionaries of arrays, and a store for zarrita. Each format has a door of its
 * own, so that who reads one does not load the others; here is what they have in common.
 *
 * @module
 */
export { Dataset, openDataset } from "./dataset.ts";
export { LazyArray } from "./lazy_array.ts";
export { type LazyBlock, StoredArray } from "./stored_array.ts";
