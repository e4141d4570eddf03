/**
 * Where the items of an array lie in memory, and copying them from one layout to another. Nothing here knows what the items are.
 *
 * @module
 */
export * from "./copy.ts";
export * from "./strides.ts";
