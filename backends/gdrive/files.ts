/**
 * The requests of Drive's API that find, make, change and delete files and folders, and no more.
 *
 * Source: https://developers.google.com/workspace/drive/api/reference/rest/v3/files
 *
 * @module
 */
import { concat } from "../../lib/bytes.ts";
import type { Owner } from "../backend.ts";
import { isUncertain } from "../transport/mod.ts";
import { AccessDeniedError, CottonCandyError, NotFoundError } from "../../lib/errors.ts";
import { SingleFlight } from "../../lib/async.ts";
import type { DriveCallOptions, DriveClient } from "./client.ts";
import { type DriveCall, driveStatusOf, parseBody } from "./errors.ts";
import { type DriveFile, FILE_FIELDS, fileOf, FOLDER, memberOf } from "./file.ts";

/** Without it, Drive knows nothing of shared drives. */
export const ALL_DRIVES = { supportsAllDrives: "true" } as const;

/** Says that a body is JSON. */
export const JSON_BODY = { "content-type": "application/json; charset=UTF-8" } as const;

/** Files that Drive tells of in one answer. */
const PAGE = 1000;
/** Ids that are asked for at once. */
const IDS = 50;
/** How often a listing begins anew whose place Drive has forgotten. */
const RESTARTS = 5;
/** Pages in a row that may bring nothing new: Drive may give empty ones, but not for ever. */
const BARREN = 1000;

/** How files are listed. */
export interface FileListOptions {
  /** The object concerned, for messages. */
  readonly key?: string;
  /** Ends it with its reason. */
  readonly signal?: AbortSignal;
  /** Files that Drive tells of in one answer; default and at most 1000. */
  readonly pageSize?: number;
  /** A folder that is gone has nothing in it. */
  readonly passOverGone?: boolean;
}

/** Where files are looked for and made: the requests of Drive's API that are needed, and no more. */
export class Files {
  /** Makes the requests. */
  readonly client: DriveClient;
  readonly #driveId: (signal?: AbortSignal) => Promise<string | undefined>;
  readonly #ids: string[] = [];
  readonly #fetchingIds = new SingleFlight((signal) => this.#fetchIds(signal));

  /**
   * The files of a drive.
   *
   * @param driveId Gives the shared drive that was named. Only members may ask for all of a drive, and what is shared with others by itself they find without.
   */
  constructor(client: DriveClient, driveId: (signal?: AbortSignal) => Promise<string | undefined>) {
    this.client = client;
    this.#driveId = driveId;
  }

  /** All files that a query finds, each once. */
  async list(q: string, options: FileListOptions = {}): Promise<DriveFile[]> {
    const found = new Map<string, DriveFile>();
    // What changes meanwhile may be on two pages.
    for await (const page of this.pages(q, options)) for (const file of page) found.set(file.id, file);
    return [...found.values()];
  }

  /**
   * The files that a query finds, in no order, a page after the other. Where Drive refuses to go on, from the first page on once more, as it asks for: some come twice then.
   *
   * Source: https://developers.google.com/workspace/drive/api/reference/rest/v3/files/list, "nextPageToken".
   */
  async *pages(q: string, options: FileListOptions = {}): AsyncGenerator<DriveFile[], void, void> {
    const { key, signal, pageSize = PAGE } = options;
    const driveId = await this.#driveId(signal);
    const query: Record<string, string> = {
      ...ALL_DRIVES,
      includeItemsFromAllDrives: "true",
      ...(driveId === undefined ? {} : { corpora: "drive", driveId }),
      q,
      pageSize: `${Math.max(1, Math.min(PAGE, Math.floor(pageSize)))}`,
      fields: `nextPageToken,incompleteSearch,files(${FILE_FIELDS})`,
    };
    for (let restarts = 0;; restarts++) {
      try {
        return yield* this.#pagesOnce(query, options);
      } catch (error) {
        const status = driveStatusOf(error) ?? 0;
        if (query.pageToken === undefined || ![400, 404, 410].includes(status)) throw error;
        if (restarts < RESTARTS) continue;
        throw new CottonCandyError(
          `Drive began to list what there is ${
            restarts + 1
          } times, and each time refused to go on. Try again later.`,
          { key, bucket: this.client.name, cause: error },
        );
      }
    }
  }

