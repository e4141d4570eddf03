/**
 * How an object is cut into parts, and which checksum guards each body that is sent.
 *
 * @module
 */
import { toBase64 } from "../../../lib/base64.ts";
import { Crc, digestOf } from "../../../lib/checksums.ts";
import { InvalidArgumentError, UnsupportedError } from "../../../lib/errors.ts";
import { isUncertain } from "../../transport/mod.ts";
import { isOtherChecksum, refusesChecksum, refusesSomeHeader, refusesWholeChecksum } from "../errors.ts";
import { type S3Failure, s3FailureOf } from "../failure.ts";
import { MIN_PART, type S3Checksums } from "../options.ts";
import type { S3Store } from "../store.ts";

/** Bytes of a MiB. */
export const MiB = 1024 * 1024;
/** Parts of an upload, at most. */
export const MAX_PARTS = 10_000;
/** Bytes of an object, at most. */
export const MAX_OBJECT = 5 * 1024 * 1024 * MiB;
/** Bytes of the first parts where nothing else is known. */
export const FIRST_PART = 8 * MiB;
/** Parts before they begin to grow. */
const LEVEL = 1000;
/** By how much each further part is larger: so that 10,000 of them hold 5 TiB. */
const GROWTH = 132 * 1024;

/**
 * How long each part of an upload is. With a number all parts are equal; so they are where the object's size is known. Where it isn't, parts
 * begin at 8 MiB and grow after 8 GB, steadily rather than by doubling, since a part has to fit into memory.
 */
export class PartPlan {
  readonly #equal?: number;
  readonly #total?: number;

  /**
   * @param setting Bytes a part, or `"auto"`.
   * @param total The object's size, where known.
   * @throws {InvalidArgumentError} when the parts can't hold the object.
   */
  constructor(setting: number | "auto" = "auto", total?: number) {
    if (total !== undefined && total > MAX_OBJECT) {
      throw new InvalidArgumentError(`${total} bytes are more than the 5 TiB that S3 takes`, {
        committed: "no",
      });
    }
    if (setting !== "auto") this.#equal = setting;
    else if (total !== undefined) {
      this.#equal = Math.max(FIRST_PART, Math.ceil(total / MAX_PARTS / MiB) * MiB);
    }
    this.#total = total;
    if (this.#equal !== undefined && total !== undefined && total > this.#equal * MAX_PARTS) {
      const least = Math.max(MIN_PART, Math.ceil(total / MAX_PARTS));
      throw new InvalidArgumentError(
        `${total} bytes don't fit into ${MAX_PARTS} parts of ${this.#equal}: set \`partSize\` to ${least} or more`,
        { committed: "no" },
      );
    }
  }

  /**
   * Bytes of a part, counted from 0; the object's last may be shorter.
   *
   * @throws {InvalidArgumentError} beyond the last part that S3 takes.
   */
  size(index: number): number {
    if (index >= MAX_PARTS) {
      throw new InvalidArgumentError(
        `the stream goes on after ${MAX_PARTS} parts: set a larger \`partSize\`, or give \`size\``,
        { committed: "no" },
      );
    }
    return this.#equal ?? FIRST_PART + Math.max(0, index - LEVEL) * GROWTH;
  }

  /** Bytes to set aside for a part of which `before` bytes precede it: no more than the object has. */
  room(index: number, before: number): number {
    const size = this.size(index);
    // At least one byte, so that a stream longer than it was said to be is noticed and not lost.
    return this.#total === undefined ? size : Math.max(1, Math.min(size, this.#total - before));
  }
}

/** The checksum that guards a body, under the names that the SDK has for it. */
export interface ChecksumFields {
  /** CRC-32 in base64. */
  ChecksumCRC32?: string;
  /** CRC-32C in base64. */
  ChecksumCRC32C?: string;
  /** CRC-64/NVME in base64. */
  ChecksumCRC64NVME?: string;
  /** SHA-256 in base64. */
  ChecksumSHA256?: string;
  /** MD5 in base64. */
  ContentMD5?: string;
}

/** What guarded a body that was sent. */
export interface BodyChecksum {
  /** How it is made. */
  readonly setting: S3Checksums;
  /** What the command carries. */
  readonly fields: ChecksumFields;
  /** The CRC, where it is one: those of the parts add up to the object's. */
  readonly crc?: Crc;
}

