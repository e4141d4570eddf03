/**
 * As much of XML as S3's listings have: elements without attributes that matter, nested, and text.
 *
 * @module
 */
import { IntegrityError } from "../../../lib/errors.ts";

/**
 * What stands in each element of a name, as it is written. None of them may be nested in another of its name.
 *
 * @throws {IntegrityError} when one has no end: the text was cut.
 */
export function elements(xml: string, name: string): string[] {
  const found: string[] = [];
  const start = new RegExp(`<${name}(?:/|\\s[^<>]*)?>`, "g");
  const end = new RegExp(`</${name}\\s*>`, "g");
  for (let opening; (opening = start.exec(xml));) {
    if (opening[0].endsWith("/>")) {
      found.push("");
      continue;
    }
    end.lastIndex = start.lastIndex;
    const closing = end.exec(xml);
    if (!closing) throw new IntegrityError(`a listing in XML breaks off: its <${name}> has no end`);
    found.push(xml.slice(start.lastIndex, closing.index));
    start.lastIndex = end.lastIndex;
  }
  return found;
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** The text that XML, or the value of an attribute in HTML, stands for. */
export function unescaped(written: string): string {
  return written.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi,
    (entity, decimal, hexadecimal, name) => {
      if (name !== undefined) return NAMED.get(name) ?? entity;
      const code = decimal === undefined ? parseInt(hexadecimal, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
    },
  );
}

/** The text of the first element of a name. */
export function textIn(xml: string, name: string): string | undefined {
  const [first] = elements(xml, name);
  return first === undefined ? undefined : unescaped(first);
}
