/**
 * What a command is: its arguments, its options, and what it does.
 *
 * @module
 */
import type { CliContext } from "./context.ts";

/** An option: how it is written, what it does, and what of it a command is given. */
export interface OptionSpec<T> {
  /** How it is written: `"-n, --dry-run"`, `"--level <n>"`; several where several options make one value, in their order. */
  readonly flags: readonly string[];
  /** What it does, for the help; one text for each of `flags`. */
  readonly does: readonly string[];
  /** The value where it isn't given. */
  readonly initial: T;
  /**
   * The value, from the text that was given (`true` where it takes none) and the value until then.
   *
   * @throws {InvalidArgumentError} when the text makes no sense; its message says what would.
   */
  readonly parse: (text: string | true, previous: T, index: number) => T;
}

/** Options by the names that commands know them by. */
// deno-lint-ignore no-explicit-any -- each of its own type, which `OptionValues` tells
export type OptionSpecs = Readonly<Record<string, OptionSpec<any>>>;

/** What was given of some options. */
export type OptionValues<S extends OptionSpecs> = {
  readonly [name in keyof S]: S[name] extends OptionSpec<infer T> ? T : never;
};

/** An option that is given or not. */
export function flag(flags: string, does: string): OptionSpec<boolean> {
  return { flags: [flags], does: [does], initial: false, parse: () => true };
}

/** An option with a value: `"--level <n>"`. */
export function value<T = string>(
  flags: string,
  does: string,
  parse: (text: string) => T,
): OptionSpec<T | undefined> {
  return { flags: [flags], does: [does], initial: undefined, parse: (text) => parse(String(text)) };
}

/** An option that may be given several times. */
export function values<T>(
  flags: string,
  does: string,
  parse: (text: string) => T,
): OptionSpec<readonly T[]> {
  return {
    flags: [flags],
    does: [does],
    initial: [],
    parse: (text, previous) => [...previous, parse(String(text))],
  };
}

/** A command, whatever its options are. */
export interface CliCommand {
  /** Its arguments as the help shows them: `"<target...>"`, `"<source> <destination>"`. */
  readonly arguments: string;
  /** What it does, in some sentences: what the help says behind the summary. */
  readonly description: string;
  /** Examples for the help, each with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** Its options. */
  readonly options: OptionSpecs;
  /**
   * Does it.
   *
   * @param args Its arguments, in order.
   */
  readonly run: (
    context: CliContext,
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
}

/** Makes a command of its parts, so that what it does is given its options with their types. */
export function defineCommand<S extends OptionSpecs>(
  command: Omit<CliCommand, "run" | "options"> & {
    readonly options: S;
    readonly run: (context: CliContext, args: readonly string[], options: OptionValues<S>) => Promise<void>;
  },
): CliCommand {
  // What is called with `options` is made of the same table, in program.ts.
  return {
    ...command,
    run: (context, args, options) => command.run(context, args, options as OptionValues<S>),
  };
}

/** The option of everything that changes something. */
export const DRY_RUN: OptionSpec<boolean> = flag("-n, --dry-run", "change nothing, tell what would be done");
