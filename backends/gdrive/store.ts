import { InvalidArgumentError, NotFoundError } from "../../lib/errors.ts";
import { asError } from "../../lib/error_context.ts";
import { SingleFlight } from "../../lib/async.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import { HttpHandler, RetryPolicy, timeoutsOf } from "../transport/mod.ts";
import { normalCredentials, tokenSourceOf } from "./auth/mod.ts";
import { DriveClient } from "./client.ts";
import { driveVerdict } from "./errors.ts";
import { type DriveFile, FOLDER, hasBytes, isAt, isFolder, memberOf, oldestFirst, ROOT } from "./file.ts";
import { ALL_DRIVES, anyOf, Files, findInFolders, quotedTerm } from "./files.ts";
import { Folders, type KeyLocation, locationOf } from "./folders.ts";
import type { ListingOverlay } from "./listing_overlay.ts";
import { checkDriveOptions, type GDriveOptions } from "./options.ts";
import { type Locks, type Shared, sharedBy } from "./shared.ts";

/** Bytes of names that one query asks for: addresses have no room for more. */
const QUERY = 1500;
/** Names that one query asks for. */
const NAMES = 40;

/** The root: its folder, and the shared drive that it is in. */
interface Root {
  readonly id: string;
  readonly driveId?: string;
}

/** What a key stands for. */
export interface FoundKey {
  /** The key. */
  readonly key: string;
  /** Where it is. */
  readonly place: KeyLocation;
  /** All files that the key stands for, the oldest first: that one counts. */
  readonly files: readonly DriveFile[];
  /** There is a document of Google's of that name, which has no bytes. */
  readonly isDocument: boolean;
}

/** A request for some of several keys. */
interface Lookup {
  /** Which of them. */
  readonly indexes: readonly number[];
  /** Makes it. */
  look(): Promise<FoundKey[]>;
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
  /** What it has in common with others that open the same drive. */
  readonly #shared: Shared;
  readonly #askingRoot = new SingleFlight((signal) => this.#askRoot(signal));
  #root: Root | undefined;

