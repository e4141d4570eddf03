/**
 * A store as a file system: listing, matching, copying, moving and deleting as functions over any store, and the interface that has them as methods.
 *
 * ```ts
 * import { listNames, moveObjects } from "@cottoncandy/cottoncandy/filesystem";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 *
 * const backend = new MemoryBackend();
 * await writeObject(backend, "sub01/run1", "…");
 * await moveObjects(backend, "sub01", "excluded/sub01", { recursive: true });
 * console.assert((await listNames(backend, "")).join() === "excluded");
 * ```
 *
 * @module
 */
export { FileSystemInterface } from "../interface/mod.ts";
export {
  type ListingOptions,
  listObjects,
  type ObjectsOptions,
  type RootOptions,
  totalSize,
} from "../objects/mod.ts";
export {
  copyObjects,
  type CpOptions,
  type CpResult,
  type GlobNamesOptions,
  globObjects,
  type GlobObjectsOptions,
  listDirectory,
  listNamedEntries,
  listNames,
  type LsOptions,
  moveObjects,
  type NamedEntry,
  removeObjects,
  type RmOptions,
  type RmResult,
} from "../tree/mod.ts";
export { objectOwner } from "../objects/capabilities/mod.ts";
