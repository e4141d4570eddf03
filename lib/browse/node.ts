/**
 * Nodes of the tree: objects that have their children as properties.
 *
 * @module
 */
import type { RequestOptions } from "../../backends/backend.ts";
import type { NDArray } from "../array/mod.ts";
import { InvalidArgumentError, NotFoundError } from "../errors.ts";
import { cleanPrefix } from "../names.ts";
import { isUnclean, objectAndBelow, objectsBelow, type ReadOptions, relativeTo } from "../objects/mod.ts";
import {
  type BrowsedTree,
  type BrowserLoadOptions,
  describeContents,
  describeUnread,
  fullKey,
  joinPath,
  loadArray,
  type PathContents,
  readContents,
} from "./contents.ts";
import {
  attributePath,
  attributesOf,
  type BrowsedPath,
  childPath,
  isLiteral,
  knownPath,
  pathText,
  resolvePath,
} from "./names.ts";

/** What can be asked of every place in a browser. Each call that gives a promise asks the store, and brings the children that are properties up to date. */
export interface BrowserMethods {
  /**
   * The path, relative to where browsing began; `""` there. Attributes that have not been looked up yet, in `browser.a_b.fullpath`, stand in it as they
   * were written.
   */
  readonly fullpath: string;
  /**
   * The names of the children, as they are stored, by their UTF-8 bytes; none for an object. They go to `child` and `load`.
   *
   * @throws {NotFoundError} when there is neither an object nor a directory.
   */
  keys(options?: RequestOptions): Promise<string[]>;
  /**
   * The paths of the children, relative to where browsing began: names for the methods of the interface.
   *
   * @throws {NotFoundError} when there is neither an object nor a directory.
   */
  ls(options?: RequestOptions): Promise<string[]>;
  /**
   * The paths of all objects here and below, at any depth, relative to where browsing began.
   *
   * @throws {NotFoundError} when there are none.
   */
  glob(options?: RequestOptions): Promise<string[]>;
  /**
   * What Python's cottoncandy shows of it: `cottoncandy-path <bucket:lab> sub01`, `cottoncandy-file <bucket:lab> [0.1MB]`,
   * `cottoncandy-dataset <bucket:lab [1.0MB:shape=(2,65536)]>`, `<cottoncandy-group <bucket:lab> (sub01.grp: 3 keys)>`.
   *
   * @throws {NotFoundError} when there is neither an object nor a directory.
   */
  describe(options?: RequestOptions): Promise<string>;
  /**
   * The child of a name, as it is stored, whatever it is called; or what is further down, by a path. Nothing is asked of the store.
   *
   * @throws {InvalidArgumentError} when the name is empty, or leads out by `..`.
   */
  child(name: string): BrowserNode;
  /**
   * Reads an array: a raw array when its metadata say that it is one, else a `.npy` file.
   *
   * @param key A child's name, a path, or a child's attribute; default this object itself.
   * @throws {NotFoundError} when there is no such object.
   * @throws {InvalidArgumentError} when it is a directory: its message has the keys to choose from.
   * @throws {IntegrityError} when the object is no array, or corrupt.
   */
  load(key?: string, options?: BrowserLoadOptions): Promise<NDArray>;
  /** `fullpath`. */
  toString(): string;
  /** `fullpath`. */
  toJSON(): string;
}

/** Children by their attributes. Any name gives a node, since only the store knows whether there is something. */
export interface BrowserChildren {
  /** The child, or what may be there: nothing is asked of the store before it is awaited or a method is called. */
  readonly [attribute: string]: BrowserNode;
}

/**
 * A place in the tree that may not have been looked at. Awaiting it looks, and gives a {@linkcode Browser}; every `await` looks again.
 */
export type BrowserNode = BrowserMethods & PromiseLike<Browser> & BrowserChildren;

/** A place in the tree that has been looked at: the children found are its enumerable properties. */
export type Browser = BrowserMethods & {
  /** None: a browser can be returned by async functions and awaited as it is. */
  readonly then?: undefined;
} & BrowserChildren;

