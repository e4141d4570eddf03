import { NotFoundError } from "../../lib/errors.ts";
import type { DriveFile } from "./file.ts";
import type { Files, ListOptions } from "./files.ts";
import { within } from "./query.ts";
import type { Recent } from "./recent.ts";
import { ROOT } from "./types.ts";

/** Where files are looked for: in Drive, and in what is known better. */
export interface Sources {
  /** Asks Drive. */
  readonly files: Files;
  /** What was written of late. */
  readonly recent: Recent;
}

/** How folders are looked into. */
export interface WithinOptions extends ListOptions {
  /** A folder that is gone has nothing in it. */
  readonly passOverGone?: boolean;
}

/**
 * What there is in some folders. Each of them is asked for by itself: of several at once, Drive sometimes overlooks what is in some. Most often there is one.
 *
 * @param term What of a folder is asked for, as a query; `undefined` for all.
 * @param wanted The same, of what was found: Drive's answer may have more, and what was written of late is not asked for.
 * @throws {NotFoundError} when one of the folders is gone, unless that is passed over.
 */
export async function filesWithin(
  { files, recent }: Sources,
  folders: readonly string[],
  term: string | undefined,
  wanted: (file: DriveFile) => boolean,
  options: WithinOptions = {},
): Promise<DriveFile[]> {
  const { key, signal } = options;
  const get = (id: string) => files.get(id, { operation: "files.get", key }, signal);
  const found: DriveFile[] = [];
  for (const folder of folders) {
    const q = term === undefined ? within([folder]) : `${within([folder])} and ${term}`;
    try {
      // The index may be behind what is told of a file: moved ones tell where they are by now.
      const listed = (await files.list(q, options)).filter(({ parents }) =>
        parents.length === 0 || parents.includes(folder) || folder === ROOT
      );
      for (const file of await recent.correct(listed, [folder], wanted, get)) found.push(file);
    } catch (error) {
      if (!options.passOverGone || !(error instanceof NotFoundError)) throw error;
    }
  }
  return found;
}
