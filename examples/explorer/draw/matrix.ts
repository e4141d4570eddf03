/**
 * Items as a table, of which only what is seen is there: a window over rows and columns, as long and wide as the array.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { AxisRange } from "../../../lib/array/chunks/mod.ts";
import { h } from "../dom.ts";

/** What the table is of. */
export interface Table {
  readonly rows: number;
  readonly columns: number;
  /** What the axes are: `axis 0`. */
  readonly rowLabel: string;
  readonly columnLabel: string;
  /** Texts of the cells of a part, row by row; nothing where that was not read. */
  read(
    rows: AxisRange,
    columns: AxisRange,
    signal: AbortSignal,
  ): Promise<readonly (readonly string[])[] | undefined>;
  /** Is told which cell is at the cursor, once its text is there. */
  onCell(row: number, column: number, text: string): void;
  /** Is told why the cells that are seen could not be read. */
  onFailure(error: unknown): void;
}

const ROW = 26;
const COLUMN = 108;
const HEAD = 72;
/** No cells at all. */
const NONE = { row: -1, column: -1, rows: 0, columns: 0 };
/** Elements can't be any higher in every browser; beyond, a pixel is more than a part of a row. */
const LONGEST = 8_000_000;

/** The table. */
export class Matrix {
  readonly element: HTMLElement;
  readonly #sizer: HTMLElement = h("div", { class: "draw-sizer", role: "presentation" });
  readonly #body: HTMLElement = h("div", { class: "draw-cells", role: "rowgroup" });
  readonly #observer: ResizeObserver;
  #table: Table | undefined;
  #cell = { row: 0, column: 0 };
  /** Whether somebody went to the cell at the cursor, and was told its text: that is there later. */
  #told: "nobody" | "not yet" | "told" = "nobody";
  /** The cells that are there, or on their way. */
  #first = NONE;
  #reading = new AbortController();

