import { assert, assertEquals, assertThrows } from "@std/assert";
import { ndarray, npyHeader, type NpyHeaderInit, parseDescr, parseNpyHeader } from "../../lib/array/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import { golden } from "./golden.ts";

function parsed(bytes: Uint8Array) {
  const result = parseNpyHeader(bytes);
  if (result.kind !== "header") throw new Error(`wants ${result.byteLength} bytes`);
  return result.header;
}

Deno.test("with too few bytes it says how many it needs, and those do", () => {
  for (const name of ["i2", "version2", "version3", "struct_nested"]) {
    const file = golden(name);
    const { byteOffset } = parsed(file);
    let length = 0;
    const asked: number[] = [];
    while (true) {
      const result = parseNpyHeader(file.subarray(0, length));
      if (result.kind === "header") break;
      assert(result.byteLength > length);
      asked.push(length = result.byteLength);
    }
    assertEquals(asked, [12, byteOffset]);
  }
});

Deno.test("what can't become a header is refused from its first bytes", () => {
  assertThrows(() => parseNpyHeader(Uint8Array.of(0x93, 0x4d)), IntegrityError, "no .npy file");
  assertThrows(
    () => parseNpyHeader(new TextEncoder().encode("PK\x03\x04 an npz")),
    IntegrityError,
    "no .npy file",
  );
  const long = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 255, 255, 255, 255);
  assertThrows(() => parseNpyHeader(long), IntegrityError, "4294967295");
  assertThrows(() => parseNpyHeader(golden("i2").subarray(0, 20), { size: 20 }), IntegrityError, "cut off");
  assertThrows(() => parseNpyHeader(new Uint8Array(0), { size: 0 }), IntegrityError, "cut off");
});

Deno.test("a size that is too small for the data is refused", () => {
  const file = golden("i2");
  assertEquals(parseNpyHeader(file, { size: file.length }).kind, "header");
  assertEquals(parseNpyHeader(file, { size: file.length + 5 }).kind, "header");
  assertThrows(() => parseNpyHeader(file, { size: file.length - 1 }), IntegrityError, "12 bytes");
});

Deno.test("the header's numbers", () => {
  const { shape, byteLength, byteOffset, itemCount, version, fortranOrder } = parsed(golden("fortran"));
  assertEquals({ shape, byteLength, byteOffset, itemCount, version, fortranOrder }, {
    shape: [2, 3, 4],
    byteLength: 96,
    byteOffset: 128,
    itemCount: 24,
    version: 1,
    fortranOrder: true,
  });
});

Deno.test("the header's bytes may lie anywhere in a buffer", () => {
  const file = golden("version2");
  const moved = new Uint8Array(file.length + 3);
  moved.set(file, 3);
  assertEquals(parsed(moved.subarray(3)).shape, parsed(file).shape);
});

/** Structures whose header just fits version 1, or just doesn't; the length of the only name is chosen. */
function named(length: number): NpyHeaderInit {
  return { ...parseDescr([["x".repeat(length), "<f8"]]), shape: [3] };
}

Deno.test("the oldest version that fits is taken", () => {
  for (const length of [1, 10, 65000, 65400, 65430, 65450, 65500, 70000]) {
    const bytes = npyHeader(named(length));
    const header = parsed(bytes);
    assertEquals(bytes.length % 64, 0);
    assertEquals(header.byteOffset, bytes.length);
    assertEquals(header.version, bytes.length - 10 < 65536 ? 1 : 2);
    assertEquals(header.fields?.[0].name.length, length);
  }
  assertEquals(parsed(npyHeader({ ...parseDescr([["é", "<f8"]]), shape: [] })).version, 1);
  assertEquals(parsed(npyHeader({ ...parseDescr([["€", "<f8"]]), shape: [] })).version, 3);
});

Deno.test("an array's strides tell its order", () => {
  const a = ndarray(new Int8Array(6), [2, 3]);
  assertEquals(parsed(npyHeader(a)).fortranOrder, false);
  assertEquals(parsed(npyHeader(a.transpose())).fortranOrder, true);
  assertEquals(parsed(npyHeader(a.slice([0, 1]).transpose())).fortranOrder, false);
  assertEquals(parsed(npyHeader({ dtype: "<f4", shape: [2, 3], fortranOrder: true })).fortranOrder, true);
});

Deno.test("what can't be written", () => {
  assertThrows(() => npyHeader({ dtype: "<f4", shape: [-1] }), InvalidArgumentError);
  const overlapping = [{ name: "a", dtype: "<i4" as const, offset: 0 }, {
    name: "b",
    dtype: "<i4" as const,
    offset: 2,
  }];
  assertThrows(() => npyHeader({ dtype: "|V8", fields: overlapping, shape: [1] }), UnsupportedError, '"b"');
});
