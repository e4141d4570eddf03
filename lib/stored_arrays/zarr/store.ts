/**
 * Any store as one that zarrita reads and writes Zarr arrays in: Zarr versions 2 and 3, sharded arrays and consolidated metadata included.
 * Nothing of zarrita is loaded here.
 *
 * @module
 */
import type { Backend, ByteRange, RequestOptions } from "../../../backends/backend.ts";
import { anySignal } from "../../async.ts";
import { IntegrityError, InvalidArgumentError, NotFoundError } from "../../errors.ts";
import { cleanPrefix, keyBelow } from "../../names.ts";
import { directoryOf, refuseEncrypted } from "../../objects/mod.ts";

/** A key as zarrita has it: a path that begins with the slash of the store's root. */
export type ZarrKey = `/${string}`;

/** A part of an object as zarrita asks for it, in bytes: `length` of them from `offset` on, or the last `suffixLength`. */
export type ZarrRange = { readonly offset: number; readonly length: number } | {
  readonly suffixLength: number;
};

/** What zarrita gives along with a request. */
export interface ZarrGetOptions {
  /** Ends this request; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode zarrStore}. */
export interface ZarrStoreOptions extends RequestOptions {
  /** Ends every request of the store. zarrita gives no signal along with what it writes: this one ends that too. */
  readonly signal?: AbortSignal;
  /** Canned ACL of what is written; sent only when given. */
  readonly acl?: string;
}

/** A store as zarrita wants it: its `AsyncReadable` with `getRange`, and its `AsyncWritable`. */
export interface ZarrStore {
  /** Where the objects are. */
  readonly backend: Backend;
  /** What all keys are relative to: `""`, or a prefix that ends in `/`. */
  readonly prefix: string;
  /**
   * The bytes of an object, by one request; `undefined` when there is none, which in Zarr is a chunk of nothing but fill values.
   *
   * @throws {NotFoundError} when the bucket or directory itself is missing.
   * @throws {AccessDeniedError} when the store refuses. That is never taken for a missing object, though S3 says it of one to whoever may not list the bucket.
   * @throws {IntegrityError} when the store does not deliver what it says.
   */
  get(key: ZarrKey, options?: ZarrGetOptions): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Some bytes of an object, by one request; `undefined` when there is none. A suffix longer than the object is all of it.
   *
   * @throws {IntegrityError} when the object ends before the range does: what named the range, the index of a shard, is wrong, or the shard is cut short.
   * @throws {NotFoundError} when the bucket or directory itself is missing.
   * @throws {AccessDeniedError} when the store refuses.
   */
  getRange(
    key: ZarrKey,
    range: ZarrRange,
    options?: ZarrGetOptions,
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Stores an object, all or nothing, in the place of any other of its name. */
  set(key: ZarrKey, value: Uint8Array): Promise<void>;
}

/**
 * A store for zarrita's `open`, `get`, `create` and `set`, over any backend. Each chunk costs one request; how many run at once is up to zarrita.
 *
 * @param prefix The folder that the Zarr hierarchy is in, such as `"sub01/bold.zarr"`; default the whole bucket.
 * @throws {InvalidArgumentError} when the prefix leads out of the bucket by `..`.
 *
 * @example Arrays go to zarrita by `toZarrita`, and come back by `ndarray`, which takes its arrays of truth values and of text as well.
 * ```ts
 * import { ndarray } from "@cottoncandy/cottoncandy/array";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { zarrStore } from "@cottoncandy/cottoncandy/zarr";
 * import * as zarr from "zarrita";
 *
 * const root = zarr.root(zarrStore(new MemoryBackend(), "sub01/bold.zarr"));
 * const bold = await zarr.create(root.resolve("run1"), {
 *   dtype: "float32",
 *   shape: [3, 4],
 *   chunkShape: [2, 2],
 *   codecs: [{ name: "bytes", configuration: { endian: "little" } }, {
 *     name: "zstd",
 *     configuration: { level: 3 },
 *   }],
 * });
 * const volume = ndarray(Float32Array.from({ length: 12 }, (_, i) => i), [4, 3]).transpose();
 * await zarr.set(bold, null, volume.toZarrita());
 *
 * const { data, shape, stride } = await zarr.get(bold, [zarr.slice(1, 3), null]);
 * const part = ndarray(data, shape, { stride });
 * console.assert(part.shape.join() === "2,4" && part.get(0, 3) === volume.get(1, 3));
 * ```
 */
export function zarrStore(backend: Backend, prefix: string = "", options: ZarrStoreOptions = {}): ZarrStore {
  const root = directoryOf(cleanPrefix(prefix));
  const keyOf = (key: ZarrKey): string => {
    if (key.startsWith("/")) return keyBelow(root, key);
    throw new InvalidArgumentError(
      `a Zarr store's key begins with "/", and ${JSON.stringify(key)} does not`,
    );
  };
  return {
    backend,
    prefix: root,
    get: async (key, { signal } = {}) => await readIfThere(backend, keyOf(key), undefined, signal, options),
    getRange: async (key, range, { signal } = {}) => {
      const wanted = "suffixLength" in range
        ? { suffix: range.suffixLength }
        // The index of a shard tells 64 bits. What JavaScript can't count lies beyond the end of any object.
        : { offset: countable(range.offset), length: countable(range.length) };
      return await readIfThere(backend, keyOf(key), wanted, signal, options);
    },
    set: async (key, value) => {
      await backend.put(keyOf(key), value, options);
    },
  };
}

/** A number of bytes as far as it can be counted; what is no number at all is left for the backend to refuse. */
function countable(bytes: number): number {
  return Math.min(bytes, Number.MAX_SAFE_INTEGER);
}

async function readIfThere(
  backend: Backend,
  key: string,
  range: Required<ByteRange> | undefined,
  signal: AbortSignal | undefined,
  { onWarning, signal: own }: ZarrStoreOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const reader = await backend.open(key, { range, onWarning, signal: anySignal(own, signal) });
    try {
      refuseEncrypted(reader.info);
      const { size } = reader.info;
      if (range && "length" in range && range.offset + range.length > size) {
        throw new IntegrityError(
          `"${key}" in ${backend.name} has ${size} bytes, and ${range.length} from ${range.offset} on were asked for: it is cut short, or the index that tells where its chunks are is wrong`,
          { key, bucket: backend.bucket },
        );
      }
      return await reader.read();
    } finally {
      await reader.close();
    }
  } catch (error) {
    // One that names no key is of the bucket or directory: an array must not turn into fill values because that is gone.
    if (error instanceof NotFoundError && error.key !== undefined) return undefined;
    throw error;
  }
}
