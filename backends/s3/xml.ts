/**
 * The little of XML that is read here: what an answer's root element is, and the elements of an error, which hold text alone. All other XML is left to the SDK.
 *
 * @module
 */
import { unescaped } from "../xml.ts";

/** Before the root come a byte order mark, white space that keeps a connection alive, and what XML has in front: each in one way only, or many comments would take forever. */
const ROOT = /^\ufeff?(?:\s|<\?[^>]*>|<!--(?:(?!-->)[^])*-->|<!(?!--)[^>]*>)*<(?:[\w.-]+:)?([\w.-]+)/;

/** Bytes in which a root element begins, and those that are read of an error. */
const BEGINNING = 4096;
const WHOLE = 64 * 1024;

/** The name of an answer's root element; `undefined` where it is no XML. */
export function rootElement(body: Uint8Array): string | undefined {
  return ROOT.exec(textOf(body, BEGINNING))?.[1];
}

/** The elements of an error, by their names; none where it is no XML of an error. */
export function errorElements(body: Uint8Array): Readonly<Partial<Record<string, string>>> {
  const elements: Record<string, string> = {};
  const xml = textOf(body, WHOLE);
  if (ROOT.exec(xml)?.[1] !== "Error") return elements;
  for (const [, name, text] of xml.matchAll(/<(\w+)>([^<]*)<\/\1>/g)) {
    elements[name] ??= unescaped(text).trim();
  }
  return elements;
}

function textOf(body: Uint8Array, length: number): string {
  return new TextDecoder().decode(body.subarray(0, length));
}
