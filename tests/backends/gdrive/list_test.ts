import { assert, assertEquals, assertRejects } from "@std/assert";
import { compareKeys } from "../../../backends/arguments.ts";
import type { ListOptions } from "../../../backends/backend.ts";
import { CottonCandyError, NotFoundError } from "../../../lib/errors.ts";
import { type FakeDrive, FOLDER, SHORTCUT } from "../../servers/gdrive.ts";
import { onDrive, type Setup } from "./setup.ts";

/** Keys and prefixes of a listing. */
async function list({ backend }: Pick<Setup, "backend">, options: ListOptions = {}): Promise<string[]> {
  return await Array.fromAsync(backend.list(options), (entry) => "key" in entry ? entry.key : entry.prefix);
}

/** Puts files there, whose names are the parts of their keys, past the backend. Gives the ids of the folders by their keys. */
function fill({ store }: FakeDrive, keys: Iterable<string>): Map<string, string> {
  const folders = new Map([["", store.rootId]]);
  for (const key of keys) {
    const parts = key.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).map((part) => `${part}/`).join("");
      const above = folders.get(path.slice(0, path.length - parts[depth - 1].length - 1)) ?? "";
      if (!folders.has(path)) folders.set(path, store.addFolder(parts[depth - 1], { parents: [above] }).id);
    }
    const name = parts.at(-1) ?? "";
    const parent = folders.get(key.slice(0, key.length - name.length)) ?? "";
    if (name !== "") store.add({ name, text: key, parents: [parent] });
  }
  return folders;
}

const range = (length: number) => Array.from({ length }, (_, i) => i);
const sorted = (keys: Iterable<string>) => [...keys].sort(compareKeys);

for (
  const [shape, keys, most] of [
    ["folders side by side", range(300).flatMap((i) => [0, 1, 2].map((j) => `d${i}/f${j}`)), 14],
    ["folders in folders", range(300).map((i) => `d${i}/only/f`), 25],
    ["folders far below", range(100).map((i) => `d${i}/a/b/c/f`), 30],
  ] as const
) {
  Deno.test(`a listing of many ${shape} needs few requests`, () =>
    onDrive(async (setup) => {
      fill(setup.drive, keys);
      assertEquals(await list(setup), sorted(keys));
      const count = setup.operations().length;
      assert(count <= most, `${count} requests`);
    }));
}

for (
  const [shape, keys, most] of [
    ["with files", range(100).map((i) => `d${i}/f`), 6],
    ["with folders with files", range(100).map((i) => `d${i}/a/f`), 12],
    ["of which some are large", range(3000).map((i) => `d${i % 30 === 0 ? i % 100 : i % 3}/f${i}`), 9],
  ] as const
) {
  Deno.test(`a delimiter listing of many folders ${shape} needs few requests`, () =>
    onDrive(async (setup) => {
      fill(setup.drive, keys);
      const prefixes = new Set(keys.map((key) => key.slice(0, key.indexOf("/") + 1)));
      assertEquals(await list(setup, { delimiter: "/" }), sorted(prefixes));
      const count = setup.operations().length;
      assert(count <= most, `${count} requests`);
    }));
}

Deno.test("a folder that was written to for long isn't asked about file by file", () =>
  onDrive(async (setup) => {
    const { backend, drive, operations } = setup;
    fill(drive, range(40).map((i) => `d/old${i}`));
    const clock = performance.now;
    try {
      for (let i = 0; i < 10; i++) await backend.put(`d/new${i}`, new Uint8Array(1));
      performance.now = () => clock.call(performance) + 20_000;
      drive.inject({ kind: "shortPage", operation: "files.list", most: 5, times: Infinity });
      operations();
      assertEquals(await list(setup, { delimiter: "/" }), ["d/"]);
      assertEquals(operations().filter((name) => name === "files.get"), []);
    } finally {
      performance.now = clock;
    }
  }));

const TREE = [
  "a",
  "a/b",
  "a/b/c",
  "a/b/d/e",
  "a-b/x",
  "a0",
  "b/a/a",
  "b/b",
  "c/d/e/f",
  "\uFF5E/x",
  "\u{1F36C}/x",
  "z",
];

