/** Downloads: bytes, or a range of them. */
import { parseRange } from "../http/range.ts";
import type { Reply } from "../http/reply.ts";
import type { Call } from "./call.ts";
import { driveError } from "./error.ts";

/** An answer with bytes. There are no ETags in this version of the API, so `If-Range` has nothing to name. */
export function mediaReply(call: Call, bytes: Uint8Array, mimeType: string): Reply {
  const headers: Record<string, string> = {
    "content-type": mimeType,
    "content-disposition": "attachment",
    "cache-control": "private, max-age=0, must-revalidate",
    "accept-ranges": "bytes",
  };
  const range = parseRange(call.header("range"), bytes.length);
  if (range === "beyond") {
    throw driveError("requestedRangeNotSatisfiable", "Request range not satisfiable", {
      location: "Range",
      locationType: "header",
    }, { "content-range": `bytes */${bytes.length}` });
  }
  if (!range) return { status: 200, headers, body: [bytes] };
  const { start, end } = range;
  headers["content-range"] = `bytes ${start}-${end - 1}/${bytes.length}`;
  return { status: 206, headers, body: [bytes.subarray(start, end)] };
}
