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
import { InvalidArgumentError } from "../errors.ts";
import { type OnWarning, warnOncePerKind } from "../warnings.ts";

/** Makes the codecs' stages of one operation. */
export interface CodecStages {
  /** A stage that compresses; wrong options throw at once. */
  compress(codec: AnyCodecName, options: EncodeOptions): ByteTransform;
  /** A stage that decompresses, by the name in an object's metadata. */
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

/** On the calling thread. */
const HERE: CodecStages = {
  compress,
  decompress: (codec, options) => codecNamed(codec).decode(options),
  close() {},
};

/**
 * The stages of an operation.
 *
 * @param work What it does.
 * @param byteLength How many bytes that concerns, as they are when they are not compressed.
 * @throws {InvalidArgumentError} when `workers` is neither `false` nor a positive whole number.
 */
export async function codecStages(
  work: "compress" | "decompress",
  byteLength: number,
  { workers, onWarning = warnOncePerKind }: CodecStageOptions,
): Promise<CodecStages> {
  if (workers !== undefined && workers !== false && !(Number.isSafeInteger(workers) && workers > 0)) {
    throw new InvalidArgumentError(`workers is a positive whole number, or false for none, not ${workers}`);
  }
  if (workers === false || byteLength < WORTHWHILE) return HERE;
  const { joinWorkers, usualWorkers } = await import("../../codecs/workers/mod.ts");
  const most = workers ?? usualWorkers(work);
  if (most === 0) return HERE;
  return joinWorkers(most, (why) => {
    // Who asked for nothing has lost nothing that was promised.
    if (workers === undefined) return;
    onWarning({
      kind: "workers",
      message: `codecs run on the calling thread, since no worker can be started: ${why}`,
    });
  });
}
