import { AlreadyExistsError, CottonCandyError, PreconditionFailedError } from "../../lib/errors.ts";
import { type FileAccess, type FileStat, hasCode } from "../../lib/file_access.ts";
import { fileSystemError } from "./failures.ts";
import type { LocalRoot, Location } from "./paths.ts";
import { fileETag, formatSidecar, type SidecarEntry } from "./sidecar.ts";
import { createTemporary, discard, writeBody } from "./temporary.ts";
import { type LocalVersion, openLocalVersion } from "./version.ts";

/** The last commit of each root, within this process. */
const tails = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while nothing else changes which files are objects below `root`: in this process, and in every other that takes the directory's
 * advisory lock. What is under it is short: a few renames, never an object's bytes.
 *
 * @param signal Ends the waiting; work that has begun is finished.
 */
export async function commitLocked<T>(
  files: FileAccess,
  root: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const before = tails.get(root);
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => onAbort = () => reject(signal?.reason));
  const run = async () => {
    await before?.catch(() => {});
    const release = await files.lock(root);
    try {
      signal?.throwIfAborted();
      signal?.removeEventListener("abort", onAbort);
      return await work();
    } finally {
      release();
    }
  };
  const mine = run();
  tails.set(root, mine);
  signal?.addEventListener("abort", onAbort, { once: true });
  // Whoever stops waiting keeps the place in the queue, and gives it up when its turn comes.
  mine.catch(() => {}).finally(() => {
    signal?.removeEventListener("abort", onAbort);
    if (tails.get(root) === mine) tails.delete(root);
  });
  return await Promise.race([mine, aborted]);
}

// Puts a written file into an object's place, together with its metadata. In this order, so that a reader at any moment, and after a crash
// at any moment, finds a matching pair:
// 1. The metadata file is replaced by one that describes the new data and, in its reserved member, still the old.
// 2. The data file is replaced: from here on the new version is the object.
// 3. The metadata file is replaced by one without the old.

/** Under which condition an object is written. */
export interface WriteCondition {
  /** Only if there is none. */
  readonly ifAbsent?: boolean;
  /** Only over this version. */
  readonly ifMatch?: string;
}

/** A file that is to become an object. */
export interface Candidate {
  /** Where it was written. */
  readonly path: string;
  /** What the file system tells of it. */
  readonly stat: FileStat;
  /** The digest of its ends. */
  readonly edges: string;
  /** What is kept beside it. */
  readonly entry: SidecarEntry;
  /** Wait until all is on the medium. */
  readonly durable: boolean;
}

/** How often a directory may be removed by others between its making and its use. */
const ATTEMPTS = 10;

/** Throws unless the condition holds for what is there. */
export function checkCondition(
  root: LocalRoot,
  key: string,
  present: LocalVersion | undefined,
  condition: WriteCondition,
): void {
  const { ifAbsent, ifMatch } = condition;
  const details = { key, bucket: root.path, committed: "no" } as const;
  if (ifAbsent && present) {
    throw new AlreadyExistsError(`there is an object "${key}" in ${root.path} already`, details);
  }
  if (ifMatch !== undefined && (!present || fileETag(present.stat) !== ifMatch)) {
    throw new PreconditionFailedError(
      `"${key}" in ${root.path} is not, or no longer, the version that was named: look it up again`,
      details,
    );
  }
}

/** Looks whether the condition holds, before any byte is written. */
export async function precheck(root: LocalRoot, key: string, condition: WriteCondition): Promise<void> {
  if (!condition.ifAbsent && condition.ifMatch === undefined) return;
  const present = await openLocalVersion(root, key, "lenient");
  await present?.file.close();
  checkCondition(root, key, present, condition);
}

/**
 * Makes a candidate the object of a key; to be called under the root's lock.
 *
 * @returns What the file system tells of the object's data file.
 */
export async function commit(
  root: LocalRoot,
  key: string,
  candidate: Candidate,
  condition: WriteCondition,
): Promise<FileStat> {
  const { files } = root;
  const present = await openLocalVersion(root, key, "lenient");
  await present?.file.close();
  checkCondition(root, key, present, condition);
  let { stat } = candidate;
  if (present && stat.modified <= present.stat.modified) {
    // Times go strictly up, so that no two versions have one etag though inode numbers come back.
    await files.setModified(candidate.path, present.stat.modified + 1);
    stat = await files.stat(candidate.path);
  }
  const { inode, size, modified } = stat;
  const current: SidecarEntry = {
    ...candidate.entry,
    stamp: { inode, size, modified, edges: candidate.edges },
  };
  const plain = root.plain(key);
  for (const target of plain ? [plain, root.escaped(key)] : [root.escaped(key)]) {
    const old = present?.location.data === target.data ? present : undefined;
    if (await install(root, key, target, candidate, current, old, condition.ifAbsent ?? false)) {
      await tidy(root, target, current, present, candidate.durable);
      return stat;
    }
    if (old) break;
  }
  throw new CottonCandyError(
    `"${key}" finds no place in ${root.path}: directories stand where its files belong; move them away`,
    { key, bucket: root.path, committed: "no" },
  );
}

