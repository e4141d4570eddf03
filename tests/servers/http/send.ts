/** Sending an answer over node:http, with what may go wrong on the way. */
import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import { faultOf, type TransportFault } from "./fault.ts";
import type { Reply } from "./reply.ts";

const PIECE = 1024 * 1024;

/** Waits; ends early when the signal aborts. `Infinity` waits for that alone. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = ms === Infinity ? undefined : setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

/** Pieces of a body, cut where something is to happen. */
function* pieces(
  body: readonly Uint8Array[],
  cuts: readonly number[],
): Generator<{ at: number; bytes: Uint8Array }> {
  let at = 0;
  for (const chunk of body) {
    for (let i = 0; i < chunk.byteLength;) {
      const stop = cuts.find((cut) => cut > at) ?? Infinity;
      const bytes = chunk.subarray(i, Math.min(i + PIECE, chunk.byteLength, i + (stop - at)));
      yield { at, bytes };
      i += bytes.length;
      at += bytes.byteLength;
    }
  }
}

/** Sends an answer; `count` hears of every byte of the body. Resolves when it is sent, cut off, or the client is gone. */
export async function send(
  response: ServerResponse,
  reply: Reply,
  faults: readonly TransportFault[],
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<void> {
  const changed = faultOf(faults, "changeHeaders"), flip = faultOf(faults, "flipBit");
  const cutAt = faultOf(faults, "cutResponse")?.afterBytes;
  const stall = faults.find((fault) => fault.kind === "delay" && fault.at === "body");
  const stallAt = stall?.kind === "delay" ? stall.afterBytes ?? 0 : undefined;
  const flipAt = flip ? flip.atByte ?? 0 : undefined;

  const size = reply.body.reduce((sum, bytes) => sum + bytes.byteLength, 0);
  const headers: Record<string, string> = { ...reply.headers };
  const hasLength = reply.status !== 204 && reply.status !== 304 &&
    headers["transfer-encoding"] === undefined;
  if (hasLength) headers["content-length"] ??= String(size);
  for (const [name, value] of Object.entries(changed?.headers ?? {})) {
    if (value === null) delete headers[name.toLowerCase()];
    else headers[name.toLowerCase()] = value;
  }
  response.writeHead(reply.status, headers);

  // A write that the client never takes has no callback when the connection goes.
  const gone = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
  const write = (bytes: Uint8Array) =>
    Promise.race([gone, new Promise<void>((resolve) => response.write(bytes, () => resolve()))]);
  const cuts = [cutAt, stallAt].filter((at) => at !== undefined && at > 0)
    .map(Number).sort((a, b) => a - b);
  const happen = async (at: number): Promise<boolean> => {
    if (at === stallAt && stall?.kind === "delay") {
      response.flushHeaders();
      await pause(stall.ms, signal);
    }
    return at === cutAt;
  };

  let sent = 0;
  let isCut = await happen(0);
  if (!isCut) {
    for (const { at, bytes } of pieces(reply.body, cuts)) {
      if (signal.aborted) return;
      let piece = bytes;
      if (flipAt !== undefined && flipAt >= at && flipAt < at + bytes.length) {
        piece = Uint8Array.from(bytes);
        piece[flipAt - at] ^= 1;
      }
      await write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
      sent = at + bytes.length;
      count(bytes.length);
      if (cuts.includes(sent) && (isCut = await happen(sent))) break;
    }
  }
  if (isCut || (cutAt !== undefined && cutAt >= size)) {
    response.flushHeaders();
    response.socket?.destroy();
  } else if (!signal.aborted) response.end();
}
