/** Runs a sequence that was printed. */
import { run } from "./run.ts";
import type { Sequence } from "./steps.ts";

/** Runs a sequence, and throws what is wrong. */
export async function replay(sequence: Sequence): Promise<void> {
  const violation = await run(sequence);
  if (violation) throw new Error(`step ${violation.step + 1}: ${violation.message}`);
}
