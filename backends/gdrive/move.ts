/**
 * Moves within the drive: one request gives a file another name and another folder. Its bytes, its links, its sharing and its owner stay.
 *
 * Source: https://developers.google.com/workspace/drive/api/guides/folder, "Move files between folders".
 *
 * @module
 */
import { AccessDeniedError, CottonCandyError, InvalidArgumentError } from "../../lib/errors.ts";
import { checkKey } from "../arguments.ts";
import type { MoveOptions, PutResult } from "../backend.ts";
import { CommitGate, withCommitted } from "../transport/mod.ts";
import { checkReplaceable, sourceChangedError } from "./copy.ts";
import { refuseTrashed, removeFile } from "./delete.ts";
import { asCommitted, asUncommitted, type DriveCall, isGone } from "./errors.ts";
import { type DriveFile, fileEtag, isAt, oldestFirst, ROOT } from "./file.ts";
import { type FileRights, ownedBy } from "./files.ts";
import { missingError } from "./read.ts";
import type { DriveStore, FoundKey } from "./store.ts";
import { alreadyExistsError, checkPutConditions, confirmLostChange } from "./write.ts";

/** How often a move is begun anew whose folder is gone. */
const TRIES = 3;

/** One move. */
interface Move {
  readonly store: DriveStore;
  readonly from: string;
  readonly to: string;
  readonly options: MoveOptions;
  readonly gate: CommitGate;
}

/**
 * Moves an object in one request; `undefined`, and nothing has changed, where that can't be, but a copy, and the original be removed.
 *
 * @throws {AccessDeniedError} when the object may be neither moved nor removed.
 */
export async function moveFile(
  store: DriveStore,
  from: string,
  to: string,
  options: MoveOptions = {},
): Promise<PutResult | undefined> {
  options.signal?.throwIfAborted();
  checkKey(from);
  checkKey(to);
  if (from === to) {
    throw new InvalidArgumentError("an object can't be moved onto itself", {
      key: to,
      bucket: store.name,
      committed: "no",
    });
  }
  const gate = new CommitGate(options.signal);
  const move: Move = { store, from, to, options, gate };
  // In one order, lest two that move there and back wait for each other.
  const [first, second] = [from, to].sort();
  try {
    const file = await store.locks.run(
      first,
      gate.signal,
      () => store.locks.run(second, gate.signal, () => run(move)),
    );
    return file && { key: to, size: file.size ?? 0, etag: fileEtag(file) };
  } finally {
    gate.close();
  }
}

/** Done while nobody else here writes to either key. */
async function run(move: Move): Promise<DriveFile | undefined> {
  const { store, from, to, options: { ifAbsent, ifSourceMatch, onWarning }, gate } = move;
  const { signal } = gate;
  for (let attempt = 1;; attempt++) {
    const [found, origin] = await asUncommitted(signal, async () => [
      await store.findNow(to, signal, onWarning),
      await store.findNow(from, signal, onWarning),
    ]);
    const [source] = origin.files;
    if (!source) throw missingError(store, origin, "no");
    if (ifSourceMatch !== undefined && fileEtag(source) !== ifSourceMatch) {
      throw sourceChangedError(store, from);
    }
    checkPutConditions(store, found, { ifAbsent });
    // Of several files of one name all go, and one of them stays what it is.
    if (origin.files.length > 1 || source.parents.length === 0) return undefined;
    try {
      return await moveOne(move, source, found);
    } catch (error) {
      if (!isGone(error) || error.committed === "yes" || attempt === TRIES) throw error;
      gate.open();
      await store.forgetVanished(found, signal);
      await store.forgetVanished(origin, signal);
    }
  }
}

