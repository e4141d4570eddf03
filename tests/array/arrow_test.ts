// Arrays to Arrow and back, over the tables and bytes of apache-arrow itself.
import { assert, assertEquals, assertRejects } from "@std/assert";
import * as arrow from "apache-arrow";
import { fromArrow, toArrow } from "../../lib/array/arrow/mod.ts";
import { arrayFromBytes, asNDArray, type DType, NaT, type NDArray, ndarray } from "../../lib/array/mod.ts";
import { IntegrityError, InvalidArgumentError, UnsupportedError } from "../../mod.ts";

function assertSame(actual: NDArray, expected: NDArray, message: string): void {
  assertEquals([...actual.shape], [...expected.shape], message);
  assertEquals(actual.dtype, expected.toNative().dtype, message);
  assertEquals(actual.toNested(), expected.toNested(), message);
}

/** Through memory, through a stream and through a file. */
async function assertRoundTrip(array: NDArray, expected: NDArray = array): Promise<void> {
  const table = await toArrow(array);
  const what = `${array.dtype} [${array.shape}]`;
  assertEquals(table.numRows, array.shape[0] ?? 1, what);
  assertSame(await fromArrow(table), expected, what);
  for (const format of ["stream", "file"] as const) {
    assertSame(await fromArrow(arrow.tableToIPC(table, format)), expected, `${what} as a ${format}`);
  }
}

/** 24 items of a dtype, of bytes that make all of them different and none NaN. */
function sample(dtype: DType): NDArray {
  const size = Number(/\d+/.exec(dtype)?.[0]) * 24;
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 37 + 11) % 127);
  if (dtype === "|b1") return arrayFromBytes(bytes.map((byte) => byte & 1), { dtype, shape: [24] });
  return arrayFromBytes(bytes, { dtype, shape: [24] });
}

const PLAIN: readonly DType[] = [
  ...(["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"] as const),
  ...(["s", "ms", "us", "ns"] as const).flatMap((unit) => [`<M8[${unit}]`, `<m8[${unit}]`] as const),
  ...(["|V1", "|V3", "|V16"] as const),
];

for (const dtype of PLAIN) {
  Deno.test(`${dtype} to Arrow and back`, async () => {
    const items = sample(dtype);
    await assertRoundTrip(items);
    await assertRoundTrip(items.slice([20, 1, -3]));
    await assertRoundTrip(items.slice([0, 0]));
    await assertRoundTrip(items.slice(3), items.slice([3, 4]));
    await assertRoundTrip(items.reshape(4, 6));
    await assertRoundTrip(items.reshape(2, 3, 4).transpose());
    await assertRoundTrip(items.reshape(2, 3, 4).slice(null, [null, null, 2], [1, null]));
    await assertRoundTrip(items.slice([0, 0]).reshape(0, 3, 2));
    await assertRoundTrip(items.slice([0, 0]).reshape(3, 0));
    if (dtype[0] !== "<") return;
    const big = arrayFromBytes(items.toBytes(), { dtype: dtype.replace("<", ">") as DType, shape: [24] });
    await assertRoundTrip(big);
    await assertRoundTrip(big.reshape(4, 3, 2).transpose(1, 0, 2));
  });
}

Deno.test("text, bytes and days to Arrow and back", async () => {
  const text = asNDArray([["", "a", "été"], ["日本", "👍", "x".repeat(9)]]);
  await assertRoundTrip(text);
  await assertRoundTrip(text.slice(0), asNDArray(["", "a", "été"]));
  await assertRoundTrip(text.transpose());
  await assertRoundTrip(ndarray(new Uint32Array(), [0], { dtype: "<U5" }), ndarray([]));
  const bytes = arrayFromBytes(new TextEncoder().encode("ab\0cd\0\0\0\0efg"), {
    dtype: "|S3",
    shape: [2, 2],
  });
  await assertRoundTrip(bytes);
  await assertRoundTrip(bytes.slice(null, 1));
  const days = ndarray(BigInt64Array.of(0n, -1n, 2n ** 31n - 1n, NaT), [2, 2], { dtype: "<M8[D]" });
  await assertRoundTrip(days);
  assertEquals((await toArrow(days.reshape(4))).schema.fields[0].type.toString(), "Date32<DAY>");
  await assertRejects(
    () => toArrow(ndarray(BigInt64Array.of(2n ** 31n), [1], { dtype: "<M8[D]" })),
    InvalidArgumentError,
    "32 bits",
  );
  const half = ndarray(Uint32Array.of(0xd800), [1], { dtype: "<U1" });
  await assertRejects(() => toArrow(half), InvalidArgumentError, "surrogate");
});

