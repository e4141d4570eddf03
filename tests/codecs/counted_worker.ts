/** The workers that were started since this module was loaded, and those of them that are alive. */
export class CountedWorker extends Worker {
  static readonly alive = new Set<CountedWorker>();
  static started = 0;

  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    CountedWorker.alive.add(this);
    CountedWorker.started++;
  }

  override terminate(): void {
    CountedWorker.alive.delete(this);
    super.terminate();
  }
}
globalThis.Worker = CountedWorker;
