/**
 * Makes files objects, one at a time below a root.
 *
 * A written file is put into an object's place together with its metadata, in an order in which a reader at any moment, and after a crash at any
 * moment, finds a matching pair:
 * 1. The metadata file is replaced by one that describes the new data and, in its reserved member, still the old.
 * 2. The data file is replaced: from here on the new version is the object (the commit point).
 * 3. The metadata file is replaced by one without the old.
 *
 * Where a store waits for the medium (`durable`), each step is there before the next begins: file systems keep names in any order, unless they are synced in between.
 *
 * @module
 */
import { contentTimeOf } from "../../lib/content_time.ts";
import { CottonCandyError } from "../../lib/errors.ts";
import {
  type FileAccess,
  type FileStat,
  hasCode,
  type OpenFile,
  unlessMissing,
} from "../../lib/file_access.ts";
import { edgesOf } from "../../lib/file_edges.ts";
import { warnOncePerKind } from "../../lib/warnings.ts";
import type { PutResult, RequestOptions } from "../backend.ts";
import { checkWriteConditions, objectExistsError, type WriteConditions } from "../conditions.ts";
import { fileSystemError } from "./failures.ts";
import { type LocalRoot, type Location, OWN_DIRECTORY } from "./paths.ts";
import { fileETag, formatSidecar, type SidecarEntry } from "./sidecar.ts";
import { createTemporary, discard, writeBody } from "./temporary.ts";
import { currentVersion, type LocalVersion } from "./version.ts";

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

/** A file that was written, and what is to be kept beside it. */
export interface WrittenFile {
  /** Where it stands. */
  readonly path: string;
  /** Open; it is closed in any case. */
  readonly file: OpenFile;
  /** Metadata and content type. */
  readonly entry: SidecarEntry;
}

/** Makes a written file an object; what fails leaves the file where it is. */
export async function installFile(
  root: LocalRoot,
  key: string,
  { path, file, entry }: WrittenFile,
  durable: boolean,
  options: WriteConditions & RequestOptions,
): Promise<PutResult> {
  let candidate: Candidate;
  try {
    const time = contentTimeOf(entry.metadata);
    if (time !== undefined) await root.files.setModified(path, time);
    if (durable) await file.sync();
    const stat = await file.stat();
    const plain = time !== undefined && Object.keys(entry.metadata).length === 1;
    candidate = {
      path,
      stat,
      edges: await edgesOf(file, stat.size),
      entry: plain ? { metadata: {} } : entry,
      plain,
      dated: time !== undefined,
      durable,
    };
  } finally {
    await file.close();
  }
  const stat = await commitLocked(
    root.files,
    root.path,
    options.signal,
    () => commit(root, key, candidate, options),
  );
  return { key, size: stat.size, etag: fileETag(stat) };
}

/** A file that is to become an object. */
interface Candidate {
  /** Where it was written. */
  readonly path: string;
  /** What the file system tells of it. */
  readonly stat: FileStat;
  /** The digest of its ends. */
  readonly edges: string;
  /** What is kept beside it. */
  readonly entry: SidecarEntry;
  /** Nothing is kept beside it: there is to be no metadata file. */
  readonly plain: boolean;
  /** Its time is what its writer says, and stays. */
  readonly dated: boolean;
  /** Wait until all is on the medium. */
  readonly durable: boolean;
}

/** How often a directory may be removed by others between its making and its use. */
const ATTEMPTS = 10;

/** Looks whether a write's conditions hold, before any byte is written. */
export async function checkBeforeWriting(
  root: LocalRoot,
  key: string,
  conditions: WriteConditions,
): Promise<void> {
  if (!conditions.ifAbsent && conditions.ifMatch === undefined) return;
  checkWriteConditions(await currentVersion(root, key, "lenient"), conditions, root.placeOf(key));
}

/**
 * Makes a candidate the object of a key; to be called under the root's lock.
 *
 * @returns What the file system tells of the object's data file.
 */
