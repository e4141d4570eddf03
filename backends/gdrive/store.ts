/**
 * A drive below a root: what keys stand for there, and what its backends in this process share.
 *
 * @module
 */
import { asError } from "../../lib/error_context.ts";
import { type CottonCandyError, InvalidArgumentError, NotFoundError } from "../../lib/errors.ts";
import { abortable, SingleFlight, withResolvers } from "../../lib/async.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import { HttpHandler, RetryPolicy, timeoutsOf, withCommitted } from "../transport/mod.ts";
import { type DriveCredentials, normalCredentials, tokenSourceOf } from "./auth/mod.ts";
import { DriveClient } from "./client.ts";
import { driveVerdict } from "./errors.ts";
import { type DriveFile, FOLDER, hasBytes, isAt, memberOf, oldestFirst, ROOT } from "./file.ts";
import { ALL_DRIVES, Files } from "./files.ts";
import { findNamed } from "./search.ts";
import { Folders, invalidKeyError, type KeyLocation, KnownFolders, locationOf } from "./folders.ts";
import { ListingOverlay } from "./listing_overlay.ts";
import { checkDriveOptions, type GDriveOptions } from "./options.ts";

/** Bytes of names that one query asks for: addresses have no room for more. */
const QUERY = 1500;
/** Names that one query asks for. */
const NAMES = 40;
/** Users and roots whose state is kept: of more than that at once, two backends of one may know as little of each other as two processes. */
const KEPT = 64;

/** What a key stands for. */
export interface FoundKey {
  /** The key. */
  readonly key: string;
  /** Where it is. */
  readonly location: KeyLocation;
  /** All files that the key stands for, the oldest first: that one counts. */
  readonly files: readonly DriveFile[];
  /** There is a document of Google's of that name, which has no bytes. */
  readonly isDocument: boolean;
}

/** Lets those who write to one key do so one after the other. */
class KeyMutex {
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
    const turn = withResolvers<void>();
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

/**
 * What all backends of this process share that open one root as the same user: what one of them has written the others see at once, and of writes to one
 * key each waits for the one before it. Nothing here makes requests, since each backend has credentials, limits and connections of its own.
 */
class SharedState {
  readonly overlay = new ListingOverlay();
  readonly locks = new KeyMutex();
  readonly folders = new KnownFolders();
  readonly beingReplaced = new Set<string>();
}

const statesByUser = new Map<string, SharedState>();
/** A function may give the tokens of anybody: only the same one is the same user. */
const statesByFunction = new WeakMap<() => Promise<string>, Map<string, SharedState>>();

/** What is shared by whoever opens a root with these credentials: made by the first. */
function sharedState(credentials: DriveCredentials, root: readonly string[]): SharedState {
  let states = statesByUser;
  let user: readonly (string | undefined)[] = [];
  if (typeof credentials === "function") {
    states = statesByFunction.get(credentials) ?? new Map();
    statesByFunction.set(credentials, states);
  } else if (credentials.type === "service_account") {
    user = [credentials.client_email, credentials.subject, credentials.scopes?.join(" ")];
  } else user = [credentials.client_id, credentials.refresh_token];
  const at = JSON.stringify([...user, ...root]);
  const state = states.get(at) ?? new SharedState();
  // The one that was opened last is the last to go.
  states.delete(at);
  states.set(at, state);
  const [oldest] = states.keys();
  if (states.size > KEPT) states.delete(oldest);
  return state;
}

/** A drive below a root: what the operations on it share. */
export class DriveStore {
  /** What it was made from. */
  readonly options: GDriveOptions;
  /** For messages. */
  readonly name: string;
  /** Makes requests. */
  readonly client: DriveClient;
  /** Finds, makes and changes files. */
  readonly files: Files;
  /** Finds and makes folders. */
  readonly folders: Folders;
  /** What was written of late. */
  readonly overlay: ListingOverlay;
  /** Keep those apart who write to one key. */
  readonly locks: KeyMutex;
  /** Keys of objects whose place a copy is taking: for a moment there are two files. */
  readonly beingReplaced: Set<string>;
  readonly #askingRoot = new SingleFlight((signal) => this.#askRoot(signal));
  #root: string | undefined;

