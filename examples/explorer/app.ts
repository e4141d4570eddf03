/**
 * The page as a whole: which store is open, what is looked at, and the address that says so.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Keys } from "@cottoncandy/cottoncandy";
import { type Address, readAddress, withoutSecrets, writeAddress } from "./address.ts";
import { Detail } from "./detail.ts";
import { byId, fill, h } from "./dom.ts";
import { archiveMembers } from "./identifying.ts";
import { askWhatToOpen, type OpenRequest } from "./open_form.ts";
import { SearchBox } from "./search_box.ts";
import { type Credentials, openLoopback, openStore, type Store } from "./stores.ts";
import { Tree, type TreeNode } from "./tree.ts";
import { TreeView } from "./tree_view.ts";
import type { DrawState } from "./view.ts";
import { failureOf } from "./words.ts";

/** How long a drawing's state must stand still before it is in the address, in milliseconds. */
const SETTLED = 200;
/** Where the token of the server on this machine is kept for reloads of this tab. */
const TOKEN = "cottoncandy-token";

/** The page. */
export class App {
  readonly #tree: TreeView;
  readonly #search: SearchBox;
  readonly #detail: Detail;
  #address: Address = { target: "", path: "", state: {} };
  #token: string | undefined;
  /** What was typed in, by the address that it was typed in for: it goes nowhere else. */
  readonly #requests = new Map<string, OpenRequest>();
  #keys: Keys | undefined;
  #store: Store | undefined;
  #nodes: Tree | undefined;
  #opening = new AbortController();
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#tree = new TreeView(byId("tree"), {
      onSelect: (node) => this.#go({ path: this.#pathOf(node), state: {} }),
      onLook: (node) => this.#detail.look(node),
    });
    this.#search = new SearchBox(byId("search"), byId("search-more"), this.#tree);
    this.#detail = new Detail(byId("detail"), {
      link: (path) => writeAddress({ ...this.#address, path, state: {} }),
      onState: (state) => this.#settle(state),
      onReopen: () => void this.#show(),
      onKeys: (keys) => {
        this.#keys = keys;
        this.#nodes?.retry();
        this.#show();
      },
      onCredentials: (why) => this.#ask(why),
      onIdentified: (node, kind) => this.#nodes?.identify(node, kind),
      onFound: (path, kind) => this.#found(path, kind),
    });
    byId("open").addEventListener("click", () => this.#ask());
    byId("browse").addEventListener(
      "click",
      () => this.#browse(!document.body.classList.contains("browsing")),
    );
    byId("by-name").addEventListener("submit", (event) => {
      event.preventDefault();
      const input = byId("by-name-input");
      if (input instanceof HTMLInputElement) {
        this.#go({ path: input.value.trim().replace(/^\/+/, ""), state: {} });
      }
    });
    addEventListener("popstate", () => this.#follow());
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target instanceof HTMLElement &&
        event.target.closest("input, textarea, select") !== null;
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.#browse(true);
      byId("search").focus();
    });
  }

  /** Opens what the address says. */
  async start(): Promise<void> {
    const { token, ...address } = readAddress(location.hash);
    this.#token = token ?? kept();
    if (token !== undefined) {
      keep(token);
      // The address is shown, copied and sent: it has no token from now on.
      history.replaceState(null, "", writeAddress(address));
    }
    this.#address = address;
    if (address.target === "" && this.#token === undefined) {
      this.#welcome();
      await this.#ask();
    } else await this.#open();
  }

  /** What the page is before anything is opened. */
  #welcome(): void {
    fill(
      byId("detail"),
      h(
        "section",
        { class: "welcome" },
        h("h2", {}, "Look into a bucket"),
        h(
          "p",
          {},
          "Walk through arrays on S3, Google Drive and plain web servers, and see slices of them as pictures: only what is in view is fetched, and nothing goes anywhere else.",
        ),
        h(
          "p",
          { class: "buttons" },
          h("button", { class: "primary", onclick: () => this.#ask() }, "Open a store …"),
          h("button", { onclick: () => this.#visit("sample:", {}) }, "Try a sample"),
        ),
      ),
    );
  }

  async #ask(why?: string): Promise<void> {
    const request = await askWhatToOpen(byId("open-dialog"), this.#address.target, why);
    if (request) this.#visit(request.target, request.credentials);
  }

  /** Opens another store. */
  async #visit(target: string, credentials: Credentials): Promise<void> {
    const shown = withoutSecrets(target);
    this.#requests.set(shown, { target, credentials });
    if (shown !== this.#address.target) this.#address = { target: shown, path: "", state: {} };
    history.pushState(null, "", writeAddress(this.#address));
    await this.#open();
  }

  /** Opens the store of the address, and shows what the path says. */
  async #open(): Promise<void> {
    const request = this.#requests.get(this.#address.target) ??
      { target: this.#address.target, credentials: {} };
    this.#opening.abort();
    this.#opening = new AbortController();
    const { signal } = this.#opening;
    this.#nodes?.destroy();
    this.#store = undefined;
    this.#keys = undefined;
    byId("store-title").textContent = "";
    this.#detail.loading("Opening …", () => this.#opening.abort());
    try {
      const store = request.target === "" && this.#token !== undefined
        ? await openLoopback(this.#token, signal)
        : await openStore(request.target, request.credentials, signal);
      if (signal.aborted) return this.#detail.cancelled(() => this.#open());
      this.#store = store;
      byId("store-title").textContent = store.title;
      byId("store-title").title = store.title;
      byId("by-name").hidden = store.unlisted === undefined;
      this.#nodes = new Tree(
        store.backend,
        store.root,
        (key, signal) => archiveMembers(store, key, this.#keys, signal),
        () => this.#changed(),
      );
      this.#tree.show(this.#nodes);
      this.#search.reset(
        store,
        this.#nodes,
        (key) => this.#go({ path: key.slice(store.root.length), state: {} }),
      );
      const asked = this.#address;
      if (store.unlisted === undefined) await this.#nodes.open(this.#nodes.root);
      // Who went elsewhere meanwhile is there by now: showing it anew would take away what was begun there.
      if (this.#address !== asked) return;
      if (store.only !== undefined && this.#address.path === "") {
        this.#address = { ...this.#address, path: store.only };
        history.replaceState(null, "", writeAddress(this.#address));
      }
      if (!signal.aborted) this.#show();
    } catch (error) {
      if (signal.aborted) return this.#detail.cancelled(() => this.#open());
      this.#detail.failed(failureOf(error), () => this.#open());
    }
  }

  /** Something else of the same store. */
  #go(change: Partial<Address>): void {
    clearTimeout(this.#settling);
    this.#address = { ...this.#address, ...change };
    const address = writeAddress(this.#address);
    if (address !== location.hash) history.pushState(null, "", address);
    this.#browse(false);
    this.#show();
  }

  /** Back, forward, or a link. */
  #follow(): void {
    const { token, ...address } = readAddress(location.hash);
    if (location.hash === "#main") return;
    if (token !== undefined) return location.reload();
    const before = this.#address;
    this.#address = address;
    this.#browse(false);
    if (address.target !== before.target) this.#open();
    else this.#show();
  }

  #settle(state: DrawState): void {
    this.#address = { ...this.#address, state };
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => history.replaceState(null, "", writeAddress(this.#address)), SETTLED);
  }

  /** Shows what the path says, in the tree and beside it. */
  async #show(): Promise<void> {
    const [store, tree] = [this.#store, this.#nodes];
    if (!store || !tree) return;
    const { path, state } = this.#address;
    this.#crumbs(store, path);
    document.title = `${path === "" ? store.title : path.replace(/\/$/, "").split("/").at(-1)} · cottoncandy`;
    const shown = this.#detail.show({ store, path, state, keys: this.#keys, tree });
    if (store.unlisted === undefined) {
      const node = path === "" ? undefined : await tree.reveal(store.root + path);
      if (this.#address.path.replace(/\/$/, "") === path.replace(/\/$/, "")) this.#tree.select(node);
    }
    await shown;
  }

  /** A folder that is one thing has the address of that thing, whichever way somebody came. */
  #found(path: string, kind: string): void {
    if (kind === "folder" || kind === "zarr-group" || !path.endsWith("/") || path !== this.#address.path) {
      return;
    }
    this.#address = { ...this.#address, path: path.slice(0, -1) };
    history.replaceState(null, "", writeAddress(this.#address));
  }

  #changed(): void {
    this.#tree.update();
    this.#search.update();
  }

  #crumbs(store: Store, path: string): void {
    const parts = path.split("/").filter((part) => part !== "");
    const link = (text: string, path: string, isLast: boolean) =>
      h("a", {
        href: writeAddress({ ...this.#address, path, state: {} }),
        "aria-current": isLast ? "page" : undefined,
      }, text);
    const links = parts.map((part, i) => {
      const isLast = i === parts.length - 1;
      return link(part, isLast ? path : `${parts.slice(0, i + 1).join("/")}/`, isLast);
    });
    const title = store.title.replace(/\/$/, "").split("/").at(-1) || store.title;
    fill(
      byId("crumbs"),
      h("ol", {}, ...[link(title, "", parts.length === 0), ...links].map((link) => h("li", {}, link))),
    );
  }

  #pathOf(node: TreeNode): string {
    const path = node.key.slice(this.#store?.root.length ?? 0);
    return node.kind !== undefined && node.kind !== "folder" ? path.replace(/\/$/, "") : path;
  }

  /** On small screens the tree or what is looked at is shown. */
  #browse(isOpen: boolean): void {
    document.body.classList.toggle("browsing", isOpen);
    byId("browse").setAttribute("aria-expanded", `${isOpen}`);
  }
}

/** Reloads of this tab need the token again. It opens what this process serves, and nothing else. */
function keep(token: string): void {
  try {
    sessionStorage.setItem(TOKEN, token);
  } catch {
    // Then a reload asks for the address that was printed.
  }
}

function kept(): string | undefined {
  try {
    return sessionStorage.getItem(TOKEN) ?? undefined;
  } catch {
    return undefined;
  }
}
