/**
 * Removes objects, with the directories that they leave empty.
 *
 * @module
 */
import { AccessDeniedError } from "../../lib/errors.ts";
import { unlessMissing } from "../../lib/file_access.ts";
import { checkWriteConditions } from "../conditions.ts";
import { type LocalRoot, type Location, OWN_DIRECTORY } from "./paths.ts";
import { discard } from "./temporary.ts";
import { currentVersion } from "./version.ts";

/**
 * Removes an object; to be called under the root's lock. Directories that it leaves empty go too, up to the root, as in Python's cottoncandy.
 *
 * @param durable Wait until it is gone from the medium.
 * @throws {PreconditionFailedError} when it is another version than `ifMatch`.
 */
export async function removeObject(
  root: LocalRoot,
  key: string,
  ifMatch: string | undefined,
  durable: boolean,
): Promise<void> {
  const present = ifMatch === undefined ? undefined : await currentVersion(root, key, "lenient");
  if (present) checkWriteConditions(present, { ifMatch }, root.placeOf(key));
  // The plain object is the one that counts where a crash left both, so it goes last.
  await removeAt(root, root.escaped(key), durable);
  const plain = root.plain(key);
  if (plain) await removeAt(root, plain, durable);
}

async function removeAt(root: LocalRoot, location: Location, durable: boolean): Promise<void> {
  if (!await root.holds(location)) return;
  const { files } = root;
  const kind = (await unlessMissing(files.stat(location.data), "ENAMETOOLONG"))?.kind;
  if (kind === "link") {
    throw new AccessDeniedError(`${location.data} is a symbolic link and no object; remove it yourself`, {
      bucket: root.path,
      committed: "no",
    });
  }
  if (kind !== "file") return;
  // Data first: metadata alone are nothing, data without their metadata would be another object.
  await discard(files, location.data);
  if (durable) await files.syncDirectory(location.directory);
  await discard(files, location.sidecar);
  await prune(root, location);
}

/** Removes the directories of an object that are empty now, and our own one once the last object is gone. */
async function prune(root: LocalRoot, { place }: Location): Promise<void> {
  const paths = place.directory.map((_, i) => root.below(...place.directory.slice(0, i + 1))).reverse();
  for (const path of [...paths, root.below(OWN_DIRECTORY)]) {
    try {
      await root.files.removeDirectory(path);
    } catch {
      // Not empty, most likely; and an empty directory that stays is no harm: no store knows of directories.
      return;
    }
  }
}
