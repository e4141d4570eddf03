/**
 * The interfaces: classes whose methods take options and call a feature.
 *
 * @module
 */
export { ArrayInterface } from "./array.ts";
export { BasicInterface, InterfaceObject, type InterfaceSettings, type OtherBucketOptions } from "./basic.ts";
export { bucketInfo } from "./buckets.ts";
export { DefaultInterface } from "./default.ts";
export { EncryptedInterface, type EncryptedSettings } from "./encrypted.ts";
export { FileSystemInterface } from "./filesystem.ts";
export { bucketTable, checkBucketPrefix } from "./buckets.ts";
