/**
 * TODO: what this folder is for.
 *
 * @module
 */
export { copyObjects, type CpOptions, type CpResult } from "./copy.ts";
export { type GlobNamesOptions, globObjects, type GlobObjectsOptions, searchReport } from "./glob.ts";
export { listDirectory, listNames, type LsOptions } from "./ls.ts";
export { moveObjects } from "./move.ts";
export { removeObjects, type RmOptions, type RmResult } from "./remove.ts";
