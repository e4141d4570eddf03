/** Making and changing files, whatever way they come. Each checks everything before it changes anything. */
import { checkMay, findFile } from "./access.ts";
import type { Call } from "./call.ts";
import { driveError } from "./error.ts";
import type { Metadata } from "./metadata.ts";
import { checkDepth, newParents, placeOf } from "./place.ts";
import { changeProperties } from "./properties.ts";
import { checkGrowth, checkStorage } from "./storage.ts";
import { FOLDER, isGoogleType, makeId, SHORTCUT, type StoredFile, withBytes } from "./store.ts";

/** Bytes for a file. */
export interface Media {
  readonly bytes: Uint8Array;
  /** What they were sent as. */
  readonly contentType?: string;
}

/** What is known of bytes that are still to come. */
export type Expected = Omit<Media, "bytes"> & { readonly size: number };

const DEFAULT_TYPE = "application/octet-stream";

/** What Drive takes files to be by their names: "application/octet-stream" counts as nothing said (google/skicka#132, prasmussen/gdrive#118, #135). */
const DETECTED: readonly (readonly [RegExp, string])[] = [
  [/\.json$/i, "application/json"],
  [/\.csv$/i, "text/csv"],
  [/\.(txt|tsv|py|md)$/i, "text/plain"],
];

const typeOf = (
  metadata: Metadata,
  media: Pick<Media, "contentType"> | undefined,
  name: string | undefined,
): string => {
  const said = metadata.mimeType ?? media?.contentType ?? DEFAULT_TYPE;
  if (!media || said !== DEFAULT_TYPE) return said;
  return DETECTED.find(([end]) => end.test(name ?? ""))?.[1] ?? DEFAULT_TYPE;
};

/** Ids are made beforehand for files of bytes and folders, others for shortcuts, none for Google's documents. */
function checkId({ store }: Call, id: string | undefined, mimeType: string): void {
  if (id === undefined) return;
  const place = { location: "file.id", locationType: "other" } as const;
  if (store.files.has(id)) {
    throw driveError("fileIdInUse", "A file already exists with the provided ID.", place);
  }
  if (isGoogleType(mimeType) && mimeType !== FOLDER && mimeType !== SHORTCUT) {
    throw driveError(
      "insufficientFilePermissions",
      "Generated IDs are not supported for Docs Editors formats.",
    );
  }
  if (store.generatedIds.get(id) !== (mimeType === SHORTCUT ? "shortcuts" : "files")) {
    throw driveError("invalid", "The provided file ID is not usable.", place);
  }
}

/** Whether a file can be made; what it would be without its bytes. */
export function planCreate(
  call: Call,
  metadata: Metadata,
  media: Expected | undefined,
  like: Pick<StoredFile, "properties" | "appProperties"> = { properties: {}, appProperties: {} },
): StoredFile {
  const { principal, now } = call;
  const mimeType = typeOf(metadata, media, metadata.name);
  checkId(call, metadata.id, mimeType);
  const parent = placeOf(call, metadata.parents);
  if (mimeType === FOLDER) checkDepth(call, parent);
  if (media && isGoogleType(mimeType)) {
    throw driveError("badRequest", `Files of type ${mimeType} are not made of bytes here.`);
  }
  if ((mimeType === SHORTCUT) !== (metadata.targetId !== undefined)) {
    throw driveError("badRequest", "Shortcuts have a target, and nothing else has.");
  }
  if (metadata.targetId !== undefined) findFile(call, metadata.targetId);
  checkStorage(call, parent.driveId, mimeType, media?.size ?? 0);
  const name = metadata.name || "Untitled";
  return {
    id: metadata.id ?? makeId(),
    name,
    mimeType,
    parents: [parent.id],
    createdTime: metadata.createdTime ?? now,
    modifiedTime: metadata.modifiedTime ?? now,
    trashed: false,
    ...changeProperties(like, metadata, principal.clientId),
    revisions: [],
    version: 1,
    clientId: principal.clientId,
    description: metadata.description,
    originalFilename: metadata.originalFilename ?? name,
    starred: metadata.starred,
    targetId: metadata.targetId,
    ...(parent.driveId === undefined ? { owner: principal.email } : { driveId: parent.driveId }),
  };
}

/** Makes a file. What isn't of Google's own types has bytes, even if it is none. */
export function createFile(
  call: Call,
  metadata: Metadata,
  media: Media | undefined,
  like?: Pick<StoredFile, "properties" | "appProperties">,
): StoredFile {
  const expected = media && { contentType: media.contentType, size: media.bytes.length };
  const file = planCreate(call, metadata, expected, like);
  if (!media && isGoogleType(file.mimeType)) return call.store.save(file);
  return call.store.save(withBytes(file, media?.bytes ?? new Uint8Array(), file.modifiedTime));
}

/** Whether a file can be changed; what it would be without the new bytes. The same file when nothing changes. */
export function planUpdate(
  call: Call,
  file: StoredFile,
  metadata: Metadata,
  media: Expected | undefined,
): StoredFile {
  const { trashed, ...described } = metadata;
  const isDescribed = Object.values(described).some((value) => value !== undefined);
  if (media || isDescribed) checkMay(call, "edit", file);
  if (trashed !== undefined && trashed !== file.trashed) checkMay(call, "trash", file);
  if (media && file.bytes === undefined) {
    throw driveError("badRequest", `Files of type ${file.mimeType} are not made of bytes.`);
  }
  const mimeType = media
    ? typeOf(metadata, media, metadata.name ?? file.name)
    : metadata.mimeType ?? file.mimeType;
  if (isGoogleType(mimeType) !== isGoogleType(file.mimeType)) {
    throw driveError("badRequest", `A file of type ${file.mimeType} cannot become one of type ${mimeType}.`);
  }
  if (media) checkGrowth(call, file, media.size);
  const place = newParents(call, file);
  if (!isDescribed && !media && !place && (trashed === undefined || trashed === file.trashed)) return file;
  const isNew = media !== undefined || metadata.name !== undefined || metadata.mimeType !== undefined ||
    metadata.description !== undefined;
  return {
    ...file,
    ...place,
    ...changeProperties(file, metadata, call.principal.clientId),
    name: metadata.name === undefined ? file.name : metadata.name || "Untitled",
    mimeType,
    trashed: trashed ?? file.trashed,
    starred: metadata.starred ?? file.starred,
    description: metadata.description ?? file.description,
    originalFilename: metadata.originalFilename ?? file.originalFilename,
    modifiedTime: metadata.modifiedTime ?? (isNew ? call.now : file.modifiedTime),
    version: file.version + 1,
  };
}

/** Changes a file. */
export function updateFile(
  call: Call,
  file: StoredFile,
  metadata: Metadata,
  media: Media | undefined,
): StoredFile {
  const expected = media && { contentType: media.contentType, size: media.bytes.length };
  const changed = planUpdate(call, file, metadata, expected);
  if (changed === file) return file;
  return call.store.save(media ? withBytes(changed, media.bytes, changed.modifiedTime) : changed);
}
