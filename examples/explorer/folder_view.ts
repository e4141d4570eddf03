/**
 * Folders and archives: what is in them, and how much.
 *
 * @module
 */
/// <reference lib="dom" />
import { fill, h } from "./dom.ts";
import type { Store } from "./stores.ts";
import type { Tree, TreeNode } from "./tree.ts";
import { bytesText, countText, failureOf } from "./words.ts";

/** Entries that are shown beside the tree, which has all. */
const SHOWN = 200;
/** How often a count is told anew, in milliseconds. */
const TELL = 100;

/** A folder that is looked at. */
export interface FolderPlace {
  readonly store: Store;
  readonly tree: Tree;
  /** The path, without the store's root. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** The address of a path. */
  readonly link: (path: string) => string;
}

/** Shows what is in a folder. */
export async function folderView(element: HTMLElement, place: FolderPlace): Promise<void> {
  const { store, tree, path, signal, link } = place;
  if (store.unlisted !== undefined) return fill(element, h("p", {}, store.unlisted));
  const key = store.root + path;
  const node = path === "" ? tree.root : await tree.reveal(key.endsWith("/") ? key : `${key}/`);
  if (signal.aborted) return;
  if (!node?.isFolder) return;
  await tree.open(node);
  if (signal.aborted) return;
  if (node.state === "failed") throw node.failure;
  const { children } = node;
  const rows = children.slice(0, SHOWN).map((child) => row(child, link(child.key.slice(store.root.length))));
  const rest = children.length - rows.length;
  const more = rest > 0 || node.state === "partial"
    ? `${node.state === "partial" ? "More than " : ""}${
      countText(children.length, "entry", "entries")
    }: the tree has all of them.`
    : countText(children.length, "entry", "entries");
  fill(
    element,
    h("div", { class: "entries" }, ...rows),
    h("p", { class: "small" }, more),
    sizeView(store, path === "" ? store.root : node.key, signal),
  );
}

function row(node: TreeNode, href: string): HTMLElement {
  return h(
    "a",
    { href, class: "entry" },
    h("span", { class: "name" }, node.isFolder ? `${node.name}/` : node.name),
    h("span", { class: "size" }, node.size === undefined ? "" : bytesText(node.size)),
  );
}

/** Adds up what is stored below a folder: at once where `unasked` objects are all there are, else when somebody asks for it. */
export function sizeView(
  { backend }: Store,
  prefix: string,
  signal: AbortSignal,
  unasked = 0,
): HTMLElement {
  const text = h("span", { role: "status" });
  const element = h("p", { class: "sum" });
  const add = async (most: number) => {
    const adding = new AbortController();
    const stop = h("button", { class: "quiet", onclick: () => adding.abort() }, "Stop");
    fill(element, text, " ", stop);
    const ended = AbortSignal.any([signal, adding.signal]);
    let [count, size, told] = [0, 0, 0];
    const tell = (end = "") =>
      text.textContent = `${unasked > 0 ? "Stored: " : ""}${bytesText(size)} in ${
        countText(count, "object")
      }${end}`;
    try {
      for await (const entry of backend.list({ prefix, signal: ended, onWarning() {} })) {
        if (!("key" in entry)) continue;
        if (count === most) {
          tell(", and more");
          return fill(element, text, " ", ask);
        }
        count++;
        size += entry.size;
        if (performance.now() - told > TELL) {
          told = performance.now();
          tell(" …");
        }
      }
      tell();
    } catch (error) {
      tell(adding.signal.aborted ? " so far: stopped" : ` so far: ${failureOf(error).text}`);
    }
    stop.remove();
  };
  const ask = h("button", { onclick: () => add(Infinity) }, "Add up its size");
  fill(element, ask);
  if (unasked > 0) add(unasked);
  return element;
}

/** Shows the arrays of an archive. */
export function membersView(
  element: HTMLElement,
  names: readonly string[],
  link: (member: string) => string,
): void {
  fill(
    element,
    h(
      "div",
      { class: "entries" },
      ...names.map((name) =>
        h("a", { href: link(name), class: "entry" }, h("span", { class: "name" }, name))
      ),
    ),
    h("p", { class: "small" }, countText(names.length, "array")),
  );
}
