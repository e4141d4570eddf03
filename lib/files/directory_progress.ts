/**
 * How far the files of a directory have come, all together.
 *
 * @module
 */
import type { OnProgress, Progress } from "../../backends/backend.ts";

/** How far one file of a directory has come, and all of them. Files that are skipped are not counted. */
export interface DirectoryProgress extends Progress {
  /** How many files are complete, and how many there are. */
  readonly files: { readonly done: number; readonly total: number };
  /** Bytes of all files, those that have moved and those that there are. */
  readonly bytes: { readonly loaded: number; readonly total: number };
}

/** Adds up the progress of files that are underway side by side. */
export class DirectoryTally {
  readonly #onProgress: (progress: DirectoryProgress) => void;
  readonly #files: number;
  readonly #bytes: number;
  #done = 0;
  #loaded = 0;

  /**
   * A tally of files of which none has begun.
   *
   * @param sizes Bytes of each.
   */
  constructor(sizes: readonly number[], onProgress: (progress: DirectoryProgress) => void) {
    this.#files = sizes.length;
    this.#bytes = sizes.reduce((sum, size) => sum + size, 0);
    this.#onProgress = onProgress;
  }

  /** What receives the progress of one more file. */
  file(): OnProgress {
    // What begins anew counts backwards.
    let before = 0;
    return (progress) => {
      this.#loaded += progress.loaded - before;
      before = progress.loaded;
      if (progress.done) this.#done++;
      this.#onProgress({
        ...progress,
        files: { done: this.#done, total: this.#files },
        bytes: { loaded: this.#loaded, total: this.#bytes },
      });
    };
  }
}
