import type { OnProgress } from "../../backends/backend.ts";

/** Adds up the progress of many objects that are transferred at once, as that of one. */
export class PartsProgress {
  readonly #key: string;
  readonly #report: OnProgress;
  readonly #total: number | undefined;
  #loaded = 0;

  /**
   * @param key What is reported as transferred.
   * @param total Bytes in all, where known.
   */
  constructor(key: string, report: OnProgress, total?: number) {
    this.#key = key;
    this.#report = report;
    this.#total = total;
  }

  /** What receives the progress of one of the objects. */
  part(): OnProgress {
    let before = 0;
    return ({ loaded }) => {
      if (loaded === before) return;
      this.#loaded += loaded - before;
      before = loaded;
      this.#tell(false);
    };
  }

  /** Reports that all is done. */
  finish(): void {
    this.#tell(true);
  }

  #tell(done: boolean): void {
    const total = this.#total ?? (done ? this.#loaded : undefined);
    this.#report({ key: this.#key, loaded: this.#loaded, ...(total !== undefined && { total }), done });
  }
}
