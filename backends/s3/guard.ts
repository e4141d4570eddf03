import { Crc, type CrcAlgorithm } from "../checksum/crc.ts";
import { adjust, type Adjustable } from "./command.ts";
import { failureOf, refusesChecksum } from "./errors.ts";
import type { S3Checksums } from "./options.ts";
import type { S3Store } from "./store.ts";

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
export interface Guard {
  /** What the command carries. */
  readonly fields: ChecksumFields;
  /** The CRC, where it is one: those of the parts add up to the object's. */
  readonly crc?: Crc;
}

/** Whether a checksum is one of the CRCs. */
export function isCrc(name: string | false): name is CrcAlgorithm {
  return name === "CRC32" || name === "CRC32C" || name === "CRC64NVME";
}

/** A CRC as a command's field. */
export function crcField(crc: Crc): ChecksumFields {
  return { [`Checksum${crc.algorithm}`]: crc.toBase64() };
}

async function guardOf(store: S3Store, setting: S3Checksums, bytes: Uint8Array): Promise<Guard> {
  if (setting === false) return { fields: {} };
  if (setting === "MD5") return { fields: { ContentMD5: await store.digest("md5", bytes) } };
  if (setting === "SHA256") return { fields: { ChecksumSHA256: await store.digest("sha256", bytes) } };
  const crc = new Crc(setting).update(bytes);
  return { crc, fields: crcField(crc) };
}

/** Sends a body with its checksum; where the store refuses the checksum, with one that it knows, or with none. */
export async function guarded<T>(
  store: S3Store,
  key: string,
  bytes: Uint8Array,
  send: (guard: Guard) => Promise<T>,
): Promise<T> {
  return await tolerant(store, key, async (setting) => await send(await guardOf(store, setting, bytes)));
}

/** Makes a request that names a checksum; again with what remains when the store refuses it. */
export async function tolerant<T>(
  store: S3Store,
  key: string,
  send: (setting: S3Checksums) => Promise<T>,
): Promise<T> {
  while (true) {
    const used = store.dialect.checksums;
    try {
      return await send(used);
    } catch (error) {
      const failure = failureOf(error);
      if (!refusesChecksum(failure) || !store.dialect.withoutChecksum(used, key, failure.message)) {
        throw error;
      }
    }
  }
}

/**
 * Leaves out what was not asked for: the content type that the SDK gives to bytes, and, where TLS and a checksum protect the body, its SHA-256 in the
 * signature, which costs more than all the rest.
 */
export function trim<Input extends object, Output extends object>(
  store: S3Store,
  command: Adjustable<Input, Output>,
  guard: Guard,
  contentType?: string,
): void {
  const light = store.encrypted && Object.keys(guard.fields).length > 0;
  adjust(command, ({ headers }) => {
    if (contentType === undefined) delete headers["content-type"];
    if (light) headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
  });
}
