/**
 * The axes around a picture: where it is, its ticks, and what they say.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { DType } from "../../../lib/array/mod.ts";
import type { Scale, ValueRange } from "../../../lib/array/plotting/mod.ts";
import type { Window } from "./state.ts";
import type { Tick } from "./tick.ts";
import { indexTicks, valueTicks } from "./ticks.ts";

/** A rectangle of the canvas, in CSS pixels. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Upwards: values. Downwards, as rows of images are: indices. */
export type VerticalAxis =
  | { readonly kind: "index"; readonly label: string }
  | {
    readonly kind: "value";
    readonly label: string;
    readonly range: ValueRange;
    readonly scale: Scale;
    readonly dtype: DType;
  };

/** What a figure shows. */
export interface Content {
  /** Items along each axis: how far one can see. */
  readonly width: number;
  readonly height: number;
  readonly xLabel: string;
  readonly vertical: VerticalAxis;
  /** Whether items are as wide as high, as far as that leaves the picture a shape. */
  readonly isSquare: boolean;
  /** Paints; pixels of the canvas are `ratio` times as many as those of the rectangle. */
  paint(context: CanvasRenderingContext2D, rect: Rect, window: Window, ratio: number): void;
}

/** The ticks of the vertical axis. */
export function verticalTicks({ vertical }: Content, window: Window, height: number): Tick[] {
  const most = Math.max(2, Math.floor(height / 48));
  const { from, to } = window.y;
  return vertical.kind === "index"
    ? indexTicks(from, to, most)
    : valueTicks(vertical.range, vertical.scale, vertical.dtype, most);
}

/** Paints the frame, the ticks and what the axes are. */
export function paintAxes(
  context: CanvasRenderingContext2D,
  content: Content,
  { rect, window, yTicks, color }: {
    readonly rect: Rect;
    readonly window: Window;
    readonly yTicks: readonly Tick[];
    readonly color: string;
  },
): void {
  const { left, top, width, height } = rect;
  const { x, y } = window;
  const { vertical } = content;
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
  context.globalAlpha = 1;
  context.textAlign = "center";
  context.textBaseline = "top";
  const widest = context.measureText(`${Math.floor(x.to)}`).width + 24;
  for (
    const { at, text } of indexTicks(x.from, x.to, Math.max(2, Math.floor(width / Math.max(48, widest))))
  ) {
    const place = Math.round(left + (at + 0.5 - x.from) / (x.to - x.from) * width) + 0.5;
    context.fillRect(place - 0.5, top + height + 1, 1, 4);
    context.fillText(text, place, top + height + 7);
  }
  context.fillText(`${content.xLabel} →`, left + width / 2, top + height + 25);
  context.textAlign = "right";
  context.textBaseline = "middle";
  const upwards = vertical.kind === "value" ? placeOf(vertical.range, vertical.scale) : undefined;
  for (const { at, text } of yTicks) {
    const share = upwards ? 1 - upwards(at) : (at + 0.5 - y.from) / (y.to - y.from);
    const place = Math.round(top + share * height) + 0.5;
    if (share < -1e-9 || share > 1 + 1e-9) continue;
    context.fillRect(left - 5, place - 0.5, 4, 1);
    context.fillText(text, left - 8, place);
  }
  const labels = yTicks.map(({ text }) => context.measureText(text).width);
  const reach = labels.reduce((most, each) => Math.max(most, each), 0);
  context.save();
  context.translate(left - reach - 22, top + height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(vertical.kind === "index" ? `← ${vertical.label}` : vertical.label, 0, 0);
  context.restore();
}

/** The place of a value on an axis of values, from 0 to 1. */
export function placeOf([low, high]: ValueRange, scale: Scale): (value: number) => number {
  if (scale === "log" && low > 0) {
    return (value) => (Math.log10(value) - Math.log10(low)) / (Math.log10(high) - Math.log10(low) || 1);
  }
  // Halves, since the distance of the largest numbers is infinite.
  return (value) => high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5;
}

/** Where the items are: the whole room, or as much as leaves them square. */
export function placed({ isSquare, width, height }: Content, room: Rect, ratio: number): Rect {
  let { width: wide, height: high } = room;
  const shape = width / height;
  if (isSquare && shape >= 1 / 4 && shape <= 4) {
    wide = Math.min(wide, high * shape);
    high = Math.min(high, wide / shape);
  }
  // On whole pixels of the screen, so that items have sharp edges.
  const whole = (length: number) => Math.max(1, Math.floor(length * ratio)) / ratio;
  return {
    // In the middle of the room that is left.
    left: Math.round((room.left + (room.width - wide) / 2) * ratio) / ratio,
    top: Math.round(room.top * ratio) / ratio,
    width: whole(wide),
    height: whole(high),
  };
}
