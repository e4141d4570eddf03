/**
 * XML, read from its beginning to its end in one pass.
 *
 * Source: https://www.w3.org/TR/xml/
 *
 * @module
 */
import { unescaped } from "./xml.ts";

const [EXCLAMATION, SLASH, COLON, LESS, EQUALS, GREATER, QUESTION] = Array.from(
  "!/:<=>?",
  (character) => character.charCodeAt(0),
);

/**
 * Reads elements one after the other. It stands in one of them at any time: {@linkcode XmlReader.child} steps into the next one within it, {@linkcode XmlReader.text} and
 * {@linkcode XmlReader.skip} read the rest of it and step out.
 *
 * Whatever is not well-formed is refused as soon as it is read, and so are declarations of types, which would define entities. The time it takes is that of the text's length,
 * whatever stands in it.
 */
export class XmlReader {
  /** The root element's name. */
  readonly root: string;
  /** Makes the error of what is wrong, as in `its <Key> has no end`. */
  readonly refuse: (why: string) => Error;
  readonly #xml: string;
  /** Where it has come to. */
  #at = 0;
  /** The elements that it stands in, as their names are written. */
  readonly #open: string[] = [];
  /** The innermost of them was `<a/>`. */
  #isEmpty = false;

  /** Steps into the root element. */
  constructor(xml: string, refuse: (why: string) => Error) {
    this.#xml = xml;
    this.refuse = refuse;
    const root = this.#next();
    if (root === undefined) throw refuse("it is no XML");
    this.root = root;
  }

