// What Python and numpy of several versions have pickled (tests/vectors/pickle), in every protocol; and what is written here, read again.
import { assert, assertEquals } from "@std/assert";
import { dumpPickle, loadPickle } from "../../lib/array/pickle.ts";
import { comparable, type Described, expected } from "./pickle/described.ts";

interface Vectors {
  readonly python: string;
  readonly numpy: string;
  readonly entries: readonly {
    readonly name: string;
    readonly value: Described;
    readonly pickles: Record<string, string>;
  }[];
}

const folder = Deno.env.get("PICKLE_VECTORS") ?? new URL("../vectors/pickle/", import.meta.url).pathname;

for (const { name } of [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".json"))) {
  const vectors: Vectors = JSON.parse(Deno.readTextFileSync(`${folder}/${name}`));

  for (const { name: title, value, pickles } of vectors.entries) {
    Deno.test(`${title} by Python ${vectors.python}, numpy ${vectors.numpy}`, () => {
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