  /** One go from the first page to the last; `query` has the token of the page that was asked for. */
  async *#pagesOnce(
    query: Record<string, string>,
    { key, signal }: FileListOptions,
  ): AsyncGenerator<DriveFile[], void, void> {
    const call: DriveCall = { operation: "files.list", key };
    const broken = (what: string) => new CottonCandyError(what, { key, bucket: this.client.name });
    const ids = new Set<string>();
    const tokens = new Set<string>();
    delete query.pageToken;
    for (let barren = 0; barren < BARREN;) {
      const answer = await this.client.json(call, { method: "GET", path: "/drive/v3/files", query }, {
        signal,
      });
      const listed = memberOf(answer, "files");
      if (!Array.isArray(listed)) throw broken("Drive's answer to files.list tells of no files");
      if (memberOf(answer, "incompleteSearch") === true) {
        throw broken(
          "Drive says that it has not looked everywhere (incompleteSearch): give the shared drive's `driveId`",
        );
      }
      const files = listed.map(fileOf);
      const known = ids.size;
      for (const file of files) {
        this.client.learnResourceKey(file);
        ids.add(file.id);
      }
      barren = ids.size > known ? 0 : barren + 1;
      yield files;
      const next = memberOf(answer, "nextPageToken");
      if (typeof next !== "string" || next === "") return;
      if (tokens.has(next)) break;
      tokens.add(next);
      query.pageToken = next;
    }
    throw broken("Drive's listing comes to no end: its pages bring nothing new, or lead back to each other");
  }

  /** A file by its id, as it is now; `undefined` when there is none, or it is in the trash. */
  async get(id: string, call: DriveCall, signal?: AbortSignal): Promise<DriveFile | undefined> {
    const file = await this.look(id, call, signal);
    return file?.trashed ? undefined : file;
  }

  /** A file by its id, as it is now, also in the trash; `undefined` when there is none. */
  async look(id: string, call: DriveCall, signal?: AbortSignal): Promise<DriveFile | undefined> {
    try {
      return await this.client.file(id, call, {
        method: "GET",
        path: `/drive/v3/files/${id}`,
        query: { ...ALL_DRIVES, fields: FILE_FIELDS },
      }, { signal });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** An id for a new file. A create that names it can be repeated: it makes one file, however often. */
  async newId(signal?: AbortSignal): Promise<string> {
    while (true) {
      const id = this.#ids.pop();
      if (id !== undefined) return id;
      await this.#fetchingIds.run(signal);
    }
  }

  async #fetchIds(signal: AbortSignal): Promise<void> {
    const answer = await this.client.json({ operation: "files.generateIds" }, {
      method: "GET",
      path: "/drive/v3/files/generateIds",
      query: { count: `${IDS}`, space: "drive", type: "files" },
    }, { signal });
    const ids = memberOf(answer, "ids");
    const usable = Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
    if (usable.length === 0) throw new CottonCandyError("Drive gave no ids for new files");
    this.#ids.push(...usable);
  }

  /** Makes a folder. */
  async createFolder(
    name: string,
    parent: string,
    call: DriveCall,
    signal?: AbortSignal,
  ): Promise<DriveFile> {
    const id = await this.newId(signal);
    return await this.created(id, call, () =>
      this.client.file(id, call, {
        method: "POST",
        path: "/drive/v3/files",
        query: { ...ALL_DRIVES, fields: FILE_FIELDS },
        headers: JSON_BODY,
        body: JSON.stringify({ id, name, mimeType: FOLDER, parents: [parent] }),
      }, { signal }));
  }

  /** What a create gave, also where an earlier attempt did it and its answer was lost. */
  async created(id: string, call: DriveCall, create: () => Promise<DriveFile>): Promise<DriveFile> {
    try {
      return await create();
    } catch (error) {
      // Nobody else has the id.
      if (driveStatusOf(error) !== 409) throw error;
      const file = await this.look(id, call);
      if (!file) throw error;
      return file;
    }
  }

  /**
   * Deletes a file for good; into the trash where only that is allowed, as in shared drives for those who are no managers.
   *
   * @returns The file as it is in the trash, if that is where it went.
   */
  async discard(id: string, call: DriveCall, signal?: AbortSignal): Promise<DriveFile | undefined> {
    try {
      const path = `/drive/v3/files/${id}`;
      const { statusCode, body } = await this.client.call(
        call,
        { method: "DELETE", path, query: ALL_DRIVES },
        {
          signal,
          accept: [404],
        },
      );
      const isSaid = statusCode === 204 ||
        (statusCode === 404 && memberOf(parseBody(body), "error") !== undefined);
      if (isSaid) return undefined;
      throw new CottonCandyError(
        `the answer to ${call.operation} (HTTP ${statusCode}) doesn't say that "${
          call.key ?? id
        }" was deleted: it isn't Drive's. Check whether a proxy, or a network's login, stands between.`,
        { key: call.key, bucket: this.client.name, committed: "unknown" },
      );
    } catch (error) {
      if (!(error instanceof AccessDeniedError) || driveStatusOf(error) !== 403) throw error;
      return await this.trash(id, call, signal).catch((second) => {
        // Where this is refused too, the first refusal says more.
        throw isUncertain(second) ? second : error;
      });
    }
  }

  /** Moves a file to the trash; `undefined` when there is none. */
  async trash(id: string, call: DriveCall, signal?: AbortSignal): Promise<DriveFile | undefined> {
    try {
      const file = await this.patch(id, { trashed: true }, call, { signal });
      if (file.trashed) return file;
      throw new CottonCandyError(
        `Drive was asked to move "${call.key ?? id}" to the trash, and doesn't say that it is there.`,
        { key: call.key, bucket: this.client.name, committed: "unknown" },
      );
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** Changes a file, but not its bytes; with `move` also the folder that it is in. */
  async patch(
    id: string,
    change: Readonly<Record<string, unknown>>,
    call: DriveCall,
    options: DriveCallOptions = {},
    move: { readonly addParents?: string; readonly removeParents?: string } = {},
  ): Promise<DriveFile> {
    return await this.client.file(id, call, {
      method: "PATCH",
      path: `/drive/v3/files/${id}`,
      query: { ...ALL_DRIVES, ...move, fields: FILE_FIELDS },
      headers: JSON_BODY,
      body: JSON.stringify(change),
    }, options);
  }

  /** What may be done with a file, and who may do the rest. */
  async rights(id: string, key: string, signal?: AbortSignal): Promise<FileRights> {
    const answer = await this.client.json({ operation: "files.get", key, writes: "later" }, {
      method: "GET",
      path: `/drive/v3/files/${id}`,
      query: {
        ...ALL_DRIVES,
        fields:
          "ownedByMe,owners(permissionId,displayName,emailAddress),capabilities(canDelete,canMoveItemWithinDrive,canRename,canTrash)",
      },
    }, { signal });
    const capabilities = memberOf(answer, "capabilities");
    const may = (what: string) => memberOf(capabilities, what) !== false;
    const owners = memberOf(answer, "owners");
    const first: unknown = Array.isArray(owners) ? owners[0] : undefined;
    const owner = memberOf(first, "emailAddress") ?? memberOf(first, "permissionId");
    const displayName = memberOf(first, "displayName");
    // In My Drive, only its owner may do either: https://developers.google.com/workspace/drive/api/guides/delete
    const isOwn = memberOf(answer, "ownedByMe") !== false;
    return {
      canRemove: isOwn && (may("canDelete") || may("canTrash")),
      canTrash: isOwn && may("canTrash"),
      canMove: may("canMoveItemWithinDrive") && may("canRename"),
      isOwn,
      owner: typeof owner !== "string"
        ? undefined
        : { id: owner, ...(typeof displayName === "string" ? { displayName } : {}) },
    };
  }
}

/** What may be done with a file. What Drive doesn't say may be, until it refuses. */
export interface FileRights {
  /** Delete it, or move it to the trash. */
  readonly canRemove: boolean;
  /** Move it to the trash. */
  readonly canTrash: boolean;
  /** Put it into another folder, under another name. */
  readonly canMove: boolean;
  /** Whether it is the caller's, or the shared drive's. */
  readonly isOwn: boolean;
  /** Whose it is; in a shared drive nobody's. */
  readonly owner?: Owner;
}

/** Whose a file is that may not be removed, and what to do, for messages; begins with "it". */
export function ownedBy({ owner, isOwn }: FileRights): string {
  return owner === undefined || isOwn
    ? "it takes a content manager of the shared drive, and a manager to delete it for good: ask one"
    : `it belongs to ${owner.id}, and only its owner may delete it or move it to the trash: ask them to, or to make you its owner`;
}

/**
 * A file's resource and its bytes in one body. `type` is the Content-Type header, which names the boundary.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/manage-uploads, "Perform a multipart upload"; RFC 2387.
 */
export function multipart(
  resource: unknown,
  mimeType: string,
  bytes: Uint8Array,
): { readonly type: string; readonly body: Uint8Array<ArrayBuffer> } {
  // Random, so that it is not in the bytes.
  const boundary = `cc-${crypto.randomUUID()}`;
  const encoder = new TextEncoder();
  const head = encoder.encode(
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resource)}\r\n` +
      `--${boundary}\r\nContent-Type: ${mimeType}\r\n\r\n`,
  );
  const body = concat(head, bytes, encoder.encode(`\r\n--${boundary}--\r\n`));
  return { type: `multipart/related; boundary=${boundary}`, body };
}
