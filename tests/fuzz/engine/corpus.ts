/** The inputs in the repository: what was once wrong. */
import { fromFileUrl } from "@std/path";
import type { Input } from "./target.ts";

/** Where they are: a folder a target. */
export const CORPUS = new URL("../corpus/", import.meta.url);

/** A target's inputs, in the order of their names. */
export async function readCorpus(target: string): Promise<Input[]> {
  const folder = new URL(`${encodeURIComponent(target)}/`, CORPUS);
  const names: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) if (isFile) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await Promise.all(
    names.sort().map((name) => Deno.readFile(new URL(encodeURIComponent(name), folder))),
  );
}

/** Saves an input under a name that says what was wrong, and gives the path. */
export async function saveInput(target: string, name: string, input: Input): Promise<string> {
  const folder = new URL(`${encodeURIComponent(target)}/`, CORPUS);
  await Deno.mkdir(folder, { recursive: true });
  const file = new URL(encodeURIComponent(name), folder);
  await Deno.writeFile(file, input);
  return fromFileUrl(file);
}