/** A CRC as a command's field. */
export function crcField(crc: Crc): ChecksumFields {
  return { [`Checksum${crc.algorithm}`]: crc.toBase64() };
}

async function guardOf(setting: S3Checksums, bytes: Uint8Array<ArrayBuffer>): Promise<BodyChecksum> {
  if (setting === false) return { setting, fields: {} };
  if (setting === "MD5") return { setting, fields: { ContentMD5: toBase64(await digestOf("MD5", bytes)) } };
  if (setting === "SHA256") {
    return { setting, fields: { ChecksumSHA256: toBase64(await digestOf("SHA256", bytes)) } };
  }
  const crc = new Crc(setting).update(bytes);
  return { setting, crc, fields: crcField(crc) };
}

/**
 * Sends a body with its checksum; where the store refuses the checksum, with one that it knows, or with none.
 *
 * @param first The checksum to begin with; default the one that the store is known to take.
 */
export async function withChecksum<T>(
  store: S3Store,
  key: string,
  bytes: Uint8Array<ArrayBuffer>,
  send: (guard: BodyChecksum) => Promise<T>,
  first?: S3Checksums,
): Promise<T> {
  return await withChecksumSetting(
    store,
    key,
    async (setting) => await send(await guardOf(setting, bytes)),
    first,
  );
}

/** Makes a request that names a checksum; again with what remains when the store refuses it, which is learned when that helps. */
export async function withChecksumSetting<T>(
  store: S3Store,
  key: string,
  send: (setting: S3Checksums) => Promise<T>,
  first: S3Checksums = store.dialect.checksums,
): Promise<T> {
  let refusal: S3Failure | undefined;
  let setting = first;
  while (true) {
    try {
      const result = await send(setting);
      if (refusal) store.dialect.takesChecksum(setting, first, key, refusal.message);
      return result;
    } catch (error) {
      const failure = s3FailureOf(error);
      // Where the store does not say which header it means, that may be another one: Content-MD5 all stores know.
      const refused = refusesChecksum(failure) || (setting !== "MD5" && refusesSomeHeader(failure));
      // An earlier attempt of which no answer came had the same header, and was refused as well.
      if (setting === false || !refused) throw error;
      refusal ??= failure;
      setting = setting === "MD5" ? false : "MD5";
    }
  }
}

/** The checksum of a whole object in parts, as the request that puts it together carries it. */
export type WholeChecksum = ChecksumFields & { readonly ChecksumType?: "FULL_OBJECT" };

/**
 * Has parts put together with the checksum of the whole; without, where the store doesn't know such: each part had its own.
 *
 * @param whole The whole's checksum, where it is known, and whether the store has confirmed that it takes such.
 */
export async function withWholeChecksum<T>(
  { dialect, bucket }: S3Store,
  key: string,
  { crc, confirmed }: { readonly crc: Crc | undefined; readonly confirmed: boolean },
  complete: (checksum: WholeChecksum) => Promise<T>,
): Promise<T> {
  if (!crc || !dialect.fullObject) return await complete({});
  try {
    return await complete({ ...crcField(crc), ChecksumType: "FULL_OBJECT" });
  } catch (error) {
    const failure = s3FailureOf(error);
    if (isUncertain(error) || !refusesWholeChecksum(failure)) throw error;
    // Who knows such checksums means the bytes.
    if (confirmed && isOtherChecksum(failure)) throw error;
    try {
      const output = await complete({});
      dialect.knowsNoFullObject(key, failure.message);
      return output;
    } catch (again) {
      if (isUncertain(again) || !refusesWholeChecksum(s3FailureOf(again))) throw again;
      throw new UnsupportedError(
        `the store does not put the parts of "${key}" together for their checksums (${failure.message}). Set \`checksums\` to "MD5" or false.`,
        { key, bucket, cause: again, committed: "no" },
      );
    }
  }
}

/** Where TLS and a checksum protect a body, its SHA-256 in the signature, which costs more than all the rest, is left out. */
export function bodyHeaders(store: S3Store, { fields }: BodyChecksum): Record<string, string> {
  return store.encrypted && Object.keys(fields).length > 0
    ? { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }
    : {};
}
