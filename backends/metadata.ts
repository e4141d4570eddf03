import { type ErrorDetails, InvalidArgumentError } from "../lib/errors.ts";

/** What an HTTP header's name may consist of, after lower-casing. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Printable ASCII that a header carries unchanged: no space at either end. */
const VALUE = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;

/**
 * User metadata as every store can keep it: keys in lower case, values of printable ASCII.
 *
 * @param metadata What the caller gives; `undefined` is none.
 * @param limit How many bytes names and values may have together.
 * @param details What errors tell beside their message.
 * @throws {InvalidArgumentError} when a key or a value can't be stored, when two keys differ only in case, or when there is too much.
 *
 * @example
 * ```ts
 * import { checkMetadata } from "@cottoncandy/cottoncandy/backends";
 *
 * console.assert(checkMetadata({ Subject: "S01" }, 2048).subject === "S01");
 * ```
 */
export function checkMetadata(
  metadata: Readonly<Record<string, string>> | undefined,
  limit: number,
  details: ErrorDetails = {},
): Readonly<Record<string, string>> {
  const entries = new Map<string, string>();
  let bytes = 0;
  for (const [given, value] of Object.entries(metadata ?? {})) {
    const name = given.toLowerCase();
    if (!NAME.test(name)) {
      throw new InvalidArgumentError(
        `metadata key ${JSON.stringify(given)}: use ASCII letters, digits, "-", "_" and "."`,
        details,
      );
    }
    if (typeof value !== "string" || !VALUE.test(value)) {
      throw new InvalidArgumentError(
        `metadata ${
          JSON.stringify(given)
        }: the value must be a string of printable ASCII without space at either end; ` +
          `encode it, or store it as an object of its own`,
        details,
      );
    }
    if (entries.has(name)) {
      throw new InvalidArgumentError(
        `metadata has the key "${name}" twice: case makes no difference`,
        details,
      );
    }
    entries.set(name, value);
    bytes += name.length + value.length;
  }
  if (bytes > limit) {
    throw new InvalidArgumentError(
      `the metadata have ${bytes} bytes, the store takes ${limit}; store the rest as an object of its own`,
      details,
    );
  }
  return Object.freeze(Object.fromEntries(entries));
}
