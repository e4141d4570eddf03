/**
 * bzip2, as numcodecs' `BZ2` has it. Writing runs libbzip2 in wasm (npm:bzip2-wasm), whose `bzip2.wasm` a bundle for browsers must have beside
 * it. Reading is done here: of the npm packages only unbzip2-stream reads more than the first stream. It is right, and half as fast at
 * best; and it wants Node's streams and Buffer, and gives out all that its input holds, read or not.
 *
 * @module
 */
import { loadOnce } from "../lib/async.ts";
import { CottonCandyError, UnsupportedError } from "../lib/errors.ts";
import { chunk, streamFrom } from "../lib/streams/mod.ts";
import { Bz2Block, NeedsMoreInput, type ParsedBlock } from "./bz2_block.ts";
import { corruptError, type EncodePlan, type Pieces, truncatedError } from "./codec.ts";
import { ByteReader } from "./reader.ts";

/** The part of bzip2-wasm that is used here; the package has no types. */
interface Bzip2 {
  init(): Promise<void>;
  compress(bytes: Uint8Array, blockSize: number, outputLimit: number): Uint8Array;
}

/** Bytes a segment, roughly. The wasm's first memory must hold one: the package keeps a stale view of it when it grows on the way in. */
const SEGMENT = 4_000_000;
/** Bytes of a block that bzip2 leaves free. */
const BLOCK_RESERVE = 19;

/**
 * Compresses by libbzip2 in wasm, a segment at a time, each a stream of its own: they may be concatenated. The segments are whole
 * blocks, so that nearly nothing is lost by it.
 */
export async function* encode(source: Pieces, { level }: EncodePlan): Pieces {
  const bzip2 = await load();
  // What bzip2 promises never to exceed: 1 % and 600 bytes more than the input.
  const compress = (segment: Uint8Array) =>
    new Uint8Array(bzip2.compress(segment, level, Math.ceil(segment.byteLength * 1.01) + 600));
  const block = level * 100_000;
  const segments = chunk(Math.floor(SEGMENT / block) * (block - BLOCK_RESERVE));
  let written = 0;
  for await (const segment of streamFrom(source).pipeThrough(segments)) {
    yield compress(segment);
    written += 1;
  }
  if (written === 0) yield compress(new Uint8Array());
}

/** The wasm, loaded once. A failed attempt isn't kept: the network may be back the next time. A policy that forbids wasm is told as such, before anything is fetched. */
function load(): Promise<Bzip2> {
  if (!mayCompile()) {
    throw new UnsupportedError(
      "BZ2: writing runs WebAssembly, which the page's Content-Security-Policy forbids: add 'wasm-unsafe-eval' to its script-src, or write gzip or LZ4, which do without; BZ2 is read without it",
    );
  }
  return encoder();
}

const encoder = loadOnce(() =>
  initialized().catch((cause) => {
    throw new CottonCandyError(
      "BZ2: bzip2-wasm could not be loaded; in a browser, bzip2.wasm must be served beside the bundle",
      { cause },
    );
  })
);

/** Whether WebAssembly may be compiled here: where a policy forbids it, or there is none, the smallest module is refused, too. */
function mayCompile(): boolean {
  try {
    new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6D, 1, 0, 0, 0));
    return true;
  } catch {
    return false;
  }
}

async function initialized(): Promise<Bzip2> {
  const { default: Bzip2 }: { default: new () => Bzip2 } = await import("bzip2-wasm");
  const bzip2 = new Bzip2();
  // Outside browsers the package leaves `require` and `__dirname` in the global scope; they are taken out again.
  const names = ["require", "__dirname"] as const;
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  try {
    await bzip2.init();
  } finally {
    names.forEach((name, i) => {
      const descriptor = before[i];
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    });
  }
  return bzip2;
}

const MAGIC = [0x42, 0x5A, 0x68];
/** Bytes of output a piece. */
const PIECE = 256 * 1024;

/**
 * Decodes bzip2 streams, any number of them, block by block: the memory needed is that of one block, 10 MB. Each block's and each stream's CRC is
 * checked. Zeros may follow the last stream.
 */
export async function* decode(source: Pieces): Pieces {
  const reader = new ByteReader("BZ2", source);
  do yield* oneStream(reader); while (await reader.another(MAGIC));
}

async function* oneStream(reader: ByteReader): Pieces {
  const header = await reader.take(4);
  const level = header[3] - 0x30;
  if (MAGIC.some((byte, i) => byte !== header[i]) || level < 1 || level > 9) {
    throw corruptError("BZ2", "no bzip2 stream where one should begin");
  }
  const block = new Bz2Block(level);
  let combined = 0;
  // A block says nowhere how long it is: it is tried with what is usually enough, and again with more when that wasn't.
  const usual = level * 100_000 + 20_000;
  let skippedBits = 0;
  while (true) {
    let parsed: ParsedBlock | undefined;
    for (let enough = usual; !parsed; enough *= 2) {
      const input = await reader.peek(enough);
      try {
        parsed = block.parse(input, skippedBits);
      } catch (error) {
        if (!(error instanceof NeedsMoreInput)) throw error;
        if (input.byteLength < enough) throw truncatedError("BZ2");
      }
    }
    const { bits, isEnd, crc } = parsed;
    await reader.take(bits >> 3);
    skippedBits = bits & 7;
    if (isEnd) {
      if (crc !== combined >>> 0) throw corruptError("BZ2", "a stream's checksum is wrong");
      if (skippedBits > 0) await reader.take(1);
      return;
    }
    yield* block.output(PIECE);
    combined = (combined << 1 | combined >>> 31) ^ crc;
  }
}
