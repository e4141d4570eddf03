/**
 * Opening a store in this process's memory: `memory://name/optional/prefix`.
 *
 * @module
 */
import { nameNeededError, type OpenedStore, splitOnce, type StoreTarget } from "../target.ts";
import { MemoryBackend } from "./mod.ts";

/** Opens a store in memory, which is made when there is none of that name. */
export function openMemory(target: StoreTarget): OpenedStore {
  if (target.kind === "default") throw nameNeededError("memory");
  const [bucket, prefix] = target.kind === "name" ? [target.name, ""] : splitOnce(target.rest, "/");
  return { backend: new MemoryBackend(bucket), prefix };
}
