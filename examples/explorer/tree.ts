/**
 * What a store has, as a tree that is read as far as somebody looks: folders, groups of Zarr, and archives, whose arrays are lines as well. Nothing here knows of a page.
 *
 * @module
 */
import type { Backend } from "@cottoncandy/cottoncandy";

/** Entries that are asked for at once. */
const PAGE = 1000;

/** One name of a listing: an object, or a folder, or an array that is one. */
export interface TreeNode {
  /** The last part of the path. */
  readonly name: string;
  /** The full key; that of a folder ends in `/`, but for the root of everything. */
  readonly key: string;
  /** Whether it is a folder: a part of names, of which there is no object. */
  readonly isFolder: boolean;
  /** Stored bytes, of an object. */
  readonly size?: number;
  /** How deep it lies: 0 at the top. */
  readonly depth: number;
  /** Where it lies. */
  readonly parent: TreeNode | undefined;
  /** What is below it, as far as it has been read. */
  readonly children: TreeNode[];
  /** How far that is. */
  state: "unread" | "reading" | "partial" | "complete" | "failed";
  /** Why it could not be read. */
  failure?: unknown;
  /** Whether what is below it is shown. */
  isOpen: boolean;
  /** What it turned out to be: `"chunked"`, `"zarr"`, …; such a folder is one thing. */
  kind?: string;
}

/** What a line of the tree shows: a node, or what there is to say of a folder. */
export type Row =
  | { readonly kind: "node"; readonly node: TreeNode; readonly position: number }
  | { readonly kind: "more" | "reading" | "failed" | "empty"; readonly node: TreeNode };

/** Gives the names of an archive's arrays; nothing where an object is none. */
export type ReadMembers = (key: string, signal: AbortSignal) => Promise<readonly string[] | undefined>;

/** Whether there may be something below a node. A folder that is one thing, such as an array in chunks, has nothing to open; an archive has its arrays. */
export function isExpandable({ isFolder, kind, name }: TreeNode): boolean {
  if (isFolder) return kind === undefined || kind === "folder" || kind === "zarr-group";
  return kind === "npz" || kind === undefined && /\.npz$/i.test(name);
}

/** A tree over a store. */
export class Tree {
  /** The root, which is not shown itself. */
  readonly root: TreeNode;
  readonly #backend: Backend;
  readonly #onChange: () => void;
  readonly #members: ReadMembers;
  readonly #listings = new WeakMap<TreeNode, AsyncIterator<Listed>>();
  readonly #ending = new AbortController();
  readonly #reading = new Map<TreeNode, Promise<void>>();
  #rows: Row[] | undefined;

  /**
   * Nothing is asked for yet.
   *
   * @param root What all keys begin with.
   * @param members Looks into archives.
   * @param onChange Is told whenever there are other rows.
   */
  constructor(backend: Backend, root: string, members: ReadMembers, onChange: () => void) {
    this.#backend = backend;
    this.#members = members;
    this.#onChange = onChange;
    this.root = nodeOf(root, root, undefined, { isFolder: true });
    this.root.isOpen = true;
  }

  /** The lines, from the top. */
  get rows(): readonly Row[] {
    return this.#rows ??= rowsBelow(this.root);
  }

  /** Shows what is below a node, and reads the first of it. */
  async open(node: TreeNode): Promise<void> {
    if (!isExpandable(node)) return;
    node.isOpen = true;
    this.#changed();
    if (node.state !== "partial") await this.more(node);
  }

  /** Hides what is below a node. */
  close(node: TreeNode): void {
    node.isOpen = false;
    this.#changed();
  }

  /** Reads some more of what is below a node, or waits for what is being read. */
  async more(node: TreeNode): Promise<void> {
    if (node.state === "complete") return;
    const reading = this.#reading.get(node) ?? this.#read(node).finally(() => this.#reading.delete(node));
    this.#reading.set(node, reading);
    await reading;
  }

  /** Reads again what is open and could not be read: there may be a key now. */
  retry(): void {
    for (const node of this.nodes()) if (node.isOpen && node.state === "failed") this.more(node);
  }

