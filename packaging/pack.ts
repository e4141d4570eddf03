// deno-lint-ignore-file no-console -- a program that prints
/**
 * `deno task pack [directory]`: the package as npm takes it, a tarball that Node, Bun, Deno and bundlers install. What `deno pack` makes lacks what
 * only npm asks for: the runtimes it is for, programs, and which packages are for few.
 *
 * @module
 */
import { dirname, join, resolve } from "@std/path";
import * as esbuild from "esbuild";
import config from "../deno.json" with { type: "json" };
import { buildExplorer } from "../examples/explorer/build.ts";

const root = new URL("..", import.meta.url).pathname;

/** What the registries show of the package, in one line. */
export const DESCRIPTION =
  "Sugar for object storage, for people whose work is arrays: numpy arrays, files and streams on S3, Google Drive, disk and in memory, " +
  "compressed, encrypted, and byte-compatible with Python's cottoncandy";

/** Where packages have the explorer's page: beside the module that serves it. Its files are a page's, and no modules of the package. */
export const PAGE = "cli/explore/page";

/** The oldest Node that the package and what it depends on are for (`@noble/…` says 20.19); the suite of the package is installed and run by exactly that one. */
export const OLDEST_NODE = "20.19.0";

/** Packages that are asked for by what few programs use, each with that: who needs one installs it. */
const OPTIONAL: Readonly<Record<string, string>> = {
  chai: "./testing",
  "apache-arrow": "./arrow",
};

/** Programs, by the names that `npx` runs: a function of a subpath that is given the arguments, and gives the exit code. */
const PROGRAMS: Readonly<
  Record<string, { readonly subpath: keyof typeof config.exports; readonly run: string }>
> = {
  "cottoncandy": { subpath: "./cli", run: "main" },
  "cottoncandy-gdrive-login": { subpath: "./gdrive/login", run: "login" },
};

interface PackageJson {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  exports: Record<string, unknown>;
  [field: string]: unknown;
}

/** What was packed. */
export interface Packed {
  /** Where the tarball is. */
  readonly path: string;
  /** Bytes of the tarball. */
  readonly size: number;
  /** Bytes of what it unpacks to. */
  readonly unpacked: number;
  /** How many files that is. */
  readonly files: number;
}

