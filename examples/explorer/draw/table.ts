/**
 * An array as a table: which of its items is in which cell.
 *
 * @module
 */
import type { NDArray } from "../../../lib/array/mod.ts";
import type { Table } from "./matrix.ts";
import { boxOf, shownPart } from "./scene.ts";
import type { Drawable, Settings } from "./state.ts";
import type { Box } from "./tiles.ts";
import { itemText } from "./values.ts";

/** What a table tells. */
export interface TableEvents {
  /** Which item is at the cursor, and its text. */
  readonly onCell: (index: readonly number[], text: string) => void;
  /** Why items could not be read. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * The table of two axes, or of one, downwards.
 *
 * @param read Reads a box, or nothing where that needs to be asked for.
 */
export function tableOf(
  array: Drawable,
  settings: Settings,
  read: (box: Box, signal: AbortSignal) => Promise<NDArray | undefined>,
  { onCell, onFailure }: TableEvents,
): Table {
  const { shape } = array;
  const { x, y } = settings;
  return {
    rows: shape[y ?? x] ?? 1,
    columns: y === undefined ? 1 : shape[x],
    rowLabel: `axis ${y ?? x}`,
    columnLabel: `axis ${x}`,
    async read(rows, columns, signal) {
      const box = y === undefined
        ? boxOf(array, settings, rows, undefined)
        : boxOf(array, settings, columns, rows);
      const items = await read(box, signal);
      if (!items) return undefined;
      const part = shownPart(items, array, settings);
      return Array.from(
        { length: rows.count },
        (_, row) =>
          Array.from(
            part.shape.length === 0 ? part : part.slice(row),
            (item) => itemText(item, part.dtype, part.fields),
          ),
      );
    },
    onCell(row, column, text) {
      const index = settings.at.map((place, axis) => axis === (y ?? x) ? row : axis === x ? column : place);
      onCell(index, text);
    },
    onFailure,
  };
}
