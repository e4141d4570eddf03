/**
 * The interface that most programs use.
 *
 * @module
 */
import { ArrayInterface } from "./array.ts";

/**
 * Everything: objects, arrays and the file system of one bucket, or below a prefix of it. Made by `getInterface`, or from any backend.
 *
 * @example
 * ```ts
 * import { DefaultInterface, MemoryBackend } from "@cottoncandy/cottoncandy";
 *
 * const cci = new DefaultInterface(new MemoryBackend());
 * await cci.uploadRawArray("answers/life", 42);
 * console.assert((await cci.downloadRawArray("answers/life")).get() === 42);
 * console.assert((await cci.ls("answers")).join() === "answers/life");
 * ```
 */
export class DefaultInterface extends ArrayInterface {}
