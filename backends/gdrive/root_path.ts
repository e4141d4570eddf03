/**
 * Where the folder is that is the root: the names of the folders that lead to it.
 *
 * @module
 */
import { AccessDeniedError, NotFoundError } from "../../lib/errors.ts";
import { memberOf, ROOT } from "./file.ts";
import { ALL_DRIVES } from "./files.ts";
import type { DriveStore } from "./store.ts";

/** Folders in each other that Drive allows. */
const LEVELS = 100;

/**
 * The names of the folders from My Drive's or the shared drive's top to the root, as far as this user sees them: of a folder that was shared with him by itself, only its own.
 */
export async function rootPathOf(store: DriveStore, signal?: AbortSignal): Promise<string> {
  const names: string[] = [];
  let id: unknown = store.options.folderId;
  while (typeof id === "string" && names.length < LEVELS) {
    const folder = await look(store, id, signal);
    if (folder === undefined || id === memberOf(folder, "driveId")) break;
    const parents = memberOf(folder, "parents");
    const parent: unknown = Array.isArray(parents) ? parents[0] : undefined;
    // My Drive's top is a folder with a name, too.
    if (parent === undefined && id === memberOf(await look(store, ROOT, signal), "id")) break;
    names.unshift(String(memberOf(folder, "name")));
    id = parent;
  }
  return names.join("/");
}

/** What Drive tells of a folder; `undefined` where it is not to be seen. */
async function look(store: DriveStore, id: string, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await store.client.json({ operation: "files.get" }, {
      method: "GET",
      path: `/drive/v3/files/${id}`,
      query: { ...ALL_DRIVES, fields: "id,name,parents,driveId" },
    }, { signal });
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof AccessDeniedError) return undefined;
    throw error;
  }
}
