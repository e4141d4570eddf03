/**
 * The requests of Drive's API that find, make, change and delete files and folders, and no more.
 *
 * Source: https://developers.google.com/workspace/drive/api/reference/rest/v3/files; of queries
 * https://developers.google.com/workspace/drive/api/guides/ref-search-terms
 *
 * @module
 */
import { concat } from "../../lib/bytes.ts";
import { isUncertain } from "../transport/mod.ts";
import { AccessDeniedError, CottonCandyError, NotFoundError } from "../../lib/errors.ts";
import { SingleFlight } from "../../lib/async.ts";
import type { DriveCallOptions, DriveClient } from "./client.ts";
import { type DriveCall, driveStatusOf } from "./errors.ts";
import { type DriveFile, FILE_FIELDS, fileOf, FOLDER, memberOf, ROOT } from "./file.ts";
import type { ListingOverlay } from "./listing_overlay.ts";

/** A string as queries hold it. */
export function quotedTerm(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** At least one of several terms holds. */
export function anyOf(terms: readonly string[]): string {
  return terms.length === 1 ? terms[0] : `(${terms.join(" or ")})`;
}

/** What is in one of these folders, and not in the trash. */
export function inFolders(parents: readonly string[]): string {
  return `trashed=false and ${anyOf(parents.map((id) => `${quotedTerm(id)} in parents`))}`;
}

/** Without it, Drive knows nothing of shared drives. */
export const ALL_DRIVES = { supportsAllDrives: "true" } as const;

/** Says that a body is JSON. */
export const JSON_BODY = { "content-type": "application/json; charset=UTF-8" } as const;

/** Files that Drive tells of in one answer. */
const PAGE = 1000;
/** Ids that are asked for at once. */
const IDS = 50;

/** How files are listed. */
interface FileListOptions {
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
   * @param driveId Gives the shared drive, if it is one.
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

  /** The files that a query finds, in no order, a page after the other. */
  async *pages(q: string, options: FileListOptions = {}): AsyncGenerator<DriveFile[], void, void> {
    const { key, signal, pageSize = PAGE } = options;
    const call: DriveCall = { operation: "files.list", key };
    const where = { key, bucket: this.client.name };
    const driveId = await this.#driveId(signal);
    const query: Record<string, string> = {
      ...ALL_DRIVES,
      includeItemsFromAllDrives: "true",
      ...(driveId === undefined ? {} : { corpora: "drive", driveId }),
      q,
      pageSize: `${Math.max(1, Math.min(PAGE, Math.floor(pageSize)))}`,
      fields: `nextPageToken,incompleteSearch,files(${FILE_FIELDS})`,
    };
    while (true) {
      const answer = await this.client.json(call, { method: "GET", path: "/drive/v3/files", query }, {
        signal,
      });
      const files = memberOf(answer, "files");
      if (!Array.isArray(files)) {
        throw new CottonCandyError("Drive's answer to files.list tells of no files", where);
      }
      if (memberOf(answer, "incompleteSearch") === true) {
        throw new CottonCandyError(
          "Drive says that it has not looked everywhere (incompleteSearch): give the shared drive's `driveId`",
          where,
        );
      }
      yield files.map(fileOf);
      const next = memberOf(answer, "nextPageToken");
      if (typeof next !== "string" || next === "") return;
      query.pageToken = next;
    }
  }

  /** A file by its id, as it is now; `undefined` when there is none, or it is in the trash. */
  async get(id: string, call: DriveCall, signal?: AbortSignal): Promise<DriveFile | undefined> {
    const file = await this.look(id, call, signal);
    return file?.trashed ? undefined : file;
  }

  /** A file by its id, as it is now, also in the trash; `undefined` when there is none. */
  async look(id: string, call: DriveCall, signal?: AbortSignal): Promise<DriveFile | undefined> {
    try {
      return fileOf(
        await this.client.json(call, {
          method: "GET",
          path: `/drive/v3/files/${id}`,
          query: { ...ALL_DRIVES, fields: FILE_FIELDS },
        }, { signal }),
      );
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
      this.client.json(call, {
        method: "POST",
        path: "/drive/v3/files",
        query: { ...ALL_DRIVES, fields: FILE_FIELDS },
        headers: JSON_BODY,
        body: JSON.stringify({ id, name, mimeType: FOLDER, parents: [parent] }),
      }, { signal }));
  }

  /** What a create gave, also where an earlier attempt did it and its answer was lost. */
  async created(id: string, call: DriveCall, create: () => Promise<unknown>): Promise<DriveFile> {
    try {
      return fileOf(await create());
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
      await this.client.call(call, { method: "DELETE", path: `/drive/v3/files/${id}`, query: ALL_DRIVES }, {
        signal,
        accept: [404],
      });
      return undefined;
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
      return await this.patch(id, { trashed: true }, call, { signal });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** Changes a file, but not its bytes. */
  async patch(
    id: string,
    change: Readonly<Record<string, unknown>>,
    call: DriveCall,
    options: DriveCallOptions = {},
  ): Promise<DriveFile> {
    return fileOf(
      await this.client.json(call, {
        method: "PATCH",
        path: `/drive/v3/files/${id}`,
        query: { ...ALL_DRIVES, fields: FILE_FIELDS },
        headers: JSON_BODY,
        body: JSON.stringify(change),
      }, options),
    );
  }
}

/** Where files are looked for: in Drive, and in what is known better. */
export interface Sources {
  /** Asks Drive. */
  readonly files: Files;
  /** What was written of late. */
  readonly overlay: ListingOverlay;
}

/**
 * What there is in some folders. Each of them is asked for by itself: of several at once, Drive sometimes overlooks what is in some. Most often there is one.
 *
 * @param term What of a folder is asked for, as a query; `undefined` for all.
 * @param wanted The same, of what was found: Drive's answer may have more, and what was written of late is not asked for.
 * @throws {NotFoundError} when one of the folders is gone, unless that is passed over.
 */
export async function findInFolders(
  { files, overlay }: Sources,
  folders: readonly string[],
  term: string | undefined,
  wanted: (file: DriveFile) => boolean,
  options: FileListOptions = {},
): Promise<DriveFile[]> {
  const { key, signal } = options;
  const get = (id: string) => files.get(id, { operation: "files.get", key }, signal);
  const found: DriveFile[] = [];
  for (const folder of folders) {
    const q = term === undefined ? inFolders([folder]) : `${inFolders([folder])} and ${term}`;
    try {
      // The index may be behind what is told of a file: moved ones tell where they are by now.
      const listed = (await files.list(q, options)).filter(({ parents }) =>
        parents.length === 0 || parents.includes(folder) || folder === ROOT
      );
      for (const file of await overlay.correct(listed, [folder], wanted, get)) found.push(file);
    } catch (error) {
      if (!options.passOverGone || !(error instanceof NotFoundError)) throw error;
    }
  }
  return found;
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
