/** Runs `work` and gives what it printed, which then isn't seen. */
export async function printed(work: () => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  // deno-lint-ignore no-console -- what is looked at here
  const log = console.log;
  // deno-lint-ignore no-console -- as above
  console.log = (...values: unknown[]) => void lines.push(values.join(" "));
  try {
    await work();
  } finally {
    // deno-lint-ignore no-console -- as above
    console.log = log;
  }
  return lines.join("\n");
}
