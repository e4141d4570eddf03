/**
 * How far transfers have come, in one line of a terminal.
 *
 * @module
 */
import type { OnProgress } from "../backends/requests.ts";
import type { Colors } from "./colors.ts";
import type { Sink } from "./io.ts";
import { duration, humanSize } from "./text.ts";

/** Milliseconds between two drawings. */
const PERIOD = 100;
/** Milliseconds for which the rate is taken, at least: parts of several MiB are told of when they have arrived, which may take longer. */
const WINDOW = 5000;
/** Columns of the bar itself: at most, and the fewest that tell anything. */
const [BAR, SHORT_BAR] = [24, 6];

/** A bar on a terminal, and nothing anywhere else. What it counts has arrived: a transfer that failed is taken back. */
export class ProgressBar {
  readonly #sink: Sink;
  readonly #shows: boolean;
  readonly #colors: Colors;
  readonly #loaded = new Map<string, number>();
  readonly #samples: { readonly time: number; readonly bytes: number }[] = [];
  #bytes = 0;
  #totalBytes: number | undefined;
  #files = 0;
  #totalFiles: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #drawn = false;
  #label = "";

  /** Draws nothing until something has moved. */
  constructor(sink: Sink, shows: boolean, colors: Colors) {
    this.#sink = sink;
    this.#shows = shows;
    this.#colors = colors;
  }

  /** What is to come in all, as far as that is known by now. */
  expect({ files, bytes }: { readonly files?: number; readonly bytes?: number }): void {
    this.#totalFiles = files ?? this.#totalFiles;
    this.#totalBytes = bytes ?? this.#totalBytes;
    this.#start();
  }

  /** An object of that size is the next to come, after all that is done. */
  expectNext(bytes: number): void {
    this.expect({ bytes: this.#bytes + bytes });
  }

  /** Receives the progress of one object; for options of that name. */
  readonly onProgress: OnProgress = ({ key, loaded, done }) => {
    // A transfer that begins anew counts from there.
    this.#bytes += loaded - (this.#loaded.get(key) ?? 0);
    if (done) {
      this.#loaded.delete(key);
      this.#files++;
    } else this.#loaded.set(key, loaded);
    this.#start();
  };

  /** Sets what is done so far, where that is told of all together. */
  set(files: number, bytes: number): void {
    this.#files = files;
    this.#bytes = bytes;
    this.#start();
  }

  /** A transfer of an object failed: what of it had moved does not count. */
  takeBack(key: string): void {
    this.#bytes -= this.#loaded.get(key) ?? 0;
    this.#loaded.delete(key);
  }

  /** What to show before the numbers, as `"listing"`. */
  label(text: string): void {
    this.#label = text;
    this.#start();
  }

  /** Takes the line away, so that something else can be written; the next drawing brings it back. */
  async clear(): Promise<void> {
    if (!this.#drawn) return;
    this.#drawn = false;
    await this.#sink.write("\r\x1b[K");
  }

  /** Takes the line away for good. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.clear();
  }

  /** The line as it would be drawn now, without colours that `colors` doesn't give. */
  line(now: number = performance.now()): string {
    const width = (this.#sink.columns ?? 80) - 1;
    const rate = this.#rate(now);
    const total = this.#totalBytes;
    const parts: string[] = [];
    if (this.#label !== "") parts.push(this.#label);
    if (total !== undefined && total > 0) {
      const share = Math.min(1, this.#bytes / total);
      parts.push(`${Math.floor(share * 100)}%`.padStart(4));
      parts.push(`${humanSize(this.#bytes)}/${humanSize(total)}`);
    } else if (this.#bytes > 0 || this.#label === "") parts.push(humanSize(this.#bytes));
    if (rate > 0) parts.push(`${humanSize(rate)}/s`);
    if (rate > 0 && total !== undefined && total > this.#bytes) {
      parts.push(`${duration((total - this.#bytes) / rate)} left`);
    }
    if (this.#totalFiles !== undefined && this.#totalFiles > 1) {
      parts.push(`${this.#files}/${this.#totalFiles} files`);
    } else if (this.#totalFiles === undefined && this.#files > 0) parts.push(`${this.#files} files`);
    const text = parts.join("  ");
    const columns = Math.min(BAR, width - text.length - 1);
    if (total === undefined || total === 0 || columns < SHORT_BAR) return text.slice(0, width);
    const full = Math.floor(Math.min(1, this.#bytes / total) * columns);
    const bar = this.#colors.green("█".repeat(full)) + this.#colors.dim("░".repeat(columns - full));
    return `${bar} ${text}`;
  }

  /** Bytes a second, since the last change but one that is a window ago: what comes in large pieces is neither fast when one has come nor still until the next. */
  #rate(now: number): number {
    const samples = this.#samples;
    if (samples.at(-1)?.bytes !== this.#bytes) samples.push({ time: now, bytes: this.#bytes });
    while (samples.length > 2 && now - samples[1].time >= WINDOW) samples.shift();
    const [first] = samples;
    return now - first.time < PERIOD
      ? 0
      : Math.max(0, (this.#bytes - first.bytes) / (now - first.time) * 1000);
  }

  #start(): void {
    if (!this.#shows || this.#timer !== undefined) return;
    this.#rate(performance.now());
    this.#timer = setInterval(() => {
      this.#drawn = true;
      // Whether it can be drawn makes no difference to what is done.
      this.#sink.write(`\r${this.line()}\x1b[K`).catch(() => {});
    }, PERIOD);
  }
}
