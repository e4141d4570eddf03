/**
 * Streams of bytes: cutting, filling, counting, and bounds on how much is in flight. Nothing here knows of storage or arrays.
 *
 * @module
 */

export { ByteBudget, type ConcurrentOptions, forEachConcurrent } from "../concurrent.ts";
export { type ByteIterable, chunk, GeneratorTransform, progress } from "./transform.ts";
export { fill, type FillOptions, readAll, readExactly } from "./read.ts";
export { streamFrom, streamOf } from "./source.ts";
