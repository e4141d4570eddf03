// What is written: the instructions themselves, sharing, frames, no copies of large arrays; and what is refused.
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type NDArray, ndarray } from "../../lib/array/mod.ts";
import { dumpPickle, loadPickle, picklePieces, type PickleValue, Tuple } from "../../lib/array/pickle/mod.ts";
import { IntegrityError, InvalidArgumentError } from "../../lib/errors.ts";
import { comparable } from "./pickle/described.ts";

/** The pickle without its first two bytes and its frame's header, as text in which each character is a byte. */
function body(value: unknown): string {
  const bytes = dumpPickle(value);
  assertEquals([...bytes.subarray(0, 2)], [0x80, 4]);
  const text = Array.from(bytes.subarray(2), (byte) => String.fromCharCode(byte)).join("");
  return text.startsWith("\x95") ? text.slice(9) : text;
}

Deno.test("simple values are the instructions that Python's own pickler writes", () => {
  // From pickle.dumps(value, 4) of Python 3.11.
  assertEquals(body(null), "N.");
  assertEquals(body(true), "\x88.");
  assertEquals(body(false), "\x89.");
  assertEquals(body(0), "K\x00.");
  assertEquals(body(255), "K\xff.");
  assertEquals(body(256), "M\x00\x01.");
  assertEquals(body(65536), "J\x00\x00\x01\x00.");
  assertEquals(body(-1), "J\xff\xff\xff\xff.");
  assertEquals(body(2 ** 31), "\x8a\x05\x00\x00\x00\x80\x00.");
  assertEquals(body(-(2 ** 31) - 1), "\x8a\x05\xff\xff\xff\x7f\xff.");
  assertEquals(body(255n), "K\xff.");
  assertEquals(body(2n ** 63n), "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00.");
  assertEquals(body(-(2n ** 63n)), "\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.");
  assertEquals(body(1.5), "G?\xf8\x00\x00\x00\x00\x00\x00.");
  assertEquals(body(-0), "G\x80\x00\x00\x00\x00\x00\x00\x00.");
  assertEquals(body(2 ** 53), "GC@\x00\x00\x00\x00\x00\x00.");
  assertEquals(body("hé"), "\x8c\x03h\xc3\xa9\x94.");
  assertEquals(body(Uint8Array.of(1, 255)), "C\x02\x01\xff\x94.");
  assertEquals(body([]), "]\x94.");
  assertEquals(body([1, 2]), "]\x94(K\x01K\x02e.");
  assertEquals(body(Tuple.of()), ").");
  assertEquals(body(Tuple.of(1)), "K\x01\x85\x94.");
  assertEquals(body(Tuple.of(1, 2, 3, 4)), "(K\x01K\x02K\x03K\x04t\x94.");
  assertEquals(body({ a: 1, b: 2 }), "}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94K\x02u.");
  assertEquals(body(new Set([1])), "\x8f\x94(K\x01\x90.");
  assertEquals(body({ re: 0, im: 1 }).slice(0, 20), "\x8c\x08builtins\x94\x8c\x07complex");
});

Deno.test("integers of any size come back", () => {
  for (let bits = 1n; bits < 200n; bits++) {
    for (const near of [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]) {
      for (const value of [near, -near]) {
        const read = loadPickle(dumpPickle(value));
        assert(typeof read === "bigint" || typeof read === "number");
        assertEquals(BigInt(read), value);
        assertEquals(typeof read, Number.isSafeInteger(Number(value)) ? "number" : "bigint");
      }
    }
  }
  const huge = -(3n ** 5000n);
  assertEquals(loadPickle(dumpPickle(huge)), huge);
});

Deno.test("floats come back bit for bit", () => {
  for (const value of [0.1, -0, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, NaN, 1e300, 2 ** 60]) {
    assert(Object.is(loadPickle(dumpPickle(value)), value), String(value));
  }
});

Deno.test("text of all kinds comes back, lone surrogates too", () => {
  for (
    const text of [
      "",
      "\0",
      "🧠",
      "\ud800",
      "a\udfffb\ud83d",
      "\ufeff",
      "x".repeat(255),
      "é".repeat(128),
      "é".repeat(40_000),
    ]
  ) {
    assertStrictEquals(loadPickle(dumpPickle(text)), text);
  }
});

Deno.test("what comes twice is one, and text is written once", () => {
  const shared = { a: [1] };
  const read = loadPickle(dumpPickle([shared, shared, shared.a]));
  assert(Array.isArray(read) && typeof read[0] === "object" && read[0] !== null && "a" in read[0]);
  assertStrictEquals(read[0], read[1]);
  assertStrictEquals(read[2], read[0].a);
  const rows = Array.from({ length: 1000 }, () => ({ "a rather long name": 1 }));
  assert(dumpPickle(rows).length < 1000 * 14);
  // The same array is one array; its bytes are there once.
  const array = ndarray(new Float64Array(1000));
  assert(dumpPickle([array, array, array]).length < 8300);
});

