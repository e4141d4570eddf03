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

// Opening a store, and the interfaces to it.
export { getBrowser, getEncryptedInterface, getInterface, type InterfaceOptions } from "./lib/open/mod.ts";
export {
  ArrayInterface,
  BasicInterface,
  DefaultInterface,
  EncryptedInterface,
  type EncryptedSettings,
  FileSystemInterface,
  InterfaceObject,
  type InterfaceSettings,
  ObjectsInterface,
  type OtherBucketOptions,
} from "./lib/interface/mod.ts";

// Stores: others are in `./backends/local`, `./backends/s3` and `./backends/gdrive`.
export { MemoryBackend } from "./backends/memory/mod.ts";
export { type BackendOptions, type OpenBackend, registerBackend } from "./backends/registry.ts";
export type {
  AbortUploadsOptions,
  Backend,
  BucketInfo,
  ByteRange,
  ObjectHead,
  ObjectInfo,
  ObjectVersion,
  OnProgress,
  OpenedStore,
  Owner,
  PendingUpload,
  PresignOptions,
  Progress,
  RequestOptions,
  StoreTarget,
} from "./backends/mod.ts";
export type { S3Credentials, S3Encryption } from "./backends/s3/mod.ts";

// Objects: what methods take and give.
export {
  type CloudStream,
  type Compression,
  download,
  type InterfaceDefaults,
  type ListingOptions,
  type ObjectBody,
  type ObjectReadOptions,
  type ObjectsOptions,
  type ReadOptions,
  upload,
  type UploadResult,
  type WriteOptions,
} from "./lib/objects/mod.ts";
export type { MultipartOptions } from "./lib/objects/in_parts/mod.ts";
export type { PrefixedOptions } from "./lib/objects/capabilities/mod.ts";
export type { JsonValue } from "./lib/json.ts";
export type { PickleReadOptions, PickleValue } from "./lib/objects/pickle.ts";
export { cleanName, pathjoin } from "./lib/names.ts";
export type {
  DownloadDirectoryOptions,
  DownloadedDirectory,
  DownloadedFile,
  DownloadFileOptions,
  UploadDirectoryOptions,
  UploadedDirectory,
} from "./lib/files/mod.ts";
export type {
  CpOptions,
  CpResult,
  GlobNamesOptions,
  GlobObjectsOptions,
  LsOptions,
  RmOptions,
  RmResult,
} from "./lib/tree/mod.ts";
export type { Browser } from "./lib/browse/mod.ts";

// Arrays, and how they are stored. First the methods that small pages go without.
import "./lib/array/reducing/mod.ts";
import "./lib/array/repr/mod.ts";
export {
  type ArrayInput,
  type AxisOptions,
  type Complex,
  type DataOf,
  type DType,
  type Field,
  isNDArray,
  NaT,
  type NDArray,
  ndarray,
  type NDArrayOptions,
  npyDecode,
  npyEncode,
  readNpy,
  type Selection,
  type Slabs,
  type SparseArray,
  type SparseInput,
  typedChunks,
} from "./lib/array/mod.ts";
export type { RawReadOptions, RawWriteOptions } from "./lib/stored_arrays/raw.ts";
export type {
  ChunkedArray,
  ChunkedReadOptions,
  ChunkedUploadResult,
  ChunkedWriteOptions,
  ChunkSpec,
  SlabSource,
} from "./lib/stored_arrays/chunked/mod.ts";
export type {
  ArrayDict,
  ArrayTree,
  DictReadOptions,
  DictUploadResult,
  DictWriteOptions,
} from "./lib/stored_arrays/dict.ts";
export type { Dataset, LazyArray, LazyBlock, StoredArray } from "./lib/stored_arrays/mod.ts";

// Stages of streams.
export { chunk, readAll } from "./lib/streams/mod.ts";
export { type CodecName, compress, decompress, registerCodec } from "./codecs/registry.ts";

// Encryption.
export { ageKeys, generateAgeIdentity } from "./crypto/age/mod.ts";
export { generateRsaKeys, rsaKeys } from "./crypto/rsa/mod.ts";
export type { Keys } from "./crypto/scheme.ts";
export { decrypt, encrypt } from "./crypto/stages.ts";
export { aesKeys, generateAesKey } from "./crypto/tink/mod.ts";
export type {
  AesEncryption,
  AgeEncryption,
  EncryptionOptions,
  RebindOptions,
  RekeyResult,
  RotateOptions,
  RsaEncryption,
} from "./lib/encryption/mod.ts";

// What goes wrong.
export * from "./lib/errors.ts";
export type { CottonCandyWarning, OnWarning, WarningKind } from "./lib/warnings.ts";
