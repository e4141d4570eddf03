/**
 * The interface that most programs use.
 *
 * @module
 */
import { ArrayInterface } from "./array.ts";
import { FileSystemInterface } from "./filesystem.ts";
import { mixInto } from "./mixin.ts";

/**
 * Everything: objects, arrays and the file system of one bucket, or below a prefix of it. Made by `getInterface`, or from any backend. It is an
 * `ArrayInterface` and a `FileSystemInterface`.
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
export class DefaultInterface extends ArrayInterface {
  static {
    mixInto(this, FileSystemInterface);
  }
}

// Declares what is mixed in above; the tests hold the class to it.
/** A `FileSystemInterface` too. */
export interface DefaultInterface extends FileSystemInterface {}
