import type { Environment } from "../../lib/config/mod.ts";

/** An environment that a test makes up. */
export function madeUp(
  { system = "linux", home = "/home/ada", variables = {}, files = {} }: {
    system?: string;
    home?: string;
    variables?: Record<string, string>;
    /** Texts; of what may not be read, an error. */
    files?: Record<string, string | Error>;
  } = {},
): Environment {
  return {
    system,
    home,
    variable: (name) => variables[name] || undefined,
    readText: async (path) => {
      const file = await Promise.resolve(files[path]);
      if (file instanceof Error) throw file;
      return file;
    },
  };
}
