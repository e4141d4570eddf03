/**
 * Nested dictionaries of arrays, and the flat names under which their arrays are stored.
 *
 * @module
 */
import { type ArrayInput, asNDArray, isNDArray, type NDArray } from "../array/mod.ts";
import { InvalidArgumentError, UnsupportedError } from "../errors.ts";
import { climbsOut } from "../names.ts";

/** What a dictionary of arrays may hold under a name: whatever can be taken as an array, or another dictionary. */
export type TreeNode = ArrayInput | ArrayTree;

/** A dictionary of arrays and further dictionaries: a plain object or a `Map`. */
export type ArrayTree = { readonly [name: string]: TreeNode } | ReadonlyMap<string, TreeNode>;

/**
 * A dictionary of arrays that was read: an array under each name (`isNDArray` knows them), a further dictionary, or `null` for an object that holds no array. Its
 * objects have no prototype, so that any name is a name like any other, `__proto__` too.
 */
export interface ArrayDict {
  /** What is stored under a name. */
  [name: string]: NDArray | ArrayDict | null;
}

/** One array of a tree. */
export interface TreeLeaf {
  /** Its name: those of the dictionaries above it and its own, with `/` between them. */
  readonly path: string;
  /** The array. */
  readonly array: NDArray;
}

/** No key of an object store is longer than 1024 bytes, of which every second would be a `/`. */
const MAX_DEPTH = 512;

/**
 * The arrays of a tree. Names may have `/` in them, and stand for further dictionaries then; a `/` that begins a name is left out, as in the names of
 * objects. Dictionaries with nothing in them leave nothing.
 *
 * @throws {InvalidArgumentError} for what can't be stored, naming where it is: values that are no arrays, names that are empty or lead out of their dictionary by
 * `..`, names that come to the same or lie below an array, a dictionary within itself.
 * @throws {UnsupportedError} for arrays of dtypes that can't be used here.
 */
export function flattenTree(tree: ArrayTree): TreeLeaf[] {
  if (!isDictionary(tree)) {
    throw new InvalidArgumentError(`a dictionary is a plain object or a Map, and not ${describe(tree)}`);
  }
  const leaves = new Map<string, TreeLeaf>();
  const groups = new Set<string>();
  collect(tree, [], new Set(), (path, array) => {
    const name = path.join("/");
    if (leaves.has(name) || groups.has(name)) throw collisionError(name);
    for (let depth = path.length - 1; depth > 0; depth--) {
      const above = path.slice(0, depth).join("/");
      if (leaves.has(above)) throw collisionError(above);
      groups.add(above);
    }
    leaves.set(name, { path: name, array });
  });
  return [...leaves.values()];
}

/**
 * The tree of the arrays that are stored under names.
 *
 * @param entries Names and what is stored there; no name lies below another.
 */
export function buildTree(entries: Iterable<readonly [path: string, value: NDArray | null]>): ArrayDict {
  const root = emptyDict();
  for (const [path, value] of entries) {
    const names = path.split("/");
    const last = names.pop() ?? "";
    let dict = root;
    for (const name of names) {
      const inner = dict[name];
      if (inner === undefined) dict = dict[name] = emptyDict();
      else if (inner === null || isNDArray(inner)) throw new TypeError(`"${path}" lies below an array`);
      else dict = inner;
    }
    dict[last] = value;
  }
  return root;
}

/** Of names, those that lie below another one, with that: an object hides what has its name and a `/` before its own. */
export function hiddenNames(names: Iterable<string>): Map<string, string> {
  const all = new Set(names);
  const hidden = new Map<string, string>();
  for (const name of all) {
    for (let slash = name.indexOf("/"); slash >= 0; slash = name.indexOf("/", slash + 1)) {
      const above = name.slice(0, slash);
      if (!all.has(above)) continue;
      hidden.set(name, above);
      break;
    }
  }
  return hidden;
}

function emptyDict(): ArrayDict {
  return Object.create(null);
}

