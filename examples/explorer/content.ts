/**
 * Objects that are no arrays: text, JSON, pickles, images, and bytes.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Backend, PickleValue } from "@cottoncandy/cottoncandy";
import type { ContentIdentity } from "@cottoncandy/cottoncandy/identify";
import { fill, h } from "./dom.ts";
import { valueView } from "./value_view.ts";
import { bytesText, countText } from "./words.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Bytes of text that are shown at first, and added at each time. */
const TEXT = 256 * KiB;
/** Bytes that are shown as numbers at first, and added at each time. */
const HEX = 4 * KiB;
const MORE_HEX = 16 * KiB;
/** What is read whole, up to here, without being asked for. */
const WITHOUT_ASKING = 8 * MiB;

/** Where an object is read from. */
export interface Source {
  /** The store. */
  readonly backend: Backend;
  /** Ends all reads, and what is shown. */
  readonly signal: AbortSignal;
}

/** Shows what an object holds. */
export async function showContent(
  element: HTMLElement,
  found: ContentIdentity,
  source: Source,
): Promise<void> {
  switch (found.kind) {
    case "text":
      return await showText(element, found, source);
    case "json":
    case "pickle":
      return await whole(element, found, async (onProgress) => {
        const bytes = await read(source, found.key, undefined, onProgress);
        fill(element, await parsed(found, bytes), bytesButton(element, found, source));
      });
    case "image":
      return await whole(element, found, async (onProgress) => {
        const bytes = await read(source, found.key, undefined, onProgress);
        fill(element, await image(found, bytes, source), bytesButton(element, found, source));
      });
    case "bytes":
      return await showBytes(element, found, source);
  }
}

/** Does what reads an object whole; asks before, where that is much. */
async function whole(
  element: HTMLElement,
  { size }: ContentIdentity,
  show: (onProgress: (bytes: number) => void) => Promise<void>,
): Promise<void> {
  if (size > WITHOUT_ASKING) {
    await new Promise<void>((resolve) => {
      fill(
        element,
        h("p", {}, `It has to be read whole, ${bytesText(size)}.`),
        h("button", { onclick: () => resolve() }, `Read ${bytesText(size)}`),
      );
    });
  }
  const bar = h("progress", { max: Math.max(1, size), value: 0, "aria-label": "Bytes read" });
  fill(element, bar);
  await show((loaded) => bar.value = loaded);
}

async function read(
  { backend, signal }: Source,
  key: string,
  range?: { readonly offset: number; readonly length: number },
  onProgress?: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = await backend.open(key, {
    range,
    signal,
    parallel: true,
    onProgress: onProgress && (({ loaded }) => onProgress(loaded)),
  });
  try {
    return await reader.read(undefined, { signal });
  } finally {
    await reader.close();
  }
}

async function parsed({ kind, key }: ContentIdentity, bytes: Uint8Array<ArrayBuffer>): Promise<HTMLElement> {
  const name = key.slice(key.lastIndexOf("/") + 1);
  if (kind === "json") {
    const { parseJson } = await import("@cottoncandy/cottoncandy/json");
    return valueView(name, parseJson(bytes));
  }
  const { loadPickle } = await import("@cottoncandy/cottoncandy/pickle");
  const value: PickleValue = loadPickle(bytes);
  return valueView(name, value);
}

async function image(
  { key, mediaType, contentType }: ContentIdentity,
  bytes: Uint8Array<ArrayBuffer>,
  { signal }: Source,
): Promise<HTMLElement> {
  const url = URL.createObjectURL(new Blob([bytes], { type: mediaType ?? contentType }));
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  const name = key.slice(key.lastIndexOf("/") + 1);
  const picture = h("img", { src: url, alt: name, class: "picture" });
  await picture.decode();
  const { naturalWidth: width, naturalHeight: height } = picture;
  // Small ones are shown large, a pixel a square.
  if (width <= 320) picture.classList.add("pixels");
  return h("figure", {}, picture, h("figcaption", {}, `${width} × ${height} pixels`));
}

async function showText(element: HTMLElement, found: ContentIdentity, source: Source): Promise<void> {
  const { key, size } = found;
  const text = h("pre", { class: "text", tabindex: 0, "aria-label": "Text" });
  const decoder = new TextDecoder();
  const more = moreButton(size, TEXT, async (offset, length) => {
    const bytes = await read(source, key, { offset, length });
    text.append(decoder.decode(bytes, { stream: offset + length < size }));
  });
  fill(element, text, more.element, bytesButton(element, found, source));
  await more.read();
}

async function showBytes(
  element: HTMLElement,
  { key, size }: ContentIdentity,
  source: Source,
): Promise<void> {
  const text = h("pre", { class: "hex", tabindex: 0, "aria-label": "Bytes in hexadecimal" });
  const more = moreButton(size, HEX, async (offset, length) => {
    text.append(hexLines(await read(source, key, { offset, length }), offset));
  }, MORE_HEX);
  fill(element, size === 0 ? h("p", {}, "It is empty.") : text, more.element);
  await more.read();
}

/** Reads the next bytes at each press, until there are none. */
function moreButton(
  size: number,
  first: number,
  show: (offset: number, length: number) => Promise<void>,
  next = first,
): { readonly element: HTMLElement; read(): Promise<void> } {
  let offset = 0;
  const label = h("span", {});
  const button = h("button", { onclick: () => read() }, "More");
  const element = h("p", { class: "more", hidden: true }, label, " ", button);
  const read = async () => {
    button.disabled = true;
    const length = Math.min(offset === 0 ? first : next, size - offset);
    try {
      if (length > 0) await show(offset, length);
      offset += length;
      label.textContent = `${bytesText(offset)} of ${bytesText(size)}`;
      button.textContent = `Show ${bytesText(Math.min(next, size - offset))} more`;
      element.hidden = offset >= size;
    } catch (error) {
      element.hidden = false;
      label.textContent = error instanceof Error ? error.message : String(error);
      // What is shown first has its failure told where it was asked for.
      if (offset === 0) throw error;
    } finally {
      button.disabled = false;
    }
  };
  return { element, read };
}

function bytesButton(element: HTMLElement, found: ContentIdentity, source: Source): HTMLElement {
  return h(
    "p",
    { class: "more" },
    h("button", { class: "quiet", onclick: () => showBytes(element, found, source) }, "Show its bytes"),
  );
}

/** Sixteen bytes a line: where they are, their values, and the characters that they would be. */
export function hexLines(bytes: Uint8Array, offset: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const values = Array.from(row, (byte) => byte.toString(16).padStart(2, "0"));
    const left = values.slice(0, 8).join(" ").padEnd(23);
    const right = values.slice(8).join(" ").padEnd(23);
    const characters = Array.from(
      row,
      (byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
    ).join("");
    lines.push(`${(offset + at).toString(16).padStart(8, "0")}  ${left}  ${right}  ${characters}\n`);
  }
  return lines.join("");
}

/** How many things there are, for lists. */
export function itemsText(count: number): string {
  return countText(count, "item");
}
