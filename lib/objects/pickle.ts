/**
 * Pickles as objects: what Python's cottoncandy stores with `upload_pickle` and reads with `download_pickle`, compatible both ways.
 *
 * @module
 */
import { OBJECT_READ_OPTIONS, WRITE_OPTIONS } from "./reading/mod.ts";
import { checkOptions } from "../options.ts";
import type { Backend } from "../../backends/backend.ts";
import { loadPickle, picklePieces, type PickleReadOptions, type PickleValue } from "../array/pickle/mod.ts";
import { withErrorKey } from "../error_context.ts";
import { objectKey } from "./keys.ts";
import { streamFrom, streamOf } from "../streams/mod.ts";
import { userMetadata } from "./metadata.ts";
import { putObject, readUnencrypted } from "./objects.ts";
import type { ObjectReadOptions, UploadResult, WriteOptions } from "./options.ts";

export {
  dumpPickle,
  loadPickle,
  picklePieces,
  type PickleReadOptions,
  type PickleValue,
  Tuple,
} from "../array/pickle/mod.ts";

/** Bytes that are handed on at once. */
const MAX_PIECE = 1024 * 1024;

const ENCODING = { encoding: true } as const;

/**
 * Stores a value as a pickle, which Python's cottoncandy reads with `download_pickle`: protocol 4, for Python 3.4 and later. The value is
 * looked through before anything is sent; large arrays are sent from where they lie, without a copy, and must not change before the promise resolves.
 *
 * @param value What `dumpPickle` takes: `null`, truth values, numbers, bigints, text, bytes, arrays, `Tuple`s, plain objects, Maps, Sets, `NDArray`s.
 * @throws {InvalidArgumentError} when Python has nothing for the value.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { readPickle, Tuple, writePickle } from "@cottoncandy/cottoncandy/pickle";
 *
 * const backend = new MemoryBackend();
 * await writePickle(backend, "sub01/fit", { weights: new Float32Array([0.5, 2]), shape: Tuple.of(2) });
 * const fit = await readPickle(backend, "sub01/fit");
 * console.assert(typeof fit === "object" && fit !== null && "weights" in fit);
 * ```
 */
export async function writePickle(
  backend: Backend,
  name: string,
  value: unknown,
  options: WriteOptions = {},
): Promise<UploadResult> {
  checkOptions(options, WRITE_OPTIONS);
  const key = await objectKey(backend, name, options);
  return await withErrorKey(key, async () => {
    const metadata = userMetadata(options.metadata);
    const pieces = picklePieces(value);
    const size = pieces.reduce((length, piece) => length + piece.byteLength, 0);
    return await putObject(backend, key, streamFrom(cut(pieces)), metadata, { ...options, size });
  });
}

/**
 * Reads a pickle of any protocol, 0 to 5, written by Python 2 or 3: data and numpy arrays. Nothing in it is ever called.
 *
 * @param options `encoding`: what the bytes of Python 2's `str` are.
 * @throws {NotFoundError} when there is no such object.
 * @throws {UnsupportedError} when it holds anything but data and numpy arrays, naming the class.
 * @throws {IntegrityError} when it is no pickle, cut off or damaged.
 */
export async function readPickle(
  backend: Backend,
  name: string,
  options: ObjectReadOptions & PickleReadOptions = {},
): Promise<PickleValue> {
  checkOptions(options, OBJECT_READ_OPTIONS, ENCODING);
  const { encoding, ...rest } = options;
  const key = await objectKey(backend, name, rest);
  const bytes = await readUnencrypted(backend, key, rest);
  return await withErrorKey(key, () => loadPickle(bytes, { encoding }));
}

async function* cut(pieces: readonly Uint8Array<ArrayBuffer>[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const piece of pieces) yield* streamOf(piece, MAX_PIECE);
}
