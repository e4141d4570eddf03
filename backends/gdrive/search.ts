/**
 * Queries: what there is in folders, all of it or what has some names, in Drive and in what is known better.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/ref-search-terms
 *
 * @module
 */
import { isGone } from "./errors.ts";
import { type DriveFile, FOLDER, isFolder, ROOT } from "./file.ts";
import type { FileListOptions, Files } from "./files.ts";
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
      if (!options.passOverGone || !isGone(error)) throw error;
    }
  }
  return found;
}

/**
 * The files of some names in some folders, or the folders of these names in them.
 *
 * Names with quotes or backslashes are not always found by what Drive's index makes of them, and such that begin with one never (rclone/rclone#3262): where they aren't, all
 * that is in the folders is looked at.
 */
export async function findNamed(
  sources: Sources,
  folders: readonly string[],
  names: readonly string[],
  kind: "files" | "folders",
  options: FileListOptions = {},
): Promise<DriveFile[]> {
  // Drive compares names without regard to case.
  const wanted = (file: DriveFile) =>
    isFolder(file) === (kind === "folders") && names.includes(file.name) && !file.trashed;
  const type = `mimeType${kind === "folders" ? "=" : "!="}${quotedTerm(FOLDER)}`;
  const term = `${type} and ${anyOf(names.map((name) => `name=${quotedTerm(name)}`))}`;
  const found = await findInFolders(sources, folders, term, wanted, options);
  const isMissed = names.some((name) => /['\\]/.test(name) && !found.some((file) => file.name === name));
  return isMissed ? await findInFolders(sources, folders, type, wanted, options) : found;
}
