import type { ByteIterable } from "../lib/streams/mod.ts";
import { gather } from "./gather.ts";
import type { EncodePlan, Pieces } from "./stage.ts";
import { CHECKSUM_FLAG } from "./zstd_frame.ts";

/**
 * Compresses by libzstd in wasm, in one go: one frame with content size and checksum. The whole input and output are in memory, and once more in
 * the wasm's.
 */
export async function* encodeZstdPortable(source: ByteIterable, { level, size }: EncodePlan): Pieces {
  const { default: Zstd } = await import("numcodecs/zstd");
  const { createXXHash64 } = await import("hash-wasm");
  const content = await gather(source, size);
  const frame = await Zstd.fromConfig({ id: "zstd", level }).encode(content);
  // This encoder leaves the checksum out; it is a flag in the descriptor and the hash's low four bytes at the end, little-endian.
  const hash = await createXXHash64();
  hash.init();
  const digest = hash.update(content).digest("binary");
  const marked = new Uint8Array(frame);
  marked[4] |= CHECKSUM_FLAG;
  yield marked;
  yield new Uint8Array([digest[7], digest[6], digest[5], digest[4]]);
}
