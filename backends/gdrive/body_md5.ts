import { toHex } from "../../lib/base64.ts";
import { type Digest, newDigest } from "../../lib/checksums.ts";

/** Bytes that are digested before others get their turn. */
const TURN = 8 * 1024 * 1024;

/** The MD5 of a body that comes in pieces. */
export class BodyMd5 {
  #digest: Digest | undefined;
  #seen = 0;
  #sum: string | undefined;

  /** Bytes that were added. */
  get length(): number {
    return this.#seen;
  }

  /** Adds a piece, which begins at `start`; what of it was added before is not added again. */
  async add(piece: Uint8Array, start: number = this.#seen): Promise<void> {
    const digest = this.#digest ??= await newDigest("MD5");
    const first = this.#seen - start;
    for (let offset = first; offset < piece.byteLength; offset += TURN) {
      if (offset > first) await new Promise((resolve) => setTimeout(resolve));
      digest.update(piece.subarray(offset, offset + TURN));
    }
    this.#seen = start + piece.byteLength;
  }

  /** The digest, in hexadecimal; from then on nothing can be added. */
  async hex(): Promise<string> {
    return this.#sum ??= toHex((this.#digest ?? await newDigest("MD5")).digest());
  }
}
