// deno-lint-ignore-file no-console -- a program that prints
/**
 * Whether anybody can take the package: packs it, installs it into empty folders, compiles a program against its types, and runs its suite in every
 * runtime. `deno task test:publish [--only NAME]`; what is needed is installed into `.tmp/`.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import * as esbuild from "esbuild";
import { pack, run } from "../../packaging/pack.ts";
import { filesOf, startWeb } from "../servers/web.ts";
import { installTools, type Runtime, type Tools } from "./runtimes.ts";

const root = new URL("../..", import.meta.url).pathname;
const NAME = "@cottoncandy/cottoncandy";

/** A stand-in's process, and the line of JSON that it begins with. */
interface Server extends AsyncDisposable {
  readonly about: Record<string, unknown>;
}

async function serve(program: string): Promise<Server> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", "--frozen", join(root, "tests/servers", program), "--stdin"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (const piece of process.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes("\n")) break;
  }
  return {
    about: JSON.parse(text),
    async [Symbol.asyncDispose]() {
      await process.stdin.close();
      await process.status;
    },
  };
}

/** Arrays keep what the package's modules give them by being imported, in a bundle made as its `package.json` allows. */
async function checkBundle(runtime: Runtime, folder: string): Promise<void> {
  for (const subpath of ["", "/array"]) {
    const outfile = `bundled${subpath.replace("/", "-")}.mjs`;
    await esbuild.build({
      absWorkingDir: folder,
      stdin: {
        contents: `import { ndarray } from "${NAME}${subpath}";
const array = ndarray(Float32Array.of(1, 2));
if (String(array) + array.max() !== "array([1., 2.], dtype=float32)2") throw new Error(String(array));`,
        resolveDir: folder,
      },
      outfile,
      bundle: true,
      splitting: false,
      format: "esm",
      platform: "node",
      logLevel: "error",
    }).finally(() => esbuild.stop());
    const { success, output } = await outputOf(runtime, [...runtime.run, `./${outfile}`], folder, {});
    if (!success) throw new Error(`a bundle of ${NAME}${subpath} lacks what arrays do:\n${output}`);
  }
}

