/**
 * One object copied or moved from any store to any store.
 *
 * @module
 */
import type { Backend, OnProgress, RequestOptions, StorageOptions } from "../../backends/backend.ts";
import { InvalidArgumentError } from "../errors.ts";
import { cleanName } from "../names.ts";
import type { ResumeStore } from "../objects/resuming/mod.ts";
import { headObject, objectKey, REQUEST_OPTIONS } from "../objects/mod.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import { comparisonOf, type SyncCompare, type SyncVerdict } from "./comparing.ts";
import { isDecidedByStore, resumeStoreFor, wasThere } from "./copying.ts";
import { transferOne } from "./moving.ts";
import type { SyncAction } from "./options.ts";
import { areOneStore, placePath, type Side } from "./pairs.ts";

/** An object in a store. */
export interface TransferPlace {
  /** The store. */
  readonly backend: Backend;
  /** Its name. */
  readonly name: string;
}

/** Options of {@linkcode transferObject}. */
export interface TransferOptions extends RequestOptions, Pick<StorageOptions, "storageClass"> {
  /** When an object that is there is left, as for `sync`; default `"always"`: it is replaced. */
  readonly compare?: SyncCompare;
  /** Deletes the source once the copy is stored. Default false. */
  readonly move?: boolean;
  /** Takes up an upload that another process broke off, and keeps one that is broken off; as for `sync`. Default false. */
  readonly resume?: boolean | ResumeStore;
  /** Changes nothing, and tells what would be done. Default false. */
  readonly dryRun?: boolean;
  /** Canned ACL of the copy; sent only when given. */
  readonly acl?: string;
  /** Receives progress. */
  readonly onProgress?: OnProgress;
}

const TRANSFER_OPTIONS: OptionTable<TransferOptions> = {
  ...REQUEST_OPTIONS,
  storageClass: true,
  compare: true,
  move: true,
  resume: true,
  dryRun: true,
  acl: true,
  onProgress: true,
};

/**
 * Copies an object with metadata and content type to a place in any store, or moves it there: all or nothing, and within one store without passing through this process.
 *
 * @returns What was done, and why; `name` is that of the copy.
 * @throws {NotFoundError} when there is no such object.
 * @throws {InvalidArgumentError} when both are one place.
 * @throws {UnsupportedError} with `resume`, where the target can't take uploads up.
 * @throws {PreconditionFailedError} when it is changed again and again while it is copied.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { writeObject } from "@cottoncandy/cottoncandy/objects";
 * import { transferObject } from "@cottoncandy/cottoncandy/sync";
 *
 * const [lab, attic] = [new MemoryBackend(), new MemoryBackend()];
 * await writeObject(lab, "notes", "two runs were lost");
 * const { action, size } = await transferObject({ backend: lab, name: "notes" }, { backend: attic, name: "2026/notes" });
 * console.assert(action === "copy" && size === 18);
 * ```
 */
export async function transferObject(
  from: TransferPlace,
  to: TransferPlace,
  options: TransferOptions = {},
): Promise<SyncAction> {
  checkOptions(options, TRANSFER_OPTIONS);
  const { compare = "always", dryRun, resume, ...rest } = options;
  const { signal, onWarning } = options;
  const request = { signal, onWarning };
  const source = await headObject(from.backend, from.name, request);
  const key = await objectKey(to.backend, cleanName(to.name), request);
  const [a, b]: [Side, Side] = [{ backend: from.backend, prefix: "" }, { backend: to.backend, prefix: "" }];
  if (areOneStore(a, b) && await placePath(a, source.key, request) === await placePath(b, key, request)) {
    throw new InvalidArgumentError(
      `"${key}" in ${to.backend.name} would be copied onto itself: choose another place`,
      {
        key,
        bucket: to.backend.bucket,
        committed: "no",
      },
    );
  }
  const store = await resumeStoreFor(a, b, resume);
  const target = compare === "always" ? undefined : await to.backend.head(key, request);
  const comparison = comparisonOf(compare, a, b);
  const pair = target && { name: key, source, target };
  const verdict: SyncVerdict = pair
    ? comparison.byListing(pair) ?? await comparison.byAsking(pair, request)
    : { action: "copy", reason: compare === "always" ? "asked" : "missing" };
  const done = { name: key, size: source.size, ...verdict };
  if (verdict.action === "skip" || dryRun) return done;
  const copying = { ...rest, resume: store, ifAbsent: isDecidedByStore(compare, b) };
  try {
    return { ...done, size: await transferOne(a, source, b, key, copying) };
  } catch (error) {
    if (!wasThere(error, copying)) throw error;
    return { name: key, size: source.size, action: "skip", reason: "exists" };
  }
}