Deno.test("what contains itself comes back so", () => {
  const list: unknown[] = [1];
  list.push(list, Tuple.of(list), Tuple.from<unknown>([1, 2, 3, list]), { list }, new Map([["list", list]]));
  const read = loadPickle(dumpPickle(list));
  assert(Array.isArray(read) && read.length === 6);
  assertStrictEquals(read[1], read);
  assert(read[2] instanceof Tuple && read[2][0] === read && read[2].length === 1);
  assert(read[3] instanceof Tuple && read[3][3] === read && read[3].length === 4);
  assert(typeof read[4] === "object" && read[4] !== null && "list" in read[4] && read[4].list === read);
  const tuple = Tuple.of<unknown[]>(1, []);
  const inner = tuple[1];
  assert(Array.isArray(inner));
  inner.push(tuple, 2);
  const again = loadPickle(dumpPickle(tuple));
  assert(again instanceof Tuple && Array.isArray(again[1]) && again[1][0] === again && again[1][1] === 2);
  // A tuple straight within itself is nothing that Python could make.
  const loop = Tuple.of<unknown[]>();
  loop.push(loop);
  assertThrows(() => dumpPickle(loop), InvalidArgumentError, "1000");
});

Deno.test("values may be nested 1000 deep, as in Python", () => {
  let value: unknown[] = [];
  for (let depth = 1; depth < 1000; depth++) value = [value];
  assertEquals(dumpPickle(value).length > 2000, true);
  assertThrows(() => dumpPickle([value]), InvalidArgumentError, "1000");
  assertThrows(() => dumpPickle(Array.from({ length: 3 }, () => [value])), InvalidArgumentError, "1000");
  // Depth is not length: siblings don't add up.
  dumpPickle(Array.from({ length: 5000 }, () => [[]]));
});

Deno.test("large bytes and contiguous arrays are handed on, not copied", () => {
  const float = ndarray(new Float64Array(100_000), [100, 1000]);
  const bytes = new Uint8Array(70_000);
  const pieces = picklePieces({ float, fortran: float.transpose(), bytes, small: new Uint8Array(100) });
  const buffers = pieces.map(({ buffer }) => buffer);
  assertEquals(buffers.filter((buffer) => buffer === float.data.buffer).length, 2);
  assertEquals(buffers.filter((buffer) => buffer === bytes.buffer).length, 1);
  assert(pieces.filter(({ length }) => length < 70_000).reduce((sum, { length }) => sum + length, 0) < 1000);
  // In Fortran order rather than copied.
  const read = loadPickle(dumpPickle(float.transpose()));
  assert(typeof read === "object" && read !== null && "stride" in read);
  assertEquals(read.stride, [1, 1000]);
});

Deno.test("memory that other threads can write to is copied", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(70_000));
  for (const piece of picklePieces([shared, ndarray(shared)])) assert(piece.buffer instanceof ArrayBuffer);
  assertEquals(comparable(loadPickle(dumpPickle(shared))), comparable(new Uint8Array(70_000)));
});

Deno.test("frames hold what they say, none is much longer than 64 KiB", () => {
  const value = { list: Array.from({ length: 50_000 }, (_, i) => `item ${i}`), big: new Uint8Array(200_000) };
  const bytes = dumpPickle(value);
  const view = new DataView(bytes.buffer);
  let frames = 0;
  let at = 2;
  while (at < bytes.length) {
    if (bytes[at] === 0x42) { // BINBYTES, outside of frames
      at += 5 + view.getUint32(at + 1, true);
      continue;
    }
    if (bytes.length - at < 4) break; // too short for a frame: the end
    assertEquals(bytes[at], 0x95, `at byte ${at}`);
    const length = Number(view.getBigUint64(at + 1, true));
    assert(length < 70_000);
    at += 9 + length;
    frames++;
  }
  assert(frames >= 10);
  assertEquals(comparable(loadPickle(bytes)), comparable(value));
});

