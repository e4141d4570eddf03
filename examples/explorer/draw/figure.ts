/**
 * A canvas with axes around it, which is zoomed, moved and pointed at by mouse, fingers and keys. What is inside is painted by somebody else.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { h } from "../dom.ts";
import { smallFont } from "./look.ts";
import { type Content, paintAxes, placed, type Rect, verticalTicks } from "./axes.ts";
import type { Extent, Window } from "./state.ts";

/** What a figure tells. */
export interface FigureEvents {
  /** It shows another part. */
  onWindow(window: Window): void;
  /** Something is pointed at, or nothing any more. By keys, it is to be said aloud. */
  onCursor(place: Place | undefined, by: "pointer" | "keys"): void;
  /** Its size has changed. */
  onResize(): void;
  /** A key that is not for the figure. */
  onKey(event: KeyboardEvent): void;
}

/** An item that is pointed at. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

const WHEEL = 0.0015;
const STEP = 1.5;

/** A figure. */
export class Figure {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly #mark: HTMLElement;
  readonly #events: FigureEvents;
  readonly #observer: ResizeObserver;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #content: Content | undefined;
  #window: Window = { x: { from: 0, to: 1 }, y: { from: 0, to: 1 } };
  #rect: Rect = { left: 0, top: 0, width: 1, height: 1 };
  #cursor: Place | undefined;
  #frame = 0;

