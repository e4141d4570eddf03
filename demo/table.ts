/** One line of a table: cells with their widths, negative ones to the left. */
export function row(cells: readonly (readonly [string, number])[]): string {
  return cells.map(([text, width]) => width < 0 ? text.padEnd(-width) : text.padStart(width)).join("  ")
    .trimEnd();
}

/** The line below a table's head. */
export function rule(widths: readonly number[]): string {
  return widths.map((width) => "─".repeat(Math.abs(width))).join("  ");
}
