/** A local directory: the medium fails, the disk is full, others write at the same time. */
import { LocalBackend } from "../../../backends/local/mod.ts";
import { tree } from "../../backends/local/directory.ts";
import { hookedFiles, platformError } from "../../backends/local/hooked_files.ts";
import type { Fault } from "../steps.ts";
import { type StoreKind, Turns } from "./store.ts";

/** What keys that a file system can't hold are kept in. */
const ESCAPED = ".cottoncandy/escaped/";

/** A store on disk. */
export const LOCAL: StoreKind = {
  faults: ["unavailable", "denied", "full", "abort", "source"],
  large: 300_000,
  uploads: true,
  async open() {
    const directory = await Deno.makeTempDir();
    const turns = new Turns();
    const backend = new LocalBackend(directory, {
      files: hookedFiles((operation) => turns.before(operation, failure)),
    });
    return {
      backend,
      witness: new LocalBackend(directory),
      deletesVersions: true,
      disturb: (disturbance) => turns.disturb(disturbance),
      idle: () => Promise.resolve(),
      leftovers: () => ownFiles(directory),
      mayLeave: (met) => met.has("unlink") || met.has("removeDirectory"),
      sweep: async () => {
        for (const path of await ownFiles(directory)) await Deno.remove(`${directory}/${path}`);
      },
      dispose: () => Deno.remove(directory, { recursive: true }),
    };
  },
};

/** Files of our own that hold no object. */
async function ownFiles(directory: string): Promise<string[]> {
  return (await tree(directory)).filter((path) =>
    path.startsWith(".cottoncandy/") && !path.startsWith(ESCAPED) && !path.endsWith("/")
  );
}

/** The failure that the platform gives. */
function failure({ kind }: Fault): Error {
  return platformError(kind === "full" ? "ENOSPC" : kind === "denied" ? "EACCES" : "EIO");
}