for (const fault of ["emptyList", "omitFromList", "shortPage", "all"] as const) {
  Deno.test(`complete although Drive overlooks things when several folders are asked for (${fault})`, () =>
    onDrive(async (setup) => {
      const { drive, backend } = setup;
      const folders = fill(drive, [...TREE, "empty/"]);
      // What was written of late must not hide that Drive overlooked the rest.
      for (const key of ["a/b/new", "b/new"]) await backend.put(key, new Uint8Array(1));
      const when = ({ query }: { query: Readonly<Record<string, string>> }) =>
        / in parents or /.test(query.q ?? "");
      const all = fault === "all";
      if (fault === "emptyList") {
        drive.inject({ kind: fault, operation: "files.list", when, times: Infinity });
      }
      if (fault === "omitFromList" || all) {
        const hidden = ["a/b/", "b/", "c/", "a-b/"].map((key) => folders.get(key));
        const omit = ({ parents }: { parents: readonly string[] }) => hidden.includes(parents[0]);
        drive.inject({ kind: "omitFromList", operation: "files.list", when, omit, times: Infinity });
      }
      if (fault === "shortPage" || all) {
        drive.inject({ kind: "shortPage", operation: "files.list", most: 1, times: Infinity });
        let count = 0;
        drive.inject({
          kind: "shortPage",
          operation: "files.list",
          most: 0,
          when: () => ++count % 3 === 1,
          times: 60,
        });
      }
      const keys = sorted([...TREE, "a/b/new", "b/new"]);
      assertEquals(await list(setup), keys);
      const top = new Set(keys.map((key) => key.replace(/\/.*/, "/")));
      assertEquals(await list(setup, { delimiter: "/" }), sorted(top));
    }));
}

Deno.test("delimiters, prefixes and where to start, in all combinations", () =>
  onDrive(async (setup) => {
    fill(setup.drive, [...TREE, "empty/", "b/empty/", "void/void/"]);
    const keys = sorted(TREE);
    for (const delimiter of [undefined, "/", "-", "b", "/b"]) {
      for (const prefix of ["", "a", "a/", "a/b", "a/b/", "b/", "c/d", "\uFF5E", "empty/", "void/"]) {
        for (
          const startAfter of [
            undefined,
            "a",
            "a/",
            "a/b/c",
            "a/b/d/",
            "a/b/d/z",
            "b/a/a",
            "b/z",
            "c",
            "\uFF5E/y",
          ]
        ) {
          const expected = new Set<string>();
          for (const key of keys) {
            if (!key.startsWith(prefix) || (startAfter && compareKeys(key, startAfter) <= 0)) continue;
            const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
            expected.add(end < 0 ? key : key.slice(0, end + (delimiter?.length ?? 0)));
          }
          const options = { delimiter, prefix, startAfter, pageSize: 7 };
          assertEquals(await list(setup, options), [...expected], JSON.stringify(options));
        }
      }
    }
  }));

Deno.test("duplicate folders are one directory, of duplicate files the oldest counts, both with every right", () =>
  onDrive(async (setup) => {
    const { drive, backend, warnings } = setup;
    const ids = range(60).map((i) => drive.store.addFolder("d", { createdTime: new Date(1000 + i) }).id);
    for (const [i, id] of ids.entries()) drive.store.add({ name: `f${i}`, text: `${i}`, parents: [id] });
    drive.store.add({ name: "same", text: "younger", parents: [ids[3]], createdTime: new Date(2000) });
    drive.store.add({ name: "same", text: "older!", parents: [ids[55]], createdTime: new Date(1000) });
    const when = ({ query }: { query: Readonly<Record<string, string>> }) =>
      / in parents or /.test(query.q ?? "");
    drive.inject({ kind: "emptyList", operation: "files.list", when, times: Infinity });
    assertEquals(await list(setup), sorted([...range(60).map((i) => `d/f${i}`), "d/same"]));
    assertEquals(warnings.map(({ kind, key }) => [kind, key]), [["duplicates", "d/same"]]);
    assertEquals(await list(setup, { delimiter: "/" }), ["d/"]);
    const sizes = await Array.fromAsync(
      backend.list({ prefix: "d/same" }),
      (entry) => "key" in entry && entry.size,
    );
    assertEquals(sizes, [6]);
    assertEquals((await backend.head("d/same"))?.size, 6);
    assertEquals((await backend.head("d/f59"))?.size, 2, "in whichever of them it is");
  }));

