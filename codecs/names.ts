import { UnsupportedError } from "../lib/errors.ts";
import { base64 } from "./base64.ts";
import { blosc } from "./blosc.ts";
import { bz2 } from "./bz2/mod.ts";
import type { ByteTransform, Codec, CodecName, DecodeOptions, Decoder, EncodeOptions } from "./codec.ts";
import { gzip, zlib } from "./deflate.ts";
import { lz4 } from "./lz4/mod.ts";
import { shuffle } from "./shuffle.ts";
import { xz } from "./xz.ts";
import { zstd } from "./zstd/mod.ts";

const CODECS: Readonly<Record<CodecName, Codec>> = { gzip, Zlib: zlib, Zstd: zstd, LZ4: lz4, BZ2: bz2 };
/** By numcodecs' identifiers, which Python compares in lower case. */
const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ["gzip", gzip],
  ["zlib", zlib],
  ["zstd", zstd],
  ["lz4", lz4],
  ["bz2", bz2],
  ["lzma", xz],
  ["blosc", blosc],
  ["shuffle", shuffle],
  ["base64", base64],
]);

/**
 * What decodes the data of an object whose metadata name a compression: the five codecs that can be written, and those that Python's
 * cottoncandy can have written by numcodecs: `GZip`, `LZMA`, `Blosc`, `Shuffle` and `Base64`. As in Python, upper and lower
 * case are the same.
 *
 * @throws {UnsupportedError} for any other name; `False` and `None`, which say that nothing is compressed, are no codecs.
 *
 * @example
 * ```ts
 * import { codecNamed } from "@cottoncandy/cottoncandy/codecs";
 *
 * console.assert(codecNamed("zSTD").name === "Zstd");
 * ```
 */
export function codecNamed(name: string): Decoder {
  const decoder = DECODERS.get(name.toLowerCase());
  if (!decoder) {
    throw new UnsupportedError(
      `no codec is called "${name}"; there are ${
        Object.keys(CODECS).join(", ")
      }, and for reading also GZip, LZMA, Blosc, Shuffle, Base64`,
    );
  }
  return decoder;
}

/**
 * Compresses a stream of bytes.
 *
 * @param codec The codec, as it is named in metadata.
 * @param options `level` in the codec's own scale; `size`, the stream's length in bytes, which `"LZ4"` needs and `"Zstd"` writes
 * into the frame for old readers. A stream of another length fails with `IntegrityError`.
 * @throws {UnsupportedError} when there is no such codec; {InvalidArgumentError} when an option is out of range.
 *
 * @example
 * ```ts
 * import { compress, decompress } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const compressed = streamOf(new Uint8Array(5000)).pipeThrough(compress("Zstd", { size: 5000 }));
 * const bytes = await readAll(compressed.pipeThrough(decompress("Zstd")));
 * console.assert(bytes.length === 5000);
 * ```
 */
export function compress(codec: CodecName, options?: EncodeOptions): ByteTransform {
  if (!Object.hasOwn(CODECS, codec)) {
    throw new UnsupportedError(`can't compress by "${codec}"; there are ${Object.keys(CODECS).join(", ")}`);
  }
  return CODECS[codec].encode(options);
}

/**
 * Decompresses a stream of bytes. Data that are truncated, damaged or of another length than `size` end in `IntegrityError`, as far
 * as the format can tell.
 *
 * @param codec The codec's name in metadata; see {@linkcode codecNamed}.
 * @throws {UnsupportedError} when there is no such codec.
 *
 * @example
 * ```ts
 * import { decompress } from "@cottoncandy/cottoncandy/codecs";
 * import { IntegrityError } from "@cottoncandy/cottoncandy/errors";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const broken = streamOf(new Uint8Array([1, 2, 3])).pipeThrough(decompress("gzip"));
 * await readAll(broken).catch((error) => console.assert(error instanceof IntegrityError));
 * ```
 */
export function decompress(
  codec: CodecName | (string & Record<never, never>),
  options?: DecodeOptions,
): ByteTransform {
  return codecNamed(codec).decode(options);
}
