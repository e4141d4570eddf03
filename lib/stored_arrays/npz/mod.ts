/**
 * Archives of arrays, `.npz`, as `numpy.savez` and `numpy.savez_compressed` write them: members are opened by name, and what is not asked for is not read.
 *
 * @module
 */
import type { Backend, ObjectHead } from "../../../backends/backend.ts";
import { arrayFromBytes, type NpyHeader, parseNpyHeader } from "../../array/formats/mod.ts";
import { type NDArray, npyDecode } from "../../array/mod.ts";
import { crc32 } from "../../checksums.ts";
import { shownNames, withErrorKey } from "../../error_context.ts";
import { CottonCandyError, IntegrityError, NotFoundError } from "../../errors.ts";
import {
  headObject,
  type ReadOptions,
  type UploadResult,
  userMetadata,
  type WriteOptions,
} from "../../objects/mod.ts";
import { objectKey, refuseEncrypted, WRITE_OPTIONS } from "../../objects/reading/mod.ts";
import { checkOptions } from "../../options.ts";
import { fill, streamFrom } from "../../streams/mod.ts";
import { LazyArray } from "../lazy_array.ts";
import type { StoredArray } from "../stored_array.ts";
import { byteTarget, npyLayout, openSameVersion, type RangeReader, rangeReader } from "../reading.ts";
import { memberOffset, readZipDirectory, type ZipMember } from "./zip.ts";

export type { ZipMember };

// Nearly all headers have 128 bytes.
const FIRST_READ = 4096;
const EXTENSION = ".npy";

/** An archive of arrays whose directory has been read; all reads are of the version that was opened. */
export class NpzArchive {
  /** The archive's full key. */
  readonly key: string;
  /** The arrays' names, without `.npy`, in the archive's order: numpy's `NpzFile.files`. */
  readonly names: readonly string[];
  readonly #backend: Backend;
  readonly #head: ObjectHead;
  readonly #members: ReadonlyMap<string, ZipMember>;
  readonly #options: ReadOptions;

  /** For {@linkcode openNpz}. */
  constructor(
    backend: Backend,
    head: ObjectHead,
    members: ReadonlyMap<string, ZipMember>,
    options: ReadOptions,
  ) {
    this.key = head.key;
    this.#backend = backend;
    this.#head = head;
    this.#members = members;
    this.#options = options;
    this.names = [...members.keys()].filter((name) => !name.endsWith("/"))
      .map((name) => name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : name);
  }

