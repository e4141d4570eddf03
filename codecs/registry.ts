/**
 * The table of codecs, and what asks for one by its name. A codec's code is loaded when a stream of it is first read, so a page pays only
 * for what it reads.
 *
 * @module
 */
import { InvalidArgumentError, UnsupportedError } from "../lib/errors.ts";
import {
  type ByteTransform,
  type Codec,
  type CodecCode,
  type CodecEntry,
  type DecodeOptions,
  type Decoder,
  type DecoderEntry,
  decoderStage,
  encodeBytes,
  type EncodeOptions,
  encoderStage,
} from "./codec.ts";

/** The codecs that are written, by the names that Python's cottoncandy knows: a line each. Their code is a file or folder each. */
export const WRITTEN_CODECS = {
  gzip: { levels: { min: 0, max: 9, default: 6 }, load: (): Promise<CodecCode> => deflate("gzip") },
  Zlib: { levels: { min: 0, max: 9, default: 6 }, load: (): Promise<CodecCode> => deflate("Zlib") },
  Zstd: { levels: { min: 1, max: 22, default: 3 }, load: (): Promise<CodecCode> => import("./zstd/mod.ts") },
  LZ4: {
    levels: { min: 1, max: 65537, default: 1 },
    size: { max: 0x7E000000 },
    load: (): Promise<CodecCode> => import("./lz4.ts"),
  },
  BZ2: { levels: { min: 1, max: 9, default: 9 }, load: (): Promise<CodecCode> => import("./bz2.ts") },
} satisfies Record<string, CodecEntry>;

/** What is only read: what Python's cottoncandy can have written by naming another codec of numcodecs. */
const READ_ONLY_CODECS = {
  LZMA: { load: () => import("./xz.ts") },
  Blosc: { load: () => import("./blosc.ts") },
  Shuffle: { load: () => import("./shuffle.ts") },
  Base64: { load: () => import("./base64.ts") },
  PackBits: { load: () => import("./packbits.ts") },
  Fletcher32: { load: () => import("./fletcher32.ts") },
} satisfies Record<string, DecoderEntry>;

const deflate = async (container: "gzip" | "Zlib") =>
  await (await import("./deflate/mod.ts")).loadDeflate(container);

/** The codecs that are written, by the names that are stored in an object's metadata. */
export type CodecName = keyof typeof WRITTEN_CODECS;

/** The name of a codec that is written: of this library, or registered by {@linkcode registerCodec}. */
export type AnyCodecName = CodecName | (string & Record<never, never>);

const written = new Map<string, Codec>();
const readOnly = new Map<string, Decoder>();
/** All of them, by every name they go by, in lower case, as Python compares them. */
const byId = new Map<string, Decoder>();
/** What metadata say of data that are not compressed. */
const NO_CODEC = ["false", "none", "true"];

for (const [name, entry] of Object.entries(WRITTEN_CODECS)) registerCodec(name, entry);
for (const [name, entry] of Object.entries(READ_ONLY_CODECS)) registerCodec(name, entry);
const builtIn: ReadonlySet<string> = new Set(byId.keys());

/**
 * Makes a codec known by its name: arrays are then written with `compression: name`, and read wherever metadata name it.
 *
 * Python's cottoncandy looks the name up in numcodecs, in lower case: to be read there, the name (or what Python registers) must be
 * numcodecs' identifier for the same format.
 *
 * @category Compression
 * @param name The name to be stored in metadata: letters, digits, `.`, `_` and `-`.
 * @param entry Its levels and its code; without `levels` the format is only read.
 * @throws {InvalidArgumentError} when the name or one of `ids` is taken or can't be stored, or the levels make no sense.
 *
 * @example
 * ```ts
 * import { type CodecCode, compress, decompress, registerCodec } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamFrom, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * // Here by the platform's streams, at their one level. Else the code is a module's: load: () => import("./brotli.ts")
 * registerCodec("Brotli", {
 *   levels: { min: 4, max: 4, default: 4 },
 *   load: (): Promise<CodecCode> =>
 *     Promise.resolve({
 *       encode: (source) => streamFrom(source).pipeThrough(new CompressionStream("brotli")),
 *       decode: (source) => streamFrom(source).pipeThrough(new DecompressionStream("brotli")),
 *     }),
 * });
 * const stored = streamOf(new Uint8Array(5000)).pipeThrough(compress("Brotli"));
 * const bytes = await readAll(stored.pipeThrough(decompress("Brotli")));
 * console.assert(bytes.length === 5000);
 * ```
 */
