import { IntegrityError } from "../../errors.ts";
import { Allowance } from "./allowance.ts";
import { Collections, type Str2Reader } from "./collections.ts";
import { convert } from "./convert.ts";
import { withinLimits } from "./limits.ts";
import { runPickle } from "./machine.ts";
import { decodeLatin1, decodeText } from "./text.ts";
import type { PickleValue } from "./value.ts";

/** Options of {@linkcode loadPickle}. */
export interface PickleReadOptions {
  /**
   * What the bytes of a Python 2 `str` are, which may be text or not: `"latin1"` (the default: each byte becomes the character of its
   * number, so that nothing is lost), `"utf-8"`, or `"bytes"` for a `Uint8Array`. Of no effect on pickles written by Python 3.
   */
  readonly encoding?: "latin1" | "utf-8" | "bytes";
}

/**
 * Reads a pickle of any protocol, 0 to 5, written by Python 2 or 3: data and numpy arrays, as {@linkcode PickleValue} lists them. Nothing in a
 * pickle is ever called; classes other than those of the list are refused by name. What comes several times, or contains itself, does so here.
 *
 * Arrays and bytes are views of `bytes` where their alignment allows, so that `bytes` must not change as long as they are used.
 *
 * @param bytes The whole pickle.
 * @throws {UnsupportedError} when it holds anything else, naming the class: objects, pandas and scipy, datetimes, arrays of objects.
 * @throws {IntegrityError} when it is cut off or damaged, or goes on after its end.
 *
 * @example
 * ```ts
 * import { loadPickle } from "@cottoncandy/cottoncandy/pickle";
 *
 * // pickle.dumps({"subject": 7}, protocol=2)
 * const bytes = Uint8Array.from("\x80\x02}q\x00X\x07\x00\x00\x00subjectq\x01K\x07s.", (c) => c.charCodeAt(0));
 * console.assert(JSON.stringify(loadPickle(bytes)) === '{"subject":7}');
 * ```
 */
export function loadPickle(bytes: Uint8Array, options: PickleReadOptions = {}): PickleValue {
  const decode = decoderOf(options.encoding ?? "latin1");
  const str2: Str2Reader = (node) => node.value ??= decode(node.bytes);
  const allowance = new Allowance(bytes.length);
  return withinLimits(() => convert(runPickle(bytes, new Collections(str2, allowance), allowance), str2));
}

function decoderOf(encoding: "latin1" | "utf-8" | "bytes"): (bytes: Uint8Array) => string | Uint8Array {
  switch (encoding) {
    case "latin1":
      return decodeLatin1;
    case "utf-8":
      return decodeUtf8;
    case "bytes":
      return (bytes) => bytes.slice();
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decodeText(bytes);
  } catch (cause) {
    if (!(cause instanceof IntegrityError)) throw cause;
    throw new IntegrityError(
      'a str of Python 2 is no UTF-8: read the pickle with encoding "latin1" or "bytes"',
      {
        cause,
      },
    );
  }
}
