/**
 * Reads an object's two files as one version, whatever is written meanwhile and wherever a writer died.
 *
 * @module
 */
import {
  AccessDeniedError,
  CottonCandyError,
  IntegrityError,
  PreconditionFailedError,
} from "../../lib/errors.ts";
import {
  type FileAccess,
  type FileStat,
  hasCode,
  type OpenFile,
  readFully,
  unlessMissing,
} from "../../lib/file_access.ts";
import type { ObjectHead } from "../backend.ts";
import { checkWriteConditions, objectNotFoundError } from "../conditions.ts";
import type { LocalRoot, Location } from "./paths.ts";
import {
  fileETag,
  holdsStamped,
  isStamped,
  parseSidecar,
  type Sidecar,
  type SidecarEntry,
} from "./sidecar.ts";
import { discard, inOwnDirectory } from "./temporary.ts";

/** One version of an object: its data, open for reading, and the metadata that belong to them. */
export interface LocalVersion {
  /** Where it stands. */
  readonly location: Location;
  /** The data file. */
  readonly file: OpenFile;
  /** What the file system tells of it. */
  readonly stat: FileStat;
  /** Names the version. */
  readonly etag: string;
  /** Metadata and content type. */
  readonly entry: SidecarEntry;
  /** The metadata file's text, where there is one. */
  readonly text?: string;
  /** There is a metadata file, and it belongs to other data, or can't be understood. */
  readonly stale: boolean;
}

/** Whether a metadata file that can't be understood is an error, or is about to be replaced and may stand for none. */
export type Strictness = "strict" | "lenient";

/** How often a reader starts again because the object was replaced under its hands; each time some writer got ahead. */
const ATTEMPTS = 100;
/** How long another program may take to write a metadata file in place, in milliseconds, in equal steps. */
const SETTLE = [5, 20, 75];

/** What is read of a metadata file at most, in bytes. */
const LONGEST = 16 * 1024 * 1024;

/** Opens the version of an object that is current. */
export async function openLocalVersion(
  root: LocalRoot,
  key: string,
  strictness: Strictness = "strict",
): Promise<LocalVersion | undefined> {
  const plain = root.plain(key);
  const escaped = root.escaped(key);
  if (!plain) return await openAt(root, escaped, strictness);
  // A put may move an object from the escape area to its plain place, so a miss in both is looked up once more.
  return await openAt(root, plain, strictness) ?? await openAt(root, escaped, strictness) ??
    await openAt(root, plain, strictness);
}

/** Looks at the version of an object that is current; its file is closed. */
export async function currentVersion(
  root: LocalRoot,
  key: string,
  strictness: Strictness = "strict",
): Promise<LocalVersion | undefined> {
  const version = await openLocalVersion(root, key, strictness);
  await version?.file.close();
  return version;
}

/** Opens the version that stands at a location, if an object does. */
export async function openAt(
  root: LocalRoot,
  location: Location,
  strictness: Strictness = "strict",
): Promise<LocalVersion | undefined> {
  if (!await root.holds(location)) return undefined;
  const { files } = root;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const file = await openData(files, location);
    if (!file) return undefined;
    let settled: LocalVersion | "absent" | undefined;
    try {
      const stat = await file.stat();
      settled = stat.kind === "file" ? await pair(files, location, file, stat, strictness) : "absent";
    } finally {
      if (!settled || settled === "absent") await file.close();
    }
    if (settled) return settled === "absent" ? undefined : settled;
  }
  throw new CottonCandyError(`${location.data} is being replaced all the time; try again`, {
    bucket: root.path,
  });
}

async function openData(files: FileAccess, { data }: Location): Promise<OpenFile | undefined> {
  try {
    // Directories can't be opened on Windows, sockets nowhere: neither is an object.
    return await unlessMissing(files.open(data), "EISDIR", "ENXIO", "ENAMETOOLONG");
  } catch (error) {
    if (hasCode(error, "ELOOP")) {
      throw new AccessDeniedError(
        `${data} is a symbolic link, which is not followed; open a LocalBackend where it leads`,
        {
          cause: error,
          committed: "no",
        },
      );
    }
    throw error;
  }
}

