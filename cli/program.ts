/**
 * From arguments to an exit code: reads them, runs the command, and tells how it went.
 *
 * @module
 */
import { Command, CommanderError, Option } from "commander";
import { messageOf } from "../lib/error_context.ts";
import type { CliCommand, OptionSpecs, OptionValues } from "./command.ts";
import { type CommandEntry, COMMANDS } from "./commands/mod.ts";
import { colorsFor } from "./colors.ts";
import { CliContext } from "./context.ts";
import { GLOBAL_OPTIONS, type GlobalValues } from "./globals.ts";
import { type Io, PipeClosedError, SIGNAL_CODES } from "./io.ts";
import { Report, UsageError } from "./report.ts";
import { VERSION } from "./version.ts";

const DESCRIPTION = [
  "Looks at, copies and checks objects and arrays in S3, Google Drive, web servers and on disk.",
  "Targets are s3://bucket/key, gdrive://folder/name, https://host/path, memory://name, file:///path and " +
  'plain paths; "s3:" alone is all buckets, "-" standard input or output. Credentials come from the ' +
  "environment, ~/.aws and cottoncandy's own files.",
].join("\n\n");

/** The most columns that help takes: longer lines are hard to read. */
const HELP_COLUMNS = 100;

/** What is known of a run once its arguments are understood. */
interface Invocation {
  readonly name: string;
  readonly entry: CommandEntry;
  readonly command: CliCommand;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: GlobalValues;
}

/** What commander prints, until it is known where it belongs. */
interface Printed {
  out: string;
  error: string;
}

/**
 * Runs the command line.
 *
 * @param args Its arguments, without the program's name.
 * @param signal Ends it.
 * @returns The exit code.
 */
export async function runProgram(args: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  try {
    return await understand(args, io, signal);
  } catch (error) {
    if (error instanceof PipeClosedError) return SIGNAL_CODES.SIGPIPE;
    throw error;
  }
}

async function understand(args: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  const printed: Printed = { out: "", error: "" };
  const run: { invocation?: Invocation } = {};
  const entries = new Map(Object.values(COMMANDS).flatMap(Object.entries<CommandEntry>));
  const program = buildProgram(entries, io, printed, (invocation) => run.invocation = invocation);
  try {
    if (args.length === 0) program.outputHelp({ error: true });
    else await program.parseAsync(withoutHelp(args, entries), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) {
      // Mistakes, too, are told as they are asked to be told.
      const json = args.includes("--json");
      const report = new Report(io, { command: "cottoncandy", json, logLevel: "warn", color: undefined });
      const message = (printed.error.trim() || error.message).replace(/^error: /, "").replaceAll("\n", " ");
      const name = args.find((each) => entries.has(each));
      const help = name !== undefined && /Argument/.test(error.code)
        ? `; see cottoncandy ${name} --help`
        : "";
      await report.failed(new UsageError(message.replace(/\.$/, "") + help));
      return await report.end(undefined);
    }
  }
  if (run.invocation) return await runCommand(run.invocation, io, signal);
  await io.stdout.write(printed.out);
  await io.stderr.write(printed.error);
  // Without arguments there is nothing to do, and the help says what there could be.
  return args.length === 0 ? 2 : 0;
}

/** `help ls` is `ls --help`, for which what the command takes is loaded; what is no command is told so. */
function withoutHelp(args: readonly string[], commands: ReadonlyMap<string, CommandEntry>): string[] {
  const [first, name, ...rest] = args;
  if (first !== "help" || name === undefined || rest.length > 0 || name.startsWith("-")) return [...args];
  return commands.has(name) ? [name, "--help"] : [name];
}

async function runCommand(invocation: Invocation, io: Io, signal: AbortSignal): Promise<number> {
  const { name, entry, command, args, options, globals } = invocation;
  const { endpoint, region, profile, listing, anonymous, noColor } = globals;
  const report = new Report(io, {
    command: name,
    json: globals.json,
    logLevel: globals.quiet ? "error" : globals.logLevel ?? "info",
    color: noColor ? false : undefined,
  });
  const credentials = anonymous ? "anonymous" : undefined;
  const store = { endpoint, region, profile, listing, credentials };
  const context = new CliContext(io, report, signal, { ...globals, store });
  try {
    signal.throwIfAborted();
    await command.run(context, args, options);
  } catch (error) {
    if (error instanceof PipeClosedError) {
      await report.progress.end();
      throw error;
    }
    await report.failed(signal.aborted ? signal.reason : error);
  }
  return await report.end(entry.verb);
}

