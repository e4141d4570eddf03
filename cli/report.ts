/**
 * What a command tells: results on standard output, everything else on standard error; with `--json` all of it as objects, one a line, on standard output.
 * What was done and what failed is counted here, and nowhere else, and makes the exit code.
 *
 * @module
 */
import { asError } from "../lib/error_context.ts";
import { CottonCandyError, InvalidArgumentError, PartialFailureError } from "../lib/errors.ts";
import type { CottonCandyWarning, WarningKind } from "../lib/warnings.ts";
import { type Colors, colorsFor } from "./colors.ts";
import { InterruptedError, type Io, SIGNAL_CODES } from "./io.ts";
import { ProgressBar } from "./progress.ts";
import { counted, elapsed, humanSize, printable, TerminalText } from "./text.ts";
import { reworded } from "./wording.ts";

/** How much is told on standard error: each level tells what those before it do as well. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = typeof LOG_LEVELS[number];

/** What it matters of which objects it is said: the others are told once, of whatever they are. */
const EACH: readonly WarningKind[] = ["left-out", "escaped", "leftover"];

/** Something that is told, as `--json` has it. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** A wrong use of the command, found before anything was done. */
export class UsageError extends Error {
  /** `"UsageError"`. */
  override readonly name = "UsageError";
}

/** How to tell things. */
export interface ReportSettings {
  /** The command's name. */
  readonly command: string;
  /** Objects, one a line, instead of text. */
  readonly json: boolean;
  /** How much is told beside results. */
  readonly logLevel: LogLevel;
  /** Whether texts may be coloured: `undefined` where that depends on the terminal. */
  readonly color: boolean | undefined;
}

/** Tells of one run of a command. */
export class Report {
  /** Objects are told, one a line, instead of text. */
  readonly json: boolean;
  /** For results. */
  readonly colors: Colors;
  /** For everything else. */
  readonly errorColors: Colors;
  /** What is broken off is kept, for another run to go on with it. */
  keepsParts = false;
  /** How far transfers have come. */
  readonly progress: ProgressBar;
  readonly #io: Io;
  readonly #settings: ReportSettings;
  readonly #begun = performance.now();
  readonly #terminalText = new TerminalText();
  /** What was warned of: kinds, and of some kinds each object. */
  /** What failed or was interrupted could not be removed. */
  #leavesParts = false;
  readonly #warned = new Set<string>();
  /** How many warnings were not told, by kind. */
  readonly #untold = new Map<WarningKind, number>();
  #done = 0;
  #failed = 0;
  #bytes = 0;
  #usage = false;
  #dryRun = false;
  /** What else was done with objects, by what that is: `"skipped"`, `"deleted"`. */
  readonly #also = new Map<string, number>();
  #interrupted: InterruptedError | undefined;

  /** Tells nothing yet. */
  constructor(io: Io, settings: ReportSettings) {
    this.#io = io;
    this.#settings = settings;
    this.json = settings.json;
    this.colors = colorsFor(io, io.stdout, settings.json ? false : settings.color);
    this.errorColors = colorsFor(io, io.stderr, settings.color);
    const shows = io.stderr.columns !== undefined && this.#tells("info") && io.variable("TERM") !== "dumb";
    this.progress = new ProgressBar(io.stderr, shows, this.errorColors);
  }

  /** Columns to lay results out in: those of the terminal; `undefined` where they go to a file or a pipe. */
  get columns(): number | undefined {
    return this.json ? undefined : this.#io.stdout.columns;
  }

  /** Lines of the terminal that results go to. */
  get rows(): number | undefined {
    return this.#io.stdout.rows;
  }

  /**
   * Tells a result: lines of text, or an object.
   *
   * @param record What `--json` has of it; `op` is the command's name unless it says otherwise.
   */
  async result(record: JsonRecord, text: string): Promise<void> {
    await this.progress.clear();
    await this.#io.stdout.write(this.json ? this.#line(record) : `${text}\n`);
  }

  /** Tells text alone, which is no object's: headings, totals. */
  async text(text: string): Promise<void> {
    await this.progress.clear();
    if (!this.json) await this.#io.stdout.write(`${text}\n`);
  }