Deno.test("NaT is null in Arrow", async () => {
  const times = ndarray(BigInt64Array.of(5n, NaT, 7n, NaT, NaT, 1n), [6], { dtype: "<M8[ms]" });
  const table = await toArrow(times);
  assertEquals(table.getChildAt(0)?.nullCount, 3);
  assertEquals(table.getChildAt(0)?.isValid(1), false);
  await assertRoundTrip(times);
  await assertRoundTrip(times.reshape(2, 3));
  // Arrow's own memory stays as it is.
  const values = BigInt64Array.of(1n, 2n, 3n);
  const type = new arrow.DurationSecond();
  const data = new arrow.Data(type, 0, 3, -1, [undefined, values, Uint8Array.of(0b101)] as never);
  assertEquals((await fromArrow(new arrow.Vector([data]))).toNested(), [1n, NaT, 3n]);
  assertEquals([...values], [1n, 2n, 3n]);
});

Deno.test("structures are tables of columns, and columns of structs", async () => {
  const fields = [
    { name: "t", dtype: ">f8", offset: 0 },
    { name: "name", dtype: "<U2", offset: 8 },
    { name: "m", dtype: "<i2", offset: 16, shape: [2, 2] },
    { name: "flags", dtype: "|b1", offset: 24, shape: [2] },
    { name: "in", dtype: "|V4", offset: 28, fields: [{ name: "x", dtype: "<f4", offset: 0 }] },
  ] as const;
  const array = ndarray(new Uint8Array(32 * 6), [6], { dtype: "|V32", fields });
  for (let i = 0; i < 6; i++) {
    array.set({
      t: i / 2,
      name: i === 2 ? "éa" : "b",
      m: [[i, 1], [2, -i]],
      flags: [i % 2 === 0, true],
      in: { x: i },
    }, i);
  }
  const table = await toArrow(array);
  assertEquals(table.schema.fields.map(({ name }) => name), ["t", "name", "m", "flags", "in"]);
  assertEquals(table.getChild("in")?.get(3)?.toJSON(), { x: 3 });
  for (const source of [table, arrow.tableToIPC(table), table.batches[0]]) {
    const back = await fromArrow(source);
    assertEquals(back.toNested(), array.toNested());
    assertEquals(back.fields?.map(({ dtype }) => dtype), ["<f8", "<U2", "<i2", "|b1", "|V4"]);
  }
  assertEquals((await fromArrow(table, { column: "m" })).shape, [6, 2, 2]);
  const square = array.reshape(2, 3);
  for (const form of [square, square.transpose(), array.slice([null, null, -2])]) {
    assertEquals((await fromArrow(arrow.tableToIPC(await toArrow(form)))).toNested(), form.toNested());
  }
});

Deno.test("what lies in memory as Arrow has it is not copied", async () => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i);
  for (const array of [ndarray(data), ndarray(data, [2, 3, 4]), ndarray(data, [6, 4]).slice([2, null])]) {
    const table = await toArrow(array);
    assert((await fromArrow(table)).data.buffer === data.buffer);
  }
  const halves = ndarray(new Float16Array(4));
  assert((await fromArrow(await toArrow(halves))).data.buffer === halves.data.buffer);
  const bytes = arrow.tableToIPC(await toArrow(ndarray(data, [6, 4])));
  assert((await fromArrow(bytes)).data.buffer === bytes.buffer);
});

Deno.test("columns carry the canonical extension type of tensors", async () => {
  const table = await toArrow(ndarray(new Float32Array(24), [2, 3, 4]), { name: "betas" });
  const [field] = table.schema.fields;
  assertEquals(field.name, "betas");
  assertEquals([...field.metadata], [
    ["ARROW:extension:name", "arrow.fixed_shape_tensor"],
    ["ARROW:extension:metadata", '{"shape":[3,4]}'],
  ]);
  assertEquals(field.type.toString(), "FixedSizeList[12]<Float32>");
});

/** A column of tensors of 6 numbers, with what its field says of them. */
function tensors(metadata: string): arrow.Table {
  const child = arrow.makeData({
    type: new arrow.Int32(),
    data: Int32Array.from({ length: 12 }, (_, i) => i),
  });
  const type = new arrow.FixedSizeList(6, new arrow.Field("item", child.type, true));
  const field = new arrow.Field(
    "a",
    type,
    true,
    new Map([["ARROW:extension:name", "arrow.fixed_shape_tensor"], ["ARROW:extension:metadata", metadata]]),
  );
  const schema = new arrow.Schema([field]);
  const data = arrow.makeData({
    type: new arrow.Struct(schema.fields),
    length: 2,
    nullCount: 0,
    children: [arrow.makeData({ type, length: 2, nullCount: 0, child })],
  });
  return new arrow.Table(schema, new arrow.RecordBatch(schema, data));
}

