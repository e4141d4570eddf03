/**
 * What all backends of this process share that open one drive as the same user: what one of them has written the others see at once, and of writes to one name each waits for the one
 * before it.
 *
 * @module
 */
import type { DriveCredentials } from "./auth/credentials.ts";
import type { Folders } from "./folders.ts";
import type { Locks } from "./locks.ts";
import type { Recent } from "./recent.ts";

/** What is shared. */
export interface Shared {
  /** What was written of late. */
  readonly recent: Recent;
  /** Keep those apart who write to one key. */
  readonly locks: Locks;
  /** Where folders are. */
  readonly folders: Folders;
  /** Keys of which there are two files while a copy takes the place of an object. */
  readonly replacing: Set<string>;
}

/** Which drive. */
export interface Place {
  readonly endpoint: string;
  readonly driveId?: string;
  readonly folderId?: string;
}

/** By user and place. Held only by those who share it: a server that opens drives for many users keeps nothing of those who have left. */
const byKey = new Map<string, WeakRef<Shared>>();
const byFunction = new WeakMap<() => Promise<string>, Map<string, WeakRef<Shared>>>();

/** What is shared by whoever opens a drive with these credentials: made by the first. */
export function sharedBy(credentials: DriveCredentials, place: Place, make: () => Shared): Shared {
  const where = [place.endpoint, place.driveId, place.folderId];
  if (typeof credentials !== "function") return entry(byKey, [...userOf(credentials), ...where], make);
  // A function may give the tokens of anybody: only the same one is the same user.
  const places = byFunction.get(credentials) ?? new Map<string, WeakRef<Shared>>();
  byFunction.set(credentials, places);
  return entry(places, where, make);
}

function userOf(key: Exclude<DriveCredentials, () => Promise<string>>): (string | undefined)[] {
  return key.type === "service_account"
    ? [key.type, key.client_email, key.subject]
    : [key.type, key.client_id, key.refresh_token];
}

function entry(
  map: Map<string, WeakRef<Shared>>,
  parts: readonly (string | undefined)[],
  make: () => Shared,
): Shared {
  const at = JSON.stringify(parts);
  const known = map.get(at)?.deref();
  if (known) return known;
  for (const [other, reference] of map) if (!reference.deref()) map.delete(other);
  const made = make();
  map.set(at, new WeakRef(made));
  return made;
}
