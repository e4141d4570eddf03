/**
 * The colours of a picture with their values, the histogram above them, and two handles that say where the colours begin and end.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { colormapTable } from "../../../lib/array/plotting/mod.ts";
import type { ValueRange } from "../../../lib/array/plotting/mod.ts";
import { itemCount } from "../../../lib/array/layout/mod.ts";
import { h } from "../dom.ts";
import { placeOf } from "./axes.ts";
import { smallFont } from "./look.ts";
import type { Bars } from "./picture.ts";
import type { Scene } from "./scene.ts";
import type { Settings } from "./state.ts";
import { valueText, valueTicks } from "./ticks.ts";

const SIDE = 14;
const [BARS, COLORS] = [34, 14];

/** The bar. */
export class RangeBar {
  readonly element: HTMLElement;
  /** Says where the ends of the colours are those of some values only. */
  readonly note: HTMLElement = h("p", { class: "draw-note", hidden: true });
  readonly #canvas: HTMLCanvasElement = h("canvas", { "aria-hidden": "true" });
  readonly #handles: readonly [HTMLElement, HTMLElement];
  readonly #onRange: (range: ValueRange) => void;
  readonly #observer: ResizeObserver;
  #scene: Scene | undefined;
  #settings: Settings | undefined;
  /** What is waited for: that of the last picture. */
  #asked: Scene["bars"] | undefined;
  #bars: Bars = { domain: [0, 1], counts: new Uint32Array(0) };
  #range: ValueRange = [0, 1];

  /** A bar that is empty. */
  constructor(onRange: (range: ValueRange) => void) {
    this.#onRange = onRange;
    this.#handles = [this.#handle(0), this.#handle(1)];
    this.element = h(
      "div",
      { class: "draw-range", role: "group", "aria-label": "Colours and histogram" },
      this.#canvas,
      ...this.#handles,
    );
    this.#observer = new ResizeObserver(() => this.#paint());
    this.#observer.observe(this.element);
  }