Deno.test("tensors whose axes lie in another order, and metadata that lie", async () => {
  const turned = await fromArrow(tensors('{"shape":[2,3],"permutation":[1,0],"dim_names":["a","b"]}'));
  assertEquals(turned.toNested(), [[[0, 3], [1, 4], [2, 5]], [[6, 9], [7, 10], [8, 11]]]);
  const lies = [
    "",
    "[]",
    "{}",
    '{"shape":[2,2]}',
    '{"shape":[-2,-3]}',
    '{"shape":[2,3],"permutation":[1,1]}',
    '{"shape":"6"}',
  ];
  for (const lie of lies) await assertRejects(() => fromArrow(tensors(lie)), IntegrityError, '"a"');
});

Deno.test("what others make of Arrow: dictionaries, several batches, slices, large and viewed text", async () => {
  const words = ["b", "", "ab", "b"];
  assert(arrow.DataType.isDictionary(arrow.vectorFromArray(words).type));
  assertEquals((await fromArrow(arrow.vectorFromArray(words))).toNested(), words);
  for (const type of [new arrow.LargeUtf8(), new arrow.Utf8(), new arrow.Utf8View()]) {
    const long = [...words, "longer than twelve bytes", "\uFEFFbom"];
    const vector = arrow.vectorFromArray(long, type);
    assertEquals((await fromArrow(vector)).toNested(), long, String(type));
    assertEquals((await fromArrow(vector.slice(2, 5))).toNested(), long.slice(2, 5), String(type));
  }
  for (const type of [new arrow.LargeBinary(), new arrow.Binary(), new arrow.BinaryView()]) {
    const vector = arrow.vectorFromArray([Uint8Array.of(1), Uint8Array.of(2, 3)], type);
    assertEquals((await fromArrow(vector)).dtype, "|S2", String(type));
  }
  const numbers = arrow.vectorFromArray([1, 2, 3, 4], new arrow.Int16()).concat(
    arrow.vectorFromArray([5, 6], new arrow.Int16()),
  );
  assertEquals((await fromArrow(numbers)).toNested(), [1, 2, 3, 4, 5, 6]);
  assertEquals((await fromArrow(numbers.slice(2, 5))).toNested(), [3, 4, 5]);
  const flags = arrow.vectorFromArray(Array.from({ length: 20 }, (_, i) => i % 3 === 0), new arrow.Bool());
  assertEquals((await fromArrow(flags.slice(3, 13))).toNested(), Array.from(flags.slice(3, 13), Boolean));
  // Beyond 2^31 items, by memory that nothing but its last byte is written into.
  const bits = new Uint8Array(2 ** 28 + 1);
  bits[2 ** 28] = 0b10110;
  const data = arrow.makeData({ type: new arrow.Bool(), data: bits, offset: 2 ** 31, length: 5 });
  assertEquals((await fromArrow(arrow.makeVector(data))).toNested(), [false, true, true, false, true]);
  const pair = await toArrow(ndarray(Int32Array.from({ length: 12 }, (_, i) => i), [4, 3]));
  const twice = pair.concat(pair).slice(1, 6);
  assertEquals((await fromArrow(twice)).slice(null, 0).toNested(), [3, 6, 9, 0, 3]);
  const dates = arrow.vectorFromArray([new Date(86_400_000)], new arrow.DateMillisecond());
  assertEquals((await fromArrow(dates)).get(0), 86_400_000n);
});

Deno.test("nulls are refused, or NaN where that was asked for", async () => {
  const floats = arrow.vectorFromArray([1, null, 3], new arrow.Float32());
  await assertRejects(() => fromArrow(floats), UnsupportedError, "1 null");
  assertEquals((await fromArrow(floats, { nulls: "nan" })).toNested(), [1, NaN, 3]);
  const rows = arrow.vectorFromArray(
    [[1, 2], null, [null, 6]],
    new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Float64(), true)),
  );
  await assertRejects(() => fromArrow(rows), UnsupportedError, "null");
  assertEquals((await fromArrow(rows, { nulls: "nan" })).toNested(), [[1, 2], [NaN, NaN], [NaN, 6]]);
  for (
    const vector of [
      arrow.vectorFromArray([1, null], new arrow.Int32()),
      arrow.vectorFromArray([true, null], new arrow.Bool()),
      arrow.vectorFromArray(["a", null], new arrow.Utf8()),
      arrow.vectorFromArray(["a", null]),
      arrow.vectorFromArray([{ a: 1 }, null], new arrow.Struct([new arrow.Field("a", new arrow.Float64())])),
    ]
  ) {
    await assertRejects(
      () => fromArrow(vector, { nulls: "nan" }),
      UnsupportedError,
      "null",
      String(vector.type),
    );
  }
});

