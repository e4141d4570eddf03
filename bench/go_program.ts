/**
 * Programs that others wrote in Go, built from their sources by Go's own tools, once.
 *
 * @module
 */
import { cachedFile, cachedFolder, fillOnce, runQuietly } from "./program_cache.ts";

/** A program of a module of Go. */
export interface GoProgram {
  /** The program's name. */
  readonly name: string;
  /** What to build: the package that has its `main`, or one that is written here, of packages of the module. */
  readonly package: string | { readonly source: string };
  /** The module that the package is in, and which version is to be built. */
  readonly module: string;
  /** That version. */
  readonly version: string;
}

/** Builds a program where it hasn't been built, in this version; gives its path. */
export async function goProgram(program: GoProgram): Promise<string> {
  const { name, module, version } = program;
  return await fillOnce(folderOf(program), name, async (work) => {
    // A module of its own that requires the version: `go install` would ask which versions there are, too.
    await Deno.writeTextFile(`${work}/go.mod`, `module built\n\ngo 1.22\n\nrequire ${module} ${version}\n`);
    const written = typeof program.package === "object";
    if (typeof program.package === "object") {
      await Deno.writeTextFile(`${work}/main.go`, program.package.source);
    }
    await runQuietly("go", ["build", "-o", name, written ? "." : program.package], {
      cwd: work,
      env: { GOFLAGS: "-mod=mod -buildvcs=false" },
    });
  });
}

/** The path of a program where it has been built. */
export async function builtProgram(program: GoProgram): Promise<string | undefined> {
  return await cachedFile(folderOf(program), program.name);
}

function folderOf({ name, version }: GoProgram): string {
  return cachedFolder(name, version);
}

/** The version of a program that has been built, as Go notes it there. */
export async function goVersion(program: GoProgram): Promise<string> {
  const { stdout } = await new Deno.Command("go", { args: ["version", "-m", await goProgram(program)] })
    .output();
  const dependencies = new TextDecoder().decode(stdout).matchAll(/^\s*(?:dep|mod)\s+(\S+)\s+(\S+)/gm);
  for (const [, path, version] of dependencies) {
    if (program.module === path) return version;
  }
  return "of an unknown version";
}
