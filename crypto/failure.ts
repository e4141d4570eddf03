import { IntegrityError } from "../lib/errors.ts";

/**
 * The one error for whatever is not authentic. It tells neither which check failed nor anything of the keys.
 *
 * @param key The object's key, where it is known.
 * @param hint What helps, and whoever sees the object knows anyway.
 */
export function notAuthentic(key: string | undefined, hint?: string): IntegrityError {
  return new IntegrityError(
    `${
      key === undefined ? "what was read" : JSON.stringify(key)
    } is not authentic: its bytes or metadata were changed or cut off, it belongs to ` +
      `another name, or it was encrypted with another key${hint === undefined ? "" : ` (${hint})`}`,
    key === undefined ? {} : { key },
  );
}
