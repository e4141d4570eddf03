import { CottonCandyError } from "../../lib/errors.ts";
import type { Body } from "../backend.ts";
import { drain, type DrainOptions } from "../body.ts";

/** What is set aside at first where the length is unknown. */
const FIRST = 64 * 1024;
/** What is set aside at most on the word of `size` alone. */
const TRUSTED = 256 * 1024 * 1024;

/**
 * A body's bytes in memory of their own. Where `size` is known they are written straight into their place; otherwise the memory doubles
 * as it fills.
 *
 * @param report Is told how many bytes have come so far.
 * @throws {CottonCandyError} when memory is short.
 */
export async function gather(
  body: Body,
  options: DrainOptions,
  report: (loaded: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const expected = body instanceof Uint8Array ? body.length : options.size;
  let buffer = new ArrayBuffer(expected === undefined ? FIRST : 0);
  let length = 0;
  await drain(body, (piece) => {
    const needed = length + piece.length;
    if (needed > buffer.byteLength) {
      const room = Math.max(
        needed,
        Math.min(expected ?? 2 * buffer.byteLength, Math.max(TRUSTED, 2 * needed)),
      );
      buffer = grow(buffer, room);
    }
    new Uint8Array(buffer).set(piece, length);
    length = needed;
    report(length);
  }, options);
  return new Uint8Array(buffer.byteLength === length ? buffer : grow(buffer, length));
}

function grow(buffer: ArrayBuffer, length: number): ArrayBuffer {
  try {
    return buffer.transfer(length);
  } catch (cause) {
    throw new CottonCandyError(
      `${length} bytes do not fit into this process's memory; use a store on disk or in the cloud`,
      { cause, committed: "no" },
    );
  }
}
