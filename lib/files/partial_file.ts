/**
 * A file of which some ranges are there: the bytes in `name.part`, and beside it a record of which object's version they are, and which ranges are done. Each range has a
 * CRC there, so that what a crash or a full disk has left behind is never taken for what was downloaded.
 *
 * @module
 */
import { toHex } from "../base64.ts";
import { Crc, type CrcAlgorithm, crcOf } from "../checksums.ts";
import { AlreadyExistsError, CottonCandyError } from "../errors.ts";
import {
  type FileAccess,
  hasCode,
  type OpenFile,
  readFully,
  unlessMissing,
  writeFully,
} from "../file_access.ts";
import { kindAt, withFile, WRITTEN } from "../on_disk.ts";
import { install } from "./install.ts";
import { RANGE } from "./ranges.ts";
import { partPath, pathBeside, recordPath } from "./temporary.ts";

/** Which version of which object a file is to become. */
export interface PartialOf {
  /** The store's name. */
  readonly store: string;
  /** The object's full key. */
  readonly key: string;
  /** The version. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** What each range is summed up by. */
  readonly algorithm: CrcAlgorithm;
}

/** How often something is tried while another process does the same. */
const TRIES = 20;
/** Milliseconds between two tries. */
const PAUSE = 50;
/** Bytes that the record's first line has at most: a key has 1024, and may be escaped. */
const HEADER = 16 * 1024;

/** What is there of a file. */
export class PartialFile {
  readonly #files: FileAccess;
  readonly #path: string;
  readonly #of: PartialOf;
  readonly #part: OpenFile;
  readonly #record: OpenFile;
  /** Where the record's entries begin. */
  readonly #start: number;
  readonly #crcs: (Crc | undefined)[];

  private constructor(
    files: FileAccess,
    path: string,
    of: PartialOf,
    opened: { readonly part: OpenFile; readonly record: OpenFile; readonly start: number },
  ) {
    this.#files = files;
    this.#path = path;
    this.#of = of;
    this.#part = opened.part;
    this.#record = opened.record;
    this.#start = opened.start;
    this.#crcs = new Array(Math.ceil(of.size / RANGE)).fill(undefined);
  }

  /**
   * Opens what is there of a version, or begins it. What is there of another one is removed.
   *
   * @param onOther Is called before another version's bytes are removed.
   * @throws {AlreadyExistsError} when there is a `.part` that was not begun here.
   */
  static async open(
    files: FileAccess,
    path: string,
    of: PartialOf,
    onOther: () => void,
  ): Promise<PartialFile> {
    for (let tries = 0; tries < TRIES; tries++) {
      const record = await openRecord(files, path);
      if (record && isSame(record.header, of)) {
        const part = await reopenOrCreate(files, partPath(path)).catch(async (error) => {
          await record.file.close();
          throw error;
        });
        const opened = new PartialFile(files, path, of, { part, record: record.file, start: record.start });
        if ((await part.stat()).size <= of.size) return opened;
        // Something else has written behind its end.
        await opened.discard();
        continue;
      }
      if (record) {
        const { inode } = await record.file.stat().finally(() => record.file.close());
        // Not what another process has begun since.
        if ((await unlessMissing(files.stat(recordPath(path))))?.inode !== inode) continue;
        if (record.header !== undefined) onOther();
        await discardPartial(files, path);
      } else if (await kindAt(files, partPath(path)) !== undefined) {
        throw new AlreadyExistsError(
          `${partPath(path)} exists, and was not begun here: move it away, or leave \`resume\` away`,
        );
      } else await beginRecord(files, path, of);
    }
    throw new CottonCandyError(
      `${partPath(path)} is being made and removed by other processes: try again later`,
    );
  }

