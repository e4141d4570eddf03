import { InvalidArgumentError } from "../../../lib/errors.ts";

/** An object of a parsed JSON file. */
export type Fields = Readonly<Record<string, unknown>>;

/** The members of a value that is an object, but no array. */
export function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

/** Whether a field says something: Python writes `null` for what it doesn't know. */
export function has(fields: Fields, name: string): boolean {
  const value = fields[name];
  return value !== undefined && value !== null && value !== "";
}

/**
 * A field that must be there.
 *
 * @param what What the file is, for messages; what stands in it is not shown.
 * @param advice What to do when the field is missing.
 * @throws {InvalidArgumentError} when it is missing, or no text.
 */
export function required(fields: Fields, name: string, what: string, advice: string): string {
  if (!has(fields, name)) throw new InvalidArgumentError(`${what} has no \`${name}\`: ${advice}`);
  return text(fields[name], name, what);
}

/** A field that may be missing, as it can be spread into an object. */
export function optional<Name extends string>(
  fields: Fields,
  name: Name,
  what: string,
): { readonly [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  if (has(fields, name)) found[name] = text(fields[name], name, what);
  return found;
}

/** Scopes: a list, or one text with spaces between them. */
export function scopesOf(fields: Fields, what: string): { readonly scopes?: readonly string[] } {
  if (!has(fields, "scopes")) return {};
  const { scopes } = fields;
  const list: readonly unknown[] = typeof scopes === "string"
    ? scopes.split(" ").filter(Boolean)
    : Array.isArray(scopes)
    ? scopes
    : [undefined];
  return { scopes: list.map((scope) => text(scope, "scopes", what)) };
}

function text(value: unknown, name: string, what: string): string {
  if (typeof value === "string") return value;
  throw new InvalidArgumentError(`\`${name}\` of ${what} is no text`);
}
