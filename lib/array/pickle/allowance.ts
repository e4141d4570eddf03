import { UnsupportedError } from "../../errors.ts";

/** Pickles that Python writes copy hardly anything; the fixed part lets small ones copy what they like. */
const FREE_BYTES = 64 * 1024 * 1024;
const PER_PICKLED_BYTE = 8;

/**
 * How much memory a pickle may take beyond what it holds. A few bytes can ask for a copy of anything that the pickle remembers, over and over:
 * without a limit, a small pickle could fill all memory.
 */
export class Allowance {
  #left: number;

  /** The allowance of a pickle of that many bytes. */
  constructor(pickleLength: number) {
    this.#left = FREE_BYTES + PER_PICKLED_BYTE * pickleLength;
  }

  /**
   * Takes from it; before the memory is taken.
   *
   * @throws {UnsupportedError} when nothing is left.
   */
  spend(byteLength: number): void {
    this.#left -= byteLength;
    if (this.#left < 0) {
      throw new UnsupportedError(
        "the pickle copies what it holds so often that it would fill the memory: pickle the values apart",
      );
    }
  }

  /** A copy of bytes. */
  copy(bytes: Uint8Array): Uint8Array {
    this.spend(bytes.length);
    return bytes.slice();
  }
}
