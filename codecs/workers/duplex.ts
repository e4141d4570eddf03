/**
 * A stream of bytes to another thread and one back, over messages.
 *
 * @module
 */
import type { ByteIterable } from "../../lib/streams/mod.ts";
import type { Pieces } from "../codec.ts";

/** Bytes a message, where pieces are joined: a message costs about as much as copying 100 KiB, whatever is in it. */
const BATCH = 512 * 1024;
/** How many messages may be on their way, or wait to be read, in each direction: one to work on, and the next. */
const WINDOW = 2;

/** What one end tells the other. */
export type DuplexMessage =
  /** The next bytes; their memory changes threads with them. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** A message of bytes was read: there is room for another, maybe in the same memory, since new memory costs more than a copy. */
  | { readonly kind: "room"; readonly memory?: ArrayBuffer }
  /** That were all bytes. */
  | { readonly kind: "end" };

/** Sends a message to the other end; the memory in `transfer` goes with it. */
export type PostMessage = (message: DuplexMessage, transfer?: ArrayBuffer[]) => void;

/** One end. */
export class Duplex {
  readonly #post: PostMessage;
  readonly #arrived: Uint8Array<ArrayBuffer>[] = [];
  readonly #spare: ArrayBuffer[] = [];
  #room = WINDOW;
  #ended: { readonly error?: unknown } | undefined;
  #broken: { readonly reason: unknown } | undefined;
  #wakeReader = () => {};
  #wakeSender = () => {};

  /** An end that tells the other one by `post`. */
  constructor(post: PostMessage) {
    this.#post = post;
  }

  /** Takes what the other end tells. */
  accept(message: DuplexMessage): void {
    if (message.kind === "bytes") this.#arrived.push(message.bytes);
    else if (message.kind === "end") this.#ended = {};
    else {
      this.#room++;
      if (message.memory) this.#spare.push(message.memory);
    }
    this.#wake();
  }

  /** The other end has failed: what it sent before is still read. */
  failed(error: unknown): void {
    this.#ended = { error };
    this.#wake();
  }

  /** Ends both directions at once: whoever reads or sends gets the reason. */
  break(reason: unknown): void {
    this.#broken ??= { reason };
    this.#wake();
  }

  /** Sends copies of the pieces, cut as they are, no faster than they are read; and then the end. */
  async send(pieces: ByteIterable): Promise<void> {
    for await (const piece of pieces) {
      const bytes = this.#take(piece.byteLength);
      bytes.set(piece);
      await this.#sendOne(bytes);
    }
    this.#post({ kind: "end" });
  }

  /** Sends copies of the pieces, joined, where it makes no difference how bytes are cut. */
  async sendJoined(pieces: ByteIterable): Promise<void> {
    let batch: Uint8Array<ArrayBuffer> | undefined;
    let filled = 0;
    for await (const piece of pieces) {
      for (let at = 0; at < piece.byteLength;) {
        batch ??= this.#take(BATCH);
        const part = piece.subarray(at, at + BATCH - filled);
        batch.set(part, filled);
        at += part.byteLength;
        filled += part.byteLength;
        if (filled < BATCH) continue;
        await this.#sendOne(batch);
        batch = undefined;
        filled = 0;
      }
    }
    if (batch) await this.#sendOne(batch.subarray(0, filled));
    this.#post({ kind: "end" });
  }

  /** Memory that has come back, or new. */
  #take(length: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare.pop();
    return new Uint8Array(spare && spare.byteLength >= length ? spare : new ArrayBuffer(length), 0, length);
  }

  async #sendOne(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    while (this.#room === 0 && !this.#broken) {
      await new Promise<void>((resolve) => this.#wakeSender = resolve);
    }
    if (this.#broken) throw this.#broken.reason;
    this.#room--;
    this.#post({ kind: "bytes", bytes }, [bytes.buffer]);
  }

  /**
   * What the other end sends.
   *
   * @param kept Whether who reads may keep a piece. If not, its memory goes back when the next one is asked for.
   */
  async *received({ kept }: { readonly kept: boolean }): Pieces {
    let before: ArrayBuffer | undefined;
    while (true) {
      if (this.#broken) throw this.#broken.reason;
      const bytes = this.#arrived.shift();
      if (bytes) {
        yield bytes;
        if (kept || !before) this.#post({ kind: "room" });
        else this.#post({ kind: "room", memory: before }, [before]);
        before = bytes.buffer;
      } else if (this.#ended) {
        if ("error" in this.#ended) throw this.#ended.error;
        return;
      } else {
        await new Promise<void>((resolve) => this.#wakeReader = resolve);
      }
    }
  }

  #wake(): void {
    this.#wakeReader();
    this.#wakeSender();
  }
}
