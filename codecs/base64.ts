import { fromBase64 } from "../lib/base64.ts";
import { corruptError, type Pieces } from "./codec.ts";
import { ByteReader } from "./reader.ts";

/** Characters a step: a multiple of four. */
const STEP = 64 * 1024;
const PADDED = /^[A-Za-z0-9+/]*={0,2}$/;

/** Standard base64 (RFC 4648, section 4), as numcodecs' `Base64` writes it: padded, without line breaks. */
export async function* decode(source: Pieces): Pieces {
  const reader = new ByteReader("Base64", source);
  let padded = false;
  while (!await reader.atEnd()) {
    const { byteLength: length } = await reader.peek(STEP);
    const text = new TextDecoder("latin1").decode(await reader.take(length));
    // `fromBase64` alone would pass over white space, missing padding and what follows the padding of an earlier step.
    const bytes = !padded && length % 4 === 0 && PADDED.test(text) ? fromBase64(text) : undefined;
    if (!bytes) throw corruptError("Base64", "the text is no base64, or was cut off");
    padded = text.endsWith("=");
    yield bytes;
  }
}