Deno.test("what can't be converted is told in words", async () => {
  await assertRejects(
    () => toArrow(ndarray(new Float64Array(2), [1], { dtype: "<c16" })),
    UnsupportedError,
    "complex",
  );
  for (const dtype of ["<M8[h]", "<m8[25s]", "<M8", "<m8[D]"] as const) {
    await assertRejects(
      () => toArrow(ndarray(new BigInt64Array(1), [1], { dtype })),
      UnsupportedError,
      dtype,
    );
  }
  const table = await toArrow(asNDArray([1, 2]), { name: "x" });
  await assertRejects(() => fromArrow(table, { column: "y" }), InvalidArgumentError, '"x"');
  await assertRejects(() => fromArrow(new arrow.Table()), InvalidArgumentError, "no columns");
  await assertRejects(() => fromArrow(table.getChildAt(0)!, { column: "x" }), InvalidArgumentError, "vector");
  await assertRejects(() => fromArrow(table, { nulls: "NaN" as "nan" }), InvalidArgumentError, "nulls");
  await assertRejects(() => fromArrow(table, { columns: "x" } as never), InvalidArgumentError, "`column`");
  await assertRejects(() => toArrow(asNDArray([1]), { names: "x" } as never), InvalidArgumentError, "`name`");
  await assertRejects(() => fromArrow("x" as never), InvalidArgumentError, "Arrow");
  await assertRejects(() => fromArrow(arrow.vectorFromArray([[1], [1, 2]])), UnsupportedError, "List");
  await assertRejects(
    () => fromArrow(arrow.vectorFromArray(["a\0"], new arrow.Utf8())),
    UnsupportedError,
    "NUL",
  );
  await assertRejects(
    () => fromArrow(arrow.vectorFromArray([Uint8Array.of(1, 0)], new arrow.Binary())),
    UnsupportedError,
    "NUL",
  );
});

Deno.test("bytes that are cut off or damaged", async () => {
  const tables = [
    await toArrow(asNDArray([["abc", "de"], ["", "é"]])),
    await toArrow(ndarray(new Float32Array(9))),
  ];
  for (const table of tables) {
    for (const format of ["stream", "file"] as const) {
      const bytes = arrow.tableToIPC(table, format);
      for (let length = 0; length < bytes.length; length++) {
        await assertRejects(
          () => fromArrow(bytes.slice(0, length)),
          IntegrityError,
          "Arrow",
          `${length} bytes`,
        );
      }
    }
  }
  // Descriptions, offsets and text: each bit is another place, another length or other bytes, and none keeps the package busy.
  for (const format of ["stream", "file"] as const) {
    const bytes = arrow.tableToIPC(tables[0], format);
    let refused = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      try {
        await fromArrow(damaged);
      } catch (error) {
        assert(
          [IntegrityError, UnsupportedError, InvalidArgumentError].some((type) => error instanceof type),
          String(error),
        );
        refused++;
      }
    }
    assert(refused > bytes.length, `${refused}`);
  }
});

Deno.test("without apache-arrow, the error says what to install", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const { imports } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
    const map = { imports: { ...imports, "apache-arrow": "./missing.ts" } };
    await Deno.writeTextFile(`${directory}/map.json`, JSON.stringify(map));
    const module = (path: string) => JSON.stringify(new URL(`../../lib/array/${path}`, import.meta.url));
    const program = `import { toArrow } from ${module("arrow/mod.ts")};
      import { asNDArray } from ${module("mod.ts")};
      await toArrow(asNDArray([1])).catch(({ name, message }) => console.log(name, message));`;
    await Deno.writeTextFile(`${directory}/main.ts`, program);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-lock",
        "--no-check",
        "--import-map",
        `${directory}/map.json`,
        `${directory}/main.ts`,
      ],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert(
      /^UnsupportedError .*npm install apache-arrow/.test(text),
      text + new TextDecoder().decode(stderr),
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
