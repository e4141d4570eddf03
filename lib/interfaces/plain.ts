/**
 * Objects that are to be understood, not just moved: their bytes must not be encrypted.
 *
 * @module
 */
import type { Backend, ObjectHead } from "../../backends/backend.ts";
import { SCHEME_ENTRY } from "../../crypto/scheme.ts";
import { UnsupportedError } from "../errors.ts";
import { cleanName } from "../names.ts";
import type { ReadOptions } from "./options.ts";

/**
 * Throws where an object's bytes are encrypted, as a store that decrypts never says: as an array's items they would be numbers like any others.
 *
 * @throws {UnsupportedError} which says how to open the store.
 */
export function checkPlain({ key, metadata }: Pick<ObjectHead, "key" | "metadata">): void {
  if (!Object.hasOwn(metadata, SCHEME_ENTRY)) return;
  const scheme = metadata[SCHEME_ENTRY];
  throw new UnsupportedError(
    `"${key}" is encrypted (${scheme}): open the store with getEncryptedInterface and the key, or read the bytes as they are stored, as with downloadObject`,
    { key },
  );
}

/** The bytes of an object that is to be understood, in memory. */
export async function readPlain(
  backend: Backend,
  name: string,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = await backend.open(cleanName(name), { ...options, parallel: true });
  try {
    checkPlain(reader.info);
    return await reader.read(undefined, { signal: options.signal });
  } finally {
    await reader.close();
  }
}
