/** A simulated disk as `node:fs`. */
import { constants } from "node:fs";
import type { Entry, FileSystem, Handle, Stat } from "../file_system.ts";
import { type Disk, type Inode, systemError } from "./disk.ts";

/** What the product can do with a disk. */
export function diskFiles(disk: Disk): FileSystem {
  const names = (
    operation: string,
    ...set: readonly (readonly [directory: Inode, name: string, inode: number | undefined])[]
  ) =>
    disk.do({
      kind: "names",
      operation,
      set: set.map(([directory, name, inode]) => [directory.number, name, inode] as const),
    });

  const create = (path: string, kind: Inode["kind"]): Inode => {
    const { directory, name } = disk.parent(path);
    if (directory.names.has(name)) throw systemError("EEXIST", path);
    const inode = disk.make(kind);
    names(kind === "file" ? "create" : "mkdir", [directory, name, inode.number]);
    return inode;
  };

  const makeDirectories = (path: string): void => {
    const parts = path.split("/").filter(Boolean);
    for (let i = 1; i <= parts.length; i++) {
      const directory = `/${parts.slice(0, i).join("/")}`;
      try {
        if (disk.find(directory).kind !== "directory") throw systemError("EEXIST", directory);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
        create(directory, "directory");
      }
    }
  };

  return {
    open(path, flags) {
      return attempt(() => {
        const isNew = typeof flags === "string";
        if (isNew && flags !== "wx+") throw systemError("EINVAL", path);
        const inode = isNew ? create(path, "file") : disk.find(path);
        if (!isNew && (flags & constants.O_RDWR) !== 0 && inode.kind === "directory") {
          throw systemError("EISDIR", path);
        }
        return handleOf(disk, inode);
      });
    },
    lstat: (path) => attempt(() => statOf(disk.find(path))),
    realpath: (path) => attempt(() => (disk.find(path), path)),
    readdir: (path) =>
      attempt(() => {
        const { kind, names } = disk.find(path);
        if (kind !== "directory") throw systemError("ENOTDIR", path);
        return [...names].map(([name, number]): Entry => ({ name, ...kindOf(disk.inode(number)) }));
      }),
    mkdir: (path, { recursive }) =>
      attempt(() => recursive ? makeDirectories(path) : void create(path, "directory")),
    rmdir: (path) =>
      attempt(() => {
        const { directory, name } = disk.parent(path);
        const inode = disk.find(path);
        if (inode.kind !== "directory") throw systemError("ENOTDIR", path);
        if (inode.names.size > 0) throw systemError("ENOTEMPTY", path);
        names("rmdir", [directory, name, undefined]);
      }),
    rename: (from, to) =>
      attempt(() => {
        const inode = disk.find(from);
        const [source, target] = [disk.parent(from), disk.parent(to)];
        const present = target.directory.names.get(target.name);
        if (present === inode.number) return;
        if (present !== undefined && disk.inode(present).kind === "directory") {
          throw systemError("EISDIR", to);
        }
        names(
          "rename",
          [source.directory, source.name, undefined],
          [target.directory, target.name, inode.number],
        );
      }),
    link: (from, to) =>
      attempt(() => {
        const inode = disk.find(from);
        const { directory, name } = disk.parent(to);
        if (directory.names.has(name)) throw systemError("EEXIST", to);
        names("link", [directory, name, inode.number]);
      }),
    unlink: (path) =>
      attempt(() => {
        if (disk.find(path).kind === "directory") throw systemError("EISDIR", path);
        const { directory, name } = disk.parent(path);
        names("unlink", [directory, name, undefined]);
      }),
    copyFile: (from, to) =>
      attempt(() => {
        const bytes = disk.find(from).bytes.slice();
        const { number } = create(to, "file");
        disk.do({ kind: "write", inode: number, position: 0, bytes, time: Date.now() });
      }),
    utimes: (path, _, modified) =>
      attempt(() => disk.do({ kind: "time", inode: disk.find(path).number, time: modified.getTime() })),
  };
}

function handleOf(disk: Disk, inode: Inode): Handle {
  return {
    read: (view, offset, length, position) =>
      attempt(() => {
        const bytes = inode.bytes.subarray(position, position + length);
        view.set(bytes, offset);
        return { bytesRead: bytes.length };
      }),
    write: (view, offset, length, position) =>
      attempt(() => {
        const bytes = view.slice(offset, offset + length);
        disk.do({ kind: "write", inode: inode.number, position, bytes, time: Date.now() });
        return { bytesWritten: bytes.length };
      }),
    stat: () => attempt(() => statOf(inode)),
    sync: () => attempt(() => disk.do({ kind: "sync", inode: inode.number })),
    close: () => Promise.resolve(),
  };
}

/** In a later turn, as a disk answers, and with what is thrown as a rejection. */
async function attempt<T>(work: () => T): Promise<T> {
  await Promise.resolve();
  return work();
}

function kindOf({ kind }: Inode): Pick<Stat, "isFile" | "isDirectory" | "isSymbolicLink"> {
  return {
    isFile: () => kind === "file",
    isDirectory: () => kind === "directory",
    isSymbolicLink: () => false,
  };
}

function statOf(inode: Inode): Stat {
  const time = BigInt(Math.floor(inode.modified));
  return {
    ...kindOf(inode),
    ino: BigInt(inode.number),
    size: BigInt(inode.bytes.length),
    mtimeMs: time,
    ctimeMs: time,
  };
}
