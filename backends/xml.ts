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

/** Characters for entities; one that there isn't stays as it is. */
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
