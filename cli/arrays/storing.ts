/**
 * Arrays on their way from one target to another.
 *
 * @module
 */
import { InvalidArgumentError } from "../../lib/errors.ts";
import { formatContentTime, MTIME } from "../../lib/content_time.ts";
import type { ArrayFormat } from "../../lib/stored_arrays/convert/mod.ts";
import type { StoredArray } from "../../lib/stored_arrays/mod.ts";
import type { CliContext } from "../context.ts";
import type { OpenedTarget } from "../targets.ts";
import { convertOptions, formatFor, type StoreValues } from "./options.ts";

/** The last part of a name, without what says that it is a file of arrays. */
export function stemOf(name: string): string {
  return name.replace(/\/+$/, "").replace(/^.*[/\\]/, "").replace(/\.(?:npy|npz|zarr)$/i, "");
}

/** The key of an array in a target: below it where that is a directory. */
export function keyIn({ key, isDirectory }: OpenedTarget, stem: string): string {
  if (!isDirectory) return key;
  return key === "" || key.endsWith("/") ? key + stem : `${key}/${stem}`;
}

/** What makes a file on disk a file alone: of what says more than when it was written, the rest stands in a file beside it. */
export function plainFile({ path }: OpenedTarget): { readonly metadata?: Readonly<Record<string, string>> } {
  return path === undefined ? {} : { metadata: { [MTIME]: formatContentTime(Date.now()) } };
}

/** Stores an array, and tells of it. */
export async function storeAt(
  context: CliContext,
  source: StoredArray,
  from: string,
  target: OpenedTarget,
  key: string,
  asked: ArrayFormat | undefined,
  options: StoreValues,
): Promise<void> {
  const { report, request } = context;
  const to = formatFor(key, asked, options);
  const name = target.nameOf(key);
  const what = `${from} as ${name}, ${to}: ${source.dtype} [${source.shape.join(", ")}]`;
  const record = { source: from, target: name, format: to, dtype: source.dtype, shape: source.shape };
  const converting = convertOptions(to, options);
  if (options.dryRun) return await report.did({ ...record, dryRun: true }, `store ${what}`);
  const { storeArray } = await import("../../lib/stored_arrays/convert/mod.ts");
  const { onProgress } = report.progress;
  report.progress.label("storing");
  report.keepsParts = options.resume ?? false;
  const { size } = await storeArray(target.backend, key, source, {
    ...converting,
    ...request,
    ...(to === "npy" ? plainFile(target) : {}),
    onProgress,
  });
  await report.did({ ...record, bytes: size }, `stored ${what}`);
}

/** A slice of an array as an array that is stored nowhere; the whole array as it is. */
export async function sliced(
  array: StoredArray,
  selection: Parameters<StoredArray["read"]>[0] | undefined,
): Promise<StoredArray> {
  if (selection === undefined || selection.length === 0) return array;
  const { ArrayView } = await import("../../lib/stored_arrays/convert/mod.ts");
  return new ArrayView(array, selection);
}

/** Refuses what would be stored where it comes from. */
export function refuseItself(from: OpenedTarget, key: string, to: OpenedTarget, target: string): void {
  const isSame = from.backend === to.backend ||
    from.path !== undefined && from.backend.name === to.backend.name;
  if (isSame && (key === target || key.startsWith(`${target}/`))) {
    throw new InvalidArgumentError(`"${to.nameOf(target)}" is what is stored: give another name`);
  }
}
