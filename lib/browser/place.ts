import type { RequestOptions } from "../../backends/backend.ts";
import { attributesOf, stemsOf } from "./attributes.ts";
import { childrenOf, joinPath, type Tree } from "./look.ts";

/** Where a node is: at a path, or below another place, by its name or by an attribute of which only a listing can tell whose it is. */
export type Place =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "child"; readonly above: Place; readonly name: string }
  | { readonly kind: "attribute"; readonly above: Place; readonly attribute: string };

/** The place of a child. */
export function placeBelow(above: Place, name: string): Place {
  return above.kind === "path"
    ? { kind: "path", path: joinPath(above.path, name) }
    : { kind: "child", above, name };
}

/** A place's path as far as it is known: attributes stand for themselves. */
export function pathOf(place: Place): string {
  switch (place.kind) {
    case "path":
      return place.path;
    case "child":
      return joinPath(pathOf(place.above), place.name);
    case "attribute":
      return joinPath(pathOf(place.above), place.attribute);
  }
}

/**
 * A place's path: attributes are looked up from the top down, each among those children that could have it. One that nobody has is taken for a name.
 */
export async function findPath(tree: Tree, place: Place, options: RequestOptions): Promise<string> {
  if (place.kind === "path") return place.path;
  const above = await findPath(tree, place.above, options);
  if (place.kind === "child") return joinPath(above, place.name);
  return joinPath(above, await nameOf(tree, above, place.attribute, options) ?? place.attribute);
}

async function nameOf(
  tree: Tree,
  path: string,
  attribute: string,
  options: RequestOptions,
): Promise<string | undefined> {
  const names = new Set<string>();
  for (const stem of stemsOf(attribute)) {
    for (const name of (await childrenOf(tree, path, stem, options)).names) names.add(name);
  }
  return attributesOf([...names], tree.reserved).get(attribute);
}
