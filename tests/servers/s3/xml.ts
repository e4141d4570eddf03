/** As much XML as S3's requests and answers need: elements, text, character references. */

/** An element that was read. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Writes text so that a parser gives the same string back, carriage returns and control characters included. */
export function escapeXml(value: string): string {
  // deno-lint-ignore no-control-regex -- S3 gives control characters of keys as references too
  return value.replace(/[&<>"\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g, (c) => {
    switch (c) {
      case "&":
        return "&amp;";
      case "<":
        return "&lt;";
      case ">":
        return "&gt;";
      case '"':
        return "&quot;";
      default:
        return `&#x${c.charCodeAt(0).toString(16)};`;
    }
  });
}

/** `<name>children</name>`; the children are XML. */
export function element(name: string, ...children: string[]): string {
  return `<${name}>${children.join("")}</${name}>`;
}

/** `<name>value</name>`, nothing when there is no value. */
export function text(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? "" : element(name, escapeXml(String(value)));
}

/** A whole document of S3's namespace. */
export function document(name: string, ...children: string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${
    children.join("")
  }</${name}>`;
}

function unescape(value: string): string {
  return value.replace(/&([^;]*);?/g, (all, name: string) => {
    if (!all.endsWith(";")) throw new SyntaxError("unterminated entity");
    const numeric = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name);
    if (numeric) {
      return String.fromCodePoint(numeric[1] ? parseInt(numeric[1], 16) : parseInt(numeric[2], 10));
    }
    const known = ENTITIES[name];
    if (known === undefined) throw new SyntaxError(`unknown entity ${name}`);
    return known;
  });
}

/** Reads a document; throws `SyntaxError` on anything malformed, and on a DTD. */
export function parseXml(source: string): XmlElement {
  interface Open {
    name: string;
    text: string;
    children: XmlElement[];
  }
  const token =
    /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)|(<)/gy;
  const stack: Open[] = [];
  let root: XmlElement | undefined;
  const close = (done: Open) => {
    if (stack.length > 0) stack[stack.length - 1].children.push(done);
    else if (root) throw new SyntaxError("two root elements");
    else root = done;
  };
  for (const [, cdata, slash, name, , empty, chars, stray] of source.replace(/^\ufeff/, "").matchAll(token)) {
    if (stray) throw new SyntaxError("stray <");
    if (cdata !== undefined || chars !== undefined) {
      const top = stack[stack.length - 1];
      const value = cdata ?? unescape(chars);
      if (top) top.text += value;
      else if (value.trim() !== "") throw new SyntaxError("text outside the root");
    } else if (name !== undefined) {
      const local = name.slice(name.indexOf(":") + 1);
      if (slash) {
        const done = stack.pop();
        if (!done || done.name !== local) throw new SyntaxError(`unexpected </${name}>`);
        close(done);
      } else if (empty) close({ name: local, text: "", children: [] });
      else stack.push({ name: local, text: "", children: [] });
    }
  }
  if (!root || stack.length > 0) throw new SyntaxError("incomplete document");
  return root;
}

/** The text of the first child of that name. */
export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}
