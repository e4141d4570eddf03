import { assertEquals, assertThrows } from "@std/assert";
import { parsePythonLiteral, type PythonLiteral } from "../../lib/array/formats/python_literal.ts";
import { reprText } from "../../lib/array/python_repr.ts";
import { IntegrityError } from "../../lib/errors.ts";

Deno.test("literals", () => {
  assertEquals(parsePythonLiteral(" 12 "), 12);
  assertEquals(parsePythonLiteral("-3L"), -3);
  assertEquals(parsePythonLiteral("-0"), 0);
  assertEquals(parsePythonLiteral("None"), null);
  assertEquals(parsePythonLiteral("'a\"b'"), 'a"b');
  assertEquals(parsePythonLiteral('u"it\'s"'), "it's");
  assertEquals(parsePythonLiteral(String.raw`'\x41\u00e9\U0001f600\n\\\''`), "Aé😀\n\\'");
  assertEquals(parsePythonLiteral("()"), { kind: "tuple", items: [] });
  assertEquals(parsePythonLiteral("(1)"), 1);
  assertEquals(parsePythonLiteral("(1,)"), { kind: "tuple", items: [1] });
  assertEquals(parsePythonLiteral("[1, True,]"), { kind: "list", items: [1, true] });
  assertEquals(parsePythonLiteral("{'a': 1, 'b': (False,)}\n"), {
    kind: "dict",
    entries: new Map<string, PythonLiteral>([["a", 1], ["b", { kind: "tuple", items: [false] }]]),
  });
});

Deno.test("anything else is refused", () => {
  for (
    const text of [
      "",
      "x",
      "true",
      "1.5",
      "1e5",
      "0x10",
      "1 2",
      "(1 2)",
      "(,)",
      "[,]",
      "{1: 2}",
      "{'a' 1}",
      "{'a': 1 'b': 2}",
      "'a",
      "'a\nb'",
      "'\\q'",
      "'\\x4'",
      "'\\U00110000'",
      "b'a'",
      "print(1)",
      "[1",
      "(1,",
      "{'a': 1",
      "{'a': 1, 'a': 2}",
      "1_000",
      "9007199254740992",
      "+-1",
      "--1",
      "(((",
      "1,2",
    ]
  ) {
    assertThrows(() => parsePythonLiteral(text), IntegrityError, undefined, text);
  }
});

Deno.test("repr is Python's", () => {
  // Each as Python 3.11 prints it.
  assertEquals(reprText("plain"), "'plain'");
  assertEquals(reprText("it's"), '"it\'s"');
  assertEquals(reprText('it\'s "so"'), "'it\\'s \"so\"'");
  assertEquals(reprText("a\\b\n\r\t\x00\x7f"), "'a\\\\b\\n\\r\\t\\x00\\x7f'");
  assertEquals(reprText("é\xa0\xad"), "'é\\xa0\\xad'");
  assertEquals(reprText("日\u2028\u{e0001}😀"), "'日\\u2028\\U000e0001😀'");
  for (const text of ['it\'s "so"\\\n', "\u{10ffff}\ud7ff", "\x00\x1f"]) {
    assertEquals(parsePythonLiteral(reprText(text)), text);
  }
});
