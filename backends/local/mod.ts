/**
 * Objects as files of a directory, shared with Python's local backend.
 *
 * @module
 */

export { LocalBackend, type LocalOptions } from "./backend.ts";
export type { DirectoryEntry, FileAccess, FileKind, FileStat, OpenFile } from "../../lib/file_access.ts";
