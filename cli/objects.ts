/**
 * The objects that a target names.
 *
 * @module
 */
import type { ObjectInfo } from "../backends/backend.ts";
import { NotFoundError } from "../lib/errors.ts";
import type { CliContext } from "./context.ts";
import type { OpenedTarget } from "./targets.ts";

/** A directory without wildcards, and the pattern of what is in it; `undefined` where the key is no pattern. */
export async function splitPattern(key: string): Promise<{ directory: string; pattern: string } | undefined> {
  const { hasMagic } = await import("../lib/glob/mod.ts");
  if (!hasMagic(key)) return undefined;
  const segments = key.split("/");
  // Braces may go over several segments: then all is the pattern.
  const cut = Math.max(0, segments.findIndex((segment) => hasMagic(segment)));
  return { directory: segments.slice(0, cut).join("/"), pattern: segments.slice(cut).join("/") };
}

/**
 * How many characters of a key stand before what is shown of it below a target: of what lies in it all that leads there, of a pattern the directories without wildcards, and of the object itself all but its name.
 */
export async function shownFrom({ key, isDirectory }: OpenedTarget): Promise<(found: string) => number> {
  const split = await splitPattern(key);
  if (split !== undefined) return () => split.directory === "" ? 0 : split.directory.length + 1;
  const parent = key.lastIndexOf("/") + 1;
  const below = isDirectory || key === "" ? key.length : key.length + 1;
  return (found) => found.length < below ? parent : below;
}

/**
 * The objects that a target names, in the order of their names: the object itself and all below it, or what matches a pattern.
 *
 * @throws {NotFoundError} when there is nothing, unless a whole bucket or a directory on disk was named: those may be empty.
 */
export async function* objectsOf(
  { request, report }: Pick<CliContext, "request" | "report">,
  { backend, key, path, isDirectory, nameOf }: OpenedTarget,
): AsyncGenerator<ObjectInfo, void, void> {
  const { globObjects } = await import("../lib/tree/mod.ts");
  let count = 0;
  report.progress.label("listing");
  let isAny = key === "" || path !== undefined && isDirectory;
  for await (const info of globObjects(backend, key, request)) {
    isAny = true;
    report.progress.set(++count, 0);
    yield info;
  }
  if (!isAny) throw new NotFoundError(`there is nothing at ${nameOf(key)}`, { key, bucket: backend.bucket });
}
