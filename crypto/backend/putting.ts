/**
 * Encrypting an object as it is put.
 *
 * @module
 */
import { checkPutOptions } from "../../backends/arguments.ts";
import type { Backend, Body, Progress, PutOptions, PutResult } from "../../backends/backend.ts";
import { cancelUnread, checkAnnounced } from "../../backends/body.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { type ByteIterable, GeneratorTransform, readExactly, streamOf } from "../../lib/streams/mod.ts";
import type { Keys, SealedObject } from "../scheme.ts";
import { type NameBinding, rootRoom } from "./binding.ts";
import { plainProgress, sealBody, storedSize } from "../segments.ts";

/** Plain bytes that are encrypted in memory before they are sent, where they are there already. */
const AT_ONCE = 8 * 1024 * 1024;

/** Encrypts an object as it is put. */
export async function putEncrypted(
  store: Backend,
  keys: Keys,
  binding: NameBinding,
  key: string,
  body: Body,
  options: PutOptions,
): Promise<PutResult> {
  let sending: Body = body;
  try {
    const { signal, size, onProgress } = options;
    signal?.throwIfAborted();
    const metadata = checkPutOptions(key, body, options, { bucket: store.bucket, ...store.capabilities });
    const bound = await binding.forWriting(keys, key, options);
    checkRoom(store, keys, key, metadata);
    const sealed = await keys.seal({ key, metadata, bound });
    const { layout } = sealed.cipher;
    const counted = new Counted(key, body instanceof Uint8Array ? body.byteLength : size);
    sending = await encrypted(body, sealed, counted);
    const result = await store.put(key, sending, {
      ...options,
      metadata: sealed.metadata,
      size: counted.announced === undefined ? undefined : storedSize(layout, counted.announced),
      onProgress: onProgress &&
        ((progress) => onProgress(counted.plain(progress, plainProgress(layout, progress.loaded)))),
    });
    return { ...result, size: counted.count };
  } catch (error) {
    cancelUnread(sending, error);
    throw error;
  }
}

/** Counts plain bytes on their way. */
export class Counted {
  /** How many there were. */
  count = 0;

  constructor(
    /** The object's key, for messages. */
    readonly key: string,
    /** How many there are to be, where that is known. */
    readonly announced: number | undefined,
  ) {}

  /** The pieces, held to the number that was announced. */
  async *of(source: ByteIterable): ByteIterable {
    const { key, announced } = this;
    for await (const piece of source) {
      this.count += piece.byteLength;
      checkAnnounced(this.count, announced, false, { key });
      yield piece;
    }
    checkAnnounced(this.count, announced, true, { key });
  }

  /** The store's progress in plain bytes. */
  plain({ key, done }: Progress, loaded: number): Progress {
    const total = done ? this.count : this.announced;
    return { key, loaded: done ? this.count : Math.min(loaded, this.count), total, done };
  }
}

/** The stored form of a body: a stream, or bytes where it is small and in memory. */
export async function encrypted(body: Body, sealed: SealedObject, counted: Counted): Promise<Body> {
  const plain = body instanceof Uint8Array ? streamOf(body) : body;
  const stored = plain.pipeThrough(
    new GeneratorTransform((source) => sealBody(sealed, counted.of(source))),
  );
  if (body instanceof ReadableStream || body.byteLength > AT_ONCE) return stored;
  return await readExactly(stored, storedSize(sealed.cipher.layout, body.byteLength));
}

/** Throws unless the store has room for the metadata and those that encryption adds. */
export function checkRoom(
  store: Backend,
  keys: Keys,
  key: string,
  metadata: Readonly<Record<string, string>>,
): void {
  const names = Object.keys(metadata);
  const own = names.reduce((sum, name) => sum + name.length + metadata[name].length, 0);
  const added = keys.metadataBytes(names, rootRoom(store));
  const limit = store.capabilities.metadataLimit;
  if (own + added <= limit) return;
  throw new InvalidArgumentError(
    `the metadata have ${own} bytes, and encryption adds ${added}; the store takes ${limit}: store the rest as an object of its own`,
    { key, committed: "no" },
  );
}