  /** Steps into the next element within this one and gives its name, without a prefix; steps out of this one where there is none. */
  child(): string | undefined {
    if (!this.#isEmpty) return this.#next();
    this.#isEmpty = false;
    this.#open.pop();
    return undefined;
  }

  /** The text of this element, which holds no others; steps out of it. */
  text(): string {
    if (this.#isEmpty) {
      this.child();
      return "";
    }
    let text = "";
    while (true) {
      const begin = this.#at;
      const end = this.#tag();
      text += unescaped(this.#xml.slice(begin, end), this.#unknown);
      const kind = this.#xml.charCodeAt(end + 1);
      if (kind === SLASH) {
        this.#close();
        return text;
      }
      if (this.#xml.startsWith("<![CDATA[", end)) {
        this.#through("<![CDATA[", "]]>");
        text += this.#xml.slice(end + 9, this.#at - 3);
      } else if (!this.#aside(kind)) {
        throw this.refuse(`${this.#its} holds elements, and text was expected`);
      }
    }
  }

  readonly #unknown = (entity: string): string => {
    throw this.refuse(`${JSON.stringify(entity)} in ${this.#its} stands for no character`);
  };

  /** Steps out of this element, whatever is in it. */
  skip(): void {
    const depth = this.#open.length;
    while (this.#open.length >= depth) {
      if (this.#isEmpty) {
        this.child();
        continue;
      }
      const end = this.#tag();
      const kind = this.#xml.charCodeAt(end + 1);
      if (kind === SLASH) this.#close();
      else if (this.#xml.startsWith("<![CDATA[", end)) this.#through("<![CDATA[", "]]>");
      else if (!this.#aside(kind)) this.#begin();
    }
  }

  /** Holds what follows the root element to be nothing. */
  end(): void {
    while (true) {
      this.#space();
      if (this.#at === this.#xml.length) return;
      if (!this.#xml.startsWith("<", this.#at) || !this.#aside(this.#xml.charCodeAt(this.#at + 1))) {
        throw this.refuse("it goes on after its end");
      }
    }
  }

  /** As `child`, of an element that is not `<a/>`. */
  #next(): string | undefined {
    while (true) {
      this.#space();
      if (this.#xml.charCodeAt(this.#at) !== LESS && this.#at < this.#xml.length) {
        throw this.refuse(this.#open.length === 0 ? "it is no XML" : `${this.#its} holds text`);
      }
      const kind = this.#xml.charCodeAt(this.#tag() + 1);
      if (kind === SLASH) {
        this.#close();
        return undefined;
      }
      if (!this.#aside(kind)) return this.#begin();
    }
  }

  /** Goes to the next tag. */
  #tag(): number {
    const at = this.#xml.indexOf("<", this.#at);
    if (at < 0) throw this.#cut();
    return this.#at = at;
  }

  /** This element, for messages. */
  get #its(): string {
    return `its <${this.#open.at(-1)?.slice(0, 40)}>`;
  }

  #cut(): Error {
    return this.refuse(this.#open.length === 0 ? "it is no XML" : `${this.#its} has no end`);
  }

  /** Reads what is no element: comments and instructions. */
  #aside(kind: number): boolean {
    if (kind === QUESTION) this.#through("<?", "?>");
    else if (this.#xml.startsWith("<!--", this.#at)) this.#through("<!--", "-->");
    else if (kind === EXCLAMATION) throw this.refuse("it has a <!…>, as answers don't");
    else return false;
    return true;
  }

  #through(begin: string, end: string): void {
    const at = this.#xml.indexOf(end, this.#at + begin.length);
    if (at < 0) throw this.#cut();
    this.#at = at + end.length;
  }

  /** Reads the tag that begins an element. */
  #begin(): string {
    const xml = this.#xml;
    const first = this.#at + 1;
    let local = first;
    let at = first;
    for (let unit; isOfName(unit = xml.charCodeAt(at)); at++) if (unit === COLON) local = at + 1;
    if (at === local) {
      throw this.refuse(`${JSON.stringify(xml.slice(this.#at, this.#at + 20))} in it is no tag`);
    }
    const name = xml.slice(first, at);
    this.#open.push(name);
    this.#at = at;
    if (xml.charCodeAt(at) !== GREATER) {
      while (this.#space() && isOfName(xml.charCodeAt(this.#at))) this.#attribute();
      this.#isEmpty = xml.charCodeAt(this.#at) === SLASH;
      if (this.#isEmpty) this.#at++;
    }
    if (xml.charCodeAt(this.#at++) !== GREATER) throw this.refuse(`the tag of ${this.#its} has no end`);
    return local === first ? name : xml.slice(local, at);
  }

  /** Reads a name and a value, which may hold a `>`. */
  #attribute(): void {
    const xml = this.#xml;
    while (isOfName(xml.charCodeAt(this.#at))) this.#at++;
    this.#space();
    const hasValue = xml.charCodeAt(this.#at++) === EQUALS;
    this.#space();
    const quote = xml[this.#at];
    const end = hasValue && (quote === '"' || quote === "'") ? xml.indexOf(quote, this.#at + 1) : -1;
    if (end < 0 || xml.slice(this.#at, end).includes("<")) {
      throw this.refuse(`the tag of ${this.#its} has no end`);
    }
    this.#at = end + 1;
  }

  /** Reads the tag that ends this element. */
  #close(): void {
    const name = this.#open.at(-1);
    if (name === undefined) throw this.refuse("it is no XML");
    if (!this.#xml.startsWith(name, this.#at + 2)) throw this.#cut();
    this.#at += 2 + name.length;
    this.#space();
    if (this.#xml.charCodeAt(this.#at++) !== GREATER) throw this.#cut();
    this.#open.pop();
  }

  /** Whether white space was there to step over. */
  #space(): boolean {
    const begin = this.#at;
    while (isSpace(this.#xml.charCodeAt(this.#at))) this.#at++;
    return this.#at > begin;
  }
}

/** Whether a UTF-16 unit may be one of a name's. */
function isOfName(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) ||
    (unit >= 0x2d && unit <= 0x3a && unit !== SLASH) ||
    unit === 0x5f || unit >= 0x80;
}

/** White space, and the mark at the beginning of a text. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09 || unit === 0xfeff;
}
