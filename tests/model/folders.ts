/** What a write of a folder leaves that failed: the array that was there, the new one, or none; but no mixture of both, and nothing of the new one where it says so. */
import { CottonCandyError, PartialFailureError } from "../../lib/errors.ts";
import { type Expectation, expectation, type Possible, type Setting } from "./expect.ts";
import type { Outcome } from "./judge.ts";
import { canonical, type State } from "./state.ts";
import type { Operation } from "./steps.ts";
import { valuesOf } from "./values.ts";

/**
 * What a key may hold of a folder whose write failed.
 *
 * @param was What it held.
 * @param now What it would hold.
 */
export function leftOfFolder(key: string, was: Possible, now: Possible, error: unknown): Possible {
  // What the new array has no use for goes when that is complete.
  if (now.every((object) => !object)) return was;
  const isRolledBack = error instanceof CottonCandyError && !(error instanceof PartialFailureError) &&
    (error.committed ?? "no") === "no";
  const left = isRolledBack ? was : [...was, ...now];
  // The document of Python's folders is replaced, or it stays; parts may have made room, and that of Zarr.
  return key.endsWith("/metadata.json") ? left : [...left, undefined];
}

/** What is wrong with how a folder is read whose write failed. */
export async function mixedFolder(
  operation: Operation,
  outcome: Outcome,
  { before, after }: { readonly before: State; readonly after: State },
  setting: Setting,
): Promise<string | undefined> {
  if (operation.op !== "store folder" || "answer" in outcome) return undefined;
  const { name, content } = operation;
  if (content.kind === "dict" || content.kind === "files") return undefined;
  const told = (as: typeof content.kind, state: State): Promise<Expectation> =>
    expectation({ op: "read", name, as }, state, setting);
  const { answer } = await told(content.kind, after);
  if (answer === undefined || answer === (await told(content.kind, before)).answer) return undefined;
  const [[, value]] = valuesOf(content);
  return answer === canonical(value) ? undefined : `"${name}" is read as a mixture: ${answer}`;
}