/** Makes the tarball in a directory. */
export async function pack(directory: string): Promise<Packed> {
  const work = await Deno.makeTempDir({ prefix: "cottoncandy-pack-" });
  try {
    const plain = join(work, "plain.tgz");
    await run(
      root,
      Deno.execPath(),
      "pack",
      "--quiet",
      "--allow-dirty",
      "--no-source-maps",
      "--output",
      plain,
    );
    await run(work, "tar", "-xzf", plain);
    const folder = join(work, "package");
    const manifest: PackageJson = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
    await buildExplorer(join(folder, PAGE));
    await writePrograms(folder);
    await nameLibraries(folder);
    const complete = completed(manifest, await imported(folder));
    await Deno.writeTextFile(join(folder, "package.json"), JSON.stringify(complete, null, 2) + "\n");
    const { files, unpacked } = await check(folder, complete);
    await Deno.mkdir(directory, { recursive: true });
    const path = resolve(directory, `cottoncandy-${manifest.version}.tgz`);
    // The same input gives the same bytes.
    await run(
      work,
      "tar",
      ...["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=1985-10-26T08:15:00Z"],
      ...["-czf", path, "package"],
    );
    return { path, size: (await Deno.stat(path)).size, unpacked, files };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** What npm's registry shows and its clients heed. */
function completed(manifest: PackageJson, effects: readonly string[]): PackageJson {
  const { dependencies, exports, ...rest } = manifest;
  const isOptional = (name: string) => name in OPTIONAL;
  const [optional, needed] = [isOptional, (name: string) => !isOptional(name)].map((which) =>
    Object.fromEntries(Object.entries(dependencies).filter(([name]) => which(name)))
  );
  const repository = repositoryOf();
  return {
    ...rest,
    description: DESCRIPTION,
    keywords: [
      "s3",
      "numpy",
      "npy",
      "arrays",
      "object-storage",
      "google-drive",
      "streams",
      "zarr",
      "age",
      "tink",
    ],
    ...(repository === undefined ? {} : { repository }),
    engines: { node: `>=${OLDEST_NODE}` },
    // Bundlers may leave out what nobody uses, but for what does something by being imported: what a thread or a process begins with, and what gives arrays their methods.
    sideEffects: ["./**/*_worker.js", "./**/*_main.js", "./bin/*.js", ...effects],
    bin: Object.fromEntries(Object.keys(PROGRAMS).map((name) => [name, `./bin/${name}.js`])),
    exports: { ...exports, "./package.json": "./package.json" },
    dependencies: needed,
    peerDependencies: optional,
    peerDependenciesMeta: Object.fromEntries(Object.keys(optional).map((name) => [name, { optional: true }])),
  };
}

/** Provenance names the repository that built the package, and npm refuses any other. */
function repositoryOf(): { type: "git"; url: string } | undefined {
  const [server, name] = [Deno.env.get("GITHUB_SERVER_URL"), Deno.env.get("GITHUB_REPOSITORY")];
  return server && name ? { type: "git", url: `git+${server}/${name}.git` } : undefined;
}

/** `import.meta.main`, by which Deno starts a program, is unknown to Node before 24. */
async function writePrograms(folder: string): Promise<void> {
  await Deno.mkdir(join(folder, "bin"));
  for (const [name, { subpath, run }] of Object.entries(PROGRAMS)) {
    const module = config.exports[subpath].replace(/^\.\/(.*)\.ts$/, "../$1.js");
    const path = join(folder, "bin", `${name}.js`);
    await Deno.writeTextFile(
      path,
      `#!/usr/bin/env node\nimport { ${run} } from ${
        JSON.stringify(module)
      };\n\nprocess.exitCode = await ${run}(process.argv.slice(2));\n`,
    );
    await Deno.chmod(path, 0o755);
  }
}

/** The modules that others import for nothing but what they do, and those others: a bundler would pass over both. */
async function imported(folder: string): Promise<string[]> {
  const paths = new Set<string>();
  for await (const path of filesBelow(folder)) {
    if (!path.endsWith(".js") || path.startsWith(PAGE)) continue;
    for (const [, name] of (await Deno.readTextFile(join(folder, path))).matchAll(/^import "(\..*)";$/gm)) {
      paths.add(`./${path}`);
      paths.add(`./${join(dirname(path), name)}`);
    }
  }
  return [...paths].sort();
}

/** Types that a program may not have told TypeScript of are named where they are used: without that, a `lib` of ES2023 could not compile them. */
async function nameLibraries(folder: string): Promise<void> {
  for await (const path of filesBelow(folder)) {
    if (!path.endsWith(".d.ts")) continue;
    const text = await Deno.readTextFile(join(folder, path));
    if (/\bFloat16Array\b/.test(text)) {
      await Deno.writeTextFile(join(folder, path), `/// <reference lib="esnext.float16" />\n${text}`);
    }
  }
}

/** Refuses a package whose code asks for what neither it nor its dependencies have. */
async function check(folder: string, manifest: PackageJson): Promise<{ files: number; unpacked: number }> {
  const paths = await Array.fromAsync(filesBelow(folder));
  const { metafile } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: paths.filter((path) => path.endsWith(".js") && !path.startsWith(PAGE)),
    outdir: "never-written",
    bundle: true,
    format: "esm",
    platform: "neutral",
    packages: "external",
    write: false,
    metafile: true,
    logLevel: "silent",
  }).finally(() => esbuild.stop());
  const used = Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter((it) => it.external))
    .map(({ path }) => path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/"));
  const named = [manifest.dependencies, manifest.peerDependencies].flatMap((all) => Object.keys(Object(all)));
  const missing = new Set(used).difference(new Set(named));
  if (missing.size > 0) throw new Error(`package.json does not name ${[...missing].join(", ")}`);
  const unused = new Set(Object.keys(OPTIONAL)).difference(new Set(used));
  if (unused.size > 0) throw new Error(`nothing asks for the optional ${[...unused].join(", ")}`);
  const sizes = await Promise.all(paths.map(async (path) => (await Deno.stat(join(folder, path))).size));
  return { files: paths.length, unpacked: sizes.reduce((a, b) => a + b, 0) };
}

async function* filesBelow(folder: string, path = ""): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(join(folder, path))) {
    const inner = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(folder, inner);
    else yield inner;
  }
}

/** Runs a command, and throws with what it printed if it fails. */
export async function run(directory: string, command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: directory,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${command} ${args.join(" ")} failed:\n${out}${errors}`);
  return out;
}

if (import.meta.main) {
  const { path, size, unpacked, files } = await pack(Deno.args[0] ?? join(root, ".tmp/package"));
  console.log(
    `${path}: ${(size / 1000).toFixed()} kB, ${files} files, ${(unpacked / 1e6).toFixed(1)} MB unpacked`,
  );
}
