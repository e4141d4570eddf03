/**
 * What importing the package and its subpaths costs: whole processes (`deno run --no-check`, everything cached) that import and do nothing else, beside an empty script.
 * They run alternately, and of each the least and the median count; "×" is by the least.
 *
 *     deno run -A bench/imports.ts [--runs 20] [specifier …]
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);

/** What is imported by default; several in one script are joined by `+`. */
const SCRIPTS = [
  ".",
  "./raw+./backends/memory",
  "./npy",
  "./chunked",
  "./objects",
  "./codecs",
  "./crypto",
  "./backends/s3",
  "./backends/gdrive",
];

function isSubpath(name: string): name is keyof typeof config.exports {
  return name in config.exports;
}

function scriptOf(specifiers: string): string {
  return specifiers.split("+").map((name) => {
    if (!isSubpath(name)) throw new Error(`deno.json exports no "${name}"`);
    return `import ${JSON.stringify(new URL(config.exports[name], root).href)};\n`;
  }).join("");
}

/** Milliseconds from starting a process to its end. */
async function run(path: string): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--cached-only",
      "--frozen",
      "--config",
      `${root.pathname}deno.json`,
      path,
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  const milliseconds = performance.now() - start;
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return milliseconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const args = [...Deno.args];
const runs = args[0] === "--runs" ? Number(args.splice(0, 2)[1]) : 20;
const folder = await Deno.makeTempDir();
try {
  const scripts = [
    { name: "an empty script", path: `${folder}/empty.ts`, source: "export {};\n" },
    ...(args.length > 0 ? args : SCRIPTS).map((name, index) => ({
      name,
      path: `${folder}/${index}.ts`,
      source: scriptOf(name),
    })),
  ].map((script) => ({ ...script, times: new Array<number>() }));
  for (const { path, source } of scripts) {
    await Deno.writeTextFile(path, source);
    await run(path);
  }
  for (let round = 0; round < runs; round++) {
    for (const { path, times } of scripts) times.push(await run(path));
  }
  const base = Math.min(...scripts[0].times);
  for (const { name, times } of scripts) {
    const least = Math.min(...times);
    const figures = `${least.toFixed(0)} ms (median ${median(times).toFixed(0)})`;
    // deno-lint-ignore no-console -- a program's output
    console.log(`${name.padEnd(26)} ${figures.padEnd(24)} ${(least / base).toFixed(1)} ×`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
