/**
 * Streams of bytes: cutting, filling, counting, and bounds on how much is in flight. Nothing here knows of storage or arrays.
 *
 * @module
 */

export { ByteBudget } from "./budget.ts";
export { chunk, progress } from "./stages.ts";
export { type ConcurrentOptions, forEachConcurrent } from "./concurrent.ts";
export { fill, type FillOptions, readAll, readExactly } from "./fill.ts";
export { streamFrom, streamOf } from "./source.ts";
export { type ByteIterable, GeneratorTransform } from "./transform.ts";
export { ByteCursor } from "./byte_cursor.ts";
export { abortable, anySignal, SingleFlight } from "./concurrent.ts";
export { DEFAULT_PIECE } from "./source.ts";
