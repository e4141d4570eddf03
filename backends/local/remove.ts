import { AccessDeniedError, PreconditionFailedError } from "../../lib/errors.ts";
import { type FileAccess, type FileKind, hasCode } from "../../lib/files.ts";
import { OWN } from "./names.ts";
import type { Location, Root } from "./root.ts";
import { etagOf } from "./stamp.ts";
import { discard } from "./temporary.ts";
import { openVersion } from "./version.ts";

/**
 * Removes an object; to be called under the root's lock. Directories that it leaves empty go too, up to the root, as in Python's cottoncandy.
 *
 * @throws {PreconditionFailedError} when it is another version than `ifMatch`.
 */
export async function remove(root: Root, key: string, ifMatch: string | undefined): Promise<void> {
  if (ifMatch !== undefined) {
    const version = await openVersion(root, key, "lenient");
    await version?.file.close();
    if (version && etagOf(version.stat) !== ifMatch) {
      throw new PreconditionFailedError(
        `"${key}" in ${root.path} is not, or no longer, the version that was named: look it up again`,
        { key, bucket: root.path, committed: "no" },
      );
    }
  }
  // The plain object is the one that counts where a crash left both, so it goes last.
  await removeAt(root, root.escaped(key));
  const plain = root.plain(key);
  if (plain) await removeAt(root, plain);
}

async function removeAt(root: Root, location: Location): Promise<void> {
  if (!await root.holds(location)) return;
  const { files } = root;
  const kind = await kindAt(files, location.data);
  if (kind === "link") {
    throw new AccessDeniedError(`${location.data} is a symbolic link and no object; remove it yourself`, {
      bucket: root.path,
      committed: "no",
    });
  }
  if (kind !== "file") return;
  // Data first: metadata alone are nothing, data without their metadata would be another object.
  await discard(files, location.data);
  await discard(files, location.sidecar);
  await prune(root, location);
}

async function kindAt(files: FileAccess, path: string): Promise<FileKind | undefined> {
  try {
    return (await files.stat(path)).kind;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG")) return undefined;
    throw error;
  }
}

/** Removes the directories of an object that are empty now, and our own one once the last object is gone. */
async function prune(root: Root, { place }: Location): Promise<void> {
  const paths = place.directory.map((_, i) => root.below(...place.directory.slice(0, i + 1))).reverse();
  for (const path of [...paths, root.below(OWN)]) {
    try {
      await root.files.removeDirectory(path);
    } catch {
      // Not empty, most likely; and an empty directory that stays is no harm: no store knows of directories.
      return;
    }
  }
}
