import { InvalidArgumentError } from "../../errors.ts";
import { hashable } from "./hashable.ts";
import { type Key, Keys } from "./keys.ts";

/** Looks through the keys of dicts and the items of sets that are to be written. */
export class KeyCheck {
  readonly #keys = new Keys(hashable);

  /**
   * Checks the keys of one dict.
   *
   * @throws {InvalidArgumentError} when Python can't hash one, or would take two for the same.
   */
  check(values: Iterable<unknown>): void {
    const seen = new Map<Key, unknown>();
    for (const value of values) {
      const key = this.#keys.of(value);
      if (key === undefined) {
        throw new InvalidArgumentError(
          `Python can't hash this ${
            nameOf(value)
          }, so it is no key of a dict and no item of a set: use text, a number or a Tuple of them`,
        );
      }
      if (seen.has(key)) {
        throw new InvalidArgumentError(
          `${show(seen.get(key))} and ${
            show(value)
          } are equal in Python, so that a dict or set can't hold both`,
        );
      }
      seen.set(key, value);
    }
  }
}

/** What a value is called here, for messages. */
export function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  return value.constructor?.name || "object";
}

function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, 40));
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : `a ${nameOf(value)}`;
  }
  return String(value);
}