/** How many children are shown when a browser is printed. */
const SHOWN = 20;
/** What `console.log`, Deno's and Node's, ask an object for. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** Where browsing begins. */
export function rootNode(tree: Omit<BrowsedTree, "reserved">): BrowserNode {
  const reserved = (attribute: string) => attribute in ListedNode.prototype;
  return withChildren(new PendingNode({ ...tree, reserved }, knownPath("")));
}

/** Says what the type checker can't see: that every property which is nothing else is a child is done by the proxy under all prototypes. */
function withChildren<T extends BaseNode>(node: T): T & BrowserChildren {
  return node as T & BrowserChildren;
}

/** Reads what there is at a node, and gives a browser of it. No method, since each takes a name from the children. */
let openNode: (node: BaseNode) => Promise<Browser>;

/**
 * What both kinds of node are. An ordinary object, so that it is inspected and completed without any code of ours: known children are its own properties,
 * methods are its prototype's, and only what neither has comes to a proxy at the end of the prototypes.
 */
abstract class BaseNode implements BrowserMethods {
  readonly #tree: BrowsedTree;
  #path: BrowsedPath;
  #contents?: PathContents;
  /** Known children by name. */
  #children = new Map<string, BrowserNode>();

  constructor(
    tree: BrowsedTree,
    path: BrowsedPath,
    contents?: PathContents,
    children?: ReadonlyMap<string, BrowserNode>,
  ) {
    this.#tree = tree;
    this.#path = path;
    if (contents) this.#show(contents, children);
  }

  static {
    const unknown = new Proxy({}, {
      get(target: object, name: string | symbol, receiver: unknown): unknown {
        if (typeof name === "symbol" || name in target) return Reflect.get(target, name, receiver);
        // Not an object that merely has a node as its prototype.
        return receiver instanceof BaseNode && #path in receiver
          ? receiver.#childByAttribute(name)
          : undefined;
      },
      set: () => false,
    });
    Object.setPrototypeOf(BaseNode.prototype, unknown);
    openNode = (node) => node.#listed();
  }

