/** Holds what was used last, up to a number of bytes: what was not used for the longest time goes first. */
export class PartCache {
  readonly #limit: number;
  // A Map keeps the order in which entries came.
  readonly #parts = new Map<number, Uint8Array<ArrayBuffer>>();
  #used = 0;

  /** A cache of `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether something of that many bytes would be held at all. */
  takes(byteLength: number): boolean {
    return byteLength <= this.#limit;
  }

  /** What is held under a number, if anything is. */
  get(number: number): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#parts.get(number);
    if (bytes) {
      this.#parts.delete(number);
      this.#parts.set(number, bytes);
    }
    return bytes;
  }

  /** Holds bytes, which must not change from now on. */
  set(number: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#drop(number);
    this.#parts.set(number, bytes);
    this.#used += bytes.length;
    for (const oldest of this.#parts.keys()) {
      if (this.#used <= this.#limit) return;
      this.#drop(oldest);
    }
  }

  #drop(number: number): void {
    this.#used -= this.#parts.get(number)?.length ?? 0;
    this.#parts.delete(number);
  }
}
