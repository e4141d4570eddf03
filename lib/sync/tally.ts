import type { OnProgress } from "../../backends/backend.ts";
import type { FailedObject } from "../errors.ts";
import type { SyncAction, SyncOptions, SyncResult } from "./options.ts";

/** How many failures are kept to be named. */
const NAMED = 1000;

/** Bytes of one object that are underway. */
export interface Transfer {
  /** The object is to be copied, and has so many bytes. */
  begin(size: number): void;
  /** Takes note of what has been moved; absent where nobody asks. */
  readonly onProgress?: OnProgress;
  /** What was underway is stored, has failed, or need not be copied after all. */
  end(action: SyncAction): void;
}

/** Counts what is done, and tells it. */
export class SyncTally {
  /** The first failures. */
  readonly failures: FailedObject[] = [];
  /** How many failed. */
  failed = 0;
  readonly #options: SyncOptions;
  #copied = 0;
  #skipped = 0;
  #deleted = 0;
  #bytes = 0;
  #listed = false;
  #found = 0;
  #bytesFound = 0;
  /** Bytes that were sent of objects that are not stored yet. */
  #underway = 0;

  /** Counts what a sync with these options does. */
  constructor(options: SyncOptions) {
    this.#options = options;
  }

  /** One more object has been listed. */
  found(): void {
    this.#found++;
  }

  /** Both sides have been listed to their ends. */
  listed(): void {
    this.#listed = true;
    this.#report();
  }

  /** An object is done, or has failed under its key; waits until that is told. */
  async settle(action: SyncAction, key: string = action.name): Promise<void> {
    if (action.error) {
      this.failed++;
      if (this.failures.length < NAMED) this.failures.push({ key, error: action.error });
    } else if (action.action === "copy") {
      this.#copied++;
      this.#bytes += action.size;
    } else if (action.action === "skip") this.#skipped++;
    else this.#deleted++;
    const told = this.#options.onAction?.(action);
    this.#report();
    await told;
  }

  /** Follows one object's bytes. */
  transfer(): Transfer {
    if (!this.#options.onProgress) return { begin() {}, end() {} };
    let [begun, sent] = [0, 0];
    const move = (loaded: number) => {
      this.#underway += loaded - sent;
      sent = loaded;
    };
    return {
      begin: (size) => {
        begun = size;
        this.#bytesFound += size;
      },
      onProgress: ({ loaded }) => {
        move(loaded);
        this.#report();
      },
      end: ({ action }) => {
        move(0);
        if (action === "skip") this.#bytesFound -= begun;
      },
    };
  }

  /** What was done. */
  result(): SyncResult {
    return {
      copied: this.#copied,
      skipped: this.#skipped,
      deleted: this.#deleted,
      bytes: this.#bytes,
      failed: this.failed,
    };
  }

  #report(): void {
    this.#options.onProgress?.({
      listed: this.#listed,
      objects: { done: this.#copied + this.#skipped, found: this.#found },
      bytes: { done: this.#bytes + this.#underway, found: this.#bytesFound },
    });
  }
}