Deno.test("what no key stands for is left out, with a warning", () =>
  onDrive(async (setup) => {
    const { drive, warnings } = setup;
    const { id } = drive.store.addFolder("d");
    drive.store.add({ name: "object", parents: [id] });
    drive.store.add({ name: "document", parents: [id], mimeType: "application/vnd.google-apps.document" });
    drive.store.add({ name: "shortcut", parents: [id], mimeType: SHORTCUT });
    drive.store.add({ name: "a/b", parents: [id] });
    drive.store.addFolder("a/c", { parents: [id] });
    drive.store.add({ name: "x".repeat(1030), parents: [id] });
    drive.store.add({ name: "/" });
    assertEquals(await list(setup), ["d/object"]);
    assertEquals(new Set(warnings.map(({ kind }) => kind)), new Set(["left-out"]));
    const told = warnings.map((
      { key = "", message },
    ) => [key.slice(0, 10), message.slice(message.lastIndexOf(":"))]);
    const bytes = ": it is a document of Google's, or a shortcut, and has no bytes";
    assertEquals(told.sort(), [
      ["/", ": rename it"],
      ["d/a/b", ": rename it"],
      ["d/a/c", ": rename it"],
      ["d/document", bytes],
      ["d/shortcut", bytes],
      ["d/xxxxxxxx", ": rename it"],
    ]);
    warnings.length = 0;
    await list(setup, { prefix: "d/object" });
    assertEquals(warnings, [], "of what is asked for only");
  }));

Deno.test("folders deeper than keys make them hold nothing that could be opened", () =>
  onDrive(async (setup) => {
    const { drive, backend, warnings } = setup;
    const key = `${"x/".repeat(60)}end/file`;
    await backend.put(key, new TextEncoder().encode("mine"));
    const deepest = [...drive.store.files.values()].find(({ name }) => name === "/end/file")?.parents[0] ??
      "";
    const folder = drive.store.addFolder("end", { parents: [deepest] });
    drive.store.add({ name: "file", text: "another's", parents: [folder.id] });
    assertEquals(await list(setup), [key]);
    assertEquals((await backend.head(key))?.size, 4);
    assertEquals(warnings.map(({ kind }) => kind), ["left-out"]);
  }));

Deno.test("a folder that is deleted meanwhile is passed over; the root is not", () =>
  onDrive(async (setup) => {
    const { drive, another } = setup;
    const folders = fill(drive, [...range(10).map((i) => `d${i}/f`), "e/x/", "e/y/f"]);
    for (
      const [name, delimiter, expected] of [["d3/", undefined, 10], ["d4/", "/", 9], [
        "e/x/",
        "/",
        9,
      ]] as const
    ) {
      const id = folders.get(name) ?? "";
      drive.inject({ kind: "run", operation: "files.list", skip: 1, run: (store) => store.delete(id) });
      assertEquals((await list(setup, { delimiter })).length, expected, name);
    }
    const root = drive.store.addFolder("root");
    const below = another({ folderId: root.id });
    await below.put("d/f", new Uint8Array(1));
    assertEquals(await list({ backend: below }), ["d/f"]);
    drive.store.delete(root.id);
    await assertRejects(() => list({ backend: below }), NotFoundError, "gone");
    await assertRejects(() => below.head("f"), NotFoundError);
  }));

Deno.test("a prefix whose folder was deleted and made anew", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    const folders = fill(drive, ["a/b/old"]);
    assertEquals(await list(setup, { prefix: "a/b/" }), ["a/b/old"]);
    drive.store.delete(folders.get("a/") ?? "");
    fill(drive, ["a/b/new"]);
    assertEquals(await list(setup, { prefix: "a/b/" }), ["a/b/new"]);
  }));

