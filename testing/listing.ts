import { compareKeys } from "../backends/mod.ts";
import { collect } from "../lib/async.ts";
import { assert } from "./assert.ts";
import { encode, fillWith, names, type Register } from "./case.ts";

const TREE: readonly string[] = [
  "a",
  "a-b",
  "a.b",
  "a/b",
  "a/b-c",
  "a/b/c",
  "a/b/d",
  "a0",
  "aa/x",
  "b/one",
  "b/two/three",
  "b0",
  "c",
  "\u00e9",
  "\uFF5E",
  "\u{1F36C}",
  "\u{1F36C}/x",
];

/** Listing: complete, in the order of UTF-8 bytes. */
export function listCases(test: Register): void {
  test("a listing tells size, time and etag of each object", async ({ backend, prefix }) => {
    const before = Date.now();
    const { etag } = await backend.put(prefix + "x", encode("12345"));
    const [entry, ...rest] = await collect(backend.list({ prefix }));
    assert.deepEqual(rest, []);
    assert("key" in entry);
    assert.deepEqual(entry.key, prefix + "x");
    assert.deepEqual(entry.size, 5);
    assert(Math.abs(entry.lastModified.getTime() - before) < 3_600_000);
    if (etag !== undefined && entry.etag !== undefined) assert.deepEqual(entry.etag, etag);
  });

  test("keys come in the order of their UTF-8 bytes", async (c) => {
    await fillWith(c, [...TREE].reverse());
    const expected = [...TREE].sort(compareKeys);
    assert(expected.indexOf("\uFF5E") < expected.indexOf("\u{1F36C}"));
    assert.deepEqual(await names(c.backend.list({ prefix: c.prefix }), c.prefix), expected);
    for (const pageSize of [1, 2, 3, 1000]) {
      assert.deepEqual(await names(c.backend.list({ prefix: c.prefix, pageSize }), c.prefix), expected);
    }
  });

  test("by prefix, which need not end at a slash", async (c) => {
    await fillWith(c, TREE);
    const expected = (prefix: string) => TREE.filter((key) => key.startsWith(prefix)).sort(compareKeys);
    for (
      const prefix of [
        "a",
        "a/",
        "a/b",
        "a/b/",
        "a/b/c",
        "a-",
        "b",
        "b/t",
        "\u{1F36C}",
        "z",
        "a/b/c/d",
        "a//",
      ]
    ) {
      assert.deepEqual(
        await names(c.backend.list({ prefix: c.prefix + prefix }), c.prefix),
        expected(prefix),
        prefix,
      );
    }
  });

  test("by delimiter", async (c) => {
    await fillWith(c, TREE);
    const list = (prefix: string, delimiter: string) =>
      names(c.backend.list({ prefix: c.prefix + prefix, delimiter }), c.prefix);
    const top = [
      "a",
      "a-b",
      "a.b",
      "a/",
      "a0",
      "aa/",
      "b/",
      "b0",
      "c",
      "\u00e9",
      "\uFF5E",
      "\u{1F36C}",
      "\u{1F36C}/",
    ];
    assert.deepEqual(await list("", "/"), top);
    assert.deepEqual(await list("a/", "/"), ["a/b", "a/b-c", "a/b/"]);
    assert.deepEqual(await list("a/b", "/"), ["a/b", "a/b-c", "a/b/"]);
    assert.deepEqual(await list("a/b/", "/"), ["a/b/c", "a/b/d"]);
    assert.deepEqual(await list("b", "/"), ["b/", "b0"]);
    assert.deepEqual(await list("zz", "/"), []);
    assert.deepEqual(await list("a", "b"), ["a", "a-b", "a.b", "a/b", "a0", "aa/x"]);
    assert.deepEqual(await list("a", "-b"), [
      "a",
      "a-b",
      "a.b",
      "a/b",
      "a/b-c",
      "a/b/c",
      "a/b/d",
      "a0",
      "aa/x",
    ]);
    for (const pageSize of [1, 2, 5]) {
      assert.deepEqual(
        await names(c.backend.list({ prefix: c.prefix, delimiter: "/", pageSize }), c.prefix),
        top,
        `pages of ${pageSize}`,
      );
    }
    const entries = await collect(c.backend.list({ prefix: c.prefix, delimiter: "/" }));
    assert.deepEqual(entries.filter((entry) => "prefix" in entry).length, 4);
  });

  test("startAfter, which need not be a key", async (c) => {
    await fillWith(c, TREE);
    const sorted = [...TREE].sort(compareKeys);
    for (const after of [...TREE, "", "0", "a/", "a/a", "a/b/", "a/b/cc", "a/z", "b/", "z", "\u{1F36D}"]) {
      assert.deepEqual(
        await names(c.backend.list({ prefix: c.prefix, startAfter: c.prefix + after }), c.prefix),
        sorted.filter((key) => compareKeys(key, after) > 0),
        `after ${JSON.stringify(after)}`,
      );
    }
    assert.deepEqual(
      await names(c.backend.list({ prefix: c.prefix + "a/", startAfter: c.prefix + "a/b" }), c.prefix),
      ["a/b-c", "a/b/c", "a/b/d"],
    );
    assert.deepEqual(
      await names(c.backend.list({ prefix: c.prefix + "b", startAfter: c.prefix + "a" }), c.prefix),
      [
        "b/one",
        "b/two/three",
        "b0",
      ],
    );
    assert.deepEqual(
      await names(c.backend.list({ prefix: c.prefix + "a", startAfter: c.prefix + "b" }), c.prefix),
      [],
    );
    assert.deepEqual(
      await names(
        c.backend.list({ prefix: c.prefix, startAfter: c.prefix + "aa0", delimiter: "/" }),
        c.prefix,
      ),
      ["b/", "b0", "c", "\u00e9", "\uFF5E", "\u{1F36C}", "\u{1F36C}/"],
    );
  });

  test("a prefix without objects lists nothing", async ({ backend, prefix }) => {
    assert.deepEqual(await collect(backend.list({ prefix })), []);
    assert.deepEqual(await collect(backend.list({ prefix: prefix + "no/such", delimiter: "/" })), []);
  });

  test("many objects, in pages, and stopping early", async (c) => {
    const many = c.options.many ?? 2500;
    const keys = Array.from({ length: many }, (_, i) => `${i % 7}/${i}`);
    await fillWith(c, keys);
    const sorted = [...keys].sort(compareKeys);
    assert.deepEqual(await names(c.backend.list({ prefix: c.prefix }), c.prefix), sorted);
    assert.deepEqual(await names(c.backend.list({ prefix: c.prefix, pageSize: 333 }), c.prefix), sorted);
    assert.deepEqual(
      await names(c.backend.list({ prefix: c.prefix, delimiter: "/" }), c.prefix),
      ["0/", "1/", "2/", "3/", "4/", "5/", "6/"],
    );
    let seen = 0;
    for await (const _ of c.backend.list({ prefix: c.prefix })) if (++seen === 3) break;
    assert.deepEqual(seen, 3);
    const results = await collect(c.backend.delete(keys.map((key) => c.prefix + key)));
    assert.deepEqual(results.length, many);
    assert.deepEqual(results.filter(({ error }) => error), []);
    assert.deepEqual(await collect(c.backend.list({ prefix: c.prefix })), []);
  });

  test("objects that come and go meanwhile don't disturb a listing of the others", async (c) => {
    const keys = Array.from({ length: 60 }, (_, i) => `d${i % 3}/${String(i).padStart(3, "0")}`);
    await fillWith(c, keys);
    const kept = new Set(keys.filter((_, i) => i % 2 === 0));
    const seen: string[] = [];
    let i = 0;
    for await (const entry of c.backend.list({ prefix: c.prefix, pageSize: 5 })) {
      assert("key" in entry);
      seen.push(entry.key.slice(c.prefix.length));
      const victim = keys[2 * i++ + 1];
      if (victim !== undefined) await collect(c.backend.delete([c.prefix + victim]));
    }
    assert.deepEqual(seen.filter((key) => kept.has(key)), [...kept].sort(compareKeys));
    assert.deepEqual(seen, [...seen].sort(compareKeys));
  });
}
