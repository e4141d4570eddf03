import { LocalBackend } from "../../backends/local/mod.ts";
import { conformance } from "../../testing/mod.ts";
import { temporaryFiles } from "./local/directory.ts";

conformance("local", async () => {
  const directory = await Deno.makeTempDir();
  return {
    backend: new LocalBackend(directory),
    dispose: () => Deno.remove(directory, { recursive: true }),
    leftovers: () => temporaryFiles(directory),
  };
});