  /** A figure without content. */
  constructor(events: FigureEvents) {
    this.#events = events;
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.#mark = h("div", { class: "draw-mark", hidden: true });
    this.element = h(
      "div",
      { class: "draw-plot", tabindex: 0, role: "application" },
      this.canvas,
      this.#mark,
    );
    this.#listen();
    this.#observer = new ResizeObserver(() => {
      this.#layOut();
      this.#events.onResize();
    });
    this.#observer.observe(this.element);
  }

  /** The part that is seen. */
  get window(): Window {
    return this.#window;
  }

  /** How many pixels of the screen there are for items. */
  get pixels(): { readonly width: number; readonly height: number } {
    const ratio = devicePixelRatio || 1;
    return { width: this.#rect.width * ratio, height: this.#rect.height * ratio };
  }

  /** Shows something, or what there is of it anew. */
  show(content: Content, window: Window, label: string): void {
    this.#content = content;
    this.#window = window;
    this.element.setAttribute("aria-label", label);
    this.#layOut();
  }

  /** What is pointed at. */
  get cursor(): Place | undefined {
    return this.#cursor;
  }

  /** Shows other items. */
  zoom(factor: number, at?: { readonly x: number; readonly y: number }): void {
    const { x, y } = this.#window;
    const isIndex = this.#content?.vertical.kind === "index";
    const scaled = (extent: Extent, middle: number) => ({
      from: middle - (middle - extent.from) / factor,
      to: middle + (extent.to - middle) / factor,
    });
    this.#move({
      x: scaled(x, at?.x ?? (x.from + x.to) / 2),
      y: isIndex ? scaled(y, at?.y ?? (y.from + y.to) / 2) : y,
    });
  }

  /** Shows all there is. */
  reset(): void {
    if (this.#content) this.#move(this.#all(this.#content));
  }

  /** Takes everything back. */
  destroy(): void {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    this.element.remove();
  }

  #all({ width, height }: Content): Window {
    return { x: { from: 0, to: width }, y: { from: 0, to: height } };
  }

  #move(wanted: Window): void {
    if (!this.#content) return;
    const { width, height, vertical } = this.#content;
    const window = {
      x: within(wanted.x, width),
      y: vertical.kind === "index" ? within(wanted.y, height) : this.#window.y,
    };
    const { x, y } = this.#window;
    if (
      x.from === window.x.from && x.to === window.x.to && y.from === window.y.from && y.to === window.y.to
    ) return;
    this.#window = window;
    this.#repaint();
    this.#events.onWindow(window);
  }

  #repaint(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#layOut();
    });
  }

  #layOut(): void {
    const content = this.#content;
    const context = this.canvas.getContext("2d");
    const { clientWidth, clientHeight } = this.element;
    if (!content || !context || clientWidth === 0 || clientHeight === 0) return;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const style = getComputedStyle(this.element);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, clientWidth, clientHeight);
    context.font = smallFont(style);
    context.fillStyle = style.color;
    const yTicks = verticalTicks(content, this.#window, clientHeight);
    const widest = yTicks.reduce((most, { text }) => Math.max(most, context.measureText(text).width), 0);
    this.#rect = placed(content, {
      left: Math.ceil(widest) + 34,
      top: 10,
      width: Math.max(1, clientWidth - Math.ceil(widest) - 34 - 16),
      height: Math.max(1, clientHeight - 10 - 44),
    }, ratio);
    const { left, top, width: wide, height: high } = this.#rect;
    this.canvas.dataset.plot = [left, top, wide, high].map((each) => Math.round(each * ratio)).join();
    context.save();
    context.beginPath();
    context.rect(left, top, wide, high);
    context.clip();
    content.paint(context, this.#rect, this.#window, ratio);
    context.restore();
    paintAxes(context, content, { rect: this.#rect, window: this.#window, yTicks, color: style.color });
    this.#placeMark();
  }

  /** Where a point of the screen is among the items. */
  #itemsAt(
    event: { readonly clientX: number; readonly clientY: number },
  ): { x: number; y: number; isInside: boolean } {
    const box = this.element.getBoundingClientRect();
    const { left, top, width, height } = this.#rect;
    const [across, down] = [
      (event.clientX - box.left - left) / width,
      (event.clientY - box.top - top) / height,
    ];
    const { x, y } = this.#window;
    return {
      x: x.from + across * (x.to - x.from),
      y: y.from + down * (y.to - y.from),
      isInside: across >= 0 && across < 1 && down >= 0 && down < 1,
    };
  }

  #point(place: Place | undefined, by: "pointer" | "keys"): void {
    this.#cursor = place;
    this.#placeMark();
    this.#events.onCursor(place, by);
  }

  #placeMark(): void {
    const place = this.#cursor;
    const content = this.#content;
    const { x, y } = this.#window;
    const isSeen = place !== undefined && content !== undefined && place.x + 1 > x.from && place.x < x.to &&
      (content.vertical.kind === "value" || place.y + 1 > y.from && place.y < y.to);
    this.#mark.hidden = !isSeen;
    if (!isSeen) return;
    const { left, top, width, height } = this.#rect;
    const [wide, high] = [width / (x.to - x.from), height / (y.to - y.from)];
    const isLine = content.vertical.kind === "value";
    const { style } = this.#mark;
    this.#mark.classList.toggle("is-line", isLine);
    style.left = `${left + (place.x + (isLine ? 0.5 : 0) - x.from) * wide}px`;
    style.width = isLine ? "0" : `${Math.max(4, wide)}px`;
    style.top = isLine ? `${top}px` : `${top + (place.y - y.from) * high}px`;
    style.height = isLine ? `${height}px` : `${Math.max(4, high)}px`;
  }

  #listen(): void {
    const { element } = this;
    element.addEventListener("wheel", (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : 1);
      this.zoom(Math.exp(-pixels * WHEEL * (event.ctrlKey ? 5 : 1)), this.#itemsAt(event));
    }, { passive: false });
    element.addEventListener("dblclick", () => this.reset());
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    const ended = (event: PointerEvent) => void this.#pointers.delete(event.pointerId);
    element.addEventListener("pointerup", ended);
    element.addEventListener("pointercancel", ended);
    element.addEventListener("pointermove", (event) => this.#pointerMoved(event));
    element.addEventListener(
      "pointerleave",
      () => this.#pointers.size === 0 && this.#point(undefined, "pointer"),
    );
    element.addEventListener("keydown", (event) => this.#key(event));
  }

  #pointerMoved(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      const { x, y, isInside } = this.#itemsAt(event);
      this.#point(isInside ? { x: Math.floor(x), y: Math.floor(y) } : undefined, "pointer");
      return;
    }
    const now = { x: event.clientX, y: event.clientY };
    this.#pointers.set(event.pointerId, now);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const distance = (a: { x: number; y: number }) =>
        Math.max(10, Math.hypot(a.x - other.x, a.y - other.y));
      this.zoom(distance(now) / distance(before), this.#itemsAt({ clientX: other.x, clientY: other.y }));
      return;
    }
    const { x, y } = this.#window;
    const { width, height } = this.#rect;
    const [dx, dy] = [
      (before.x - now.x) / width * (x.to - x.from),
      (before.y - now.y) / height * (y.to - y.from),
    ];
    this.#move({ x: shifted(x, dx), y: shifted(y, dy) });
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = event.shiftKey ? 10 : 1;
    switch (event.key) {
      case "ArrowLeft":
        this.#step(-step, 0);
        break;
      case "ArrowRight":
        this.#step(step, 0);
        break;
      case "ArrowUp":
        this.#step(0, -step);
        break;
      case "ArrowDown":
        this.#step(0, step);
        break;
      case "+":
      case "=":
        this.zoom(STEP, this.#middleOfCursor());
        break;
      case "-":
        this.zoom(1 / STEP, this.#middleOfCursor());
        break;
      case "0":
        this.reset();
        break;
      case "Escape":
        this.#point(undefined, "keys");
        break;
      default:
        this.#events.onKey(event);
        return;
    }
    event.preventDefault();
  }

  #middleOfCursor(): { x: number; y: number } | undefined {
    return this.#cursor && { x: this.#cursor.x + 0.5, y: this.#cursor.y + 0.5 };
  }

  /** Points at a neighbour, and shows it. */
  #step(across: number, down: number): void {
    const content = this.#content;
    if (!content) return;
    const { x, y } = this.#window;
    const from = this.#cursor ?? {
      x: Math.floor((x.from + x.to) / 2),
      y: content.vertical.kind === "index" ? Math.floor((y.from + y.to) / 2) : 0,
    };
    const place = this.#cursor
      ? {
        x: clamp(from.x + across, 0, content.width - 1),
        y: content.vertical.kind === "index" ? clamp(from.y + down, 0, content.height - 1) : 0,
      }
      : from;
    this.#move({ x: containing(x, place.x), y: containing(y, place.y) });
    this.#point(place, "keys");
  }
}

/** An extent of at least one item, within those there are. */
function within({ from, to }: Extent, length: number): Extent {
  const size = clamp(to - from, Math.min(1, length), length);
  const middle = (from + to) / 2;
  const start = clamp(middle - size / 2, 0, length - size);
  return { from: start, to: start + size };
}

function shifted({ from, to }: Extent, by: number): Extent {
  return { from: from + by, to: to + by };
}

/** The extent, moved so far that an item is in it. */
function containing(extent: Extent, item: number): Extent {
  return shifted(extent, Math.min(0, item - extent.from) + Math.max(0, item + 1 - extent.to));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
