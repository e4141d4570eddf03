import { LocalBackend } from "../../backends/local.ts";
import { conformance } from "./conformance.ts";

conformance("local", async () => {
  const directory = await Deno.makeTempDir();
  return {
    backend: new LocalBackend(directory),
    dispose: () => Deno.remove(directory, { recursive: true }),
    leftovers: () => temporaryFiles(directory),
  };
});

/** Temporary files of puts below a store's root. */
async function temporaryFiles(directory: string): Promise<string[]> {
  try {
    const names = await Array.fromAsync(Deno.readDir(`${directory}/.cottoncandy`), ({ name }) => name);
    return names.filter((name) => name.startsWith("tmp-"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