async function moveOne(move: Move, source: DriveFile, found: FoundKey): Promise<DriveFile | undefined> {
  const { store, from, to, gate } = move;
  const { signal } = gate;
  const { location, files: replaced } = found;
  const [rights, parent] = await asUncommitted(signal, async () => {
    const rights = await store.files.rights(source.id, from, signal);
    if (!rights.canMove) return [rights, ROOT];
    await checkReplaceable(store, to, replaced, signal);
    return [rights, await store.folders.ensure(location.folders, signal)];
  });
  // By its other name, the root can't be told from the folder that the file is in.
  if (!rights.canMove || parent === ROOT) return copyInstead(move, rights);
  if (replaced.length === 1) store.beingReplaced.add(to);
  try {
    let file: DriveFile;
    try {
      file = await place(move, source, location.name, source.parents, parent);
    } catch (error) {
      if (!(error instanceof AccessDeniedError) || error.committed !== "no") throw error;
      return copyInstead(move, rights, error);
    }
    // An abort comes too late from here on.
    if (!isAt(file, location.name, [parent])) {
      store.overlay.wrote(file, file.parents[0] ?? "");
      throw new CottonCandyError(
        `somebody renamed or moved the file of "${from}" in ${store.name} at the moment when it was moved: it is "${file.name}" now. Look where it is.`,
        { key: from, bucket: store.name, committed: "no" },
      );
    }
    await refuseTrashed(store, file, to, false);
    store.overlay.wrote(file, parent);
    await clearPlace(move, source, file, parent, replaced);
    return file;
  } finally {
    store.beingReplaced.delete(to);
  }
}

/** Nothing, where a copy may take the move's place; throws where the original could not be removed. */
function copyInstead({ store, from }: Move, rights: FileRights, cause?: AccessDeniedError): undefined {
  if (rights.canRemove) return undefined;
  throw new AccessDeniedError(
    `"${from}" in ${store.name} can't be moved: you may neither move nor remove it, since ${
      ownedBy(rights)
    }. Nothing was copied.`,
    { key: from, bucket: store.name, committed: "no", cause },
  );
}

/** Gives a file another name and another folder. */
async function place(
  { store, to, gate }: Move,
  { id }: DriveFile,
  name: string,
  before: readonly string[],
  parent: string,
): Promise<DriveFile> {
  const call: DriveCall = { operation: "files.update", key: to, writes: true };
  const folders = before.includes(parent) ? {} : { addParents: parent, removeParents: before.join(",") };
  const options = {
    signal: gate.signal,
    requestSignal: null,
    onSent: () => gate.close(),
    onRefused: () => gate.open(),
  };
  return await confirmLostChange(
    store,
    id,
    to,
    gate.signal,
    () => store.files.patch(id, { name }, call, options, folders),
    (file) => isAt(file, name, [parent]),
  );
}

/** Takes away what the object replaces, and what others have put in its place at the same moment; where that can't be, it goes back. */
async function clearPlace(
  move: Move,
  source: DriveFile,
  file: DriveFile,
  parent: string,
  replaced: readonly DriveFile[],
): Promise<void> {
  const { store, to, options: { ifAbsent = false } } = move;
  try {
    const now = await asCommitted(() => store.find(to, undefined, () => {}));
    const known = new Set(replaced.map(({ id }) => id));
    const older = now.files.filter((other) =>
      other.id !== file.id && !known.has(other.id) && oldestFirst(other, file) < 0
    );
    // A listing may show what others have renamed or moved since.
    const { files: rivals } = await asCommitted(() => store.now({ ...now, files: older }));
    if (ifAbsent && rivals.length > 0) throw alreadyExistsError(store, to);
    for (const old of [...rivals, ...replaced].toReversed()) await removeFile(store, old, to, true);
  } catch (error) {
    if (!(error instanceof CottonCandyError)) throw error;
    // As long as what was there may be gone, the object must stay.
    if (error.committed !== "no") throw withCommitted(error, "yes");
    const back = await place(move, source, source.name, [parent], source.parents[0]).catch(() => undefined);
    if (!back) throw withCommitted(error, "yes");
    store.overlay.wrote(back, source.parents[0]);
    throw error;
  }
}