  /** The archive's members, in its order: arrays go by their names without `.npy`. */
  get members(): readonly ZipMember[] {
    return [...this.#members.values()];
  }

  /**
   * Opens an array. Of one that is stored as it is (by `numpy.savez`) slices fetch only the bytes they need; a compressed one is read whole at the first slice.
   * What is read whole, here or by `toArray`, is held against its CRC-32.
   *
   * @throws {NotFoundError} when there is no array of that name.
   * @throws {IntegrityError} when it is no `.npy` file, or contradicts the archive's directory.
   */
  async open(name: string): Promise<LazyArray> {
    return await withErrorKey(this.key, async () => {
      const member = this.#member(name);
      const { signal, onWarning, concurrency } = this.#options;
      const offset = await this.#offset(member, signal);
      const whole = (ended: AbortSignal | undefined) => this.#readWhole(member, offset, ended);
      const stream = async (ended: AbortSignal | undefined) => {
        return (await npyDecode(await this.#stream(member, offset, ended), member)).body;
      };
      if (!member.stored) {
        const layout = npyLayout(await this.#peekHeader(member, offset));
        return new LazyArray({
          key: this.key,
          layout,
          items: {
            kind: "whole",
            codec: "deflate",
            advice: "write it with numpy.savez",
            read: whole,
            stream,
          },
          signal,
          onWarning,
        });
      }
      const read = this.#reader();
      const header = await headerOf((length) => read(offset, length, { signal }), member.size);
      const items = { kind: "ranged", start: offset + header.byteOffset, read, concurrency, whole } as const;
      return new LazyArray({ key: this.key, layout: npyLayout(header), items, signal, onWarning });
    });
  }

  /** Reads an array whole, and holds it against its CRC-32; throws as {@linkcode NpzArchive.open}. */
  async read(name: string): Promise<NDArray> {
    return await withErrorKey(this.key, async () => {
      const member = this.#member(name);
      const { signal } = this.#options;
      return await this.#readWhole(member, await this.#offset(member, signal), signal);
    });
  }

  /**
   * Reads a member to its end, an array or not, and holds it against its CRC-32; as a stream.
   *
   * @returns How many bytes it has.
   * @throws {IntegrityError} when it is damaged, or is called `.npy` and is none.
   */
  async check(name: string): Promise<number> {
    return await withErrorKey(this.key, async () => {
      const member = this.#member(name);
      const { signal } = this.#options;
      if (member.size === 0 && !name.endsWith(EXTENSION)) return 0;
      const stream = await this.#stream(member, await this.#offset(member, signal), signal);
      const body = name.endsWith(EXTENSION) ? (await npyDecode(stream, member)).body : stream;
      for await (const _ of body);
      return member.size;
    });
  }

  #member(name: string): ZipMember {
    const member = this.#members.get(name) ?? this.#members.get(name + EXTENSION);
    if (member) return member;
    throw new NotFoundError(
      `there is no array "${name}" in this archive; there are ${shownNames(this.names)}`,
      {
        key: this.key,
        bucket: this.#backend.bucket,
      },
    );
  }

  #reader(): RangeReader {
    return rangeReader(this.#backend, this.#head);
  }

  async #offset(member: ZipMember, signal: AbortSignal | undefined): Promise<number> {
    const read = this.#reader();
    return await memberOffset((at, length) => read(at, length, { signal }), member, this.#head.size);
  }

  /** A member's own bytes, which are checked at their end. */
  async #stream(member: ZipMember, offset: number, signal: AbortSignal | undefined) {
    const range = { offset, length: member.compressedSize };
    if (range.length === 0) {
      throw new IntegrityError(`the member "${member.name}" is empty, and no .npy file`);
    }
    const reader = await openSameVersion(this.#backend, this.#head, { range, signal });
    const packed = reader.stream(undefined, { signal });
    const bytes = member.stored ? packed : packed.pipeThrough(new DecompressionStream("deflate-raw"));
    return streamFrom(checked(member, bytes));
  }

  async #peekHeader(member: ZipMember, offset: number) {
    const { body, ...header } = await npyDecode(
      await this.#stream(member, offset, this.#options.signal),
      member,
    );
    await body.cancel();
    return header;
  }

  async #readWhole(member: ZipMember, offset: number, signal: AbortSignal | undefined): Promise<NDArray> {
    const { body, ...header } = await npyDecode(await this.#stream(member, offset, signal), member);
    try {
      const layout = npyLayout(header);
      const target = byteTarget(layout, undefined);
      await fill(body, target);
      return arrayFromBytes(target, layout);
    } catch (error) {
      if (!body.locked) await body.cancel(error);
      throw error;
    }
  }
}

/** Passes a member's bytes on, and fails where they are others, or more or fewer, than the directory says. */
async function* checked(
  { name, size, crc }: ZipMember,
  source: ReadableStream<Uint8Array>,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  let length = 0;
  let sum = 0;
  try {
    for await (const piece of source) {
      length += piece.byteLength;
      sum = crc32(piece, sum);
      if (length > size) break;
      yield new Uint8Array(piece);
    }
  } catch (error) {
    if (error instanceof CottonCandyError || !(error instanceof TypeError)) throw error;
    throw new IntegrityError(`the member "${name}" of the archive is damaged: ${error.message}`, {
      cause: error,
    });
  }
  if (length !== size) {
    throw new IntegrityError(
      `the member "${name}" of the archive has ${
        length > size ? "more" : "fewer"
      } than the ${size} bytes that its directory says`,
    );
  }
  if (sum !== crc) {
    throw new IntegrityError(`the member "${name}" of the archive is damaged: its CRC-32 is wrong`);
  }
}

async function headerOf(read: (length: number) => Promise<Uint8Array>, size: number): Promise<NpyHeader> {
  let wanted = Math.min(FIRST_READ, size);
  while (true) {
    const parsed = parseNpyHeader(wanted === 0 ? new Uint8Array() : await read(wanted), { size });
    if (parsed.kind === "header") return parsed.header;
    wanted = parsed.byteLength;
  }
}

/**
 * Opens an archive of arrays (`.npz`) and reads its directory, by ranges.
 *
 * @throws {NotFoundError} when there is no such object.
 * @throws {IntegrityError} when it is no zip archive, cut off, or contradicts itself; when two members have one name.
 * @throws {UnsupportedError} when a member is encrypted, or compressed by another method than deflate.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { openNpz } from "@cottoncandy/cottoncandy/npz";
 *
 * const backend = new MemoryBackend();
 * // An archive without members; numpy.savez writes fuller ones.
 * await backend.put("empty.npz", Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18)));
 * const archive = await openNpz(backend, "empty.npz");
 * console.assert(archive.names.length === 0);
 * // const betas = await (await archive.open("betas")).slice(null, [0, 10]);
 * ```
 */
export async function openNpz(
  backend: Backend,
  name: string,
  options: ReadOptions = {},
): Promise<NpzArchive> {
  const head = await headObject(backend, name, options);
  return await withErrorKey(head.key, async () => {
    refuseEncrypted(head);
    const read = rangeReader(backend, head);
    const { signal } = options;
    const members = await readZipDirectory((offset, length) => read(offset, length, { signal }), head.size);
    return new NpzArchive(backend, head, members, options);
  });
}

/**
 * Stores arrays as an archive (`.npz`), as `numpy.savez` does: each as it is, so that parts of it are read. Streaming, in bounded memory.
 *
 * @param arrays Stored arrays, of any store and format, by their names in the archive.
 * @throws {InvalidArgumentError} when a name is empty or none.
 * @throws {AlreadyExistsError} when there is an object of that name and `overwrite` is false.
 *
 * @example
 * ```ts
 * import { MemoryBackend } from "@cottoncandy/cottoncandy/backends/memory";
 * import { openNpy, writeNpy } from "@cottoncandy/cottoncandy/npy";
 * import { openNpz, writeNpz } from "@cottoncandy/cottoncandy/npz";
 *
 * const backend = new MemoryBackend();
 * await writeNpy(backend, "a.npy", [1, 2, 3]);
 * await writeNpz(backend, "all.npz", new Map([["a", await openNpy(backend, "a.npy")]]));
 * console.assert((await (await openNpz(backend, "all.npz")).read("a")).get(2) === 3);
 * ```
 */
export async function writeNpz(
  backend: Backend,
  name: string,
  arrays: ReadonlyMap<string, StoredArray>,
  options: WriteOptions = {},
): Promise<UploadResult> {
  checkOptions(options, WRITE_OPTIONS);
  const key = await objectKey(backend, name, options);
  return await withErrorKey(key, async () => {
    // Loaded only when one is written, so that a page which reads stays small.
    const { putNpz } = await import("./writing.ts");
    return await putNpz(backend, key, arrays, userMetadata(options.metadata), options);
  });
}
