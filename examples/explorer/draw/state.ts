/**
 * What of an array is drawn, and how: as the page's address has it, and as the drawing uses it. Pure: nothing here knows of a page.
 *
 * @module
 */
import { partsOf } from "../../../lib/array/dtype/mod.ts";
import {
  type Colormap,
  COLORMAPS,
  type ComplexPart,
  type Scale,
  type ValueRange,
} from "../../../lib/array/plotting/mod.ts";
import type { ArrayView, DrawState } from "../view.ts";

/** How an array can be drawn. */
export type View = "line" | "heat" | "rgb" | "spy" | "matrix";

/** A part of an axis: item `i` is from `i` to `i + 1`. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** What of the axes shown is seen. */
export interface Window {
  readonly x: Extent;
  /** As long as the one item it has, where there is no such axis. */
  readonly y: Extent;
}

/** The values at the ends of the colours: percentiles 1 and 99, the least and greatest one, or two of somebody's choice. */
export type RangeChoice = "percentiles" | "all" | ValueRange;

/** All that decides what is drawn. */
export interface Settings {
  readonly view: View;
  /** The axis to the right. */
  readonly x: number;
  /** The axis downwards; a line has none. */
  readonly y?: number;
  /** The axis of red, green, blue (and opacity), of `rgb`. */
  readonly channel?: number;
  /** The index along each axis; of those shown it has no say. */
  readonly at: readonly number[];
  /** What is seen; absent: all, or as much as is read unasked. */
  readonly window?: Window;
  /** Which field of a structure. */
  readonly field?: string;
  /** What of complex numbers. */
  readonly part: ComplexPart;
  readonly colormap: Colormap;
  readonly scale: Scale;
  readonly range: RangeChoice;
}

/** What is asked of an array to tell how it can be drawn. */
export type Drawable = Pick<ArrayView, "dtype" | "shape" | "fields" | "sparse">;

/** The fields that can be drawn. */
export function numericFields({ fields = [] }: Pick<Drawable, "fields">): string[] {
  return fields.filter(({ dtype, shape = [], fields }) => !fields && shape.length === 0 && isNumeric(dtype))
    .map(({ name }) => name);
}

/** The views that an array has, the first being the usual one. */
export function viewsOf(array: Drawable): View[] {
  const { shape, dtype, fields, sparse } = array;
  const isDrawn = fields ? numericFields(array).length > 0 : isNumeric(dtype);
  if (!isDrawn || shape.length === 0) return ["matrix"];
  const views: View[] = [];
  const channel = channelAxis(array);
  // Rows and columns of three or four bytes are a picture, whatever else they could be.
  const isPicture = shape.length === 3 && channel === 2 && dtype === "|u1" && shape[0] > 4 && shape[1] > 4;
  if (sparse) views.push("spy");
  if (isPicture) views.push("rgb");
  if (shape.length > 1) views.push("heat");
  views.push("line");
  if (channel !== undefined && !isPicture) views.push("rgb");
  return [...views, "matrix"];
}

/** The axis that may be that of colours: the last or first one, of three or four bytes or floats. */
export function channelAxis({ shape, dtype, fields }: Drawable): number | undefined {
  if (shape.length < 3 || fields || dtype !== "|u1" && partsOf(dtype).kind !== "f") return undefined;
  return [shape.length - 1, 0].find((axis) => shape[axis] === 3 || shape[axis] === 4);
}

/** The dtype of what is drawn: a field's, where the array has fields. */
export function drawnDType(
  { dtype, fields }: Drawable,
  { field }: Pick<Settings, "field">,
): Drawable["dtype"] {
  return fields?.find(({ name }) => name === field)?.dtype ?? dtype;
}

/** The axes that a view shows, and those that it does not. */
export function hiddenAxes({ shape }: Pick<Drawable, "shape">, { x, y, channel }: Settings): number[] {
  return shape.map((_, axis) => axis).filter((axis) => axis !== x && axis !== y && axis !== channel);
}

/** The same array in another view, with the axes that this has. */
export function withView(array: Drawable, settings: Settings, view: View): Settings {
  const { shape } = array;
  const channel = view === "rgb" ? channelAxis(array) : undefined;
  const free = shape.map((_, axis) => axis).filter((axis) => axis !== channel);
  const x = free.includes(settings.x) ? settings.x : free.at(-1) ?? 0;
  const rest = free.filter((axis) => axis !== x);
  const y = view === "line"
    ? undefined
    : settings.y !== undefined && rest.includes(settings.y)
    ? settings.y
    : rest.at(-1);
  const isSame = x === settings.x && y === settings.y;
  return { ...settings, view, x, y, channel, window: isSame ? settings.window : undefined };
}

/** The same, with another axis to the right or downwards; the one that was there takes that one's place. */
export function withAxis(settings: Settings, role: "x" | "y", axis: number): Settings {
  const { x, y } = settings;
  const was = role === "x" ? x : y;
  const swapped = { x: axis === x ? was ?? x : x, y: axis === y ? was : y };
  return { ...settings, ...swapped, [role]: axis, window: undefined };
}

