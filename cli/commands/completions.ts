/**
 * `completions`: what shells complete, made of the table of commands.
 *
 * @module
 */
import { type CliCommand, defineCommand, type OptionSpecs } from "../command.ts";
import { GLOBAL_OPTIONS } from "../globals.ts";
import { UsageError } from "../report.ts";

/** An option as completions have it. */
interface Completed {
  readonly short: string | undefined;
  readonly long: string;
  readonly takesValue: boolean;
  readonly does: string;
}

/** A command as completions have it. */
interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Completed[];
}

const SHELLS = ["bash", "zsh", "fish"] as const;

/** `completions`. */
export const command: CliCommand = defineCommand({
  arguments: "<shell>",
  description:
    "Prints a script by which bash, zsh or fish complete commands, options and paths: into a file where the shell looks for it, or for this shell alone by `source <(cottoncandy completions bash)`.",
  examples: [
    ["completions bash > ~/.local/share/bash-completion/completions/cottoncandy", "for bash"],
    ["completions zsh > ~/.zfunc/_cottoncandy", "for zsh, with ~/.zfunc in fpath"],
    ["completions fish > ~/.config/fish/completions/cottoncandy.fish", "for fish"],
  ],
  options: {},
  async run({ report }, [shell = ""]) {
    const write = { bash, zsh, fish }[shell];
    if (!write) throw new UsageError(`there are no completions for "${shell}": write ${SHELLS.join(", ")}`);
    const { COMMANDS } = await import("./mod.ts");
    const commands: CompletedCommand[] = [];
    for (const [name, { summary, load }] of Object.values(COMMANDS).flatMap(Object.entries)) {
      const { options } = (await load()).command;
      commands.push({ name, summary, options: completedOptions(options) });
    }
    const script = write(commands, completedOptions(GLOBAL_OPTIONS));
    report.count();
    await report.result({ shell, script }, script.trimEnd());
  },
});

function completedOptions(specs: OptionSpecs): Completed[] {
  return Object.values(specs).flatMap(({ flags, does }) =>
    flags.map((text, index) => {
      const long = /--[\w-]+/.exec(text)?.[0] ?? text;
      const short = /(?:^|\s)(-\w)\b/.exec(text)?.[1];
      return { short, long, takesValue: text.includes("<"), does: does[index] };
    })
  );
}

function bash(commands: readonly CompletedCommand[], globals: readonly Completed[]): string {
  const words = (options: readonly Completed[]) =>
    options.flatMap(({ short, long }) => short === undefined ? [long] : [short, long]).join(" ");
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, options }) => `    ${name}) options="${words(options)}" ;;`);
  const valued = [...globals, ...commands.flatMap(({ options }) => options)].filter(({ takesValue }) =>
    takesValue
  );
  const flags = [...new Set(valued.flatMap(({ short, long }) => [short ?? [], long].flat()))];
  return `# bash completions of cottoncandy
_cottoncandy() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" options="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${commands.map(({ name }) => name).join("|")}) command="$word"; break ;;
    esac
  done
  case "$previous" in
    ${flags.join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$previous" in
    completions) COMPREPLY=($(compgen -W "${SHELLS.join(" ")}" -- "$current")); return ;;
    help) COMPREPLY=($(compgen -W "${names}" -- "$current")); return ;;
  esac
  case "$command" in
    "") [[ "$current" == -* ]] || { COMPREPLY=($(compgen -W "${names} help" -- "$current")); return; } ;;
${cases.join("\n")}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options ${words(globals)} --help" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _cottoncandy cottoncandy
`;
}

function zsh(commands: readonly CompletedCommand[], globals: readonly Completed[]): string {
  const quote = (text: string) => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
  const specs = (options: readonly Completed[]) =>
    options.map(({ short, long, takesValue, does }) => {
      const names = short === undefined ? `'${long}` : `'(${short} ${long})'{${short},${long}}'`;
      return `      ${names}[${quote(does)}]${takesValue ? ":value:_files" : ""}'`;
    });
  const all = [...specs(globals), "      '--help[print help]'"].join(" \\\n");
  const valued = globals.filter(({ takesValue }) => takesValue).map(({ long }) => long);
  const cases = commands.filter(({ name }) => name !== "completions").map(({ name, options }) =>
    `    ${name})\n      _arguments -s \\\n${
      [...specs(options), "      $globals", "      '*:target:_files'"].join(" \\\n")
    } ;;`
  );
  return `#compdef cottoncandy
# zsh completions of cottoncandy
_cottoncandy() {
  local -a commands globals
  globals=(
${all.replaceAll(" \\\n", "\n")}
  )
  commands=(
${commands.map(({ name, summary }) => `    '${name}:${quote(summary)}'`).join("\n")}
  )
  local -i at=2
  # What every command takes may stand before its name.
  while (( at < CURRENT )) && [[ "$words[at]" == -* ]]; do
    [[ "$words[at]" == (${valued.join("|")}) ]] && (( at++ ))
    (( at++ ))
  done
  if (( CURRENT < at )); then
    _files
    return
  fi
  if (( CURRENT == at )); then
    if [[ "$words[CURRENT]" == -* ]]; then
      _arguments -s $globals
    else
      _describe command commands
    fi
    return
  fi
  shift $(( at - 1 )) words
  (( CURRENT -= at - 1 ))
  case "$words[1]" in
    completions) _values shell ${SHELLS.join(" ")} ;;
    help) _describe command commands ;;
${cases.join("\n")}
  esac
}
if [[ "$funcstack[1]" == _cottoncandy ]]; then
  _cottoncandy "$@"
else
  compdef _cottoncandy cottoncandy
fi
`;
}

function fish(commands: readonly CompletedCommand[], globals: readonly Completed[]): string {
  const quote = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const line = ({ short, long, takesValue, does }: Completed, condition: string) =>
    `complete -c cottoncandy ${condition}${short === undefined ? "" : `-s ${short.slice(1)} `}-l ${
      long.slice(2)
    } ${takesValue ? "-r " : ""}-d ${quote(does)}`;
  return `# fish completions of cottoncandy
${globals.map((option) => line(option, "")).join("\n")}
${
    commands.map(({ name, summary }) =>
      `complete -c cottoncandy -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`
    ).join("\n")
  }
complete -c cottoncandy -n __fish_use_subcommand -f -a help -d 'print the help of a command'
complete -c cottoncandy -n '__fish_seen_subcommand_from completions' -f -a '${SHELLS.join(" ")}'
complete -c cottoncandy -n '__fish_seen_subcommand_from help' -f -a '${
    commands.map(({ name }) => name).join(" ")
  }'
${
    commands.flatMap(({ name, options }) =>
      options.map((option) => line(option, `-n ${quote(`__fish_seen_subcommand_from ${name}`)} `))
    ).join("\n")
  }
`;
}
