/**
 * Text in answers of XML, and in values of HTML's attributes.
 *
 * @module
 */

const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,32}));/iy;

/** Before the root come a byte order mark, white space that keeps a connection alive, and what XML has in front: each in one way only, or many comments would take forever. */
const ROOT = /^\ufeff?(?:\s|<\?[^>]*>|<!--(?:(?!-->)[^])*-->|<!(?!--)[^>]*>)*<(?:[\w.-]+:)?([\w.-]+)/;

/** Characters in which a root element begins. */
const BEGINNING = 4096;

/**
 * Characters for entities.
 *
 * @param unknown What stands for one that there isn't, which an `&` alone is as well; by default it stays as it is.
 */
export function unescaped(written: string, unknown: (entity: string) => string = (entity) => entity): string {
  let [text, at] = ["", 0];
  // Half of what `replace` with a function takes, which is a tenth of a listing.
  for (let begin; (begin = written.indexOf("&", at)) >= 0;) {
    ENTITY.lastIndex = begin;
    const [entity = "&", decimal, hexadecimal, name] = ENTITY.exec(written) ?? [];
    text += written.slice(at, begin) + (characterOf(decimal, hexadecimal, name) ?? unknown(entity));
    at = begin + entity.length;
  }
  return text + written.slice(at);
}

function characterOf(
  decimal: string | undefined,
  hexadecimal: string | undefined,
  name: string | undefined,
): string | undefined {
  if (name !== undefined) return NAMED.get(name);
  const code = decimal !== undefined ? Number(decimal) : parseInt(hexadecimal ?? "", 16);
  const isCharacter = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

/** The name of an answer's root element, without a prefix of namespaces; `undefined` where it is no XML. */
export function rootName(xml: string): string | undefined {
  return ROOT.exec(xml.slice(0, BEGINNING))?.[1];
}