  /** Writes bytes of a result: as they are into files and pipes; on a terminal as text that can't do anything to it. */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.progress.clear();
    const { stdout } = this.#io;
    await stdout.write(stdout.columns === undefined ? bytes : this.#terminalText.next(bytes));
  }

  /** Counts something that was read or told. */
  count(bytes: number = 0): void {
    this.#done++;
    this.#bytes += bytes;
  }

  /**
   * Counts something that was changed, and tells of it where each is told: with `--json`, of what a dry run would do, and at the level `debug`.
   *
   * @param text What was done, as a line: `"copied a to b"`; of a dry run what would be.
   */
  async did(
    { bytes = 0, dryRun = false, also, ...record }: JsonRecord & {
      readonly bytes?: number;
      readonly dryRun?: boolean;
      /** What it was where it was not what the command is for: counted apart. */
      readonly also?: "skipped" | "deleted";
    },
    text: string,
  ): Promise<void> {
    if (also === undefined) this.count(bytes);
    else this.#also.set(also, (this.#also.get(also) ?? 0) + 1);
    this.#dryRun ||= dryRun;
    if (this.json || dryRun && also !== "skipped") {
      const told = {
        ...record,
        bytes,
        ...(also === undefined ? {} : { [also]: true }),
        ...(dryRun ? { dryRun } : {}),
        ok: true,
      };
      await this.result(told, dryRun ? `would ${printable(text)}` : printable(text));
    } else await this.debug(text);
  }

  /**
   * Counts a failure, and tells of it. Of a failure with many it tells each.
   *
   * @param of What failed, where the message may leave that open.
   */
  async failed(thrown: unknown, record: JsonRecord = {}, of?: string): Promise<void> {
    if (thrown instanceof PartialFailureError) {
      this.#done += thrown.done.length;
      for (const { key, error } of thrown.failed) await this.failed(error, { ...record, key });
      return;
    }
    if (thrown instanceof InterruptedError) {
      this.#interrupted = thrown;
      return;
    }
    const error = asError(thrown);
    // What is refused before anything was done is a wrong use.
    const isUsage = error instanceof UsageError || error instanceof InvalidArgumentError;
    if (isUsage && this.#done === 0 && this.#failed === 0) this.#usage = true;
    this.#failed++;
    await this.#error(error, record, of);
  }

  async #error(error: Error, record: JsonRecord, of: string | undefined): Promise<void> {
    await this.progress.clear();
    const words = reworded(error.message);
    if (this.json) {
      const { name } = error;
      const known = error instanceof CottonCandyError ? { code: error.code, committed: error.committed } : {};
      const key = error instanceof CottonCandyError ? error.key : undefined;
      await this.#io.stdout.write(
        this.#line({ key, ...record, ok: false, error: { name, message: words, ...known } }),
      );
      return;
    }
    const isOurs = error instanceof CottonCandyError || error instanceof UsageError;
    const message = isOurs ? words : `${error.name}: ${words}`;
    const subject = typeof record.key === "string" ? record.key : of;
    const named = subject !== undefined && !message.includes(subject) ? `${subject}: ` : "";
    const text = printable(named + message).replaceAll("\\n", "\n  ");
    await this.#io.stderr.write(`${this.errorColors.red("error:")} ${text}\n`);
    if (this.#tells("debug") && error.stack !== undefined) await this.#io.stderr.write(`${stackOf(error)}\n`);
  }

  /** Tells of a warning: of each kind once, and with `--json` or at the level `debug` of each object that is left out or hidden. How many are not told of, is told in the end. */
  async warn({ kind, message: said, key }: CottonCandyWarning): Promise<void> {
    const message = reworded(said);
    if (kind === "leftover") this.#leavesParts = true;
    const one = EACH.includes(kind) && key !== undefined ? `${kind} ${key}` : kind;
    if (this.#warned.has(one) || kind !== "leftover" && !this.#tells("warn")) return;
    const isNew = !this.#warned.has(kind);
    this.#warned.add(one).add(kind);
    if (!isNew && !this.json && !this.#tells("debug")) {
      this.#untold.set(kind, (this.#untold.get(kind) ?? 0) + 1);
      return;
    }
    await this.progress.clear();
    const named = key === undefined || message.includes(key) ? "" : ` (${key})`;
    if (this.json) await this.#io.stdout.write(this.#line({ op: "warning", kind, message, key }));
    else {
      await this.#io.stderr.write(
        `${this.errorColors.yellow("warning:")} ${printable(message + named)}\n`,
      );
    }
  }

