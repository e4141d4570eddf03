import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { isNDArray, ndarray } from "../../lib/array/mod.ts";
import { SparseArray } from "../../lib/array/sparse/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import { type ArrayTree, buildTree, flattenTree, hiddenNames } from "../../lib/stored_arrays/array_tree.ts";

function pathsOf(tree: ArrayTree): string[] {
  return flattenTree(tree).map(({ path }) => path);
}

Deno.test("a tree is flattened in its own order, values as any array", () => {
  const array = ndarray(Int16Array.of(1, 2));
  const leaves = flattenTree({
    b: array,
    a: {
      text: "été",
      list: [[1, 2], [3, 4]],
      deep: new Map<string, bigint | boolean>([["x", 5n], ["y", true]]),
    },
    n: 1.5,
    typed: Uint8Array.of(1),
  });
  assertEquals(leaves.map(({ path, array: { dtype, shape } }) => [path, dtype, shape.join()]), [
    ["b", "<i2", "2"],
    ["a/text", "<U3", ""],
    ["a/list", "<f8", "2,2"],
    ["a/deep/x", "<i8", ""],
    ["a/deep/y", "|b1", ""],
    ["n", "<f8", ""],
    ["typed", "|u1", "1"],
  ]);
  assertStrictEquals(leaves[0].array, array);
});

Deno.test("names with slashes are further dictionaries, and stay within their own", () => {
  assertEquals(pathsOf({ "x/y": 1, "/abs": 2, "//a///b": 3, d: { "/e": 4, "f/": { g: 5 } } }), [
    "x/y",
    "abs",
    "a/b",
    "d/e",
    "d/f/g",
  ]);
  assertEquals(pathsOf({ "a/b": 1, a: { c: 2 }, "a ": 3, "a.b": 4, ".": 5, "x/../y": 6, "…": 7 }), [
    "a/b",
    "a/c",
    "a ",
    "a.b",
    ".",
    "x/../y",
    "…",
  ]);
});

Deno.test("empty dictionaries leave nothing, and odd names are names", () => {
  assertEquals(pathsOf({}), []);
  assertEquals(pathsOf({ a: {}, b: new Map(), c: { d: {} } }), []);
  assertEquals(pathsOf(Object.assign(Object.create(null), { a: 1 })), ["a"]);
  assertEquals(pathsOf(new Map([["__proto__", 1], ["constructor", 2]])), ["__proto__", "constructor"]);
  assertEquals(pathsOf(JSON.parse('{"__proto__": {"x": 1}, "2": 2}')), ["2", "__proto__/x"]);
});

Deno.test("the same dictionary in two places is no cycle", () => {
  const roi = { v1: [1] };
  assertEquals(pathsOf({ left: roi, right: roi }), ["left/v1", "right/v1"]);
});

class Subject {
  readonly age = 5;
}

const cycle: Record<string, unknown> = { x: 1 };
cycle.inner = { again: cycle };
let deep: Record<string, unknown> = { x: 1 };
for (let i = 0; i < 600; i++) deep = { d: deep };

