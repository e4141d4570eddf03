/**
 * What was read of an array for a view, ready to be painted, pointed at and saved.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { AxisRange } from "../../../lib/array/chunks/mod.ts";
import type { DType, NDArray, Selection } from "../../../lib/array/mod.ts";
import type { Rgba, Scale, ValueRange } from "../../../lib/array/plotting/mod.ts";
import type { Rect } from "./axes.ts";
import { Envelope } from "./envelope.ts";
import type { Place } from "./figure.ts";
import { Picture } from "./image.ts";
import { paintLine } from "./line.ts";
import { painter, pause } from "./painter.ts";
import { type Bars, barsOf } from "./picture.ts";
import { numbersOf } from "./pixels.ts";
import { colourOf, countEntries, dotsOf, type Entries } from "./spy.ts";
import { type Drawable, drawnDType, type Extent, hiddenAxes, type Settings, type Window } from "./state.ts";
import { type Box, samplesOf, selectionOf, type TileReadOptions, type TileSource } from "./tiles.ts";
import { itemText } from "./values.ts";

/** How the page looks. */
export interface Look {
  /** The colour of what is not a number. */
  readonly missing: Rgba;
  /** That of lines and dots. */
  readonly ink: string;
  /** What pictures are kept in. */
  readonly bitmap: HTMLCanvasElement;
  /** What is seen. */
  readonly window: Window;
  /** Pixels of the screen that there are for that. */
  readonly pixels: { readonly width: number; readonly height: number };
}

/** What was read. */
export interface Scene {
  /** What the values are. */
  readonly dtype: DType;
  /** The values at the ends of the colours, or of the axis of values; nothing where colours are the array's own. */
  readonly range: ValueRange | undefined;
  /** Of how many values those are percentiles, where it is not of all. */
  readonly sample?: number;
  /** How many values are where, once that is counted. */
  readonly bars: Promise<Bars | undefined>;
  /** Makes the colours anew. Of several scenes only the last one so made can be painted, and what is aborted is not. */
  colour(settings: Settings, look: Look, signal: AbortSignal): Promise<void>;
  /** Paints it. */
  paint(context: CanvasRenderingContext2D, rect: Rect, window: Window): void;
  /** Where an item is, in all axes of the array, and its text; nothing where none was read. */
  at(place: Place): { readonly index: readonly number[]; readonly text: string } | undefined;
  /** What of each axis was read. */
  readonly box: Box;
}

/** What of each axis a view reads: its own axes, and one index of the others. */
export function boxOf({ shape }: Drawable, settings: Settings, x: AxisRange, y: AxisRange | undefined): Box {
  return shape.map((length, axis) => {
    if (axis === settings.x) return x;
    if (axis === settings.y && y) return y;
    return axis === settings.channel
      ? { start: 0, step: 1, count: length }
      : { start: settings.at[axis], step: 1, count: 1 };
  });
}

/** The axes that are shown, in the order of pictures: downwards, to the right, colours. */
function shownAxes({ shape }: Drawable, { x, y, channel }: Settings): number[] {
  // A single value has no axis, not even one to the right.
  return [y, x, channel].filter((axis) => axis !== undefined).filter((axis) => axis < shape.length);
}

/** The axes that are shown, of a part of an array. */
export function shownPart(part: NDArray, array: Drawable, settings: Settings): NDArray {
  const hidden = hiddenAxes(array, settings);
  return part.transpose(...hidden, ...shownAxes(array, settings)).slice(...hidden.map(() => 0));
}

/** The axes that are shown as `transpose` takes them, of a part that has no others. */
export function shownOrder(array: Drawable, settings: Settings): number[] {
  const shown = shownAxes(array, settings);
  const inOrder = shown.toSorted((a, b) => a - b);
  return shown.map((axis) => inOrder.indexOf(axis));
}

/** The box of a window, with as many items as there are pixels for. */
export function windowBox(
  array: Drawable,
  settings: Settings,
  { x, y }: Window,
  pixels: { readonly width: number; readonly height: number },
): Box {
  // All items of a line count, however short it is drawn; and no entry of a sparse array may fall between two pixels.
  const { view } = settings;
  const samples = (room: number) =>
    view === "line" || view === "matrix"
      ? Infinity
      : Math.min(MOST_SAMPLES, view === "spy" ? room / 4 : room);
  const across = samplesOf(x, array.shape[settings.x] ?? 1, samples(pixels.width));
  const down = settings.y === undefined
    ? undefined
    : samplesOf(y, array.shape[settings.y], samples(pixels.height));
  return boxOf(array, settings, across, down);
}

/** The box of all that a view could show. */
export function wholeBox(array: Drawable, settings: Settings): Box {
  const { shape } = array;
  const { x, y } = settings;
  const whole = (axis: number): AxisRange => ({ start: 0, step: 1, count: shape[axis] ?? 1 });
  return boxOf(array, settings, whole(x), y === undefined ? undefined : whole(y));
}

