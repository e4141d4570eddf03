import { shown } from "../error_context.ts";
import { InvalidArgumentError } from "../errors.ts";
import { MAX_NDIM } from "./layout/mod.ts";

/** A place along an axis; negative ones count from the end. */
export type Index = number | bigint;

/**
 * What to take along one axis, as in numpy: a number takes one index and drops the axis (negative ones count from the end); `[start, stop, step?]`
 * takes a range, `null` standing for what Python leaves out; `null` takes all. `"..."`, once, stands for as many `null`s as there are axes left, and
 * `"newaxis"` (in numpy `None`) takes no axis and puts one of length 1 there.
 */
export type Selection =
  | Index
  | null
  | "..."
  | "newaxis"
  | readonly [start: Index | null, stop: Index | null, step?: Index | null];

/** What a selection takes of an axis that the array has, worked out. */
export type TakenAxis =
  /** One index; the axis is dropped. */
  | { readonly kind: "index"; readonly start: number }
  /** `length` indices from `start` on, `step` apart. */
  | { readonly kind: "range"; readonly start: number; readonly step: number; readonly length: number };

/** A selection, worked out: what is taken of an axis, or a new axis of length 1 that stands before what follows. */
export type AxisSelection = TakenAxis | { readonly kind: "newaxis" };

/**
 * Works out selections for a shape with the rules of Python's slices: ranges are cut to what exists, indices are not. Axes without a selection
 * are taken whole.
 *
 * @param shape The array's shape.
 * @param selection One for each axis, from the first on.
 * @returns One for each axis, in their order, with new axes where they were asked for.
 * @throws {InvalidArgumentError} when there are more selections than axes, an index is out of range, a number is not whole, or a step is 0.
 *
 * @example
 * ```ts
 * import { resolveSelection } from "@cottoncandy/cottoncandy/array";
 *
 * const [rows, column] = resolveSelection([10, 4], [[null, null, -3], -1]);
 * console.assert(rows.kind === "range" && rows.start === 9 && rows.step === -3 && rows.length === 4);
 * console.assert(column.kind === "index" && column.start === 3);
 * ```
 */
export function resolveSelection(shape: readonly number[], selection: readonly Selection[]): AxisSelection[] {
  if (!Array.isArray(selection)) {
    throw new InvalidArgumentError(
      `a selection has one entry for each axis, in a list: not ${shown(selection)}`,
    );
  }
  const isPlain = (taken: Selection) => taken !== "..." && taken !== "newaxis";
  const plain = selection.filter(isPlain).length;
  if (plain > shape.length) {
    throw new InvalidArgumentError(`${plain} selections for an array of ${shape.length} axes`);
  }
  if (selection.filter((taken) => taken === "...").length > 1) {
    throw new InvalidArgumentError('"..." can stand in a selection only once');
  }
  const left = new Array<Selection>(shape.length - plain).fill(null);
  const full = selection.flatMap((taken) => taken === "..." ? left : [taken]);
  if (!selection.includes("...")) full.push(...left);
  if (full.length > MAX_NDIM) {
    throw new InvalidArgumentError(`${full.length} axes: more than numpy's ${MAX_NDIM}`);
  }
  let axis = 0;
  return full.map((taken) =>
    taken === "newaxis" ? { kind: "newaxis" } : resolveAxis(shape[axis], axis++, taken)
  );
}

function resolveAxis(length: number, axis: number, selection: Selection | undefined): TakenAxis {
  if (selection === null || selection === undefined) return { kind: "range", start: 0, step: 1, length };
  if (isIndex(selection)) return { kind: "index", start: resolveIndex(length, axis, selection) };
  if (!Array.isArray(selection) || selection.length < 2 || selection.length > 3) {
    throw new InvalidArgumentError(
      `a selection is a number, [start, stop, step?], null, "..." or "newaxis", not ${
        shown(selection)
      }: items can't be taken by masks or lists of indices`,
    );
  }
  const step = whole(selection[2] ?? 1);
  if (step === 0) throw new InvalidArgumentError("the step of a slice can't be 0");
  // Going down, the range may end before index 0, which -1 stands for.
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (value: Index | null | undefined, otherwise: number) => {
    if (value === null || value === undefined) return otherwise;
    const index = whole(value);
    return Math.min(Math.max(index < 0 ? index + length : index, low), high);
  };
  const start = bound(selection[0], step > 0 ? low : high);
  const stop = bound(selection[1], step > 0 ? high : low);
  return { kind: "range", start, step, length: Math.max(0, Math.ceil((stop - start) / step)) };
}

