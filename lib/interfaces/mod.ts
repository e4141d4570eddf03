/**
 * The interfaces and the free functions beneath them.
 *
 * @module
 */
export { ArrayInterface } from "./array.ts";
export { BasicInterface, InterfaceObject, type InterfaceSettings, type OtherBucketOptions } from "./basic.ts";
export { DefaultInterface } from "./default.ts";
export { getInterface } from "./get_interface.ts";
export { LazyArray, type LazyBlock } from "./lazy_array.ts";
export { openNpy, readNpyObject, writeNpy } from "./npy.ts";
export {
  type CloudStream,
  headObject,
  type ObjectBody,
  openStream,
  readObject,
  writeObject,
} from "./objects.ts";
export type {
  Compression,
  InterfaceDefaults,
  InterfaceOptions,
  ReadOptions,
  S3Credentials,
  UploadResult,
  WriteOptions,
} from "./options.ts";
export { download, DownloadStream, upload, UploadStream } from "./pipeline.ts";
export { openRaw, type RawReadOptions, type RawWriteOptions, readRaw, writeRaw } from "./raw.ts";
