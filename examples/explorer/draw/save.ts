/**
 * What is shown, as files.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { NDArray } from "../../../lib/array/mod.ts";
import { itemCount } from "../../../lib/array/layout/mod.ts";
import { npyEncode } from "../../../lib/array/writing/mod.ts";
import { h, saveBlob } from "../dom.ts";
import type { ArrayView } from "../view.ts";
import { indexText, sliceCode } from "./code.ts";
import { shownOrder, shownPart, shownSelection } from "./scene.ts";
import type { Settings } from "./state.ts";
import type { Box } from "./tiles.ts";
import { itemText } from "./values.ts";

/** What can be saved: the items as a file, the picture, or the code that reads the items. */
export type Saved = "npy" | "csv" | "png" | "typescript" | "python";

/** What saving takes of the page. */
export interface Shown {
  /** The picture. */
  readonly canvas: HTMLCanvasElement;
  /** The colour of the page. */
  readonly background: string;
  /** Reads a box of the array, or nothing where somebody has to be asked. */
  readonly read: (box: Box) => Promise<NDArray | undefined>;
}

/**
 * Saves a box of an array, as it is shown, or copies the code that reads it.
 *
 * @returns What is said of it, where nothing else is seen.
 */
export async function save(
  what: Saved,
  array: ArrayView,
  settings: Settings,
  box: Box,
  { canvas, background, read }: Shown,
): Promise<string | undefined> {
  const name = fileName(array.name);
  const selection = shownSelection(array, settings, box);
  if (what === "typescript" || what === "python") {
    const code = sliceCode(array.place, selection, shownOrder(array, settings));
    await navigator.clipboard.writeText(code[what]);
    return "The code is copied.";
  }
  if (what === "png") {
    saveBlob(`${name}.png`, await pngOf(canvas, background));
    return undefined;
  }
  const items = await read(box);
  if (!items) return undefined;
  const part = shownPart(items, array, settings);
  saveBlob(`${name}.${what}`, what === "npy" ? await npyOf(part) : await csvOf(part));
  // Of a large picture that is every second item, or every fourth.
  return `Saved [${indexText(selection)}] as ${name}.${what}.`;
}

/** Items after which the page gets its turn. */
const ITEMS = 2 ** 14;

/** An array of one or two axes as CSV: a line a row, by RFC 4180. Of three, colours stand between spaces. */
async function csvOf(array: NDArray): Promise<Blob> {
  const pieces: string[] = [];
  const [rows = 1, ...rest] = array.shape;
  const step = Math.max(1, Math.floor(ITEMS / itemCount(rest)));
  for (let row = 0; row < rows; row += step) {
    const part = array.shape.length === 0 ? array : array.slice([row, Math.min(rows, row + step)]);
    pieces.push(part.shape.length > 1 ? rowLines(part) : cellLines(part));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return new Blob(pieces, { type: "text/csv" });
}

/** An item a line. */
function cellLines(array: NDArray): string {
  return Array.from(array, (item) => `${cell(itemText(item, array.dtype, array.fields))}\r\n`).join("");
}

function rowLines(array: NDArray): string {
  return Array.from({ length: array.shape[0] }, (_, row) => {
    const items = array.slice(row);
    const cells = items.shape.length === 1
      ? Array.from(items, (item) => cell(itemText(item, array.dtype, array.fields)))
      : Array.from(
        { length: items.shape[0] },
        (_, i) => [...items.slice(i)].map((item) => itemText(item, array.dtype, array.fields)).join(" "),
      );
    return `${cells.join()}\r\n`;
  }).join("");
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An array as a `.npy` file. */
async function npyOf(array: NDArray): Promise<Blob> {
  const body = await new Response(npyEncode(array)).arrayBuffer();
  return new Blob([body], { type: "application/octet-stream" });
}

/** A canvas as a PNG file, on the colour of the page. */
async function pngOf(canvas: HTMLCanvasElement, background: string): Promise<Blob> {
  const copy = h("canvas", { width: canvas.width, height: canvas.height });
  const context = copy.getContext("2d");
  if (context) {
    context.fillStyle = background;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
  }
  return await new Promise<Blob>((resolve, reject) =>
    copy.toBlob(
      (blob) => blob ? resolve(blob) : reject(new Error("the picture is too large for a file")),
      "image/png",
    )
  );
}

/** What a file with an array is called, without its extension. */
function fileName(name: string): string {
  return name.replace(/\.\w+$/, "");
}
