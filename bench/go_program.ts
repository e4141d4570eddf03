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

/** Builds a program where it hasn't been built, in this version; gives its path. */
export async function goProgram(program: GoProgram): Promise<string> {
  const built = await builtProgram(program);
  if (built !== undefined) return built;
  const { module, version } = program;
  const { folder, path } = placeOf(program);
  await Deno.mkdir(folder, { recursive: true });
  if (module && version) {
    // A module of its own that requires the version: `go install` would ask which versions there are, too.
    await Deno.writeTextFile(`${folder}go.mod`, `module bench\n\ngo 1.22\n\nrequire ${module} ${version}\n`);
    await run(["build", "-o", path, program.package], { GOFLAGS: "-mod=mod" }, folder);
  } else await run(["install", `${program.package}@latest`], { GOBIN: folder });
  return path;
}

/** The path of a program where it has been built. */
export async function builtProgram(program: GoProgram): Promise<string | undefined> {
  const { path } = placeOf(program);
  return await Deno.stat(path).then(() => path, () => undefined);
}

function placeOf({ name, version }: GoProgram): { folder: string; path: string } {
  const folder = `${FOLDER}${version ? `${name}-${version}` : name}/`;
  return { folder, path: folder + name };
}

async function run(args: string[], env: Record<string, string>, cwd?: string): Promise<void> {
  const { success } = await new Deno.Command("go", { args, env, cwd, stdout: "inherit", stderr: "inherit" })
    .output();
  if (!success) throw new Error(`go ${args.join(" ")} failed; its output is above`);
}

/** The version of a program that has been built, as Go notes it there. */
export async function goVersion(program: GoProgram): Promise<string> {
  const { stdout } = await new Deno.Command("go", { args: ["version", "-m", await goProgram(program)] })
    .output();
  // Installed, the program is the main module; built for a module of its own, it is what that depends on.
  const modules = new TextDecoder().decode(stdout).matchAll(/^\s*(mod|dep)\s+(\S+)\s+(\S+)/gm);
  for (const [, , path, version] of modules) {
    if (program.package.startsWith(path)) return version;
  }
  return "of an unknown version";
}