  /** Shows the colours of a picture. The histogram follows: the picture comes first. */
  async show(scene: Scene, settings: Settings): Promise<void> {
    const { range, bars, sample } = scene;
    this.element.hidden = range === undefined;
    this.note.hidden = range === undefined || sample === undefined;
    const note = sample === undefined
      ? ""
      : `The colours end at percentiles 1 and 99, estimated from ${sample.toLocaleString("en")} of ${
        itemCount(scene.box.map(({ count }) => count)).toLocaleString("en")
      } values.`;
    // Setting it lays the page out anew, as setting a choice does.
    if (this.note.textContent !== note) this.note.textContent = note;
    if (!range) return;
    // What the handles choose counts from now on.
    [this.#scene, this.#settings, this.#range, this.#asked] = [scene, settings, range, bars];
    const counted = await bars;
    if (this.#asked !== bars) return;
    // Those of another picture would be a lie.
    this.#bars = counted ?? { domain: range, counts: new Uint32Array(0) };
    this.#paint();
  }

  /** There are no colours. */
  hide(): void {
    this.element.hidden = this.note.hidden = true;
  }

  /** Takes everything back. */
  destroy(): void {
    this.#asked = undefined;
    this.#observer.disconnect();
    this.element.remove();
  }

  /** From the least value to the greatest, and to the ends of the colours. */
  #ends(): ValueRange {
    const [low, high] = this.#range;
    const ends: ValueRange = [Math.min(low, this.#bars.domain[0]), Math.max(high, this.#bars.domain[1])];
    return this.#settings?.scale === "log" && ends[0] <= 0 ? this.#range : ends;
  }

  #paint(): void {
    const context = this.#canvas.getContext("2d");
    const { clientWidth, clientHeight } = this.element;
    if (!context || !this.#settings || !this.#scene || clientWidth === 0) return;
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(this.element);
    const width = clientWidth - 2 * SIDE;
    const { scale, colormap, view } = this.#settings;
    const ends = this.#ends();
    const share = placeOf(ends, scale);
    context.fillStyle = style.color;
    context.globalAlpha = 0.35;
    const most = this.#bars.counts.reduce((most, count) => Math.max(most, count), 1);
    const [from, to] = [share(this.#bars.domain[0]), share(this.#bars.domain[1])];
    const bar = (to - from) * width / this.#bars.counts.length;
    this.#bars.counts.forEach((count, i) => {
      // The root, so that what is rare is seen beside what is frequent.
      const high = Math.sqrt(count / most) * BARS;
      context.fillRect(SIDE + from * width + i * bar, BARS - high, Math.max(0.5, bar - 0.5), high);
    });
    context.globalAlpha = 1;
    if (view !== "line") {
      const table = colormapTable(colormap);
      const own = placeOf(this.#range, scale);
      const back = (place: number) => valueAt(ends, scale, place);
      const colorAt = (x: number) =>
        Math.round(Math.min(1, Math.max(0, own(back((x + 0.5) / width)))) * 255) * 3;
      for (let x = 0; x < width;) {
        const at = colorAt(x);
        let end = x + 1;
        while (end < width && colorAt(end) === at) end++;
        context.fillStyle = `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`;
        context.fillRect(SIDE + x, BARS + 2, end - x, COLORS);
        x = end;
      }
    }
    context.fillStyle = style.color;
    context.font = smallFont(style);
    context.textBaseline = "top";
    this.#paintTicks(context, ends, share, width);
    this.#placeHandles(share, width);
  }

  #paintTicks(
    context: CanvasRenderingContext2D,
    ends: ValueRange,
    share: (value: number) => number,
    width: number,
  ): void {
    if (!this.#settings || !this.#scene) return;
    const isTime = "Mm".includes(this.#scene.dtype[1]);
    const ticks = valueTicks(
      ends,
      this.#settings.scale,
      this.#scene.dtype,
      Math.max(1, Math.floor(width / (isTime ? 180 : 80))),
    );
    for (const { at, text } of ticks) {
      const x = SIDE + share(at) * width;
      context.fillRect(Math.round(x), BARS + COLORS + 3, 1, 4);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.min(Math.max(x - half, 0), width + 2 * SIDE - 2 * half), BARS + COLORS + 9);
    }
  }

  #placeHandles(share: (value: number) => number, width: number): void {
    this.#handles.forEach((handle, end) => {
      const value = this.#range[end];
      handle.style.left = `${SIDE + Math.min(1, Math.max(0, share(value))) * width}px`;
      handle.setAttribute("aria-valuenow", `${value}`);
      handle.setAttribute("aria-valuetext", valueText(value, this.#scene?.dtype ?? "<f8"));
      const [low, high] = this.#ends();
      handle.setAttribute("aria-valuemin", `${low}`);
      handle.setAttribute("aria-valuemax", `${high}`);
    });
  }

  #handle(end: 0 | 1): HTMLElement {
    const handle = h("div", {
      class: "draw-handle",
      role: "slider",
      tabindex: 0,
      "aria-label": end === 0 ? "Value of the first colour" : "Value of the last colour",
    });
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      handle.focus();
      event.preventDefault();
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { left, width } = this.element.getBoundingClientRect();
      this.#choose(end, (event.clientX - left - SIDE) / (width - 2 * SIDE));
    });
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      const share = placeOf(this.#ends(), this.#settings?.scale ?? "linear")(this.#range[end]);
      if (by !== undefined) this.#choose(end, share + by * (event.shiftKey ? 0.1 : 0.01));
      else if (event.key === "Home") this.#choose(end, 0);
      else if (event.key === "End") this.#choose(end, 1);
      else return;
      event.preventDefault();
    });
    return handle;
  }

  #choose(end: 0 | 1, place: number): void {
    const value = valueAt(this.#ends(), this.#settings?.scale ?? "linear", Math.min(1, Math.max(0, place)));
    const range: ValueRange = end === 0 ? [value, this.#range[1]] : [this.#range[0], value];
    if (!(range[0] < range[1])) return;
    // The next key goes on from here, and does not wait for the picture.
    this.#range = range;
    this.#paint();
    this.#onRange(range);
  }
}

/** The value at a place from 0 to 1. */
function valueAt([low, high]: ValueRange, scale: Settings["scale"], place: number): number {
  if (scale === "log" && low > 0) {
    return 10 ** (Math.log10(low) + place * (Math.log10(high) - Math.log10(low)));
  }
  return low * (1 - place) + high * place;
}
