/**
 * The directory of a zip archive (APPNOTE.TXT of PKWARE, 6.3.10), as far as `.npz` files need it: members that are stored or deflated, zip64 included.
 * Read by ranges and strictly: an archive that contradicts itself is refused, lest it hold one thing here and another there.
 *
 * @module
 */
import { decodeLatin1 } from "../../bytes.ts";
import { IntegrityError, UnsupportedError } from "../../errors.ts";

/** One file in an archive. */
export interface ZipMember {
  /** Its name, with folders. */
  readonly name: string;
  /** Whether its bytes lie in the archive as they are. */
  readonly stored: boolean;
  /** CRC-32 of its bytes. */
  readonly crc: number;
  /** Bytes that it takes in the archive. */
  readonly compressedSize: number;
  /** Bytes that it has. */
  readonly size: number;
  /** Where its local header begins. */
  readonly headerOffset: number;
}

/** Reads `length` bytes of an archive from `offset` on; both are within it. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

const END = 0x06054b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;
const END_64 = 0x06064b50;
const END_64_LENGTH = 56;
const LOCATOR_64 = 0x07064b50;
const LOCATOR_64_LENGTH = 20;
const ENTRY = 0x02014b50;
const ENTRY_LENGTH = 46;
const LOCAL = 0x04034b50;
const LOCAL_LENGTH = 30;
const ZIP64_EXTRA = 1;
/** What says "see zip64" in a field of 32 bits, and in one of 16. */
const IN_ZIP64 = 0xffffffff;
const IN_ZIP64_SHORT = 0xffff;
/** Bits of a member's flags: what is encrypted (by itself, strongly, and its directory), patched data, and a name in UTF-8. */
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const PATCHED = 0x0020;
const UTF8 = 0x0800;
const STORED = 0;
const DEFLATED = 8;
/** More than deflate makes of one byte. */
const BEST_RATIO = 1040;
/** A directory larger than this is refused: a million arrays take about a third of it. */
const LONGEST_DIRECTORY = 256 * 1024 * 1024;

/**
 * The members of an archive, in the directory's order, by their names.
 *
 * @param size The archive's length in bytes.
 * @throws {IntegrityError} when it is no zip archive, cut off, or contradicts itself; when two members have one name.
 * @throws {UnsupportedError} when it is one of several disks.
 */
export async function readZipDirectory(
  read: ReadBytes,
  size: number,
): Promise<ReadonlyMap<string, ZipMember>> {
  const { count, length, offset, end } = await findDirectory(read, size);
  if (offset + length > end) throw damaged("its directory goes beyond its end");
  if (length > LONGEST_DIRECTORY || count * ENTRY_LENGTH > length) {
    throw damaged(`its directory of ${length} bytes can't have ${count} members`);
  }
  const bytes = length === 0 ? new Uint8Array() : await read(offset, length);
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { member, next } = readEntry(bytes, at);
    if (members.has(member.name)) {
      throw damaged(`two of its members are called ${JSON.stringify(member.name)}`);
    }
    if (member.headerOffset + LOCAL_LENGTH + member.compressedSize > offset) {
      throw damaged(`its member ${JSON.stringify(member.name)} goes beyond the archive`);
    }
    members.set(member.name, member);
    at = next;
  }
  if (at !== length) throw damaged("its directory is longer than its members make it");
  checkOverlaps(members);
  return members;
}

/** Where the directory lies, and where what follows it begins. */
interface Directory {
  readonly count: number;
  readonly length: number;
  readonly offset: number;
  readonly end: number;
}

async function findDirectory(read: ReadBytes, size: number): Promise<Directory> {
  if (size < END_LENGTH) throw damaged(`it has ${size} bytes`);
  const tailLength = Math.min(size, END_LENGTH + LONGEST_COMMENT + LOCATOR_64_LENGTH);
  const tail = await read(size - tailLength, tailLength);
  const view = viewOf(tail);
  let at = tail.byteLength - END_LENGTH;
  // The record is the one whose comment ends with the archive: a comment may look like a record.
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === END && at + END_LENGTH + view.getUint16(at + 20, true) === tail.byteLength)
  ) {
    at--;
  }
  if (at < 0) throw damaged("it has no directory at its end");
  const end = size - tail.byteLength + at;
  const count = view.getUint16(at + 10, true);
  const length = view.getUint32(at + 12, true);
  const offset = view.getUint32(at + 16, true);
  const disks = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  const hasLocator = at >= LOCATOR_64_LENGTH && view.getUint32(at - LOCATOR_64_LENGTH, true) === LOCATOR_64;
  if (hasLocator) {
    return await readZip64(read, end - LOCATOR_64_LENGTH, viewOf(tail.subarray(at - LOCATOR_64_LENGTH)));
  }
  if (disks.some((disk) => disk !== 0) || view.getUint16(at + 8, true) !== count) throw severalDisks();
  if (count === IN_ZIP64_SHORT || length === IN_ZIP64 || offset === IN_ZIP64) {
    throw damaged("it has no zip64 record, which its directory asks for");
  }
  if (offset + length !== end) {
    throw damaged("its directory isn't where it says: something was put before or behind it");
  }
  return { count, length, offset, end };
}

