/** Runs a check on each case, and fails at the end with the name of every case that failed. */
export async function each<T>(
  cases: Iterable<T>,
  nameOf: (value: T) => string,
  check: (value: T) => Promise<void>,
): Promise<void> {
  const failures: string[] = [];
  let count = 0;
  for (const value of cases) {
    count++;
    try {
      await check(value);
    } catch (error) {
      failures.push(`${nameOf(value)}: ${error instanceof Error ? error.stack ?? error.message : error}`);
    }
  }
  if (count === 0) throw new Error("there was no case to check");
  if (failures.length > 0) {
    throw new Error(
      `${failures.length} of ${count} cases failed\n${failures.slice(0, 5).join("\n")}` +
        failures.slice(5).map((failure) => `\n${failure.split("\n", 1)}`).join(""),
    );
  }
}
