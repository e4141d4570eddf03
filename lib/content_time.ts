/**
 * When an object's content last changed: an entry of its metadata, as rclone keeps it, since no store lets anybody say when an object was written.
 *
 * @module
 */

/** The entry's name. Its value is the time in seconds since 1970, a decimal number. */
export const MTIME = "mtime";

const DECIMAL = /^-?\d{1,12}(\.\d{1,9})?$/;

/** When content last changed, in milliseconds since 1970, as its metadata tell; `undefined` where they don't. */
export function contentTimeOf(metadata: Readonly<Record<string, string>>): number | undefined {
  if (!Object.hasOwn(metadata, MTIME)) return undefined;
  const text = metadata[MTIME];
  return DECIMAL.test(text) ? Number(text) * 1000 : undefined;
}

/** A time in milliseconds since 1970 as the entry has it: `"1700000000.5"`. */
export function formatContentTime(milliseconds: number): string {
  return `${Math.round(milliseconds) / 1000}`;
}

/** Whether two times are one, where one may have been kept in milliseconds, or in seconds: then no more is known of it. */
export function isSameTime(a: number, b: number): boolean {
  if (Math.abs(a - b) <= 1) return true;
  return (a % 1000 === 0 || b % 1000 === 0) && Math.floor(a / 1000) === Math.floor(b / 1000);
}
