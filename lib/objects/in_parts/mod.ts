/**
 * Streams in parts of a given size. A door of its own: what may be taken up loads more, later, which would cut the bundles of all others into smaller pieces.
 *
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { checkOptions, type OptionTable } from "../../options.ts";
import { userMetadata } from "../metadata.ts";
import { consuming, putObject } from "../objects.ts";
import type { UploadResult, WriteOptions } from "../options.ts";
import { WRITE_OPTIONS } from "../reading/mod.ts";
import type { ResumeStore } from "../resuming/mod.ts";

/** Options of {@linkcode writeInParts}. */
export interface MultipartOptions extends WriteOptions {
  /**
   * Bytes a part: on S3 from 5 MiB to 5 GiB, and as many as are underway at once are held in memory. Default: the store's own, which grow with the
   * object. Python's default is 100 MiB.
   */
  readonly bufferSize?: number;
  /** The stream's length in bytes, where it is known; one of another length fails with `IntegrityError`, and nothing is stored. `resume` needs it. */
  readonly size?: number;
  /**
   * Whether an upload that breaks off, by an error, an abort or the end of the process, is kept, and taken up by the next call with the same name: a `ResumeStore` that remembers it, or `true`
   * for the default directory of `fileResumeStore`. A stream has no name by which it is known again: it must give the same bytes, from the beginning. What has
   * arrived is held against them by checksums and not sent again; other bytes are an `IntegrityError`, and nothing is stored. Default false.
   */
  readonly resume?: boolean | ResumeStore;
}

const MULTIPART_OPTIONS: OptionTable<MultipartOptions> = {
  ...WRITE_OPTIONS,
  bufferSize: true,
  size: true,
  resume: true,
};

/**
 * Stores a stream of any length in parts of a given size. Every upload goes in parts where it is large enough; this one says how large they are. A store
 * without parts stores the stream as it comes.
 *
 * @throws {InvalidArgumentError} when the store can't take parts of that size, and when the stream needs more parts than it takes (10,000 on S3); nothing
 * is stored then.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy";
 * import { writeInParts } from "@cottoncandy/cottoncandy/objects";
 *
 * const stream = new Blob(["any length"]).stream();
 * const { size } = await writeInParts(new MemoryBackend(), "log", stream, { bufferSize: 16 * 2 ** 20 });
 * console.assert(size === 10);
 * ```
 */
export async function writeInParts(
  backend: Backend,
  name: string,
  stream: ReadableStream<Uint8Array>,
  options: MultipartOptions = {},
): Promise<UploadResult> {
  checkOptions(options, MULTIPART_OPTIONS);
  const { bufferSize, resume = false, ...rest } = options;
  return await consuming(stream, async () => {
    if (bufferSize !== undefined && !(Number.isSafeInteger(bufferSize) && bufferSize > 0)) {
      throw new InvalidArgumentError(`bufferSize is a positive whole number of bytes, not ${bufferSize}`);
    }
    const metadata = userMetadata(options.metadata);
    const put = { ...rest, partSize: bufferSize };
    if (resume === false) return await putObject(backend, name, stream, metadata, put);
    // A page that takes nothing up does not load what does.
    const { uploadStreamResumably } = await import("../resuming/mod.ts");
    return await uploadStreamResumably(backend, name, stream, metadata, put, resume);
  });
}
