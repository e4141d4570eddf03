/**
 * What may be stored as metadata.
 *
 * @module
 */
import { InvalidArgumentError } from "../errors.ts";

const RESERVED = new Set(["shape", "dtype", "compression", "order", "gzip", "key"]);
// HTTP header names (RFC 9110 "token"): metadata travel as headers.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/**
 * A user's metadata as they are stored: keys in lower case, checked.
 *
 * @throws {InvalidArgumentError} for a reserved or repeated key, one that can't be a header name, or a value that would not come back as it was.
 */
export function userMetadata(metadata: Readonly<Record<string, string>> = {}): Record<string, string> {
  for (const name of Object.keys(metadata)) {
    const key = name.toLowerCase();
    if (RESERVED.has(key) || key.startsWith("cc-")) {
      throw new InvalidArgumentError(`the metadata key "${name}" is reserved: choose another name`);
    }
  }
  return storableMetadata(metadata);
}

/** Like {@linkcode userMetadata}, with reserved keys allowed: for whoever writes a format's own metadata. */
export function storableMetadata(metadata: Readonly<Record<string, string>> = {}): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    const key = name.toLowerCase();
    if (!TOKEN.test(key)) {
      throw new InvalidArgumentError(
        `${JSON.stringify(name)} can't be a metadata key: use letters, digits, "-" and "_"`,
      );
    }
    if (Object.hasOwn(clean, key)) {
      throw new InvalidArgumentError(`the metadata key "${name}" is given twice: case does not matter`);
    }
    if (typeof value !== "string" || !PRINTABLE_ASCII.test(value) || value !== value.trim()) {
      throw new InvalidArgumentError(
        `the metadata value of "${name}" must be a string of printable ASCII without spaces at its ends, not ${
          JSON.stringify(value)
        }: ` +
          "encode it, as JSON or base64",
      );
    }
    clean[key] = value;
  }
  return clean;
}

/** Bytes that names and values have together, as stores count them. */
export function metadataSize(metadata: Readonly<Record<string, string>>): number {
  return Object.entries(metadata).reduce((size, [name, value]) => size + name.length + value.length, 0);
}

/**
 * Checks that metadata fit into a store before any byte is sent.
 *
 * @param limit How many bytes names and values may have together.
 */
export function checkMetadataSize(
  metadata: Readonly<Record<string, string>>,
  limit: number,
  key: string,
): void {
  const size = metadataSize(metadata);
  if (size > limit) {
    throw new InvalidArgumentError(
      `${size} bytes of metadata are more than the ${limit} that the store takes: put the rest into an object of its own`,
      { key },
    );
  }
}
