/**
 * As much of XML as S3's listings have: elements without attributes that matter, nested, and text.
 *
 * @module
 */
import { IntegrityError } from "../../../lib/errors.ts";
import { unescaped } from "../../xml.ts";

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

/** The text of the first element of a name. */
export function textIn(xml: string, name: string): string | undefined {
  const [first] = elements(xml, name);
  return first === undefined ? undefined : unescaped(first);
}
