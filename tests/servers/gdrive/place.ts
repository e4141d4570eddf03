/** Where files are: their parents. */
import { checkMay, findFile } from "./access.ts";
import type { Call } from "./call.ts";
import { driveError } from "./error.ts";
import { FOLDER, isGoogleType, type StoredFile } from "./store.ts";
import { checkStorage } from "./storage.ts";

function tooManyParents(isShared: boolean): Error {
  return isShared
    ? driveError("teamDrivesParentLimit", "A shared drive item must have exactly one parent.")
    : driveError("cannotAddParent", "Increasing the number of parents is not allowed");
}

/** A folder that something is to be put in. */
function findFolder(call: Call, id: string): StoredFile {
  const folder = findFile(call, id);
  if (folder.mimeType !== FOLDER) {
    throw driveError("parentNotAFolder", "The specified parent is not a folder.");
  }
  checkMay(call, "addChildren", folder);
  return folder;
}

/** Folders within each other, at most (release notes of 21 November 2023). */
const LEVELS = 100;

/** Throws where a folder would be too deep. */
export function checkDepth(call: Call, parent: StoredFile): void {
  let levels = 1;
  for (let at: StoredFile | undefined = parent; at && at.parents.length > 0;) {
    levels++;
    at = call.store.files.get(at.parents[0]);
  }
  if (levels <= LEVELS) return;
  throw parent.driveId === undefined
    ? driveError(
      "myDriveHierarchyDepthLimitExceeded",
      "Your My Drive cannot contain more than 100 levels of folders.",
    )
    : driveError("teamDriveHierarchyTooDeep", "The shared drive hierarchy depth will exceed the limit.");
}

/** The folder of a file to be made: the one named, or the root. */
export function placeOf(call: Call, parents: readonly string[] | undefined): StoredFile {
  const folders = [...new Set(parents ?? [])].map((id) => findFolder(call, id));
  if (folders.length > 1) throw tooManyParents(folders.some(({ driveId }) => driveId !== undefined));
  return folders[0] ?? findFolder(call, "root");
}

function ids(call: Call, name: string): string[] {
  return (call.parameters.text(name) ?? "").split(",").map((id) => id.trim()).filter((id) => id !== "");
}

function isBelow(call: Call, file: StoredFile, folder: StoredFile): boolean {
  for (let at: StoredFile | undefined = folder; at; at = call.store.files.get(at.parents[0] ?? "")) {
    if (at.id === file.id) return true;
  }
  return false;
}

/** What a move changes, by `addParents` and `removeParents`; `undefined` when nothing moves. */
export function newParents(
  call: Call,
  file: StoredFile,
): Pick<StoredFile, "parents" | "driveId" | "owner"> | undefined {
  const added = ids(call, "addParents").map((id) => findFolder(call, id));
  const removed = ids(call, "removeParents").map((id) => findFile(call, id).id);
  if (added.length === 0 && removed.length === 0) return undefined;
  const isShared = file.driveId !== undefined;
  const parents = [
    ...new Set([...file.parents.filter((id) => !removed.includes(id)), ...added.map(({ id }) => id)]),
  ];
  if (parents.length > 1) throw tooManyParents(isShared);
  if (parents.length === 0) {
    throw isShared ? tooManyParents(true) : driveError("badRequest", "A file must have a parent.");
  }
  if (parents[0] === file.parents[0]) return undefined;
  checkMay(call, "move", file);
  const [folder] = added;
  if (isBelow(call, file, folder)) {
    throw driveError("badRequest", "A folder cannot be moved into itself or below itself.");
  }
  if (file.mimeType === FOLDER) checkDepth(call, folder);
  if (folder.driveId === file.driveId) return { parents, driveId: file.driveId, owner: file.owner };
  if (file.mimeType === FOLDER) {
    throw driveError(
      "teamDrivesFolderMoveInNotSupported",
      "Moving folders into or out of shared drives is not supported.",
    );
  }
  if (!isGoogleType(file.mimeType)) {
    checkStorage(call, folder.driveId, file.mimeType, file.bytes?.length ?? 0);
  }
  return folder.driveId === undefined
    ? { parents, driveId: undefined, owner: call.principal.email }
    : { parents, driveId: folder.driveId, owner: undefined };
}
