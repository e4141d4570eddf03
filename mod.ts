/**
 * cottoncandy for TypeScript: sugar for object storage, for people whose work is arrays.
 *
 * Numpy arrays, files and any bytes go to S3, Google Drive, a local directory or memory as streams, compressed on the way, and come back; what Python's
 * cottoncandy writes is read here, and what is written here is read there.
 *
 * ```ts
 * import { getInterface, ndarray } from "@cottoncandy/cottoncandy";
 *
 * const cci = await getInterface("memory://lab");
 * await cci.uploadRawArray("sub01/run1/betas", ndarray(new Float32Array(12), [3, 4]));
 * const betas = await cci.downloadRawArray("sub01/run1/betas");
 * console.assert(betas.dtype === "<f4" && betas.shape.join() === "3,4");
 * ```
 *
 * @module
 */

export { cleanName, pathjoin } from "./lib/names.ts";
export { MemoryBackend } from "./backends/memory/mod.ts";
export {
  aesKeys,
  decrypt,
  encrypt,
  EncryptingBackend,
  generateAesKey,
  generateRsaKeys,
  type Keys,
  readKeyFile,
  rsaKeys,
} from "./crypto/mod.ts";

export * from "./lib/errors.ts";
export * from "./lib/warnings.ts";
export * from "./lib/array/mod.ts";
export * from "./lib/streams/mod.ts";
export {
  type AnyCodecName,
  type CodecEntry,
  type CodecName,
  compress,
  type DecoderEntry,
  decompress,
  registerCodec,
} from "./codecs/mod.ts";
export * from "./backends/mod.ts";
export {
  ArrayInterface,
  BasicInterface,
  bucketInfo,
  DefaultInterface,
  EncryptedInterface,
  type EncryptedSettings,
  FileSystemInterface,
  InterfaceObject,
  type InterfaceSettings,
  type OtherBucketOptions,
} from "./lib/interface/mod.ts";
export { copyObjects, type CpOptions, type CpResult } from "./lib/tree/mod.ts";
export {
  ChunkedArray,
  type ChunkedReadOptions,
  type ChunkedUploadResult,
  type ChunkedWriteOptions,
  type ChunkSpec,
  openChunked,
  type SlabSource,
  writeChunked,
} from "./lib/stored_arrays/chunked/mod.ts";
export { Dataset, openDataset } from "./lib/stored_arrays/mod.ts";
export {
  type ArrayDict,
  type ArrayTree,
  type DictReadOptions,
  type DictUploadResult,
  type DictWriteOptions,
  readDict,
  type TreeNode,
  writeDict,
} from "./lib/stored_arrays/dict.ts";
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
} from "./lib/files/mod.ts";
export type {
  Browser,
  BrowserChildren,
  BrowserLoadOptions,
  BrowserMethods,
  BrowserNode,
} from "./lib/browse/mod.ts";
export { type GlobNamesOptions, globObjects, type GlobObjectsOptions } from "./lib/tree/mod.ts";
export type { JsonValue } from "./lib/json.ts";
export { readJson, writeJson } from "./lib/objects/json.ts";
export { LazyArray, type LazyBlock } from "./lib/stored_arrays/mod.ts";
export {
  type ListingOptions,
  listObjects,
  type ObjectsOptions,
  type RootOptions,
  totalSize,
} from "./lib/objects/mod.ts";
export { listDirectory, listNames, type LsOptions } from "./lib/tree/mod.ts";
export { moveObjects } from "./lib/tree/mod.ts";
export {
  download,
  DownloadStream,
  type MultipartOptions,
  upload,
  UploadStream,
  writeInParts,
} from "./lib/objects/mod.ts";
export { openNpy, readNpyObject, writeNpy } from "./lib/stored_arrays/npy.ts";
export {
  type CloudStream,
  headObject,
  type ObjectBody,
  objectOwner,
  openStream,
  readObject,
  writeObject,
} from "./lib/objects/mod.ts";
export type {
  Compression,
  InterfaceDefaults,
  ReadOptions,
  UploadResult,
  WriteOptions,
} from "./lib/objects/mod.ts";
export type { PickleReadOptions, PickleValue } from "./lib/objects/pickle.ts";
export {
  openRaw,
  type RawReadOptions,
  type RawWriteOptions,
  readRaw,
  writeRaw,
} from "./lib/stored_arrays/raw.ts";
export { removeObjects, type RmOptions, type RmResult } from "./lib/tree/mod.ts";
export { readSparse, writeSparse } from "./lib/stored_arrays/sparse.ts";
export {
  type AesEncryption,
  type AgeEncryption,
  encryptionKeys,
  type EncryptionOptions,
  rebindObjects,
  type RebindOptions,
  type RekeyResult,
  rotateKeys,
  type RotateOptions,
  type RsaEncryption,
} from "./lib/encryption/mod.ts";
export { getBrowser, getEncryptedInterface, getInterface, type InterfaceOptions } from "./lib/open/mod.ts";
export type { S3Credentials } from "./backends/s3/mod.ts";
