/** Who may see and do what with which file. */
import { seesOwnFilesOnly } from "./authorize.ts";
import type { Call } from "./call.ts";
import { driveError, fileNotFound } from "./error.ts";
import type { Role } from "./options.ts";
import type { StoredFile } from "./store.ts";

const RANK: Readonly<Record<Role, number>> = { reader: 0, writer: 1, fileOrganizer: 2, organizer: 3 };

/** What is done to a file, and the role in a shared drive that it takes. */
const NEEDED = {
  read: "reader",
  edit: "writer",
  addChildren: "writer",
  move: "fileOrganizer",
  trash: "fileOrganizer",
  delete: "organizer",
} as const satisfies Record<string, Role>;

/** Something done to a file. */
export type Action = keyof typeof NEEDED;

type Caller = Pick<Call, "principal" | "settings">;

/** Whether the caller may. In My Drive all may do everything, but trash or delete what isn't theirs: that is its owner's (guides/delete). */
export function may(call: Caller, action: Action, file: StoredFile): boolean {
  if (file.parents.length === 0 && (action === "trash" || action === "move" || action === "delete")) {
    return false;
  }
  if (file.driveId === undefined) {
    return (action !== "delete" && action !== "trash") || file.owner === call.principal.email;
  }
  return RANK[call.settings.role] >= RANK[NEEDED[action]];
}

/** insufficientFilePermissions unless the caller may. */
export function checkMay(call: Caller, action: Action, file: StoredFile): void {
  if (may(call, action, file)) return;
  throw driveError(
    "insufficientFilePermissions",
    "The user does not have sufficient permissions for this file.",
  );
}

/** Whether the caller sees a file. What is in shared drives is seen by requests that say that they know of them. */
export function isVisible(
  call: Pick<Call, "principal" | "store">,
  file: StoredFile,
  withDrives: boolean,
): boolean {
  if (file.driveId !== undefined && (!withDrives || !isSharedWithCaller(call, file))) return false;
  if (file.parents.length === 0) return true;
  return !seesOwnFilesOnly(call.principal) || file.clientId === call.principal.clientId;
}

/** Whether it is in a shared drive that the caller is a member of, or below a folder that is shared with them by itself. */
function isSharedWithCaller({ store }: Pick<Call, "store">, file: StoredFile): boolean {
  if (store.drives.get(file.driveId ?? "")?.member !== false) return true;
  for (let at: StoredFile | undefined = file; at; at = store.files.get(at.parents[0] ?? "")) {
    if (at.shared) return true;
  }
  return false;
}

/** notFound for who comes by an old link without its key (guides/resource-keys). */
export function checkResourceKey(call: Call, { id, resourceKey }: StoredFile, named: string): void {
  if (resourceKey === undefined) return;
  const keys = (call.header("x-goog-drive-resource-keys") ?? "").split(",").map((each) => each.trim());
  if (!keys.includes(`${id}/${resourceKey}`)) throw fileNotFound(named);
}

/** A file by its id, or notFound. */
export function findFile(call: Call, id: string): StoredFile {
  const file = call.store.files.get(call.store.resolve(id));
  const withDrives = call.parameters.flag("supportsAllDrives") || call.operation.startsWith("revisions.");
  if (!file || !isVisible(call, file, withDrives)) throw fileNotFound(id);
  checkResourceKey(call, file, id);
  return file;
}

/** The file that a request is for. */
export function targetFile(call: Call): StoredFile {
  const file = findFile(call, call.fileId ?? "");
  // A root may be written to with drive.file, but not looked at, as rclone's authors have found.
  if (file.parents.length === 0 && seesOwnFilesOnly(call.principal)) throw fileNotFound(call.fileId ?? "");
  return file;
}
