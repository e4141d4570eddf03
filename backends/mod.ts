/**
 * The contract of object stores, and what those who write a backend of their own need to keep it. The backends themselves are
 * modules of their own: `backends/memory`, `backends/local`, `backends/s3`.
 *
 * @module
 */

export { byteStream, drain, type DrainOptions, type RandomAccess } from "./body.ts";
export {
  checkKey,
  checkMetadata,
  checkPutOptions,
  compareKeys,
  type Extent,
  MAX_KEY_BYTES,
  type PutLimits,
  resolveRange,
} from "./arguments.ts";
export { type ListCursor, listed } from "./listing.ts";
export type { ConnectionOptions, RetryOptions, StoreOptions } from "./options.ts";
export { type BackendOptions, type OpenBackend, registerBackend } from "./registry.ts";
export { type OpenedStore, optionOrUrl, splitOnce, type StoreTarget, urlParameters } from "./target.ts";
export {
  type CottonCandyWarning,
  type OnWarning,
  type WarningKind,
  warnOncePerKind,
} from "../lib/warnings.ts";

export type * from "./backend.ts";
