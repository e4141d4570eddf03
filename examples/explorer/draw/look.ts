/**
 * The colours of the page, for what is painted on canvases.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Look } from "./scene.ts";

/** The colours that style.css gives an element. */
export function lookOf(
  element: HTMLElement,
): Pick<Look, "missing" | "ink"> & { readonly background: string } {
  const style = getComputedStyle(element);
  // Of custom properties there are no computed colours, only what they say.
  const ink = element.querySelector(".draw-ink");
  const isDark = luminance(style.color) > 0.5;
  return {
    // In no colour map, and seen on either background.
    missing: isDark ? [70, 70, 78, 255] : [214, 214, 220, 255],
    ink: ink ? getComputedStyle(ink).color : style.color,
    background: isDark ? "#16181d" : "#ffffff",
  };
}

/** The font of ticks: smaller than the page's text, and larger where that is. */
export function smallFont({ fontSize, fontFamily }: CSSStyleDeclaration): string {
  return `${Math.round(Number.parseFloat(fontSize) * 0.8)}px ${fontFamily}`;
}

/** From 0, black, to 1, white. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}
