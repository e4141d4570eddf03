/**
 * The interface that most programs use.
 *
 * @module
 */
import { ArrayInterface } from "./array.ts";

/**
 * Everything: objects and arrays in one bucket, or below a prefix of it. Made by `getInterface`, or from any backend.
 *
 * @example
 * ```ts
 * import { DefaultInterface, MemoryBackend } from "@cottoncandy/cottoncandy";
 *
 * const cci = new DefaultInterface(new MemoryBackend());
 * await cci.uploadRawArray("answer", 42);
 * console.assert((await cci.downloadRawArray("answer")).get() === 42);
 * ```
 */
export class DefaultInterface extends ArrayInterface {}
