/**
 * A value of JSON or of a pickle, to unfold.
 *
 * @module
 */
/// <reference lib="dom" />
import { isNDArray } from "@cottoncandy/cottoncandy/array";
import { h } from "./dom.ts";
import { bytesText, countText, dtypeText, shapeText } from "./words.ts";

/** Entries that are shown at first, and added at each time. */
const PAGE = 100;
/** Characters of a text that are shown on its line. */
const LONGEST = 400;
/** How deep a value is unfolded at first, and how many entries it may have for that. */
const OPEN = { depth: 3, entries: 20 };

/** Shows a value under a name. What is in it is made when somebody unfolds it. */
export function valueView(name: string, value: unknown): HTMLElement {
  return h("div", { class: "value" }, entryView(name, value, 0));
}

function entryView(name: string, value: unknown, depth: number): HTMLElement {
  const parts = partsOf(value);
  const label = h("span", { class: "value-name" }, name);
  if (!parts) return h("div", { class: "value-leaf" }, label, ": ", leafView(value));
  const { entries, title } = parts;
  const summary = h("summary", {}, label, " ", h("span", { class: "value-kind" }, title));
  const details = h("details", {}, summary);
  const list = h("div", { class: "value-entries" });
  details.append(list);
  let shown = 0;
  const more = h("button", { class: "quiet", onclick: () => add() }, "More");
  const add = () => {
    more.remove();
    const next = entries.slice(shown, shown + PAGE);
    list.append(...next.map(([name, value]) => entryView(name, value, depth + 1)));
    shown += next.length;
    if (shown < entries.length) {
      more.textContent = `${(entries.length - shown).toLocaleString("en")} more`;
      list.append(more);
    }
  };
  details.addEventListener("toggle", () => {
    if (details.open && shown === 0) add();
  });
  if (depth < OPEN.depth && entries.length <= OPEN.entries) {
    details.open = true;
    add();
  }
  return details;
}

interface Parts {
  readonly title: string;
  readonly entries: readonly (readonly [name: string, value: unknown])[];
}

/** What is in a value; `undefined` for one that has no parts. */
function partsOf(value: unknown): Parts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof Uint8Array) return undefined;
  if (isNDArray(value)) return undefined;
  if (Array.isArray(value)) {
    return { title: countText(value.length, "item"), entries: value.map((item, i) => [`${i}`, item]) };
  }
  if (value instanceof Map) {
    return {
      title: countText(value.size, "entry", "entries"),
      entries: Array.from(value, ([key, item]) => [typeof key === "string" ? key : leafText(key), item]),
    };
  }
  if (value instanceof Set) {
    return {
      title: `set of ${countText(value.size, "item")}`,
      entries: Array.from(value, (item, i) => [`${i}`, item]),
    };
  }
  const entries = Object.entries(value);
  return { title: countText(entries.length, "entry", "entries"), entries };
}

function leafView(value: unknown): HTMLElement {
  const kind = value === null ? "null" : typeof value;
  return h("span", { class: `value-${kind}` }, leafText(value));
}

function leafText(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") {
    const shown = JSON.stringify(value.length > LONGEST ? value.slice(0, LONGEST) : value);
    return value.length > LONGEST ? `${shown} … (${countText(value.length, "character")})` : shown;
  }
  if (value instanceof Uint8Array) return `bytes, ${bytesText(value.length)}`;
  if (isNDArray(value)) {
    const { dtype, fields, shape, size } = value;
    const items = size <= 12 ? `: ${JSON.stringify(value.toNested(), plain)}` : "";
    return `array, ${dtypeText(dtype, fields)}, ${shapeText(shape)}${items}`;
  }
  return String(value);
}

/** JSON has no integers beyond 2^53. */
function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
