/**
 * Slices as numpy writes them, in a URL: `?slice=10,:,0:64:2`.
 *
 * @module
 */
import type { Selection } from "@cottoncandy/cottoncandy";
import { InvalidArgumentError } from "@cottoncandy/cottoncandy/errors";

/** An integer, or nothing. */
function integer(text: string): number | null {
  if (text === "") return null;
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new InvalidArgumentError(`"${text}" is no integer`);
  return Number(text);
}

/**
 * What `slice` takes for a text such as `10,:,0:64:2`; none, or an empty one, is the whole array.
 *
 * @throws {InvalidArgumentError} when it is none.
 */
export function parseSlice(text: string | null): Selection[] {
  if (text === null || text.trim() === "") return [];
  return text.split(",").map((part): Selection => {
    const entry = part.trim();
    if (entry === "...") return "...";
    const [start, stop, step, ...more] = entry.split(":").map((piece) => integer(piece.trim()));
    if (more.length > 0) throw new InvalidArgumentError(`"${entry}" has more than start:stop:step`);
    if (stop === undefined) {
      if (start === null) {
        throw new InvalidArgumentError("an axis has neither an index nor a slice: write : for all of it");
      }
      return start;
    }
    return [start, stop, step ?? null];
  });
}
