/** Resumable uploads: sessions that take a file in parts, one after another. */
import { faultOf } from "../http/fault.ts";
import { emptyReply, type Reply } from "../http/reply.ts";
import { targetFile } from "./access.ts";
import { type Call, requestedFields } from "./call.ts";
import { driveError, fileNotFound, sessionError } from "./error.ts";
import { fileReply } from "./files.ts";
import { parseBody, readMetadata } from "./metadata.ts";
import type { Settings } from "./options.ts";
import { RESOURCES } from "./schema.ts";
import { OpenSession } from "./sessions.ts";
import { corrupt, mediaType } from "./upload.ts";
import { createFile, planCreate, planUpdate, updateFile } from "./write.ts";

function expectedLength(call: Call): number | undefined {
  const text = call.header("x-upload-content-length");
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw driveError("badRequest", "Invalid X-Upload-Content-Length header.");
  return Number(text);
}

/** upload.start: everything that can be checked without the bytes is checked here. */
export function startUpload(call: Call): Reply {
  requestedFields(call.parameters, RESOURCES.file);
  const file = call.fileId === undefined ? undefined : targetFile(call);
  const body = parseBody(call.body, call.header("content-type"));
  const metadata = readMetadata(body, file ? "update" : "create");
  const contentType = mediaType(call.header("x-upload-content-type"));
  const total = expectedLength(call);
  const expected = { contentType, size: total ?? 0 };
  const planned = file ? planUpdate(call, file, metadata, expected) : planCreate(call, metadata, expected);
  const session = call.sessions.begin({
    fileId: file?.id,
    name: planned.name,
    metadata,
    contentType,
    total,
    principal: call.principal,
    parameters: call.parameters,
  });
  const path = file ? `/${encodeURIComponent(file.id)}` : "";
  return emptyReply(200, {
    location: `${call.origin}/upload/drive/v3/files${path}?uploadType=resumable&upload_id=${session.id}`,
    "x-guploader-uploadid": session.id,
  });
}

/** What a PUT brings. */
interface Piece {
  readonly start: number;
  readonly end: number;
  /** `undefined` while it isn't known. */
  readonly total: number | undefined;
}

/** The piece that the headers of a PUT announce; without Content-Range, everything. */
function readPiece(contentRange: string | undefined, length: number): Piece {
  if (contentRange === undefined) return { start: 0, end: length, total: length };
  const m = /^bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(contentRange);
  if (!m) throw sessionError(400, "badRequest", "Failed to parse Content-Range header.");
  const piece = {
    start: Number(m[1]),
    end: Number(m[2]) + 1,
    total: m[3] === "*" ? undefined : Number(m[3]),
  };
  if (piece.end - piece.start !== length) {
    throw sessionError(
      400,
      "badRequest",
      `Invalid request.  The Content-Range header announces ${
        piece.end - piece.start
      } bytes, but there are ${length}.`,
    );
  }
  return piece;
}

function checkPiece(session: OpenSession, { start, end, total }: Piece, multiple: number): void {
  const bad = (why: string) => sessionError(400, "badRequest", `Invalid request.  ${why}`);
  if (start !== session.received) {
    throw bad(
      `According to the Content-Range header, the upload offset is ${start} byte(s), which ${
        start > session.received ? "exceeds" : "is below"
      } already uploaded size of ${session.received} byte(s).`,
    );
  }
  const known = session.total ?? total;
  if (total !== undefined && known !== total) {
    throw bad(`The upload was to have ${known} bytes, not ${total}.`);
  }
  if (known !== undefined && end > known) {
    throw bad(`The upload has ${known} bytes: there is nothing beyond.`);
  }
  if (end !== known && (end - start) % multiple !== 0) {
    throw bad(
      `The number of bytes uploaded is required to be a multiple of ${multiple}, except for the final request. The received request contained ${
        end - start
      } bytes, which does not meet this requirement.`,
    );
  }
}

