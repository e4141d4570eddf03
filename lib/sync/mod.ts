/**
 * Two places made alike, whatever stores they are in.
 *
 * ```ts
 * import { sync } from "@cottoncandy/cottoncandy/sync";
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 *
 * const [lab, attic] = [new MemoryBackend(), new MemoryBackend()];
 * await writeObject(lab, "sub01/run1", "…");
 * const { copied, skipped } = await sync({ backend: lab }, { backend: attic });
 * console.assert(copied === 1 && skipped === 0);
 * ```
 *
 * @module
 */
export { transferObject, type TransferOptions, type TransferPlace } from "./transfer.ts";
export { sync } from "./sync.ts";
export {
  type SyncAction,
  SyncError,
  type SyncOptions,
  type SyncPlace,
  type SyncProgress,
  type SyncResult,
} from "./options.ts";
export type { CopyReason, SkipReason, SyncCompare } from "./comparing.ts";
export type { SyncFilter } from "./filters.ts";
