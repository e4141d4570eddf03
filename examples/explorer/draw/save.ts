/**
 * What is shown, as files.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { NDArray } from "../../../lib/array/mod.ts";
import { npyEncode } from "../../../lib/array/writing/mod.ts";
import { h } from "../dom.ts";
import { itemText } from "./values.ts";

/** What can be saved: the items as a file, the picture, or the code that reads the items. */
export type Saved = "npy" | "csv" | "png" | "typescript" | "python";

/** Rows after which the page gets its turn. */
const ROWS = 200;

/** An array of one or two axes as CSV: a line a row, by RFC 4180. Of three, colours stand between spaces. */
export async function csvOf(array: NDArray, isCurrent: () => boolean = () => true): Promise<Blob> {
  const pieces: string[] = [];
  const rows = array.shape.length > 1 ? array.shape[0] : array.size;
  for (let row = 0; row < rows && isCurrent(); row++) {
    const items = array.shape.length > 0 ? array.slice(row) : array;
    const cells = items.shape.length === 0
      ? [cell(itemText(items.get(), array.dtype))]
      : items.shape.length === 1
      ? Array.from(items, (item) => cell(itemText(item, array.dtype)))
      : Array.from({ length: items.shape[0] }, (_, i) =>
        [...items.slice(i)].map((item) => itemText(item, array.dtype)).join(" "));
    pieces.push(`${cells.join()}\r\n`);
    if (row % ROWS === ROWS - 1) await new Promise((resolve) => setTimeout(resolve));
  }
  return new Blob(pieces, { type: "text/csv" });
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An array as a `.npy` file. */
export async function npyOf(array: NDArray): Promise<Blob> {
  const body = await new Response(npyEncode(array)).arrayBuffer();
  return new Blob([body], { type: "application/octet-stream" });
}

/** A canvas as a PNG file, on the colour of the page. */
export async function pngOf(canvas: HTMLCanvasElement, background: string): Promise<Blob> {
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
export function fileName(name: string): string {
  return name.replace(/\.\w+$/, "");
}

/** Hands a file to the person. */
export function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
