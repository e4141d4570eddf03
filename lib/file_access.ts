/**
 * The one place where files are touched. Node's `fs` serves Deno, Node and Bun alike; it is asked for when it is first needed, so that
 * a browser bundle holds no import that it can't resolve.
 *
 * @module
 */
import { UnsupportedError } from "./errors.ts";

/** What stands at a path. Symbolic links are not followed. */
export type FileKind = "file" | "directory" | "link" | "other";

/** What the file system tells of a path or an open file. */
export interface FileStat {
  /** What it is. */
  readonly kind: FileKind;
  /** Its number in the file system. */
  readonly inode: string;
  /** Bytes. */
  readonly size: number;
  /** When its content last changed, in whole milliseconds since 1970. */
  readonly modified: number;
  /** When anything of it last changed, its name or its times among that, in milliseconds since 1970; nobody can set it. Deno cuts it to the second. */
  readonly changed: number;
}

/** An open file. */
export interface OpenFile {
  /** Reads into `view` from `position` on; gives the number of bytes, 0 at the end. */
  read(view: Uint8Array, position: number): Promise<number>;
  /** Writes some of `view` at `position`; gives the number of bytes. */
  write(view: Uint8Array, position: number): Promise<number>;
  /** What the file system tells of it. */
  stat(): Promise<FileStat>;
  /** Waits until it is on the medium. */
  sync(): Promise<void>;
  /** Closes it. */
  close(): Promise<void>;
}

/** A name in a directory. */
export interface DirectoryEntry {
  /** The last part of its path. */
  readonly name: string;
  /** What it is. */
  readonly kind: FileKind;
}

/**
 * The file operations that the local backend, and transfers from and to files, stand on. Failures are errors with Node's `code` (`"ENOENT"`).
 */
export interface FileAccess {
  /** Whether file names follow Windows's rules. */
  readonly windows: boolean;
  /** Whether names that differ only in case, or in the Unicode form of a letter, are one file, as on Windows's and macOS's disks unless told otherwise. */
  readonly foldsNames: boolean;
  /** An absolute path of a path or `file:` URL. */
  resolve(path: string | URL): string;
  /** A path below another. */
  join(path: string, ...segments: string[]): string;
  /** The path without symbolic links. */
  realpath(path: string): Promise<string>;
  /** Opens for reading; fails with `ELOOP` at a symbolic link, and never waits for a pipe's writer. */
  open(path: string): Promise<OpenFile>;
  /** Opens a file that is there for reading and writing; fails with `ELOOP` at a symbolic link. */
  reopen(path: string): Promise<OpenFile>;
  /**
   * Makes a new file and opens it for reading and writing; fails with `EEXIST`.
   *
   * @param mode Who may do what with it, as in `0o600`, less what the process's umask takes away; default `0o666`. Windows has no such modes.
   */
  create(path: string, mode?: number): Promise<OpenFile>;
  /** What stands at a path. */
  stat(path: string): Promise<FileStat>;
  /** What a directory holds, in no order. */
  readDirectory(path: string): Promise<DirectoryEntry[]>;
  /**
   * Makes a directory and those above it.
   *
   * @param mode Who may do what with those that are made, less what the umask takes away; default `0o777`.
   */
  makeDirectory(path: string, recursive: boolean, mode?: number): Promise<void>;
  /** Removes an empty directory. */
  removeDirectory(path: string): Promise<void>;
  /** Gives a file another name, over whatever file had it. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; fails with `EEXIST`. */
  link(from: string, to: string): Promise<void>;
  /** Removes a file's name. */
  unlink(path: string): Promise<void>;
  /** Copies a file to a new one, sharing blocks where the file system can. */
  copy(from: string, to: string): Promise<void>;
  /** Sets when a file's content last changed, in milliseconds since 1970. */
  setModified(path: string, time: number): Promise<void>;
  /** Waits until a directory's names are on the medium, where the system can. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Waits for a directory's advisory lock, which the system frees when the process ends. Where the runtime or file system has no such lock,
   * it is given at once.
   */
  lock(directory: string): Promise<() => void>;
}

/** The parts of Node's modules that are used here, as types only. */
type NodeFs = typeof import("node:fs");
type NodePath = typeof import("node:path");
type NodeUrl = typeof import("node:url");
type NodeOs = typeof import("node:os");

/**
 * File access of the runtime.
 *
 * @throws {UnsupportedError} where there are no files, as in a browser.
 */
export function platformFiles(): FileAccess {
  return platform ??= nodeFiles(
    builtin<NodeFs>("node:fs"),
    builtin<NodePath>("node:path"),
    builtin<NodeUrl>("node:url"),
    builtin<NodeOs>("node:os"),
  );
}

let platform: FileAccess | undefined;

function builtin<T>(name: string): T {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => unknown };
  };
  const module = process?.getBuiltinModule?.(name) as T | undefined;
  if (module) return module;
  throw new UnsupportedError(
    "there are no files here, as in a browser: they need Deno, Node or Bun. Use streams, MemoryBackend or a cloud store",
  );
}

