/**
 * Where programs of others are kept that are built or fetched once: beside no checkout, so that a fresh clone finds them. A folder for each version, which is there whole
 * or not at all.
 *
 * @module
 */

/** Below `XDG_CACHE_HOME`, where programs keep what they can make again. */
function cacheRoot(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  return `${cache}/cottoncandy-ts`;
}

/** The folder of a program in one version; whether it is there is another question. */
export function cachedFolder(name: string, version: string): string {
  return `${cacheRoot()}/${name}-${version}`;
}

/** A file of the folder, where it has been made. */
export async function cachedFile(folder: string, file: string): Promise<string | undefined> {
  const path = `${folder}/${file}`;
  return await Deno.stat(path).then(() => path, () => undefined);
}

/** Makes the folder where it isn't there, in one of its own that takes the name when all has gone well: of two who make it at once both find a whole one. */
export async function fillOnce(
  folder: string,
  file: string,
  fill: (work: string) => Promise<void>,
): Promise<string> {
  const found = await cachedFile(folder, file);
  if (found !== undefined) return found;
  await Deno.mkdir(cacheRoot(), { recursive: true });
  const work = await Deno.makeTempDir({ dir: cacheRoot(), prefix: "making-" });
  try {
    await fill(work);
    await Deno.rename(work, folder);
  } catch (error) {
    await Deno.remove(work, { recursive: true });
    // Another was faster.
    if (await cachedFile(folder, file) === undefined) throw error;
  }
  return `${folder}/${file}`;
}

/** Runs a program that builds or fetches, with the least priority: whoever waits for it has other things running. */
export async function runQuietly(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<void> {
  const { success } = await new Deno.Command("nice", {
    args: ["-n", "19", command, ...args],
    ...options,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed; its output is above`);
}