  /** A drive; nothing is sent yet. */
  constructor(options: GDriveOptions) {
    checkDriveOptions(options);
    const credentials = normalCredentials(options.credentials);
    const { endpoint = "https://www.googleapis.com", driveId, folderId, resourceKey } = options;
    const timeouts = timeoutsOf(options.timeout);
    const http = new HttpHandler(timeouts, options);
    const policy = new RetryPolicy(options.retries);
    const tokens = tokenSourceOf(credentials, http, policy);
    this.options = options;
    this.name = `gdrive://${folderId ?? driveId ?? ""}`;
    const resourceKeys = new Map(
      folderId === undefined || resourceKey === undefined ? [] : [[folderId, resourceKey]],
    );
    this.client = new DriveClient({
      endpoint,
      name: this.name,
      tokens,
      http,
      policy,
      timeouts,
      resourceKeys,
    });
    this.files = new Files(this.client, async (signal) => {
      // Where both are given, whether they fit is looked at first.
      if (folderId !== undefined && driveId !== undefined) await this.#findRoot(signal);
      return driveId;
    });
    // A shared drive is its own root folder.
    const shared = sharedState(credentials, [new URL(endpoint).href, folderId ?? driveId ?? ROOT]);
    this.overlay = shared.overlay;
    this.locks = shared.locks;
    this.beingReplaced = shared.beingReplaced;
    const root = (signal?: AbortSignal) => this.#findRoot(signal);
    this.folders = new Folders(this, root, undefined, shared.folders);
  }

  /** What a key stands for. */
  async find(key: string, signal?: AbortSignal, onWarning?: OnWarning): Promise<FoundKey> {
    const location = locationOf(key);
    const files = await this.#named(location.folders, [location.name], key, signal);
    const found = foundKey(key, location, files);
    this.warnOfDuplicates(key, found.files.length, onWarning);
    return found;
  }

  /**
   * What a key stands for, for whoever is about to change it: each file is asked for by its id, since listings, and what is remembered, may be behind. What others
   * have renamed, moved or deleted is none of it any more.
   */
  async findNow(key: string, signal?: AbortSignal, onWarning?: OnWarning): Promise<FoundKey> {
    return await this.now(await this.find(key, signal, onWarning), signal);
  }

  /** The same, of what was found already. */
  async now(found: FoundKey, signal?: AbortSignal): Promise<FoundKey> {
    const files: DriveFile[] = [];
    for (const before of found.files) {
      const file = await this.reload(before, found.key, signal);
      if (file && isAt(file, found.location.name, before.parents) && hasBytes(file)) files.push(file);
    }
    return { ...found, files };
  }

  /** Warns where there are several files of one object's name. */
  warnOfDuplicates(
    key: string,
    count: number,
    onWarning: OnWarning = this.options.onWarning ?? warnOncePerKind,
  ): void {
    if (count < 2 || this.beingReplaced.has(key)) return;
    onWarning({
      kind: "duplicates",
      key,
      message:
        `${this.name} has ${count} files "${key}": the oldest counts, the others are not seen. Remove or rename those that are not wanted`,
    });
  }

  /** A file that was found in a listing, as Drive itself has it; `undefined` when it is gone, or in the trash. Where the listing was behind, that is remembered. */
  async reload(file: DriveFile, key: string, signal?: AbortSignal): Promise<DriveFile | undefined> {
    const now = await this.files.look(file.id, { operation: "files.get", key }, signal);
    if (!now || now.trashed) {
      this.overlay.removed(file, file.parents[0] ?? "", file.version);
      return undefined;
    }
    if (now.version > file.version) this.overlay.wrote(now, now.parents[0] ?? file.parents[0] ?? "");
    return now;
  }

  /** Looks whether the folders and the files of a key are still there, which listings may go on showing for a while, and remembers of those that are not that they are gone. */
  async forgetVanished({ key, location, files }: FoundKey, signal?: AbortSignal): Promise<void> {
    const isVanished = async (id: string) => {
      const file = await this.files.look(id, { operation: "files.get", key }, signal);
      if (file && !file.trashed) return false;
      this.overlay.removed({ id }, "", file?.version);
      return true;
    };
    // From the top: where a folder is gone, so is all below it.
    for (let depth = 1; depth <= location.folders.length; depth++) {
      const path = location.folders.slice(0, depth);
      const vanished = await Promise.all((await this.folders.find(path, signal)).map(isVanished));
      if (vanished.includes(true)) this.folders.forget(path);
    }
    for (const { id } of files) await isVanished(id);
  }

  /**
   * Looks at a file after a change of which nobody knows whether it took effect.
   *
   * @throws {CottonCandyError} the change's own, with `committed: "unknown"`, where that can't be seen either: then the file is asked for before it is listed again.
   */
  async lookAfter(id: string, key: string, error: CottonCandyError): Promise<DriveFile | undefined> {
    return await this.files.look(id, { operation: "files.get", key }).catch(() => {
      this.overlay.doubt([id]);
      throw withCommitted(error, "unknown");
    });
  }

