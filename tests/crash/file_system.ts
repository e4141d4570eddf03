/**
 * Puts other files beneath the product. `lib/file_access.ts` asks the runtime for `node:fs` and uses nine of its functions and open files: what stands in for them here may count,
 * stop or remember what is done, or be no disk at all. The product has no seam for it and needs none.
 */
import * as nodeFs from "node:fs";
import process from "node:process";

/** What the product asks of a file or a name. */
export interface Stat {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeMs: bigint;
  readonly ctimeMs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** An open file, as far as the product uses it. */
export interface Handle {
  read(view: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  write(
    view: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }>;
  stat(options: { bigint: true }): Promise<Stat>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A name in a directory. */
export interface Entry extends Pick<Stat, "isFile" | "isDirectory" | "isSymbolicLink"> {
  readonly name: string;
}

/** `node:fs`'s promises, as far as the product uses them. */
export interface FileSystem {
  open(path: string, flags: number | string, mode?: number): Promise<Handle>;
  lstat(path: string, options: { bigint: true }): Promise<Stat>;
  realpath(path: string): Promise<string>;
  readdir(path: string, options: { withFileTypes: true }): Promise<Entry[]>;
  mkdir(path: string, options: { recursive: boolean; mode?: number }): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  copyFile(from: string, to: string, mode: number): Promise<void>;
  utimes(path: string, accessed: Date, modified: Date): Promise<void>;
}

/** The runtime's own. */
export const realFiles: FileSystem = nodeFs.promises;

let current: FileSystem = realFiles;

/** What this thread's product uses from now on. Each test file is a thread with modules of its own, so that others see nothing of it. */
export function useFiles(files: FileSystem): void {
  current = files;
}

// The product keeps the functions that it was given first, so these look each time.
const promises: FileSystem = {
  open: (...all) => current.open(...all),
  lstat: (...all) => current.lstat(...all),
  realpath: (...all) => current.realpath(...all),
  readdir: (...all) => current.readdir(...all),
  mkdir: (...all) => current.mkdir(...all),
  rmdir: (...all) => current.rmdir(...all),
  rename: (...all) => current.rename(...all),
  link: (...all) => current.link(...all),
  unlink: (...all) => current.unlink(...all),
  copyFile: (...all) => current.copyFile(...all),
  utimes: (...all) => current.utimes(...all),
};

const builtin = process.getBuiltinModule.bind(process);
Object.defineProperty(process, "getBuiltinModule", {
  value: (name: string) => name === "node:fs" ? { constants: nodeFs.constants, promises } : builtin(name),
});

/** The files with something that happens before each operation but closing, which may throw in its stead. */
export function watchedFiles(
  files: FileSystem,
  before: (operation: string, path: string) => void,
): FileSystem {
  const watched = (handle: Handle, path: string): Handle => ({
    read: (...all) => (before("read", path), handle.read(...all)),
    write: (...all) => (before("write", path), handle.write(...all)),
    stat: (...all) => (before("fstat", path), handle.stat(...all)),
    sync: () => (before("sync", path), handle.sync()),
    close: () => handle.close(),
  });
  return {
    open: async (path, ...all) => (before("open", path), watched(await files.open(path, ...all), path)),
    lstat: (path, ...all) => (before("lstat", path), files.lstat(path, ...all)),
    realpath: (path) => (before("realpath", path), files.realpath(path)),
    readdir: (path, ...all) => (before("readdir", path), files.readdir(path, ...all)),
    mkdir: (path, ...all) => (before("mkdir", path), files.mkdir(path, ...all)),
    rmdir: (path) => (before("rmdir", path), files.rmdir(path)),
    rename: (from, to) => (before("rename", to), files.rename(from, to)),
    link: (from, to) => (before("link", to), files.link(from, to)),
    unlink: (path) => (before("unlink", path), files.unlink(path)),
    copyFile: (from, to, mode) => (before("copyFile", to), files.copyFile(from, to, mode)),
    utimes: (path, ...all) => (before("utimes", path), files.utimes(path, ...all)),
  };
}