  /** Tells a line beside results. */
  async info(text: string): Promise<void> {
    await this.#tell("info", text);
  }

  /** Tells a line that few want to see. */
  async debug(text: string): Promise<void> {
    await this.#tell("debug", text);
  }

  /**
   * Ends the report: with `--json` a last line, else a line on standard error of what was changed.
   *
   * @param verb What a command that changes something did, as `"copied"`; none of one that only looks.
   * @returns The exit code: 0 when all is done, 1 when something failed, 2 for a wrong use, 130 and 143 when a signal ended it.
   */
  async end(verb: string | undefined): Promise<number> {
    await this.progress.end();
    const exit = this.#exitCode();
    const [done, failed, bytes] = [this.#done, this.#failed, this.#bytes];
    const also = Object.fromEntries(this.#also);
    for (const [kind, count] of this.#untold) {
      if (!EACH.includes(kind)) continue;
      const how = kind === "escaped" ? "kept so" : kind === "leftover" ? "left behind" : "left out";
      const more = `${count} more ${count === 1 ? "is" : "are"} ${how}: --log-level debug names each`;
      await this.#io.stderr.write(`${this.errorColors.yellow("warning:")} ${more}\n`);
    }
    const seconds = (performance.now() - this.#begun) / 1000;
    const by = this.#interrupted?.by;
    if (this.json) {
      const rounded = Math.round(seconds * 1000) / 1000;
      const { command } = this.#settings;
      await this.#io.stdout.write(
        this.#line({
          op: "summary",
          command,
          done,
          failed,
          ...also,
          bytes,
          seconds: rounded,
          interrupted: by,
          exit,
        }),
      );
      return exit;
    }
    if (by !== undefined) {
      const what = verb === undefined ? "" : `: ${verb} ${done}, and ${this.#leftBy(verb)}`;
      await this.#io.stderr.write(`${this.errorColors.yellow("interrupted")}${what}\n`);
    } else if (verb !== undefined && !this.#usage) {
      // Of what is small it tells of nothing but how long it took to begin.
      const rate = bytes >= 2 ** 20 && seconds > 0 ? `, ${humanSize(bytes / seconds)}/s` : "";
      const size = bytes > 0 && !this.#dryRun ? `, ${humanSize(bytes)} in ${elapsed(seconds)}${rate}` : "";
      const bad = failed > 0 ? `, ${this.errorColors.red(`${failed} failed`)}` : "";
      const more = Object.entries(also).map(([what, count]) => `, ${count} ${what}`).join("");
      const did = this.#dryRun ? `dry run: would have ${verb}` : verb;
      await this.info(`${did} ${counted(done, "object")}${size}${more}${bad}`);
    }
    return exit;
  }

  /** What an interruption leaves. */
  #leftBy(verb: string): string {
    if (this.keepsParts) return "what was under way is kept: run it again";
    if (this.#leavesParts) return "of what was under way something is left: see the warning";
    // A copy may be stored whose source is still there: nothing is lost, and nothing else knows of it.
    if (verb === "moved") return "of what was under way some may be in both places: run it again";
    return "nothing is left half done";
  }

  #exitCode(): number {
    if (this.#interrupted) return SIGNAL_CODES[this.#interrupted.by];
    if (this.#usage) return 2;
    return this.#failed > 0 ? 1 : 0;
  }

  #tells(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(this.#settings.logLevel) >= LOG_LEVELS.indexOf(level);
  }

  async #tell(level: LogLevel, text: string): Promise<void> {
    if (!this.#tells(level) || this.json) return;
    await this.progress.clear();
    await this.#io.stderr.write(`${printable(text)}\n`);
  }

  #line(record: JsonRecord): string {
    return `${JSON.stringify({ op: this.#settings.command, ...record }, jsonValue)}\n`;
  }
}

/** JSON has no integers beyond 2^53, and nothing that is not finite: those become strings. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** The stacks of an error and of what lies beneath. */
function stackOf(error: Error): string {
  const beneath = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : "";
  return (error.stack ?? error.message) + beneath;
}
