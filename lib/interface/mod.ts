/**
 * The interfaces: classes whose methods take options and call a feature. Each has what the one before has: `InterfaceObject` buckets, `ObjectsInterface` objects, `BasicInterface` JSON, pickles and files,
 * `FileSystemInterface` directories and patterns, `ArrayInterface` arrays; `DefaultInterface` is all of them, and `EncryptedInterface` encrypts.
 *
 * A feature's code is loaded when its method is first called, but for objects, JSON, raw and `.npy` arrays, which nearly every program uses.
 *
 * @module
 */
export { InterfaceObject, type InterfaceSettings } from "./base.ts";
export { ObjectsInterface, type OtherBucketOptions } from "./objects.ts";
export { BasicInterface } from "./basic.ts";
export { bucketInfo, bucketTable, checkBucketPrefix } from "./buckets.ts";
export { ArrayInterface, DefaultInterface } from "./array.ts";
export { EncryptedInterface, type EncryptedSettings } from "./encrypted.ts";
export { FileSystemInterface } from "./filesystem.ts";
