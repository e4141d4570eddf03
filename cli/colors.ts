/**
 * Whether texts are coloured, and by what.
 *
 * @module
 */
import picocolors from "picocolors";
import type { Io, Sink } from "./io.ts";

/** What makes texts stand out where that is wanted, and leaves them as they are elsewhere. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Colours for an output: as https://no-color.org and https://force-color.org have it, else where it is a terminal.
 *
 * @param said What an option says of it.
 */
export function colorsFor({ variable }: Io, { columns }: Sink, said?: boolean): Colors {
  return picocolors.createColors(said ?? wanted(variable, columns !== undefined));
}

function wanted(variable: Io["variable"], isTerminal: boolean): boolean {
  if (variable("NO_COLOR") !== undefined) return false;
  const force = variable("FORCE_COLOR");
  if (force !== undefined) return force !== "0" && force !== "false";
  return isTerminal && variable("TERM") !== "dumb";
}
