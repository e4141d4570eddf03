/**
 * `cottoncandy` on the command line: looks at, copies and checks objects and arrays.
 *
 *     deno run -A jsr:@cottoncandy/cottoncandy/cli --help
 *     npx @cottoncandy/cottoncandy --help
 *
 * @module
 */
import { processIo, withSignals } from "./io.ts";
import { runProgram } from "./program.ts";

/**
 * Runs the program, in this process: its streams, its environment, its signals.
 *
 * @param args Its arguments, as `--help` tells them.
 * @returns Its exit code: 0 when all is done, 1 when something failed, 2 for a wrong use, 130 and 143 when SIGINT or SIGTERM ended it, 141 when nobody read its output.
 *
 * @example
 * ```ts
 * import { main } from "@cottoncandy/cottoncandy/cli";
 *
 * console.assert(await main(["ls", "memory://lab", "--json"]) === 0);
 * ```
 */
export async function main(args: readonly string[]): Promise<number> {
  return await withSignals((signal) => runProgram(args, processIo(), signal));
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
