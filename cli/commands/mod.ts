/**
 * The commands: a line each, in the order of the help. What one does is loaded when it is run.
 *
 * @module
 */
import type { CliCommand } from "../command.ts";

/** A line of the table. */
export interface CommandEntry {
  /** What it does, in a few words. */
  readonly summary: string;
  /** What a finished run has done, where it changes something: `"copied"`. */
  readonly verb?: string;
  /** Loads the rest. */
  readonly load: () => Promise<{ readonly command: CliCommand }>;
}

/** All commands, by the headings of the help. */
export const COMMANDS: Readonly<Record<string, Readonly<Record<string, CommandEntry>>>> = {
  "Look": {
    ls: { summary: "list objects and directories", load: () => import("./ls.ts") },
  },
};
