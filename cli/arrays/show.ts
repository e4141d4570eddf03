/**
 * Arrays as `cat` and `head` show them.
 *
 * @module
 */
import type { Scalar, Selection } from "../../lib/array/mod.ts";
import type { StoredArray } from "../../lib/stored_arrays/mod.ts";
import type { CliContext } from "../context.ts";
import { encoded, type Output } from "./formats.ts";
import { type IdentifiedTarget, openFound } from "./slices.ts";

/** How numpy shows long arrays: of more items than its threshold only some at either end of each axis. */
export const NUMPY_THRESHOLD = 1000;
const EDGE = 3;

/** How many items `head` shows at either end of an axis: of many axes fewer, since each one more makes six times as many lines. */
function edgeOf(shape: readonly number[], threshold: number): number {
  return threshold < NUMPY_THRESHOLD && shape.length > 2 ? 1 : EDGE;
}

/** Whether something is an array that can be shown. */
export function isArray({ found }: IdentifiedTarget): boolean {
  return ["raw", "npy", "npz-member", "chunked", "zarr"].includes(found.kind);
}

/**
 * Refuses what claims to be an array and can't be read as one: its bytes are not the text that was asked for.
 *
 * @throws {CottonCandyError} when it does, with why it can't.
 */
export async function refuseBroken(context: CliContext, target: IdentifiedTarget): Promise<void> {
  if ("problem" in target.found && target.found.problem !== undefined) await openFound(context, target);
}

/**
 * Shows an array, or what a slice takes of it. As text it is what numpy prints, for which of large arrays only the items are read that are shown, where parts can be read; and else all of it
 * goes by as a stream.
 *
 * @param threshold The most items that are all shown as text.
 */
export async function showArray(
  context: CliContext,
  target: IdentifiedTarget,
  output: Output,
  threshold: number = NUMPY_THRESHOLD,
): Promise<void> {
  const { report } = context;
  const { ArrayView } = await import("../../lib/stored_arrays/convert/mod.ts");
  const array = await openFound(context, target);
  const { selection = [] } = target;
  const view = selection.length === 0 ? array : new ArrayView(array, selection);
  await show(context, view, array.key, output, threshold);
  report.count();
}

async function show(
  { report, request }: CliContext,
  view: StoredArray,
  key: string,
  output: Output,
  threshold: number,
): Promise<void> {
  const { arrayBytes, arraySlabs, npyFile } = await import("../../lib/stored_arrays/convert/mod.ts");
  if (report.json && threshold < NUMPY_THRESHOLD) {
    const text = await arrayText(view, threshold, request);
    return await report.result({ key, dtype: view.dtype, shape: view.shape, text }, "");
  }
  if (report.json) {
    const items = await view.toArray(request);
    return await report.result({ key, dtype: view.dtype, shape: view.shape, data: items }, "");
  }
  switch (output) {
    case "text":
      return await report.text(await arrayText(view, threshold, request));
    case "npy":
    case "raw": {
      const stream = output === "npy" ? npyFile(view, request).stream : arrayBytes(view, request);
      for await (const piece of stream) await report.bytes(piece);
      return;
    }
    case "json":
      for await (const piece of encoded(await view.toArray(request), output)) await report.bytes(piece);
      return;
    case "csv": {
      let header = true;
      for await (const slab of arraySlabs(view, request)) {
        for await (const piece of encoded(slab, output, header)) await report.bytes(piece);
        header = false;
      }
    }
  }
}

/** What numpy prints of an array. */
async function arrayText(
  array: StoredArray,
  threshold: number,
  options: CliContext["request"],
): Promise<string> {
  const { arrayRepr } = await import("../../lib/array/repr/mod.ts");
  const { shape, dtype, fields } = array;
  const size = shape.reduce((product, length) => product * length, 1);
  if (size <= threshold) return arrayRepr(await array.toArray(options));
  const edge = edgeOf(shape, threshold);
  const items = array.sliceable
    ? await readCorners(array, edge, options)
    : await passCorners(array, edge, options);
  const get = (...index: number[]) => {
    const item = items.get(index.map((place, axis) => place < 0 ? place + shape[axis] : place).join());
    if (item === undefined) throw new TypeError(`the item [${index}] was not read`);
    return item;
  };
  return arrayRepr({ shape, dtype, fields, size, get }, { threshold, edgeitems: edge });
}

/** Which indices of an axis are shown. */
function shown(length: number, edge: number): number[] {
  return Array.from(
    { length: Math.min(length, 2 * edge) },
    (_, i) => length <= 2 * edge || i < edge ? i : i - 2 * edge + length,
  );
}

/** All combinations of one of each list. */
function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap((before) => list.map((each) => [...before, each])), [
    [],
  ]);
}

/** Reads the corners of an array: of each long axis its two ends. */
async function readCorners(
  array: StoredArray,
  edge: number,
  options: CliContext["request"],
): Promise<Map<string, Scalar>> {
  const ends = array.shape.map((length): [number, number][] =>
    length <= 2 * edge ? [[0, length]] : [[0, edge], [length - edge, length]]
  );
  const items = new Map<string, Scalar>();
  for (const box of combinations(ends)) {
    const part = await array.read(box.map(([start, stop]): Selection => [start, stop]), options);
    for (const local of combinations(part.shape.map((length) => [...new Array(length).keys()]))) {
      items.set(local.map((place, axis) => box[axis][0] + place).join(), part.get(...local));
    }
  }
  return items;
}

/** Takes the corners from an array that goes by. */
async function passCorners(
  array: StoredArray,
  edge: number,
  options: CliContext["request"],
): Promise<Map<string, Scalar>> {
  const wanted = array.shape.map((length) => shown(length, edge));
  const items = new Map<string, Scalar>();
  for await (const { origin, array: block } of array.blocks(options)) {
    const inside = wanted.map((places, axis) =>
      places.filter((place) => place >= origin[axis] && place < origin[axis] + block.shape[axis])
    );
    for (const index of combinations(inside)) {
      items.set(index.join(), block.get(...index.map((place, axis) => place - origin[axis])));
    }
  }
  return items;
}
