/**
 * The objects that a target names.
 *
 * @module
 */
import type { ObjectInfo } from "../backends/backend.ts";
import { NotFoundError } from "../lib/errors.ts";
import type { CliContext } from "./context.ts";
import type { OpenedTarget } from "./targets.ts";

/**
 * The objects that a target names, in the order of their names: the object itself and all below it, or what matches a pattern.
 *
 * @throws {NotFoundError} when there is nothing, unless a whole bucket or a directory on disk was named: those may be empty.
 */
export async function* objectsOf(
  { request }: Pick<CliContext, "request">,
  { backend, key, path, isDirectory, nameOf }: OpenedTarget,
): AsyncGenerator<ObjectInfo, void, void> {
  const { globObjects } = await import("../lib/tree/mod.ts");
  let isAny = key === "" || path !== undefined && isDirectory;
  for await (const info of globObjects(backend, key, request)) {
    isAny = true;
    yield info;
  }
  if (!isAny) throw new NotFoundError(`there is nothing at ${nameOf(key)}`, { key, bucket: backend.bucket });
}
