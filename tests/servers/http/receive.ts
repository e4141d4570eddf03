/** Reading a request over node:http. */
import type { IncomingMessage } from "node:http";

/** The client went away, or a fault sent it away: there is nobody to answer. */
export class ConnectionGone extends Error {
  /** What had come of the body; nothing when it was not read. */
  constructor(readonly received: Uint8Array = new Uint8Array()) {
    super("the connection is gone");
  }
}

/** Path and query of a request's target, both still encoded, the query without `?`. */
export function splitUrl(url: string): [string, string] {
  const path = url.replace(/^https?:\/\/[^/?]*/i, "") || "/";
  const at = path.indexOf("?");
  return at < 0 ? [path, ""] : [path.slice(0, at), path.slice(at + 1)];
}

/** All headers, one string a line received, names in lower case; bytes as latin1. */
export function headerLines(request: IncomingMessage): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  const raw = request.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    const lines = headers.get(name);
    if (lines) lines.push(raw[i + 1]);
    else headers.set(name, [raw[i + 1]]);
  }
  return headers;
}

/**
 * The whole body. With a declared length it is read straight into its place. Throws {@linkcode ConnectionGone} with what has come
 * when the client leaves before the end, or once `stopAfter` bytes have come.
 */
export function readBody(
  request: IncomingMessage,
  declared: number | undefined,
  stopAfter: number,
  count: (bytes: number) => void,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (stopAfter <= 0) return reject(new ConnectionGone());
    const whole = declared === undefined ? undefined : new Uint8Array(declared);
    const chunks: Uint8Array[] = [];
    let length = 0;
    const received = (): Uint8Array => {
      if (whole && chunks.length === 0) return whole.subarray(0, length);
      const out = new Uint8Array(length);
      let at = 0;
      for (const chunk of chunks) {
        out.set(chunk, at);
        at += chunk.length;
      }
      return out;
    };
    const leave = () => reject(new ConnectionGone(received()));
    request.on("data", (chunk: Uint8Array) => {
      if (whole && length + chunk.length <= whole.length) whole.set(chunk, length);
      else chunks.push(chunk);
      length += chunk.length;
      count(chunk.length);
      if (length >= stopAfter) leave();
    });
    request.on("end", () => {
      if (!request.complete || (whole && length !== whole.length)) return leave();
      resolve(received());
    });
    request.on("error", leave);
    request.on("close", leave);
  });
}
