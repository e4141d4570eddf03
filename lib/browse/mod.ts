/**
 * A bucket as a tree of properties, to walk through in a REPL: `browser.sweet_project.sub01_DOT_grp`.
 *
 * | child | attribute |
 * |---|---|
 * | `betas`, `class`, `run 1` | the same (`browser["run 1"]`) |
 * | `9` | `NUM_9`: a digit at the start |
 * | `sub01.grp`, `a.b.c` | `sub01_DOT_grp`, `a.b_DOT_c`: the dot of the extension |
 * | `sub-01` | `sub_01`: every dash |
 * | `keys`, `then`, `constructor` | `keys_`, `then_`, `constructor_`: what has a meaning already |
 * | `x.y` beside `x_DOT_y`; `a-b` beside `a.b` | `x_DOT_y_2`: of several children with one attribute, that of this very name has it, or else the first by the names' UTF-8 bytes; the others are numbered from `_2` on |
 *
 * The first four are the rules of Python's cottoncandy. Any child's own name works as well: `browser["sub01.grp"]`, or `browser.child("keys")`,
 * where it has another meaning.
 *
 * Nothing is asked of the store before a node is awaited, or one of its methods is called; neither by printing it.
 *
 * @module
 */
import { checkOptions } from "../options.ts";
import { READ_OPTIONS } from "../objects/mod.ts";
import type { Backend } from "../../backends/backend.ts";
import type { ReadOptions, RootOptions } from "../objects/mod.ts";
import { type BrowserNode, rootNode } from "./node.ts";

export type { BrowserLoadOptions } from "./contents.ts";
export type { Browser, BrowserChildren, BrowserMethods, BrowserNode } from "./node.ts";

/**
 * Begins to browse a bucket, or what is below `root` of it. Await it, or what is below it, to look: known children become properties, which a REPL
 * completes.
 *
 * @param options What every request does where a call does not say otherwise; `root`: paths are relative to it.
 * @returns The tree's top. Nothing is asked of the store.
 *
 * @example
 * ```ts
 * import { MemoryBackend, ndarray } from "@cottoncandy/cottoncandy";
 * import { browse } from "@cottoncandy/cottoncandy/browser";
 * import { writeRaw } from "@cottoncandy/cottoncandy/raw";
 *
 * const backend = new MemoryBackend();
 * await writeRaw(backend, "sweet_project/sub01.grp/betas", ndarray(new Float32Array(6), [2, 3]));
 * const browser = await browse(backend);
 * console.assert(Object.keys(browser).join() === "sweet_project");
 * const group = await browser.sweet_project.sub01_DOT_grp;
 * console.assert((await group.keys()).join() === "betas" && group.fullpath === "sweet_project/sub01.grp");
 * const betas = await group.betas.load();
 * console.assert(betas.shape.join() === "2,3");
 * ```
 */
export function browse(backend: Backend, options: ReadOptions & RootOptions = {}): BrowserNode {
  checkOptions(options, READ_OPTIONS);
  const { root = "", ...rest } = options;
  return rootNode({ backend, root, options: rest });
}
