/**
 * What an answer's root element is, and the elements of an error, which hold text alone.
 *
 * @module
 */
import { rootName, unescaped } from "../xml.ts";

/** Bytes in which a root element begins, and those that are read of an error. */
const BEGINNING = 4096;
const WHOLE = 64 * 1024;

/** The name of an answer's root element; `undefined` where it is no XML. */
export function rootElement(body: Uint8Array): string | undefined {
  return rootName(textOf(body, BEGINNING));
}

/** The elements of an error, by their names; none where it is no XML of an error. */
export function errorElements(body: Uint8Array): Readonly<Partial<Record<string, string>>> {
  const elements: Record<string, string> = {};
  if (rootElement(body) !== "Error") return elements;
  for (const [, name, text] of textOf(body, WHOLE).matchAll(/<(\w+)>([^<]*)<\/\1>/g)) {
    elements[name] ??= unescaped(text).trim();
  }
  return elements;
}

function textOf(body: Uint8Array, length: number): string {
  return new TextDecoder().decode(body.subarray(0, length));
}
