/**
 * Which bytes of an unfinished file are there: a CRC of each MiB that was written, in a file beside it, so that what a crash or a full disk has left behind is never taken
 * for what has arrived.
 *
 * @module
 */
import { toHex } from "../../lib/base64.ts";
import { crcOf, type Digest } from "../../lib/checksums.ts";
import {
  type FileAccess,
  type OpenFile,
  readFully,
  unlessMissing,
  writeFully,
} from "../../lib/file_access.ts";
import { discard } from "./temporary.ts";

/** Bytes a block. */
export const BLOCK = 1024 * 1024;
/** Characters of a CRC: eight digits and the end of the line. */
const WIDTH = 9;
/** What the first line may have at most, in bytes: a key has 1024, and may be escaped. */
const HEADER = 16 * 1024;

/** A block's CRC as the record has it. */
export async function blockEntry(bytes: Uint8Array): Promise<string> {
  return `${toHex((await crcOf("CRC32", bytes)).toBytes())}\n`;
}

/** The blocks of a file from its beginning on that are proven to be there. */
export class ProvenBlocks {
  /** Which version of an object all of them are of; `undefined` where that is not known. */
  readonly version: string | undefined;
  /** Their CRCs. */
  readonly entries: readonly string[];

  private constructor(version: string | undefined, entries: readonly string[]) {
    this.version = version;
    this.entries = entries;
  }

  /**
   * Looks which blocks of a file are what was recorded.
   *
   * @param path The record.
   * @param size Bytes that the file is to have.
   * @param digest Takes the bytes of those blocks.
   */
  static async read(
    files: FileAccess,
    path: string,
    data: OpenFile,
    size: number,
    { digest, signal }: { readonly digest?: Digest; readonly signal?: AbortSignal },
  ): Promise<ProvenBlocks> {
    const record = await unlessMissing(files.open(path));
    if (!record) return new ProvenBlocks(undefined, []);
    try {
      const first = new Uint8Array(HEADER);
      const end = first.subarray(0, await readFully(record, first, 0)).indexOf(0x0a);
      const version = end < 0 ? undefined : parsedVersion(first.subarray(0, end));
      if (version === undefined) return new ProvenBlocks(undefined, []);
      const said = new Uint8Array(Math.max(0, (await record.stat()).size - end - 1));
      const length = await readFully(record, said, end + 1);
      const memory = new Uint8Array(Math.min(BLOCK, size));
      const entries: string[] = [];
      for (let at = 0; at < size && (entries.length + 1) * WIDTH <= length; at += BLOCK) {
        signal?.throwIfAborted();
        const bytes = memory.subarray(0, Math.min(BLOCK, size - at));
        if (await readFully(data, bytes, at) < bytes.byteLength) break;
        const entry = await blockEntry(bytes);
        const start = entries.length * WIDTH;
        if (new TextDecoder().decode(said.subarray(start, start + WIDTH)) !== entry) break;
        digest?.update(bytes);
        entries.push(entry);
      }
      return new ProvenBlocks(version.name, entries);
    } finally {
      await record.close();
    }
  }
}

/** A record that is added to. */
export class BlockRecord {
  readonly #file: OpenFile;
  readonly #start: number;

  private constructor(file: OpenFile, start: number) {
    this.#file = file;
    this.#start = start;
  }

  /** Opens the record of blocks that were proven, or makes one; one that says another version takes the old one's place. */
  static async open(
    files: FileAccess,
    path: string,
    { version, entries }: Pick<ProvenBlocks, "version" | "entries">,
  ): Promise<BlockRecord> {
    const header = new TextEncoder().encode(`${JSON.stringify({ version: version ?? null })}\n`);
    // Anew each time: entries beyond those that were proven are of bytes that are written once more.
    const temporary = `${path}.new`;
    await discard(files, temporary);
    const file = await files.create(temporary);
    try {
      await writeFully(file, header, 0);
      await writeFully(file, new TextEncoder().encode(entries.join("")), header.byteLength);
      await files.rename(temporary, path);
      return new BlockRecord(file, header.byteLength);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Adds a block, whose bytes are written. */
  async add(index: number, entry: string): Promise<void> {
    await writeFully(this.#file, new TextEncoder().encode(entry), this.#start + index * WIDTH);
  }

  /** Closes it. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** What the first line says; `undefined` where it is damaged. */
function parsedVersion(line: Uint8Array): { readonly name: string | undefined } | undefined {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(line));
    if (typeof header !== "object" || header === null || !("version" in header)) return undefined;
    const { version } = header;
    if (version === null) return { name: undefined };
    return typeof version === "string" ? { name: version } : undefined;
  } catch {
    return undefined;
  }
}
