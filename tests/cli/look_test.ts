/** ls, tree, du and stat over memory and disk. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { filesOf, startWeb } from "../servers/web.ts";
import { cli, records } from "./run.ts";
import { inDirectory, memory } from "./store.ts";

const TREE = ["a.txt", "sub01/notes", "sub01/run1/betas", "sub01/run2/betas", "sub012", "sub02/notes"];

Deno.test("cli: ls lists a directory, an object, a pattern, all below", async () => {
  const { url } = await memory(TREE);
  for (
    const [args, expected] of [
      [[url], "a.txt\nsub01/\nsub012\nsub02/\n"],
      [[`${url}/sub01`], "notes\nrun1/\nrun2/\n"],
      [[`${url}/sub01/`], "notes\nrun1/\nrun2/\n"],
      [[`${url}/sub012`], `${url}/sub012\n`],
      [["-R", `${url}/sub01`], "notes\nrun1/betas\nrun2/betas\n"],
      [[`${url}/sub0?/notes`], `${url}/sub01/notes\n${url}/sub02/notes\n`],
      [["-R", `${url}/**/betas`], `${url}/sub01/run1/betas\n${url}/sub01/run2/betas\n`],
    ] as const
  ) {
    const { code, out, err } = await cli(["ls", ...args]);
    assertEquals([out, err, code], [expected, "", 0], args.join(" "));
  }
});

Deno.test("cli: ls -l tells sizes and times, -h for people", async () => {
  const { url } = await memory({ big: "x".repeat(1536), "d/small": "x" });
  const { out } = await cli(["ls", "-l", url]);
  assertMatch(out, /^ +1536 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}big\n {35}d\/\n$/);
  assertMatch((await cli(["ls", "-lh", url])).out, /^ +1\.5 KiB /);
});

Deno.test("cli: ls on a terminal lays names out in its columns, and colours directories", async () => {
  const { url } = await memory([...Array(40).keys()].map((i) => `object-${i}`).concat("deep/er"));
  const plain = await cli(["ls", url], { columns: 80, env: { NO_COLOR: "1" } });
  const lines = plain.out.trimEnd().split("\n");
  assert(lines.length < 10 && lines.every((line) => line.length <= 80), plain.out);
  assertEquals(plain.out.split(/\s+/).filter(Boolean).length, 41);
  const colored = await cli(["ls", url], { columns: 80 });
  assertStringIncludes(colored.out, "\x1b[34mdeep/\x1b[39m");
  // deno-lint-ignore no-control-regex -- what colours are made of
  assertEquals(colored.out.replace(/\x1b\[\d+m/g, ""), plain.out);
});

Deno.test("cli: names with control characters reach no terminal, and JSON has them as they are", async () => {
  const { url } = await memory(["evil\x1b[2J\nname"]);
  assertEquals((await cli(["ls", url])).out, "evil\\u001b[2J\\nname\n");
  assertEquals(records(await cli(["ls", url, "--json"]))[0].name, "evil\x1b[2J\nname");
});

Deno.test("cli: what isn't there is an error, and keeps nothing else from being listed", async () => {
  const { url } = await memory(["there"]);
  const ran = await cli(["ls", `${url}/missing`, url]);
  assertEquals(ran.code, 1);
  assertEquals(ran.err, `error: there is nothing at ${url}/missing\n`);
  assertStringIncludes(ran.out, "there\n");
  const [error, object, summary] = records(await cli(["ls", "--json", `${url}/missing`, url]));
  assertEquals([error.ok, error.target], [false, `${url}/missing`]);
  assertEquals([object.op, object.type, object.name, object.size], ["ls", "object", "there", 5]);
  assertEquals([summary.op, summary.done, summary.failed, summary.exit], ["summary", 1, 1, 1]);
});

Deno.test("cli: an empty bucket and an empty directory are no failure", async () => {
  const { url } = await memory();
  assertEquals((await cli(["ls", url])).code, 0);
  await inDirectory({}, async (directory) => {
    for (const target of [directory, `${directory}/`, `file://${directory}`]) {
      assertEquals(await cli(["ls", target]), { code: 0, out: "", err: "", bytes: new Uint8Array() }, target);
    }
  });
});

Deno.test("cli: of several targets the directories have headings, and each failure says of what", async () => {
  const { url } = await memory({ a: "1", b: "2", "d/e": "3", "f/g": "4" });
  const { out, err } = await cli(["ls", `${url}/a`, `${url}/b`, `${url}/d`, `${url}/f`, `${url}/x`]);
  assertEquals(out, `${url}/a\n${url}/b\n\n${url}/d:\ne\n\n${url}/f:\ng\n`);
  assertStringIncludes(err, `there is nothing at ${url}/x`);
  const cut = await cli(["cat", `${url}/a[0]`, `${url}/b[1]`]);
  assertStringIncludes(cut.err, `${url}/b[1]: `);
});

