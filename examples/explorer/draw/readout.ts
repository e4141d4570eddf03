/**
 * What is pointed at, in words below the picture; and aloud, where it was keys that pointed.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { h } from "../dom.ts";

const HINT = "Point at the picture, or move the cursor by the arrow keys, to see values.";

/** The words. */
export class Readout {
  /** What is seen. */
  readonly element: HTMLElement = h("div", { class: "draw-value draw-ink" });
  /** What is read aloud. */
  readonly spoken: HTMLElement = h("output", { class: "draw-spoken" });

  /** Shows what is pointed at, or how one points at something. */
  show(text: string): void {
    this.element.replaceChildren(text || h("span", { class: "draw-hint" }, HINT));
  }

  /** Shows something, and says it. */
  say(text: string): void {
    this.show(text);
    this.spoken.textContent = text;
  }
}