/** 308: how much is kept. No range when nothing is. The digest is in no documentation, but in what Google's servers answer. */
function progress({ received, md5 }: OpenSession, { rangeMd5 }: Settings): Reply {
  if (received === 0) return emptyReply(308);
  return emptyReply(308, { range: `bytes=0-${received - 1}`, ...(rangeMd5 ? { "x-range-md5": md5 } : {}) });
}

/** The whole file is there: it appears at once. */
function finish(call: Call, session: OpenSession): Reply {
  const { principal, parameters, metadata, contentType } = session;
  // Whatever it takes is asked as when the session began, by whoever began it.
  const starter: Call = { ...call, operation: "upload.start", principal, parameters };
  const media = { bytes: session.whole(), contentType };
  try {
    const existing = session.fileId === undefined ? undefined : call.store.files.get(session.fileId);
    if (session.fileId !== undefined && !existing) throw fileNotFound(session.fileId);
    const file = existing
      ? updateFile(starter, existing, metadata, media)
      : createFile(starter, metadata, media);
    const reply = fileReply(starter, file, requestedFields(parameters, RESOURCES.file));
    call.sessions.finish(session.id, reply);
    return reply;
  } catch (error) {
    call.sessions.drop(session.id);
    throw error;
  }
}

/** upload.put. */
export function putPiece(call: Call): Reply {
  const session = call.sessions.find(call.uploadId ?? "");
  if (!(session instanceof OpenSession)) return session;
  if (call.header("content-length") === undefined) {
    throw sessionError(411, "lengthRequired", "POST requests require a Content-length header.");
  }
  const piece = readPiece(call.header("content-range"), call.body.length);
  checkPiece(session, piece, call.settings.chunkMultiple);
  const bytes = corrupt(call, call.body);
  const partial = faultOf(call.faults, "partial");
  session.total ??= piece.total;
  if (partial) {
    keepWhole(session, bytes.subarray(0, partial.keep), call.settings.chunkMultiple);
    return progress(session, call.settings);
  }
  session.append(bytes);
  return session.received === session.total ? finish(call, session) : progress(session, call.settings);
}

/** Keeps what can be kept of a piece that has not come in full. */
function keepWhole(session: OpenSession, bytes: Uint8Array, multiple: number): void {
  const end = session.received + bytes.length;
  session.append(bytes.subarray(0, Math.max(0, end - end % multiple - session.received)));
}

/** A PUT was broken off: what had come of it stays. */
export function breakOff(
  session: OpenSession,
  received: Uint8Array,
  contentRange: string | undefined,
  contentLength: string | undefined,
  multiple: number,
): void {
  try {
    checkPiece(session, readPiece(contentRange, Number(contentLength)), multiple);
  } catch {
    return; // It would have been refused.
  }
  keepWhole(session, received, multiple);
}

/** upload.status. */
export function tellProgress(call: Call): Reply {
  const session = call.sessions.find(call.uploadId ?? "");
  const m = /^bytes\s+\*\/(\d{1,15}|\*)$/.exec(call.header("content-range") ?? "");
  if (!m) throw sessionError(400, "badRequest", "Failed to parse Content-Range header.");
  if (call.body.length > 0) {
    throw sessionError(400, "badRequest", "Invalid request.  A request for the state has no body.");
  }
  if (!(session instanceof OpenSession)) return session;
  if (m[1] === "*") return progress(session, call.settings);
  const total = Number(m[1]), known = session.total ?? total;
  if (known !== total || session.received > total) {
    throw sessionError(
      400,
      "badRequest",
      `Invalid request.  The upload was to have ${known} bytes, not ${total}.`,
    );
  }
  session.total = total;
  return session.received === total ? finish(call, session) : progress(session, call.settings);
}

/** upload.cancel: the status is the one that Drive gives. */
export function cancelUpload(call: Call): Reply {
  const session = call.sessions.find(call.uploadId ?? "");
  if (session instanceof OpenSession) call.sessions.drop(session.id);
  return emptyReply(499);
}
