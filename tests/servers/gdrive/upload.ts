/** Uploads in one request: metadata and media, or media alone. */
import { faultOf } from "../http/fault.ts";
import type { Reply } from "../http/reply.ts";
import { targetFile } from "./access.ts";
import { type Call, requestedFields } from "./call.ts";
import { driveError, parameterError } from "./error.ts";
import { fileReply } from "./files.ts";
import { type Metadata, parseText, readMetadata } from "./metadata.ts";
import { parseMultipart } from "./multipart.ts";
import { MAX_SIMPLE_UPLOAD } from "./options.ts";
import { RESOURCES } from "./schema.ts";
import { createFile, type Media, updateFile } from "./write.ts";

/** A media type, without its parameters. */
export function mediaType(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined;
  const type = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(;.*)?$/.exec(contentType)?.[1];
  if (type === undefined) throw driveError("badRequest", `Media type '${contentType}' is not supported.`);
  return type;
}

/** Bytes with the bit of a fault flipped. */
export function corrupt(call: Pick<Call, "faults">, bytes: Uint8Array): Uint8Array {
  const fault = faultOf(call.faults, "corruptUpload");
  const at = fault?.atByte ?? 0;
  if (!fault || at >= bytes.length) return bytes;
  const changed = Uint8Array.from(bytes);
  changed[at] ^= 1;
  return changed;
}

function readUpload(call: Call): { metadata: Metadata; media: Media } {
  const purpose = call.operation === "upload.create" ? "create" : "update";
  const contentType = call.header("content-type") ?? "";
  const uploadType = call.parameters.text("uploadType");
  if (uploadType !== "media" && uploadType !== "multipart") {
    throw parameterError("badRequest", "uploadType", `Upload type is not supported: ${uploadType ?? ""}`);
  }
  const isMedia = uploadType === "media";
  const parts = isMedia ? undefined : parseMultipart(call.body, contentType);
  const bytes = parts?.media.bytes ?? call.body;
  if (bytes.length > MAX_SIMPLE_UPLOAD) {
    throw driveError(
      "uploadTooLarge",
      "The media are too large for this upload type: use a resumable upload.",
    );
  }
  return {
    metadata: readMetadata(parts ? parseText(parts.metadata.bytes) : {}, purpose),
    media: {
      bytes: corrupt(call, bytes),
      contentType: mediaType(parts ? parts.media.contentType : contentType || undefined),
    },
  };
}

/** upload.create. */
export function uploadNew(call: Call): Reply {
  const mask = requestedFields(call.parameters, RESOURCES.file);
  const { metadata, media } = readUpload(call);
  return fileReply(call, createFile(call, metadata, media), mask);
}

/** upload.update. */
export function uploadChange(call: Call): Reply {
  const mask = requestedFields(call.parameters, RESOURCES.file);
  const file = targetFile(call);
  const { metadata, media } = readUpload(call);
  return fileReply(call, updateFile(call, file, metadata, media), mask);
}
