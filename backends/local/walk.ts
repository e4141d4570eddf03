/**
 * Lists objects in the order of their keys' bytes: the plain ones and those of the escape area, each by a walk that looks only into what is
 * asked for, and merged.
 *
 * @module
 */
import { AccessDeniedError, PreconditionFailedError } from "../../lib/errors.ts";
import {
  type DirectoryEntry,
  type FileAccess,
  type FileKind,
  type FileStat,
  hasCode,
} from "../../lib/file_access.ts";
import { compareKeys } from "../arguments.ts";
import type { ObjectInfo } from "../backend.ts";
import type { ListCursor } from "../listing.ts";
import {
  ESCAPED,
  ESCAPED_DATA,
  ESCAPED_DIGITS,
  hexOfKey,
  isPlainDirectory,
  isPlainFile,
  keyOfHex,
  type LocalRoot,
  type Location,
  OWN_DIRECTORY,
} from "./paths.ts";
import { fileETag } from "./sidecar.ts";
import { discard } from "./temporary.ts";
import { openLocalVersion } from "./version.ts";

/** How many files are looked at at once, once it is clear that more than a few are wanted. */
const AT_ONCE = 32;

/** All objects that the cursor asks for; a few more where that costs nothing. */
export async function* walk(root: LocalRoot, cursor: ListCursor): AsyncIterable<ObjectInfo> {
  const plain = walkPlain(root, cursor);
  const escaped = walkEscaped(root, cursor);
  try {
    let a = await plain.next();
    let b = await escaped.next();
    while (!a.done || !b.done) {
      const order = a.done ? 1 : b.done ? -1 : compareKeys(a.value.key, b.value.key);
      if (order <= 0 && !a.done) yield a.value;
      if (order > 0 && !b.done) yield b.value;
      if (order <= 0) a = await plain.next();
      // Of two objects with one key, which only a crash leaves, the plain one counts.
      if (order >= 0) b = await escaped.next();
    }
  } finally {
    await plain.return(undefined);
    await escaped.return(undefined);
  }
}

type Objects = AsyncGenerator<ObjectInfo, void>;

async function* walkPlain(root: LocalRoot, cursor: ListCursor): Objects {
  const directory = cursor.prefix.split("/").slice(0, -1);
  if (!isPlainDirectory(directory, root.files.windows)) return;
  const location = { directory: root.below(...directory), place: { directory, data: "", sidecar: "" } };
  if (!await root.holds(location)) return;
  yield* walkDirectory(root, cursor, directory, directory.map((segment) => segment + "/").join(""));
}

async function* walkDirectory(
  root: LocalRoot,
  cursor: ListCursor,
  directory: readonly string[],
  below: string,
): Objects {
  const { windows } = root.files;
  const names: string[] = [];
  for (const { name, kind } of await entries(root, directory)) {
    if (kind === "directory" && isPlainDirectory([...directory, name], windows)) names.push(name + "/");
    else if (kind === "file" && isPlainFile(name, windows) && !(below === "" && name === OWN_DIRECTORY)) {
      names.push(name);
    }
  }
  // A directory's name with its slash sorts as the keys below it do.
  names.sort(compareKeys);
  let atOnce = 1;
  for (let i = 0; i < names.length;) {
    if (names[i].endsWith("/")) {
      const name = names[i++];
      if (mayHold(cursor, below + name)) {
        yield* walkDirectory(root, cursor, [...directory, name.slice(0, -1)], below + name);
      }
      continue;
    }
    const some: string[] = [];
    for (; i < names.length && some.length < atOnce && !names[i].endsWith("/"); i++) {
      if (isWanted(cursor, below + names[i])) some.push(names[i]);
    }
    atOnce = Math.min(2 * atOnce, AT_ONCE);
    yield* found(
      root,
      cursor,
      some.map((name) => ({ key: below + name, path: root.below(...directory, name) })),
    );
  }
}

