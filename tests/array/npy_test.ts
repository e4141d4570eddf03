import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  asNDArray,
  descrOf,
  type NDArray,
  ndarray,
  npyDecode,
  npyEncode,
  npySize,
  readNpy,
} from "../../lib/array/mod.ts";
import { CottonCandyError, IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamFrom, streamOf } from "../../lib/streams/mod.ts";
import { expected, fromHex, golden, revive } from "./golden.ts";
import { npyFile } from "./npy_file.ts";
import { generator } from "./random.ts";

/** Files that numpy would write in another way: older or odd headers. */
const ODD = [
  "version2",
  "version3",
  "python2",
  "python2_1d",
  "keys_reordered",
  "unaligned",
  "unaligned16",
  "trailing",
  "dtype_name",
];

for (const [name, entry] of Object.entries(expected)) {
  Deno.test(`${name}.npy reads as numpy reads it`, async () => {
    for (const pieceLength of [1, 100, 1 << 20]) {
      const array = await readNpy(streamOf(golden(name), pieceLength));
      assertEquals<string>(array.dtype, entry.dtype);
      assertEquals(array.shape, entry.shape);
      assertEquals([...array], entry.items.map(revive));
      if (!name.includes("aligned") && !name.includes("offsets")) {
        assertEquals(array.toBytes(), fromHex(entry.bytes));
      }
      if (entry.descr !== null) {
        assertEquals<unknown>(JSON.parse(JSON.stringify(descrOf(array))), entry.descr);
      }
      assertEquals(array.fields !== undefined, entry.descr !== null);
    }
  });

  if (!ODD.includes(name)) {
    Deno.test(`${name}.npy is written as numpy writes it, byte for byte`, async () => {
      const file = golden(name);
      const array = await readNpy(streamOf(file));
      assertEquals(await readAll(npyEncode(array)), file);
      assertEquals(npySize(array), file.length);
    });
  }
}

Deno.test("there are files of every version", () => {
  assertEquals([...new Set(Object.values(expected).map(({ version }) => version))].sort(), [1, 2, 3]);
});

Deno.test("any view is written, in its own order", async () => {
  const a = ndarray(Int32Array.from({ length: 24 }, (_, i) => i), [2, 3, 4]);
  const views: NDArray[] = [
    a,
    a.transpose(),
    a.transpose(1, 0, 2),
    a.slice([null, null, -1], null, [0, null, 2]),
    a.slice(1, 2, 3),
    a.slice([0, 0]),
    ndarray(Int32Array.of(1, 2), [2, 2], { stride: [0, 1] }),
    asNDArray(["é", "😀"]),
  ];
  for (const view of views) {
    const bytes = await readAll(npyEncode(view));
    assertEquals(bytes.length, npySize(view));
    const back = await readNpy(streamOf(bytes), { size: bytes.length });
    assertEquals([back.dtype, back.shape, [...back]], [view.dtype, view.shape, [...view]]);
  }
  const { fortranOrder } = await npyDecode(npyEncode(a.transpose()));
  assertEquals(fortranOrder, true);
});

Deno.test("arrays in C and in Fortran order are written without a copy", async () => {
  for (
    const array of [
      ndarray(new Float32Array(1000), [10, 100]),
      ndarray(new Float32Array(1000), [10, 100]).transpose(),
    ]
  ) {
    const pieces: Uint8Array[] = [];
    for await (const piece of npyEncode(array)) pieces.push(piece);
    assertEquals(pieces.length, 2);
    assertStrictEquals(pieces[1].buffer, array.data.buffer);
  }
});

Deno.test("every truncation is an IntegrityError", async () => {
  for (const name of ["i2", "struct_nested", "version2", "scalar"]) {
    const file = golden(name);
    for (let length = 0; length < file.length; length++) {
      const cut = file.subarray(0, length);
      await assertRejects(() => readNpy(streamOf(cut, 50)), IntegrityError);
      await assertRejects(() => readNpy(streamOf(cut), { size: length }), IntegrityError);
    }
  }
});

Deno.test("a body that is read alone tells of the truncation as well", async () => {
  const file = golden("i2");
  const { body } = await npyDecode(streamOf(file.subarray(0, file.length - 1)));
  await assertRejects(() => readAll(body), IntegrityError, "11 of the 12 bytes");
});

Deno.test("the body ends where the data do, and the source is still read to its end", async () => {
  let ended = false;
  const source = (async function* () {
    yield golden("trailing");
    yield new Uint8Array(1000);
    ended = true;
  })();
  const { body, byteLength } = await npyDecode(streamFrom(source));
  assertEquals([(await readAll(body)).length, byteLength, ended], [24, 24, true]);
  const failing = (async function* () {
    yield golden("i2");
    throw new IntegrityError("checksum");
  })();
  await assertRejects(() => readNpy(streamFrom(failing)), IntegrityError, "checksum");
});