/**
 * An index along an axis, negative ones counted from the end.
 *
 * @throws {InvalidArgumentError} when it is out of range or not whole.
 */
export function resolveIndex(length: number, axis: number, index: Index): number {
  if (!isIndex(index)) throw new InvalidArgumentError(`an index is a number, not ${shown(index)}`);
  const number = Number(index);
  const place = number < 0 ? number + length : number;
  if (!Number.isInteger(number)) {
    throw new InvalidArgumentError(`an index of axis ${axis} is a whole number, not ${number}`);
  }
  if (place < 0 || place >= length) {
    throw new InvalidArgumentError(`index ${number} is out of bounds for axis ${axis} with ${length} items`);
  }
  return place;
}

function isIndex(value: unknown): value is Index {
  return typeof value === "number" || typeof value === "bigint";
}

function whole(value: unknown): number {
  // Python's numbers have no end, and neither have slices: beyond what is exact all are beyond every array.
  if (typeof value === "bigint") {
    return Math.min(Math.max(Number(value), -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  }
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(
    `a slice takes whole numbers, not ${shown(value)}`,
  );
}

/**
 * A selection as numpy writes it, for `slice` and `read`: `10, :, 0:64:2`, `..., -1`, `newaxis, ::-1`. Brackets around it count for nothing, and neither do
 * spaces. Nothing at all is the whole array.
 *
 * @param text What stands between numpy's brackets: indices, `start:stop:step`, `...`, and `newaxis` or `None`, with commas between them.
 * @throws {InvalidArgumentError} when it is no such text. What doesn't fit an array, `slice` refuses.
 *
 * @example
 * ```ts
 * import { ndarray, parseSlice } from "@cottoncandy/cottoncandy/array";
 *
 * const ramp = ndarray(Float32Array.from({ length: 12 }, (_, i) => i), [3, 4]);
 * console.assert(ramp.slice(...parseSlice("[1, ::2]")).toNested().toString() === "4,6");
 * console.assert(ramp.slice(...parseSlice("..., -1")).toNested().toString() === "3,7,11");
 * ```
 */
export function parseSlice(text: string): Selection[] {
  if (typeof text !== "string") throw new InvalidArgumentError(`a slice is a text, not ${shown(text)}`);
  const [, inner] = /^\s*\[([^\]]*)\]\s*$/.exec(text) ?? [, text];
  if (inner.trim() === "") return [];
  // As in Python, a comma may end the list.
  return inner.replace(/,\s*$/, "").split(",").map(parseAxis);
}

function parseAxis(part: string): Selection {
  const entry = part.trim();
  if (entry === "...") return "...";
  if (entry === "newaxis" || entry === "None") return "newaxis";
  const [start, stop, step, ...more] = entry.split(":").map((piece) => integer(piece.trim(), entry));
  if (more.length > 0) throw new InvalidArgumentError(`${shown(entry)} has more than start:stop:step`);
  if (stop !== undefined) return [start, stop, step ?? null];
  if (start !== null) return start;
  throw new InvalidArgumentError("an axis has neither an index nor a slice: write : for all of it");
}

/** An integer as Python writes it, or `null` for nothing. */
function integer(text: string, entry: string): number | null {
  if (text === "" || text === "None") return null;
  if (/^[+-]?\d+(?:_\d+)*$/.test(text)) {
    // Python's numbers have no end: beyond what is exact all are beyond every array.
    const value = Number(text.replaceAll("_", ""));
    return Math.min(Math.max(value, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  }
  throw new InvalidArgumentError(
    `${
      shown(entry)
    } is no selection: an axis takes an integer, start:stop:step, ... or newaxis; masks and lists of indices are not taken`,
  );
}