/** A folder with nothing but the package in it, as a user's. */
async function install(folder: string, tarball: string, command: readonly string[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  // The optional peers of `./testing` and `./arrow`.
  await run(folder, command[0], ...command.slice(1), tarball, "chai@6", "apache-arrow@21");
}

/** The suite as one file for all runtimes, in which the package's names are all that is left to be found. */
async function buildSuite(tools: Tools, outfile: string): Promise<void> {
  await esbuild.build({
    entryPoints: [join(root, "tests/packages/suite.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    external: [NAME, `${NAME}/*`],
    alias: { "@std/assert": join(tools.directory, "node_modules/deno-std/assert/mod.js") },
    plugins: [{
      name: "the package in place of its sources",
      setup: (build) =>
        build.onResolve({ filter: /^\.\.\/mod\.ts$/ }, () => ({ path: NAME, external: true })),
    }],
    logLevel: "error",
  }).finally(() => esbuild.stop());
}

/** Compiles a program, and an import of every subpath, as strictly as it goes, for Node and for a bundler. */
async function checkTypes(tools: Tools, folder: string): Promise<void> {
  await Deno.copyFile(join(root, "tests/packages/program.ts"), join(folder, "program.ts"));
  const { exports }: { exports: object } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  await Deno.writeTextFile(
    join(folder, "subpaths.ts"),
    Object.keys(exports).map((subpath, i) => `export * as all${i} from "${join(NAME, subpath)}";\n`).join(""),
  );
  for (const [module, moduleResolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
    const compilerOptions = {
      module,
      moduleResolution,
      target: "es2022",
      lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(tools.directory, "node_modules/@types")],
    };
    const path = join(folder, "tsconfig.json");
    await Deno.writeTextFile(
      path,
      JSON.stringify({ compilerOptions, files: ["program.ts", "subpaths.ts"] }),
    );
    await run(folder, join(tools.directory, "node_modules/.bin/tsc"), "--project", path);
  }
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly output: string;
}

/** Runs a file of tests by the runtime's own runner. */
async function runTests(runtime: Runtime, folder: string, file: string, suite: string): Promise<Outcome> {
  const { success, output } = await outputOf(runtime, [...runtime.test, `./${file}`], folder, {
    SUITE: suite,
  });
  const [passed, failed] = runtime.counts.map((count) => Number(count.exec(output)?.[1] ?? 0));
  return { passed, failed: success ? failed : Math.max(failed, 1), output };
}

/** Runs each program of docs/node.md, as a reader would paste it. */
async function runGuide(runtime: Runtime, folder: string): Promise<Outcome> {
  const guide = await Deno.readTextFile(join(root, "docs/node.md"));
  const programs = [...guide.matchAll(/^```js\n(.*?)^```$/gms)].map(([, text]) => text);
  if (programs.length === 0) throw new Error("docs/node.md has no programs");
  let failed = 0;
  let all = "";
  for (const [i, text] of programs.entries()) {
    const isTest = text.includes("node:test");
    const file = `guide-${runtime.name.replaceAll(" ", "-")}-${i}${isTest ? ".test" : ""}.mjs`;
    await Deno.writeTextFile(join(folder, file), text);
    const args = [...(isTest ? runtime.test : runtime.run), `./${file}`];
    const { success, output } = await outputOf(runtime, args, folder, {});
    if (!success) failed++;
    if (!success) all += `${text}\n${output}`;
  }
  return { passed: programs.length - failed, failed, output: all };
}

/** Runs the command line as it is installed: what it says, where, and with which exit codes. */
async function runCommands(runtime: Runtime, folder: string): Promise<Outcome> {
  const place = await Deno.makeTempDir({ prefix: "cottoncandy-commands-" });
  const { version }: { version: string } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const cases: readonly (readonly [args: readonly string[], success: boolean, says: RegExp])[] = [
    [["--version"], true, new RegExp(`^${RegExp.escape(version)}\n`)],
    [["ls", place], true, /^U3\.npy\n/],
    [["cp", join(place, "U3.npy"), join(place, "copies/a.npy")], true, /copied 1 object/],
    [["sync", join(place, "copies"), join(place, "others")], true, /copied 1 object/],
    [["sync", join(place, "copies"), join(place, "others")], true, /copied 0 objects, 1 skipped/],
    [["cat", `${join(place, "others/a.npy")}[0]`], true, /^array\(.*, dtype='<U3'\)\n/s],
    [["ls", join(place, "none")], false, /error: there is nothing at /],
  ];
  let output = "";
  let failed = 0;
  try {
    await Deno.copyFile(join(root, "tests/vectors/npy/U3.npy"), join(place, "U3.npy"));
    for (const [args, success, says] of cases) {
      const ran = await outputOf(
        runtime,
        [...runtime.run, "./node_modules/.bin/cottoncandy", ...args],
        folder,
        {},
      );
      if (ran.success === success && says.test(ran.output)) continue;
      failed++;
      output += `cottoncandy ${args.join(" ")}\n${ran.output}`;
    }
  } finally {
    await Deno.remove(place, { recursive: true });
  }
  return { passed: cases.length - failed, failed, output };
}

async function outputOf(
  { executable }: Runtime,
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
): Promise<{ success: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(executable, {
    args: [...args],
    cwd,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return { success, output: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n") };
}

const only = Deno.args[0] === "--only" ? Deno.args[1] : undefined;
const started = performance.now();
const seconds = () => `${((performance.now() - started) / 1000).toFixed()} s`;
const work = await Deno.makeTempDir({ prefix: "cottoncandy-packages-" });
let faults = 0;
try {
  const tools = await installTools(join(root, ".tmp/runtimes"));
  const packed = await pack(join(work, "tarball"));
  console.log(
    `Packed: ${(packed.size / 1000).toFixed()} kB, ${packed.files} files, ${
      (packed.unpacked / 1e6).toFixed(1)
    } MB unpacked (${seconds()})`,
  );
  const byNpm = join(work, "npm");
  const byBun = join(work, "bun");
  const [oldest] = tools.runtimes.map(({ executable }) => executable);
  const bun = tools.runtimes.find(({ name }) => name.startsWith("Bun"))!.executable;
  await Promise.all([
    install(byNpm, packed.path, [
      // By the oldest Node, and only if all packages are for that.
      ...["env", `PATH=${dirname(oldest)}:${Deno.env.get("PATH")}`, "npm", "install", "--engine-strict"],
      ...["--no-fund", "--no-audit", "--prefer-offline"],
    ]),
    install(byBun, packed.path, [bun, "add"]),
  ]);
  console.log(`Installed by npm and by Bun (${seconds()})`);
  await buildSuite(tools, join(byNpm, "suite.test.mjs"));
  await Deno.copyFile(join(byNpm, "suite.test.mjs"), join(byBun, "suite.test.mjs"));
  await checkTypes(tools, byNpm);
  await checkBundle(tools.runtimes[0], byNpm);
  console.log(`A program that uses every subpath compiles, for Node and for a bundler (${seconds()})`);

  await using s3 = await serve("s3_main.ts");
  await using drive = await serve("gdrive_main.ts");
  const text = await Deno.readFile(join(root, "tests/vectors/npy/U3.npy"));
  await using web = await startWeb({ files: filesOf({ "U3.npy": text }) });
  const suite = JSON.stringify({
    s3: s3.about,
    drive: drive.about,
    web: web.url,
    vectors: join(root, "tests/vectors/cottoncandy-0.4.0.json"),
  });
  const waiting = tools.runtimes.filter(({ name }) => only === undefined || name.startsWith(only));
  if (waiting.length === 0) throw new Error(`no runtime is called ${only}`);
  let most = 0;
  const report = (title: string, { passed, failed, output }: Outcome) => {
    if (failed > 0) console.log(output);
    console.log(
      `${title} (${seconds()})\n${failed > 0 ? "FAILED" : "ok"} | ${passed} passed | ${failed} failed`,
    );
    faults += failed;
  };
  const next = async (): Promise<void> => {
    const runtime = waiting.shift();
    if (!runtime) return;
    const folder = runtime.executable === bun ? byBun : byNpm;
    const { passed, failed, output } = await runTests(runtime, folder, "suite.test.mjs", suite);
    report(`The suite in ${runtime.name}`, { passed, failed, output });
    // A runner that overlooks tests would pass.
    if (failed === 0 && (passed === 0 || most > 0 && passed !== most)) {
      throw new Error(`${runtime.name} ran ${passed} tests, others ${most}`);
    }
    if (failed === 0) most = passed;
    report(`docs/node.md in ${runtime.name}`, await runGuide(runtime, folder));
    report(`The command line in ${runtime.name}`, await runCommands(runtime, folder));
    await next();
  };
  await Promise.all([next(), next()]);
} finally {
  await Deno.remove(work, { recursive: true });
}
if (faults > 0) Deno.exit(1);