function collect(
  dictionary: ArrayTree,
  above: readonly string[],
  within: Set<object>,
  take: (path: readonly string[], array: NDArray) => void,
): void {
  if (within.has(dictionary)) throw new InvalidArgumentError(`${quotedPath(above)} contains itself`);
  within.add(dictionary);
  for (const [key, value] of namedNodesOf(dictionary)) {
    const { segments, open } = nameOf(key, above);
    const path = [...above, ...segments];
    if (path.length > MAX_DEPTH) {
      throw new InvalidArgumentError(`${quotedPath(path)} lies more than ${MAX_DEPTH} deep`);
    }
    if (isDictionary(value)) collect(value, path, within, take);
    else if (open) {
      throw new InvalidArgumentError(
        `${quotedPath(path)} is an array, and its name ends in "/", as those of dictionaries may`,
      );
    } else take(path, arrayOf(value, path));
  }
  within.delete(dictionary);
}

function namedNodesOf(dictionary: ArrayTree): Iterable<readonly [unknown, TreeNode]> {
  return dictionary instanceof Map ? dictionary : Object.entries(dictionary);
}

/** The parts of a key between its slashes, and whether one of these ends it. */
function nameOf(key: unknown, above: readonly string[]): { segments: readonly string[]; open: boolean } {
  const where = above.length === 0 ? "" : ` in ${quotedPath(above)}`;
  if (typeof key !== "string") {
    throw new InvalidArgumentError(`the names in a dictionary are strings, and not ${describe(key)}${where}`);
  }
  const name = JSON.stringify(key);
  if (!key.isWellFormed()) {
    throw new InvalidArgumentError(`the name ${name}${where} is no valid unicode text`);
  }
  const segments = key.split("/").filter((segment) => segment !== "");
  if (segments.length === 0) throw new InvalidArgumentError(`the name ${name}${where} names nothing`);
  if (climbsOut(key)) {
    throw new InvalidArgumentError(`the name ${name}${where} leads out of its dictionary by ".."`);
  }
  return { segments, open: key.endsWith("/") };
}

/** Whether a value is a dictionary; instances of classes are none. */
function isDictionary(value: unknown): value is ArrayTree {
  if (typeof value !== "object" || value === null || isNDArray(value) || Array.isArray(value)) return false;
  if (value instanceof Map) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Plain objects, those of another realm too.
  return (prototype === null || Object.getPrototypeOf(prototype) === null) && !(Symbol.iterator in value);
}

function arrayOf(value: unknown, path: readonly string[]): NDArray {
  if (!isArrayInput(value)) {
    throw new InvalidArgumentError(`${quotedPath(path)} can't be stored: it is ${describe(value)}`);
  }
  try {
    return asNDArray(value);
  } catch (cause) {
    if (cause instanceof InvalidArgumentError) {
      throw new InvalidArgumentError(`${quotedPath(path)} can't be stored: ${cause.message}`, { cause });
    }
    if (cause instanceof UnsupportedError) {
      throw new UnsupportedError(`${quotedPath(path)}: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

/** Whether `asNDArray` may be asked; what is within lists it looks at itself. */
function isArrayInput(value: unknown): value is ArrayInput {
  switch (typeof value) {
    case "number":
    case "bigint":
    case "boolean":
    case "string":
      return true;
    case "object":
      return Array.isArray(value) || isNDArray(value) ||
        (ArrayBuffer.isView(value) && !(value instanceof DataView));
  }
  return false;
}

/** What a value is, and what to do about it. */
function describe(value: unknown): string {
  if (value === null || value === undefined) {
    return `${value}: leave it out, or store a value that says so (NaN, say)`;
  }
  if (typeof value !== "object") return `a ${typeof value}`;
  if ("toDense" in value) {
    return "a sparse array: store it with uploadSparseArray, or as its toDense()";
  }
  if (value instanceof ArrayBuffer || value instanceof DataView) return "a buffer: make a Uint8Array of it";
  if (value instanceof Promise) return "a promise: await it first";
  return `an instance of ${
    value.constructor?.name || "a class"
  }: convert it to an array, or to a plain object of arrays`;
}

function quotedPath(path: readonly string[]): string {
  return path.length === 0 ? "the dictionary" : JSON.stringify(path.join("/"));
}

function collisionError(name: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `two entries come to the same name, or one lies below the other's array: ${JSON.stringify(name)}`,
  );
}
