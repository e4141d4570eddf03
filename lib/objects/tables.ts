/**
 * What methods print of objects: tables, times and sizes, as Python's cottoncandy has them.
 *
 * @module
 */
import type { ObjectInfo } from "../../backends/backend.ts";

const MIB = 2 ** 20;
/** Names take at most so many columns, unless one is longer. */
const MAX_COLUMNS = 70;
/** Columns between the longest name and the time, but for the space that is always there. */
const COLUMN_GAP = 3;

/**
 * A line for each object: its name, when it was written (in local time), and its size in MiB.
 *
 * @returns Lines without a line end behind the last; `""` for no objects.
 */
export function objectTable(objects: readonly ObjectInfo[]): string {
  const longest = objects.reduce((most, { key }) => Math.max(most, columns(key)), 0);
  const width = Math.min(longest + COLUMN_GAP, MAX_COLUMNS);
  return objects.map(({ key, lastModified, size }) => {
    const name = key + " ".repeat(Math.max(0, width - columns(key)));
    return `${name} ${timestamp(lastModified)} ${mebibytes(size)}M`;
  }).join("\n");
}

/** A time as `2026/11/23 (01:53:30)`, in local time. */
export function timestamp(time: Date): string {
  const [month, day, hours, minutes, seconds] = [
    time.getMonth() + 1,
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
    time.getSeconds(),
  ].map((part) => String(part).padStart(2, "0"));
  return `${time.getFullYear()}/${month}/${day} (${hours}:${minutes}:${seconds})`;
}

/** Python counts code points. */
function columns(text: string): number {
  return Array.from(text).length;
}

/** A size in MiB to one decimal, halves to the even digit, as Python rounds. */
export function mebibytes(size: number): string {
  const tenths = size * 10 / MIB;
  const below = Math.floor(tenths);
  const above = tenths - below;
  const up = above > 0.5 || (above === 0.5 && below % 2 === 1);
  return ((below + Number(up)) / 10).toFixed(1);
}

/** Prints what a method is there to print; nothing else in the library prints, but for warnings. */
export function print(text: string): void {
  // deno-lint-ignore no-console -- the one place for it
  console.log(text);
}
