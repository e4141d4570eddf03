/**
 * The tree on the page: only the lines in view are elements, however many there are.
 *
 * Source: the tree view of https://www.w3.org/WAI/ARIA/apg/patterns/treeview/
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { fill, h, icon } from "./dom.ts";
import { KIND_ICONS } from "./kinds.ts";
import { isExpandable, type Row, type Tree, type TreeNode } from "./tree.ts";
import { bytesText, failureOf } from "./words.ts";

/** Pixels a line is high, as style.css has it. */
const LINE = 30;
/** Lines above and below those in view that are there as well. */
const SPARE = 8;
/** Within that many milliseconds, letters make one word. */
const WORD = 700;
/** How long lines must be in view before what they are is looked up. */
const LOOK_AFTER = 120;

/** What the tree tells the page. */
export interface TreeEvents {
  /** A node was chosen. */
  onSelect(node: TreeNode): void;
  /** A folder came into view that nobody has looked into. */
  onLook(node: TreeNode): void;
}

/** Shows a tree, or a list of some of its nodes, in an element with `role="tree"`. */
export class TreeView {
  readonly #element: HTMLElement;
  readonly #events: TreeEvents;
  readonly #sizer = h("div", { class: "sizer", role: "presentation" });
  #tree: Tree | undefined;
  /** Nodes that are shown instead of the tree: what a search has found. */
  #found: readonly TreeNode[] | undefined;
  #active: TreeNode | undefined;
  #selected: TreeNode | undefined;
  /** What the lines on the screen are of: others may be on their way. */
  #drawn: readonly Row[] = [];
  #word = "";
  #wordAt = 0;
  #frame = 0;
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(element: HTMLElement, events: TreeEvents) {
    this.#element = element;
    this.#events = events;
    element.replaceChildren(this.#sizer);
    element.addEventListener("scroll", () => this.update());
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.update()).observe(element);
  }

  /** Shows another tree. */
  show(tree: Tree): void {
    this.#tree = tree;
    this.#found = this.#active = this.#selected = undefined;
    this.#element.scrollTop = 0;
    this.update();
  }

  /** Shows some nodes as a list, or the tree again. */
  filter(found: readonly TreeNode[] | undefined): void {
    this.#found = found;
    this.#element.scrollTop = 0;
    this.update();
  }

  /** Marks a node as the one that is looked at, and brings it into view. */
  select(node: TreeNode | undefined): void {
    this.#selected = this.#active = node;
    if (node) this.#scrollTo(this.#indexOf(node));
    this.update();
  }

  /** Draws the lines in view, soon. */
  update(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  get #rows(): readonly Row[] {
    if (this.#found) return this.#found.map((node, position) => ({ kind: "node", node, position }));
    return this.#tree?.rows ?? [];
  }

  #indexOf(node: TreeNode): number {
    return this.#rows.findIndex((row) => row.kind === "node" && row.node === node);
  }

  #draw(): void {
    const rows = this.#drawn = this.#rows;
    const { scrollTop, clientHeight } = this.#element;
    const first = Math.max(0, Math.floor(scrollTop / LINE) - SPARE);
    const last = Math.min(rows.length, Math.ceil((scrollTop + clientHeight) / LINE) + SPARE);
    this.#sizer.style.height = `${rows.length * LINE}px`;
    const lines = rows.slice(first, last).map((row, i) => this.#line(row, first + i));
    fill(this.#sizer, ...lines);
    const active = this.#active && lines.some(({ id }) => id === "tree-active") ? "tree-active" : "";
    if (active) this.#element.setAttribute("aria-activedescendant", active);
    else this.#element.removeAttribute("aria-activedescendant");
    for (const row of rows.slice(first, last)) {
      if (row.kind === "more") this.#tree?.more(row.node);
    }
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => {
      for (const row of rows.slice(first, last)) {
        if (row.kind === "node" && row.node.isFolder && row.node.kind === undefined) {
          this.#events.onLook(row.node);
        }
      }
    }, LOOK_AFTER);
  }

  #line(row: Row, index: number): HTMLElement {
    const depth = this.#found ? 0 : row.kind === "node" ? row.node.depth : row.node.depth + 1;
    const style = `top:${index * LINE}px;--depth:${depth}`;
    if (row.kind !== "node") {
      return withStyle(h("div", { class: "line note", role: "none" }, noteOf(row)), style);
    }
    const { node } = row;
    const isActive = node === this.#active;
    const opens = isExpandable(node) && !this.#found;
    const { parent } = node;
    const line = h(
      "div",
      {
        class: "line",
        role: "treeitem",
        id: isActive ? "tree-active" : undefined,
        "aria-level": depth + 1,
        "aria-posinset": row.position + 1,
        "aria-setsize": this.#found?.length ?? (parent?.state === "complete" ? parent.children.length : -1),
        "aria-selected": node === this.#selected ? "true" : "false",
        "aria-expanded": opens ? `${node.isOpen}` : undefined,
        title: node.key,
      },
      h(
        "span",
        { class: "chevron" },
        opens ? icon(node.isOpen ? "M3 6l5 5 5-5" : "M6 3l5 5-5 5") : undefined,
      ),
      h("span", { class: `kind kind-${kindOf(node)}` }, icon(KIND_ICONS[kindOf(node)] ?? KIND_ICONS.bytes)),
      h("span", { class: "name" }, this.#found ? node.key : node.name),
      node.size === undefined ? undefined : h("span", { class: "size" }, bytesText(node.size)),
    );
    return withStyle(line, style);
  }