/** The parser of the arguments. What a command takes is added to it when that command is asked for. */
function buildProgram(
  entries: ReadonlyMap<string, CommandEntry>,
  io: Io,
  printed: Printed,
  invoke: (invocation: Invocation) => void,
): Command {
  const columns = Math.min(io.stdout.columns ?? 80, HELP_COLUMNS);
  const colors = colorsFor(io, io.stdout);
  const program = new Command("cottoncandy")
    .description(DESCRIPTION)
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("--help", "print help")
    .helpCommand("help [command]", "print the help of a command")
    .usage("<command> [options] [arguments]")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => printed.out += text,
      writeErr: (text) => printed.error += text,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
      getOutHasColors: () => colors.isColorSupported,
      getErrHasColors: () => colors.isColorSupported,
    })
    // `help` works, and needs no line of its own beside `--help`.
    .configureHelp({
      styleTitle: (text) => colors.bold(text),
      visibleCommands: ({ commands }) => [...commands],
    });
  const globals = addOptions(program, GLOBAL_OPTIONS);
  for (const [group, commands] of Object.entries(COMMANDS)) {
    for (const [name, entry] of Object.entries(commands)) {
      program.command(name).summary(entry.summary).helpGroup(`${group}:`);
    }
  }
  program.hook("preSubcommand", async (_, subcommand) => {
    const name = subcommand.name();
    const entry = entries.get(name);
    if (!entry) return;
    const { command } = await entry.load();
    const options = describeCommand(subcommand, entry, command, colors.bold);
    // Once more, for `-rq`, where one letter is the command's and the other one everybody's.
    addOptions(subcommand, GLOBAL_OPTIONS, { given: globals, hidden: true });
    subcommand.action(() => {
      // Commander gives a variadic argument as one list.
      const args = subcommand.processedArgs.flat().filter((each): each is string => typeof each === "string");
      invoke({ name, entry, command, args, options, globals });
    });
  });
  return program;
}

/** Adds a command's arguments, options and help to its parser. */
export function describeCommand(
  parser: Command,
  { summary }: CommandEntry,
  command: CliCommand,
  heading: (text: string) => string,
): OptionValues<OptionSpecs> {
  const { description, examples } = command;
  if (/\.{3}\S+ \S/.test(command.arguments)) {
    // Commander takes many of the last one only: which is which is for the command to tell.
    parser.arguments("[arguments...]").usage(`[options] ${command.arguments}`);
  } else if (command.arguments !== "") parser.arguments(command.arguments);
  parser.description(`${summary[0].toUpperCase()}${summary.slice(1)}.\n\n${description}`);
  const lines = examples.map(([line, does]) =>
    `  # ${does}\n  ${line.includes("| cottoncandy ") ? "" : "cottoncandy "}${line}`
  );
  parser.addHelpText(
    "after",
    `\n${heading("Examples:")}\n${lines.join("\n")}\n\nWhat every command takes: cottoncandy --help`,
  );
  return addOptions(parser, command.options);
}

/** Adds options to a parser, which fills in what is returned. */
function addOptions<S extends OptionSpecs>(
  parser: Command,
  specs: S,
  { given = {}, hidden = false }: { readonly given?: Record<string, unknown>; readonly hidden?: boolean } =
    {},
): OptionValues<S> {
  for (const [name, spec] of Object.entries(specs)) {
    if (!(name in given)) given[name] = spec.initial;
    spec.flags.forEach((flags, index) => {
      const option = new Option(flags, spec.does[index]).hideHelp(hidden);
      parser.addOption(option);
      parser.on(`option:${option.name()}`, (text: string | null) => {
        try {
          given[name] = spec.parse(text ?? true, given[name], index);
        } catch (error) {
          parser.error(`error: ${option.long ?? flags} ${text ?? ""}: ${messageOf(error)}`);
        }
      });
    });
  }
  // Made of the table, name by name.
  return given as OptionValues<S>;
}
