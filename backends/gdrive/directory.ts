import { InvalidArgumentError } from "../../lib/errors.ts";
import { checkKey, compareKeys } from "../arguments.ts";
import { type DriveFile, hasBytes, isFolder, oldestFirst } from "./file.ts";
import { endOf, MAX_DEPTH, partOf } from "./folders.ts";

/** An object in a directory. */
export interface ObjectEntry {
  readonly key: string;
  /** All files of that name, the oldest first: that one counts. */
  readonly files: readonly DriveFile[];
}

/** A directory in a directory: all folders of one name. */
export interface DirectoryEntry {
  /** Ends in a slash. */
  readonly key: string;
  /** The folders' ids. */
  readonly ids: readonly string[];
  /** How many folders it is below the root. */
  readonly depth: number;
  /** What is in it, once that was asked for. */
  contents?: Contents;
}

/** What is left out of listings. */
export interface LeftOut {
  readonly key: string;
  /** Why, and what to do. */
  readonly why: string;
}

/** What is in a directory. */
export interface Contents {
  /** In the order of their keys. */
  readonly entries: readonly (ObjectEntry | DirectoryEntry)[];
  /** What no key stands for. */
  readonly leftOut: readonly LeftOut[];
  /** Files and folders in all. */
  readonly size: number;
}

/**
 * What is in a directory.
 *
 * @param children The files and folders in its folders.
 * @param prefix Its key.
 * @param depth How many folders it is below the root.
 */
export function contentsOf(children: readonly DriveFile[], prefix: string, depth: number): Contents {
  const files = new Map<string, DriveFile[]>();
  const folders = new Map<string, DriveFile[]>();
  const leftOut: LeftOut[] = [];
  for (const file of children) {
    const why = reasonToLeaveOut(file, prefix, depth);
    if (why !== undefined) {
      leftOut.push({ key: prefix + file.name, why });
      continue;
    }
    const group = isFolder(file) ? folders : files;
    const key = isFolder(file) ? `${prefix}${partOf(file.name)}/` : `${prefix}${endOf(file.name, depth)}`;
    const same = group.get(key);
    if (same) same.push(file);
    else group.set(key, [file]);
  }
  const entries: (ObjectEntry | DirectoryEntry)[] = [];
  for (const [key, same] of files) entries.push({ key, files: same.sort(oldestFirst) });
  for (const [key, same] of folders) {
    entries.push({ key, ids: same.sort(oldestFirst).map(({ id }) => id), depth: depth + 1 });
  }
  return { entries: entries.sort((a, b) => compareKeys(a.key, b.key)), leftOut, size: children.length };
}

function reasonToLeaveOut(file: DriveFile, prefix: string, depth: number): string | undefined {
  if (isFolder(file)) {
    // Of keys that are so long, the rest is a file's name.
    if (depth === MAX_DEPTH) return `it is a folder in ${MAX_DEPTH} others: move it up`;
    return partOf(file.name) === undefined ? "its name has a slash: rename it" : undefined;
  }
  if (!hasBytes(file)) return "it is a document of Google's, or a shortcut, and has no bytes";
  const end = endOf(file.name, depth);
  if (end === undefined) return "its name has a slash: rename it";
  return isKey(prefix + end) ? undefined : "no key is empty, or so long: rename it";
}

function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return false;
    throw error;
  }
}