/** What can't be stored, and what the message must name. */
const refused: readonly (readonly [string, unknown, string])[] = [
  ["null", { a: { b: null } }, '"a/b" can\'t be stored: it is null'],
  ["undefined", { a: { b: undefined } }, '"a/b" can\'t be stored: it is undefined'],
  ["function", { a: () => 1 }, '"a" can\'t be stored: it is a function'],
  ["symbol", { a: Symbol("s") }, '"a" can\'t be stored: it is a symbol'],
  ["instance of a class", { a: new Subject() }, '"a" can\'t be stored: it is an instance of Subject'],
  ["date", { a: { when: new Date() } }, '"a/when" can\'t be stored: it is an instance of Date'],
  ["set", { a: new Set([1]) }, "an instance of Set"],
  ["promise", { a: Promise.resolve(1) }, "await it"],
  ["buffer", { a: new ArrayBuffer(4) }, "Uint8Array"],
  ["data view", { a: new DataView(new ArrayBuffer(4)) }, "Uint8Array"],
  [
    "sparse array",
    { a: new SparseArray("coo", [1, 1], { row: [0], col: [0], data: [1] }) },
    "uploadSparseArray",
  ],
  ["ragged list", { a: { b: [[1, 2], [3]] } }, '"a/b" can\'t be stored: nested arrays must be regular'],
  ["mixed list", { a: [1, "x"] }, '"a" can\'t be stored: an array of numbers'],
  ["list of dictionaries", { a: [{ b: 1 }] }, '"a" can\'t be stored'],
  ["list of null", { a: [null] }, '"a" can\'t be stored'],
  ["too large a bigint", { a: 2n ** 64n }, '"a" can\'t be stored'],
  ["empty name", { a: { "": 1 } }, 'the name "" in "a" names nothing'],
  ["only slashes", { "//": 1 }, 'the name "//" names nothing'],
  ["climbing name", { "../x": 1 }, "leads out of its dictionary"],
  ["climbing name in a dictionary", { a: { "../../x": 1 } }, 'in "a" leads out of its dictionary'],
  ["name that climbs within", { a: { "b/../../x": 1 } }, "leads out of its dictionary"],
  ["climbing after a slash", { "/../x": 1 }, "leads out of its dictionary"],
  ["half a character", { "\ud800": 1 }, "unicode"],
  ["array with a slash at its end", { "a/": 1 }, '"a" is an array'],
  ["name that is no string", new Map<unknown, unknown>([[5, 1]]), "are strings"],
  ["cycle", cycle, '"inner/again" contains itself'],
  ["too deep", deep, "more than 512 deep"],
  ["same name twice", { "a/b": 1, a: { b: 2 } }, '"a/b"'],
  ["same name but for slashes", { a: 1, "/a": 2 }, '"a"'],
  ["array and dictionary", { a: 1, "a/b/c": 2 }, '"a"'],
  ["dictionary and array", { "a/b/c": 2, "a/b": 1 }, '"a/b"'],
  ["no dictionary: array", ndarray(Int8Array.of(1)), "the dictionary"],
  ["no dictionary: list", [1, 2], "plain object or a Map"],
  ["no dictionary: null", null, "plain object or a Map"],
  ["no dictionary: number", 5, "a number"],
  ["no dictionary: class", new Subject(), "an instance of Subject"],
];

for (const [name, tree, message] of refused) {
  Deno.test(`what can't be stored is refused, and named: ${name}`, () => {
    assertThrows(
      () => flattenTree(tree as ArrayTree),
      InvalidArgumentError,
      message === "the dictionary" ? "a dictionary is" : message,
    );
  });
}

Deno.test("a tree is built of names, whatever they are", () => {
  const one = ndarray(Int8Array.of(1));
  const tree = buildTree([
    ["a/b/c", one],
    ["a/b/__proto__", one],
    ["__proto__/x", null],
    ["constructor", one],
    ["a//e", one],
  ]);
  assertEquals(Object.keys(tree), ["a", "__proto__", "constructor"]);
  assertEquals(Object.getPrototypeOf(tree), null);
  const { a } = tree;
  assert(a !== null && !isNDArray(a));
  const { b, "": nameless } = a;
  assert(b !== null && !isNDArray(b) && nameless !== null && !isNDArray(nameless));
  assertEquals(Object.keys(b), ["c", "__proto__"]);
  assertStrictEquals(b.__proto__, one);
  assertStrictEquals(nameless.e, one);
  assertEquals(({} as Record<string, unknown>).x, undefined);
  assertStrictEquals(tree.constructor, one);
  assertThrows(() => buildTree([["a", one], ["a/b", one]]), TypeError);
});

Deno.test("an object hides what lies below it, and nothing else", () => {
  const names = ["a", "a-b", "a/b", "a/b/c", "ab", "d/e/f", "d/e", "/x", ""];
  assertEquals([...hiddenNames(names)], [["a/b", "a"], ["a/b/c", "a"], ["d/e/f", "d/e"], ["/x", ""]]);
  assertEquals(hiddenNames([]).size, 0);
});

Deno.test("arrays are known from what only looks like one", () => {
  assert(isNDArray(ndarray(new Float32Array(2))));
  const { data, shape, stride, offset, dtype } = ndarray(new Float32Array(2));
  assert(isNDArray({ data, shape, stride, offset, dtype }));
  for (
    const other of [null, undefined, 5, "x", [], {}, new Float32Array(1), {
      data,
      shape,
      stride,
      offset,
      dtype: "f4",
    }, { data: [1], shape, stride, offset, dtype }]
  ) {
    assert(!isNDArray(other));
  }
});
