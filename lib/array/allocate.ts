import { UnsupportedError } from "../errors.ts";

/**
 * Memory of a given length, zeroed.
 *
 * @throws {UnsupportedError} when the runtime has no buffers of that length or no memory left.
 */
export function allocate(byteLength: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(new ArrayBuffer(byteLength));
  } catch (cause) {
    throw new UnsupportedError(
      `${byteLength} bytes don't fit into this machine's memory: open the array lazily and read it in parts`,
      { cause },
    );
  }
}
