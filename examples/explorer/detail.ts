/**
 * What is looked at: what it is, in facts and warnings, and then the thing itself.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Backend, Keys } from "@cottoncandy/cottoncandy";
import { CottonCandyError } from "@cottoncandy/cottoncandy/errors";
import type { Identity } from "@cottoncandy/cottoncandy/identify";
import { openArray } from "./arrays.ts";
import { showContent } from "./content.ts";
import { factList, factsOf, metadataTable } from "./describe.ts";
import { fill, h, icon, say } from "./dom.ts";
import { downloadView } from "./download.ts";
import { folderView, membersView, sizeView } from "./folder_view.ts";
import { encryptionOf, folderKind, identifyWith } from "./identifying.ts";
import { keyForm } from "./keys.ts";
import { KIND_ICONS, KIND_NAMES } from "./kinds.ts";
import type { Store } from "./stores.ts";
import type { Tree, TreeNode } from "./tree.ts";
import type { DrawState } from "./view.ts";
import { type Failure, failureOf } from "./words.ts";

/** What this half of the page asks of the other. */
export interface DetailEvents {
  /** The address of a path. */
  link(path: string): string;
  /** The drawing has another state. */
  onState(state: DrawState): void;
  /** What is shown is to be opened anew. */
  onReopen(): void;
  /** Keys were typed in. */
  onKeys(keys: Keys): void;
  /** Other credentials may help. */
  onCredentials(why: string): void;
  /** A folder of the tree turned out to be something. */
  onIdentified(node: TreeNode, kind: string): void;
  /** What there is at the path that is shown. */
  onFound(path: string, kind: string): void;
}

/** What is to be shown. */
export interface Shown {
  readonly store: Store;
  /** The key, without the store's root. */
  readonly path: string;
  readonly state: DrawState;
  readonly keys: Keys | undefined;
  readonly tree: Tree;
}

/** How long nothing is said of a load, in milliseconds. */
const PATIENCE = 150;
/** Folders that are looked into at once, for the tree. */
const LOOKS = 2;

/** The element that shows it. */
export class Detail {
  readonly #element: HTMLElement;
  readonly #events: DetailEvents;
  #showing = new AbortController();
  /** Ends what is going on. */
  #halt: () => void = () => {};
  #store: Store | undefined;
  #keys: Keys | undefined;
  /** Folders that were looked into, and with which keys. */
  readonly #looked = new WeakMap<TreeNode, Keys | undefined>();
  readonly #toLook: TreeNode[] = [];
  #looks = 0;

  constructor(element: HTMLElement, events: DetailEvents) {
    this.#element = element;
    this.#events = events;
  }

