import { assertEquals, assertThrows } from "@std/assert";
import { ndarray, parseSlice, resolveSelection, type Selection } from "../../lib/array/mod.ts";
import { InvalidArgumentError } from "../../lib/errors.ts";
import selections from "../vectors/selections.json" with { type: "json" };
import slices from "../vectors/slices.json" with { type: "json" };

interface Case {
  readonly length: number;
  readonly selection: readonly [number | null, number | null, number | null];
  readonly indices: readonly number[];
}

/** Rows of slices.json are [length, start, stop, step, indices]. */
function* cases(): Generator<Case> {
  for (const [length, start, stop, step, indices] of slices) {
    if (typeof length !== "number" || !Array.isArray(indices)) throw new Error("slices.json is malformed");
    if (Array.isArray(start) || Array.isArray(stop) || Array.isArray(step)) {
      throw new Error("slices.json is malformed");
    }
    yield { length, selection: [start, stop, step], indices };
  }
}

Deno.test("slices take what numpy takes", () => {
  let count = 0;
  for (const { length, selection, indices } of cases()) {
    const items = ndarray(Int32Array.from({ length }, (_, i) => i));
    const part = items.slice(selection);
    assertEquals(part.toNested(), indices, `${length} ${selection}`);
    assertEquals(part.shape, [indices.length]);
    assertEquals(
      part.offset,
      part.stride[0] < 0 && part.size > 0 ? part.size * -part.stride[0] + part.stride[0] : 0,
    );
    count++;
  }
  assertEquals(count, 2520);
});

Deno.test("slices of slices", () => {
  const all = [...cases()].filter(({ length }) => length === 5);
  const items = ndarray(Int32Array.from({ length: 5 }, (_, i) => i));
  for (const first of all.filter((_, i) => i % 17 === 0)) {
    for (const second of all.filter((_, i) => i % 23 === 0)) {
      const expected = ndarray(Int32Array.from(first.indices)).slice(second.selection).toNested();
      assertEquals(items.slice(first.selection).slice(second.selection).toNested(), expected);
    }
  }
});

Deno.test("numbers drop their axis, ranges and null keep it, missing ones are whole", () => {
  const a = ndarray(Int32Array.from({ length: 24 }, (_, i) => i), [2, 3, 4]);
  assertEquals(a.slice(1).shape, [3, 4]);
  assertEquals(a.slice(-1, null, 0).toNested(), [12, 16, 20]);
  assertEquals(a.slice(null, [1, 2]).shape, [2, 1, 4]);
  assertEquals(a.slice(1, 2, 3).shape, []);
  assertEquals(a.slice(1, 2, 3).get(), 23);
  assertEquals(a.slice([null, null, -1], 1, [3, 0, -2]).toNested(), [[19, 17], [7, 5]]);
  assertEquals(a.slice().shape, [2, 3, 4]);
});

Deno.test("what numpy refuses is refused", () => {
  const a = ndarray(new Int32Array(6), [2, 3]);
  const wrong: Selection[][] = [[2], [-3], [0, 3], [0, 0, 0], [[0, 1, 0]], [0.5], [[0.5, 1]], [[0, NaN]], [
    NaN,
  ], [[0, Infinity]]];
  for (const selection of wrong) {
    assertThrows(() => a.slice(...selection), InvalidArgumentError);
    assertThrows(() => resolveSelection(a.shape, selection), InvalidArgumentError);
  }
  // @ts-expect-error -- callers without types
  assertThrows(() => a.slice("1"), InvalidArgumentError);
  // @ts-expect-error -- callers without types
  assertThrows(() => a.slice([1]), InvalidArgumentError);
  assertThrows(() => ndarray(new Int32Array(0), [0]).slice(0), InvalidArgumentError, "out of bounds");
});

/** Rows of selections.json are [selection, shape, items]; the last two null where numpy refuses. */
const numpys: unknown[] = selections;

function isSelection(part: unknown): part is Selection {
  return part === null || typeof part === "number" || part === "..." || part === "newaxis" ||
    Array.isArray(part);
}

