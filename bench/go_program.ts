/**
 * Programs that others wrote in Go, built from their sources by Go's own tools into `.tmp/`.
 *
 * @module
 */

const FOLDER = new URL("../.tmp/", import.meta.url).pathname;

/** A program of a module of Go. */
export interface GoProgram {
  /** The program's name, and the last part of its package. */
  readonly name: string;
  /** What to build: the package that has its `main`. */
  readonly package: string;
  /** The module that the package is in, where another version than the latest is to be built. */
  readonly module?: string;
  /** That version. */
  readonly version?: string;
}

/** Builds a program where it hasn't been built; gives its path. */
export async function goProgram(program: GoProgram): Promise<string> {
  const folder = `${FOLDER}${program.name}/`;
  const path = folder + program.name;
  if (await Deno.stat(path).then(() => true, () => false)) return path;
  await Deno.mkdir(folder, { recursive: true });
  const { module, version } = program;
  if (module && version) {
    // A module of its own that requires the version: `go install` would ask which versions there are, too.
    await Deno.writeTextFile(`${folder}go.mod`, `module bench\n\ngo 1.22\n\nrequire ${module} ${version}\n`);
    await run(["build", "-o", path, program.package], { GOFLAGS: "-mod=mod" }, folder);
  } else await run(["install", `${program.package}@latest`], { GOBIN: folder });
  return path;
}

async function run(args: string[], env: Record<string, string>, cwd?: string): Promise<void> {
  const { success } = await new Deno.Command("go", { args, env, cwd, stdout: "inherit", stderr: "inherit" })
    .output();
  if (!success) throw new Error(`go ${args.join(" ")} failed; its output is above`);
}

/** The version of a program that has been built, as Go notes it there. */
export async function goVersion(program: GoProgram): Promise<string> {
  if (program.version) return program.version;
  const { stdout } = await new Deno.Command("go", { args: ["version", "-m", await goProgram(program)] })
    .output();
  return /^\s*mod\s+\S+\s+(\S+)/m.exec(new TextDecoder().decode(stdout))?.[1] ?? "of an unknown version";
}
