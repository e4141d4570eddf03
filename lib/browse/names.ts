/**
 * Children's names as attributes, by the rules of Python's cottoncandy, with what those lose put right.
 *
 * @module
 */
import { compareKeys } from "../../backends/arguments.ts";
import type { RequestOptions } from "../../backends/backend.ts";
import { withoutSlash } from "../names.ts";
import { isUnclean, treeKey } from "../objects/mod.ts";
import { type BrowsedTree, joinPath, listChildren } from "./contents.ts";

/**
 * The attribute that Python's cottoncandy makes of a child's name: `NUM_` before a digit at its start, `_DOT_` for the dot of its extension, and `_`
 * for every dash.
 */
export function attributeOf(name: string): string {
  const numbered = /^[0-9]/.test(name) ? `NUM_${name}` : name;
  // Dots at the start begin no extension, as for Python's os.path.splitext.
  return numbered.replace(/^(\.*[^.].*)\.([^.]*)$/s, "$1_DOT_$2").replaceAll("-", "_");
}

/**
 * The attributes of a directory's children, none lost. One whose attribute would be `reserved` gets a `_` behind it. Where several children have the same
 * attribute, the one that is named so literally has it, or else the first by its name's UTF-8 bytes; the others have `_2`, `_3` … behind it, in that
 * order, without the numbers that would make another child's attribute.
 *
 * @param names The children's names, each once.
 * @param reserved Whether an attribute means something else, such as a method.
 * @returns Names by attribute, in the order of the names' UTF-8 bytes.
 */
export function attributesOf(
  names: readonly string[],
  reserved: (attribute: string) => boolean,
): Map<string, string> {
  const claims = new Map<string, string[]>();
  const sorted = [...names].sort(compareKeys);
  for (const name of sorted) {
    const attribute = attributeOf(name);
    const free = reserved(attribute) ? `${attribute}_` : attribute;
    const claimants = claims.get(free);
    if (!claimants) claims.set(free, [name]);
    else if (name === free) claimants.unshift(name);
    else claimants.push(name);
  }
  const attributes = new Map<string, string>();
  for (const [attribute, [first, ...others]] of claims) {
    attributes.set(first, attribute);
    let number = 2;
    for (const name of others) {
      while (claims.has(`${attribute}_${number}`)) number++;
      attributes.set(name, `${attribute}_${number++}`);
    }
  }
  return new Map(sorted.map((name) => [attributes.get(name) ?? name, name]));
}

/** Whether an attribute can only be that of the child of this very name: everything that is changed in a name leaves a `_`. */
export function isLiteral(attribute: string): boolean {
  return !attribute.includes("_") || /^[0-9]|[-/]/.test(attribute);
}

/**
 * What the names begin with that an attribute may stand for: those of all children that could claim it, so that {@linkcode attributesOf} says of them
 * what it says of the whole directory.
 */
export function stemsOf(attribute: string): string[] {
  const names = /^NUM_[0-9]/.test(attribute) ? [attribute, attribute.slice("NUM_".length)] : [attribute];
  return names.map((name) => name.split("_", 1)[0]);
}

/**
 * Where a node is: below a path that is known, by steps that lead down from there. A step is a child's name, or an attribute of which only a listing
 * can tell whose it is.
 */
export interface BrowsedPath {
  readonly known: string;
  readonly steps: readonly ({ readonly name: string } | { readonly attribute: string })[];
}

/** A path without attributes. */
export function knownPath(path: string): BrowsedPath {
  return { known: path, steps: [] };
}

/** The path of a child by its name. */
export function childPath({ known, steps }: BrowsedPath, name: string): BrowsedPath {
  return steps.length === 0 && !isUnclean(name)
    ? knownPath(joinPath(known, name))
    : { known, steps: [...steps, { name }] };
}

/** The path of a child by its attribute. */
export function attributePath({ known, steps }: BrowsedPath, attribute: string): BrowsedPath {
  return { known, steps: [...steps, { attribute }] };
}

/** A path as far as it is known: attributes stand for themselves. */
export function pathText({ known, steps }: BrowsedPath): string {
  return steps.reduce((path, step) => joinPath(path, "name" in step ? step.name : step.attribute), known);
}

/**
 * Looks attributes up, from the top down, each among those children that could have it. One that nobody has is taken for a name.
 */
export async function resolvePath(
  tree: BrowsedTree,
  { known, steps }: BrowsedPath,
  options: RequestOptions,
): Promise<string> {
  let path = known;
  for (const step of steps) {
    const name = "name" in step ? step.name : await nameOfAttribute(tree, path, step.attribute, options);
    path = joinPath(path, name);
    if (isUnclean(name)) {
      const { signal, onWarning } = options;
      const key = await treeKey(tree.backend, path, { root: tree.root, signal, onWarning });
      path = withoutSlash(key.slice(tree.root.length));
    }
  }
  return path;
}

async function nameOfAttribute(
  tree: BrowsedTree,
  path: string,
  attribute: string,
  options: RequestOptions,
): Promise<string> {
  const names = new Set<string>();
  for (const stem of stemsOf(attribute)) {
    for (const name of (await listChildren(tree, path, stem, options)).names) names.add(name);
  }
  return attributesOf([...names], tree.reserved).get(attribute) ?? attribute;
}
