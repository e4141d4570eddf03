/**
 * Drawing an array: what `view.ts` asks for.
 *
 * @module
 */
import type { DrawArray } from "../view.ts";

/** Draws into an element: the first items as text, until there are pictures. */
export const drawArray: DrawArray = (element, array) => {
  const ending = new AbortController();
  const text = document.createElement("pre");
  element.append(text);
  const corner = array.shape.map((length): [number, number] => [0, Math.min(length, 8)]);
  array.slice(corner, { signal: ending.signal }).then(
    (part) => text.textContent = JSON.stringify(part.toNested()),
    (error: unknown) => ending.signal.aborted || (text.textContent = String(error)),
  );
  return {
    destroy() {
      ending.abort();
      text.remove();
    },
  };
};
