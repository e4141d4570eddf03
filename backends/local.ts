/**
 * Objects as files of a directory, shared with Python's local backend.
 *
 * @module
 */
export { LocalBackend, type LocalOptions } from "./local/backend.ts";
export type { DirectoryEntry, FileAccess, FileKind, FileStat, OpenFile } from "../lib/files.ts";
