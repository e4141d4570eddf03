import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  arrayFromBytes,
  asNDArray,
  ndarray,
  parseDescr,
  parseRawMetadata,
  rawMetadata,
} from "../../lib/array/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../lib/errors.ts";
import vectors from "../vectors/cottoncandy-0.4.0.json" with { type: "json" };
import { fromHex } from "./golden.ts";

const base = { dtype: "<f8", shape: "2,3", compression: "False", order: "C" };

/** The entries of the golden vectors that are raw arrays, with their metadata. */
function* rawEntries() {
  for (const entry of vectors.entries) {
    const metadata = new Map<string, string>(Object.entries(entry.s3_user_metadata ?? {}));
    const compression = metadata.get("gzip") ?? metadata.get("compression");
    if (!metadata.has("dtype") || compression === undefined) continue;
    yield { entry, metadata: Object.fromEntries(metadata), compression };
  }
}

Deno.test("uncompressed arrays that Python's cottoncandy wrote", () => {
  let count = 0;
  for (const { entry, metadata, compression } of rawEntries()) {
    if (compression !== "False" && compression !== "None") continue;
    if (metadata.dtype === "<f16") {
      assertThrows(() => parseRawMetadata(metadata), UnsupportedError, "astype('f8')");
      continue;
    }
    const header = parseRawMetadata(metadata);
    assertEquals(header.compression, false);
    const body = fromHex(entry.body_hex);
    assertEquals(body.length, header.byteLength, entry.name);
    const array = arrayFromBytes(body, header);
    if (entry.input) {
      assertEquals(array.shape, entry.input.shape);
      const known = entry.note.includes("c_order_hex=")
        ? entry.note.split("c_order_hex=")[1]
        : entry.input.c_order_hex;
      // Read as Python's cottoncandy reads it, an object with a false order is scrambled; told the order, it is right.
      const right = header.suspectOrder
        ? arrayFromBytes(body, parseRawMetadata(metadata, { order: "C" }))
        : array;
      assertEquals(right.toBytes(), fromHex(known), entry.name);
      assertEquals(header.suspectOrder, entry.name.startsWith("BUG_"));
      if (header.suspectOrder) assert(array.toBytes().join() !== right.toBytes().join());
    }
    count++;
  }
  assert(count >= 20, `${count} entries`);
});

Deno.test("every other raw entry's metadata", () => {
  for (const { entry, metadata, compression } of rawEntries()) {
    if (metadata.dtype === "<f16") continue;
    const header = parseRawMetadata(metadata);
    assertEquals(header.legacy, "gzip" in metadata);
    if (!header.legacy && header.compression !== false) assertEquals(header.compression, compression);
    assertEquals(header.byteLength, header.itemCount * fromHexLength(metadata.dtype), entry.name);
  }
});

function fromHexLength(dtype: string): number {
  return Number.parseInt(dtype.slice(2)) * (dtype[1] === "U" ? 4 : 1);
}

Deno.test("what is written is what Python's cottoncandy writes", () => {
  const a = ndarray(new Float64Array(6), [2, 3]);
  assertEquals(Object.entries(rawMetadata(a, false)), [["dtype", "<f8"], ["shape", "2,3"], [
    "compression",
    "False",
  ], ["order", "C"]]);
  assertEquals(rawMetadata(a.transpose(), "gzip"), {
    dtype: "<f8",
    shape: "3,2",
    compression: "gzip",
    order: "C",
  });
  assertEquals(rawMetadata(asNDArray(1), "Zstd").shape, "");
  assertEquals(rawMetadata(ndarray(new Int8Array(0), [3, 0]), false).shape, "3,0");
});

Deno.test("structures keep their fields, in ASCII", () => {
  const { dtype, fields } = parseDescr([["é\u007f😀", "<f4"], ["", "|V2"], [["title", "y"], ">i2", [2]], [
    "z",
    [["q", "|S2"]],
  ]]);
  const array = arrayFromBytes(new Uint8Array(24), { dtype, fields, shape: [2] });
  const metadata = rawMetadata(array, false);
  assertEquals(metadata.dtype, "|V12");
  assert(/^[ -~]*$/.test(metadata["cc-descr"]));
  assertEquals(
    metadata["cc-descr"],
    '[["\\u00e9\\u007f\\ud83d\\ude00","<f4"],["","|V2"],[["title","y"],">i2",[2]],["z",[["q","|S2"]]]]',
  );
  assertEquals(parseRawMetadata(metadata).fields, fields);
  const { "cc-descr": _, ...python } = metadata;
  assertEquals(parseRawMetadata(python).fields, undefined);
});

Deno.test("fields that disagree with the dtype are refused", () => {
  const metadata = { ...base, dtype: "|V8" };
  for (const descr of ['[["x","<f4"]]', "not json", "[[1]]", '"|V9"', "null", '["<f4",[2]]']) {
    assertThrows(() => parseRawMetadata({ ...metadata, "cc-descr": descr }), IntegrityError, "cc-descr");
  }
  assertThrows(() => parseRawMetadata({ ...metadata, "cc-descr": '[["x","|O"]]' }), UnsupportedError);
});

