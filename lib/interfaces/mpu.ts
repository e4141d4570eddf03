import type { Backend } from "../../backends/backend.ts";
import { InvalidArgumentError } from "../errors.ts";
import { userMetadata } from "./metadata.ts";
import { consuming, putObject } from "./objects.ts";
import type { UploadResult, WriteOptions } from "./options.ts";

/** Options of {@linkcode writeInParts}. */
export interface MultipartOptions extends WriteOptions {
  /**
   * Bytes a part: on S3 from 5 MiB to 5 GiB, and as many as are underway at once are held in memory. Default: the store's own, which grow with the
   * object. Python's default is 100 MiB.
   */
  readonly bufferSize?: number;
}

/**
 * Stores a stream of any length in parts of a given size. Every upload goes in parts where it is large enough; this one says how large they are. A store
 * without parts stores the stream as it comes.
 *
 * @throws {InvalidArgumentError} when the store can't take parts of that size, and when the stream needs more parts than it takes (10,000 on S3); nothing
 * is stored then.
 *
 * @example
 * ```ts
 * import { MemoryBackend, writeInParts } from "@cottoncandy/cottoncandy";
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
  const { bufferSize, ...rest } = options;
  // deno-lint-ignore require-await -- async, so that a stream is cancelled whatever is thrown
  return await consuming(stream, async () => {
    if (bufferSize !== undefined && !(Number.isSafeInteger(bufferSize) && bufferSize > 0)) {
      throw new InvalidArgumentError(
        `bufferSize is a positive whole number of bytes, not ${bufferSize}`,
      );
    }
    const metadata = userMetadata(options.metadata);
    return putObject(backend, name, stream, metadata, { ...rest, partSize: bufferSize });
  });
}
