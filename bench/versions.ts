/**
 * What figures are of: the machine, and the versions of all that took part.
 *
 * @module
 */
import os from "node:os";
import { PYTHON } from "./contender.ts";

const NPM = ["@aws-sdk/client-s3", "@aws-sdk/lib-storage", "s3mini", "zarrita", "age-encryption"];
const PYPI = ["cottoncandy", "numcodecs", "obstore", "dask", "boto3", "numpy"];

/** The processors, memory and system of this machine, in one line. */
export function machine(): string {
  const cpus = os.cpus();
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  return `${cpus.length} × ${cpus[0]?.model.trim()}, ${memory} of memory, ${os.type()} ${os.release()}`;
}

/** The load of the last minute: more than a run of its own makes is of others, who disturb it. */
export function load(): number {
  return os.loadavg()[0];
}

/** The versions of packages of npm, as the lock file has them. */
async function npmVersions(): Promise<string[]> {
  const { specifiers }: { specifiers: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(new URL("../deno.lock", import.meta.url)),
  );
  return NPM.map((name) => {
    const found = Object.keys(specifiers).find((specifier) => specifier.startsWith(`npm:${name}@`));
    if (found === undefined) throw new Error(`deno.lock has no ${name}`);
    // Behind the version stand those of its peers.
    return `${name} ${specifiers[found].split("_")[0]}`;
  });
}

async function pythonVersions(): Promise<string[]> {
  const script = "import sys, platform; from importlib.metadata import version\n" +
    "print('Python', platform.python_version())\n" +
    "for name in sys.argv[1:]: print(name, version(name))";
  const { success, stdout } = await new Deno.Command(PYTHON, { args: ["-c", script, ...PYPI] }).output();
  if (!success) throw new Error("Python told no versions");
  return new TextDecoder().decode(stdout).trim().split("\n");
}

/** This package's commit, and whether files differ from it. */
async function commit(): Promise<string> {
  const { stdout } = await new Deno.Command("git", {
    args: ["describe", "--always", "--dirty", "--abbrev=9"],
    cwd: new URL("../", import.meta.url).pathname,
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** All that takes part, with its version. */
export async function versions({ python }: { readonly python: boolean }): Promise<string[]> {
  return [
    `this package ${await commit()}`,
    `Deno ${Deno.version.deno} (V8 ${Deno.version.v8})`,
    ...await npmVersions(),
    ...(python ? await pythonVersions() : []),
  ];
}
