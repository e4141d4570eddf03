/**
 * The two ends of a pipeline: an object to write into and an object to read from, as streams.
 *
 * @module
 */
import { OBJECT_READ_OPTIONS, RANGE_OPTION, WRITE_OPTIONS } from "./reading/mod.ts";
import { checkOptions } from "../options.ts";
import type { Backend, ByteRange, ObjectHead } from "../../backends/backend.ts";
import { objectKey } from "./keys.ts";
import { anySignal } from "../async.ts";
import { putObject } from "./objects.ts";
import type { ReadOptions, UploadResult, WriteOptions } from "./options.ts";

/** An object being written. Its `close()` settles after the commit; aborting it stores nothing. */
export class UploadStream extends WritableStream<Uint8Array> {
  /** What was stored; rejects when nothing was. Need not be awaited: `close()`, and so `pipeTo`, rejects with the same error. */
  readonly result: Promise<UploadResult>;

  /** Begins an upload; see {@linkcode upload}. */
  constructor(backend: Backend, name: string, options: WriteOptions & { size?: number } = {}) {
    // Nothing is buffered here: a write waits until the backend has taken it, and that is what slows the source down.
    const pipe = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 0 });
    const writer = pipe.writable.getWriter();
    writer.closed.catch(() => {});
    writer.ready.catch(() => {});
    const result = putObject(backend, name, pipe.readable, options.metadata ?? {}, options).catch(
      async (error) => {
        // Before the backend has taken the stream (a bad name, say) nobody else ends it.
        await pipe.readable.cancel(error).catch(() => {});
        throw error;
      },
    );
    result.catch(() => {});
    super({
      start(controller) {
        // A put that fails while the source is silent must reach the source all the same.
        result.catch((error) => controller.error(error));
      },
      async write(bytes) {
        try {
          await writer.write(bytes);
        } catch (error) {
          await result;
          throw error;
        }
      },
      async close() {
        await writer.close().catch(() => {});
        await result;
      },
      async abort(reason) {
        await writer.abort(reason);
        await result.catch(() => {});
      },
    });
    this.result = result;
  }
}

const SIZE = { size: true } as const;

/**
 * A `WritableStream` into an object: the last stage of a pipeline. Closing it commits the object and settles after that; until then, and
 * after an abort, nothing is stored under the name.
 *
 * @category Objects
 * @param options As for all writes; `size` is the length of the stream where known. `metadata` may hold reserved names here, since
 * whoever builds a pipeline by hand writes the format's metadata by hand.
 *
 * @example
 * ```ts
 * import { chunk, download, MemoryBackend, upload } from "@cottoncandy/cottoncandy";
 *
 * const backend = new MemoryBackend();
 * const target = upload(backend, "copy/of/blob");
 * await new Blob(["some bytes"]).stream().pipeThrough(chunk(4)).pipeTo(target);
 * console.assert((await target.result).size === 10);
 * console.assert(await new Response(download(backend, "copy/of/blob")).text() === "some bytes");
 * ```
 */
export function upload(
  backend: Backend,
  name: string,
  options: WriteOptions & { size?: number } = {},
): UploadStream {
  checkOptions(options, WRITE_OPTIONS, SIZE);
  return new UploadStream(backend, name, options);
}

/** An object being read. Cancelling it ends the request. */
export class DownloadStream extends ReadableStream<Uint8Array<ArrayBuffer>> {
  /** What the store told with the first bytes; rejects as the stream does, and need not be awaited. */
  readonly info: Promise<ObjectHead>;

  /** Begins a download; see {@linkcode download}. */
  constructor(backend: Backend, name: string, options: ReadOptions & { range?: ByteRange } = {}) {
    const cancelled = new AbortController();
    const signal = anySignal(options.signal, cancelled.signal);
    // Async, so that a bad name is a rejection like any other failure.
    const opened = (async () => {
      const key = await objectKey(backend, name, { ...options, signal });
      return await backend.open(key, { ...options, signal });
    })();
    opened.catch(() => {});
    let body: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
    super({
      async pull(controller) {
        body ??= (await opened).stream(undefined, { signal }).getReader();
        const { done, value } = await body.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        if (body) await body.cancel(reason);
        cancelled.abort(reason);
        await opened.then((reader) => reader.close(), () => {});
      },
    }, { highWaterMark: 0 });
    this.info = opened.then((reader) => reader.info);
    this.info.catch(() => {});
  }
}

/**
 * A `ReadableStream` of an object's stored bytes: the first stage of a pipeline. The request starts at once; the stream is read only as fast as
 * it is consumed.
 *
 * @category Objects
 * @param options `range`: which bytes; default all.
 *
 * @example
 * ```ts
 * import { decompress, download, MemoryBackend, readAll } from "@cottoncandy/cottoncandy";
 * import { writeRaw } from "@cottoncandy/cottoncandy/raw";
 *
 * const backend = new MemoryBackend();
 * await writeRaw(backend, "ramp", new Float32Array([1, 2, 3]), { compression: "gzip" });
 * const stream = download(backend, "ramp");
 * console.assert((await stream.info).metadata.dtype === "<f4");
 * const bytes = await readAll(stream.pipeThrough(decompress("gzip")));
 * console.assert(bytes.length === 12);
 * ```
 */
export function download(
  backend: Backend,
  name: string,
  options: ReadOptions & { range?: ByteRange } = {},
): DownloadStream {
  checkOptions(options, OBJECT_READ_OPTIONS, RANGE_OPTION);
  return new DownloadStream(backend, name, options);
}