  /** Says that something is on its way, and lets it be stopped. */
  loading(what: string, stop: () => void): void {
    this.#showing.abort();
    this.#halt = stop;
    fill(this.#element, loadingView(what, this.#stop));
  }

  /** Says that it was stopped. */
  cancelled(again: () => void): void {
    say("Stopped.");
    fill(this.#element, h("p", {}, "Stopped. "), h("button", { onclick: again }, "Try again"));
  }

  /** Says what went wrong. */
  failed(failure: Failure, again: () => void): void {
    fill(this.#element, this.#failureView(failure, again));
  }

  /** Shows what is at a path. */
  async show(shown: Shown): Promise<void> {
    const { store, path } = shown;
    this.#showing.abort();
    const showing = this.#showing = new AbortController();
    const { signal } = showing;
    this.#store = store;
    this.#keys = shown.keys;
    const again = () => this.show(shown);
    this.#halt = () => {
      showing.abort();
      this.cancelled(again);
    };
    const patience = setTimeout(
      () => signal.aborted || fill(this.#element, loadingView("Looking …", this.#stop)),
      PATIENCE,
    );
    try {
      const { found, backend, isDecrypted } = await identifyWith(
        store,
        store.root + path,
        shown.keys,
        signal,
      );
      clearTimeout(patience);
      if (signal.aborted) return;
      this.#events.onFound(path, found.kind);
      await this.#describe(shown, found, isDecrypted, backend, signal);
    } catch (error) {
      clearTimeout(patience);
      if (signal.aborted) return;
      const failure = await this.#told(store, error);
      if (!signal.aborted) this.failed(failure, again);
    }
  }

  /** Also that of a button that has stood there since the load before: what is stopped is what is going on. */
  readonly #stop = (): void => this.#halt();

  async #describe(
    { path, state, store, tree }: Shown,
    found: Identity,
    isDecrypted: boolean,
    backend: Backend,
    signal: AbortSignal,
  ): Promise<void> {
    const name = path.replace(/\/$/, "").split("/").at(-1) || store.title;
    const warnings = h("div", { class: "warnings" });
    const warn = (text: string) => {
      if (!signal.aborted) warnings.append(h("p", { class: "warning", role: "note" }, text));
    };
    const isEncrypted = encryptionOf(found) !== undefined;
    const body = h("div", { class: "body" });
    say(
      [name, KIND_NAMES[found.kind], isEncrypted ? "Encrypted" : ""].filter((each) => each !== "").join(", "),
    );
    fill(
      this.#element,
      h(
        "div",
        { class: "title" },
        h("span", { class: `kind kind-${found.kind}` }, icon(KIND_ICONS[found.kind])),
        h("h2", {}, name),
        h("span", { class: "chip" }, KIND_NAMES[found.kind]),
        isEncrypted || isDecrypted
          ? h("span", { class: "chip lock" }, isDecrypted ? "Decrypted in this page" : "Encrypted")
          : undefined,
        storedView(found, name, { store, backend, signal, isEncrypted }),
      ),
      factList(factsOf(found)),
      "metadata" in found ? metadataTable(found.metadata) : undefined,
      warnings,
      body,
    );
    if ("problem" in found && found.problem !== undefined) warn(found.problem);
    if (isEncrypted) {
      const folder = h("div", {});
      fill(
        body,
        h(
          "p",
          {},
          found.kind === "folder"
            ? "What it is stands in it encrypted: it takes a key to read it."
            : "It takes a key to read it.",
        ),
        keyForm((keys) => Promise.resolve(this.#events.onKeys(keys))),
        folder,
      );
      if (found.kind !== "folder") return;
      const place = { store, tree, path, signal, link: this.#events.link };
      return await folderView(folder, place);
    }
    const show = async () => {
      try {
        await this.#fill(body, found, name, { state, store, tree, backend, isDecrypted, signal, warn, path });
      } catch (error) {
        const failure = await this.#told(store, error);
        if (!signal.aborted) fill(body, this.#failureView(failure, show));
      }
    };
    await show();
  }

  /** What a failure means; of the store that serves the page in that one's own words. */
  async #told(store: Store, error: unknown): Promise<Failure> {
    const failure = failureOf(error);
    const isStores = error instanceof CottonCandyError &&
      ["AccessDenied", "Connection", "Storage"].includes(error.code);
    const told = isStores ? await store.failure?.().catch(() => "") ?? "" : "";
    return told === "" ? failure : { ...failure, text: told };
  }

  async #fill(
    body: HTMLElement,
    found: Identity,
    name: string,
    { state, store, tree, backend, isDecrypted, signal, warn, path }: Omit<Shown, "keys"> & {
      readonly backend: Backend;
      readonly isDecrypted: boolean;
      readonly signal: AbortSignal;
      readonly warn: (text: string) => void;
    },
  ): Promise<void> {
    switch (found.kind) {
      case "folder":
      case "zarr-group":
        return await folderView(body, { store, tree, path, signal, link: this.#events.link });
      case "npz":
        return membersView(body, found.names, (member) => this.#events.link(`${path}/${member}`));
      case "json":
      case "pickle":
      case "text":
      case "image":
      case "bytes":
        return await showContent(body, found, { backend, signal });
      default: {
        const array = await openArray(found, name, {
          backend,
          isDecrypted,
          store,
          signal,
          onWarning: warn,
        });
        if (!array || signal.aborted) return;
        const { drawArray } = await import("./draw/mod.ts");
        if (signal.aborted) return;
        const drawing = drawArray(
          body,
          { ...array, reopen: () => this.#events.onReopen() },
          state,
          this.#events.onState,
        );
        signal.addEventListener("abort", () => drawing.destroy());
      }
    }
  }

  #failureView({ title, text, helps }: Failure, again: () => void): HTMLElement {
    return h(
      "section",
      { class: "failure", role: "alert" },
      h("h2", {}, title),
      h("p", {}, text),
      helps === "keys" ? keyForm((keys) => Promise.resolve(this.#events.onKeys(keys))) : undefined,
      h(
        "p",
        { class: "buttons" },
        h("button", { onclick: again }, "Try again"),
        helps === "credentials"
          ? h("button", { onclick: () => this.#events.onCredentials(text) }, "Credentials …")
          : undefined,
      ),
    );
  }

  /** Looks whether a folder of the tree is one thing. */
  look(node: TreeNode): void {
    if (this.#looked.get(node) === this.#keys && this.#looked.has(node)) return;
    this.#looked.set(node, this.#keys);
    this.#toLook.push(node);
    this.#lookOn();
  }

  async #lookOn(): Promise<void> {
    const store = this.#store;
    if (!store || this.#looks >= LOOKS) return;
    const node = this.#toLook.shift();
    if (!node) return;
    this.#looks++;
    try {
      const kind = await folderKind(store, node.key, this.#looked.get(node));
      // Otherwise it is looked into again, with the key that somebody gives.
      if (kind !== undefined) this.#events.onIdentified(node, kind);
    } catch {
      // What can't be looked into is a folder, until somebody opens it and is told why.
      this.#events.onIdentified(node, "folder");
    } finally {
      this.#looks--;
      this.#lookOn();
    }
  }
}

/** What is stored of a thing: an object to be saved, or the sum of a folder that is one thing. */
function storedView(
  found: Identity,
  name: string,
  { store, backend, signal, isEncrypted }: {
    readonly store: Store;
    readonly backend: Backend;
    readonly signal: AbortSignal;
    readonly isEncrypted: boolean;
  },
): HTMLElement | undefined {
  if ("size" in found) return isEncrypted ? undefined : downloadView(found, name, { backend, signal });
  const isOneThing = ["chunked", "sparse", "zarr"].includes(found.kind);
  return isOneThing && store.unlisted === undefined
    ? sizeView(store, found.key === "" ? "" : `${found.key}/`, signal, SUMMED)
    : undefined;
}

/** Parts whose sizes are added up unasked: a page of a listing. */
const SUMMED = 1000;

function loadingView(what: string, stop: () => void): HTMLElement {
  say(what);
  return h(
    "p",
    { class: "loading" },
    h("span", { class: "spinner", "aria-hidden": "true" }),
    what,
    " ",
    h("button", { class: "quiet", onclick: stop }, "Stop"),
  );
}