/** Steps 1 and 2. False, and nothing is changed, when the object can't stand there: another object's file or directory is in the way. */
async function install(
  root: LocalRoot,
  key: string,
  target: Location,
  candidate: Candidate,
  current: SidecarEntry,
  old: LocalVersion | undefined,
  ifAbsent: boolean,
): Promise<boolean> {
  const { files } = root;
  const previous = old && previousEntry(old);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      if (target.place.directory.length > 0) await files.makeDirectory(target.directory, true);
    } catch (error) {
      if (hasCode(error, "EEXIST", "ENOTDIR")) return false;
      throw error;
    }
    // Removed again by whoever deleted the last other object in it.
    if (!await root.holds(target)) continue;
    if (!old && !await vacate(files, target.data)) return false;
    if (!await vacate(files, target.sidecar)) return false;
    try {
      await writeSidecar(root, target.sidecar, formatSidecar({ current, previous }), candidate.durable);
    } catch (error) {
      if (hasCode(error, "ENOENT")) continue;
      throw error;
    }
    try {
      await place(files, candidate.path, target.data, ifAbsent);
      return true;
    } catch (error) {
      await restore(root, target, old);
      if (!hasCode(error, "EEXIST")) throw error;
      throw new AlreadyExistsError(`another program has just made "${key}" in ${root.path}`, {
        key,
        bucket: root.path,
        committed: "no",
        cause: error,
      });
    }
  }
  throw new CottonCandyError(`${target.directory} is removed by another program all the time; try again`, {
    key,
    bucket: root.path,
    committed: "no",
  });
}

/** What the old version looks like until the new one has taken its place. */
function previousEntry({ entry, stat, stale }: LocalVersion): SidecarEntry {
  const { metadata, contentType, stamp } = entry;
  const { inode, size, modified } = stat;
  return { metadata, contentType, stamp: { inode, size, modified, edges: stale ? undefined : stamp?.edges } };
}

/** Whether no directory stands at a path; an empty one is removed. */
async function vacate(files: FileAccess, path: string): Promise<boolean> {
  try {
    if ((await files.stat(path)).kind !== "directory") return true;
    await files.removeDirectory(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return true;
    if (hasCode(error, "ENOTEMPTY", "EEXIST")) return false;
    throw error;
  }
}

/** Gives a finished file its place; where none may be there, by a link, which fails when there is one. */
async function place(files: FileAccess, from: string, to: string, ifAbsent: boolean): Promise<void> {
  if (!ifAbsent) return await files.rename(from, to);
  try {
    await files.link(from, to);
  } catch (error) {
    // File systems without links: the root's lock must do.
    if (!hasCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw error;
    return await files.rename(from, to);
  }
  // The object is there; should its second name survive, it is swept away as stale.
  await discard(files, from).catch(() => {});
}

/** Undoes step 1. */
async function restore(root: LocalRoot, target: Location, old: LocalVersion | undefined): Promise<void> {
  try {
    if (old?.text === undefined) await discard(root.files, target.sidecar);
    else await writeSidecar(root, target.sidecar, old.text, false);
  } catch {
    // The metadata file still describes the old version, as the previous one: readers find what they need. The failure that led here is told.
  }
}

/** Step 3, and what else can be left to chance: the object is committed, and whole without it. */
async function tidy(
  root: LocalRoot,
  target: Location,
  current: SidecarEntry,
  present: LocalVersion | undefined,
  durable: boolean,
): Promise<void> {
  const { files } = root;
  try {
    if (present?.location.data === target.data) {
      await writeSidecar(root, target.sidecar, formatSidecar({ current }), durable);
    } else if (present) {
      await discard(files, present.location.data);
      await discard(files, present.location.sidecar);
    }
  } catch {
    // Readers choose the right entry, and the plain object before the escaped one, anyway.
  }
  if (!durable) return;
  try {
    await syncDirectories(root, target);
  } catch (error) {
    throw fileSystemError(error, `${target.data} may not be on the medium`, {
      bucket: root.path,
      committed: "unknown",
    });
  }
}

async function syncDirectories(root: LocalRoot, target: Location): Promise<void> {
  for (let depth = target.place.directory.length; depth >= 0; depth--) {
    await root.files.syncDirectory(root.below(...target.place.directory.slice(0, depth)));
  }
}

/** Replaces a metadata file at once. */
async function writeSidecar(root: LocalRoot, path: string, text: string, durable: boolean): Promise<void> {
  const temporary = await createTemporary(root);
  try {
    try {
      await writeBody(temporary.file, new TextEncoder().encode(text), {}, () => {});
      if (durable) await temporary.file.sync();
    } finally {
      await temporary.file.close();
    }
    await root.files.rename(temporary.path, path);
  } catch (error) {
    await discard(root.files, temporary.path).catch(() => {});
    throw error;
  }
}
