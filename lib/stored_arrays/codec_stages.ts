/**
 * Where the codecs of an operation on arrays run: on the calling thread, or in workers where the work is large enough to pay for them.
 *
 * @module
 */
import {
  type AnyCodecName,
  type ByteTransform,
  codecNamed,
  compress,
  type DecodeOptions,
  type EncodeOptions,
} from "../../codecs/mod.ts";
import type { OnWarning } from "../warnings.ts";

/** Makes the codecs' stages of one operation. */
export interface CodecStages {
  /** A stage that compresses; wrong options throw at once. */
  compress(codec: AnyCodecName, options: EncodeOptions): ByteTransform;
  /** A stage that decompresses, by the name in an object's metadata. A piece that comes out holds until the next one is asked for. */
  decompress(codec: AnyCodecName, options: DecodeOptions): ByteTransform;
  /** To be called once all stages have ended. */
  close(): void;
}

/** What an operation says of its codecs. */
export interface CodecStageOptions {
  /** How many workers at most, `false` for none; default: as many as pay. */
  readonly workers?: number | false;
  /** Receives the warning that no workers can be had, where a number was asked for. */
  readonly onWarning?: OnWarning;
}

// Measured (bench/workers.ts): a worker and its code take 50 to 100 ms until they are warm, in which gzip writes 5 MiB and reads 40.
const WORTHWHILE = 32 * 1024 * 1024;

/** Stages on the calling thread, which hold nothing. */
export const onThisThread: CodecStages = {
  compress,
  decompress: (codec, options) => codecNamed(codec).decode(options),
  close() {},
};

/**
 * The stages of an operation.
 *
 * @param work What it does.
 * @param byteLength How many bytes that concerns, as they are when they are not compressed.
 * @param streams How many are compressed or read at once.
 * @throws {InvalidArgumentError} when `workers` is neither `false` nor a positive whole number.
 */
export async function codecStages(
  work: "compress" | "decompress",
  byteLength: number,
  { workers, onWarning }: CodecStageOptions,
  streams: "one" | "several" = "one",
): Promise<CodecStages> {
  const isLarge = byteLength >= WORTHWHILE;
  if (workers === false || workers === undefined && !isLarge) return onThisThread;
  const { areWorkersThere, checkWorkers, joinWorkers } = await import("../../codecs/workers/mod.ts");
  checkWorkers(workers);
  const pays = isLarge || areWorkersThere();
  return pays && joinWorkers(work, workers, onWarning, streams) || onThisThread;
}