Deno.test("what was read is a view of the pickle where it is aligned, and never shared between two arrays", () => {
  const bytes = dumpPickle([Uint8Array.of(1, 2, 3), new Uint8ClampedArray([9])]);
  const read = loadPickle(bytes);
  assert(Array.isArray(read) && read[0] instanceof Uint8Array);
  assertStrictEquals(read[0].buffer, bytes.buffer);
  // Python pickles equal bytes of length one as one object, which comes again from the memo: what is made over them must not be one as well.
  const state =
    "(K\x01)cnumpy\ndtype\n(X\x02\x00\x00\x00b1\x89\x88tR(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89";
  const array = "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR" + state;
  const text = `\x80\x03(${array}C\x01\x01q\x00tb${array}h\x00tbh\x00h\x00t.`;
  const made = loadPickle(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  assert(Array.isArray(made) && made.length === 4);
  const [a, b, c, d] = made;
  assert(isBoolean(a) && isBoolean(b) && c instanceof Uint8Array);
  assertStrictEquals(c, d);
  a.set(false);
  assertEquals([a.get(), b.get(), c[0]], [false, true, 1]);
  b.set(false);
  assertEquals(c[0], 1);
});

function isBoolean(value: PickleValue): value is NDArray<"|b1"> {
  return typeof value === "object" && value !== null && "dtype" in value && value.dtype === "|b1";
}

Deno.test("objects: entries that are undefined are left out, __proto__ is a key", () => {
  assertEquals(loadPickle(dumpPickle({ a: undefined, b: null })), { b: null });
  assertEquals(loadPickle(dumpPickle([undefined, , 1])), [null, null, 1]);
  assertEquals(loadPickle(dumpPickle(Object.assign(Object.create(null), { a: 1 }))), { a: 1 });
  const own = JSON.parse('{"__proto__": 5, "a": 1}');
  const read = loadPickle(dumpPickle(own));
  assert(typeof read === "object" && read !== null);
  assertEquals(Object.entries(read), [["__proto__", 5], ["a", 1]]);
});

Deno.test("a dict that looks like a complex number is a Map, and stays a dict", () => {
  assertEquals(loadPickle(dumpPickle({ re: 1, im: -2 })), { re: 1, im: -2 });
  const read = loadPickle(dumpPickle(new Map([["re", 1], ["im", 2]])));
  assert(read instanceof Map);
  assertEquals([...read], [["re", 1], ["im", 2]]);
  assertEquals(loadPickle(dumpPickle({ re: 1, im: "x" })), { re: 1, im: "x" });
});

Deno.test("keys and items that Python can't hold, or holds as one, are refused", () => {
  for (const key of [[1], {}, new Map(), ndarray(new Uint16Array(1)), Tuple.of([1]), new Set([[]])]) {
    assertThrows(() => dumpPickle(new Map<unknown, unknown>([[key, 1]])), InvalidArgumentError, "hash");
    assertThrows(() => dumpPickle(new Set<unknown>([key])), InvalidArgumentError, "hash");
  }
  const equal: readonly (readonly [unknown, unknown])[] = [
    [1, true],
    [0, false],
    [1, 1n],
    [2 ** 60, 2n ** 60n],
    [1, { re: 1, im: 0 }],
    [Uint8Array.of(1), Uint8Array.of(1)],
    [Tuple.of(1, "a"), Tuple.of(true, "a")],
    [new Set([1, 2]), new Set([2, 1])],
    [null, undefined],
    [Tuple.of(Tuple.of(1)), Tuple.of(Tuple.of(1))],
  ];
  for (const [a, b] of equal) {
    assertThrows(() => dumpPickle(new Map([[a, 1], [b, 2]])), InvalidArgumentError, "equal in Python");
    assertThrows(() => dumpPickle(new Set([a, b])), InvalidArgumentError, "equal in Python");
  }
  const unlike = new Set<unknown>([
    "1",
    1,
    2n ** 60n + 1n,
    2 ** 60,
    Tuple.of(1),
    Tuple.of("1"),
    Uint8Array.of(49),
    null,
    NaN,
  ]);
  const read = loadPickle(dumpPickle(unlike));
  assert(read instanceof Set && read.size === unlike.size);
  // One set as a value and within a key: a set and a frozenset to Python.
  const set = new Set([1]);
  const tuple = Tuple.of(set);
  const both = loadPickle(dumpPickle([set, tuple, new Map<unknown, unknown>([[tuple, set]])]));
  assertEquals(comparable(both), comparable([set, tuple, new Map([[tuple, set]])]));
});

Deno.test("what Python has nothing for is refused by name", () => {
  class Point {
    x = 1;
  }
  const values: readonly (readonly [unknown, string])[] = [
    [() => 1, "function"],
    [Symbol("s"), "symbol"],
    [new Date(0), "Date"],
    [new Point(), "Point"],
    [/x/, "RegExp"],
    [new Error("x"), "Error"],
    [Promise.resolve(), "Promise"],
    [new ArrayBuffer(1), "ArrayBuffer"],
    [new DataView(new ArrayBuffer(1)), "DataView"],
    [new WeakMap(), "WeakMap"],
    [[1][Symbol.iterator](), "Iterator"],
    [{ [Symbol.iterator]: () => [][Symbol.iterator]() }, "Object"],
    [Object("boxed"), "String"],
    [Object(1n), "BigInt"],
  ];
  for (const [value, name] of values) {
    assertThrows(() => dumpPickle(value), InvalidArgumentError, name);
    assertThrows(() => dumpPickle({ a: [value] }), InvalidArgumentError, name);
  }
  assertThrows(() => dumpPickle(undefined), InvalidArgumentError, "undefined");
});

Deno.test("Tuple is an array whose slices are plain arrays", () => {
  const tuple = Tuple.of(3);
  assertEquals([tuple.length, tuple[0], Array.isArray(tuple)], [1, 3, true]);
  assert(Tuple.from([1, 2]) instanceof Tuple && Tuple.of() instanceof Tuple);
  assert(!(tuple.map((x) => x) instanceof Tuple) && !(tuple.slice() instanceof Tuple));
  assertEquals(tuple.map((x) => x + 1), [4]);
});

Deno.test("what is written and cut off is an IntegrityError", () => {
  const bytes = dumpPickle({ a: [1, 2.5, "x"], b: ndarray(new Float32Array(5)) });
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => loadPickle(bytes.subarray(0, length)), IntegrityError);
  }
});
