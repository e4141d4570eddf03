/**
 * Finding things: among what has been listed, and in the whole store.
 *
 * @module
 */
import type { Backend, ObjectInfo } from "@cottoncandy/cottoncandy";
import { globMatcher, hasMagic, literalPrefixes } from "@cottoncandy/cottoncandy/glob";

/** How many things are shown of what is found. */
export const MOST_FOUND = 10_000;

/** Whether a text is a pattern; one that makes no sense as such is looked for as it is. */
export function isPattern(text: string): boolean {
  try {
    return hasMagic(text);
  } catch {
    return false;
  }
}

/** Tells of keys, relative to the root, whether they match: a pattern as a whole, or a text anywhere in them, in upper or lower case. */
export async function matcherOf(text: string): Promise<(key: string) => boolean> {
  if (isPattern(text)) {
    // A pattern without a slash is one of names, wherever they are.
    const matches = await globMatcher(text.includes("/") ? text : `**/${text}`);
    return (key) => matches(key.replace(/\/$/, ""));
  }
  const wanted = text.toLowerCase();
  return (key) => key.toLowerCase().includes(wanted);
}

/**
 * Looks through a whole store. A pattern asks only for what begins as it does.
 *
 * @param onLooked Is told how many objects have been looked at.
 */
export async function* searchStore(
  backend: Backend,
  root: string,
  text: string,
  signal: AbortSignal,
  onLooked: (count: number) => void,
): AsyncGenerator<ObjectInfo, void, void> {
  const pattern = text.includes("/") ? text : `**/${text}`;
  const prefixes = isPattern(text) ? literalPrefixes(pattern) : [""];
  const matches = await matcherOf(text);
  let looked = 0;
  for (const prefix of prefixes) {
    for await (const entry of backend.list({ prefix: root + prefix, signal, onWarning() {} })) {
      if (!("key" in entry)) continue;
      onLooked(++looked);
      if (matches(entry.key.slice(root.length))) yield entry;
    }
  }
}
