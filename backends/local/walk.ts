/**
 * Lists objects in the order of their keys' bytes: the plain ones and those of the escape area, each by a walk that looks only into what is
 * asked for, and merged.
 *
 * @module
 */
import { type DirectoryEntry, latest, unlessMissing } from "../../lib/file_access.ts";
import { compareKeys } from "../arguments.ts";
import type { ObjectInfo } from "../backend.ts";
import { isWanted, type ListCursor, mayHold } from "../listing.ts";
import {
  ESCAPED,
  ESCAPED_DATA,
  ESCAPED_DIGITS,
  hexOfKey,
  isPlainDirectory,
  isPlainFile,
  keyOfHex,
  type LocalRoot,
  OWN_DIRECTORY,
  SIDECAR,
} from "./paths.ts";
import { type OnWarning, warnOncePerKind } from "../../lib/warnings.ts";
import { fileETag } from "./sidecar.ts";

/** How many files are looked at at once, once it is clear that more than a few are wanted. */
const AT_ONCE = 32;

/** What stands in a name that is read for bytes that are not UTF-8; nothing is found by it then. */
const REPLACEMENT = "\ufffd";

/** All objects that the cursor asks for; a few more where that costs nothing. */
export async function* walkObjects(
  root: LocalRoot,
  cursor: ListCursor,
  onWarning: OnWarning = warnOncePerKind,
): AsyncIterable<ObjectInfo> {
  const plain = walkPlain(root, cursor, onWarning);
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

async function* walkPlain(root: LocalRoot, cursor: ListCursor, onWarning: OnWarning): Objects {
  const directory = cursor.prefix.split("/").slice(0, -1);
  if (!isPlainDirectory(directory, root.files.windows)) return;
  const location = { directory: root.below(...directory), place: { directory, data: "", sidecar: "" } };
  if (!await root.holds(location)) return;
  let moved = await root.moved();
  for (let depth = 1; depth < directory.length; depth++) {
    moved = Math.max(moved, await movedAt(root, directory.slice(0, depth)));
  }
  const below = directory.map((segment) => segment + "/").join("");
  yield* walkDirectory(root, cursor, directory, below, moved, onWarning);
}

/**
 * When a directory was last given its name, where that can be told, else 0. What is in it came to its place then, whenever it was changed. An entry that comes or
 * goes sets both times of a directory, a new name the one only.
 */
async function movedAt(root: LocalRoot, directory: readonly string[]): Promise<number> {
  const stat = await unlessMissing(root.files.stat(root.below(...directory)));
  return stat && stat.changed > stat.modified ? stat.changed : 0;
}

async function* walkDirectory(
  root: LocalRoot,
  cursor: ListCursor,
  directory: readonly string[],
  below: string,
  movedAbove: number,
  onWarning: OnWarning,
): Objects {
  const { windows } = root.files;
  const moved = Math.max(movedAbove, await movedAt(root, directory));
  const names: string[] = [];
  const others: DirectoryEntry[] = [];
  for (const entry of await entriesOf(root, directory)) {
    const { name, kind } = entry;
    if (below === "" && name === OWN_DIRECTORY) continue;
    const path = root.below(...directory, name);
    if (name.includes(REPLACEMENT) && !await unlessMissing(root.files.stat(path))) others.push(entry);
    else if (kind === "directory" && isPlainDirectory([...directory, name], windows)) names.push(name + "/");
    else if (kind === "file" && isPlainFile(name, windows)) names.push(name);
    else others.push(entry);
  }
  tellLeftOut(root, others, new Set(names), cursor, below, onWarning);
  // A directory's name with its slash sorts as the keys below it do.
  names.sort(compareKeys);
  let atOnce = 1;
  for (let i = 0; i < names.length;) {
    if (names[i].endsWith("/")) {
      const name = names[i++];
      if (mayHold(cursor, below + name)) {
        yield* walkDirectory(root, cursor, [...directory, name.slice(0, -1)], below + name, moved, onWarning);
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
      moved,
    );
  }
}

/** Tells of what is in a directory and is no object, nor an object's metadata. */
function tellLeftOut(
  root: LocalRoot,
  others: readonly DirectoryEntry[],
  objects: ReadonlySet<string>,
  cursor: ListCursor,
  below: string,
  onWarning: OnWarning,
): void {
  for (const { name, kind } of others) {
    if (kind === "file" && name.endsWith(SIDECAR) && objects.has(name.slice(0, -SIDECAR.length))) continue;
    const key = below + name;
    const isNoDirectory = kind === "file" || kind === "other";
    if (!isWanted(cursor, key) && (isNoDirectory || !mayHold(cursor, `${key}/`))) continue;
    onWarning({
      kind: "left-out",
      key,
      message: `${JSON.stringify(key)} in ${root.path} is left out: ${whyLeftOut(name, kind)}`,
    });
  }
}

function whyLeftOut(name: string, kind: DirectoryEntry["kind"]): string {
  if (kind === "link") return "it is a symbolic link, which is not followed";
  if (kind === "other") return "it is a pipe, a socket or a device";
  if (name.includes(REPLACEMENT)) return "its name is not UTF-8: rename it";
  if (!name.endsWith(SIDECAR)) return "its name is none that a file of an object can have here";
  return `names that end in ${SIDECAR} are those of objects' metadata, and there is no object to which it belongs`;
}

async function* walkEscaped(root: LocalRoot, cursor: ListCursor): Objects {
  if (
    !await root.holds({
      directory: root.below(OWN_DIRECTORY, ESCAPED),
      place: { directory: [OWN_DIRECTORY, ESCAPED] },
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
  for (const { name, kind } of await entriesOf(root, directory)) {
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
  moved = 0,
): Objects {
  const stats = await Promise.all(candidates.map(({ path }) => unlessMissing(root.files.stat(path))));
  for (const [i, { key }] of candidates.entries()) {
    const stat = stats[i];
    // The consumer may have summed up meanwhile what was looked at together.
    if (stat?.kind !== "file" || !isWanted(cursor, key)) continue;
    const changed = new Date(latest(Math.max(stat.changed, moved)));
    yield { key, size: stat.size, lastModified: new Date(stat.modified), changed, etag: fileETag(stat) };
  }
}

async function entriesOf(root: LocalRoot, directory: readonly string[]): Promise<DirectoryEntry[]> {
  // It may have been removed since it was seen.
  return await unlessMissing(root.files.readDirectory(root.below(...directory))) ?? [];
}