Deno.test("cli: what a web server that lists nothing doesn't have, is not there", async () => {
  await using web = await startWeb({ files: filesOf({ "a.txt": "hello" }) });
  assertEquals((await cli(["cat", `${web.url}/a.txt`])).out, "hello");
  for (const command of ["cat", "head", "stat"]) {
    const { code, err } = await cli([command, `${web.url}/b.txt`]);
    assertEquals([code, err], [1, `error: there is neither an object nor a folder "b.txt" in ${web.url}\n`]);
  }
  assertStringIncludes(
    (await cli(["ls", `${web.url}/`])).err,
    "say which: --listing autoindex for the pages",
  );
});

Deno.test("cli: a listing of many is not waited for on a terminal", async () => {
  const { url } = await memory(Array.from({ length: 2500 }, (_, i) => `name${String(i).padStart(5, "0")}`));
  const { out } = await cli(["ls", url], { columns: 80 });
  const names = out.split("\n").map((line) => line.split(/\s+/)[0]);
  // Of the first thousand all are told before those that follow them.
  assertEquals(names.indexOf("name01000"), 143);
  assertEquals(out.match(/name/g)?.length, 2500);
});

Deno.test("cli: what an object holds can't do anything to a terminal, and goes as it is everywhere else", async () => {
  const { backend, url } = await memory();
  const text = "a\tb\r\n\x1b]0;title\x07 \x9b2J \u202e é\rover\n\0";
  await backend.put("evil.txt", new TextEncoder().encode(text));
  for (const command of [["cat"], ["head"], ["head", "-c", "1M"], ["cat", "--bytes"]]) {
    assertEquals((await cli([...command, `${url}/evil.txt`])).out, text);
    assertEquals(
      (await cli([...command, `${url}/evil.txt`], { columns: 80 })).out,
      "a\tb\r\n\\u001b]0;title\\u0007 \\u009b2J \\u202e é\\rover\n\\u0000",
    );
  }
});

Deno.test("cli: ls of paths and file URLs", () =>
  inDirectory({ "a.txt": "a", "d/b.txt": "b" }, async (directory) => {
    assertEquals((await cli(["ls", directory])).out, "a.txt\nd/\n");
    assertEquals((await cli(["ls", `${directory}/d`])).out, "b.txt\n");
    assertEquals((await cli(["ls", `${directory}/a.txt`])).out, `${directory}/a.txt\n`);
    assertEquals((await cli(["ls", `file://${directory}/d`])).out, "b.txt\n");
    assertEquals((await cli(["ls", `${directory}/missing`])).code, 1);
    assertEquals((await cli(["ls", `${directory}/missing/x`])).code, 1);
  }));

Deno.test("cli: all buckets of a store", async () => {
  const { url } = await memory(["x"]);
  const { out, code } = await cli(["ls", "memory:"]);
  assertEquals(code, 0);
  assert(out.split("\n").includes(url), out);
});

Deno.test("cli: tree draws what is below", async () => {
  const { url } = await memory(TREE);
  const { out } = await cli(["tree", url]);
  assertEquals(
    out,
    `${url}
├── a.txt
├── sub01/
│   ├── notes
│   ├── run1/
│   │   └── betas
│   └── run2/
│       └── betas
├── sub012
└── sub02/
    └── notes

4 directories, 6 objects, 65 B
`,
  );
  assertStringIncludes(
    (await cli(["tree", "-L", "1", url])).out,
    "2 directories, 2 objects, 4 objects further down",
  );
  assert(!(await cli(["tree", "-d", url])).out.includes("notes"));
  assertEquals((await cli(["tree", `${url}/missing`])).code, 1);
  assertEquals(
    records(await cli(["tree", "--json", `${url}/sub01/run1`])).map(({ type, name }) => [type, name]),
    [
      ["object", "betas"],
      [undefined, undefined],
    ],
  );
});

