/**
 * The contract of object stores, and what those who write a backend of their own need to keep it. The backends themselves are
 * modules of their own: `backends/memory`, `backends/local`, `backends/s3`.
 *
 * @module
 */
export type * from "./backend.ts";
export { drain, type DrainOptions } from "./body.ts";
export { byteStream, type RandomAccess } from "./byte_stream.ts";
export { checkKey, compareKeys, MAX_KEY_BYTES } from "./keys.ts";
export { type ListCursor, listed } from "./listing.ts";
export { checkMetadata } from "./metadata.ts";
export { checkPutOptions, type PutLimits } from "./put_options.ts";
export { type Extent, resolveRange } from "./range.ts";
export type { CottonCandyWarning, OnWarning, WarningKind } from "../lib/warnings.ts";
