import type { Surroundings } from "../../lib/config.ts";

/** Surroundings that a test makes up. */
export function madeUp(
  { system = "linux", home = "/home/ada", variables = {}, files = {} }: {
    system?: string;
    home?: string;
    variables?: Record<string, string>;
    files?: Record<string, string>;
  } = {},
): Surroundings {
  return {
    system,
    home,
    variable: (name) => variables[name] || undefined,
    readText: (path) => Promise.resolve(files[path]),
  };
}
