import {
  AlreadyExistsError,
  InvalidArgumentError,
  NotFoundError,
  PreconditionFailedError,
} from "../../lib/errors.ts";
import type { BucketOperations, ObjectHead } from "../backend.ts";
import { compareKeys } from "../keys.ts";

/** One version of one object; never changed. */
export interface MemoryVersion {
  /** What is told of it. */
  readonly head: ObjectHead;
  /** Its bytes, which nobody else holds. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A bucket: its objects by key. */
export class MemoryBucket {
  /** When it was made. */
  readonly created: Date = new Date();
  /** The newest version of each object. */
  readonly objects: Map<string, MemoryVersion> = new Map();
  #sorted: string[] | undefined;

  /** Keys in the order of their UTF-8 bytes, as they are now: a snapshot that later changes leave alone. */
  keys(): readonly string[] {
    return this.#sorted ??= [...this.objects.keys()].sort(compareKeys);
  }

  /** Makes a version the newest one of its key. */
  set(version: MemoryVersion): void {
    const { key } = version.head;
    if (!this.objects.has(key)) this.#sorted = undefined;
    this.objects.set(key, version);
  }

  /** Removes an object. */
  delete(key: string): void {
    if (this.objects.delete(key)) this.#sorted = undefined;
  }
}

/** Buckets by name. */
export type MemoryStore = Map<string, MemoryBucket>;

/** What backends with a name share within this process. */
export const sharedStore: MemoryStore = new Map();

/** The operations on a store's buckets. */
export function bucketOperations(store: MemoryStore): BucketOperations {
  return {
    // deno-lint-ignore require-await -- async, so that an abort is a rejection
    async list(options) {
      options?.signal?.throwIfAborted();
      return [...store].map(([name, { created }]) => ({ name, created }))
        .sort((a, b) => compareKeys(a.name, b.name));
    },
    // deno-lint-ignore require-await -- as above
    async create(name, options) {
      options?.signal?.throwIfAborted();
      if (name === "") throw new InvalidArgumentError("a bucket needs a name of at least one character");
      if (store.has(name)) {
        throw new AlreadyExistsError(`there is a bucket "${name}" already`, {
          bucket: name,
          committed: "no",
        });
      }
      store.set(name, new MemoryBucket());
    },
    // deno-lint-ignore require-await -- as above
    async remove(name, options) {
      options?.signal?.throwIfAborted();
      const bucket = store.get(name);
      if (!bucket) throw new NotFoundError(`there is no bucket "${name}"`, { bucket: name });
      if (bucket.objects.size > 0) {
        throw new PreconditionFailedError(
          `the bucket "${name}" is not empty: delete its ${bucket.objects.size} objects first`,
          { bucket: name, committed: "no" },
        );
      }
      store.delete(name);
    },
    // deno-lint-ignore require-await -- as above
    async exists(name, options) {
      options?.signal?.throwIfAborted();
      return store.has(name);
    },
  };
}
