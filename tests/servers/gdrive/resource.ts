/** A file as the API tells of it. */
import { isVisible, may } from "./access.ts";
import { USER } from "./account.ts";
import type { Call } from "./call.ts";
import { checksum } from "./checksum.ts";
import { applyMask, type Mask, maskOf } from "./fields.ts";
import type { Json, JsonObject } from "./json.ts";
import { FOLDER, isTrashedIn, type Revision, SHORTCUT, type StoredFile, type View } from "./store.ts";

interface Context {
  readonly call: Pick<Call, "principal" | "settings" | "store">;
  /** Where its parents are. */
  readonly view: Pick<View, "get">;
}

/** Empty ones are not told of. */
function properties(all: Readonly<Record<string, string>> | undefined): JsonObject | undefined {
  return all && Object.keys(all).length > 0 ? all : undefined;
}

function user(email: string, me: boolean): JsonObject {
  return email === USER.email
    ? {
      kind: "drive#user",
      displayName: USER.displayName,
      me,
      permissionId: USER.permissionId,
      emailAddress: email,
    }
    : {
      kind: "drive#user",
      displayName: email,
      me,
      permissionId: email.replace(/\W/g, ""),
      emailAddress: email,
    };
}

/** Each field of what is served; `undefined` where a file has none. */
const FIELDS: Readonly<Record<string, (file: StoredFile, context: Context) => Json | undefined>> = {
  kind: () => "drive#file",
  id: (file) => file.id,
  name: (file) => file.name,
  mimeType: (file) => file.mimeType,
  description: (file) => file.description,
  starred: (file) => file.starred ?? false,
  // Folders that the caller does not see are not told.
  parents: (file, { call, view }) => {
    const parents = file.parents.filter((id) => {
      const folder = view.get(id);
      return !folder || isVisible(call, folder, true);
    });
    return parents.length > 0 ? parents : undefined;
  },
  spaces: () => ["drive"],
  properties: (file) => properties(file.properties),
  appProperties: (file, { call }) => properties(file.appProperties[call.principal.clientId]),
  // Numbers of 64 bits are strings in JSON.
  size: (file) => file.bytes && String(file.bytes.length),
  quotaBytesUsed: (file) => String(file.bytes?.length ?? 0),
  version: (file) => String(file.version),
  md5Checksum: (file) => file.bytes && checksum("md5", file.bytes),
  sha1Checksum: (file) => file.bytes && checksum("sha1", file.bytes),
  sha256Checksum: (file) => file.bytes && checksum("sha256", file.bytes),
  headRevisionId: (file) => file.revisions.at(-1)?.id,
  originalFilename: (file) => file.bytes && (file.originalFilename ?? file.name),
  fileExtension: (file) => file.bytes && extension(file.name),
  fullFileExtension: (file) => file.bytes && extension(file.name),
  createdTime: (file) => file.createdTime.toISOString(),
  modifiedTime: (file) => file.modifiedTime.toISOString(),
  trashed: (file, { view }) => isTrashedIn(view, file),
  explicitlyTrashed: (file) => file.trashed,
  driveId: (file) => file.driveId,
  teamDriveId: (file) => file.driveId,
  owners: (file, { call }) =>
    file.owner === undefined ? undefined : [user(file.owner, file.owner === call.principal.email)],
  ownedByMe: (file, { call }) => file.driveId === undefined ? file.owner === call.principal.email : undefined,
  shared: (file) => file.driveId !== undefined || file.shared === true,
  resourceKey: (file) => file.resourceKey,
  isAppAuthorized: (file, { call }) => file.clientId === call.principal.clientId,
  capabilities: (file, { call }) => ({
    canAddChildren: file.mimeType === FOLDER && may(call, "addChildren", file),
    canCopy: file.mimeType !== FOLDER && may(call, "read", file),
    canDelete: may(call, "delete", file),
    canDownload: may(call, "read", file),
    canEdit: may(call, "edit", file),
    canListChildren: file.mimeType === FOLDER && may(call, "read", file),
    canMoveItemWithinDrive: may(call, "move", file),
    canRename: may(call, "edit", file),
    canTrash: may(call, "trash", file),
  }),
  shortcutDetails: (file, { view }) =>
    file.mimeType === SHORTCUT
      ? { targetId: file.targetId ?? "", targetMimeType: view.get(file.targetId ?? "")?.mimeType ?? "" }
      : undefined,
  webViewLink: (file) =>
    file.mimeType === FOLDER
      ? `https://drive.google.com/drive/folders/${file.id}`
      : `https://drive.google.com/file/d/${file.id}/view?usp=drivesdk`,
  webContentLink: (file) => file.bytes && `https://drive.google.com/uc?id=${file.id}&export=download`,
};

function extension(name: string): string {
  return /\.([^.]+)$/.exec(name)?.[1] ?? "";
}

/** The file with the wanted fields alone. */
export function fileResource(file: StoredFile, mask: Mask, context: Context): JsonObject {
  const entries: [string, Json][] = [];
  for (const [name, tell] of Object.entries(FIELDS)) {
    const wanted = maskOf(mask, name);
    if (wanted === undefined) continue;
    const value = tell(file, context);
    if (value !== undefined) entries.push([name, applyMask(value, wanted)]);
  }
  return Object.fromEntries(entries);
}

/** A revision. */
export function revisionResource(revision: Revision): JsonObject {
  return {
    kind: "drive#revision",
    id: revision.id,
    mimeType: revision.mimeType,
    modifiedTime: revision.modifiedTime.toISOString(),
    keepForever: false,
    published: false,
    originalFilename: revision.originalFilename,
    md5Checksum: checksum("md5", revision.bytes),
    size: String(revision.bytes.length),
  };
}

/** The one user, or the service account. */
export function userResource(email: string): JsonObject {
  return user(email, true);
}