  get fullpath(): string {
    return pathText(this.#path);
  }

  async keys(options: RequestOptions = {}): Promise<string[]> {
    return [...(await this.#read(options)).names];
  }

  async ls(options: RequestOptions = {}): Promise<string[]> {
    const { path, names } = await this.#read(options);
    return names.map((name) => joinPath(path, name));
  }

  async glob(options: RequestOptions = {}): Promise<string[]> {
    const tree = this.#tree;
    const request = this.#request(options);
    const path = await resolvePath(tree, this.#path, request);
    const key = fullKey(tree, path);
    const objects = path === ""
      ? objectsBelow(tree.backend, key, request)
      : objectAndBelow(tree.backend, key, request);
    const found: string[] = [];
    for await (const info of relativeTo(tree.root, objects)) found.push(info.key);
    if (found.length > 0 || path === "") return found;
    const { name, bucket } = tree.backend;
    throw new NotFoundError(`there is no object "${key}" in ${name}, and none below it`, { key, bucket });
  }

  async describe(options: RequestOptions = {}): Promise<string> {
    return describeContents(this.#tree, await this.#read(options));
  }

  child(name: string): BrowserNode {
    const child = childName(name);
    return this.#children.get(child) ?? this.#below(childPath(this.#path, child));
  }

  async load(key?: string, options: BrowserLoadOptions = {}): Promise<NDArray> {
    const tree = this.#tree;
    const request = this.#request(options);
    const name = key === undefined ? undefined : childName(key);
    const path = await resolvePath(tree, this.#path, request);
    const asked = name === undefined
      ? path
      : await resolvePath(tree, { known: path, steps: [{ name }] }, request);
    try {
      if (asked !== "") {
        const array = await loadArray(tree.backend, fullKey(tree, asked), request);
        this.#path = knownPath(path);
        return array;
      }
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
    // As in Python, a key may be a child's attribute. Only what isn't there otherwise costs requests more.
    const found = name === undefined || isLiteral(name)
      ? asked
      : await resolvePath(tree, attributePath(knownPath(path), name), request);
    if (found !== asked) return await loadArray(tree.backend, fullKey(tree, found), request);
    throw notAnArrayError(tree, await readContents(tree, asked, request));
  }

  toString(): string {
    return this.fullpath;
  }

  toJSON(): string {
    return this.fullpath;
  }

  [INSPECT](): string {
    if (!this.#contents) return describeUnread(this.#tree, this.fullpath);
    const attributes = Object.keys(this);
    const shown = attributes.slice(0, SHOWN).map((each) =>
      /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(each) ? each : JSON.stringify(each)
    );
    if (attributes.length > SHOWN) shown.push(`… ${attributes.length - SHOWN} more`);
    const what = describeContents(this.#tree, this.#contents).trimEnd();
    return shown.length === 0 ? what : `${what} { ${shown.join(", ")} }`;
  }

  async #listed(): Promise<Browser> {
    const contents = await this.#read({});
    return withChildren(new ListedNode(this.#tree, this.#path, contents, this.#children));
  }

  async #read(options: RequestOptions): Promise<PathContents> {
    const request = this.#request(options);
    const path = await resolvePath(this.#tree, this.#path, request);
    const contents = await readContents(this.#tree, path, request);
    this.#path = knownPath(path);
    this.#show(contents, this.#children);
    return contents;
  }

  /** Makes the children found the node's properties; a child that was known stays the same node, with what is known of it. */
  #show(contents: PathContents, known: ReadonlyMap<string, BrowserNode> = new Map()): void {
    this.#contents = contents;
    this.#children = new Map();
    for (const attribute of Object.keys(this)) Reflect.deleteProperty(this, attribute);
    for (const [attribute, name] of attributesOf(contents.names, this.#tree.reserved)) {
      const value = known.get(name) ?? this.#below(childPath(this.#path, name));
      this.#children.set(name, value);
      Object.defineProperty(this, attribute, { value, enumerable: true, configurable: true });
    }
  }

  /** What a property leads to that is neither a method nor a known child's attribute. */
  #childByAttribute(attribute: string): BrowserNode {
    const known = this.#children.get(attribute);
    if (known) return known;
    return isLiteral(attribute) ? this.child(attribute) : this.#below(attributePath(this.#path, attribute));
  }

  #below(path: BrowsedPath): BrowserNode {
    return withChildren(new PendingNode(this.#tree, path));
  }

  #request<T extends ReadOptions>(options: T): T & ReadOptions {
    return { ...this.#tree.options, ...options };
  }
}

/** A node that asks the store when it is awaited. */
class PendingNode extends BaseNode implements PromiseLike<Browser> {
  then<A = Browser, B = never>(
    onfulfilled?: ((browser: Browser) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return openNode(this).then(onfulfilled, onrejected);
  }
}

/** A node whose children are known. */
class ListedNode extends BaseNode {
  /** There, so that no child of that name makes a promise of it. */
  get then(): undefined {
    return undefined;
  }
}

/** A child's name, or a path; what cleaning would change, only the store can tell. */
function childName(name: string): string {
  const clean = cleanPrefix(name).replace(/\/$/, "");
  if (clean === "") {
    throw new InvalidArgumentError(`a child needs a name, and ${JSON.stringify(name)} leaves none`);
  }
  return isUnclean(name) ? name : clean;
}

function notAnArrayError(tree: BrowsedTree, { path, names }: PathContents): Error {
  const key = fullKey(tree, path);
  const details = { key, bucket: tree.backend.bucket };
  if (names.length === 0) {
    return new NotFoundError(`"${key}" in ${tree.backend.name} holds no array`, details);
  }
  const some = names.slice(0, SHOWN).map((name) => JSON.stringify(name)).join(", ");
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : "";
  return new InvalidArgumentError(
    `"${key}" is no array but a directory: load one of its keys: ${some}${more}`,
    details,
  );
}