  #click(event: MouseEvent): void {
    // By its place among the lines that were seen, since they are made anew as more of them come.
    const { top } = this.#element.getBoundingClientRect();
    const row = this.#drawn[Math.floor((event.clientY - top + this.#element.scrollTop) / LINE)];
    if (row?.kind !== "node") return;
    this.#active = row.node;
    const isChevron = event.target instanceof Element && event.target.closest(".chevron") !== null;
    if (isChevron && isExpandable(row.node)) this.#toggle(row.node);
    else this.#choose(row.node);
  }

  #choose(node: TreeNode): void {
    this.#selected = node;
    if (isExpandable(node) && !this.#found && !node.isOpen) this.#tree?.open(node);
    this.#events.onSelect(node);
    this.update();
  }

  #toggle(node: TreeNode): void {
    if (node.isOpen) this.#tree?.close(node);
    else this.#tree?.open(node);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = this.#rows;
    const at = this.#active ? this.#indexOf(this.#active) : -1;
    const page = Math.max(1, Math.floor(this.#element.clientHeight / LINE) - 1);
    const node = this.#active;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => this.#move(at + 1, 1),
      ArrowUp: () => this.#move(at < 0 ? 0 : at - 1, -1),
      PageDown: () => this.#move(Math.min(rows.length - 1, at + page), -1),
      PageUp: () => this.#move(Math.max(0, at - page), 1),
      Home: () => this.#move(0, 1),
      End: () => this.#move(rows.length - 1, -1),
      Enter: () => node && this.#choose(node),
      " ": () => node && this.#choose(node),
      ArrowRight: () => {
        if (!node || !isExpandable(node) || this.#found) return;
        if (node.isOpen) this.#move(at + 1, 1);
        else this.#tree?.open(node);
      },
      ArrowLeft: () => {
        if (!node || this.#found) return;
        if (node.isOpen) this.#tree?.close(node);
        else if (node.parent && node.parent.depth >= 0) this.#move(this.#indexOf(node.parent), -1);
      },
    };
    if (Object.hasOwn(moves, event.key)) moves[event.key]();
    else if (event.key.length === 1) this.#type(event.key, at);
    else return;
    event.preventDefault();
  }

  /** Goes to the next name that begins with what was typed. */
  #type(letter: string, at: number): void {
    const now = performance.now();
    this.#word = now - this.#wordAt > WORD ? letter : this.#word + letter;
    this.#wordAt = now;
    const word = this.#word.toLowerCase();
    const rows = this.#rows;
    const from = this.#word.length === 1 ? at + 1 : Math.max(0, at);
    for (let i = 0; i < rows.length; i++) {
      const index = (from + i) % rows.length;
      const row = rows[index];
      if (row.kind === "node" && row.node.name.toLowerCase().startsWith(word)) return this.#move(index, 1);
    }
  }

  /** Makes the node at an index the active one, or the next one in a direction where there is a note. */
  #move(index: number, direction: 1 | -1): void {
    const rows = this.#rows;
    for (let i = index; i >= 0 && i < rows.length; i += direction) {
      const row = rows[i];
      if (row.kind !== "node") continue;
      this.#active = row.node;
      this.#scrollTo(i);
      this.update();
      return;
    }
    // Behind the last line there may be more to come.
    this.#scrollTo(Math.max(0, Math.min(index, rows.length - 1)));
  }

  #scrollTo(index: number): void {
    if (index < 0) return;
    const { scrollTop, clientHeight } = this.#element;
    if (index * LINE < scrollTop) this.#element.scrollTop = index * LINE;
    else if ((index + 1) * LINE > scrollTop + clientHeight) {
      this.#element.scrollTop = (index + 1) * LINE - clientHeight;
    }
  }
}

/** What a node is, as far as it is known: by its name alone for objects that nobody has opened. */
function kindOf({ isFolder, kind, name }: TreeNode): string {
  if (kind !== undefined) return kind;
  if (isFolder) return "folder";
  const [, ending = ""] = /\.(\w+)$/.exec(name.toLowerCase()) ?? [];
  return ENDINGS[ending] ?? (ending === "" ? "raw" : "bytes");
}

const ENDINGS: Readonly<Record<string, string>> = {
  npy: "npy",
  npz: "npz",
  json: "json",
  pkl: "pickle",
  pickle: "pickle",
  txt: "text",
  md: "text",
  csv: "text",
  tsv: "text",
  png: "image",
  jpg: "image",
  jpeg: "image",
  gif: "image",
  webp: "image",
};

function noteOf({ kind, node }: Exclude<Row, { kind: "node" }>): string {
  switch (kind) {
    case "more":
    case "reading":
      return node.children.length === 0
        ? "Loading …"
        : `${node.children.length.toLocaleString("en")} so far …`;
    case "failed":
      return failureOf(node.failure).title;
    case "empty":
      return "Empty";
  }
}

/** By the object model, since the page's policy knows no `style` attributes. */
function withStyle(element: HTMLElement, style: string): HTMLElement {
  element.style.cssText = style;
  return element;
}
