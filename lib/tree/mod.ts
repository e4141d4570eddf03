/**
 * What shells do with files, done with objects: `ls`, `glob`, `cp`, `mv` and `rm`, of single objects and of all that is below a name.
 *
 * @module
 */
export { copyObjects, type CpOptions, type CpResult } from "./copy.ts";
export { moveObjects } from "./move.ts";
export { type GlobNamesOptions, globObjects, type GlobObjectsOptions, searchReport } from "./glob.ts";
export { listNamedEntries, type NamedEntry } from "./entries.ts";
export { listDirectory, listNames, type LsOptions } from "./ls.ts";
export { removeObjects, type RmOptions, type RmResult } from "./remove.ts";