Deno.test("whoever stops early ends the requests, and holds little", () =>
  onDrive(async (setup) => {
    const { drive, backend, operations } = setup;
    fill(drive, range(200).flatMap((i) => range(30).map((j) => `d${i}/f${j}`)));
    let seen = 0;
    for await (const _ of backend.list()) if (++seen === 40) break;
    const count = operations().length;
    assert(count <= 4, `${count} requests`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(operations(), []);
    await drive.idle();
    const control = new AbortController();
    const listing = backend.list({ signal: control.signal })[Symbol.asyncIterator]();
    await listing.next();
    drive.inject({ kind: "delay", operation: "files.list", ms: Infinity, times: Infinity });
    const rest = (async () => {
      while (!(await listing.next()).done);
    })();
    setTimeout(() => control.abort(new Error("enough")), 50);
    await assertRejects(() => rest, Error, "enough");
    await drive.idle();
  }, { timeout: { connect: 1000, idle: 60_000 } }));

Deno.test("folders with many files are not all held at once", () =>
  onDrive(async (setup) => {
    const { drive, backend } = setup;
    fill(drive, range(12).flatMap((i) => range(2000).map((j) => `d${String(i).padStart(2, "0")}/f${j}`)));
    let ahead = 0;
    let seen = 0;
    for await (const _ of backend.list()) {
      if (seen++ % 500 !== 0) continue;
      // Folders that have been asked for, in whichever order.
      const asked = new Set(
        drive.requests.flatMap(({ query }) => query.q?.match(/'[\w-]+' in parents/g) ?? []),
      );
      ahead = Math.max(ahead, asked.size - 1 - seen / 2000);
    }
    assertEquals(seen, 24_000);
    assert(ahead <= 4, `${ahead} folders ahead`);
  }));

Deno.test("a search that is not complete is no listing", () =>
  onDrive(async (setup) => {
    fill(setup.drive, ["a/b"]);
    setup.drive.inject({ kind: "incompleteSearch", operation: "files.list", times: Infinity });
    await assertRejects(() => list(setup), CottonCandyError, "incompleteSearch");
    await assertRejects(() => list(setup, { delimiter: "/" }), CottonCandyError, "incompleteSearch");
    await assertRejects(() => setup.backend.head("a/b"), CottonCandyError, "incompleteSearch");
  }));

Deno.test("a file on two pages is one", () =>
  onDrive(async (setup) => {
    const { drive, warnings, backend } = setup;
    drive.store.add({ name: "key", text: "x" });
    const { id } = drive.store.addFolder("d");
    drive.store.add({ name: "f", text: "x", parents: [id] });
    const original = drive.store.listed.bind(drive.store);
    drive.store.listed = () => {
      const view = original();
      return { get: (id) => view.get(id), all: () => [...view.all(), ...view.all()] };
    };
    assertEquals(await list(setup), ["d/f", "key"]);
    assertEquals((await backend.head("key"))?.size, 1);
    assertEquals(warnings, []);
  }));

Deno.test("what this process does is listed at once, what others do when Drive lists it", () =>
  onDrive(
    async (setup) => {
      const { drive, backend, another } = setup;
      const other = another();
      fill(drive, ["a/old", "b/gone", "c/trash", "d/over"]);
      await backend.put("a/new", new Uint8Array(3));
      await backend.put("e/f/g", new Uint8Array(1));
      await backend.put("d/over", new Uint8Array(5));
      await backend.copy("a/new", "h/copy");
      await backend.copy("a/new", "b/copy");
      for (const key of ["b/gone", "b/copy"]) await Array.fromAsync(backend.delete([key]));
      await Array.fromAsync(backend.delete(["c/trash"], { trash: true }));
      await other.put("x/others", new Uint8Array(1));
      const keys = ["a/new", "a/old", "d/over", "e/f/g", "h/copy"];
      assertEquals(await list(setup), keys);
      assertEquals(await list(setup, { delimiter: "/" }), ["a/", "d/", "e/", "h/"]);
      assertEquals(await list(setup, { prefix: "e/f/" }), ["e/f/g"]);
      const sizes = await Array.fromAsync(backend.list({ prefix: "d" }), (entry) =>
        "key" in entry && entry.size);
      assertEquals([sizes, (await backend.head("d/over"))?.size], [[5], 5]);
      for (const key of ["b/gone", "b/copy", "c/trash"]) {
        assertEquals(await backend.head(key), undefined, key);
      }
      assertEquals((await (await backend.open("h/copy")).read()).length, 3);
      drive.lag = 0;
      assertEquals(await list(setup), [...keys, "x/others"]);
      await Array.fromAsync(other.delete(["a/new"]));
      assertEquals((await list(setup)).includes("a/new"), true, "for a while");
      const clock = performance.now;
      try {
        performance.now = () =>
          clock.call(performance) + 20_000;
        assertEquals((await list(setup)).includes("a/new"), false);
      } finally {
        performance.now = clock;
      }
    },
    {},
    { lag: 60_000 },
  ));

Deno.test("an empty folder beside a file of its name", () =>
  onDrive(async (setup) => {
    const { drive } = setup;
    drive.store.add({ name: "folder and file", mimeType: FOLDER });
    drive.store.add({ name: "folder and file", text: "x" });
    assertEquals(await list(setup), ["folder and file"]);
    assertEquals(await list(setup, { delimiter: "/" }), ["folder and file"]);
  }));
