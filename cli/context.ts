/**
 * What a command works with: what it may tell, ask and open, and when it has to end.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import type { OnWarning } from "../lib/warnings.ts";
import type { DefaultInterface } from "../lib/interface/mod.ts";
import type { InterfaceOptions } from "../lib/open/mod.ts";
import { encryptionOf, type KeySettings } from "./keys.ts";
import { type Io, PipeClosedError } from "./io.ts";
import type { Report } from "./report.ts";
import {
  type OpenedTarget,
  openTarget,
  type OpenTargetOptions,
  optionsFor,
  parseTarget,
  type Target,
} from "./targets.ts";

/** What is said once for all targets of a command. */
export interface StoreSettings extends KeySettings {
  /** How stores are opened. */
  readonly store: Pick<InterfaceOptions, "endpoint" | "region" | "profile" | "credentials" | "listing">;
}

/** What a command works with. */
export class CliContext {
  /** Standard input, and what the environment says. */
  readonly io: Io;
  /** Where everything goes that is told. */
  readonly report: Report;
  /** Aborts when the process is asked to end. To be given to everything that takes one. */
  readonly signal: AbortSignal;
  /** Receives the library's warnings. To be given to everything that takes one. */
  readonly onWarning: OnWarning;
  readonly #settings: StoreSettings;
  readonly #stores = new Map<string, Promise<DefaultInterface>>();
  #encryption: ReturnType<typeof encryptionOf> | undefined;
  #writes = false;

  /** A context of one run. */
  constructor(io: Io, report: Report, signal: AbortSignal, settings: StoreSettings) {
    this.io = io;
    this.report = report;
    this.signal = signal;
    this.onWarning = (warning) => void report.warn(warning).catch(() => {});
    this.#settings = settings;
  }

  /** What was said of keys. */
  get keySettings(): KeySettings {
    return this.#settings;
  }

  /** Options that everything takes which asks a store. */
  get request(): { readonly signal: AbortSignal; readonly onWarning: OnWarning } {
    return { signal: this.signal, onWarning: this.onWarning };
  }

  /**
   * Opens what an argument names, to read it; a path on disk is looked at, nothing else is asked. A symbolic link to a file is that file: what is named is followed, what is found is not.
   *
   * @throws {UsageError} when it can't be opened as a store: it is `-`, or names no bucket.
   */
  async open(target: string | Target): Promise<OpenedTarget> {
    return await this.#open(target, { follow: true });
  }

  /** As {@linkcode open}, for what is to be taken away: a symbolic link is itself. */
  async openToMove(target: Target): Promise<OpenedTarget> {
    return await this.#open(target, {});
  }

  /**
   * Opens what an argument names as something that has a name: a directory on disk as one in the directory that it is in. For what removes things.
   */
  async openNamed(target: string): Promise<OpenedTarget> {
    return await this.#open(target, { named: true });
  }

  /**
   * Opens what an argument names, to tell what it is and to read it as that: a directory on disk may be an array, whose parts are found by its name.
   */
  async openThing(target: string): Promise<OpenedTarget> {
    return await this.#open(target, { named: true, follow: true });
  }

  /** Opens where something is to be stored, before what it comes from is opened: directories on disk are made as they are needed. */
  async openDestination(target: string | Target): Promise<OpenedTarget> {
    return await this.#open(target, { create: true });
  }

  /** As {@linkcode openDestination}, for what is to be a directory: one on disk is a store of its own, whether it is there or not. */
  async openDirectory(target: string): Promise<OpenedTarget> {
    return await this.#open(target, { create: true, directory: true });
  }

  async #open(target: string | Target, options: OpenTargetOptions): Promise<OpenedTarget> {
    const parsed = typeof target === "string" ? parseTarget(target) : target;
    if (options.create && parsed.kind === "url") this.#writes = true;
    return await openTarget(parsed, (url) => this.openRoot(url), options);
  }

  /** Opens a store by its URL, each once. */
  async openRoot(url: string): Promise<Backend> {
    return (await this.openInterface(url)).backend;
  }

  /** As {@linkcode openRoot}, with all its methods. */
  openInterface(url: string): Promise<DefaultInterface> {
    let opened = this.#stores.get(url);
    if (!opened) this.#stores.set(url, opened = this.#openStore(url));
    return opened;
  }

  async #openStore(url: string): Promise<DefaultInterface> {
    const createBucket = /^file:/i.test(url);
    const options = { ...optionsFor(url, this.#settings.store), onWarning: this.onWarning, createBucket };
    const encryption = await (this.#encryption ??= encryptionOf(this.#settings, this.io, this.#writes));
    const { getEncryptedInterface, getInterface } = await import("../lib/open/mod.ts");
    return encryption === undefined
      ? await getInterface(url, options)
      : await getEncryptedInterface(url, { ...options, ...encryption });
  }

  /** Does something for each argument; what fails of one does not keep the others from being done. */
  async forEach(targets: readonly string[], work: (target: string) => Promise<void>): Promise<void> {
    for (const target of targets) {
      this.signal.throwIfAborted();
      try {
        await work(target);
      } catch (error) {
        this.signal.throwIfAborted();
        if (error instanceof PipeClosedError) throw error;
        // Of several it must be told which one failed.
        await this.report.failed(error, { target }, targets.length > 1 ? target : undefined);
      }
    }
  }
}
