/**
 * A disk in memory that keeps what is in its cache apart from what is on its medium: a log of changes and syncs, from which a disk after the loss of power is made.
 *
 * The model is that of ALICE (Pillai et al., OSDI 2014): the content of a file is on the medium for certain once the file is synced, a name once its directory is. All else may
 * be there or not, in any order; a write may be there in part, or as zeros. One change of names is atomic, a rename within or between directories too.
 */

/** A file or directory, without its name. */
export interface Inode {
  readonly number: number;
  readonly kind: "file" | "directory";
  /** A file's content. */
  bytes: Uint8Array<ArrayBuffer>;
  /** A directory's names. */
  readonly names: Map<string, number>;
  /** When its content last changed, in milliseconds since 1970. */
  modified: number;
}

/** What was done to the disk. */
export type Change =
  | {
    readonly kind: "names";
    readonly operation: string;
    readonly set: readonly (readonly [directory: number, name: string, inode: number | undefined])[];
  }
  | {
    readonly kind: "write";
    readonly inode: number;
    readonly position: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly time: number;
  }
  | { readonly kind: "time"; readonly inode: number; readonly time: number }
  /** All that was done before to this file's content and times, or this directory's names, is on the medium. */
  | { readonly kind: "sync"; readonly inode: number }
  /** The program was told that something is done. */
  | { readonly kind: "told"; readonly what: string };

/** How much of a change reaches the medium. */
export type Fate = "whole" | "half" | "zeros" | "nothing";

const ROOT = 1;

/** The disk. */
export class Disk {
  readonly #inodes: Map<number, Inode>;
  #next: number;
  /** All that was done since it was made. */
  readonly log: Change[] = [];

  private constructor(inodes: Map<number, Inode>) {
    this.#inodes = inodes;
    this.#next = Math.max(...inodes.keys()) + 1;
  }

  /** An empty disk. */
  static empty(): Disk {
    return new Disk(new Map([[ROOT, newInode(ROOT, "directory")]]));
  }

  /** The same disk with all of it on the medium. */
  settled(): Disk {
    const inodes = new Map<number, Inode>();
    for (const [number, inode] of this.#inodes) {
      inodes.set(number, { ...inode, names: new Map(inode.names) });
    }
    return new Disk(inodes);
  }

  /** Does a change, or what is left of it. */
  do(change: Change, fate: Fate = "whole"): void {
    this.log.push(change);
    if (fate === "nothing") return;
    switch (change.kind) {
      case "names":
        for (const [directory, name, inode] of change.set) {
          if (inode === undefined) this.inode(directory).names.delete(name);
          else this.inode(directory).names.set(name, inode);
        }
        return;
      case "write":
        return write(this.inode(change.inode), change, fate);
      case "time":
        this.inode(change.inode).modified = change.time;
    }
  }

  /** A file or directory by its number. */
  inode(number: number): Inode {
    const inode = this.#inodes.get(number);
    if (!inode) throw new Error(`there is no inode ${number}`);
    return inode;
  }

  /** Makes a file or directory that has no name yet. */
  make(kind: Inode["kind"], number: number = this.#next): Inode {
    const inode = newInode(number, kind);
    this.#inodes.set(number, inode);
    this.#next = Math.max(this.#next, number + 1);
    return inode;
  }

  /** Whether there is one of that number. */
  has(number: number): boolean {
    return this.#inodes.has(number);
  }

  /** Finds what stands at an absolute path; fails with `ENOENT` or `ENOTDIR`. */
  find(path: string): Inode {
    let inode = this.inode(ROOT);
    for (const name of path.split("/").filter(Boolean)) {
      if (inode.kind !== "directory") throw systemError("ENOTDIR", path);
      const number = inode.names.get(name);
      if (number === undefined) throw systemError("ENOENT", path);
      inode = this.inode(number);
    }
    return inode;
  }

  /** The directory that a path is in, and its last part. */
  parent(path: string): { readonly directory: Inode; readonly name: string } {
    const parts = path.split("/").filter(Boolean);
    const name = parts.pop();
    if (name === undefined) throw systemError("EBUSY", path);
    const directory = this.find(parts.join("/"));
    if (directory.kind !== "directory") throw systemError("ENOTDIR", path);
    return { directory, name };
  }

  /** Every path below a directory, with the file's content; directories end in `/`. */
  *walk(path: string, below = ""): Generator<readonly [path: string, inode: Inode]> {
    for (const [name, number] of this.find(path).names) {
      const inode = this.inode(number);
      if (inode.kind === "file") yield [below + name, inode];
      else {
        yield [`${below}${name}/`, inode];
        yield* this.walk(`${path}/${name}`, `${below}${name}/`);
      }
    }
  }
}

function newInode(number: number, kind: Inode["kind"]): Inode {
  return { number, kind, bytes: new Uint8Array(), names: new Map(), modified: Date.now() };
}

function write(
  inode: Inode,
  { position, bytes, time }: Extract<Change, { kind: "write" }>,
  fate: Exclude<Fate, "nothing">,
): void {
  const there = fate === "half" ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes;
  // Other disks may share the old bytes.
  const content = new Uint8Array(Math.max(inode.bytes.length, position + there.length));
  content.set(inode.bytes);
  if (fate !== "zeros") content.set(there, position);
  inode.bytes = content;
  inode.modified = time;
}

/** A failure as the system gives it. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
