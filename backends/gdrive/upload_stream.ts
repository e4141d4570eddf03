import type { Body } from "../backend.ts";
import { drain } from "../body.ts";
import type { Gate } from "../http/gate.ts";
import type { DriveFile } from "./file.ts";
import { SMALL, type Uploader } from "./upload.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Stores a stream: one piece is filled while the one before is sent, and kept until Drive has it, which may take several requests. What fits into one
 * request goes in one.
 *
 * @param size Bytes of the stream, where known.
 */
export async function uploadStream(
  uploader: Uploader,
  body: Body,
  size: number | undefined,
  gate: Gate,
): Promise<DriveFile> {
  const length = Math.min(uploader.pieceLength, size ?? Infinity);
  const free: Bytes[] = [];
  let buffer: Bytes = new Uint8Array(length);
  let filled = 0;
  /** Where in the stream the buffer begins. */
  let start = 0;
  /** The piece that is being sent; gives what is left of it. */
  let sending: Promise<Bytes> | undefined;

  /** The bytes to send next, and where they begin: what was left goes before. */
  const next = async (): Promise<{ bytes: Bytes; at: number }> => {
    const left = await sending;
    gate.signal.throwIfAborted();
    const bytes = buffer.subarray(0, filled);
    if (!left || left.length === 0) return { bytes, at: start };
    const joined = new Uint8Array(left.length + filled);
    joined.set(left);
    joined.set(bytes, left.length);
    return { bytes: joined, at: start - left.length };
  };

  const send = async () => {
    const { bytes, at } = await next();
    const sent = buffer;
    sending = uploader.piece(bytes, at, false).then(() => {
      const left = bytes.slice(uploader.offset - at);
      free.push(sent);
      return left;
    });
    // Told to the source at once, and to whoever waits for the piece.
    sending.catch((error) => gate.fail(error));
    start += filled;
    buffer = free.pop() ?? new Uint8Array(length);
    filled = 0;
  };

  const take = async (piece: Uint8Array) => {
    for (let offset = 0; offset < piece.length;) {
      // A piece that is full is sent only when more comes: the last one is sent as such.
      if (filled === buffer.length) await send();
      const count = Math.min(piece.length - offset, buffer.length - filled);
      buffer.set(piece.subarray(offset, offset + count), filled);
      offset += count;
      filled += count;
    }
  };
  try {
    await drain(body, take, { size, signal: gate.signal });
    await sending;
  } catch (error) {
    // An upload that is just being begun can be cancelled only when it has an address.
    gate.fail(error);
    await sending?.catch(() => {});
    throw gate.signal.reason;
  }
  const { bytes, at } = await next();
  if (at === 0 && bytes.length <= SMALL && !uploader.started) return await uploader.putBytes(bytes);
  const file = await uploader.piece(bytes, at, true);
  if (!file) throw new TypeError("the last piece completes an upload");
  return file;
}
