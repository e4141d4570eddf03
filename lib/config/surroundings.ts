import { environmentVariable, homeDirectory, isGranted, operatingSystem } from "../environment.ts";
import { platformFiles } from "../files.ts";

/** Where configuration comes from. What may not be read counts as absent. */
export interface Surroundings {
  /** The operating system as Node names it; `""` in a browser. */
  readonly system: string;
  /** The user's home directory. */
  readonly home: string | undefined;
  /** An environment variable; `undefined` when it is missing or empty. */
  variable(name: string): string | undefined;
  /** A file's text; `undefined` when there is none. */
  readText(path: string): Promise<string | undefined>;
}

/** Those of this process. */
export function ownSurroundings(): Surroundings {
  return {
    system: operatingSystem(),
    home: homeDirectory(),
    variable: environmentVariable,
    readText,
  };
}

async function readText(path: string): Promise<string | undefined> {
  if (operatingSystem() === "" || !isGranted({ name: "read", path })) return undefined;
  const files = platformFiles();
  try {
    // Configuration is often a link to where its owner keeps it.
    const file = await files.open(await files.realpath(path));
    try {
      const { kind, size } = await file.stat();
      if (kind !== "file") return undefined;
      const bytes = new Uint8Array(size);
      let filled = 0;
      while (filled < size) {
        const count = await file.read(bytes.subarray(filled), filled);
        if (count === 0) break;
        filled += count;
      }
      return new TextDecoder().decode(bytes.subarray(0, filled));
    } finally {
      await file.close();
    }
  } catch {
    // Missing, or not for this user's eyes: whoever needs it says what is missing.
    return undefined;
  }
}
