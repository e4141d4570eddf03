/**
 * The interfaces and the free functions beneath them.
 *
 * @module
 */
export { ArrayInterface } from "./array.ts";
export { BasicInterface, InterfaceObject, type InterfaceSettings, type OtherBucketOptions } from "./basic.ts";
export { bucketInfo } from "./buckets.ts";
export { copyObjects } from "./copy.ts";
export type { CpOptions, CpResult } from "./copy_plan.ts";
export {
  ChunkedArray,
  type ChunkedReadOptions,
  type ChunkedUploadResult,
  type ChunkedWriteOptions,
  type ChunkSpec,
  openChunked,
  type SlabSource,
  writeChunked,
} from "./chunked.ts";
export { Dataset, openDataset } from "./dataset.ts";
export { DefaultInterface } from "./default.ts";
export {
  type DictReadOptions,
  type DictUploadResult,
  type DictWriteOptions,
  readDict,
  writeDict,
} from "./dict.ts";
export {
  downloadDirectory,
  type DownloadDirectoryOptions,
  type DownloadedDirectory,
  type DownloadedFile,
  downloadFile,
  type DownloadFileOptions,
  uploadDirectory,
  type UploadDirectoryOptions,
  type UploadedDirectory,
  uploadFile,
} from "./files.ts";
export { EncryptedInterface, type EncryptedSettings, getEncryptedInterface } from "./encrypted.ts";
export {
  type AesEncryption,
  type AgeEncryption,
  encryptionKeys,
  type EncryptionOptions,
  type RsaEncryption,
} from "./encryption.ts";
export { FileSystemInterface } from "./filesystem.ts";
export {
  browse,
  type Browser,
  type BrowserChildren,
  type BrowserLoadOptions,
  type BrowserMethods,
  type BrowserNode,
} from "../browser.ts";
export { getBrowser } from "./get_browser.ts";
export { getInterface } from "./get_interface.ts";
export { type GlobNamesOptions, globObjects, type GlobObjectsOptions } from "./glob.ts";
export type { JsonValue } from "../json.ts";
export { readJson, writeJson } from "./json.ts";
export { LazyArray, type LazyBlock } from "./lazy_array.ts";
export {
  type ListingOptions,
  listObjects,
  type ObjectsOptions,
  type RootOptions,
  totalSize,
} from "./listing.ts";
export { listDirectory, listNames, type LsOptions } from "./ls.ts";
export { moveObjects } from "./move.ts";
export { type MultipartOptions, writeInParts } from "./mpu.ts";
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
export { objectOwner } from "./owner.ts";
export {
  dumpPickle,
  loadPickle,
  picklePieces,
  type PickleReadOptions,
  type PickleValue,
  readPickle,
  Tuple,
  writePickle,
} from "./pickle.ts";
export { download, DownloadStream, upload, UploadStream } from "./pipeline.ts";
export { openRaw, type RawReadOptions, type RawWriteOptions, readRaw, writeRaw } from "./raw.ts";
export { removeObjects, type RmOptions, type RmResult } from "./remove.ts";
export {
  rebindObjects,
  type RebindOptions,
  type RewrapResult,
  rotateKeys,
  type RotateOptions,
} from "./rewrap.ts";
export { readSparse, writeSparse } from "./sparse.ts";