/** What `slice` takes for a box: an index of the axes that are not shown, a range of the others. */
export function shownSelection(array: Drawable, settings: Settings, box: Box): Selection[] {
  const hidden = hiddenAxes(array, settings);
  return box.map((range, axis) => {
    if (hidden.includes(axis)) return range.start;
    const [start, stop, step] = selectionOf(range);
    return [start, Math.min(stop, array.shape[axis]), step];
  });
}

/** So many items along an axis are drawn at most, twice as many where a screen has more. */
const MOST_SAMPLES = 1600;

/** Reads a picture, by colours or of an array that is colours. */
export async function readPicture(
  source: TileSource,
  array: Drawable,
  settings: Settings,
  box: Box,
  options: TileReadOptions,
): Promise<Scene> {
  const plane = shownPart(await source.read(box, options), array, settings);
  const [x, y] = [box[settings.x], settings.y === undefined ? ONE : box[settings.y]];
  return new PictureScene(settings, box, plane, drawnDType(array, settings), x, y);
}

const ONE: AxisRange = { start: 0, step: 1, count: 1 };
const NONE: Promise<undefined> = Promise.resolve(undefined);

/** How many pixels the items of an axis take, of which so many show an extent of it. */
function roomOf({ step, count }: AxisRange, { from, to }: Extent, pixels: number): number {
  return step * count / (to - from) * pixels;
}

class PictureScene implements Scene {
  readonly dtype: DType;
  range: ValueRange | undefined;
  sample: number | undefined;
  bars: Promise<Bars | undefined> = NONE;
  readonly #items: NDArray;
  readonly box: Box;
  readonly #settings: Settings;
  readonly #x: AxisRange;
  readonly #y: AxisRange;
  #picture: Picture | undefined;

  constructor(settings: Settings, box: Box, plane: NDArray, dtype: DType, x: AxisRange, y: AxisRange) {
    this.#settings = settings;
    this.box = box;
    this.#items = plane;
    this.dtype = settings.view !== "rgb" && dtype[1] === "c" ? "<f8" : dtype;
    this.#x = x;
    this.#y = y;
  }

