import { assertEquals, assertThrows } from "@std/assert";
import { IntegrityError, InvalidArgumentError } from "../lib/errors.ts";
import { dumpJson, parseJson } from "../lib/json.ts";

Deno.test("JSON is written as Python's json.dumps writes it", () => {
  assertEquals(dumpJson({ hello: 0, bye: "bye!" }), '{"hello": 0, "bye": "bye!"}');
  assertEquals(dumpJson([1, 2.5, -0, 1e300, true, null, "x"]), '[1, 2.5, -0.0, 1e+300, true, null, "x"]');
  assertEquals(dumpJson([NaN, Infinity, -Infinity]), "[NaN, Infinity, -Infinity]");
  assertEquals(dumpJson(2n ** 70n), "1180591620717411303424");
  assertEquals(dumpJson('Zoë \u{1F9E0} \u007f \n " \\'), '"Zo\\u00eb \\ud83e\\udde0 \\u007f \\n \\" \\\\"');
  assertEquals(
    dumpJson([2 ** 53, -(2 ** 60), 1e21, 2 ** 53 - 1]),
    "[9.007199254740992e+15, -1.152921504606847e+18, 1e+21, 9007199254740991]",
  );
  // deno-lint-ignore no-sparse-arrays -- that is what is tested
  assertEquals(dumpJson([1, , 2]), "[1, null, 2]");
  assertEquals(dumpJson({}), "{}");
  assertEquals(dumpJson([]), "[]");
  assertEquals(dumpJson({ a: undefined, b: [undefined] }), '{"b": [null]}');
  const itself = { a: 1, toJSON: () => itself };
  assertThrows(() => dumpJson(itself), InvalidArgumentError, "function");
  const once = { a: 1 };
  Object.defineProperty(once, "toJSON", { value: () => once });
  assertEquals(dumpJson(once), '{"a": 1}');
  assertEquals(dumpJson({ at: new Date(0) }), '{"at": "1970-01-01T00:00:00.000Z"}');
});

Deno.test("what JSON can't hold is refused", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (
    const value of [undefined, () => 1, Symbol("s"), new Float32Array(2), new Map(), new Set([1]), cycle, [[
      cycle,
    ]], new Uint8Array(1).buffer]
  ) {
    assertThrows(() => dumpJson(value), InvalidArgumentError);
  }
  const nested = (depth: number): unknown => depth === 0 ? 1 : [nested(depth - 1)];
  assertEquals(parseJson(dumpJson(nested(900))), nested(900));
  let deep: unknown = 1;
  for (let i = 0; i < 50_000; i++) deep = { deep };
  for (const value of [nested(901), deep]) {
    assertThrows(() => dumpJson(value), InvalidArgumentError, "900 deep");
  }
  const shared = { a: 1 };
  assertEquals(dumpJson([shared, shared]), '[{"a": 1}, {"a": 1}]');
});

Deno.test("Python's numbers are read, and what looks like them in strings stays text", () => {
  assertEquals(parseJson("[NaN, Infinity, -Infinity]"), [NaN, Infinity, -Infinity]);
  assertEquals(parseJson('{"NaN": "NaN", "a": "-Infinity \\" NaN", "b": NaN}'), {
    NaN: "NaN",
    a: '-Infinity " NaN',
    b: NaN,
  });
  assertEquals(parseJson('["cc-number:NaN", NaN, "cc-number::NaN"]'), [
    "cc-number:NaN",
    NaN,
    "cc-number::NaN",
  ]);
  assertEquals(parseJson("NaN"), NaN);
  assertEquals(parseJson("12345678901234567890"), 12345678901234567890n);
  assertEquals(parseJson("[9007199254740991, 9007199254740993, -9007199254740993, 1e300]"), [
    9007199254740991,
    9007199254740993n,
    -9007199254740993n,
    1e300,
  ]);
  assertEquals(Object.keys(parseJson('{"__proto__": 1}') as object), ["__proto__"]);
});

Deno.test("no text is taken for a number, however it is spelled", () => {
  const word = "cc-number:";
  const spelled = Array.from(word, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`).join(
    "",
  );
  for (const mark of [word, spelled, "\\u0063c-number:", "c\\u0063-number:", ""]) {
    for (const end of ["NaN", "Infinity", "5", ""]) {
      assertEquals(parseJson(`["${mark}${end}", NaN]`), [mark === "" ? end : word + end, NaN]);
      assertEquals(parseJson(`"${mark}${end}"`), mark === "" ? end : word + end);
      assertEquals(parseJson(`{"${mark}${end}": NaN}`), { [mark === "" ? end : word + end]: NaN });
    }
  }
});

Deno.test("a number is no name", () => {
  for (const text of ["{NaN: 1}", "{Infinity :1}", "{-Infinity\n: 1}", '{"a": 1, NaN: 2}', "{1: 1}"]) {
    assertThrows(() => parseJson(text), IntegrityError, "no JSON");
  }
});

Deno.test("what is no JSON is an IntegrityError", () => {
  for (
    const text of ["", "{", "[1,]", "nan", "Infinit", "NaNNaN", "-NaN", "'a'", '{"a": +Infinity}', "[1] 2"]
  ) {
    assertThrows(() => parseJson(text), IntegrityError, "no JSON");
  }
});

Deno.test("a text without an end is none, whatever stands in it", () => {
  for (const text of ['["\\Infinity]', '["\\NaN', '"NaN', '"\\"NaN', '{"a": "\\-Infinity}', '"\\']) {
    assertThrows(() => parseJson(text), IntegrityError, "no JSON", text);
  }
});

Deno.test("values survive both ways", () => {
  const value = { a: [1, 2.5, { b: null }], c: "\u2028\ud800", d: NaN, e: [2 ** 60, -1e20, 2n ** 60n] };
  assertEquals(parseJson(dumpJson(value)), value);
});