  /** What keys stand for, in their order: those in one folder are asked for together. Where some can't be looked up, their error stands in their place. */
  async findEach(keys: readonly string[], signal?: AbortSignal): Promise<(FoundKey | Error)[]> {
    const found = new Map<string, FoundKey | Error | undefined>(
      keys.map((key) => [key, invalidKeyError(key)]),
    );
    const valid = [...found.keys()].filter((key) => !found.get(key));
    let failures = 0;
    let outage: Error | undefined;
    for (const batch of batchesOf(valid)) {
      const [{ folders }] = batch.values();
      const names = Array.from(batch.values(), ({ name }) => name);
      const key = batch.size === 1 ? [...batch.keys()][0] : undefined;
      const files = outage ?? await this.#named(folders, names, key, signal).catch((error) => {
        signal?.throwIfAborted();
        return asError(error);
      });
      failures = files instanceof Error && driveVerdict(files.cause).again ? failures + 1 : 0;
      // Each was tried for minutes: Drive is out of reach, and the others would be tried as long.
      if (files instanceof Error && failures === 2) outage = files;
      for (const [key, location] of batch) {
        found.set(key, files instanceof Error ? files : foundKey(key, location, files));
      }
    }
    return keys.map((key) => found.get(key) ?? new TypeError(`"${key}" was not looked up`));
  }

  /** Files, folders excepted, of some names in the folders of a path. */
  async #named(
    path: readonly string[],
    names: readonly string[],
    key: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<DriveFile[]> {
    return await this.folders.search(
      path,
      signal,
      (folders, options) => findNamed(this, folders, names, "files", { ...options, key, signal }),
    );
  }

  /** The root folder's id, asked for once; again where that failed. */
  async #findRoot(signal?: AbortSignal): Promise<string> {
    return this.#root ??= await this.#askingRoot.run(signal);
  }

  async #askRoot(signal: AbortSignal): Promise<string> {
    const { driveId, folderId } = this.options;
    if (folderId === undefined && driveId !== undefined) return driveId;
    const answer = await this.client.json({ operation: "files.get" }, {
      method: "GET",
      path: `/drive/v3/files/${folderId ?? ROOT}`,
      query: { ...ALL_DRIVES, fields: "id,mimeType,driveId,trashed" },
    }, { signal }).catch((error) => {
      if (folderId !== undefined || !(error instanceof NotFoundError)) throw error;
      // With the scope drive.file it is hidden, and may be written to all the same.
      return { id: ROOT, mimeType: FOLDER };
    });
    const id = memberOf(answer, "id");
    const drive = memberOf(answer, "driveId");
    const where = { bucket: this.name };
    if (typeof id !== "string" || memberOf(answer, "mimeType") !== FOLDER) {
      throw new NotFoundError(`${this.name} is no folder: give the id of one`, where);
    }
    // In both, nothing would be found, and what is written there would not be seen.
    if (memberOf(answer, "trashed") === true) {
      throw new NotFoundError(`${this.name} is in the trash: restore the folder, or give another`, where);
    }
    if (driveId !== undefined && drive !== driveId) {
      throw new InvalidArgumentError(
        `${this.name} is not in the shared drive ${driveId}: give the \`folderId\` alone`,
        where,
      );
    }
    return id;
  }
}

/** What a key stands for, of the files that were found beside others. */
function foundKey(key: string, location: KeyLocation, files: readonly DriveFile[]): FoundKey {
  const same = files.filter((file) => file.name === location.name).sort(oldestFirst);
  return { key, location, files: same.filter(hasBytes), isDocument: same.some((file) => !hasBytes(file)) };
}

/** Keys in one folder each, and few enough for one query. */
function* batchesOf(keys: readonly string[]): Generator<Map<string, KeyLocation>, void, void> {
  const byFolder = new Map<string, string[]>();
  for (const key of keys) {
    const folder = JSON.stringify(locationOf(key).folders);
    const group = byFolder.get(folder);
    if (group) group.push(key);
    else byFolder.set(folder, [key]);
  }
  for (const group of byFolder.values()) {
    let batch = new Map<string, KeyLocation>();
    let bytes = 0;
    for (const key of group) {
      const location = locationOf(key);
      const length = encodeURIComponent(location.name).length;
      if (batch.size > 0 && (bytes + length > QUERY || batch.size === NAMES)) {
        yield batch;
        batch = new Map();
        bytes = 0;
      }
      batch.set(key, location);
      bytes += length;
    }
    if (batch.size > 0) yield batch;
  }
}
