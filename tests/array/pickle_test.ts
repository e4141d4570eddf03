// What Python and numpy of several versions have pickled (tests/vectors/pickle), in every protocol, read and written and read again.
import { assert, assertEquals } from "@std/assert";
import { dumpPickle, loadPickle } from "../../lib/array/pickle/mod.ts";
import { comparable, type Described, expected } from "./pickle/described.ts";
import { vectors } from "./pickle/vectors.ts";
import golden from "../vectors/cottoncandy-0.4.0.json" with { type: "json" };

Deno.test("what Python's cottoncandy 0.4.0 stored with upload_pickle", () => {
  const stored = golden.entries.filter(({ api }) => api === "upload_pickle");
  assertEquals(stored.map(({ body_hex }) => loadPickle(Uint8Array.fromHex(body_hex))), [{
    a: 1,
    b: [1.5, "x"],
  }]);
});

for (const { name, entries } of vectors()) {
  for (const { name: title, value, pickles } of entries) {
    Deno.test(`${title} by ${name}`, () => {
      const wanted = comparable(expected(value));
      const written = Object.entries(pickles);
      assert(written.length > 0, "there are pickles to read");
      for (const [protocol, hex] of written) {
        const read = loadPickle(Uint8Array.fromHex(hex));
        assertEquals(comparable(read), wanted, protocol);
        assertEquals(
          comparable(loadPickle(dumpPickle(read))),
          comparable(expected(withoutOrder(value))),
          `${protocol}, written and read again`,
        );
      }
    });
  }
}

/** An OrderedDict is a Map here, and a Map is a dict in Python. */
function withoutOrder(value: Described): Described {
  return JSON.parse(JSON.stringify(value).replaceAll('{"ordered":', '{"dict":'));
}
