/**
 * As much of XML as S3's listings have: elements without attributes that matter, nested, and text.
 *
 * @module
 */

/** What stands in each element of a name, as it is written. None of them may be nested in another of its name. */
export function elements(xml: string, name: string): string[] {
  return Array.from(
    xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</${name}\\s*>)`, "g")),
    ([, inner]) => inner ?? "",
  );
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text that XML, or the value of an attribute in HTML, stands for. */
export function unescaped(written: string): string {
  return written.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi,
    (entity, decimal, hexadecimal, name) => {
      if (name !== undefined) return NAMED[name] ?? entity;
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
