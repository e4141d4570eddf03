/**
 * The bytes of a Zarr chunk as they were before they were stored.
 *
 * @module
 */
import { codecNamed } from "../../../codecs/mod.ts";
import { concat } from "../../bytes.ts";
import { crc32c } from "../../checksums.ts";
import { IntegrityError } from "../../errors.ts";
import { type ByteIterable, fill, GeneratorTransform } from "../../streams/mod.ts";
import { type CodecStages, onThisThread } from "../codec_stages.ts";
import type { ZarrStage } from "./metadata.ts";

/** Bytes of a CRC-32C. */
export const CRC_LENGTH = 4;

/**
 * Fills memory with a chunk.
 *
 * @param codecs Where codecs run.
 * @throws {IntegrityError} when it is damaged, or has more or fewer bytes.
 */
export async function decodeInto(
  target: Uint8Array<ArrayBuffer>,
  stored: ReadableStream<Uint8Array>,
  stages: readonly ZarrStage[],
  codecs: Pick<CodecStages, "decompress"> = onThisThread,
): Promise<void> {
  let stream = stored;
  for (const [i, stage] of stages.toReversed().entries()) {
    // Only of what the last one gives the length is known.
    const size = i === stages.length - 1 ? target.byteLength : undefined;
    stream = stream.pipeThrough(
      stage.kind === "crc32c"
        ? new GeneratorTransform(withoutCrc)
        : codecs.decompress(stage.codec, size === undefined ? {} : { size }),
    );
  }
  await fill(stream, target);
}

/** Passes on all but the last four bytes, which are held against the others. */
async function* withoutCrc(source: ByteIterable): AsyncIterable<Uint8Array<ArrayBuffer>> {
  let held: Uint8Array<ArrayBuffer> = new Uint8Array();
  let sum = 0;
  for await (const piece of source) {
    const all = concat(held, piece);
    const passed = all.subarray(0, Math.max(0, all.byteLength - CRC_LENGTH));
    held = all.slice(passed.byteLength);
    sum = crc32c(passed, sum);
    if (passed.byteLength > 0) yield passed;
  }
  const stored = held.byteLength === CRC_LENGTH ? new DataView(held.buffer).getUint32(0, true) : undefined;
  if (stored !== sum >>> 0) throw new IntegrityError("the chunk is damaged: its CRC-32C is wrong");
}

/** The codecs among the stages, by the names that arrays have for them; `false` when there are none. */
export function codecOf(stages: readonly ZarrStage[]): string | false {
  const names = stages.flatMap((stage) => stage.kind === "codec" ? [codecNamed(stage.codec).name] : []);
  return names.length === 0 ? false : names.join("+");
}
