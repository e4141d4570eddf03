/** Prints a sequence as a program. */
import type { Violation } from "./run.ts";
import type { Sequence, Step } from "./steps.ts";

/** What is wrong, and the program that shows it: to be kept as a file in the root of the repository, and run with `deno run -A`. */
export function programOf({ steps, ...setting }: Sequence, { step, message }: Violation): string {
  const lines = steps.map((each) => `    ${literal(each)},`);
  return `// ${message.replaceAll("\n", " ")}
// (step ${step + 1} of ${steps.length})
import { replay } from "./tests/model/replay.ts";

await replay({
${Object.entries(setting).map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`).join("\n")}
  steps: [
${lines.join("\n")}
  ],
});
`;
}

/** A step as a literal of JavaScript, as people write them. */
function literal(value: Step): string {
  return JSON.stringify(value).replace(/"(\w+)":/g, "$1: ").replaceAll(/([,{])(?=[\w"{])/g, "$1 ").replaceAll(
    /(?<=[\w"}\]])}/g,
    " }",
  );
}
