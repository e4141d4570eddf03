import type { Backend } from "../../../backends/backend.ts";
import { decode } from "../../../testing/case.ts";

/** Runs `work` with a directory of its own. */
export async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Everything below a directory: paths of files and empty directories (with a slash), sorted. */
export async function tree(directory: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${directory}/${below}`)) {
    if (!isDirectory) found.push(below + name);
    else {
      const inside = await tree(directory, `${below}${name}/`);
      found.push(...(inside.length > 0 ? inside : [`${below}${name}/`]));
    }
  }
  return found.sort();
}

/** Temporary files of puts below a store's root. */
export async function temporaryFiles(directory: string): Promise<string[]> {
  return (await tree(directory)).filter((path) => path.startsWith(".cottoncandy/tmp-"));
}

/** An object's bytes as text and its metadata, read as one version; `undefined` when there is none. */
export async function readPair(
  backend: Backend,
  key: string,
): Promise<{ text: string; metadata: Readonly<Record<string, string>>; contentType?: string } | undefined> {
  if (!await backend.head(key)) return undefined;
  const reader = await backend.open(key);
  try {
    const { metadata, contentType } = reader.info;
    return { text: decode(await reader.read()), metadata, contentType };
  } finally {
    await reader.close();
  }
}