Deno.test("shapes", () => {
  const shapeOf = (shape: string) => parseRawMetadata({ ...base, shape }).shape;
  assertEquals(shapeOf(""), []);
  assertEquals(shapeOf("7"), [7]);
  assertEquals(shapeOf("2, 3,  4"), [2, 3, 4]);
  assertEquals(shapeOf("3,0,2"), [3, 0, 2]);
  const wrong = [
    "2,",
    ",2",
    "(2,3)",
    "-1",
    "2;3",
    "2.0",
    "1e3",
    "2 3",
    "two",
    "9007199254740992",
    "99999999,99999999,99999999",
    "0x2",
    "4503599627370496",
  ];
  for (const shape of [...wrong, Array(70).fill(1).join()]) {
    assertThrows(() => parseRawMetadata({ ...base, shape }), IntegrityError, "shape", shape);
  }
});

Deno.test("dtypes in other spellings", () => {
  for (
    const [dtype, canonical] of [["f8", "<f8"], ["float64", "<f8"], ["=f8", "<f8"], ["|f8", "<f8"], [
      "d",
      "<f8",
    ], [">i1", "|i1"]]
  ) {
    assertEquals<string>(parseRawMetadata({ ...base, dtype }).dtype, canonical);
  }
  assertThrows(() => parseRawMetadata({ ...base, dtype: "<f8 " }), IntegrityError, "dtype");
  assertThrows(() => parseRawMetadata({ ...base, dtype: "" }), IntegrityError, "dtype");
  assertThrows(() => parseRawMetadata({ ...base, dtype: "|O" }), UnsupportedError);
});

Deno.test("compression: exact spellings, and the legacy key over all", () => {
  const of = (entries: Record<string, string>) => {
    const { compression: _, ...rest } = base;
    return parseRawMetadata({ ...rest, ...entries }).compression;
  };
  assertEquals(of({ compression: "gzip" }), "gzip");
  assertEquals(of({ compression: "False" }), false);
  assertEquals(of({ compression: "None" }), false);
  for (const name of ["Zstd", "zstd", "LZ4", "GZIP", "false", "none", "True"]) {
    assertEquals(of({ compression: name }), name);
  }
  for (const truthy of ["True", "true", "tru", "t", "y", "yes", "1"]) {
    assertEquals(of({ gzip: truthy }), "gzip");
  }
  for (const falsy of ["TRUE", "None", "False", "", "0", "Yes", "T"]) {
    assertEquals(of({ gzip: falsy }), false);
  }
  assertEquals(of({ gzip: "False", compression: "Zstd" }), false);
  assertEquals(of({ gzip: "True", compression: "Zstd" }), "gzip");
  assertThrows(() => of({ compression: "" }), IntegrityError);
});

Deno.test("missing keys are named", () => {
  for (const key of ["dtype", "shape", "compression"]) {
    const metadata = Object.fromEntries(Object.entries(base).filter(([name]) => name !== key));
    assertThrows(
      () => parseRawMetadata(metadata),
      IntegrityError,
      `"${key}": the object may be no raw array`,
    );
  }
  assertThrows(() => parseRawMetadata({}), IntegrityError);
});

Deno.test("keys in any case", () => {
  const header = parseRawMetadata({ DType: "<f8", SHAPE: "2,3", Compression: "Zstd", Order: "C" });
  assertEquals([header.dtype, header.shape, header.compression], ["<f8", [2, 3], "Zstd"]);
});

Deno.test("order: as Python's cottoncandy reads it, or as asked for", () => {
  const orderOf = (metadata: Record<string, string>, order?: "stored" | "C" | "F") => {
    const header = parseRawMetadata({ dtype: "<f8", shape: "2,3", ...metadata }, { order });
    return [header.order, header.suspectOrder];
  };
  assertEquals(orderOf({ compression: "False" }), ["C", false]);
  assertEquals(orderOf({ compression: "False", order: "F" }), ["F", true]);
  assertEquals(orderOf({ compression: "gzip", order: "F" }), ["F", true]);
  for (const compression of ["Zstd", "Zlib", "LZ4", "BZ2", "Blosc", "PackBits"]) {
    assertEquals(orderOf({ compression, order: "F" }), ["C", false], compression);
  }
  assertEquals(orderOf({ gzip: "True", order: "F" }), ["F", false]);
  assertEquals(orderOf({ gzip: "False", order: "F", compression: "Zstd" }), ["F", false]);
  assertEquals(orderOf({ compression: "Zstd", order: "F" }, "F"), ["F", false]);
  assertEquals(orderOf({ compression: "gzip", order: "F" }, "C"), ["C", false]);
  assertEquals(orderOf({ compression: "gzip", order: "C" }, "F"), ["F", false]);
  for (const shape of ["", "6", "1,6", "6,1,1", "0,1"]) {
    assertEquals(parseRawMetadata({ ...base, shape, order: "F" }).suspectOrder, false, shape);
  }
  for (const order of ["A", "K", "X", "c", "f", "", "C "]) {
    assertThrows(() => parseRawMetadata({ ...base, order }), IntegrityError, "order");
  }
  // @ts-expect-error -- callers without types
  assertThrows(() => parseRawMetadata(base, { order: "A" }), InvalidArgumentError);
});

Deno.test("sizes", () => {
  const header = parseRawMetadata({ ...base, dtype: "<U5", shape: "2,3" });
  assertEquals([header.itemCount, header.byteLength], [6, 120]);
  assertEquals(parseRawMetadata({ ...base, shape: "" }).byteLength, 8);
  assertEquals(parseRawMetadata({ ...base, shape: "1125899906842623" }).byteLength, 2 ** 53 - 8);
  assertThrows(() => parseRawMetadata({ ...base, shape: "1125899906842624" }), IntegrityError, "shape");
});
