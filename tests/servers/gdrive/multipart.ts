/** multipart/related bodies (RFC 2387) as Drive takes them: metadata in JSON, then the media. */
import { Buffer } from "node:buffer";
import { driveError } from "./error.ts";

/** One part. */
export interface Part {
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
}

const malformed = (why: string) => driveError("badRequest", `Malformed multipart body. ${why}`);

/** The boundary of a Content-Type, or an error. */
function boundaryOf(contentType: string): string {
  const m =
    /^multipart\/related\s*(?:;.*)?;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([\w'()+,./:=?-]{1,70}))\s*(?:;.*)?$/i
      .exec(contentType);
  const boundary = m?.[1] ?? m?.[2];
  if (boundary === undefined) {
    throw driveError(
      "badRequest",
      "Uploads of uploadType=multipart are of type multipart/related, with a boundary.",
    );
  }
  return boundary;
}

/** The parts of a body, of which there must be two. */
export function parseMultipart(body: Uint8Array, contentType: string): { metadata: Part; media: Part } {
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`--${boundaryOf(contentType)}`);
  const parts: Part[] = [];
  let at = 0;
  if (view.indexOf(delimiter) !== 0) {
    at = view.indexOf(Buffer.concat([Buffer.from("\r\n"), delimiter])) + 2;
    if (at < 2) throw malformed("The boundary is missing.");
  }
  const next = Buffer.concat([Buffer.from("\r\n"), delimiter]);
  while (true) {
    at += delimiter.length;
    const lineEnd = view.indexOf("\r\n", at);
    const rest = view.toString("latin1", at, lineEnd < 0 ? view.length : lineEnd);
    if (/^--[ \t]*$/.test(rest)) break;
    if (!/^[ \t]*$/.test(rest) || lineEnd < 0) throw malformed("A boundary is followed by something else.");
    const end = view.indexOf(next, lineEnd);
    if (end < 0) throw malformed("The last boundary is missing.");
    parts.push(parsePart(view, lineEnd + 2, end));
    at = end + 2;
  }
  const [metadata, media] = parts;
  if (parts.length !== 2) throw malformed(`There must be two parts, not ${parts.length}.`);
  if (!/^application\/json\b/i.test(metadata.contentType ?? "")) {
    throw malformed("The first part must be metadata of type application/json.");
  }
  return { metadata, media };
}

/** The part from `start` to `end`: headers, an empty line, bytes. */
function parsePart(view: Buffer, start: number, end: number): Part {
  let contentType: string | undefined, at = start;
  while (true) {
    const lineEnd = view.indexOf("\r\n", at);
    if (lineEnd < 0 || lineEnd > end) throw malformed("A part has no empty line after its headers.");
    const line = view.toString("latin1", at, lineEnd);
    at = lineEnd + 2;
    if (line === "") break;
    const [, name, value] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw malformed("A header is malformed.");
    if (name.toLowerCase() === "content-type") contentType = value;
    if (name.toLowerCase() === "content-transfer-encoding" && value.toLowerCase() !== "binary") {
      throw malformed(`The encoding ${value} is not supported.`);
    }
  }
  return { contentType, bytes: new Uint8Array(view.subarray(Math.min(at, end), end)) };
}