async function commit(
  root: LocalRoot,
  key: string,
  candidate: Candidate,
  conditions: WriteConditions & RequestOptions,
): Promise<FileStat> {
  const { files } = root;
  const present = await currentVersion(root, key, "lenient");
  checkWriteConditions(present, conditions, root.placeOf(key));
  let { stat } = candidate;
  if (present && !candidate.dated && stat.modified <= present.stat.modified) {
    // Times go strictly up, so that no two versions have one etag though inode numbers come back.
    await files.setModified(candidate.path, present.stat.modified + 1);
    if (candidate.durable) await syncFile(files, candidate.path);
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
    if (await install(root, key, target, candidate, current, old, conditions.ifAbsent ?? false)) {
      await tidy(root, target, candidate, current, present);
      if (target !== plain && !old) tellEscaped(root, key, stat.size, conditions);
      // A new name is a change, which the etag tells.
      const placed = await files.stat(target.data).catch(() => undefined);
      return placed?.inode === stat.inode ? placed : stat;
    }
    if (old) break;
  }
  throw new CottonCandyError(
    `"${key}" finds no place in ${root.path}: directories stand where its files belong; move them away`,
    { key, bucket: root.path, committed: "no" },
  );
}

/** Tells that an object is no file of its name. A directory's placeholder is none anywhere. */
function tellEscaped(
  root: LocalRoot,
  key: string,
  size: number,
  { onWarning = warnOncePerKind }: RequestOptions,
): void {
  if (size === 0 && key.endsWith("/")) return;
  onWarning({
    kind: "escaped",
    key,
    message: `${
      JSON.stringify(key)
    } in ${root.path} is no file of its name, since that can't be one there, or another object's file or directory stands in the way: it is kept in ${OWN_DIRECTORY}, where only cottoncandy finds it`,
  });
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
    if (!candidate.plain || await isFile(files, target.sidecar)) {
      if (!await vacate(files, target.sidecar)) return false;
      try {
        await writeSidecar(root, target.sidecar, formatSidecar({ current, previous }), candidate.durable);
        if (candidate.durable) await files.syncDirectory(target.directory);
      } catch (error) {
        if (hasCode(error, "ENOENT")) continue;
        throw error;
      }
    }
    try {
      await place(files, candidate.path, target.data, ifAbsent);
      return true;
    } catch (error) {
      await rollback(root, target, old, candidate.durable);
      if (!hasCode(error, "EEXIST")) throw error;
      throw objectExistsError({ ...root.placeOf(key), committed: "no", cause: error });
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

async function isFile(files: FileAccess, path: string): Promise<boolean> {
  return (await unlessMissing(files.stat(path)))?.kind === "file";
}

/** Whether no directory stands at a path; an empty one is removed. */
async function vacate(files: FileAccess, path: string): Promise<boolean> {
  try {
    const found = await unlessMissing(files.stat(path));
    if (found?.kind === "directory") await unlessMissing(files.removeDirectory(path));
    return true;
  } catch (error) {
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

/** Takes step 1 back. */
async function rollback(
  root: LocalRoot,
  target: Location,
  old: LocalVersion | undefined,
  durable: boolean,
): Promise<void> {
  try {
    if (old?.text === undefined) await discard(root.files, target.sidecar);
    else await writeSidecar(root, target.sidecar, old.text, durable);
  } catch {
    // The metadata file still describes the old version, as the previous one: readers find what they need. The failure that led here is told.
  }
}

/** Step 3, and what else can be left to chance: the object is committed, and whole without it. */
async function tidy(
  root: LocalRoot,
  target: Location,
  { plain, durable }: Candidate,
  current: SidecarEntry,
  present: LocalVersion | undefined,
): Promise<void> {
  const { files } = root;
  const replaced = present?.location.data === target.data;
  try {
    if (durable && (plain || present)) await files.syncDirectory(target.directory);
    if (plain) await discard(files, target.sidecar);
    else if (replaced) await writeSidecar(root, target.sidecar, formatSidecar({ current }), durable);
    if (present && !replaced) {
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

async function syncFile(files: FileAccess, path: string): Promise<void> {
  const file = await files.open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
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
