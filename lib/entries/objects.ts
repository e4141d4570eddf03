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
  abortUploads,
  type CloudStream,
  download,
  DownloadStream,
  headObject,
  type ListingOptions,
  listObjects,
  listUploads,
  listVersions,
  type MultipartOptions,
  type ObjectBody,
  objectOwner,
  type ObjectReadOptions,
  type ObjectsOptions,
  objectTags,
  openStream,
  type PrefixedOptions,
  presignUrl,
  readObject,
  type ReadOptions,
  type RootOptions,
  setObjectTags,
  totalSize,
  undeleteObject,
  upload,
  type UploadResult,
  UploadStream,
  writeInParts,
  writeObject,
  type WriteOptions,
} from "../objects/mod.ts";