/** What an address says; what it says wrongly is left to the default. */
export function settingsOf(array: Drawable, state: DrawState): Settings {
  const { shape } = array;
  const views = viewsOf(array);
  const view = views.find((each) => each === state.v) ?? views[0];
  const start: Settings = {
    view,
    x: Math.max(0, shape.length - 1),
    y: shape.length > 1 ? shape.length - 2 : undefined,
    // The first slice of a volume is often empty.
    at: shape.map((length) => shape.length > 2 ? Math.floor(length / 2) : 0),
    field: array.fields && (numericFields(array).find((name) => name === state.f) ?? numericFields(array)[0]),
    part: PARTS.find((part) => part === state.k) ?? "magnitude",
    colormap: COLORMAPS.find((name) => name === state.c) ?? "viridis",
    scale: state.q === "log" ? "log" : "linear",
    range: rangeFrom(state.d),
  };
  return withIndex(array, withView(array, start, view), state.i);
}

/** An index such as `3,y,x`, or `3,y0:64,x10:20` of a part of the axes. */
function withIndex(array: Drawable, settings: Settings, text: string | undefined): Settings {
  const { shape } = array;
  const entries = (text ?? "").split(",").map((entry) =>
    /^(?:(\d{1,15})|([xyc])(?:([\d.]+):([\d.]+))?)$/.exec(entry)
  );
  if (entries.length !== shape.length || entries.includes(null)) return settings;
  const at = [...settings.at];
  const axes: Partial<Record<string, number>> = {};
  const extents: Partial<Record<string, Extent>> = {};
  entries.forEach((entry, axis) => {
    const [, index, role, from, to] = entry ?? [];
    if (role === undefined) at[axis] = Math.min(Number(index), Math.max(0, shape[axis] - 1));
    else axes[role] = axis;
    if (from === undefined) return;
    const extent = { from: Math.max(0, Number(from)), to: Math.min(shape[axis], Number(to)) };
    if (extent.from < extent.to) extents[role] = extent;
  });
  const { x, y, c } = axes;
  const named = entries.filter((entry) => entry?.[2] !== undefined).length;
  const isWhole = named === Object.keys(axes).length && x !== undefined &&
    (y === undefined) === (settings.y === undefined) &&
    (c === undefined) === (settings.channel === undefined);
  if (!isWhole || c !== undefined && c !== settings.channel) return { ...settings, at };
  const all = (axis: number | undefined): Extent => ({ from: 0, to: axis === undefined ? 1 : shape[axis] });
  const window = extents.x || extents.y ? { x: extents.x ?? all(x), y: extents.y ?? all(y) } : undefined;
  return { ...settings, at, x, y, window };
}

/** What the address says of settings: nothing of what is usual. */
export function stateOf(array: Drawable, settings: Settings): DrawState {
  const { view, x, y, channel, at, window, field, part, colormap, scale, range } = settings;
  const usual = settingsOf(array, {});
  const state: Record<string, string> = {};
  if (view !== usual.view) state.v = view;
  const index = at.map((place, axis) => {
    if (axis === x) return `x${extentText(window?.x, array.shape[axis])}`;
    if (axis === y) return `y${extentText(window?.y, array.shape[axis])}`;
    return axis === channel ? "c" : `${place}`;
  }).join();
  if (index !== stateIndex(withView(array, usual, view))) state.i = index;
  if (field !== usual.field && field !== undefined) state.f = field;
  if (part !== usual.part) state.k = part;
  if (colormap !== usual.colormap) state.c = colormap;
  if (scale !== usual.scale) state.q = scale;
  if (range !== "percentiles") state.d = range === "all" ? "all" : range.join();
  return state;
}

function stateIndex({ x, y, channel, at }: Settings): string {
  return at.map((place, axis) => axis === x ? "x" : axis === y ? "y" : axis === channel ? "c" : `${place}`)
    .join();
}

function extentText(extent: Extent | undefined, length: number): string {
  if (!extent || extent.from <= 0 && extent.to >= length) return "";
  // As near as makes no difference to a pixel.
  const digits = Math.min(20, Math.max(0, 5 - Math.floor(Math.log10(extent.to - extent.from))));
  const short = (place: number) => `${Number(place.toFixed(digits))}`;
  return `${short(extent.from)}:${short(extent.to)}`;
}

function rangeFrom(text: string | undefined): RangeChoice {
  if (text === "all") return "all";
  const ends = (text ?? "").split(",").map(Number);
  return ends.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1]
    ? [ends[0], ends[1]]
    : "percentiles";
}

/** What of complex numbers can be shown. */
export const PARTS: readonly ComplexPart[] = ["magnitude", "phase", "real", "imaginary"];

function isNumeric(dtype: Drawable["dtype"]): boolean {
  return "biufcMm".includes(partsOf(dtype).kind);
}
