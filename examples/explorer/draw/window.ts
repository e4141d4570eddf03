/**
 * What of the axes is seen at first, and what is said of them.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Content } from "./axes.ts";
import { LineScene, type Scene, windowBox } from "./scene.ts";
import { type Drawable, drawnDType, hiddenAxes, type Settings, type Window } from "./state.ts";
import type { Box } from "./tiles.ts";

/** The axes of a picture, and what paints it. */
export function contentOf(array: Drawable, settings: Settings, scene: Scene | undefined): Content {
  const { shape } = array;
  const { x, y, view } = settings;
  const isLine = view === "line";
  const dtype = scene?.dtype ?? drawnDType(array, settings);
  return {
    width: shape[x] ?? 1,
    height: y === undefined ? 1 : shape[y],
    xLabel: `axis ${x}`,
    vertical: isLine
      ? {
        kind: "value",
        label: array.dtype[1] === "c" ? settings.part : "value",
        range: scene instanceof LineScene ? scene.ends : [0, 1],
        scale: settings.scale,
        dtype,
      }
      : { kind: "index", label: `axis ${y}` },
    isSquare: !isLine,
    paint: (context, rect, window) => scene?.paint(context, rect, window),
  };
}

/** The window of all there is. */
export function allOf({ width, height }: Pick<Content, "width" | "height">): Window {
  return { x: { from: 0, to: width }, y: { from: 0, to: height } };
}

/** Settings with other axes, where all of those may not be read and all of others may: of a volume in chunks of whole images, the images. */
export function readableAxes(
  array: Drawable,
  settings: Settings,
  isRead: (settings: Settings) => boolean,
): Settings {
  const { shape } = array;
  if (settings.y === undefined || settings.channel !== undefined || isRead(settings)) return settings;
  for (let x = shape.length - 1; x > 0; x--) {
    for (let y = x - 1; y >= 0; y--) {
      const other = { ...settings, x, y };
      if (shape[x] > 1 && shape[y] > 1 && isRead(other)) return other;
    }
  }
  return settings;
}

/** All there is, or as much of it, around its beginning, as may be read. */
export function fittingWindow(
  array: Drawable,
  settings: Settings,
  pixels: { readonly width: number; readonly height: number },
  fits: (box: Box) => boolean,
): { readonly window: Window; readonly isAll: boolean } {
  const { width, height } = contentOf(array, settings, undefined);
  const windowOf = (wide: number, high: number): Window => ({
    x: { from: 0, to: wide },
    y: { from: 0, to: high },
  });
  const isRead = (wide: number, high: number) =>
    fits(windowBox(array, settings, windowOf(wide, high), pixels));
  if (isRead(width, height)) return { window: windowOf(width, height), isAll: true };
  // The largest part of the height alone, of the width alone, and of both: what is stored row by row has its rows whole.
  const most = (isRead: (share: number) => boolean): number => {
    let share = 1;
    while (share > 2 ** -40 && !isRead(share)) share /= 2;
    return share;
  };
  const part = (length: number, share: number) => Math.max(1, Math.floor(length * share));
  const shares = [
    most((share) => isRead(width, part(height, share))),
    most((share) => isRead(part(width, share), height)),
    most((share) => isRead(part(width, share), part(height, share))) ** 2,
  ];
  const candidates: [number, number][] = [
    [width, part(height, shares[0])],
    [part(width, shares[1]), height],
    [part(width, Math.sqrt(shares[2])), part(height, Math.sqrt(shares[2]))],
  ];
  const readable = candidates.filter(([wide, high]) => isRead(wide, high));
  // Where not even one item may be read unasked, all of it is asked for.
  if (readable.length === 0) return { window: windowOf(width, height), isAll: true };
  const [wide, high] = readable.reduce((best, each) => each[0] * each[1] > best[0] * best[1] ? each : best);
  return { window: windowOf(wide, high), isAll: false };
}

/** What a picture is, for those who don't see it. */
export function labelOf(array: Drawable & { readonly name: string }, settings: Settings): string {
  const { x, y, view, at } = settings;
  const hidden = hiddenAxes(array, settings).map((axis) => `index ${at[axis]} of axis ${axis}`).join(", ");
  const what =
    { heat: "Heat map", rgb: "Picture", spy: "Places of the entries", line: "Line", matrix: "Table" }[view];
  const axes = y === undefined ? `axis ${x} to the right` : `axis ${x} to the right, axis ${y} downwards`;
  return `${what} of ${array.name}: ${axes}${hidden === "" ? "" : `, at ${hidden}`}. ` +
    "Arrows move the cursor, plus and minus zoom, Page Up and Page Down change the slice, space plays.";
}