function nodeFiles(fs: NodeFs, path: NodePath, url: NodeUrl, os: NodeOs): FileAccess {
  const { O_RDONLY, O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0, COPYFILE_FICLONE, COPYFILE_EXCL } = fs.constants;
  const files = fs.promises;
  const opened = (handle: Awaited<ReturnType<typeof files.open>>): OpenFile => ({
    read: async (view, position) => (await handle.read(view, 0, view.byteLength, position)).bytesRead,
    write: async (view, position) => (await handle.write(view, 0, view.byteLength, position)).bytesWritten,
    stat: async () => statOf(await handle.stat({ bigint: true })),
    sync: () => handle.sync(),
    close: () => handle.close(),
  });
  return {
    windows: path.sep === "\\",
    foldsNames: path.sep === "\\" || os.platform() === "darwin",
    resolve: (place) =>
      typeof place === "string" && !place.startsWith("file:")
        ? path.resolve(place)
        : url.fileURLToPath(place),
    join: (...parts) => path.join(...parts),
    realpath: (place) => files.realpath(place),
    open: async (place) => opened(await files.open(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)),
    reopen: async (place) => opened(await files.open(place, O_RDWR | O_NOFOLLOW | O_NONBLOCK)),
    create: async (place, mode) => opened(await files.open(place, "wx+", mode)),
    stat: async (place) => statOf(await files.lstat(place, { bigint: true })),
    readDirectory: async (place) =>
      (await files.readdir(place, { withFileTypes: true })).map((entry) => ({
        name: entry.name,
        kind: kindOf(entry),
      })),
    makeDirectory: async (place, recursive, mode) => void await files.mkdir(place, { recursive, mode }),
    removeDirectory: (place) => files.rmdir(place),
    rename: (from, to) => files.rename(from, to),
    link: (from, to) => files.link(from, to),
    unlink: (place) => files.unlink(place),
    copy: (from, to) => files.copyFile(from, to, COPYFILE_FICLONE | COPYFILE_EXCL),
    setModified: (place, time) => files.utimes(place, new Date(time), new Date(time)),
    async syncDirectory(place) {
      if (path.sep === "\\") return;
      const handle = await files.open(place, O_RDONLY);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    lock: denoLock,
  };
}

interface NodeType {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(entry: NodeType): FileKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}

function statOf(stat: NodeType & { ino: bigint; size: bigint; mtimeMs: bigint; ctimeMs: bigint }): FileStat {
  return {
    kind: kindOf(stat),
    inode: `${stat.ino}`,
    size: Number(stat.size),
    modified: Number(stat.mtimeMs),
    changed: Number(stat.ctimeMs),
  };
}

/** flock(2) on the directory; only Deno has it. Node and Bun coordinate within one process. */
async function denoLock(directory: string): Promise<() => void> {
  if (typeof Deno === "undefined" || Deno.build.os === "windows") return () => {};
  const file = await Deno.open(directory);
  try {
    await file.lock(true);
  } catch (error) {
    file.close();
    // Some network file systems have no locks: then only this process is kept in order.
    if (
      !(error instanceof Deno.errors.NotSupported) &&
      !hasCode(error, "ENOLCK", "ENOSYS", "EOPNOTSUPP", "ENOTSUP")
    ) {
      throw error;
    }
    return () => {};
  }
  return () => file.close();
}

/** The last moment at which a time may have been that was cut to the second. */
export function latest(time: number): number {
  return time % 1000 === 0 ? time + 999 : time;
}

/** Whether a second change may have the same time as this one, in milliseconds since 1970: Deno cuts that to the second, and a server's clock may be another. */
export function isFresh(changed: number): boolean {
  return changed > Date.now() - 2000;
}

/** Fills `view` with a file's bytes from `position` on; gives how many there were, which may be fewer where the file is being changed. */
export async function readFully(file: OpenFile, view: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < view.byteLength) {
    const count = await file.read(view.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Writes all of some bytes from `position` on. */
export async function writeFully(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let start = 0; start < bytes.byteLength;) {
    start += await file.write(bytes.subarray(start), position + start);
  }
}

// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
// deno-lint-ignore no-control-regex -- control characters are what Windows refuses
const NO_WINDOWS_NAME = /[\x00-\x1f<>:"\\|?*]|[ .]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Whether Windows takes a name, or a part of a path, for a file. */
export function isWindowsName(name: string): boolean {
  return !NO_WINDOWS_NAME.test(name);
}

/** Waits for what looks at a path; `undefined` where nothing is there, or what fails with one of `codes`. */
export async function unlessMissing<T>(work: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", ...codes)) return undefined;
    throw error;
  }
}

/** Whether an error of the platform has one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  const code = codeOf(error);
  return code !== undefined && codes.includes(code);
}

/** The code of an error of the platform, such as `"ENOENT"`; `undefined` for other errors. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  // Deno's file handles give the system's number in the message only.
  const number = /\(os error (\d+)\)$/.exec(error.message)?.[1];
  return number === undefined ? undefined : numbers().get(Number(number)) ?? `errno ${number}`;
}

let codes: Map<number, string> | undefined;

/** The platform's error codes by their numbers, which differ between systems. */
function numbers(): Map<number, string> {
  const { errno } = builtin<NodeOs>("node:os").constants;
  return codes ??= new Map(Object.entries(errno).map(([name, number]) => [number, name]));
}
