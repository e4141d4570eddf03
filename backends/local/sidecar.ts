/**
 * The metadata file beside an object's data: JSON with an indent of four, one member for each metadata entry, as Python's local backend writes and
 * reads it. The two files can't be changed at once, so one member more, {@linkcode RESERVED_MEMBER}, says which version of the data the metadata
 * describe; it is never shown.
 *
 * @module
 */
import { InvalidArgumentError } from "../../lib/errors.ts";
import type { FileStat, OpenFile } from "../../lib/file_access.ts";
import { edgesOf } from "../../lib/file_edges.ts";

/** Names one version of a data file. */
export interface Stamp {
  /** Its number in the file system. */
  readonly inode: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last changed, in milliseconds since 1970. */
  readonly modified: number;
  /** A digest of its size and its first and last bytes, by which a copied file is known again. */
  readonly edges?: string;
}

/** Whether a file is the very version that was stamped. */
export function isStamped(stamp: Stamp, stat: FileStat): boolean {
  return stamp.inode === stat.inode && stamp.size === stat.size && stamp.modified === stat.modified;
}

/**
 * Whether a file holds what was stamped although it is another file: the store was copied, moved or restored from a backup, or Python copied
 * the object. Decided by size and both ends, which costs two small reads.
 */
export async function holdsStamped(stamp: Stamp, stat: FileStat, file: OpenFile): Promise<boolean> {
  return stamp.edges !== undefined && stamp.size === stat.size &&
    stamp.edges === await edgesOf(file, stat.size);
}

/** The etag of a file's version. */
export function fileETag(stat: FileStat): string {
  const { inode, size, modified, changed } = stat;
  // As all runtimes tell it.
  const second = Math.floor(changed / 1000);
  return [BigInt(inode), size, modified, second].map((part) => part.toString(16)).join("-");
}

/** The member that is ours. A string, since Python hands all members on as metadata, and metadata are strings. */
export const RESERVED_MEMBER = "cc-local";

/** Metadata that a user gives: without that member. */
export function notReserved<T extends Readonly<Record<string, string>> | undefined>(metadata: T): T {
  if (!metadata || !Object.hasOwn(metadata, RESERVED_MEMBER)) return metadata;
  throw new InvalidArgumentError(`the metadata key "${RESERVED_MEMBER}" is this backend's own; use another`);
}

/** What is kept of one version of an object beside its data. */
export interface SidecarEntry {
  /** User metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** MIME type. */
  readonly contentType?: string;
  /** The data file it belongs to; without one it was written by Python, and belongs to whatever is there. */
  readonly stamp?: Stamp;
}

/** A metadata file's content. */
export interface Sidecar {
  /** What it says. */
  readonly current: SidecarEntry;
  /** What it said before, until the new data file has taken its place. */
  readonly previous?: SidecarEntry;
}

/** What the reserved member holds, as JSON. */
interface Reserved extends Stamp {
  readonly contentType?: string;
  readonly previous?: SidecarEntry;
}

/** The text of a metadata file. */
export function formatSidecar({ current, previous }: Sidecar): string {
  const { metadata, contentType, stamp } = current;
  const members: Record<string, string> = { ...metadata };
  if (stamp) members[RESERVED_MEMBER] = JSON.stringify({ ...stamp, contentType, previous });
  return JSON.stringify(members, null, 4);
}

/**
 * Reads a metadata file. Numbers and the like, which Python may have written, become what Python's `str` makes of them.
 *
 * @throws {SyntaxError} when the text is no JSON object.
 */
export function parseSidecar(text: string): Sidecar {
  const members: unknown = JSON.parse(text);
  if (!isRecord(members)) throw new SyntaxError("the metadata file holds no JSON object");
  const entries = new Map<string, string>();
  let reserved: Reserved | undefined;
  for (const [name, value] of Object.entries(members)) {
    const key = name.toLowerCase();
    if (name === RESERVED_MEMBER) reserved = parseReserved(value);
    // Others that come to the same are hidden as well.
    else if (key !== RESERVED_MEMBER) entries.set(key, asText(value));
  }
  const metadata = Object.freeze(Object.fromEntries(entries));
  if (!reserved) return { current: { metadata } };
  const { contentType, previous, ...stamp } = reserved;
  return { current: { metadata, stamp, ...(contentType === undefined ? {} : { contentType }) }, previous };
}

function parseReserved(value: unknown): Reserved | undefined {
  if (typeof value !== "string") return undefined;
  try {
    const reserved: unknown = JSON.parse(value);
    return isRecord(reserved) && isStamp(reserved) && isOptionalText(reserved.contentType) &&
        (reserved.previous === undefined || isEntry(reserved.previous))
      ? { ...stampOf(reserved), contentType: reserved.contentType, previous: reserved.previous }
      : undefined;
  } catch {
    // Not what we write: somebody else's member of that name, hidden all the same.
    return undefined;
  }
}

function stampOf({ inode, size, modified, edges }: Stamp): Stamp {
  return { inode, size, modified, edges };
}

function isStamp(value: object): value is Stamp {
  return "inode" in value && typeof value.inode === "string" && "size" in value &&
    typeof value.size === "number" &&
    "modified" in value && typeof value.modified === "number" &&
    (!("edges" in value) || isOptionalText(value.edges));
}

function isEntry(value: unknown): value is SidecarEntry {
  return isRecord(value) && isRecord(value.metadata) &&
    Object.values(value.metadata).every((text) => typeof text === "string") &&
    isOptionalText(value.contentType) &&
    (value.stamp === undefined || (isRecord(value.stamp) && isStamp(value.stamp)));
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : typeof value === "number" ? `${value}` : JSON.stringify(value);
}
