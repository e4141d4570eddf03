/**
 * Pictures of a part of an array: pixels that are put where their items are.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { AxisRange } from "../../../lib/array/chunks/mod.ts";
import type { ImagePixels } from "../../../lib/array/plotting/mod.ts";
import type { Rect } from "./axes.ts";
import type { Extent, Window } from "./state.ts";

/** A picture, a pixel an item, or one for `step` items. */
export class Picture {
  readonly #bitmap: HTMLCanvasElement;
  readonly #x: Extent;
  readonly #y: Extent;

  /**
   * A picture of some items along each axis.
   *
   * @param bitmap What it is kept in, in the place of any other: a canvas for each would fill memory faster than browsers look after it.
   */
  constructor({ data, width, height }: ImagePixels, x: AxisRange, y: AxisRange, bitmap: HTMLCanvasElement) {
    this.#bitmap = bitmap;
    if (bitmap.width !== width || bitmap.height !== height) {
      bitmap.width = Math.max(1, width);
      bitmap.height = Math.max(1, height);
    }
    this.#x = { from: x.start, to: x.start + x.step * x.count };
    this.#y = { from: y.start, to: y.start + y.step * y.count };
    if (width > 0 && height > 0) {
      this.#bitmap.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    }
  }

  /** Paints what is seen of it. Each item has one colour: nothing is smoothed. */
  paint(context: CanvasRenderingContext2D, rect: Rect, { x, y }: Window): void {
    const across = rect.width / (x.to - x.from);
    const down = rect.height / (y.to - y.from);
    context.imageSmoothingEnabled = false;
    context.drawImage(
      this.#bitmap,
      rect.left + (this.#x.from - x.from) * across,
      rect.top + (this.#y.from - y.from) * down,
      (this.#x.to - this.#x.from) * across,
      (this.#y.to - this.#y.from) * down,
    );
  }
}
