import { corruptError, type Pieces } from "./codec.ts";
import { ByteReader } from "./reader.ts";

/** Bytes a step. */
const STEP = 64 * 1024;

/**
 * Truth values, eight to a byte, as numcodecs' `PackBits` writes them: how many bits of the last byte are padding, and then the bits, the highest first. A byte
 * of 0 or 1 for each comes out.
 */
export async function* decode(source: Pieces): Pieces {
  const reader = new ByteReader("PackBits", source);
  const [padding] = await reader.take(1);
  if (padding > 7) throw corruptError("PackBits", `${padding} bits of padding in a byte`);
  if (padding > 0 && await reader.atEnd()) throw corruptError("PackBits", "padding without a byte");
  while (!await reader.atEnd()) {
    const { byteLength: length } = await reader.peek(STEP);
    const packed = (await reader.take(length)).slice();
    const left = await reader.atEnd() ? padding : 0;
    if (left > 0 && packed[length - 1] & ((1 << left) - 1)) {
      throw corruptError("PackBits", "the padding isn't zero");
    }
    const values = new Uint8Array(length * 8 - left);
    for (let i = 0; i < values.byteLength; i++) values[i] = packed[i >> 3] >> (7 - (i & 7)) & 1;
    yield values;
  }
}
