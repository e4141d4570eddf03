/**
 * Whole objects as files, decrypted where the page has the key.
 *
 * @module
 */
/// <reference lib="dom" />
import type { Backend } from "@cottoncandy/cottoncandy";
import { fill, h, saveBlob } from "./dom.ts";
import { bytesText, failureOf } from "./words.ts";

/** Bytes that a page takes at most: a browser may hold all of them in memory. */
const MOST = 1024 ** 3;

/** An object that can be saved. */
export interface Saveable {
  /** The full key. */
  readonly key: string;
  /** Stored bytes. */
  readonly size: number;
}

/** A button that saves an object as a file. */
export function downloadView(
  { key, size }: Saveable,
  name: string,
  { backend, signal }: { readonly backend: Backend; readonly signal: AbortSignal },
): HTMLElement {
  const element = h("p", { class: "save" });
  const text = h("span", { role: "status" });
  const save = async () => {
    const saving = new AbortController();
    const ended = AbortSignal.any([signal, saving.signal]);
    fill(element, text, " ", h("button", { class: "quiet", onclick: () => saving.abort() }, "Stop"));
    try {
      const reader = await backend.open(key, {
        signal: ended,
        onProgress: ({ loaded }) => text.textContent = `${bytesText(loaded)} of ${bytesText(size)}`,
      });
      saveBlob(name, await new Response(reader.stream()).blob());
      text.textContent = "";
    } catch (error) {
      text.textContent = saving.signal.aborted ? "Stopped." : failureOf(error).text;
    }
    fill(element, ask, " ", text);
  };
  const ask = h("button", { onclick: save }, `Download (${bytesText(size)})`);
  if (size <= MOST) fill(element, ask, " ", text);
  else fill(element, `${bytesText(size)} are too much for a page to save: take "cottoncandy cp".`);
  return element;
}
