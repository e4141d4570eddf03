import { abortable } from "../../lib/async.ts";
import type { DriveCredentials } from "./auth/mod.ts";
import { ROOT } from "./file.ts";
import { KnownFolders } from "./folders.ts";
import { ListingOverlay } from "./listing_overlay.ts";

/** Lets those who write to one key do so one after the other. */
export class Locks {
  readonly #last = new Map<string, Promise<void>>();

  /** Whether somebody is at work with a key. */
  isHeld(key: string): boolean {
    return this.#last.has(key);
  }

  /**
   * Does some work when all that came before it with the same key has ended.
   *
   * @param signal Gives up the wait, with its reason; work that has begun is left to end by itself.
   */
  async run<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const turn = Promise.withResolvers<void>();
    const mine = (before ?? Promise.resolve()).then(() => turn.promise);
    this.#last.set(key, mine);
    mine.finally(() => {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    });
    try {
      if (before) await (signal ? abortable(before, signal) : before);
      return await work();
    } finally {
      turn.resolve();
    }
  }
}

// What all backends of this process share that open one drive as the same user: what one of them has written the others see at once, and of writes to one name each waits for the one
// before it.

/** What is shared: what is known, and nothing that makes requests, since each has credentials, limits and connections of its own. */
export class Shared {
  /** What was written of late. */
  readonly overlay: ListingOverlay = new ListingOverlay();
  /** Keep those apart who write to one key. */
  readonly locks: Locks = new Locks();
  /** Where folders are. */
  readonly folders: KnownFolders = new KnownFolders();
  /** Keys of objects whose place a copy is taking: for a moment there are two files. */
  readonly beingReplaced: Set<string> = new Set();
}

/** Which drive. */
export interface DrivePlace {
  readonly endpoint: string;
  readonly driveId?: string;
  readonly folderId?: string;
}

/** What is kept though nobody has it open: a script that opens a drive anew each time still sees what it wrote. */
const KEPT = 16;

/** By user and place. A server that opens drives for many users keeps nothing of those who have left, but for the last. */
const byKey = new Map<string, WeakRef<Shared>>();
const byFunction = new WeakMap<() => Promise<string>, Map<string, WeakRef<Shared>>>();
/** The last ones that were opened, the newest at the end. */
const lately = new Set<Shared>();
const forget = new FinalizationRegistry<string>((at) => {
  if (!byKey.get(at)?.deref()) byKey.delete(at);
});

/** What is shared by whoever opens a drive with these credentials: made by the first. */
export function sharedBy(credentials: DriveCredentials, place: DrivePlace): Shared {
  // A shared drive is its own root folder.
  const where = [place.endpoint, place.folderId ?? place.driveId ?? ROOT];
  if (typeof credentials !== "function") return entry(byKey, [...userOf(credentials), ...where]);
  // A function may give the tokens of anybody: only the same one is the same user.
  const places = byFunction.get(credentials) ?? new Map<string, WeakRef<Shared>>();
  byFunction.set(credentials, places);
  return entry(places, where);
}

function userOf(key: Exclude<DriveCredentials, () => Promise<string>>): (string | undefined)[] {
  return key.type === "service_account"
    ? [key.type, key.client_email, key.subject, key.scopes?.join(" ")]
    : [key.type, key.client_id, key.refresh_token];
}

function entry(map: Map<string, WeakRef<Shared>>, parts: readonly (string | undefined)[]): Shared {
  const at = JSON.stringify(parts);
  let shared = map.get(at)?.deref();
  if (!shared) {
    shared = new Shared();
    map.set(at, new WeakRef(shared));
    if (map === byKey) forget.register(shared, at);
  }
  lately.delete(shared);
  lately.add(shared);
  for (const oldest of lately) {
    if (lately.size <= KEPT) break;
    lately.delete(oldest);
  }
  return shared;
}
