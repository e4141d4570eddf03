import { assertEquals } from "@std/assert";
import { quotedTerm } from "../../../backends/gdrive/search.ts";
import {
  endOf,
  foldersOf,
  locationOf,
  MOST_FOLDERS,
  partOf,
  prefixOf,
} from "../../../backends/gdrive/folders.ts";
import { onDrive } from "./setup.ts";

/** Keys of a few characters, most of them slashes, and the same below the depth where folders end. */
function* keys(): Generator<string> {
  const characters = ["/", "a", "A", "'"];
  let words = [""];
  for (let length = 1; length <= 6; length++) {
    words = words.flatMap((word) => characters.map((character) => word + character));
    yield* words;
  }
  for (let depth = MOST_FOLDERS - 3; depth <= MOST_FOLDERS + 2; depth++) {
    for (const end of ["", "a", "/", "//", "a/", "/a", "a/b", "//a/", "/a/b"]) {
      yield "x/".repeat(depth) + end;
      yield "/".repeat(depth) + end;
    }
  }
}

Deno.test("each key has a place of its own, with names that Drive takes, and comes back from it", () => {
  const places = new Map<string, string>();
  for (const key of new Set(keys())) {
    const { folders, name } = locationOf(key);
    const place = JSON.stringify([folders, name]);
    assertEquals(places.get(place), undefined, `${key} is where another is`);
    places.set(place, key);
    assertEquals(folders.length <= MOST_FOLDERS, true);
    assertEquals([...folders, name].includes(""), false, `${key} needs a name of no characters`);
    assertEquals(prefixOf(folders) + endOf(name, folders.length), key);
  }
});

Deno.test("all keys with a prefix are in, or below, the folders of the prefix", () => {
  for (const key of new Set(keys())) {
    const { folders } = locationOf(key);
    for (let length = 0; length <= key.length; length++) {
      const above = foldersOf(key.slice(0, length));
      assertEquals(folders.slice(0, above.length), above);
    }
  }
});

Deno.test("names with slashes that no key makes stand for nothing", () => {
  for (const name of ["", "a/b", "/a", "a/", "//", "/a/b"]) {
    assertEquals(partOf(name), undefined, name);
    assertEquals(endOf(name, 3), undefined, name);
  }
  for (const name of ["", "a/b", "/a", "a/"]) assertEquals(endOf(name, MOST_FOLDERS), undefined, name);
  assertEquals(endOf("/a/b", MOST_FOLDERS), "a/b");
});

Deno.test("quotes and backslashes in queries", () => {
  assertEquals(quotedTerm("it's a \\ and \\'"), String.raw`'it\'s a \\ and \\\''`);
});

const AWKWARD = [
  "it's",
  "back\\slash",
  "\\'",
  "'",
  "' or name!='",
  "a b",
  " a",
  "a ",
  "case",
  "Case",
  "%41",
  "ü",
  "u\u0308",
  "\u{1F36C}",
  "..",
  "",
];

Deno.test("awkward names, of files and of folders, are told apart", () =>
  onDrive(async ({ backend, names }) => {
    const all = AWKWARD.flatMap((part) => [`${part}/x`, `f/${part}`]);
    for (const key of all) await backend.put(key, new TextEncoder().encode(key));
    for (const key of all) {
      const bytes = await (await backend.open(key)).read();
      assertEquals(new TextDecoder().decode(bytes), key);
    }
    const listed = await Array.fromAsync(backend.list(), (entry) => "key" in entry ? entry.key : "");
    assertEquals(listed.toSorted(), all.toSorted());
    assertEquals(names().filter((name) => name === "case").length, 2, "a folder and a file");
  }));
