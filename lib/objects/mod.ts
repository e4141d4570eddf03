/**
 * Objects as bytes, text and streams: what reads, writes, lists and describes them in any store, and what all features above share, such as the options of
 * reads and writes. JSON and pickles have doors of their own, so that who reads bytes does not load them.
 *
 * @module
 */
export {
  attemptEach,
  type Attempts,
  deleteOne,
  mayBeStored,
  removeKeys,
  throwIfFailed,
  untoldError,
} from "./attempt_each.ts";
export {
  directoryOf,
  exactKey,
  isUnclean,
  listingPrefix,
  objectKey,
  refuseAmbiguousRoot,
  treeKey,
  wasSeen,
} from "./keys.ts";
export {
  checkListing,
  first,
  listEntries,
  LISTING_OPTIONS,
  type ListingOptions,
  listObjects,
  notAnObjectError,
  objectAndBelow,
  objectsBelow,
  type ObjectsOptions,
  relativeTo,
  type RootOptions,
  totalSize,
} from "./listing.ts";
export { checkMetadataSize, metadataSize, userMetadata } from "./metadata.ts";
export {
  type CloudStream,
  consuming,
  headObject,
  type ObjectBody,
  openStream,
  otherBucket,
  putObject,
  readObject,
  writeObject,
} from "./objects.ts";
export { OBJECT_READ_OPTIONS, READ_OPTIONS, REQUEST_OPTIONS, WRITE_OPTIONS } from "./reading/mod.ts";
export type {
  Compression,
  InterfaceDefaults,
  ObjectReadOptions,
  PutObjectOptions,
  ReadOptions,
  UploadResult,
  WriteOptions,
} from "./options.ts";
export { download, DownloadStream, upload, UploadStream } from "./pipeline.ts";
export { CONCURRENCY, refuseEncrypted } from "./reading/mod.ts";
export { mebibytes, objectTable, print, timestamp } from "./tables.ts";
