/**
 * TODO: what this folder is for.
 *
 * @module
 */
export { attemptEach, CONCURRENCY, mayBeStored, removeKeys, throwIfFailed } from "./attempt_each.ts";
export { readJson, writeJson } from "./json.ts";
export {
  checkListing,
  directoryOf,
  entriesOf,
  first,
  type ListingOptions,
  listObjects,
  mebibytes,
  objectAndBelow,
  objectsBelow,
  type ObjectsOptions,
  objectTable,
  relativeTo,
  type RootOptions,
  timestamp,
  totalSize,
} from "./listing.ts";
export { checkMetadataSize, checkPlain, userMetadata } from "./metadata.ts";
export type { Compression, InterfaceDefaults, ReadOptions, UploadResult, WriteOptions } from "./options.ts";
export {
  download,
  DownloadStream,
  type MultipartOptions,
  upload,
  UploadStream,
  writeInParts,
} from "./pipeline.ts";
export { byteTarget, type Layout, openVersion, type RangeReader, rangeReader } from "./reading.ts";
export { print } from "./listing.ts";
export { otherBucket } from "./objects.ts";
