/** A write that is run again where its process died. */
import { CottonCandyError, type ErrorCode } from "../../lib/errors.ts";
import type { Place } from "./place.ts";
import { type Expected, type Promised, snapshot, violations } from "./snapshot.ts";
import type { Write } from "./write.ts";

/** What a second run is refused for: the first one got so far, or what was lost stands in the way until somebody repairs it. */
const REFUSED: readonly ErrorCode[] = ["AlreadyExists", "NotFound"];
const REFUSED_AFTER_LOSS: readonly ErrorCode[] = [...REFUSED, "Integrity", "Partial"];

/** Runs a write again, in a place opened anew; gives what is wrong then. */
export async function onceMore(
  write: Write,
  open: () => Place,
  expected: Expected,
  promised: Promised,
): Promise<string[]> {
  const { choosesBelow } = write;
  const mayHaveOtherNames = (name: string) =>
    choosesBelow !== undefined && name.startsWith(`object ${choosesBelow}`);
  let told = ["all"];
  try {
    await write.run(open(), () => {});
  } catch (error) {
    const refused = promised.mayBeLost ? REFUSED_AFTER_LOSS : REFUSED;
    if (!(error instanceof CottonCandyError && refused.includes(error.code))) return [`once more: ${error}`];
    told = [];
  }
  // What moves is what was lost.
  const mayBeLost = told.length > 0 && !write.keeps ? undefined : promised.mayBeLost;
  const now = await snapshot(open(), write);
  return violations(expected, now, { told, mayBeLost, mayHaveOtherNames }, write)
    .map((each) => `once more: ${each}`);
}
