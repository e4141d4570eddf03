/**
 * Bundles modules of this repository, and programs that import it by its name, for browsers, as a user's bundler does it: with esbuild, browser conditions, and the packages at the
 * versions of deno.lock.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** What a bundle is made of. */
export interface Bundle {
  /** Folder of the files. */
  readonly directory: string;
  /** By entry point: what a page loads at once, gzipped, in bytes; and what it may load later. */
  readonly sizes: ReadonlyMap<string, { readonly initial: number; readonly lazy: number }>;
  /** What modules load at once between them, gzipped, in bytes; each an entry point, or one that is only imported dynamically. */
  loadedBy(modules: readonly string[]): Promise<number>;
}

/** Bundles entry points (paths from the repository's root) as ES modules into `directory`. */
export async function bundle(entryPoints: readonly string[], directory: string): Promise<Bundle> {
  const { imports, links } = await configuration();
  const modules = await installPackages(imports, links);
  await Deno.remove(directory, { recursive: true }).catch(() => {});
  try {
    const { metafile } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: [...entryPoints],
      outdir: directory,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "browser",
      target: "es2024",
      minify: true,
      // bzip2-wasm asks for them in Node only.
      external: ["path", "module", "fs"],
      metafile: true,
      logLevel: "error",
      plugins: [await denoImports(imports, links, modules)],
    });
    // Found by its URL, beside the code: no bundler sees that.
    await Deno.copyFile(
      join(modules, "node_modules/bzip2-wasm/bzip2-1.0.8/bzip2.wasm"),
      join(directory, "bzip2.wasm"),
    );
    const loadedBy = async (modules: readonly string[]) => {
      const files = new Set(modules.flatMap((module) => {
        const [file] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === module) ??
          [];
        if (file === undefined) throw new Error(`${module} was not bundled`);
        return reachable(metafile, file, isStatic);
      }));
      return await gzipped([...files]);
    };
    return { directory, sizes: await sizes(metafile), loadedBy };
  } finally {
    await esbuild.stop();
  }
}

type Imports = Readonly<Record<string, string>>;

async function configuration(): Promise<{ imports: Imports; links: readonly string[] }> {
  return JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
}

/** Puts the packages of deno.json into a node_modules folder of their own, at the locked versions; gives the folder that holds it. */
async function installPackages(imports: Imports, links: readonly string[]): Promise<string> {
  const directory = join(root, ".tmp/browser-packages");
  await Deno.mkdir(directory, { recursive: true });
  await Deno.copyFile(join(root, "deno.lock"), join(directory, "deno.lock"));
  await Deno.writeTextFile(
    join(directory, "deno.json"),
    JSON.stringify({ imports, links: links.map((link) => join("../..", link)), nodeModulesDir: "auto" }),
  );
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: directory,
    stdin: "null",
  }).output();
  if (!success) throw new Error(`deno install failed in ${directory}:\n${new TextDecoder().decode(stderr)}`);
  return directory;
}

/** Resolves the specifiers of deno.json's "imports", and `npm:` ones, as Deno does. */
async function denoImports(
  imports: Imports,
  links: readonly string[],
  modules: string,
): Promise<esbuild.Plugin> {
  const linked = new Map<string, string>();
  const own = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  for (const [subpath, file] of Object.entries<string>(own.exports)) {
    linked.set(join(own.name, subpath), join(root, file));
  }
  for (const link of links) {
    const { name, exports } = JSON.parse(await Deno.readTextFile(join(root, link, "deno.json")));
    const files: Record<string, string> = typeof exports === "string" ? { ".": exports } : exports;
    for (const [subpath, file] of Object.entries(files)) {
      linked.set(join(name, subpath), join(root, link, file));
    }
  }
  return {
    name: "deno-imports",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer, pluginData }) => {
        if (pluginData === "resolved" || importer.includes("/node_modules/")) return;
        if (linked.has(path)) return { path: linked.get(path) };
        const alias = Object.keys(imports).find((name) => path === name || path.startsWith(`${name}/`));
        const specifier = alias === undefined ? path : imports[alias] + path.slice(alias.length);
        const jsr = /^jsr:(@[^/]+\/[^/@]+)(?:@[^/]*)?(.*)$/.exec(specifier);
        if (jsr !== null) return { path: linked.get(jsr[1] + jsr[2]) };
        const npm = /^npm:((?:@[^/]+\/)?[^/@]+)(?:@[^/]*)?(.*)$/.exec(specifier);
        if (npm === null) return;
        return build.resolve(npm[1] + npm[2], { kind, resolveDir: modules, pluginData: "resolved" });
      });
    },
  };
}

async function sizes(metafile: esbuild.Metafile): Promise<Bundle["sizes"]> {
  const result = new Map<string, { initial: number; lazy: number }>();
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    // A module that is only imported dynamically is an output with an entry point too.
    if (entryPoint === undefined) continue;
    const initial = reachable(metafile, file, isStatic);
    const lazy = reachable(metafile, file, () => true).filter((file) => !initial.includes(file));
    result.set(entryPoint, { initial: await gzipped(initial), lazy: await gzipped(lazy) });
  }
  return result;
}

function isStatic(kind: string): boolean {
  return kind === "import-statement";
}

function reachable(metafile: esbuild.Metafile, from: string, follow: (kind: string) => boolean): string[] {
  const found = new Set([from]);
  for (const file of found) {
    for (const { path, kind, external } of metafile.outputs[file].imports) {
      if (external !== true && follow(kind)) found.add(path);
    }
  }
  return [...found];
}

async function gzipped(files: readonly string[]): Promise<number> {
  let size = 0;
  for (const file of files) {
    const { body } = new Response(await Deno.readFile(join(root, file)));
    for await (const piece of body!.pipeThrough(new CompressionStream("gzip"))) size += piece.length;
  }
  return size;
}