Deno.test("ellipsis and newaxis take what numpy takes, bigints as numbers do", () => {
  const array = ndarray(Int32Array.from({ length: 24 }, (_, i) => i), [2, 3, 4]);
  const big = (part: Selection): Selection => {
    if (typeof part === "number") return BigInt(part);
    if (!Array.isArray(part)) return part;
    const [start, stop, step] = part.map((place) => place === null ? null : BigInt(place));
    return [start, stop, step];
  };
  let count = 0;
  for (const row of numpys) {
    if (!Array.isArray(row)) throw new Error("selections.json is malformed");
    const [selection, shape, items] = row;
    if (!Array.isArray(selection) || !selection.every(isSelection)) {
      throw new Error("selections.json is malformed");
    }
    count++;
    if (shape === null) {
      assertThrows(() => array.slice(...selection), InvalidArgumentError);
      continue;
    }
    const taken = array.slice(...selection);
    assertEquals([taken.shape, [...taken]], [shape, items], JSON.stringify(selection));
    assertEquals([...array.slice(...selection.map(big))], items, JSON.stringify(selection));
  }
  assertEquals(count, 511);
});

Deno.test("bigints beyond what numbers hold exactly", () => {
  const a = ndarray(new Int32Array(6), [2, 3]);
  assertEquals(a.slice([0, 10n ** 30n], [-(10n ** 30n), null, 2n]).shape, [2, 2]);
  assertThrows(() => a.slice(2n ** 64n), InvalidArgumentError, "out of bounds");
  assertEquals([a.get(1n, -1), a.get(-1n, 2n)], [0, 0]);
  a.set(7, 1n, 2);
  assertEquals(a.get(1, 2), 7);
});

Deno.test("a refusal has no array in it", () => {
  const a = ndarray(new Int32Array(6), [2, 3]);
  const mask = ndarray(new Uint8Array(1e6), [1e6], { dtype: "|b1" });
  const wrong: unknown[] = [
    mask,
    ndarray(new BigInt64Array([0n, 1n])),
    new BigInt64Array(9),
    new Float64Array(1e6),
  ];
  wrong.push(
    Array.from({ length: 1e5 }, () => 1),
    [[1], [2]],
    [0, mask],
    [mask, 1],
    true,
    {},
    "1",
    Symbol("a"),
    () => 1,
  );
  for (const selection of wrong) {
    // @ts-expect-error -- callers without types
    const error = assertThrows(() => a.slice(selection), InvalidArgumentError);
    assertEquals(error.message.length < 300, true, error.message.slice(0, 300));
    // @ts-expect-error -- callers without types
    assertThrows(() => a.get(selection, 0), InvalidArgumentError);
  }
  // @ts-expect-error -- callers without types
  assertThrows(() => resolveSelection([2, 3], mask), InvalidArgumentError, "shape [1000000]");
  const many = new Array<Selection>(64).fill("newaxis");
  assertThrows(() => a.slice(...many), InvalidArgumentError, "axes");
});

Deno.test("a slice is told by the text that stands between numpy's brackets", () => {
  const texts: [string, Selection[]][] = [
    ["", []],
    ["  ", []],
    ["[]", []],
    ["10,:,0:64:2", [10, [null, null, null], [0, 64, 2]]],
    ["[ -1 , ... , ::-1 ]", [-1, "...", [null, null, -1]]],
    ["newaxis,None,3:", ["newaxis", "newaxis", [3, null, null]]],
    ["None:None:2", [[null, null, 2]]],
    ["1,", [1]],
    ["+1_000,:99999999999999999999", [1000, [null, Number.MAX_SAFE_INTEGER, null]]],
  ];
  for (const [text, selection] of texts) assertEquals(parseSlice(text), selection, text);
  for (
    const text of [
      "a",
      "1,,2",
      ",",
      "1.5",
      "1:2:3:4",
      "[1",
      "1]",
      "[[1]]",
      "[1,2]:",
      "0x10",
      "1__0",
      "slice(1)",
    ]
  ) {
    assertThrows(() => parseSlice(text), InvalidArgumentError, undefined, text);
  }
  const ramp = ndarray(Int32Array.from({ length: 24 }, (_, i) => i), [2, 3, 4]);
  assertEquals(ramp.slice(...parseSlice("1, ..., ::-2")).toNested(), [[15, 13], [19, 17], [23, 21]]);
});
