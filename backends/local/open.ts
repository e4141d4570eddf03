/**
 * Opening a directory: `file:///some/directory`, or its path.
 *
 * @module
 */
import { InvalidArgumentError } from "../../lib/errors.ts";
import { platformFiles } from "../../lib/file_access.ts";
import { shownUrl, type StoreOptions } from "../options.ts";
import { nameNeededError, type OpenedStore, type StoreTarget } from "../target.ts";
import { LocalBackend } from "./mod.ts";

/** Opens a directory; nothing is looked at yet. */
export function openLocal(target: StoreTarget, { createBucket }: StoreOptions): OpenedStore {
  const backend = new LocalBackend(directoryOf(target), { create: createBucket });
  return { backend, announcement: "Local backend instantiated." };
}

function directoryOf(target: StoreTarget): string {
  switch (target.kind) {
    case "default":
      throw nameNeededError("local");
    case "name":
      return target.name;
    case "url": {
      // A browser has no files, of which its own error tells.
      const files = platformFiles();
      try {
        return files.resolve(target.url);
      } catch {
        // The cause has the address whole, with what may be secret in it.
        throw new InvalidArgumentError(
          `"${shownUrl(target.url)}" is no file URL of this machine: write file:///absolute/directory`,
        );
      }
    }
  }
}
