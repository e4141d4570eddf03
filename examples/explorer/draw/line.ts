/**
 * Painting a line.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Scale, ValueRange } from "../../../lib/array/plotting/mod.ts";
import { placeOf, type Rect } from "./axes.ts";
import type { Envelope } from "./envelope.ts";
import type { Window } from "./state.ts";

/** Below so many pixels an item has no dot of its own. */
const DOT = 8;

/** Paints an envelope: from each place to the next one by a line, and where a place has several values, from the least to the greatest. */
export function paintLine(
  context: CanvasRenderingContext2D,
  { left, top, width, height }: Rect,
  { x }: Window,
  { start, each, low, high }: Envelope,
  { range, scale, color }: { readonly range: ValueRange; readonly scale: Scale; readonly color: string },
): void {
  const share = placeOf(range, scale);
  const down = (value: number) => top + (1 - share(value)) * height;
  const perItem = width / (x.to - x.from);
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.beginPath();
  let isDrawing = false;
  const first = Math.max(0, Math.floor((x.from - start) / each) - 1);
  const end = Math.min(low.length, Math.ceil((x.to - start) / each) + 1);
  const shown = (value: number) => Number.isFinite(value) && (scale === "linear" || value > 0);
  for (let i = first; i < end; i++) {
    if (!shown(low[i]) || !shown(high[i])) {
      isDrawing = false;
      continue;
    }
    const across = left + (start + i * each + each / 2 - x.from) * perItem;
    const [from, to] = [down(low[i]), down(high[i])];
    if (isDrawing) context.lineTo(across, from);
    else context.moveTo(across, from);
    // A value between two gaps is a dot, since a line has no length there.
    if (!isDrawing && !shown(low[i + 1])) context.lineTo(across + 1, from);
    if (to !== from) context.lineTo(across, to);
    isDrawing = true;
  }
  context.stroke();
  if (each > 1 || perItem < DOT) return;
  for (let i = first; i < end; i++) {
    if (!shown(low[i])) continue;
    context.beginPath();
    context.arc(left + (start + i + 0.5 - x.from) * perItem, down(low[i]), 2.5, 0, 2 * Math.PI);
    context.fill();
  }
}
