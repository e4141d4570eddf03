import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../lib/errors.ts";
import { cleanName, cleanPrefix, pathjoin } from "../lib/names.ts";

Deno.test("names are cleaned as Python's cottoncandy cleans them", () => {
  const table: [string, string][] = [
    ["a/b", "a/b"],
    ["/a/b", "a/b"],
    ["//dbl//x", "dbl/x"],
    ["trail/", "trail/"],
    ["trail//", "trail/"],
    ["a/./b", "a/./b"],
    ["a/../b", "a/../b"],
    ["pct%41", "pct%41"],
    ["sp ace+#?*\\", "sp ace+#?*\\"],
    ["ünï/\u{1F9E0}", "ünï/\u{1F9E0}"],
  ];
  for (const [name, key] of table) assertEquals(cleanName(name), key);
});

Deno.test("names that leave nothing, climb out or are no text are refused", () => {
  for (
    const name of [
      "",
      "/",
      "//",
      "..",
      "../x",
      "/../x",
      "a/../../x",
      "./../x",
      "a//../..//x",
      "\ud800",
      "x\udc00",
    ]
  ) {
    assertThrows(() => cleanName(name), InvalidArgumentError);
  }
  assertEquals(cleanPrefix("/"), "");
  // What a caller without a type checker may pass.
  for (const name of [undefined, null, 7, ["a"]] as unknown[]) {
    assertThrows(
      () => Reflect.apply(cleanName, undefined, [name]),
      InvalidArgumentError,
      "a name is a string",
    );
  }
});

Deno.test("pathjoin joins as posixpath.join", () => {
  assertEquals(pathjoin("a", "b", "c"), "a/b/c");
  assertEquals(pathjoin("a/", "b"), "a/b");
  assertEquals(pathjoin("", "b"), "b");
  assertEquals(pathjoin("a", "/b"), "/b");
  assertEquals(pathjoin("a", ""), "a/");
  assertEquals(pathjoin("a", "/b", "c"), "/b/c");
});
