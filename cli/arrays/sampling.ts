/**
 * Samples of large arrays, to be drawn.
 *
 * @module
 */
import type { NDArray, Selection } from "../../lib/array/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { LazyArray, type StoredArray } from "../../lib/stored_arrays/mod.ts";
import type { CliContext } from "../context.ts";
import { humanSize } from "../text.ts";

/** Bytes of items that are read of an array that is read by parts. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Bytes of items that may have to be read of one that is not: whole chunks, or all of it. */
const MOST_WHOLE = 64 * 1024 * 1024;
/** Parts of a line that are read, and lines of an image. */
const MOST_PARTS = 256;
/** Fewer lines than that are no image. */
const FEWEST_LINES = 16;
/** Items of a line that are drawn at most. */
const MOST_ITEMS = 1024;
const CONCURRENCY = 8;

/** What is drawn of an array. */
export interface Sample {
  /** Its items. */
  readonly part: NDArray;
  /** How it was taken, in words; empty where it is all of it. */
  readonly told: string;
}

/**
 * Takes about 4 MB of an array of one or two axes (or three, the last of which are colours), spread over all of it.
 *
 * @param stored The array that `array` is, or is a slice of.
 * @throws {InvalidArgumentError} when far more would have to be read for that.
 */
export async function sampled(
  array: StoredArray,
  stored: StoredArray,
  { request }: CliContext,
): Promise<Sample> {
  const { partsOf } = await import("../../lib/array/mod.ts");
  const { shape } = array;
  const bytes = shape.reduce((product, length) => product * length, partsOf(array.dtype).itemsize);
  if (bytes <= MOST_BYTES || shape.length === 3) return { part: await array.toArray(request), told: "" };
  if (!(stored instanceof LazyArray) || !stored.sliceable) {
    if (bytes > MOST_WHOLE) {
      throw new InvalidArgumentError(
        `all of its ${humanSize(bytes)} have to be read: say --all, or take a slice`,
      );
    }
    const step = Math.ceil(Math.max(...shape) / MOST_ITEMS);
    const part = (await array.toArray(request)).slice(...shape.map((): Selection => [null, null, step]));
    return { part, told: step > 1 ? `every ${step}. item` : "" };
  }
  return shape.length === 1
    ? await windows(array, bytes, request)
    : await lines(array, stored.order, bytes, request);
}

/** Parts of a line, equally far from each other. */
async function windows(array: StoredArray, bytes: number, options: CliContext["request"]): Promise<Sample> {
  const [length] = array.shape;
  const width = Math.max(1, Math.floor(MOST_BYTES / MOST_PARTS / (bytes / length)));
  const starts = Array.from(
    { length: MOST_PARTS },
    (_, i) => Math.floor(i * (length - width) / (MOST_PARTS - 1)),
  );
  const parts = await readEach(array, starts.map((start): Selection[] => [[start, start + width]]), options);
  return { part: await joined(parts, [MOST_PARTS * width]), told: `${MOST_PARTS} parts of ${width} items` };
}

/** Lines of an image along the axis whose items lie together, equally far from each other. */
async function lines(
  array: StoredArray,
  order: "C" | "F",
  bytes: number,
  options: CliContext["request"],
): Promise<Sample> {
  const axis = order === "C" ? 0 : 1;
  const [count, length] = [array.shape[axis], array.shape[1 - axis]];
  const most = Math.floor(MOST_BYTES / (bytes / count));
  const taken = Math.min(count, MOST_PARTS * 2, Math.max(FEWEST_LINES, most));
  const step = Math.ceil(length / MOST_ITEMS);
  const places = Array.from({ length: taken }, (_, i) => Math.floor((i + 0.5) * count / taken));
  const read = places.map((place): Selection[] => axis === 0 ? [place, null] : [null, place]);
  const parts = (await readEach(array, read, options)).map((part) => part.slice([null, null, step]));
  const part = await joined(parts, [taken, Math.ceil(length / step)]);
  return {
    part: axis === 0 ? part : part.transpose(),
    told: `${taken} of ${count} ${axis === 0 ? "rows" : "columns"}${step > 1 ? `, every ${step}. item` : ""}`,
  };
}

/** Reads parts by themselves, so that nothing between them is read. */
async function readEach(
  array: StoredArray,
  selections: readonly (readonly Selection[])[],
  options: CliContext["request"],
): Promise<NDArray[]> {
  const { forEachConcurrent } = await import("../../lib/streams/mod.ts");
  const parts: NDArray[] = new Array(selections.length);
  await forEachConcurrent(selections, async (selection, index, signal) => {
    parts[index] = await array.read(selection, { ...options, signal });
  }, { concurrency: CONCURRENCY, signal: options.signal });
  return parts;
}

async function joined(parts: readonly NDArray[], shape: readonly number[]): Promise<NDArray> {
  const { arrayFromBytes } = await import("../../lib/array/mod.ts");
  const { concat } = await import("../../lib/bytes.ts");
  const [{ dtype, fields }] = parts;
  return arrayFromBytes(concat(...parts.map((part) => part.toBytes())), { dtype, fields, shape: [...shape] });
}
