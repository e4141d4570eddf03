import { IntegrityError, InvalidArgumentError } from "../lib/errors.ts";
import type { Body, PutOptions } from "./backend.ts";
import { checkReadable, checkSize } from "./body.ts";
import { checkKey } from "./keys.ts";
import { checkMetadata } from "./metadata.ts";

/** What {@linkcode checkPutOptions} has to know of a store. */
export interface PutLimits {
  /** The store's bucket, where it has one, for the errors' details. */
  readonly bucket?: string;
  /** Bytes that names and values of the metadata may have together. */
  readonly metadataLimit: number;
}

/**
 * Checks what a put asks for, before anything is sent or written: the key, the metadata, the conditions, the body, and its size where it is
 * in memory. What only some stores know, such as canned ACLs and sizes of parts, is theirs to check.
 *
 * @returns The metadata as they are stored.
 * @throws {InvalidArgumentError} when an option is none that a store could follow, or the body can't be read.
 * @throws {IntegrityError} when bytes in memory are not as many as `size` says.
 *
 * @example
 * ```ts
 * import { checkPutOptions } from "@cottoncandy/cottoncandy/backends";
 *
 * const limits = { bucket: "lab", metadataLimit: 2048 };
 * const metadata = checkPutOptions("sub01/notes", Uint8Array.of(1, 2), { size: 2, metadata: { Run: "1" } }, limits);
 * console.assert(metadata.run === "1");
 * ```
 */
export function checkPutOptions(
  key: string,
  body: Body,
  options: PutOptions,
  { bucket, metadataLimit }: PutLimits,
): Readonly<Record<string, string>> {
  const where = { key, bucket, committed: "no" } as const;
  checkKey(key, where);
  const metadata = checkMetadata(options.metadata, metadataLimit, where);
  const { size, ifAbsent, ifMatch } = options;
  if (ifAbsent && ifMatch !== undefined) {
    throw new InvalidArgumentError("`ifAbsent` and `ifMatch` exclude each other", where);
  }
  checkSize(size, where);
  checkReadable(body, where);
  if (body instanceof Uint8Array && size !== undefined && size !== body.length) {
    throw new IntegrityError(`the body of "${key}" has ${body.length} bytes, not ${size}`, where);
  }
  return metadata;
}