Deno.test("an array of no items has no body, and needs none", async () => {
  const { body, byteLength } = await npyDecode(streamOf(golden("empty")));
  assertEquals([(await readAll(body)).length, byteLength], [0, 0]);
});

Deno.test("cancelling the body, or failing on the header, cancels the source", async () => {
  const source = (bytes: Uint8Array) => {
    const seen: { reason?: unknown } = {};
    let given = false;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (!given) controller.enqueue(bytes);
        given = true;
        return new Promise((resolve) => given && setTimeout(resolve, 0));
      },
      cancel(reason) {
        seen.reason = reason;
      },
    });
    return { stream, seen };
  };
  const good = source(golden("i2").subarray(0, 130));
  const { body } = await npyDecode(good.stream);
  await body.cancel("enough");
  assertEquals(good.seen.reason, "enough");
  const bad = source(new TextEncoder().encode("this is no npy file"));
  await assertRejects(() => npyDecode(bad.stream), IntegrityError, "no .npy file");
  assert(bad.seen.reason instanceof IntegrityError);
});

Deno.test("cancelling the encoder before, within and after its header", async () => {
  for (const reads of [0, 1, 2]) {
    const reader = npyEncode(ndarray(new Float64Array(1 << 18))).getReader();
    for (let i = 0; i < reads; i++) await reader.read();
    await reader.cancel("enough");
    assertEquals((await reader.read()).done, true);
  }
});

Deno.test("headers that are wrong", async () => {
  const wrong = [
    "",
    "{}",
    "[]",
    "None",
    "{'descr': '<f8', 'fortran_order': False}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
    "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': [1]}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': ('1',)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1.5,)}",
    "{'descr': '<f7', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<f8 ', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': None, 'fortran_order': False, 'shape': (1,)}",
    "{'descr': 8, 'fortran_order': False, 'shape': (1,)}",
    "{'descr': {}, 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [('x',)], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [('x', '<f8'), ('x', '<f8')], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [(1, '<f8')], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [('x', '<f8', (-1,))], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [('x', '<f8', ('1',))], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [('x', '|V2147483647'), ('y', '|i1')], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)",
    "__import__('os').system('true')",
    "(".repeat(60000),
    "[".repeat(60000),
    `{'descr': ${"[('x', ".repeat(2000)}'<f8'${")]".repeat(2000)}, 'fortran_order': False, 'shape': (1,)}`,
    `{'descr': '<f8', 'fortran_order': False, 'shape': (${"1, ".repeat(65)})}`,
  ];
  for (const header of wrong) {
    await assertRejects(
      () => readNpy(streamOf(npyFile(header, 8))),
      IntegrityError,
      undefined,
      header.slice(0, 100),
    );
  }
  const unsupported = ["'|O'", "'<f16'", "[('x', '|O')]", "[('x', [('y', '<c32')])]", "('|O', (2,))"];
  for (const descr of unsupported) {
    const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': (1,)}`;
    await assertRejects(() => readNpy(streamOf(npyFile(header, 64))), UnsupportedError, "in Python");
  }
  await assertRejects(() => readNpy(streamOf(npyFile("{}", 0, 4))), UnsupportedError, "4.0");
  await assertRejects(
    () => readNpy(streamOf(Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 1, 0, 0, 0, 0))),
    UnsupportedError,
  );
});

Deno.test("a sub-array dtype becomes axes", async () => {
  const bytes = npyFile("{'descr': ('<i2', (2, 3)), 'fortran_order': False, 'shape': (2,)}", 24);
  assertEquals((await readNpy(streamOf(bytes))).shape, [2, 2, 3]);
});

Deno.test("whatever is changed in a file, it is read or refused with a typed error", async () => {
  const random = generator(4711);
  const alphabet = new TextEncoder().encode("(){}[],:'\"\\ <>|=0123456789LTrueFalsdcpOUSVMmx\n\0\xff");
  let read = 0;
  let refused = 0;
  for (
    const name of [
      "i2",
      "struct_nested",
      "struct_titles",
      "struct_unicode",
      "version2",
      "M8_25s",
      "be_U3",
      "fortran",
    ]
  ) {
    const original = golden(name);
    for (let round = 0; round < 250; round++) {
      const bytes = original.slice();
      for (let changes = 1 + random(3); changes > 0; changes--) {
        bytes[random(Math.min(bytes.length, 180))] = random(4) === 0
          ? random(256)
          : alphabet[random(alphabet.length)];
      }
      const cut = random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
      try {
        const array = await readNpy(streamOf(cut, 64), random(2) === 0 ? { size: cut.length } : {});
        assert(array.nbytes <= cut.length);
        read++;
      } catch (error) {
        if (!(error instanceof CottonCandyError)) throw error;
        assert(error instanceof IntegrityError || error instanceof UnsupportedError, `${error}`);
        refused++;
      }
    }
  }
  // Both happen, so that neither is an empty promise.
  assert(read > 100 && refused > 100, `${read} read, ${refused} refused`);
});
