import { CottonCandyError } from "../lib/errors.ts";
import type { ByteIterable } from "../lib/streams/mod.ts";
import type { EncodePlan, Pieces } from "./stage.ts";

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
export async function* encodeBz2(source: ByteIterable, { level }: EncodePlan): Pieces {
  const bzip2 = await load();
  const block = level * 100_000;
  const segmentLength = Math.floor(SEGMENT / block) * (block - BLOCK_RESERVE);
  const segment = new Uint8Array(segmentLength);
  let filled = 0;
  let written = 0;
  const compress = () => {
    const input = segment.subarray(0, filled);
    filled = 0;
    written += 1;
    // What bzip2 promises never to exceed: 1 % and 600 bytes more than the input.
    return new Uint8Array(bzip2.compress(input, level, Math.ceil(input.length * 1.01) + 600));
  };
  for await (let piece of source) {
    while (piece.length > 0) {
      const taken = Math.min(piece.length, segmentLength - filled);
      segment.set(piece.subarray(0, taken), filled);
      filled += taken;
      piece = piece.subarray(taken);
      if (filled === segmentLength) yield compress();
    }
  }
  if (filled > 0 || written === 0) yield compress();
}

let loading: Promise<Bzip2> | undefined;

/** The wasm, loaded once. A failed attempt isn't kept: the network may be back the next time. */
function load(): Promise<Bzip2> {
  loading ??= loadOnce().catch((cause) => {
    loading = undefined;
    throw new CottonCandyError(
      "BZ2: bzip2-wasm could not be loaded; in a browser, bzip2.wasm must be served beside the bundle",
      { cause },
    );
  });
  return loading;
}

async function loadOnce(): Promise<Bzip2> {
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
