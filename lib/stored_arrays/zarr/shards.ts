/**
 * Zarr's shards: objects that hold many chunks, and an index that says where in them each lies.
 *
 * Source: the `sharding_indexed` codec of Zarr 3.
 *
 * @module
 */
import type { Backend, ObjectHead, ObjectReader, OpenOptions } from "../../../backends/backend.ts";
import { cStride, itemCount } from "../../array/layout/mod.ts";
import { withErrorKey } from "../../error_context.ts";
import { IntegrityError, NotFoundError } from "../../errors.ts";
import { refuseEncrypted } from "../../objects/reading/mod.ts";
import { streamOf } from "../../streams/mod.ts";
import { openSameVersion } from "../reading.ts";
import { CRC_LENGTH, decodeInto } from "./decoding.ts";
import type { ZarrShards } from "./metadata.ts";

/** Of how many shards the indexes are kept. */
const KEPT = 64;
/** A chunk that is not stored, as an index has it. */
const NONE = 2n ** 64n - 1n;

/** A shard's index, and the version of the object that it is of. */
interface ShardIndex {
  readonly head: ObjectHead;
  readonly entries: DataView;
}

/** Opens the chunks of shards, whose indexes are read once. */
export class ShardIndexes {
  readonly #backend: Backend;
  readonly #shards: ZarrShards;
  /** Chunks of a shard along each axis. */
  readonly #counts: readonly number[];
  readonly #keyOf: (index: readonly number[]) => string;
  // A Map keeps the order in which entries came.
  readonly #kept = new Map<string, Promise<ShardIndex | undefined>>();

  /** Shards of an array; `keyOf` gives the key of one. */
  constructor(
    backend: Backend,
    shards: ZarrShards,
    chunkShape: readonly number[],
    keyOf: (index: readonly number[]) => string,
  ) {
    this.#backend = backend;
    this.#shards = shards;
    this.#counts = shards.shape.map((length, axis) => length / chunkShape[axis]);
    this.#keyOf = keyOf;
  }

  /** Opens a chunk's bytes; `undefined` for one that is not stored. */
  async open(index: readonly number[], options: OpenOptions): Promise<ObjectReader | undefined> {
    const key = this.#keyOf(index.map((place, axis) => Math.floor(place / this.#counts[axis])));
    const shard = await this.#index(key, options);
    if (!shard) return undefined;
    const stride = cStride(this.#counts);
    const at = 16 * index.reduce((sum, place, axis) => sum + place % this.#counts[axis] * stride[axis], 0);
    const [offset, length] = [0, 8].map((more) => shard.entries.getBigUint64(at + more, true));
    if (offset === NONE && length === NONE) return undefined;
    const { size } = shard.head;
    if (offset + length > BigInt(size)) {
      throw new IntegrityError(
        `"${key}" has ${size} bytes, and its index says that a chunk lies at ${offset}: it is cut short, or damaged`,
        { key, bucket: this.#backend.bucket },
      );
    }
    const range = { offset: Number(offset), length: Number(length) };
    return await openSameVersion(this.#backend, shard.head, { ...options, range });
  }

  #index(key: string, options: OpenOptions): Promise<ShardIndex | undefined> {
    const known = this.#kept.get(key);
    if (known) return known;
    const read = this.#read(key, options);
    this.#kept.set(key, read);
    // What failed is asked for again.
    read.catch(() => this.#kept.delete(key));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return read;
  }

  async #read(key: string, { signal, onWarning }: OpenOptions): Promise<ShardIndex | undefined> {
    const { indexAt, indexStages } = this.#shards;
    const plainLength = 16 * itemCount(this.#counts);
    const length = plainLength + CRC_LENGTH * indexStages.length;
    const range = indexAt === "start" ? { offset: 0, length } : { suffix: length };
    let reader: ObjectReader;
    try {
      reader = await this.#backend.open(key, { range, signal, onWarning });
    } catch (error) {
      if (error instanceof NotFoundError && error.key !== undefined) return undefined;
      throw error;
    }
    return await withErrorKey(key, async () => {
      refuseEncrypted(reader.info);
      const stored = await reader.read(undefined, { signal });
      // Before there is memory for it: how long it is only the description says.
      if (stored.byteLength !== length) {
        throw new IntegrityError(
          `the shard's index has ${length} bytes by its description, and its object less`,
        );
      }
      const plain = new Uint8Array(plainLength);
      await decodeInto(plain, streamOf(stored), indexStages);
      return { head: reader.info, entries: new DataView(plain.buffer) };
    }).finally(() => reader.close());
  }
}
