/** What people write behind options of the command line. */
import { assert } from "@std/assert";
import type { OptionSpecs } from "../../../cli/command.ts";
import { COMMANDS } from "../../../cli/commands/mod.ts";
import { GLOBAL_OPTIONS } from "../../../cli/globals.ts";
import { UsageError } from "../../../cli/report.ts";
import { CottonCandyError } from "../../../lib/errors.ts";
import { type Target, target, textOf } from "../engine/target.ts";

/** Every option of every command that takes a value. */
async function options(): Promise<OptionSpecs[string][]> {
  const entries = Object.values(COMMANDS).flatMap((commands) => Object.values(commands));
  const commands = await Promise.all(entries.map(({ load }) => load()));
  return [
    ...commands.flatMap(({ command }) => Object.values(command.options)),
    ...Object.values(GLOBAL_OPTIONS),
  ]
    .filter(({ flags }) => flags.some((flag) => flag.includes("<")));
}

const known = options();

/** The numbers in what an option gives. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

const values = target<unknown[]>({
  name: "options",
  count: 1500,
  longest: 1000,
  seeds:
    () => ["64K", "1.5MiB", "90s", "7d", "64,64,-", "Zstd", "npy", "0:1", "viridis", "10", "*.npy", "s3"],
  dictionary: [
    "KiB",
    "E",
    "w",
    ",",
    "-",
    ".",
    "0x10",
    "1e9",
    "Infinity",
    "NaN",
    ":",
    "%",
    "9007199254740993",
    "**",
    "[",
    "{",
  ],
  refusals: [],
  async run(input) {
    const text = textOf(input);
    const given: unknown[] = [];
    for (const { flags, initial, parse } of await known) {
      flags.forEach((_, index) => {
        try {
          given.push(parse(text, initial, index));
        } catch (error) {
          const isMeant = error instanceof UsageError ||
            error instanceof CottonCandyError && error.code === "InvalidArgument";
          if (!isMeant) throw error;
        }
      });
    }
    return given;
  },
  judge(outcome) {
    if (outcome.kind === "refused") return;
    for (const number of numbersIn(outcome.value)) assert(Number.isFinite(number), `an option is ${number}`);
  },
});

/** Options of the command line. */
export const targets: readonly Target[] = [values];
