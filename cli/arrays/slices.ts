/**
 * Arrays that targets name, and slices of them: `s3://bucket/a[0,:,10:20]`.
 *
 * @module
 */
import { parseSlice, type Selection } from "../../lib/array/mod.ts";
import type { Identity } from "../../lib/stored_arrays/identify/mod.ts";
import type { StoredArray } from "../../lib/stored_arrays/mod.ts";
import type { CliContext } from "../context.ts";
import { type OpenedTarget, parseTarget } from "../targets.ts";

/** What stands in brackets at the end of a target, or before its query. */
const SLICE = /\[([^[\]]*)\](?=\?|$)/;

/** A target without its slice, and that. */
export interface SlicedTarget {
  /** The target. */
  readonly text: string;
  /** What is taken of the array; `undefined` where the target has no slice. */
  readonly selection?: readonly Selection[];
}

/**
 * Takes a target apart. Brackets are a slice where they hold one: `run[a]` is a name.
 *
 * @throws {InvalidArgumentError} when it looks like a slice and is none.
 */
export function splitSlice(text: string): SlicedTarget {
  const found = SLICE.exec(text);
  if (!found || !/^[\d\s:,.+\-_]*$|newaxis|None/.test(found[1])) return { text };
  const [whole, inside] = found;
  return {
    text: text.slice(0, found.index) + text.slice(found.index + whole.length),
    selection: parseSlice(inside),
  };
}

/** What a target was identified as, and the slice that is wanted of it. */
export interface IdentifiedTarget {
  /** Where it is. */
  readonly opened: OpenedTarget;
  /** What it is. */
  readonly found: Identity;
  /** What is taken of it. */
  readonly selection?: readonly Selection[];
}

/** Tells what there is at a target; where an object's own name ends in brackets, it is that. */
export async function identifyTarget(context: CliContext, target: string): Promise<IdentifiedTarget> {
  const { identify } = await import("../../lib/stored_arrays/identify/mod.ts");
  const { text, selection } = splitSlice(target);
  if (selection !== undefined) {
    const exact = await context.openThing(target);
    if (await exact.backend.head(exact.key, context.request)) {
      return { opened: exact, found: await identify(exact.backend, exact.key, context.request) };
    }
  }
  // A file is no directory: what stands behind an archive's path is in it.
  const [, archive, member] = parseTarget(text).kind === "path" ? /^(.+\.npz)\/(.+)$/i.exec(text) ?? [] : [];
  const opened = await context.openThing(archive ?? text);
  const key = member === undefined ? opened.key : `${opened.key}/${member}`;
  return { opened, found: await identify(opened.backend, key, context.request), selection };
}

/** Opens the array that was found. */
export async function openFound(
  context: CliContext,
  { opened, found }: IdentifiedTarget,
  onProgress = context.report.progress.onProgress,
): Promise<StoredArray> {
  const { openIdentified } = await import("../../lib/stored_arrays/identify/mod.ts");
  return await openIdentified(opened.backend, found, { ...context.request, onWarning: () => {}, onProgress });
}
