/**
 * What the commands over arrays share: slices in targets, options, storing, text and drawings.
 *
 * @module
 */
export * from "./drawing.ts";
export * from "./formats.ts";
export * from "./options.ts";
export * from "./sampling.ts";
export * from "./show.ts";
export * from "./slices.ts";
export * from "./storing.ts";
