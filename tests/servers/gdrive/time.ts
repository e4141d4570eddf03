/** Times as RFC 3339 writes them. */

const FORM = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** The time; `undefined` for what is none. Without a zone it is UTC, without a time of day it is midnight. */
export function parseTime(text: string): Date | undefined {
  const m = FORM.exec(text);
  if (!m) return undefined;
  const time = new Date(`${m[1]}T${m[2] ?? "00:00:00"}${m[3] ?? "Z"}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
