/**
 * Writes archives of arrays as `numpy.savez` does: zip files whose members lie in them as they are. `./mod.ts` loads it on first use.
 *
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import { concat } from "../../bytes.ts";
import { crc32 } from "../../checksums.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { putObject, type UploadResult, type WriteOptions } from "../../objects/mod.ts";
import { streamFrom } from "../../streams/mod.ts";
import { type NpyFile, npyFile } from "../npy_file.ts";
import type { StoredArray } from "../stored_array.ts";

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
/** The CRC comes behind the data, and names are UTF-8. */
const FLAGS = 0x0808;
/** What readers need: zip64. */
const VERSION = 45;
/** Midnight of the first of January 1980, as numpy writes it. */
const DATE = 0x21;
const MOST_32 = 0xffffffff;
const MOST_16 = 0xffff;

/** A member, and where it lies. */
interface Member {
  readonly name: Uint8Array<ArrayBuffer>;
  readonly file: NpyFile;
  readonly offset: number;
}

/** Stores an archive under a key. */
export async function putNpz(
  backend: Backend,
  key: string,
  arrays: ReadonlyMap<string, StoredArray>,
  metadata: Record<string, string>,
  options: WriteOptions,
): Promise<UploadResult> {
  const members: Member[] = [];
  let offset = 0;
  for (const [array, stored] of arrays) {
    const name = new TextEncoder().encode(`${array}.npy`);
    if (array === "" || name.byteLength > MOST_16 || !array.isWellFormed()) {
      throw new InvalidArgumentError(`an archive can't have a member ${JSON.stringify(array.slice(0, 80))}`);
    }
    const file = npyFile(stored, { signal: options.signal });
    members.push({ name, file, offset });
    offset += localHeader(name, file.size).byteLength + file.size + 24;
  }
  const size = offset + members.reduce((sum, member) => sum + entryOf(member, 0).byteLength, 0) +
    endOf(members.length, 0, offset).byteLength;
  return await putObject(backend, key, streamFrom(pieces(members, offset)), metadata, { ...options, size });
}

async function* pieces(
  members: readonly Member[],
  directoryAt: number,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const entries: Uint8Array[] = [];
  for (const member of members) {
    const { name, file: { size, stream } } = member;
    yield localHeader(name, size);
    let crc = 0;
    for await (const piece of stream) {
      crc = crc32(piece, crc);
      yield piece;
    }
    yield fields([4, DESCRIPTOR], [4, crc >>> 0], [8, size], [8, size]);
    entries.push(entryOf(member, crc >>> 0));
  }
  const directory = concat(...entries);
  yield directory;
  yield endOf(members.length, directory.byteLength, directoryAt);
}

function localHeader(name: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const extra = fields([2, 1], [2, 16], [8, size], [8, size]);
  const header = fields(
    [4, LOCAL],
    [2, VERSION],
    [2, FLAGS],
    [2, 0],
    [2, 0],
    [2, DATE],
    [4, 0],
    [4, MOST_32],
    [4, MOST_32],
    [2, name.byteLength],
    [2, extra.byteLength],
  );
  return concat(header, name, extra);
}

function entryOf({ name, file: { size }, offset }: Member, crc: number): Uint8Array {
  const wide: [8, number][] = [];
  const narrow = (value: number): number => {
    if (value < MOST_32) return value;
    wide.push([8, value]);
    return MOST_32;
  };
  // In the order of the extra field.
  const [length, packed, at] = [narrow(size), narrow(size), narrow(offset)];
  const extra = wide.length === 0 ? new Uint8Array() : fields([2, 1], [2, wide.length * 8], ...wide);
  const entry = fields(
    [4, ENTRY],
    [2, VERSION],
    [2, VERSION],
    [2, FLAGS],
    [2, 0],
    [2, 0],
    [2, DATE],
    [4, crc],
    [4, packed],
    [4, length],
    [2, name.byteLength],
    [2, extra.byteLength],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, at],
  );
  return concat(entry, name, extra);
}

function endOf(count: number, length: number, offset: number): Uint8Array<ArrayBuffer> {
  const isWide = count >= MOST_16 || offset + length >= MOST_32;
  const end = fields(
    [4, END],
    [2, 0],
    [2, 0],
    [2, Math.min(count, MOST_16)],
    [2, Math.min(count, MOST_16)],
    [4, Math.min(length, MOST_32)],
    [4, Math.min(offset, MOST_32)],
    [2, 0],
  );
  if (!isWide) return end;
  const record = fields(
    [4, END_64],
    [8, 44],
    [2, VERSION],
    [2, VERSION],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, length],
    [8, offset],
  );
  return concat(record, fields([4, LOCATOR_64], [4, 0], [8, offset + length], [4, 1]), end);
}

/** Numbers one after the other, each in so many bytes, the lowest first. */
function fields(...parts: readonly (readonly [size: 2 | 4 | 8, value: number])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of parts) {
    if (size === 2) view.setUint16(at, value, true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return bytes;
}