  /** An empty table. */
  constructor() {
    this.element = h(
      "div",
      { class: "draw-matrix", role: "grid", tabindex: 0, "aria-label": "Items" },
      this.#sizer,
      this.#body,
    );
    this.element.addEventListener("scroll", () => this.#update());
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("click", ({ target }) => {
      if (!(target instanceof HTMLElement) || target.dataset.row === undefined) return;
      this.#select(Number(target.dataset.row), Number(target.dataset.column));
    });
    this.#observer = new ResizeObserver(() => this.#update());
    this.#observer.observe(this.element);
  }

  /** Shows a table, and waits for its cells; the window stays where it is as far as there is something. */
  async show(table: Table): Promise<void> {
    const isOther = this.#table?.rows !== table.rows || this.#table.columns !== table.columns;
    this.#table = table;
    if (isOther) [this.#cell, this.#told] = [{ row: 0, column: 0 }, "nobody"];
    else if (this.#told === "told") this.#told = "not yet";
    this.element.setAttribute("aria-rowcount", `${table.rows + 1}`);
    this.element.setAttribute("aria-colcount", `${table.columns + 1}`);
    this.#sizer.style.width = `${HEAD + Math.min(LONGEST, table.columns * COLUMN)}px`;
    this.#sizer.style.height = `${ROW + Math.min(LONGEST, table.rows * ROW)}px`;
    // Those of another table; also where there is no room for any now.
    this.#first = NONE;
    await this.#update();
  }

  /** Takes everything back. */
  destroy(): void {
    this.#reading.abort();
    this.#observer.disconnect();
    this.element.remove();
  }

  /** The rows and columns that are seen. */
  #seen({ rows, columns }: Table): { row: number; column: number; rows: number; columns: number } {
    const { clientWidth, clientHeight, scrollLeft, scrollTop, scrollWidth, scrollHeight } = this.element;
    const high = Math.min(rows, Math.max(1, Math.floor((clientHeight - ROW) / ROW)));
    const wide = Math.min(columns, Math.max(1, Math.floor((clientWidth - HEAD) / COLUMN)));
    const share = (at: number, most: number) => most > 0 ? Math.min(1, at / most) : 0;
    return {
      row: Math.round(share(scrollTop, scrollHeight - clientHeight) * (rows - high)),
      column: Math.round(share(scrollLeft, scrollWidth - clientWidth) * (columns - wide)),
      rows: high,
      columns: wide,
    };
  }

  async #update(): Promise<void> {
    const table = this.#table;
    if (!table || this.element.clientHeight === 0) return;
    const seen = this.#seen(table);
    const before = this.#first;
    const isSame = seen.row === before.row && seen.column === before.column && seen.rows === before.rows &&
      seen.columns === before.columns;
    if (isSame) return;
    this.#first = seen;
    this.#fill(table, undefined);
    const old = this.#reading;
    const reading = this.#reading = new AbortController();
    try {
      const { rows, columns } = begun(seen, table);
      const texts = table.read(
        { start: seen.row, step: 1, count: rows },
        { start: seen.column, step: 1, count: columns },
        reading.signal,
      );
      // What both need is not asked for twice.
      setTimeout(() => old.abort());
      const read = await texts;
      if (!reading.signal.aborted && read) this.#fill(table, read);
    } catch (error) {
      if (!reading.signal.aborted) table.onFailure(error);
    }
  }

  #fill(table: Table, texts: readonly (readonly string[])[] | undefined): void {
    const { row, column } = this.#first;
    const { rows, columns } = begun(this.#first, table);
    const head = h(
      "div",
      { class: "draw-row", role: "row", "aria-rowindex": 1 },
      h("span", {
        class: "draw-head",
        role: "columnheader",
        "aria-colindex": 1,
        title: `${table.rowLabel} down, ${table.columnLabel} to the right`,
      }, "↓ →"),
      ...Array.from({ length: columns }, (_, j) =>
        h(
          "span",
          { class: "draw-cell draw-head", role: "columnheader", "aria-colindex": column + j + 2 },
          `${column + j}`,
        )),
    );
    const lines = Array.from(
      { length: rows },
      (_, i) =>
        h(
          "div",
          { class: "draw-row", role: "row", "aria-rowindex": row + i + 2 },
          h("span", { class: "draw-head", role: "rowheader", "aria-colindex": 1 }, `${row + i}`),
          ...Array.from({ length: columns }, (_, j) => {
            const isAt = row + i === this.#cell.row && column + j === this.#cell.column;
            const text = texts?.[i]?.[j];
            return h("span", {
              class: `draw-cell${isAt ? " is-at" : ""}`,
              id: isAt ? "draw-cell-at" : undefined,
              role: "gridcell",
              "aria-colindex": column + j + 2,
              "aria-selected": isAt ? "true" : undefined,
              "aria-busy": text === undefined ? "true" : undefined,
              "data-row": row + i,
              "data-column": column + j,
              title: text !== undefined && text.length > 14 ? text : undefined,
            }, text ?? "…");
          }),
        ),
    );
    this.#body.replaceChildren(head, ...lines);
    this.element.setAttribute("aria-activedescendant", "draw-cell-at");
    this.#tell();
  }

  #key(event: KeyboardEvent): void {
    const table = this.#table;
    if (!table || event.altKey || event.metaKey) return;
    const { row, column } = this.#cell;
    const page = this.#first.rows;
    const to = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      PageUp: [row - page, column],
      PageDown: [row + page, column],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? table.rows - 1 : row, table.columns - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    this.#select(
      Math.min(Math.max(0, to[0]), table.rows - 1),
      Math.min(Math.max(0, to[1]), table.columns - 1),
    );
  }

  #select(row: number, column: number): void {
    const table = this.#table;
    if (!table) return;
    this.#cell = { row, column };
    const { rows, columns } = this.#first;
    const { clientWidth, clientHeight, scrollWidth, scrollHeight } = this.element;
    const moved = (first: number, seen: number, at: number, all: number, room: number) => {
      const start = at < first ? at : at >= first + seen ? at - seen + 1 : first;
      return start === first || all <= seen ? undefined : start / (all - seen) * room;
    };
    const top = moved(this.#first.row, rows, row, table.rows, scrollHeight - clientHeight);
    const left = moved(this.#first.column, columns, column, table.columns, scrollWidth - clientWidth);
    if (top !== undefined) this.element.scrollTop = top;
    if (left !== undefined) this.element.scrollLeft = left;
    for (const cell of this.#body.querySelectorAll<HTMLElement>("[data-row]")) {
      const isAt = Number(cell.dataset.row) === row && Number(cell.dataset.column) === column;
      cell.classList.toggle("is-at", isAt);
      cell.id = isAt ? "draw-cell-at" : "";
      if (isAt) cell.setAttribute("aria-selected", "true");
      else cell.removeAttribute("aria-selected");
    }
    this.#told = "not yet";
    this.#tell();
  }

  /** Tells of the cell at the cursor, once, when its text is there. */
  #tell(): void {
    const cell = this.#body.querySelector("#draw-cell-at");
    if (this.#told !== "not yet" || !cell || cell.ariaBusy === "true") return;
    this.#told = "told";
    this.#table?.onCell(this.#cell.row, this.#cell.column, cell.textContent ?? "");
  }
}

/** How many rows and columns there are, with those of which only a part is seen. */
function begun(
  { row, column, rows, columns }: { row: number; column: number; rows: number; columns: number },
  table: Table,
): { rows: number; columns: number } {
  return {
    rows: Math.min(rows + 1, table.rows - row),
    columns: Math.min(columns + 1, table.columns - column),
  };
}