async function* walkEscaped(root: LocalRoot, cursor: ListCursor): Objects {
  if (
    !await root.holds({
      directory: root.below(OWN_DIRECTORY, ESCAPED),
      place: { directory: [OWN_DIRECTORY, ESCAPED], data: "", sidecar: "" },
    })
  ) {
    return;
  }
  yield* walkDigits(
    root,
    cursor,
    [OWN_DIRECTORY, ESCAPED],
    "",
    hexOfKey(cursor.prefix),
    hexOfKey(cursor.after),
  );
}

async function* walkDigits(
  root: LocalRoot,
  cursor: ListCursor,
  directory: readonly string[],
  above: string,
  prefix: string,
  after: string,
): Objects {
  const names: { digits: string; leaf: boolean }[] = [];
  for (const { name, kind } of await entries(root, directory)) {
    if (kind === "file" && name.endsWith(ESCAPED_DATA)) {
      names.push({ digits: name.slice(0, -ESCAPED_DATA.length), leaf: true });
    }
    if (kind === "directory" && name.length === ESCAPED_DIGITS) names.push({ digits: name, leaf: false });
  }
  // Digits sort as the bytes do; a key that ends comes before those that go on.
  names.sort((a, b) => a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : Number(b.leaf) - Number(a.leaf));
  for (const { digits, leaf } of names) {
    const all = above + digits;
    if (leaf) {
      const key = keyOfHex(all);
      if (key === undefined || !isWanted(cursor, key)) continue;
      yield* found(root, cursor, [{ key, path: root.below(...directory, digits + ESCAPED_DATA) }]);
    } else if ((all.startsWith(prefix) || prefix.startsWith(all)) && (all > after || after.startsWith(all))) {
      yield* walkDigits(root, cursor, [...directory, digits], all, prefix, after);
    }
  }
}

/** Looks at files, and gives those that are still there. */
async function* found(
  root: LocalRoot,
  cursor: ListCursor,
  candidates: readonly { key: string; path: string }[],
): Objects {
  const stats = await Promise.all(candidates.map(({ path }) => statAt(root, path)));
  for (const [i, { key }] of candidates.entries()) {
    const stat = stats[i];
    // The consumer may have summed up meanwhile what was looked at together.
    if (stat?.kind !== "file" || !isWanted(cursor, key)) continue;
    yield { key, size: stat.size, lastModified: new Date(stat.modified), etag: fileETag(stat) };
  }
}

async function statAt(root: LocalRoot, path: string): Promise<FileStat | undefined> {
  try {
    return await root.files.stat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function entries(root: LocalRoot, directory: readonly string[]): Promise<DirectoryEntry[]> {
  try {
    return await root.files.readDirectory(root.below(...directory));
  } catch (error) {
    // Removed since it was seen.
    if (hasCode(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function isWanted({ prefix, after, summed }: ListCursor, key: string): boolean {
  return key.startsWith(prefix) && (after === "" || compareKeys(key, after) > 0) &&
    !(summed !== undefined && key.startsWith(summed));
}

/** Whether a directory, named with its slash, may hold keys that are wanted. */
function mayHold({ prefix, after, summed }: ListCursor, directory: string): boolean {
  return (directory.startsWith(prefix) || prefix.startsWith(directory)) &&
    (after === "" || after.startsWith(directory) || compareKeys(directory, after) > 0) &&
    !(summed !== undefined && directory.startsWith(summed));
}

/**
 * Removes an object; to be called under the root's lock. Directories that it leaves empty go too, up to the root, as in Python's cottoncandy.
 *
 * @throws {PreconditionFailedError} when it is another version than `ifMatch`.
 */
export async function removeObject(root: LocalRoot, key: string, ifMatch: string | undefined): Promise<void> {
  if (ifMatch !== undefined) {
    const version = await openLocalVersion(root, key, "lenient");
    await version?.file.close();
    if (version && fileETag(version.stat) !== ifMatch) {
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

async function removeAt(root: LocalRoot, location: Location): Promise<void> {
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