  /** Looks which ranges are there, by the bytes themselves. */
  async verify(onRange: (length: number) => void, signal: AbortSignal | undefined): Promise<void> {
    const width = this.#width;
    const entries = new Uint8Array(this.#crcs.length * width);
    const length = await readFully(this.#record, entries, this.#start);
    const memory = new Uint8Array(Math.min(RANGE, this.#of.size));
    for (let index = 0; index < this.#crcs.length && (index + 1) * width <= length; index++) {
      signal?.throwIfAborted();
      const said = new TextDecoder().decode(entries.subarray(index * width, (index + 1) * width));
      if (!/^[0-9a-f]+\n$/.test(said)) continue;
      const bytes = memory.subarray(0, this.#lengthOf(index));
      if (await readFully(this.#part, bytes, index * RANGE) < bytes.byteLength) continue;
      const crc = await crcOf(this.#of.algorithm, bytes);
      if (entryOf(crc) !== said) continue;
      this.#crcs[index] = crc;
      onRange(bytes.byteLength);
    }
  }

  /** Where the ranges begin that are not there. */
  *missing(): Generator<number> {
    for (let index = 0; index < this.#crcs.length; index++) {
      if (this.#crcs[index] === undefined) yield index * RANGE;
    }
  }

  /** Adds a range: first its bytes, then that they are there. */
  async add(bytes: Uint8Array<ArrayBuffer>, offset: number): Promise<void> {
    const index = offset / RANGE;
    const crc = await crcOf(this.#of.algorithm, bytes);
    await withFile(partPath(this.#path), WRITTEN, async () => {
      await writeFully(this.#part, bytes, offset);
      await writeFully(
        this.#record,
        new TextEncoder().encode(entryOf(crc)),
        this.#start + index * this.#width,
      );
    });
    this.#crcs[index] = crc;
  }

  /** The CRC of all ranges. */
  crc(): Crc {
    const sum = new Crc(this.#of.algorithm);
    for (const crc of this.#crcs) if (crc) sum.append(crc);
    return sum;
  }

  /** Reads what is there, such as for a digest. */
  async *read(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const memory = new Uint8Array(Math.min(RANGE, this.#of.size));
    for (let index = 0; index < this.#crcs.length; index++) {
      const bytes = memory.subarray(0, this.#lengthOf(index));
      yield bytes.subarray(0, await readFully(this.#part, bytes, index * RANGE));
    }
  }

  /** Closes it, complete or not. */
  async close(): Promise<void> {
    await this.#part.close();
    await this.#record.close();
  }

  /** Closes it, and gives it its name. */
  async install(overwrite: boolean): Promise<void> {
    const files = this.#files;
    const { inode } = await this.#part.stat();
    await this.close();
    const temporary = await pathBeside(files, this.#path);
    const moved = await unlessMissing(files.rename(partPath(this.#path), temporary).then(() => true));
    if (moved === undefined) return await this.#awaitOther(inode);
    // Under a name that nobody else knows it can be looked at: another process may have begun another version in its place.
    if ((await files.stat(temporary)).inode !== inode) {
      await files.rename(temporary, partPath(this.#path));
      throw otherProcessError(this.#path);
    }
    try {
      await install(files, temporary, this.#path, overwrite);
    } catch (error) {
      await files.unlink(temporary).catch(() => {});
      throw error;
    } finally {
      await files.unlink(recordPath(this.#path)).catch(() => {});
    }
  }

  /** Who was at the same version, and done first, gives the file its name. */
  async #awaitOther(inode: string): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      if ((await unlessMissing(this.#files.stat(this.#path)))?.inode === inode) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    throw otherProcessError(this.#path);
  }

  /** Closes and removes it. */
  async discard(): Promise<void> {
    await this.close();
    await discardPartial(this.#files, this.#path);
  }

  get #width(): number {
    return entryOf(new Crc(this.#of.algorithm)).length;
  }

  #lengthOf(index: number): number {
    return Math.min(RANGE, this.#of.size - index * RANGE);
  }
}

/** Removes what was begun here; harmless when nothing was. */
export async function discardPartial(files: FileAccess, path: string): Promise<void> {
  if (await kindAt(files, recordPath(path)) === undefined) return;
  await unlessMissing(files.unlink(partPath(path)));
  // Last: without it the other would be somebody's.
  await unlessMissing(files.unlink(recordPath(path)));
}

/** Where the first range begins that the record doesn't have, to be asked for first; 0 where there is no record, and `undefined` where none can be: its name would be too long. */
export async function firstMissing(files: FileAccess, path: string): Promise<number | undefined> {
  let opened: OpenedRecord | undefined;
  try {
    opened = await openRecord(files, path);
  } catch (error) {
    if (hasCode(error, "ENAMETOOLONG")) return undefined;
    throw error;
  }
  if (!opened) return 0;
  const { file: record, header, start } = opened;
  try {
    if (header === undefined) return 0;
    const entries = new Uint8Array(Math.max(0, (await record.stat()).size - start));
    await readFully(record, entries, start);
    // What was never written is zeros, or not there.
    const width = entries[0] === 0 ? 0 : entries.indexOf(0x0a) + 1;
    let count = 0;
    while (width > 0 && entries[(count + 1) * width - 1] === 0x0a) count++;
    return count * RANGE;
  } finally {
    await record.close();
  }
}

/** A record that is there. */
interface OpenedRecord {
  readonly file: OpenFile;
  /** `undefined` where it is damaged. */
  readonly header: unknown;
  /** Where the entries begin. */
  readonly start: number;
}

async function openRecord(files: FileAccess, path: string): Promise<OpenedRecord | undefined> {
  const file = await unlessMissing(files.reopen(recordPath(path)));
  if (!file) return undefined;
  try {
    const beginning = new Uint8Array(HEADER);
    const length = await readFully(file, beginning, 0);
    const end = beginning.subarray(0, length).indexOf(0x0a);
    const header = end < 0 ? undefined : parsed(new TextDecoder().decode(beginning.subarray(0, end)));
    return { file, header, start: end + 1 };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSame(header: unknown, of: PartialOf): boolean {
  return JSON.stringify(header) === headerOf(of);
}

function headerOf({ store, key, etag, size, algorithm }: PartialOf): string {
  return JSON.stringify({ version: 1, store, key, etag, size, range: RANGE, algorithm });
}

/** Makes a record, which is there whole or not at all; one that another process has made meanwhile is as good. */
async function beginRecord(files: FileAccess, path: string, of: PartialOf): Promise<void> {
  const temporary = await pathBeside(files, path);
  const file = await files.create(temporary);
  try {
    try {
      await writeFully(file, new TextEncoder().encode(`${headerOf(of)}\n`), 0);
    } finally {
      await file.close();
    }
    await install(files, temporary, recordPath(path), false);
  } catch (error) {
    await files.unlink(temporary).catch(() => {});
    if (!(error instanceof AlreadyExistsError)) throw error;
  }
}

async function reopenOrCreate(files: FileAccess, path: string): Promise<OpenFile> {
  if (await kindAt(files, path) === "link") {
    throw new AlreadyExistsError(
      `${path} is a symbolic link, which was not made here: remove it, or leave \`resume\` away`,
    );
  }
  const file = await unlessMissing(files.reopen(path));
  if (file) return file;
  try {
    return await files.create(path);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return await files.reopen(path);
    throw error;
  }
}

/** A range's entry in the record, of the same length for each. */
function entryOf(crc: Crc): string {
  return `${toHex(crc.toBytes())}\n`;
}

function otherProcessError(path: string): CottonCandyError {
  return new CottonCandyError(
    `another process has begun to download ${path} anew, or has removed what was there of it: download it again`,
  );
}