/** Finds the metadata that belong to an open data file; `undefined` when the file is no longer the object's. */
async function pair(
  files: FileAccess,
  location: Location,
  file: OpenFile,
  stat: FileStat,
  strictness: Strictness,
): Promise<LocalVersion | undefined> {
  for (let wait = 0;; wait++) {
    const text = await readText(files, location.sidecar);
    const version = (entry: SidecarEntry, stale = false): LocalVersion => ({
      location,
      file,
      stat,
      etag: fileETag(stat),
      entry,
      text,
      stale,
    });
    const sidecar = text === undefined ? undefined : parse(text);
    if (sidecar && !(sidecar instanceof SyntaxError)) {
      for (const entry of [sidecar.current, sidecar.previous]) {
        if (entry?.stamp && isStamped(entry.stamp, stat)) return version(entry);
      }
    }
    // Without a stamp to go by, the two files belong together only if the data have not been replaced in between.
    if (!await isCurrent(files, location, stat)) return undefined;
    if (!sidecar) return version({ metadata: {} });
    if (sidecar instanceof SyntaxError) {
      if (strictness === "lenient") return version({ metadata: {} }, true);
      if (wait === SETTLE.length) {
        throw new IntegrityError(
          `${location.sidecar} is no metadata file (${sidecar.message}); repair it, or remove it to read the object without metadata`,
          { cause: sidecar },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, SETTLE[wait]));
      continue;
    }
    if (!sidecar.current.stamp) return version(sidecar.current);
    for (const entry of [sidecar.current, sidecar.previous]) {
      if (entry?.stamp && await holdsStamped(entry.stamp, stat, file)) return version(entry);
    }
    return version({ metadata: {} }, true);
  }
}

async function isCurrent(files: FileAccess, { data }: Location, stat: FileStat): Promise<boolean> {
  const now = await unlessMissing(files.stat(data));
  return now !== undefined && isStamped(stat, now);
}

/** A metadata file's content, or the error when it can't be understood. */
function parse(text: string): Sidecar | SyntaxError {
  try {
    return parseSidecar(text);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

/** A metadata file's text, `undefined` when there is none. What is too long for one is cut, and can't be understood. */
async function readText(files: FileAccess, path: string): Promise<string | undefined> {
  const file = await unlessMissing(files.open(path), "EISDIR", "ENXIO");
  if (!file) return undefined;
  try {
    const { kind, size } = await file.stat();
    if (kind !== "file") return undefined;
    const bytes = new Uint8Array(Math.min(size, LONGEST));
    return new TextDecoder().decode(bytes.subarray(0, await readFully(file, bytes, 0)));
  } finally {
    await file.close();
  }
}

/** What is told of a version. */
export function localHead(key: string, { stat, etag, entry }: LocalVersion): ObjectHead {
  const { metadata, contentType } = entry;
  return Object.freeze({
    key,
    size: stat.size,
    lastModified: new Date(stat.modified),
    etag,
    metadata,
    ...(contentType === undefined ? {} : { contentType }),
  });
}

/** How often a copy starts again because its source was replaced meanwhile. */
const COPY_ATTEMPTS = 20;

/**
 * Copies the data of the current version to a new temporary file below `root`, by the operating system.
 *
 * @returns What is kept beside them.
 */
export async function copyVersion(
  source: LocalRoot,
  key: string,
  root: LocalRoot,
  path: string,
  ifMatch: string | undefined,
): Promise<SidecarEntry> {
  const { files } = root;
  for (let attempt = 0; attempt < COPY_ATTEMPTS; attempt++) {
    const version = await currentVersion(source, key);
    if (!version) throw objectNotFoundError(source.placeOf(key));
    checkWriteConditions(version, { ifMatch }, source.placeOf(key));
    const { location, stat, entry } = version;
    try {
      await inOwnDirectory(root, () => files.copy(location.data, path));
      const copied = await files.stat(path);
      if (isStamped(stat, await files.stat(location.data)) && copied.size === stat.size) {
        await files.setModified(path, Date.now());
        return { metadata: entry.metadata, contentType: entry.contentType };
      }
      await discard(files, path);
    } catch (error) {
      await discard(files, path).catch(() => {});
      if (!hasCode(error, "ENOENT")) throw error;
    }
  }
  throw new PreconditionFailedError(`"${key}" in ${source.path} is being replaced all the time; try again`, {
    key,
    bucket: source.path,
    committed: "no",
  });
}
