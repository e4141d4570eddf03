/**
 * The runtimes that the package is tried on, from npm, in `.tmp/runtimes`: nothing of the machine's own is used or changed.
 *
 * @module
 */
import { join } from "@std/path";
import { OLDEST_NODE, run } from "../../packaging/pack.ts";

/** A runtime, and how it runs the suite. */
export interface Runtime {
  readonly name: string;
  readonly executable: string;
  /** Arguments that run a program. */
  readonly run: readonly string[];
  /** Arguments that run a file of tests with the runtime's own runner. */
  readonly test: readonly string[];
  /** Finds in what the runner printed how many passed, and how many failed. */
  readonly counts: readonly [passed: RegExp, failed: RegExp];
}

/** What is installed: runtimes, and what the checks compile with. */
export interface Tools {
  readonly runtimes: readonly Runtime[];
  /** The folder with `node_modules`. */
  readonly directory: string;
}

const NODES = { 20: OLDEST_NODE, 22: "22.23.3", 24: "24.21.0" };
const BUN = "1.4.5";

/** Installs what is not there yet. */
export async function installTools(directory: string): Promise<Tools> {
  const platform = `${Deno.build.os}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;
  const bun = `@oven/bun-${platform.replace("arm64", "aarch64")}`;
  const manifest = JSON.stringify({
    private: true,
    dependencies: {
      ...Object.fromEntries(
        Object.entries(NODES).map(([major, version]) => [`node${major}`, `npm:node-${platform}@${version}`]),
      ),
      bun: `npm:${bun}@${BUN}`,
      typescript: "7.0.2",
      "@types/node": "20.19.0",
      // What `links` in deno.json takes for @std/assert.
      "deno-std": "1.4.0",
    },
  });
  await Deno.mkdir(directory, { recursive: true });
  const path = join(directory, "package.json");
  if (await Deno.readTextFile(path).catch(() => "") !== manifest) {
    // Written when all is there: what was broken off begins anew.
    await Deno.remove(path).catch(() => {});
    await Deno.writeTextFile(path, manifest);
    await run(directory, "npm", "install", "--no-fund", "--no-audit", "--ignore-scripts").catch(
      async (error) => {
        await Deno.remove(path);
        throw error;
      },
    );
  }
  const binary = (name: string, file: string) => join(directory, "node_modules", name, "bin", file);
  return {
    directory,
    runtimes: [
      ...Object.entries(NODES).map(([major, version]): Runtime => ({
        name: `Node ${version}`,
        executable: binary(`node${major}`, "node"),
        run: [],
        test: ["--test-reporter=tap"],
        counts: [/^# pass (\d+)$/m, /^# fail (\d+)$/m],
      })),
      {
        name: `Bun ${BUN}`,
        executable: binary("bun", "bun"),
        run: [],
        test: ["test"],
        counts: [/^ *(\d+) pass$/m, /^ *(\d+) fail$/m],
      },
      {
        name: `Deno ${Deno.version.deno}`,
        executable: Deno.execPath(),
        run: ["run", "--allow-all", "--no-check", "--quiet"],
        test: ["test", "--allow-all", "--no-check", "--quiet"],
        counts: [/(\d+) passed/, /(\d+) failed/],
      },
    ],
  };
}
