/**
 * Objects in any store as bytes, text and streams: the functions that {@linkcode BasicInterface}'s methods call.
 *
 * ```ts
 * import { headObject, readObject, writeObject } from "@cottoncandy/cottoncandy/objects";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 *
 * const backend = new MemoryBackend();
 * await writeObject(backend, "notes", "two runs were lost", { metadata: { subject: "S01" } });
 * console.assert((await headObject(backend, "notes")).metadata.subject === "S01");
 * console.assert((await readObject(backend, "notes", { range: { suffix: 4 } })).length === 4);
 * ```
 *
 * @module
 */
export { cleanName, pathjoin } from "../names.ts";
export {
  type CloudStream,
  download,
  DownloadStream,
  headObject,
  type ListingOptions,
  listObjects,
  type ObjectBody,
  type ObjectReadOptions,
  type ObjectsOptions,
  openStream,
  readObject,
  type ReadOptions,
  type RootOptions,
  totalSize,
  upload,
  type UploadResult,
  UploadStream,
  writeObject,
  type WriteOptions,
} from "../objects/mod.ts";
export { type MultipartOptions, writeInParts } from "../objects/in_parts/mod.ts";
export {
  abortUploads,
  type EndUploadsOptions,
  listUploads,
  type ListUploadsOptions,
  listVersions,
  objectOwner,
  objectTags,
  type PrefixedOptions,
  presignUrl,
  setObjectTags,
  undeleteObject,
  type UnfinishedUpload,
} from "../objects/capabilities/mod.ts";