export function registerCodec(name: string, entry: CodecEntry | DecoderEntry): void {
  const ids = new Set([name, ...entry.ids ?? []].map((id) => id.toLowerCase()));
  for (const id of ids) {
    if (byId.has(id)) throw new InvalidArgumentError(`there is a codec called "${id}" already`);
    if (!/^[\w.-]+$/.test(id) || NO_CODEC.includes(id)) {
      throw new InvalidArgumentError(`"${id}" can't be the name of a codec in metadata`);
    }
  }
  const decoder: Decoder = { name, decode: (options) => decoderStage(name, entry, options) };
  if (entry.levels) {
    const { min, max, default: usual } = entry.levels;
    if (![min, usual, max].every(Number.isInteger) || usual < min || usual > max) {
      throw new InvalidArgumentError(
        `levels are whole numbers, with the default between the others: not ${min}, ${usual}, ${max}`,
      );
    }
    const encode = (options?: EncodeOptions) => encoderStage(name, entry, options);
    const codec: Codec = {
      ...decoder,
      levels: entry.levels,
      encode,
      encodeBytes: (bytes, options) => encodeBytes(name, entry, bytes, options),
    };
    written.set(name, codec);
    for (const id of ids) byId.set(id, codec);
  } else {
    readOnly.set(name, decoder);
    for (const id of ids) byId.set(id, decoder);
  }
}

/** All codecs by now, registered ones included: those that are written, and those that are only read. */
export function listCodecs(): { readonly written: readonly Codec[]; readonly readOnly: readonly Decoder[] } {
  return { written: [...written.values()], readOnly: [...readOnly.values()] };
}

/** Whether a codec is of this library, and so known on every thread; what a program registers is known where it did. */
export function isBuiltIn(name: string): boolean {
  return builtIn.has(name.toLowerCase());
}

/**
 * What decodes the data of an object whose metadata name a compression. As in Python, upper and lower case are the same.
 *
 * @throws {UnsupportedError} for a name that is not in the table; `False` and `None`, which say that nothing is compressed, are no codecs.
 *
 * @example
 * ```ts
 * import { codecNamed } from "@cottoncandy/cottoncandy/codecs";
 *
 * console.assert(codecNamed("zSTD").name === "Zstd");
 * ```
 */
export function codecNamed(name: string): Decoder {
  const decoder = byId.get(name.toLowerCase());
  if (decoder) return decoder;
  throw new UnsupportedError(
    `no codec is called "${name}"; there are ${[...written.keys()].join(", ")}, and for reading also ${
      [...readOnly.keys()].join(", ")
    }`,
  );
}

/**
 * Compresses a stream of bytes.
 *
 * @category Compression
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
export function compress(codec: AnyCodecName, options?: EncodeOptions): ByteTransform {
  return writtenCodec(codec).encode(options);
}

/**
 * Compresses bytes in memory. Up to 64 KiB gzip and zlib do so in one call, which costs a tenth of a stream.
 *
 * @param options `level` in the codec's own scale.
 * @returns One complete object of the format, as {@linkcode compress} gives it.
 * @throws {UnsupportedError} when there is no such codec; {InvalidArgumentError} when it has no such level.
 *
 * @example
 * ```ts
 * import { compressBytes, decompress } from "@cottoncandy/cottoncandy/codecs";
 * import { readAll, streamOf } from "@cottoncandy/cottoncandy/streams";
 *
 * const compressed = await compressBytes("gzip", new Uint8Array(5000));
 * const bytes = await readAll(streamOf(compressed).pipeThrough(decompress("gzip")));
 * console.assert(compressed.length < 100 && bytes.length === 5000);
 * ```
 */
