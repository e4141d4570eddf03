/**
 * The field above the tree: what is typed there filters what has been listed; the whole store is looked through when somebody asks for it.
 *
 * @module
 */
/// <reference lib="dom" />
import { fill, h } from "./dom.ts";
import type { Store } from "./stores.ts";
import type { Tree, TreeNode } from "./tree.ts";
import type { TreeView } from "./tree_view.ts";
import { countText, failureOf } from "./words.ts";

/** How long the typing must have stopped, in milliseconds. */
const SETTLED = 120;

/** The field, and what it does to the tree. */
export class SearchBox {
  readonly #input: HTMLElement;
  readonly #more: HTMLElement;
  readonly #view: TreeView;
  #store: Store | undefined;
  #tree: Tree | undefined;
  #open: (key: string) => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #searching: AbortController | undefined;

  constructor(input: HTMLElement, more: HTMLElement, view: TreeView) {
    this.#input = input;
    this.#more = more;
    this.#view = view;
    input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#filter(), SETTLED);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.#everywhere();
      }
      if (event.key === "Escape") this.clear();
    });
  }

  /** Another store. */
  reset(store: Store, tree: Tree, open: (key: string) => void): void {
    this.#store = store;
    this.#tree = tree;
    this.#open = open;
    this.clear();
  }

  /** The tree again. */
  clear(): void {
    if (this.#input instanceof HTMLInputElement) this.#input.value = "";
    this.#filter();
  }

  /** More has been listed. */
  update(): void {
    if (this.#text === "" || this.#searching) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#filter(), SETTLED);
  }

  get #text(): string {
    return this.#input instanceof HTMLInputElement ? this.#input.value.trim() : "";
  }

  async #filter(): Promise<void> {
    this.#searching?.abort();
    this.#searching = undefined;
    const [text, store, tree] = [this.#text, this.#store, this.#tree];
    this.#more.hidden = text === "";
    if (text === "" || !store || !tree) return this.#view.filter(undefined);
    try {
      const { matcherOf, MOST_FOUND } = await import("./search.ts");
      const matches = await matcherOf(text);
      // Meanwhile more was typed, or everything is being searched.
      if (text !== this.#text || this.#searching) return;
      const found: TreeNode[] = [];
      for (const node of tree.nodes()) {
        if (matches(node.key.slice(store.root.length)) && found.push(node) >= MOST_FOUND) break;
      }
      this.#view.filter(found);
      fill(
        this.#more,
        h("span", {}, `${countText(found.length, "match", "matches")} in what is listed. `),
        h("button", { class: "quiet", onclick: () => this.#everywhere() }, "Search everything ⏎"),
      );
    } catch (error) {
      this.#view.filter([]);
      fill(this.#more, h("span", { class: "warning" }, failureOf(error).text));
    }
  }

  async #everywhere(): Promise<void> {
    const [text, store] = [this.#text, this.#store];
    if (text === "" || !store) return;
    clearTimeout(this.#timer);
    this.#more.hidden = false;
    this.#searching?.abort();
    const searching = this.#searching = new AbortController();
    const { signal } = searching;
    const found: TreeNode[] = [];
    let looked = 0;
    let frame = 0;
    const tell = (end: string | undefined) => {
      const counts = `${countText(found.length, "match", "matches")}, ${
        countText(looked, "object")
      } looked at. `;
      fill(
        this.#more,
        h("span", { role: "status" }, counts, end ?? ""),
        end === undefined
          ? h("button", { class: "quiet", onclick: () => searching.abort() }, "Stop")
          : undefined,
      );
    };
    const soon = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        if (this.#searching !== searching) return;
        this.#view.filter(found);
        tell(undefined);
      });
    };
    tell(undefined);
    let end = "That is all.";
    try {
      const { MOST_FOUND, searchStore } = await import("./search.ts");
      for await (
        const { key, size } of searchStore(store.backend, store.root, text, signal, (count) => {
          looked = count;
          soon();
        })
      ) {
        found.push(foundNode(key, size, store.root));
        if (found.length >= MOST_FOUND) {
          end = "There are more: say it more closely.";
          break;
        }
      }
    } catch (error) {
      end = signal.aborted ? "Stopped." : failureOf(error).text;
    }
    cancelAnimationFrame(frame);
    if (this.#searching !== searching) return;
    this.#view.filter(found);
    tell(end);
  }
}

/** What was found stands by itself: it is in no folder that has been read. */
function foundNode(key: string, size: number, root: string): TreeNode {
  return {
    name: key.slice(root.length),
    key,
    isFolder: false,
    size,
    depth: 0,
    parent: undefined,
    children: [],
    state: "complete",
    isOpen: false,
  };
}