  async #read(node: TreeNode): Promise<void> {
    node.state = "reading";
    this.#changed();
    try {
      const listing = this.#listings.get(node) ?? this.#list(node);
      this.#listings.set(node, listing);
      for (let i = 0; i < PAGE; i++) {
        const { value, done } = await listing.next();
        if (done) {
          node.state = "complete";
          return;
        }
        const last = node.children.at(-1);
        // A folder of an object's name is another line.
        if (last?.key !== value.key) node.children.push(nodeOf(value.key, above(node), node, value));
      }
      node.state = "partial";
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      node.state = "failed";
      node.failure = error;
      // What has been read is read again: a listing that failed can't go on.
      this.#listings.delete(node);
      node.children.length = 0;
    } finally {
      this.#changed();
    }
  }

  /** Says what a folder turned out to be. */
  identify(node: TreeNode, kind: string): void {
    node.kind = kind;
    // Its parts were shown as long as it was taken for a folder.
    if (!isExpandable(node)) node.isOpen = false;
    this.#changed();
  }

  /**
   * Opens the folders above a key, as far as they are there, and gives the node of that key or of the last folder on its way.
   * A folder's pages are read until the key is found, at most `pages`.
   */
  async reveal(key: string, pages = 20): Promise<TreeNode | undefined> {
    let node = this.root;
    while (node.key !== key) {
      await this.open(node);
      const step = () =>
        node.children.find((child) => child.key === key) ??
          node.children.find((child) =>
            isExpandable(child) && key.startsWith(above(child)) || child.key === `${key}/`
          );
      let next = step();
      for (let page = 1; next === undefined && node.state === "partial" && page < pages; page++) {
        await this.more(node);
        next = step();
      }
      if (next === undefined) return node === this.root ? undefined : node;
      node = next;
      if (node.key === `${key}/`) break;
    }
    return node;
  }

  /** All nodes that have been read. */
  *nodes(node: TreeNode = this.root): Generator<TreeNode, void, void> {
    for (const child of node.children) {
      yield child;
      yield* this.nodes(child);
    }
  }

  /** Ends what is being read. */
  destroy(): void {
    this.#ending.abort();
  }

  async *#list(node: TreeNode): AsyncGenerator<Listed, void, void> {
    const { signal } = this.#ending;
    if (!node.isFolder) {
      const members = await this.#members(node.key, signal);
      if (!members) return this.identify(node, "bytes");
      for (const name of members) {
        yield { key: `${node.key}/${name}`, isFolder: false, kind: "npz-member" };
      }
      return;
    }
    for await (
      const entry of this.#backend.list({ prefix: node.key, delimiter: "/", signal, onWarning() {} })
    ) {
      if ("prefix" in entry) yield { key: entry.prefix, isFolder: true };
      // A folder's own placeholder.
      else if (entry.key !== node.key) yield { key: entry.key, isFolder: false, size: entry.size };
    }
  }

  #changed(): void {
    this.#rows = undefined;
    this.#onChange();
  }
}

interface Listed {
  readonly key: string;
  readonly isFolder: boolean;
  readonly size?: number;
  readonly kind?: string;
}

/** What the keys below a node begin with. */
function above({ key, isFolder }: TreeNode): string {
  return isFolder ? key : `${key}/`;
}

function nodeOf(
  key: string,
  above: string,
  parent: TreeNode | undefined,
  { isFolder, size, kind }: Omit<Listed, "key">,
): TreeNode {
  return {
    name: key.slice(above.length).replace(/\/$/, "") || "/",
    key,
    isFolder,
    size,
    depth: parent === undefined ? -1 : parent.depth + 1,
    parent,
    children: [],
    state: "unread",
    isOpen: false,
    kind,
  };
}

function rowsBelow(root: TreeNode): Row[] {
  const rows: Row[] = [];
  const add = (node: TreeNode) => {
    for (const [position, child] of node.children.entries()) {
      rows.push({ kind: "node", node: child, position });
      if (child.isOpen) add(child);
    }
    if (node.state === "reading" || node.state === "failed") rows.push({ kind: node.state, node });
    else if (node.state === "partial") rows.push({ kind: "more", node });
    else if (node.state === "complete" && node.children.length === 0) rows.push({ kind: "empty", node });
  };
  add(root);
  return rows;
}