async function readZip64(read: ReadBytes, locatorAt: number, locator: DataView): Promise<Directory> {
  const recordAt = exact(locator.getBigUint64(8, true));
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) > 1) throw severalDisks();
  if (recordAt + END_64_LENGTH > locatorAt) throw damaged("its zip64 record goes beyond its end");
  const record = viewOf(await read(recordAt, END_64_LENGTH));
  if (record.getUint32(0, true) !== END_64) throw damaged("its zip64 record isn't where it says");
  if (recordAt + 12 + exact(record.getBigUint64(4, true)) !== locatorAt) {
    throw damaged("its zip64 record has another length");
  }
  const count = exact(record.getBigUint64(32, true));
  if (
    record.getUint32(16, true) !== 0 || record.getUint32(20, true) !== 0 ||
    exact(record.getBigUint64(24, true)) !== count
  ) {
    throw severalDisks();
  }
  const length = exact(record.getBigUint64(40, true));
  const offset = exact(record.getBigUint64(48, true));
  if (offset + length !== recordAt) {
    throw damaged("its directory isn't where it says: something was put before or behind it");
  }
  return { count, length, offset, end: recordAt };
}

function readEntry(bytes: Uint8Array, at: number): { member: ZipMember; next: number } {
  const view = viewOf(bytes);
  if (at + ENTRY_LENGTH > bytes.byteLength || view.getUint32(at, true) !== ENTRY) {
    throw damaged("its directory is malformed");
  }
  const nameLength = view.getUint16(at + 28, true);
  const extraAt = at + ENTRY_LENGTH + nameLength;
  const extraEnd = extraAt + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > bytes.byteLength) throw damaged("its directory is malformed");
  const flags = view.getUint16(at + 8, true);
  const name = nameOf(bytes.subarray(at + ENTRY_LENGTH, extraAt), flags);
  const told = JSON.stringify(name.slice(0, 80));
  if (flags & ENCRYPTED) throw new UnsupportedError(`the member ${told} of this zip archive is encrypted`);
  const method = view.getUint16(at + 10, true);
  if (flags & PATCHED || (method !== STORED && method !== DEFLATED)) {
    throw new UnsupportedError(
      `the member ${told} of this zip archive is compressed by method ${method}: only what is stored or deflated can be read`,
    );
  }
  // Those that don't fit into 32 bits follow in the extra field, in this order.
  const wide = zip64Values(bytes.subarray(extraAt, extraEnd), told);
  const wideOr = (value: number) => value === IN_ZIP64 ? wide() : value;
  const size = wideOr(view.getUint32(at + 24, true));
  const compressedSize = wideOr(view.getUint32(at + 20, true));
  const headerOffset = wideOr(view.getUint32(at + 42, true));
  if (![0, IN_ZIP64_SHORT].includes(view.getUint16(at + 34, true))) throw severalDisks();
  const stored = method === STORED;
  if (stored ? size !== compressedSize : size > compressedSize * BEST_RATIO) {
    throw damaged(`its member ${told} can't have ${size} bytes, of ${compressedSize} in the archive`);
  }
  return {
    member: { name, stored, crc: view.getUint32(at + 16, true), compressedSize, size, headerOffset },
    next,
  };
}

function nameOf(bytes: Uint8Array, flags: number): string {
  if (!(flags & UTF8)) return decodeLatin1(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new IntegrityError("the zip archive is damaged: a member's name is not UTF-8, as it says", {
      cause,
    });
  }
}

/** Gives the numbers of a member's zip64 field, one after the other. */
function zip64Values(extra: Uint8Array, name: string): () => number {
  const view = viewOf(extra);
  let at = 0;
  while (at + 4 <= extra.byteLength && view.getUint16(at, true) !== ZIP64_EXTRA) {
    at += 4 + view.getUint16(at + 2, true);
  }
  const end = at + 4 <= extra.byteLength
    ? Math.min(extra.byteLength, at + 4 + view.getUint16(at + 2, true))
    : 0;
  at += 4;
  return () => {
    if (at + 8 > end) throw damaged(`its member ${name} lacks a size of zip64`);
    at += 8;
    return exact(view.getBigUint64(at - 8, true));
  };
}

/** Members that share bytes are how small archives make much of nothing. */
function checkOverlaps(members: ReadonlyMap<string, ZipMember>): void {
  let end = 0;
  for (
    const { name, headerOffset, compressedSize } of [...members.values()].sort((a, b) =>
      a.headerOffset - b.headerOffset
    )
  ) {
    if (headerOffset < end) throw damaged(`its member ${JSON.stringify(name)} lies in another one`);
    end = headerOffset + LOCAL_LENGTH + compressedSize;
  }
}

/**
 * Where a member's bytes begin, by its local header.
 *
 * @throws {IntegrityError} when that contradicts the directory.
 */
export async function memberOffset(read: ReadBytes, member: ZipMember, size: number): Promise<number> {
  const { name, headerOffset, compressedSize, stored } = member;
  const fixed = viewOf(await read(headerOffset, LOCAL_LENGTH));
  const told = JSON.stringify(name);
  if (fixed.getUint32(0, true) !== LOCAL) throw damaged(`its member ${told} isn't where the directory says`);
  const flags = fixed.getUint16(6, true);
  const nameLength = fixed.getUint16(26, true);
  const offset = headerOffset + LOCAL_LENGTH + nameLength + fixed.getUint16(28, true);
  if (offset + compressedSize > size) throw damaged(`its member ${told} goes beyond the archive`);
  const method = fixed.getUint16(8, true);
  const own = nameLength === 0 ? "" : nameOf(await read(headerOffset + LOCAL_LENGTH, nameLength), flags);
  if (flags & ENCRYPTED || method !== (stored ? STORED : DEFLATED) || own !== name) {
    throw damaged(`its member ${told} says something else of itself than the directory`);
  }
  return offset;
}

function exact(value: bigint): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw damaged(`it promises ${value} bytes`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(what: string): IntegrityError {
  return new IntegrityError(`the zip archive is damaged, or none: ${what}`);
}

function severalDisks(): UnsupportedError {
  return new UnsupportedError("a zip archive of several disks can't be read");
}