  /** A drive; nothing is sent yet. */
  constructor(options: GDriveOptions) {
    checkDriveOptions(options);
    const credentials = normalCredentials(options.credentials);
    const { endpoint = "https://www.googleapis.com", driveId, folderId } = options;
    const timeouts = timeoutsOf(options.timeout);
    const http = new HttpHandler(timeouts);
    const policy = new RetryPolicy(options.retries);
    this.options = options;
    this.name = `gdrive://${folderId ?? driveId ?? ""}`;
    this.client = new DriveClient({
      endpoint,
      name: this.name,
      tokens: tokenSourceOf(credentials, http, policy),
      http,
      policy,
      timeouts,
    });
    this.files = new Files(this.client, (signal) => this.#driveId(signal));
    this.#shared = sharedBy(credentials, { endpoint: new URL(endpoint).href, driveId, folderId });
    const root = async (signal?: AbortSignal) => (await this.#findRoot(signal)).id;
    this.folders = new Folders(this, root, undefined, this.#shared.folders);
  }

  /** What was written of late. */
  get overlay(): ListingOverlay {
    return this.#shared.overlay;
  }

  /** Keep those apart who write to one key. */
  get locks(): Locks {
    return this.#shared.locks;
  }

  /** Keys of objects whose place a copy is taking. */
  get beingReplaced(): Set<string> {
    return this.#shared.beingReplaced;
  }

  /** What a key stands for. */
  async find(key: string, signal?: AbortSignal, onWarning?: OnWarning): Promise<FoundKey> {
    const [{ look }] = this.#lookups([key], signal);
    const [found] = await look();
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
      if (file && isAt(file, found.place.name, before.parents) && hasBytes(file)) files.push(file);
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
    const now = await this.look(file, key, signal);
    return now?.trashed ? undefined : now;
  }

  /** The same, also in the trash. */
  async look(file: DriveFile, key: string, signal?: AbortSignal): Promise<DriveFile | undefined> {
    const now = await this.files.look(file.id, { operation: "files.get", key }, signal);
    if (!now || now.trashed) this.overlay.removed(file, file.parents[0] ?? "", file.version);
    else if (now.version > file.version) this.overlay.wrote(now, now.parents[0] ?? file.parents[0] ?? "");
    return now;
  }

  /** What keys stand for, in their order: those in one folder are asked for together. Where some can't be looked up, their error stands in their place. */
  async findEach(keys: readonly string[], signal?: AbortSignal): Promise<(FoundKey | Error)[]> {
    const found = new Array<FoundKey | Error>(keys.length);
    let failed = 0;
    let out: Error | undefined;
    for (const { indexes, look } of this.#lookups(keys, signal)) {
      const some: FoundKey[] | Error = out ?? await look().catch((error: unknown) => {
        signal?.throwIfAborted();
        return asError(error);
      });
      failed = some instanceof Error && driveVerdict(some.cause).again ? failed + 1 : 0;
      // Each was tried for minutes: Drive is out of reach, and the others would be tried as long.
      if (some instanceof Error && failed === 2) out = some;
      for (const [i, index] of indexes.entries()) found[index] = some instanceof Error ? some : some[i];
    }
    return found;
  }

  /** The requests by which keys are looked up, and which keys each is for. */
  *#lookups(keys: readonly string[], signal: AbortSignal | undefined): Generator<Lookup, void, void> {
    const places = keys.map(locationOf);
    const byFolder = new Map<string, { readonly folders: readonly string[]; readonly indexes: number[] }>();
    for (const [index, { folders }] of places.entries()) {
      const at = JSON.stringify(folders);
      const group = byFolder.get(at) ?? { folders, indexes: [] };
      group.indexes.push(index);
      byFolder.set(at, group);
    }
    for (const { folders, indexes } of byFolder.values()) {
      for (const batch of batches(indexes, (index) => places[index].name)) {
        const names = batch.map((index) => places[index].name);
        const look = async () => {
          const key = batch.length === 1 ? keys[batch[0]] : undefined;
          const files = await this.#named(folders, names, key, signal);
          return batch.map((index): FoundKey => {
            const place = places[index];
            const same = files.filter((file) => file.name === place.name).sort(oldestFirst);
            return {
              key: keys[index],
              place,
              files: same.filter(hasBytes),
              isDocument: same.some((file) => !hasBytes(file)),
            };
          });
        };
        yield { indexes: batch, look };
      }
    }
  }

  /** Files, folders excepted, of some names in the folders of a path. */
  async #named(
    path: readonly string[],
    names: readonly string[],
    key: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<DriveFile[]> {
    // Drive compares names without regard to case.
    const wanted = (file: DriveFile) => !isFolder(file) && names.includes(file.name) && !file.trashed;
    const term = `mimeType!=${quotedTerm(FOLDER)} and ${
      anyOf(names.map((name) => `name=${quotedTerm(name)}`))
    }`;
    for (let again = false;; again = true) {
      const parents = await this.folders.find(path, signal);
      if (parents.length === 0) return [];
      try {
        return await findInFolders(this, parents, term, wanted, {
          key,
          signal,
          // Listings may go on showing a folder that is gone; but without the root, nothing is known.
          passOverGone: again && path.length > 0,
        });
      } catch (error) {
        // A folder was deleted since it was found.
        if (again || !(error instanceof NotFoundError)) throw error;
        this.folders.forget(path);
      }
    }
  }

  async #driveId(signal?: AbortSignal): Promise<string | undefined> {
    const { driveId, folderId } = this.options;
    // Where both are given, whether they fit is looked at first.
    if (folderId === undefined) return driveId;
    return (await this.#findRoot(signal)).driveId;
  }

  /** The root, asked for once; again where that failed. */
  async #findRoot(signal?: AbortSignal): Promise<Root> {
    return this.#root ??= await this.#askingRoot.run(signal);
  }

  async #askRoot(signal: AbortSignal): Promise<Root> {
    const { driveId, folderId } = this.options;
    if (folderId === undefined && driveId !== undefined) return { id: driveId, driveId };
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
    return { id, driveId: typeof drive === "string" ? drive : undefined };
  }
}

/** Cuts up items so that the names of each lot fit into one query. */
function* batches<T>(items: readonly T[], nameOf: (item: T) => string): Generator<T[], void, void> {
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const length = encodeURIComponent(nameOf(item)).length;
    if (batch.length > 0 && (bytes + length > QUERY || batch.length === NAMES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += length;
  }
  if (batch.length > 0) yield batch;
}
