/**
 * The interfaces and the free functions beneath them.
 *
 * @module
 */

export { ArrayInterface } from "./array.ts";
export { BasicInterface, InterfaceObject, type InterfaceSettings, type OtherBucketOptions } from "./basic.ts";
export { bucketInfo } from "./buckets.ts";
export { copyObjects, type CpOptions, type CpResult } from "../tree/copy.ts";
export {
  ChunkedArray,
  type ChunkedReadOptions,
  type ChunkedUploadResult,
  type ChunkedWriteOptions,
  type ChunkSpec,
  openChunked,
  type SlabSource,
  writeChunked,
} from "../stored_arrays/chunked/mod.ts";
export { Dataset, openDataset } from "../stored_arrays/dataset.ts";
export { DefaultInterface } from "./default.ts";
export {
  type DictReadOptions,
  type DictUploadResult,
  type DictWriteOptions,
  readDict,
  writeDict,
} from "../stored_arrays/dict.ts";
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
} from "../files/mod.ts";
export { EncryptedInterface, type EncryptedSettings, getEncryptedInterface } from "./encrypted.ts";
export {
  type AesEncryption,
  type AgeEncryption,
  encryptionKeys,
  type EncryptionOptions,
  type RsaEncryption,
} from "../open/encryption.ts";
export { FileSystemInterface } from "./filesystem.ts";
export {
  browse,
  type Browser,
  type BrowserChildren,
  type BrowserLoadOptions,
  type BrowserMethods,
  type BrowserNode,
} from "../browse/mod.ts";
export { getBrowser } from "../open/get_browser.ts";
export { getInterface } from "../open/get_interface.ts";
export { type GlobNamesOptions, globObjects, type GlobObjectsOptions } from "../tree/glob.ts";
export type { JsonValue } from "../json.ts";
export { readJson, writeJson } from "../objects/json.ts";
export { LazyArray, type LazyBlock } from "../stored_arrays/lazy_array.ts";
export {
  type ListingOptions,
  listObjects,
  type ObjectsOptions,
  type RootOptions,
  totalSize,
} from "../objects/listing.ts";
export { listDirectory, listNames, type LsOptions } from "../tree/ls.ts";
export { moveObjects } from "../tree/move.ts";
export {
  download,
  DownloadStream,
  type MultipartOptions,
  upload,
  UploadStream,
  writeInParts,
} from "../objects/pipeline.ts";
export { openNpy, readNpyObject, writeNpy } from "../stored_arrays/npy.ts";
export {
  type CloudStream,
  headObject,
  type ObjectBody,
  objectOwner,
  openStream,
  readObject,
  writeObject,
} from "../objects/objects.ts";
export type {
  Compression,
  InterfaceDefaults,
  InterfaceOptions,
  ReadOptions,
  S3Credentials,
  UploadResult,
  WriteOptions,
} from "../objects/options.ts";
export {
  dumpPickle,
  loadPickle,
  picklePieces,
  type PickleReadOptions,
  type PickleValue,
  readPickle,
  Tuple,
  writePickle,
} from "../objects/pickle.ts";
export {
  openRaw,
  type RawReadOptions,
  type RawWriteOptions,
  readRaw,
  writeRaw,
} from "../stored_arrays/raw.ts";
export { removeObjects, type RmOptions, type RmResult } from "../tree/remove.ts";
export {
  rebindObjects,
  type RebindOptions,
  type RewrapResult,
  rotateKeys,
  type RotateOptions,
} from "../open/rekey.ts";
export { readSparse, writeSparse } from "../stored_arrays/sparse.ts";
