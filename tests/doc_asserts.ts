// deno-lint-ignore-file no-console -- the examples assert with console.assert
/**
 * Loaded before the examples of the documentation: makes their `console.assert` fail the test, where it would only print.
 */
console.assert = (condition?: unknown, ...what: unknown[]) => {
  if (!condition) throw new Error(`the example's assertion does not hold ${what.join(" ")}`);
};
