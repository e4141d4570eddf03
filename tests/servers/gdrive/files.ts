/** The operations on files, but lists and uploads. */
import { emptyReply, type Reply } from "../http/reply.ts";
import { checkMay, findFile, isVisible, targetFile } from "./access.ts";
import { type Call, jsonReply, requestedFields, resourceReply } from "./call.ts";
import { driveError, parameterError } from "./error.ts";
import type { Mask } from "./fields.ts";
import { mediaReply } from "./media.ts";
import { parseBody, readMetadata } from "./metadata.ts";
import { fileResource } from "./resource.ts";
import { RESOURCES } from "./schema.ts";
import { FOLDER, makeId, type StoredFile } from "./store.ts";
import { createFile, updateFile } from "./write.ts";

/** An answer that tells of a file. */
export function fileReply(call: Call, file: StoredFile, mask: Mask): Reply {
  return jsonReply(fileResource(file, mask, { call, view: call.store.files }));
}

const fileMask = (call: Call): Mask => requestedFields(call.parameters, RESOURCES.file);
const bodyOf = (call: Call) => parseBody(call.body, call.header("content-type"));

/** files.get. */
export function getFile(call: Call): Reply {
  const mask = fileMask(call);
  return fileReply(call, targetFile(call), mask);
}

/** files.get with alt=media. */
export function downloadFile(call: Call): Reply {
  const file = targetFile(call);
  checkMay(call, "read", file);
  if (file.bytes === undefined) {
    throw parameterError(
      "fileNotDownloadable",
      "alt",
      "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
    );
  }
  return mediaReply(call, file.bytes, file.mimeType);
}

/** files.create: without bytes. */
export function createFromMetadata(call: Call): Reply {
  const mask = fileMask(call);
  const metadata = readMetadata(bodyOf(call), "create");
  return fileReply(call, createFile(call, metadata, undefined), mask);
}

/** files.update: of everything but bytes. */
export function updateFromMetadata(call: Call): Reply {
  const mask = fileMask(call);
  const file = targetFile(call);
  const metadata = readMetadata(bodyOf(call), "update");
  return fileReply(call, updateFile(call, file, metadata, undefined), mask);
}

/**
 * files.copy. What the body does not say is as with the source, but for the name; other clients' private properties stay behind.
 */
export function copyFile(call: Call): Reply {
  const mask = fileMask(call);
  const source = targetFile(call);
  checkMay(call, "read", source);
  const metadata = readMetadata(bodyOf(call), "copy");
  if (source.mimeType === FOLDER) {
    throw driveError("cannotCopyFile", "This file cannot be copied by the user.");
  }
  const { clientId } = call.principal;
  const own = source.appProperties[clientId];
  const like = { properties: source.properties, appProperties: own ? { [clientId]: own } : {} };
  const merged = {
    ...metadata,
    name: metadata.name ?? `Copy of ${source.name}`,
    mimeType: metadata.mimeType ?? source.mimeType,
    description: metadata.description ?? source.description,
    originalFilename: metadata.originalFilename ?? source.originalFilename,
    parents: metadata.parents ?? visibleParents(call, source),
    targetId: source.targetId,
  };
  return fileReply(call, createFile(call, merged, source.bytes && { bytes: source.bytes }, like), mask);
}

/** Where a copy goes unless it is told: beside its source, where the caller sees that. */
function visibleParents(call: Call, source: StoredFile): readonly string[] | undefined {
  const parent = call.store.files.get(source.parents[0] ?? "");
  return parent && isVisible(call, parent, call.parameters.flag("supportsAllDrives"))
    ? [parent.id]
    : undefined;
}

/** files.delete: past the trash, with all that is below. */
export function deleteFile(call: Call): Reply {
  const file = targetFile(call);
  checkMay(call, "delete", file);
  call.store.delete(file.id);
  return emptyReply(204);
}

/** files.generateIds. */
export function generateIds(call: Call): Reply {
  const count = call.parameters.integer("count", 10, 1, 1000);
  const space = call.parameters.text("space") ?? "drive";
  const type = call.parameters.text("type") ?? "files";
  if (space !== "drive" && space !== "appDataFolder") throw parameterError("invalid", "space");
  if (type !== "files" && type !== "shortcuts") throw parameterError("invalid", "type");
  const ids = Array.from({ length: count }, makeId);
  for (const id of ids) call.store.generatedIds.set(id, type);
  return resourceReply(call, RESOURCES.ids, { kind: "drive#generatedIds", space, ids });
}

/** The revisions of a file that has bytes. */
export function fileWithRevisions(call: Call): StoredFile {
  const file = findFile(call, call.fileId ?? "");
  checkMay(call, "edit", file);
  if (file.bytes === undefined) {
    throw driveError("insufficientFilePermissions", "The file does not support revisions.");
  }
  return file;
}
