/**
 * What `cp`, `mv` and `sync` have in common: their options, and how they tell what they do.
 *
 * @module
 */
import type { SyncAction, SyncFilter, SyncProgress } from "../lib/sync/mod.ts";
import { DRY_RUN, flag, type OptionSpec, value } from "./command.ts";
import type { CliContext } from "./context.ts";
import { wholeNumber } from "./text.ts";

/** `--include` and `--exclude`, in the order in which they were given. */
export const FILTERS: OptionSpec<readonly SyncFilter[]> = {
  flags: ["--include <glob>", "--exclude <glob>"],
  does: [
    "only what matches; of all filters the first that matches decides",
    "not what matches, and nothing below it: '*.tmp', .git; repeatable, as --include is",
  ],
  initial: [],
  parse: (text, previous, index) => {
    const pattern = String(text);
    return [...previous, index === 0 ? { include: pattern } : { exclude: pattern }];
  },
};

/** Options of everything that copies. */
export const COPY_OPTIONS = {
  filters: FILTERS,
  ifSizeDiffers: flag("--if-size-differs", "leave what is there and has the same size"),
  resume: flag(
    "--resume",
    "keep what has arrived of large objects when it breaks off, and go on from there the next time",
  ),
  concurrency: value("--concurrency <n>", "how many objects at once (default: 16)", wholeNumber(1)),
  storageClass: value("--storage-class <class>", "storage class of the copies, such as STANDARD_IA", String),
  acl: value("--acl <acl>", "canned ACL of the copies, such as public-read", String),
  dryRun: DRY_RUN,
} as const;

/** What the names of both sides are called. */
export interface CopyNames {
  /** What it does, as in `"copy"`, and when it is done. */
  readonly verb: readonly [infinitive: string, past: string];
  /** What a name of the source is called. */
  readonly source: (name: string) => string;
  /** What a name of the target is called. */
  readonly target: (name: string) => string;
}

/** Tells of actions one after the other, while others go on. */
export class ActionTeller {
  readonly #context: CliContext;
  readonly #names: CopyNames;
  readonly #dryRun: boolean;
  #told: Promise<void> = Promise.resolve();
  #failure: unknown;

  /** Tells nothing yet. */
  constructor(context: CliContext, names: CopyNames, dryRun: boolean) {
    this.#context = context;
    this.#names = names;
    this.#dryRun = dryRun;
  }

  /** For the option of that name: who reads slowly holds the sync back, rather than have it all kept in memory. */
  readonly onAction = (action: SyncAction): Promise<void> => {
    this.#told = this.#told.then(() => this.tell(action)).catch((error) => {
      this.#failure ??= error;
    });
    return this.#told;
  };

  /** For the option of that name. */
  readonly onProgress = ({ listed, objects, bytes }: SyncProgress): void => {
    const { progress } = this.#context.report;
    progress.expect({ files: listed ? objects.found : undefined, bytes: bytes.found });
    progress.set(objects.done, bytes.done);
  };

  /** Waits until all is told, and throws what kept something from being told. */
  async end(): Promise<void> {
    await this.#told;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Tells of an action. */
  async tell({ action, name, size, reason, error }: SyncAction): Promise<void> {
    const { report } = this.#context;
    const [source, target] = [this.#names.source(name), this.#names.target(name)];
    const dryRun = this.#dryRun;
    const verb = (infinitive: string, past: string) => dryRun ? infinitive : past;
    if (error) return await report.failed(error, { key: name, source, target });
    switch (action) {
      case "copy": {
        const text = `${verb(...this.#names.verb)} ${source} to ${target}`;
        return await report.did({ source, target, bytes: size, reason, dryRun }, text);
      }
      case "skip":
        return await report.did(
          { source, target, reason, dryRun, also: "skipped" },
          `skipped ${target} (${reason})`,
        );
      case "delete": {
        const text = `${verb("delete", "deleted")} ${target}`;
        return await report.did({ target, reason, dryRun, also: "deleted" }, text);
      }
    }
  }
}
