import { compareKeys } from "../backends/mod.ts";
import { InvalidArgumentError } from "../lib/errors.ts";
import { collect } from "../lib/async.ts";
import { assert, assertRejects } from "./assert.ts";
import { decode, encode, get, names, type Register } from "./case.ts";

/** Keys that have gone wrong somewhere; each is what it is, and no other. */
export const ODD_KEYS: readonly string[] = [
  "%41",
  "A",
  "%2F",
  "a%2Fb",
  "%",
  "%zz",
  "space in the middle",
  " leading and trailing ",
  "plus+sign",
  "plus sign",
  "hash#tag",
  "question?mark=1&two=2",
  "amp&ersand;",
  "equals=",
  "colon:semi;comma,",
  "at@dollar$",
  "quote'double\"back`",
  "back\\slash",
  "..\\up",
  "star*[brackets]{braces}",
  "less<more>|pipe",
  "tilde~!(paren)",
  "caret^",
  "tab\tin it",
  "dir/",
  "dir/sub/",
  "dir/file",
  "double//slash",
  "double///slash",
  "double/slash",
  "end//",
  "conflict",
  "conflict/below",
  "conflict/below/that",
  "dot/./inside",
  "dot/inside",
  "up/../inside",
  "up/inside",
  "a/..",
  "a/.",
  "...",
  ".hidden",
  "object",
  "object.meta.json",
  "object.meta.json/below",
  "object.meta.json.meta.json",
  ".meta.json",
  "dir/.meta.json",
  "con",
  "nul.txt",
  "trailing dot.",
  "caf\u00e9",
  "cafe\u0301",
  "\u{1F36D}candy",
  "\uFF5Ewide",
  "\uE000private",
  "\u4E2D\u6587/\u30AD\u30FC",
  "zero\u200Bwidth",
  "\u202Eright to left",
  "l".repeat(255),
  "l".repeat(256) + "/x",
  "m".repeat(246),
  "\u00e9".repeat(127),
  "\u00e9".repeat(128),
  "__proto__",
  "constructor",
  "toString",
];

/** Keys: opaque, whatever they hold. */
export function keyCases(test: Register): void {
  test("odd keys are all different objects, listed and deleted as they are", async ({ backend, prefix, options }) => {
    const keys = ODD_KEYS.filter((key) => !options.unsupportedKeys?.includes(key)).map((key) => prefix + key);
    for (const key of keys) {
      await backend.put(key, encode(`at ${key}`), { metadata: { length: `${key.length}` } });
    }
    for (const key of keys) {
      assert.deepEqual(decode(await get(backend, key)), `at ${key}`);
      const head = await backend.head(key);
      assert.deepEqual(head?.key, key);
      assert.deepEqual(head?.metadata, { length: `${key.length}` });
    }
    const sorted = [...keys].sort(compareKeys);
    assert.deepEqual(await names(backend.list({ prefix }), ""), sorted);
    for (const key of keys) {
      assert(
        (await names(backend.list({ prefix: key }), "")).includes(key),
        `${key} is among those that start with it`,
      );
    }
    for (let i = 0; i < sorted.length; i += 9) {
      assert.deepEqual(await names(backend.list({ prefix, startAfter: sorted[i] }), ""), sorted.slice(i + 1));
    }
    // Deleting every other one leaves the rest alone.
    const gone = sorted.filter((_, i) => i % 2 === 0);
    const results = await collect(backend.delete(gone));
    assert.deepEqual(results.map((result) => result.key), gone);
    assert.deepEqual(results.filter((result) => result.error), []);
    const kept = sorted.filter((_, i) => i % 2 === 1);
    assert.deepEqual(await names(backend.list({ prefix }), ""), kept);
    for (const key of kept) assert.deepEqual(decode(await get(backend, key)), `at ${key}`);
    await collect(backend.delete(kept));
    assert.deepEqual(await names(backend.list({ prefix }), ""), []);
  });

  test("keys at the root: a leading slash, dots and the like", async ({ backend, prefix, options }) => {
    const tag = prefix.replace("/", "");
    const all = [
      `/${tag}`,
      `//${tag}`,
      `./${tag}`,
      `../${tag}`,
      `../../${tag}`,
      `${tag}`,
      `${tag}/..`,
      `~${tag}`,
    ];
    const keys = all.filter((key) => !options.unsupportedKeys?.some((odd) => key.startsWith(odd)));
    for (const key of keys) await backend.put(key, encode(key));
    for (const key of keys) assert.deepEqual(decode(await get(backend, key)), key);
    const listed = await names(backend.list(), "");
    assert.deepEqual(listed.filter((key) => keys.includes(key)), [...keys].sort(compareKeys));
    for (const { error } of await collect(backend.delete(keys))) assert.deepEqual(error, undefined);
    for (const key of keys) assert.deepEqual(await backend.head(key), undefined);
  });

  test("keys of 1024 bytes", async ({ backend, prefix }) => {
    const room = 1024 - prefix.length;
    const keys = [
      prefix + "x".repeat(room),
      prefix + ("\u00e9".repeat(Math.floor(room / 2)) + "x").slice(0, Math.ceil(room / 2)),
      prefix + "s/".repeat(Math.floor(room / 2)).slice(0, room),
      prefix + "d/".repeat(Math.floor((room - 1) / 2)) + "e",
    ];
    for (const key of keys) {
      await backend.put(key, encode(key));
      assert.deepEqual(decode(await get(backend, key)), key);
    }
    assert.deepEqual(await names(backend.list({ prefix }), ""), [...keys].sort(compareKeys));
    for (const { error } of await collect(backend.delete(keys))) assert.deepEqual(error, undefined);
    assert.deepEqual(await names(backend.list({ prefix }), ""), []);
  });

  test("keys that no store can hold are InvalidArgumentErrors", async ({ backend, prefix }) => {
    for (
      const key of ["", prefix + "x".repeat(1025), prefix + "\u20ac".repeat(342), prefix + "half \ud83c pair"]
    ) {
      await assertRejects(() => backend.put(key, encode("x")), InvalidArgumentError);
      await assertRejects(() => backend.open(key), InvalidArgumentError);
      await assertRejects(() => backend.head(key), InvalidArgumentError);
      const [result] = await collect(backend.delete([key]));
      assert(result.error instanceof InvalidArgumentError);
    }
    assert.deepEqual(await names(backend.list({ prefix }), ""), []);
  });
}
