import { checkPutOptions } from "../../backends/arguments.ts";
import type { Backend, Body, Progress, PutOptions, PutResult } from "../../backends/backend.ts";
import { cancelUnread } from "../../backends/body.ts";
import { IntegrityError, InvalidArgumentError } from "../../lib/errors.ts";
import { type ByteIterable, GeneratorTransform, streamFrom } from "../../lib/streams/mod.ts";
import type { Keys, SealedObject } from "../scheme.ts";
import { plainProgress, sealBody, storedSize } from "../segments.ts";

/** Plain bytes that are encrypted in memory before they are sent, where they are there already. */
const AT_ONCE = 8 * 1024 * 1024;

/** Encrypts an object as it is put. */
export async function putEncrypted(
  store: Backend,
  keys: Keys,
  key: string,
  body: Body,
  options: PutOptions,
): Promise<PutResult> {
  let sending: Body = body;
  try {
    const { signal, size, onProgress } = options;
    signal?.throwIfAborted();
    const { metadataLimit } = store.capabilities;
    const metadata = checkPutOptions(key, body, options, { bucket: store.bucket, metadataLimit });
    checkRoom(store, keys, key, metadata);
    const sealed = await keys.seal({ key, metadata });
    const { layout } = sealed.cipher;
    const counted = new Counted(key, body instanceof Uint8Array ? body.length : size);
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
class Counted {
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
      this.count += piece.length;
      if (announced !== undefined && this.count > announced) {
        throw new IntegrityError(
          `the data have more than the ${announced} bytes that were announced; nothing was stored`,
          { key, committed: "no" },
        );
      }
      yield piece;
    }
    if (announced !== undefined && this.count < announced) {
      throw new IntegrityError(
        `the data end after ${this.count} of the ${announced} bytes that were announced; nothing was stored`,
        { key, committed: "no" },
      );
    }
  }

  /** The store's progress in plain bytes. */
  plain({ key, done }: Progress, loaded: number): Progress {
    const total = done ? this.count : this.announced;
    return { key, loaded: done ? this.count : Math.min(loaded, this.count), total, done };
  }
}

async function encrypted(body: Body, sealed: SealedObject, counted: Counted): Promise<Body> {
  if (body instanceof ReadableStream) {
    return body.pipeThrough(new GeneratorTransform((source) => sealBody(sealed, counted.of(source))));
  }
  const pieces = sealBody(sealed, counted.of(pieceOf(body)));
  if (body.length > AT_ONCE) return streamFrom(pieces);
  const all = new Uint8Array(storedSize(sealed.cipher.layout, body.length));
  let offset = 0;
  for await (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

async function* pieceOf(bytes: Uint8Array): ByteIterable {
  yield bytes;
}

function checkRoom(
  store: Backend,
  keys: Keys,
  key: string,
  metadata: Readonly<Record<string, string>>,
): void {
  const names = Object.keys(metadata);
  const own = names.reduce((sum, name) => sum + name.length + metadata[name].length, 0);
  const added = keys.metadataBytes(names);
  const limit = store.capabilities.metadataLimit;
  if (own + added <= limit) return;
  throw new InvalidArgumentError(
    `the metadata have ${own} bytes, and encryption adds ${added}; the store takes ${limit}: store the rest as an object of its own`,
    { key, committed: "no" },
  );
}