Deno.test("cli: tree draws a bucket's directory as one on disk, and what matches a pattern with its names", () =>
  inDirectory({ "d/sub/b": "b", "d/a": "a", "e/sub/b": "b" }, async (directory) => {
    const { url } = await memory({ "d/sub/b": "b", "d/a": "a", "e/sub/b": "b", "d": "itself" });
    const drawn = async (target: string) => (await cli(["tree", target])).out.split("\n").slice(1, -3);
    const lines = ["├── a", "└── sub/", "    └── b"];
    for (const root of [url, directory, `file://${directory}`]) {
      assertEquals(await drawn(`${root}/d/`), lines);
      assertEquals(await drawn(`${root}/*/sub/b`), [
        "├── d/",
        "│   └── sub/",
        "│       └── b",
        "└── e/",
        "    └── sub/",
        "        └── b",
      ]);
    }
    assertEquals(await drawn(`${directory}/d`), lines);
    assertEquals(await drawn(`${url}/d`), ["├── d", ...lines]);
  }));

Deno.test("cli: du adds up, of directories too", async () => {
  const { url } = await memory({ a: "1234", "d/b": "12", "d/e/c": "1", "f/g": "123" });
  const rows = (out: string) => out.trimEnd().split("\n").map((line) => line.trim().split(/ {2,}/));
  assertEquals(rows((await cli(["du", url])).out), [["10", "4 objects", url]]);
  assertEquals(rows((await cli(["du", "-d", "1", url])).out), [
    ["3", "2 objects", `${url}/d/`],
    ["3", "1 object", `${url}/f/`],
    ["10", "4 objects", url],
  ]);
  assertEquals(rows((await cli(["du", "-d", "2", `${url}/d`])).out), [
    ["1", "1 object", `${url}/d/e/`],
    ["3", "2 objects", `${url}/d`],
  ]);
  assertEquals(rows((await cli(["du", "-d", "1", `${url}/[df]/[bg]`])).out), [
    ["2", "1 object", `${url}/d/`],
    ["3", "1 object", `${url}/f/`],
    ["5", "2 objects", `${url}/[df]/[bg]`],
  ]);
  assertEquals((await cli(["du", `${url}/missing`])).code, 1);
  assertEquals((await cli(["du", "-d", "x", url])).code, 2);
});

Deno.test("cli: stat tells what a store knows of an object", async () => {
  const { backend, url } = await memory();
  await backend.put("notes", new TextEncoder().encode("hello"), {
    metadata: { run: "7" },
    contentType: "text/plain",
  });
  const { out } = await cli(["stat", `${url}/notes`]);
  for (const part of [`${url}/notes`, "5 B", "text/plain", /run +7/]) assertMatch(out, new RegExp(part));
  const [record] = records(await cli(["stat", "--json", `${url}/notes`]));
  assertEquals([record.key, record.size, record.metadata], ["notes", 5, { run: "7" }]);
  const missing = await cli(["stat", `${url}/nothing`, `${url}/notes`]);
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.err, "nothing");
  assertStringIncludes(missing.out, "5 B");
  assertEquals((await cli(["stat"])).code, 2);
});

Deno.test("cli: ls -l and stat tell what arrays are", async () => {
  const { backend, url } = await memory(["notes"]);
  const { writeRaw } = await import("../../lib/stored_arrays/raw.ts");
  const { arrayFromBytes, ndarray } = await import("../../lib/array/mod.ts");
  await writeRaw(backend, "betas", ndarray(new Float32Array(12), [3, 4]), { compression: "Zstd" });
  const { out, err } = await cli(["ls", "-l", url]);
  assertEquals(err, "");
  assertMatch(out, / betas {2}raw <f4 \(3, 4\) Zstd\n.* notes\n$/);
  assert(!(await cli(["ls", "-l", "--no-arrays", url])).out.includes("<f4"));
  const [record] = records(await cli(["ls", "-l", "--json", url]));
  assertEquals([record.kind, record.dtype, record.shape, record.codec], ["raw", "<f4", [3, 4], "Zstd"]);
  const stat = await cli(["stat", `${url}/betas`]);
  assertMatch(stat.out, /Shape +\(3, 4\)\n/);
  assertMatch(stat.out, /Codec +Zstd\n/);
  assertEquals(records(await cli(["stat", "--json", `${url}/betas`]))[0].dtype, "<f4");
  const fields = [
    { name: "id", dtype: "<i4", offset: 0 },
    { name: "at", dtype: "|V4", offset: 4, shape: [2], fields: [{ name: "x", dtype: "<f4", offset: 0 }] },
  ] as const;
  const table = arrayFromBytes(new Uint8Array(12), { dtype: "|V12", shape: [1], fields });
  await (await import("../../lib/stored_arrays/npy.ts")).writeNpy(backend, "table.npy", table);
  assertMatch((await cli(["stat", `${url}/table.npy`])).out, /Dtype +\{id: <i4, at: \{x: <f4\} \(2\)\}\n/);
});
