import type { ObjectInfo } from "../../backends/backend.ts";
import { objectTable } from "./table.ts";

/** What a search found, as Python's cottoncandy prints it: a table, and a line that counts. */
export function searchReport(pattern: string, found: readonly ObjectInfo[]): string {
  const count = `Found ${found.length} objects matching "${pattern}"`;
  return found.length === 0 ? count : `${objectTable(found)}\n${count}`;
}
