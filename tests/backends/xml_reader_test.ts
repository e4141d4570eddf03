/** XML as it is read: what is well-formed as it stands, all else not at all, and either in one pass. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { rootName, unescaped } from "../../backends/xml.ts";
import { XmlReader } from "../../backends/xml_reader.ts";

const refuse = (why: string) => new RangeError(why);

type Tree = string | { readonly [name: string]: Tree };

/** Everything in a document: an element is its text, or else those within it, of which the last of a name counts. */
function treeOf(xml: string): Tree {
  const reader = new XmlReader(xml, refuse);
  const children = (): Tree => {
    const found: Record<string, Tree> = {};
    for (let name; (name = reader.child()) !== undefined;) {
      found[name] = name.startsWith("T") ? reader.text() : name === "Skip" ? skipped(reader) : children();
    }
    return found;
  };
  const tree = { [reader.root]: children() };
  reader.end();
  return tree;
}

function skipped(reader: XmlReader): string {
  reader.skip();
  return "skipped";
}

const READ: readonly (readonly [string, Tree])[] = [
  ["<R/>", { R: {} }],
  ["<R></R >\n", { R: {} }],
  [`\ufeff<?xml version="1.0"?>\n<!-- <a> --><R x="a>b" y = 'c"d'\n><T>t</T></R><!-- z --> <?p?>`, {
    R: { T: "t" },
  }],
  ["<R><T> a\nb </T><T2></T2><T3 a='1'/><T4 /></R>", { R: { T: " a\nb ", T2: "", T3: "", T4: "" } }],
  ["<R><T>&lt;a&amp;amp;&#65;&#x1F36C;&quot;&apos;&gt;></T></R>", { R: { T: "<a&amp;A\u{1F36C}\"'>>" } }],
  ["<R><T>a<!-- </T> -->b<![CDATA[<c>&amp;]]>d<?p <T>?></T></R>", { R: { T: "ab<c>&amp;d" } }],
  ["<n:R xmlns:n='u'><n:T>t</n:T><a:B><a:b:T>x</a:b:T></a:B></n:R>", { R: { T: "t", B: { T: "x" } } }],
  ["<R>\n <Skip>text<a><Skip>&nbsp;</Skip><b/></a><![CDATA[</Skip>]]><!--</Skip>--></Skip> <T>t</T>\n</R>", {
    R: { Skip: "skipped", T: "t" },
  }],
  ["<R><Skip/><Skip a='1' /><T/></R>", { R: { Skip: "skipped", T: "" } }],
  ["<R><Tä-1._>ü</Tä-1._></R>", { R: { "Tä-1._": "ü" } }],
];

Deno.test("what is well-formed is read as it stands", () => {
  for (const [xml, tree] of READ) assertEquals(treeOf(xml), tree, xml);
});

Deno.test("what is not well-formed is read by nobody", () => {
  for (
    const [xml, why] of [
      ["", "no XML"],
      ["OK", "no XML"],
      ["{}", "no XML"],
      ["<!-- ", "no XML"],
      ["</R>", "no XML"],
      ["<R>", "<R> has no end"],
      ["<R><T>a</T>", "<R> has no end"],
      ["<R><T>a</R>", "<T> has no end"],
      ["<R><T>a</T ", "<T> has no end"],
      ["<R><T>a</Tx></R>", "<T> has no end"],
      ["<n:R></R>", "<n:R> has no end"],
      ["<R><Skip><a></Skip></a></R>", "<a> has no end"],
      ["<R><Skip><a>", "<a> has no end"],
      ["<R><T>a<!-- b</T></R>", "<T> has no end"],
      ["<R><T><![CDATA[ b</T></R>", "<T> has no end"],
      ["<R><T>a<b/></T></R>", "<T> holds elements"],
      ["<R>text<T/></R>", "<R> holds text"],
      ["<R><T/>text</R>", "<R> holds text"],
      ["<R><![CDATA[a]]></R>", "<!…>"],
      ["<R/><R/>", "after its end"],
      ["<R/>text", "after its end"],
      ["<R/></R>", "after its end"],
      ["<!DOCTYPE R><R/>", "<!…>"],
      ['<!DOCTYPE R [<!ENTITY a "b">]><R><T>&a;</T></R>', "<!…>"],
      ["<R><T>&a;</T></R>", '"&a;" in its <T>'],
      ["<R><T>&constructor;</T></R>", "stands for no character"],
      ["<R><T>a & b</T></R>", "stands for no character"],
      ["<R><T>&#xD800;</T></R>", "stands for no character"],
      ["<R><T>&#x110000;</T></R>", "stands for no character"],
      ["<R><T>&#;</T></R>", "stands for no character"],
      ["<R a></R>", "the tag of its <R>"],
      ["<R a=1></R>", "the tag of its <R>"],
      ["<R a='<'></R>", "the tag of its <R>"],
      ["<R a='1></R>", "the tag of its <R>"],
      ["<R a='1'b='2'></R>", "the tag of its <R>"],
      ["<R / ></R>", "the tag of its <R>"],
      ["<R", "the tag of its <R>"],
      ["< R></R>", "is no tag"],
      ["<R><></></R>", "is no tag"],
      ["<n:></n:>", "is no tag"],
    ] as const
  ) assertThrows(() => treeOf(xml), RangeError, why, xml);
});

Deno.test("every beginning of a document is refused", () => {
  for (const [xml] of READ) {
    const end = xml.lastIndexOf(">", xml.search(/<!-- z|\n*$/) - 1);
    for (let length = 0; length < Math.max(end, 0); length++) {
      assertThrows(() => treeOf(xml.slice(0, length)), RangeError);
    }
  }
});

Deno.test("whatever stands in a document, it takes the time of its length", () => {
  const long = 1_000_000;
  const spaces = " ".repeat(30 * long);
  for (
    const xml of [
      "<Skip>".repeat(long),
      `<R>${"<Skip>".repeat(long)}${"</Skip>".repeat(long)}</R>`,
      `<R${" a='1'".repeat(long)}/>`,
      `<R ${spaces}`,
      `<R a="${spaces}`,
      `<R${spaces}/>`,
      `<${"a:".repeat(long)}`,
      `<R><T>${"&".repeat(long)}`,
      `<R><T>${"&amp;".repeat(long)}</T></R>`,
      `<R><T>${"a<!---->".repeat(long)}</T></R>`,
      `<R><T>${"<![CDATA[".repeat(long)}`,
      `<R>${"<!-- -".repeat(long)}`,
      `<R>${spaces}</R>`,
    ]
  ) {
    try {
      treeOf(xml);
    } catch (error) {
      assert(error instanceof RangeError && !/call stack|Invalid/.test(error.message), `${error}`);
      assert(error.message.length < 100, error.message.slice(0, 200));
    }
  }
});

Deno.test("entities of which there are none stay as they are where that is asked for; a root has a name", () => {
  assertEquals(
    unescaped("&#x110000;&lt;&constructor;&#xdfff;&&amp"),
    "&#x110000;<&constructor;&#xdfff;&&amp",
  );
  assertEquals(rootName("<?xml version='1.0'?><a:Error>"), "Error");
  assertEquals(rootName("OK"), undefined);
});