export async function compressBytes(
  codec: AnyCodecName,
  bytes: Uint8Array,
  options?: Pick<EncodeOptions, "level">,
): Promise<Uint8Array<ArrayBuffer>> {
  return await writtenCodec(codec).encodeBytes(bytes, options);
}

function writtenCodec(name: string): Codec {
  const codec = written.get(name);
  if (codec) return codec;
  throw new UnsupportedError(`can't compress by "${name}"; there are ${[...written.keys()].join(", ")}`);
}

/**
 * Decompresses a stream of bytes. Data that are truncated, damaged or of another length than `size` end in `IntegrityError`, as far
 * as the format can tell.
 *
 * @category Compression
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
export function decompress(codec: AnyCodecName, options?: DecodeOptions): ByteTransform {
  return codecNamed(codec).decode(options);
}

/**
 * gzip (RFC 1952): Python cottoncandy's default, and what every tool reads. Levels 0 (stored) to 9, default 6 (Python's cottoncandy writes 9).
 *
 * Writes one member. Reads any number of them, with zeros after or between them as Python's `gzip` does, and checks each one's CRC-32 and
 * length. Memory stays below a few MB either way. Python's cottoncandy reads the first member only.
 */
export const gzip: Codec = writtenCodec("gzip");

/**
 * A zlib stream (RFC 1950), as numcodecs' `Zlib` writes it. Levels 0 (stored) to 9, default 6 (numcodecs: 1).
 *
 * Checks the Adler-32 when reading; nothing but zeros may follow the stream. Memory stays below a few MB either way.
 */
export const zlib: Codec = writtenCodec("Zlib");

/**
 * Zstandard (RFC 8878): compresses about as well as gzip, several times faster. Levels 1 to 22, default 3.
 *
 * Writes one frame with a checksum, as a stream. **Give `size`**: the frame then says how long its content is, without which numcodecs up to 0.11
 * refuses it (newer ones don't). By the runtime's libzstd where there is one; else, in browsers, by an encoder of our own, which needs no wasm, is slower, and compresses about as well.
 *
 * Reads by the runtime's libzstd where there is one and the frame has a checksum, else by a decoder of our own, which is slower, needs no wasm, and
 * notices faults that libzstd overlooks. Any number of frames, skippable ones and zeros at the end, as a stream with no more memory than the frame's window asks for (at most
 * 128 MiB; `UnsupportedError` beyond). Checksums and content sizes are checked where there are any; frames that Python wrote have
 * no checksum.
 */
export const zstd: Codec = writtenCodec("Zstd");

/**
 * LZ4 as numcodecs stores it: the content's length, 32 bits little-endian, then one LZ4 block. The level is LZ4's acceleration,
 * 1 (default, compresses best) to 65537 (fastest). It is fast and compresses little.
 *
 * Both directions are streams of a few MiB of memory; writing needs `size`, at most 2,113,929,216 bytes, since the format begins with it. Literals are
 * held until the next match, so noise, which has next to none, is held for longer. The format has no checksum: damage is found when lengths and
 * offsets don't work out, which is often and not always.
 */
export const lz4: Codec = writtenCodec("LZ4");

/**
 * bzip2: compresses more than gzip, and is slow. The level is the block's size in 100,000 bytes, 1 to 9, default 9 (numcodecs: 1).
 *
 * Writes a bzip2 stream for every 4 MB or so: concatenated streams are one file to every reader of the format, Python's included. Reads any
 * number of streams and checks the CRCs of blocks and streams; nothing but zeros may follow. Memory stays below 10 MB for reading and 40 MB for writing.
 *
 * Writing runs libbzip2 in wasm (npm:bzip2-wasm); a bundle for browsers must have its `bzip2.wasm` beside it.
 */
export const bz2: Codec = writtenCodec("BZ2");