  async colour(
    { view, part, field, colormap, scale, range }: Settings,
    { missing, bitmap, window, pixels }: Look,
    signal: AbortSignal,
  ): Promise<void> {
    const painted = await painter.paint(this.#items, {
      settings: { view, part, field, colormap, scale, range },
      missing,
      room: [roomOf(this.#y, window.y, pixels.height), roomOf(this.#x, window.x, pixels.width)],
      signal,
    });
    signal.throwIfAborted();
    this.#picture = new Picture(painted.pixels, this.#x, this.#y, bitmap);
    [this.range, this.sample, this.bars] = [painted.range, painted.sample, painted.bars];
  }

  paint(context: CanvasRenderingContext2D, rect: Rect, window: Window): void {
    this.#picture?.paint(context, rect, window);
  }

  at({ x, y }: Place): { readonly index: readonly number[]; readonly text: string } | undefined {
    const column = Math.floor((x - this.#x.start) / this.#x.step);
    const row = Math.floor((y - this.#y.start) / this.#y.step);
    if (column < 0 || column >= this.#x.count || row < 0 || row >= this.#y.count) return undefined;
    const { field, part, view } = this.#settings;
    const plane = this.#items;
    const item = plane.slice(...(this.#settings.y === undefined ? [column] : [row, column]));
    const index = indexOf(
      this.#settings,
      this.#x.start + column * this.#x.step,
      this.#y.start + row * this.#y.step,
    );
    if (view === "rgb") {
      return {
        index,
        text: [...item].map((each) => itemText(each, plane.dtype)).join(", "),
      };
    }
    const value = plane.fields && field !== undefined ? item.field(field) : item;
    const text = itemText(value.get(), value.dtype);
    const number = numbersOf(value, { part })[0];
    return {
      index,
      text: value.dtype[1] === "c" ? `${text} (${part} ${Number(number.toPrecision(6))})` : text,
    };
  }
}

/** The index of an item in all axes of the array. */
function indexOf({ at, x, y }: Settings, column: number, row: number): number[] {
  return at.map((place, axis) => axis === x ? column : axis === y ? row : place);
}

/** Reads a line: all values of a part of an axis, of which each pixel's least and greatest one are kept. */
export async function readLine(
  source: TileSource,
  array: Drawable,
  settings: Settings,
  box: Box,
  places: number,
  options: TileReadOptions,
): Promise<Scene> {
  const { start, count } = box[settings.x];
  const envelope = new Envelope(start, count, places);
  const exact = count <= EXACT ? new Map<number, NDArray>() : undefined;
  await source.each(box, options, async (part, origin) => {
    const run = shownPart(part, array, settings);
    const at = origin[settings.x];
    for (let from = 0; from < run.size; from += LONG_TASK) {
      if (from > 0) await new Promise((resolve) => setTimeout(resolve));
      options.signal.throwIfAborted();
      const piece = run.slice([from, Math.min(run.size, from + LONG_TASK)]);
      envelope.add(numbersOf(piece, settings), at + from);
    }
    exact?.set(at, run);
  });
  return new LineScene(settings, box, drawnDType(array, settings), envelope, exact);
}

/** So many items of a line take a good part of the 50 ms after which a page is felt to hang. */
const LONG_TASK = 2 ** 18;
/** So many values of a line are kept to be told exactly and saved. */
const EXACT = 2 ** 20;

/** A line that was read. */
export class LineScene implements Scene {
  range: ValueRange | undefined;
  bars: Promise<Bars | undefined> = NONE;
  readonly dtype: DType;
  readonly box: Box;
  readonly #settings: Settings;
  readonly #envelope: Envelope;
  readonly #runs: ReadonlyMap<number, NDArray> | undefined;
  #painted: { range: ValueRange; scale: Scale; color: string } | undefined;

  constructor(
    settings: Settings,
    box: Box,
    dtype: DType,
    envelope: Envelope,
    runs: ReadonlyMap<number, NDArray> | undefined,
  ) {
    this.#settings = settings;
    this.box = box;
    this.dtype = dtype[1] === "c" ? "<f8" : dtype;
    this.#envelope = envelope;
    this.#runs = runs;
  }

  colour(settings: Settings, { ink }: Look, signal: AbortSignal): Promise<void> {
    const { scale } = settings;
    this.range = this.#range(settings);
    this.#painted = { range: widened(this.range ?? [0, 1], settings), scale, color: ink };
    const { each, low, high } = this.#envelope;
    const numbers = each === 1 ? low : new Float64Array([...low, ...high]);
    this.bars = barsOf(numbers, scale, () => pause(signal)).catch(() => undefined);
    return Promise.resolve();
  }

  #range({ range, scale }: Settings): ValueRange | undefined {
    if (typeof range !== "string" && (scale === "linear" || range[0] > 0)) return range;
    return this.#envelope.range(scale === "log" ? 0 : -Infinity);
  }

  /** The values at the ends of the axis. */
  get ends(): ValueRange {
    return this.#painted?.range ?? [0, 1];
  }

  paint(context: CanvasRenderingContext2D, rect: Rect, window: Window): void {
    if (this.#painted) paintLine(context, rect, window, this.#envelope, this.#painted);
  }

  at({ x }: Place): { readonly index: readonly number[]; readonly text: string } | undefined {
    const index = indexOf(this.#settings, x, 0);
    const { start, each, low, high } = this.#envelope;
    for (const [origin, run] of this.#runs ?? []) {
      const place = x - start - origin;
      if (place < 0 || place >= run.shape[0]) continue;
      const item = run.fields && this.#settings.field !== undefined
        ? run.slice(place).field(this.#settings.field)
        : run.slice(place);
      return { index, text: itemText(item.get(), item.dtype) };
    }
    const place = Math.floor((x - start) / each);
    if (!(place >= 0 && place < low.length)) return undefined;
    return { index, text: `from ${low[place]} to ${high[place]} (${each} items)` };
  }
}

/** Room above and below, unless somebody chose the ends; a line that is flat is in the middle. */
function widened([low, high]: ValueRange, { range, scale }: Settings): ValueRange {
  if (typeof range !== "string") return [low, high];
  if (scale === "log") return low === high ? [low / 2, high * 2] : [low / 1.1, high * 1.1];
  const room = low === high ? Math.abs(low) / 2 || 1 : (high - low) * 0.04;
  return [low - room, high + room];
}

/** Where a sparse array has entries, in a part of it. */
export function spyScene(settings: Settings, entries: Entries, box: Box): Scene {
  const [x, y] = [box[settings.x], settings.y === undefined ? ONE : box[settings.y]];
  const counts = countEntries(entries, settings.x === 1 ? 1 : 0, x, y);
  let picture: Picture | undefined;
  return {
    dtype: "<f8",
    box,
    range: undefined,
    bars: NONE,
    colour(_, { ink, bitmap }) {
      picture = new Picture(dotsOf(counts, x.count, y.count, colourOf(ink)), x, y, bitmap);
      return Promise.resolve();
    },
    paint: (context, rect, window) => picture?.paint(context, rect, window),
    at(place) {
      const column = Math.floor((place.x - x.start) / x.step);
      const row = Math.floor((place.y - y.start) / y.step);
      if (column < 0 || column >= x.count || row < 0 || row >= y.count) return undefined;
      const count = counts[row * x.count + column];
      const index = indexOf(settings, x.start + column * x.step, y.start + row * y.step);
      const area = x.step * y.step > 1 ? ` in ${y.step} × ${x.step} items from here` : "";
      return { index, text: `${count} ${count === 1 ? "entry" : "entries"}${area}` };
    },
  };
}
