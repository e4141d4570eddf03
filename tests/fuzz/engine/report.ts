/** What is told of runs. */
import type { CampaignResult, FoundFault } from "./campaign.ts";
import type { Input } from "./target.ts";

/** Longest input that a report repeats. */
const SHOWN = 3000;

/** Milliseconds from which on an input is worth to be looked at. */
const SLOW = 400;

/** A fault with all that is needed to see it again. */
export function describeFault(target: string, { fault, input }: FoundFault): string {
  const base64 = input.toBase64();
  return [
    `${target}, ${input.length} bytes: ${fault}`,
    `  input ${shownText(input)}`,
    input.length <= SHOWN
      ? `  again: deno task fuzz ${target} --input ${base64 || "="}`
      : `  again: deno task fuzz ${target} --save, whose file is given with --file (base64 begins ${
        base64.slice(0, 60)
      })`,
  ].join("\n");
}

/** A line about a run. */
export function describeResult(target: string, result: CampaignResult, seconds: number): string {
  const { inputs, accepted, refused, ways, slowest, faults } = result;
  const counts = `${inputs} inputs, ${accepted} accepted, ${refused} refused, ${ways} ways`;
  const line = `${target}: ${counts}, ${seconds.toFixed(1)} s, slowest ${
    slowest.time.toFixed(0)
  } ms, ${faults.length} faults`;
  return slowest.time < SLOW
    ? line
    : `${line}\n  slow: deno task fuzz ${target} --input ${slowest.input.toBase64().slice(0, SHOWN)}`;
}

function shownText(input: Input): string {
  return JSON.stringify(new TextDecoder("latin1").decode(input.subarray(0, 200))) +
    (input.length > 200 ? "…" : "");
}
