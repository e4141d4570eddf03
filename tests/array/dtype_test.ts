import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { isDType, parseDType, partsOf } from "../../lib/array/mod.ts";
import { InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import spellings from "../vectors/dtypes.json" with { type: "json" };

/** Names that numpy 2 refuses and that older releases wrote or accepted. */
const ONLY_OLDER = new Set(["string", "a"]);

Deno.test("every spelling of a dtype is what numpy makes of it", () => {
  for (const [text, canonical] of Object.entries(spellings)) {
    if (ONLY_OLDER.has(text)) continue;
    if (canonical === null) assertThrows(() => parseDType(text), InvalidArgumentError, "is not a dtype");
    else assertEquals<string>(parseDType(text), canonical, text);
  }
});

Deno.test("names that only older releases of numpy knew are read", () => {
  for (
    const [text, dtype] of [["bool8", "|b1"], ["float_", "<f8"], ["complex_", "<c16"], ["unicode_", "<U0"], [
      "int0",
      "<i8",
    ]]
  ) {
    assertEquals<string>(parseDType(text), dtype);
  }
  assertEquals(parseDType("a5"), "|S5");
});

Deno.test("what can't be read says what to do", () => {
  for (const text of ["<f16", ">f16", "f12", "g", "float128", "longdouble"]) {
    assertStringIncludes(assertThrows(() => parseDType(text), UnsupportedError).message, "astype('f8')");
  }
  for (const text of ["<c32", "G", "complex256"]) {
    assertStringIncludes(assertThrows(() => parseDType(text), UnsupportedError).message, "astype('c16')");
  }
  for (const text of ["|O", "O", "O8", "<O", "object"]) {
    assertStringIncludes(assertThrows(() => parseDType(text), UnsupportedError).message, "upload_pickle");
  }
  assertThrows(() => parseDType("T"), UnsupportedError, "astype('U')");
  assertThrows(() => parseDType("f8,i4"), UnsupportedError, "structured");
  assertThrows(() => parseDType("(2,)f8"), UnsupportedError, "sub-array");
});

Deno.test("a message never repeats a long text", () => {
  const message = assertThrows(() => parseDType("x".repeat(1e6)), InvalidArgumentError).message;
  assert(message.length < 300);
});

Deno.test("only canonical forms are dtypes", () => {
  for (
    const text of [
      "f8",
      "=f8",
      "|f8",
      "<b1",
      "<i1",
      "<S3",
      "|U3",
      "<U03",
      "<M8[1ns]",
      "<M8[01s]",
      "<M8[]",
      "|O",
      "<f16",
      "<f8 ",
      "",
    ]
  ) {
    assert(!isDType(text), text);
  }
  for (
    const text of [
      "<f8",
      ">f8",
      "|b1",
      "|i1",
      "|S0",
      "|V12",
      "<U536870911",
      "<M8",
      ">m8[25s]",
      "<M8[10s]",
      "<M8[2s]",
      "<M8[0s]",
    ]
  ) {
    assert(isDType(text), text);
  }
});

Deno.test("parts of dtypes", () => {
  assertEquals(partsOf("<f8"), { kind: "f", itemsize: 8, wordsize: 8, swapped: false });
  assertEquals(partsOf(">c16"), { kind: "c", itemsize: 16, wordsize: 8, swapped: true });
  assertEquals(partsOf("<U7"), { kind: "U", itemsize: 28, wordsize: 4, swapped: false });
  assertEquals(partsOf("|S7"), { kind: "S", itemsize: 7, wordsize: 1, swapped: false });
  assertEquals(partsOf(">M8[25s]"), { kind: "M", itemsize: 8, wordsize: 8, swapped: true });
});
